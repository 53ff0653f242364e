/* SPDX-License-Identifier: MIT */
/* One file from a web server to the disk: resumed, checked, installed whole or not at all. */
#ifndef RV_MODELS_MODEL_DOWNLOAD_H
#define RV_MODELS_MODEL_DOWNLOAD_H

#include "reelvec/model.h"

/* Limits of files whose size is not known: of weights, and of the small files beside them. No known file is
 * near these limits. They stop a server that never stops sending. */
#define DOWNLOAD_MAX_BYTES ((uint64_t)8 << 30)
#define DOWNLOAD_SMALL_MAX_BYTES ((uint64_t)64 << 20)

/* What a file was compared with. */
typedef enum ModelCheck {
    CHECK_NOTHING, // neither was anything known, nor did the server state anything
    CHECK_GIT,     // git's name of the content, which the server stated
    CHECK_SERVER,  // the SHA-256 that the server stated
    CHECK_KNOWN,   // the SHA-256 that the caller knew
    CHECK_ADDED,   // with nothing: it was added by hand, and never downloaded
} ModelCheck;

/* What came. */
typedef struct Downloaded {
    char sha256[65];
    char commit[41]; // the commit of the repository that the server stated; empty if it stated none
    uint64_t size_bytes;
    ModelCheck check;
    bool is_other; // of a failure: the server has a file of another size or digest than was wanted
} Downloaded;

typedef struct Download {
    const char *url;
    const char *path;    // where the file is installed; it is PATH.part until it is complete and checked
    const char *name;    // for messages and progress
    const char *sha256;  // 64 hexadecimal digits; NULL: what the server states is used (model_answer.h)
    uint64_t size_bytes; // exact size; 0 if not known
    uint64_t max_bytes;  // used if the size is not known and the server does not name it
    const char *token;   // bearer token, sent to the url's host only; NULL for none
    const RvFetchOptions *options;
    Downloaded *downloaded; // filled on success, is_other on failure; may be NULL
} Download;

/* Download one file. What an earlier call left in PATH.part is continued if the server allows it and the
 * whole can be compared. Only one process at a time works on a part (file lock); a part that is not a plain
 * file is refused. *worth_resuming: the part was kept and is not empty. Errors: NETWORK (the part is kept),
 * MISMATCH (wrong content or size: the part is deleted; the server states another SHA-256 than `sha256`: nothing is
 * transferred and the part is kept), CANCELLED (the part is kept), BUSY, IO (also if the disk has too little room),
 * ARGUMENT. */
RvStatus rv_model_download(const Download *download, bool *worth_resuming, RvError *err);

/* Ask the server of a file for the commit that its repository's branch stands at, without transferring the file.
 * commit is empty if the server states none, also if it cannot be reached: the download then says why. Errors:
 * CANCELLED, MEMORY. */
RvStatus rv_model_ask_commit(const Download *download, char commit[41], RvError *err);

#endif
