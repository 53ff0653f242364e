/* SPDX-License-Identifier: MIT */
/* What this build stands on: the versions of its larger libraries, and the video hardware that they find. */
#include "reelvec/reelvec.h"

#include "compute/compute.h"
#include "store/store.h"
#include "video/video_reader.h"

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
