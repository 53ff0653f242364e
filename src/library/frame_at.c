/* SPDX-License-Identifier: MIT */
/* The stored frame that VIDEO@TIME means, and the video that a name means. */
#include "library/frame_at.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "search/frame_spans.h"
#include "store/video_name.h"

static RvStatus find_video(Store *store, const char *name, int64_t *video_id, RvError *err)
{
    RvVideos videos = {0};
    RvNaming naming = RV_NAMED_NONE;
    RvStatus status = rv_store_list_paths(store, &videos, err);
    if (status == RV_OK)
        status = rv_video_name_filter(name, &videos, &naming, err);
    if (status == RV_OK && videos.count == 0)
        status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_LIST_VIDEOS, NULL,
                                   "%s: no such video in the library", name);
    else if (status == RV_OK && videos.count > 1)
        status = rv_error_set(err, RV_ERROR_ARGUMENT,
                              "%s: names %zu videos, among them %s and %s; give more of the path", name,
                              videos.count, videos.items[0].path, videos.items[1].path);
    else if (status == RV_OK)
        *video_id = videos.items[0].video_id;
    rv_videos_clear(&videos);
    return status;
}

/* A time that no stored frame of the video stands for. */
static RvStatus refuse_time(Store *store, int64_t video_id, const char *name, double time_s, double last_s,
                            RvError *err)
{
    RvVideos videos = {0};
    RvStatus status = rv_store_list_videos(store, &videos, err);
    const RvVideo *video = NULL;
    for (size_t i = 0; i < videos.count && status == RV_OK; i++) {
        if (videos.items[i].video_id == video_id)
            video = &videos.items[i];
    }
    bool complete = video != NULL && video->state == RV_VIDEO_COMPLETE;
    double length_s = video != NULL && video->duration_s > last_s ? video->duration_s : last_s;
    // A person's clock rounds, and the last frame stands for what follows it.
    double slack_s = video != NULL ? fmax(1, rv_sampling_interval(video->sampling)) : 1;
    if (status == RV_OK && time_s > length_s + slack_s)
        status = rv_error_set(err, RV_ERROR_ARGUMENT,
                              "%s: is %.1f s long; there is no frame at %.1f s (seconds or h:mm:ss)", name,
                              length_s, time_s);
    else if (status == RV_OK && !complete && time_s > last_s + slack_s)
        status = rv_error_set_hint(err, RV_ERROR_ARGUMENT, RV_HINT_INDEX_REST, NULL,
                                   "%s: is in the library up to %.1f s so far", name, last_s);
    rv_videos_clear(&videos);
    return status;
}

static RvStatus find_frame(Store *store, const char *name, double time_s, int64_t *video_id, RvFrameInfo *out,
                           RvError *err)
{
    RvFrames frames = {0};
    RvStatus status = find_video(store, name, video_id, err);
    if (status == RV_OK)
        status = rv_store_frames(store, *video_id, &frames, err);
    if (status != RV_OK)
        return status;
    size_t nearest = 0;
    double last_s = 0;
    for (size_t i = 0; i < frames.count; i++) {
        double frame_s = frames.items[i].time_s;
        last_s = fmax(last_s, frame_s);
        if (fabs(frame_s - time_s) < fabs(frames.items[nearest].time_s - time_s))
            nearest = i;
    }
    if (frames.count == 0)
        status =
            rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no frames of this video are in the library", name);
    else if (!(time_s >= 0))
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%s: %g is no time of a video", name, time_s);
    else if (time_s > last_s)
        status = refuse_time(store, *video_id, name, time_s, last_s, err);
    if (status == RV_OK)
        *out = frames.items[nearest];
    rv_frames_clear(&frames);
    return status;
}

RvStatus rv_video_named(Store *store, const char *name, int64_t *video_id, RvError *err)
{
    char *shown = rv_file_copy_shown(name, err);
    RvStatus status = shown != NULL ? find_video(store, shown, video_id, err) : RV_ERROR_MEMORY;
    free(shown);
    return status;
}

RvStatus rv_frame_at(Store *store, const char *name, double time_s, int64_t *video_id, RvFrameInfo *out,
                     RvError *err)
{
    char *shown = rv_file_copy_shown(name, err);
    RvStatus status = shown != NULL ? find_frame(store, shown, time_s, video_id, out, err) : RV_ERROR_MEMORY;
    free(shown);
    return status;
}
