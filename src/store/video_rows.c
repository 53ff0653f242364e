/* SPDX-License-Identifier: MIT */
/* Rows of videos in memory: clearing them, words of states, lists by path. */
#include <stdlib.h>
#include <string.h>

#include "store/store_backend.h"

static void clear_video(RvVideo *video)
{
    free(video->path);
    free(video->content_key);
    free(video->codec);
    free(video->sampling);
    free(video->state_name);
    free(video->error);
    *video = (RvVideo){0};
}

void rv_stored_video_clear(StoredVideo *video)
{
    clear_video(&video->video);
    *video = (StoredVideo){0};
}

void rv_videos_clear(RvVideos *videos)
{
    if (videos == NULL)
        return;
    for (size_t i = 0; i < videos->count; i++)
        clear_video(&videos->items[i]);
    free(videos->items);
    *videos = (RvVideos){0};
}

void rv_frames_clear(RvFrames *frames)
{
    if (frames == NULL)
        return;
    free(frames->items);
    *frames = (RvFrames){0};
}

const char *rv_video_state_name(RvVideoState state)
{
    static const char *const names[] = {"unknown", "indexing", "complete", "failed"};
    return names[(unsigned)state < sizeof names / sizeof names[0] ? state : RV_VIDEO_UNKNOWN];
}

bool rv_video_is_from_pictures(const RvVideo *video)
{
    return video->error != NULL &&
           strncmp(video->error, STORE_FROM_PICTURES, strlen(STORE_FROM_PICTURES)) == 0;
}

const char *rv_video_damage(const RvVideo *video)
{
    if (!rv_video_is_from_pictures(video))
        return video->error;
    const char *more = strstr(video->error, "; ");
    return more != NULL ? more + 2 : "";
}

void rv_video_read_state(RvVideo *video)
{
    video->state = RV_VIDEO_UNKNOWN;
    for (RvVideoState state = RV_VIDEO_INDEXING; state <= RV_VIDEO_FAILED; state++) {
        if (video->state_name != NULL && strcmp(video->state_name, rv_video_state_name(state)) == 0)
            video->state = state;
    }
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const RvVideo *)a)->path, ((const RvVideo *)b)->path);
}

static RvStatus list_sorted(Store *store, RvStatus (*list)(Store *store, RvVideos *out, RvError *err),
                            RvVideos *out, RvError *err)
{
    *out = (RvVideos){0};
    RvStatus status = list(store, out, err);
    for (size_t i = 0; status == RV_OK && i < out->count; i++)
        rv_video_read_state(&out->items[i]);
    if (status != RV_OK)
        rv_videos_clear(out);
    else if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_paths);
    return status;
}

RvStatus rv_store_list_videos(Store *store, RvVideos *out, RvError *err)
{
    return list_sorted(store, store->backend->list_videos, out, err);
}

RvStatus rv_store_list_paths(Store *store, RvVideos *out, RvError *err)
{
    return list_sorted(store, store->backend->list_paths, out, err);
}
