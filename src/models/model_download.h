/* SPDX-License-Identifier: MIT */
/* One file from a web server to the disk: resumed, checked, installed whole or not at all. */
#ifndef RV_MODELS_MODEL_DOWNLOAD_H
#define RV_MODELS_MODEL_DOWNLOAD_H

#include "reelvec/model.h"

/* No known file is near this; a server that sends on and on is stopped here. */
#define DOWNLOAD_MAX_BYTES ((uint64_t)8 << 30)

typedef struct Download {
    const char *url;
    const char *path;   // where it is installed; PATH.part until it is complete and checked
    const char *name;   // for messages and progress
    const char *sha256; // 64 hexadecimal digits
    const RvFetchOptions *options;
} Download;

/* What an earlier call left in PATH.part is continued where the server allows it. Only one process at a time
 * works on a part (file lock). Errors: NETWORK (the part is kept), MISMATCH (wrong content; the part is
 * deleted), CANCELLED (the part is kept), BUSY, IO. */
RvStatus rv_model_download(const Download *download, RvError *err);

#endif
