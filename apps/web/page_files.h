/* SPDX-License-Identifier: MIT */
/* The files of page/, which are part of the program. page_files.c is made by tools/embed_files.py. */
#ifndef RV_WEB_PAGE_FILES_H
#define RV_WEB_PAGE_FILES_H

#include <stddef.h>

typedef struct PageFile {
    const char *name; // "index.html"
    const char *type; // "text/html; charset=utf-8"
    const char *etag; // the beginning of its SHA-256
    const unsigned char *bytes;
    size_t size_bytes;
} PageFile;

extern const PageFile page_files[];
extern const size_t page_file_count;

#endif
