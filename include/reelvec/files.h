/* SPDX-License-Identifier: MIT */
/* Files that are written: what of other files they may replace, and what killed processes left of them. The program, the
 * cutting of clips and Python keep these rules. */
#ifndef REELVEC_FILES_H
#define REELVEC_FILES_H

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a file is by its first bytes. */
typedef enum RvFileKind {
    RV_FILE_TEXT, /* CSV, JSON, SQL, timelines: no NUL at the beginning, and nothing that other kinds begin with */
    RV_FILE_NPY,    /* NumPy's format */
    RV_FILE_PICTURE /* PNG, JPEG */
} RvFileKind;

/* Threads: all functions of this header may be called from any thread at any time. */

/* Whether a file of this kind may be written at `path`: if nothing is there, an empty file, or one of the same kind.
 * Devices and pipes are not looked at. So no video and no library is replaced because a name was mistyped. Errors: ARGUMENT (it
 * is of another kind, which the message names), IO (it cannot be read). */
RV_API RvStatus rv_file_check_replaced(const char *path, RvFileKind kind, RvError *err);

/* A file is written as PATH.PID.part, with a lock (flock) on it, and gets its name when it is whole. Remove those beside
 * `path` whose process no longer exists, or is this one, and that nobody has locked: a process of another machine may
 * write one. What cannot be removed stays. */
RV_API void rv_file_remove_parts(const char *path);

/* Bring the name that a file has got to the disk, as far as its file system can. */
RV_API void rv_file_sync_name(const char *path);

#ifdef __cplusplus
}
#endif
#endif
