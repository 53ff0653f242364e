/* SPDX-License-Identifier: MIT */
/* Several files as one: a ZIP archive that stores them as they are (APPNOTE.TXT 6.3, sections 4.3 to 4.5). */
#ifndef RV_WEB_ZIP_H
#define RV_WEB_ZIP_H

#include <stddef.h>

#include "reelvec/status.h"

#define ZIP_FILES_MAX 10000

typedef struct ZipFile {
    const char *name; // UTF-8, without folders
    const void *bytes;
    size_t size_bytes;
} ZipFile;

/* *out: free(). Two files of one name are the caller's mistake. Errors: ARGUMENT (too many, or 4 GiB or more), MEMORY. */
RvStatus zip_store(const ZipFile *files, size_t count, void **out, size_t *size_bytes, RvError *err);

#endif
