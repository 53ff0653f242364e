/* SPDX-License-Identifier: MIT */
/* Byte ranges of a file, as RFC 9110 (section 14) has them. */
#ifndef RV_WEB_FILE_RANGE_H
#define RV_WEB_FILE_RANGE_H

#include <stdint.h>

typedef enum RangeKind {
    RANGE_WHOLE,         // no range, several, or one that is none: the whole file
    RANGE_PART,          // first to last, both inclusive
    RANGE_UNSATISFIABLE, // nothing of the file is in it
} RangeKind;

/* header: "bytes=0-99", "bytes=100-", "bytes=-500"; NULL: none. */
RangeKind file_range_read(const char *header, uint64_t size_bytes, uint64_t *first, uint64_t *last);

#endif
