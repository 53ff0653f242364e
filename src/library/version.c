/* SPDX-License-Identifier: MIT */
/* Versions: reelvec's own, those of the larger libraries that it stands on, and the video hardware that they
 * find. */
#include "reelvec/version.h"

#include "compute/compute.h"
#include "store/store.h"
#include "video/video_reader.h"

const char *rv_version(void)
{
    return REELVEC_VERSION;
}

int rv_api_version(void)
{
    return REELVEC_API_VERSION;
}

void rv_describe_build(void (*fact)(void *user, const char *name, const char *value), void *user)
{
    char version[128], hardware[512], cuda[RV_ERROR_MESSAGE_SIZE + 8];
    rv_video_describe_ffmpeg(version, sizeof version, hardware, sizeof hardware);
    fact(user, "FFmpeg", version);
    fact(user, "hwaccel", hardware);
    rv_compute_describe_cuda(cuda, sizeof cuda);
    fact(user, "CUDA", cuda);
    fact(user, "SQLite", rv_store_sqlite_version());
}
