/* SPDX-License-Identifier: MIT */
/* One file from a web server to the disk: resumed, checked, installed whole or not at all. */
#ifndef RV_MODELS_MODEL_DOWNLOAD_H
#define RV_MODELS_MODEL_DOWNLOAD_H

#include "reelvec/model.h"

/* What is taken of a file whose size is not known: of weights, and of the small files beside them. No known
 * file is near these; a server that sends on and on is stopped here at the latest. */
#define DOWNLOAD_MAX_BYTES ((uint64_t)8 << 30)
#define DOWNLOAD_SMALL_MAX_BYTES ((uint64_t)64 << 20)

typedef struct Download {
    const char *url;
    const char *path;    // where it is installed; PATH.part until it is complete and checked
    const char *name;    // for messages and progress
    const char *sha256;  // 64 hexadecimal digits; NULL: what the server says in X-Linked-ETag, if anything
    uint64_t size_bytes; // exactly; 0: not known
    uint64_t max_bytes;  // where the size is not known, nor said by the server
    const char *token;   // for the url's host alone, as a bearer token; NULL: none
    const RvFetchOptions *options;
} Download;

/* What an earlier call left in PATH.part is continued where the server allows it and the whole can be
 * compared. Only one process at a time works on a part (file lock); a part that is no plain file of its own
 * is refused. *worth_resuming: the part was kept and has something in it. Errors: NETWORK (the part is kept),
 * MISMATCH (wrong content or size; the part is deleted), CANCELLED (the part is kept), BUSY, IO (also when
 * the disk has no room for what is to come), ARGUMENT. */
RvStatus rv_model_download(const Download *download, bool *worth_resuming, RvError *err);

#endif
