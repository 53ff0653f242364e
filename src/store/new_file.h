/* SPDX-License-Identifier: MIT */
/* A file beside a library that is written under another name and then put in its place at once. */
#ifndef RV_NEW_FILE_H
#define RV_NEW_FILE_H

#include "store/store.h"

#define NEW_FILE_PATH_BYTES 8192

/* What is written lies in new_path, which is also the lock: one process at a time makes the file. */
typedef struct NewFile {
    char path[NEW_FILE_PATH_BYTES], new_path[NEW_FILE_PATH_BYTES], library[NEW_FILE_PATH_BYTES];
    int descriptor; // of new_path; -1: none
    bool taken;     // it is ours
} NewFile;

/* The names: the library's with suffix, and the same with "-new". */
RvStatus rv_new_file_init(NewFile *file, Store *store, const char *suffix, RvError *err);
/* file->taken is false where another process is at work. Those may read and write it who may the library, and
 * nobody else. Errors: IO, also where something has the name that is no file of reelvec's. */
RvStatus rv_new_file_take(NewFile *file, RvError *err);
/* Empty it; its rights are the library's of now. */
RvStatus rv_new_file_begin(const NewFile *file, RvError *err);
/* Give it its name; what had the name is gone. */
RvStatus rv_new_file_place(const NewFile *file, RvError *err);
/* Remove what was not placed, let go of the lock. */
void rv_new_file_drop(NewFile *file);

#endif
