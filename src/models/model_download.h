/* SPDX-License-Identifier: MIT */
/* One file from a web server to the disk: resumed, checked, installed whole or not at all. */
#ifndef RV_MODELS_MODEL_DOWNLOAD_H
#define RV_MODELS_MODEL_DOWNLOAD_H

#include "reelvec/model.h"

/* Limits of files whose size is not known: of weights, and of the small files beside them. No known file is
 * near these limits. They stop a server that never stops sending. */
#define DOWNLOAD_MAX_BYTES ((uint64_t)8 << 30)
#define DOWNLOAD_SMALL_MAX_BYTES ((uint64_t)64 << 20)

typedef struct Download {
    const char *url;
    const char *path;    // where the file is installed; it is PATH.part until it is complete and checked
    const char *name;    // for messages and progress
    const char *sha256;  // 64 hexadecimal digits; NULL: the server's X-Linked-ETag is used if it sends one
    uint64_t size_bytes; // exact size; 0 if not known
    uint64_t max_bytes;  // used if the size is not known and the server does not name it
    const char *token;   // bearer token, sent to the url's host only; NULL for none
    const RvFetchOptions *options;
} Download;

/* Download one file. What an earlier call left in PATH.part is continued if the server allows it and the
 * whole can be compared. Only one process at a time works on a part (file lock); a part that is not a plain
 * file is refused. *worth_resuming: the part was kept and is not empty. Errors: NETWORK (the part is kept),
 * MISMATCH (wrong content or size; the part is deleted), CANCELLED (the part is kept), BUSY, IO (also if the
 * disk has too little room), ARGUMENT. */
RvStatus rv_model_download(const Download *download, bool *worth_resuming, RvError *err);

#endif
