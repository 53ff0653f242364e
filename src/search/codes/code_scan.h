/* SPDX-License-Identifier: MIT */
/* The rows that may be among the best, found by their codes. */
#ifndef RV_CODE_SCAN_H
#define RV_CODE_SCAN_H

#include "base/threads.h"
#include "search/codes/code_file.h"
#include "search/ivf/ivf_file.h"

typedef struct CodeScan {
    CodeFile *file;
    ThreadPool *pool; // NULL: the caller's thread alone
    const RowQuery *query;
    size_t limit;             // how many of the best are wanted; SIZE_MAX: all from min_score up
    const double *min_score;  // NULL: no bound
    const int64_t *video_ids; // [video_count], rising: rows of others do not count
    size_t video_count;
    bool some_videos;                 // video_ids leaves out videos of the library
    const double *after_s, *before_s; // inclusive; NULL: no bound
    const KeyRange *changed;          // [changed_count], rising, apart: rows whose codes are out of date
    size_t changed_count;
    size_t lists_from; // codes of so many rows at least: lists are looked for; SIZE_MAX: never
    /* NULL: every row. Else the rows of some of the lists, which are of the file's first segments, and every
     * row of the segments behind. */
    const ListFile *lists;
    size_t listed_segments;
    struct CodeDevice *device; // code_device.h: has the file's rows and makes the first pass; NULL: the
                               // processor does. Lists are not used then
} CodeScan;

/* A row whose float32 score, which lies in [low, high], may count. */
typedef struct CodeCandidate {
    int64_t key;
    double low, high;
} CodeCandidate;

typedef enum CodeOutcome {
    CODES_ANSWER,    // the candidates hold all rows of the answer
    CODES_TOO_MANY,  // they would be so many that scoring all rows is faster
    CODES_DAMAGED,   // a checksum is wrong
    CODES_NOT_LISTED // a checksum of the lists is not that of the codes
} CodeOutcome;

/* Rows of the file among which the `limit` best are, by rising key; free *candidates. With lists: most of
 * them, and never fewer rows than are wanted where so many count. The same whatever the number of threads.
 * Errors: MEMORY. */
RvStatus rv_code_scan(const CodeScan *scan, CodeOutcome *outcome, CodeCandidate **candidates, size_t *count,
                      RvError *err);

#endif
