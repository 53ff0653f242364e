/* SPDX-License-Identifier: MIT */
/* A file beside a library that is written under another name and then renamed atomically. */
#ifndef RV_NEW_FILE_H
#define RV_NEW_FILE_H

#include "store/store.h"

#define NEW_FILE_PATH_BYTES 8192

/* The file is written to new_path, which is also the lock: one process at a time makes the file. */
typedef struct NewFile {
    char path[NEW_FILE_PATH_BYTES], new_path[NEW_FILE_PATH_BYTES], library[NEW_FILE_PATH_BYTES];
    int descriptor; // of new_path; -1: none
    bool taken;     // this process holds the lock
} NewFile;

/* Set the names: the library's with suffix, and the same with "-new". */
RvStatus rv_new_file_init(NewFile *file, Store *store, const char *suffix, RvError *err);
/* Open new_path and take the lock. file->taken is false if another process is making the file. The file
 * has the permissions of the library. Errors: IO, also if something has the name that is not a file of
 * reelvec's. */
RvStatus rv_new_file_take(NewFile *file, RvError *err);
/* Empty the file, and set its permissions to those that the library has now. */
RvStatus rv_new_file_begin(const NewFile *file, RvError *err);
/* Rename the file to `path`, in place of an existing one. */
RvStatus rv_new_file_place(const NewFile *file, RvError *err);
/* Remove a file that was not renamed, and release the lock. */
void rv_new_file_drop(NewFile *file);

#endif
