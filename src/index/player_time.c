/* SPDX-License-Identifier: MIT */
/* Times of a video as players count them. */
#include "base/error.h"
#include "reelvec/video.h"
#include "video/frame_stream.h"

static bool any_frame(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return true;
}

/* The first frame sets time zero. */
static RvStatus find_zero(const char *path_or_url, VideoZero *zero, RvError *err)
{
    VideoReader *reader = NULL;
    FrameStream *frames = NULL;
    TimedFrame first = {0};
    bool end;
    FrameStreamOptions options = {.wanted = any_frame};
    RvStatus status = rv_video_open(path_or_url, NULL, &reader, err);
    if (status == RV_OK)
        status = rv_frames_open(reader, &options, &frames, err);
    if (status == RV_OK)
        status = rv_frames_next(frames, &first, &end, err);
    if (status == RV_OK)
        *zero = rv_video_zero(reader);
    rv_frame_clear(&first.frame);
    rv_frames_close(frames);
    rv_video_close(reader);
    return status;
}

/* Most count from the container's start as FFmpeg tells it, some from 0 of its time stamps (found by trying mpv 0.35
 * and VLC 3.0 with files that begin at 5 s): mpv leaves the start of MP4 files alone, VLC that of MP4 and Matroska. */
RvStatus rv_video_player_time(const char *path_or_url, RvPlayer player, double time_s, double *player_s,
                              RvError *err)
{
    VideoZero zero;
    if ((unsigned)player > RV_PLAYER_VLC)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a player %d is not known", (int)player);
    RvStatus status = find_zero(path_or_url, &zero, err);
    if (status != RV_OK)
        return status;
    bool from_0 = player == RV_PLAYER_MPV ? zero.mp4 : player == RV_PLAYER_VLC && (zero.mp4 || zero.matroska);
    *player_s = time_s + (from_0 ? zero.container_s : zero.after_start_s);
    return RV_OK;
}
