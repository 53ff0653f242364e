/* SPDX-License-Identifier: MIT */
/* Times of a video as players count them. */
#include "base/error.h"
#include "base/moment_frames.h"
#include "reelvec/video.h"
#include "video/cut_source.h"
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

/* When the frame that is on screen at time_s came there; time_s itself if that is not known, or nothing is there. */
static double frame_start(const char *path_or_url, double time_s)
{
    CutSource source = {0};
    CutBorders borders = {0};
    VideoOptions options = {0};
    RvError ignored = {0};
    int64_t time_us = time_s > 0 && time_s < 1e12 ? (int64_t)(time_s * 1e6 + 0.5) : 0;
    RvStatus status = rv_cut_source_open(path_or_url, &options, &source, &ignored);
    if (status == RV_OK)
        status = rv_cut_source_borders(&source, time_us, time_us + 1, &borders, &ignored);
    rv_cut_source_close(&source);
    bool earlier = status == RV_OK && rv_moment_first_until_us(borders.first_us) < time_us;
    return earlier ? (double)borders.first_us / 1e6 : time_s;
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
    // mpv goes on to the first frame that does not come before the time; others begin with one that does.
    if (player == RV_PLAYER_MPV)
        time_s = frame_start(path_or_url, time_s);
    bool from_0 = player == RV_PLAYER_MPV ? zero.mp4 : player == RV_PLAYER_VLC && (zero.mp4 || zero.matroska);
    *player_s = time_s + (from_0 ? zero.container_s : zero.after_start_s);
    return RV_OK;
}
