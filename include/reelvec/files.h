/* SPDX-License-Identifier: MIT */
/* Files that are written: what of other files they may replace, where, and what killed processes left of them. The
 * program, the cutting of clips and Python keep these rules. */
#ifndef REELVEC_FILES_H
#define REELVEC_FILES_H

#include <stdbool.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a file is by its first bytes. */
typedef enum RvFileKind {
    RV_FILE_TEXT, /* CSV, JSON, SQL, timelines: no NUL at the beginning, and nothing that other kinds begin with */
    RV_FILE_NPY,    /* NumPy's format */
    RV_FILE_PICTURE,    /* PNG, JPEG */
    RV_FILE_OWN_PICTURE /* those with the mark of the next two */
} RvFileKind;

/* What a picture that reelvec writes has, so that it is told from others: in a PNG the text "Software" directly
 * behind its header, in a JPEG a comment behind JFIF's segment. */
#define RV_FILE_PNG_MARK "\0\0\0\x10tEXtSoftware\0reelvec\x2a\xaf\xed\x91"
#define RV_FILE_JPEG_MARK "\xff\xfe\0\x13Software: reelvec"

/* Threads: all functions of this header may be called from any thread at any time. */

/* Whether a file of this kind may be written at `path`: if nothing is there, an empty file, or one of the same
 * kind. Devices and pipes are not looked at. So no video, no library and (with RV_FILE_OWN_PICTURE) nobody's photo
 * is replaced because a name was mistyped. Errors: ARGUMENT (it is of another kind, which the message names), IO
 * (it cannot be read). */
RV_API RvStatus rv_file_check_replaced(const char *path, RvFileKind kind, RvError *err);

/* The open descriptor that a name means: 1 for "/dev/stdout" and for a link to it, 3 for "/dev/fd/3"; -1: none. It may be
 * open on a file, which the name is a link to: it is written to as it is open, and nothing is renamed to that name. A
 * program that has opened files of its own should refuse descriptors that are closed by exec: nobody handed it those. */
RV_API int rv_file_descriptor(const char *path);

/* Whether the name is written to as it is, replacing nothing: a device, a pipe, an open descriptor, whatever that is open
 * on. */
RV_API bool rv_file_in_place(const char *path);

/* The path of the file that is replaced when `path` is written: of a link to a file, that file, so that the link stays;
 * else the path itself, also of a link that leads nowhere. *target: free with rv_free. Errors: MEMORY, IO (where a link
 * leads to cannot be told). */
RV_API RvStatus rv_file_target(const char *path, char **target, RvError *err);

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
