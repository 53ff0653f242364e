/* SPDX-License-Identifier: MIT */
/* The frames that a video has in another library: their times and pictures, one after the other. */
#include "index/old_frames.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "pixels/picture.h"
#include "pixels/thumbnail.h"

// Less than the distance of two frames.
#define SAME_TIME_S 1e-3
#define JPEG_MAX_BYTES ((size_t)64 << 20)

struct OldFrames {
    const IndexOrigin *origin;
    RvEncoder *encoder;
    RvFrames frames;
    PictureReader *pictures;
};

RvStatus rv_old_frames_open(const IndexOrigin *origin, RvEncoder *encoder, OldFrames **out, RvError *err)
{
    *out = NULL;
    OldFrames *old = rv_mem_alloc(1, sizeof *old, err);
    if (old == NULL)
        return RV_ERROR_MEMORY;
    old->origin = origin;
    old->encoder = encoder;
    pthread_mutex_lock(origin->mutex);
    RvStatus status = rv_store_frames(origin->store, origin->row->video.video_id, &old->frames, err);
    pthread_mutex_unlock(origin->mutex);
    if (status == RV_OK)
        status = rv_pictures_open(origin->store, &old->pictures, err);
    if (status == RV_OK)
        *out = old;
    else
        rv_old_frames_close(old);
    return status;
}

void rv_old_frames_close(OldFrames *old)
{
    if (old == NULL)
        return;
    rv_pictures_close(old->pictures);
    rv_frames_clear(&old->frames);
    free(old);
}

size_t rv_old_frames_count(const OldFrames *old)
{
    return old->frames.count;
}

RvFrameInfo rv_old_frames_at(const OldFrames *old, size_t place)
{
    return old->frames.items[place];
}

bool rv_old_frames_are_all(const OldFrames *old)
{
    return old->origin->row->video.state == RV_VIDEO_COMPLETE;
}

void rv_old_frames_refine(const OldFrames *old, RvSamplingOptions *sampling)
{
    double interval_us = sampling->interval_s * 1e6;
    if (sampling->kind != RV_SAMPLING_INTERVAL || sampling->compat != NULL)
        return;
    // Which numbers have these ten digits, and which of them give the times.
    double half_digit_us = 0.5 * pow(10, floor(log10(interval_us)) - 9);
    double low_us = interval_us - half_digit_us, high_us = interval_us + half_digit_us;
    for (size_t i = 0; i < old->frames.count; i++) {
        double k = (double)(old->frames.items[i].frame_number - 1), us = old->frames.items[i].time_s * 1e6;
        if (k < 1)
            continue;
        low_us = fmax(low_us, (round(us) - 0.5) / k);
        high_us = fmin(high_us, (round(us) + 0.5) / k);
    }
    bool gives_them = interval_us > low_us && interval_us < high_us;
    if (!gives_them && low_us < high_us)
        sampling->interval_s = (low_us + high_us) / 2e6;
}

static int compare_numbers(const void *key, const void *item)
{
    int64_t number = *(const int64_t *)key, other = ((const RvFrameInfo *)item)->frame_number;
    return (number > other) - (number < other);
}

/* No picture: the frame may be without, or its video was removed from the old library meanwhile. */
static RvStatus explain_absence(const OldFrames *old, RvError *err)
{
    const RvVideo *video = &old->origin->row->video;
    StoredVideo now;
    bool found = false;
    RvStatus status = rv_store_find_path(old->origin->store, video->path, &now, &found, err);
    if (status != RV_OK)
        return status;
    bool same = found && now.video.video_id == video->video_id;
    if (found)
        rv_stored_video_clear(&now);
    return same ? RV_OK
                : rv_error_set(err, RV_ERROR_NOT_FOUND, "%.600s: removed from %s meanwhile", video->path,
                               rv_store_uri(old->origin->store));
}

static RvStatus append_picture(OldFrames *old, int64_t frame_number, Buffer *jpeg, RvError *err)
{
    const uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    pthread_mutex_lock(old->origin->mutex);
    RvStatus status = rv_pictures_get(old->pictures, old->origin->row->video.video_id, frame_number, &bytes,
                                      &size_bytes, err);
    if (status == RV_ERROR_NOT_FOUND)
        status = explain_absence(old, err);
    if (status == RV_OK && bytes != NULL) // which are the reader's until the next call
        status = rv_buffer_append(jpeg, bytes, size_bytes, err);
    pthread_mutex_unlock(old->origin->mutex);
    return status;
}

RvStatus rv_old_frames_take(OldFrames *old, int64_t frame_number, double *time_s, Buffer *jpeg, RvError *err)
{
    const RvFrameInfo *frame = bsearch(&frame_number, old->frames.items, old->frames.count,
                                       sizeof *old->frames.items, compare_numbers);
    const char *path = old->origin->row->video.path;
    if (frame == NULL)
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_FROM_PICTURES, NULL,
                                 "%.600s: gives a frame %lld at %.3f s, which the old library does not have",
                                 path, (long long)frame_number, *time_s);
    if (!(fabs(frame->time_s - *time_s) < SAME_TIME_S))
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_FROM_PICTURES, NULL,
                                 "%.600s: frame %lld is at %.3f s now, in the old library at %.3f s", path,
                                 (long long)frame_number, *time_s, frame->time_s);
    *time_s = frame->time_s;
    return append_picture(old, frame_number, jpeg, err);
}

RvStatus rv_old_frames_input(const OldFrames *old, int64_t frame_number, const Buffer *jpeg, uint8_t *rgb_u8,
                             RvError *err)
{
    const RvVideo *video = &old->origin->row->video;
    RvPicture *picture = NULL;
    RvError cause = {0};
    if (jpeg->size_bytes == 0)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%.600s: frame %lld has no stored picture", video->path,
                            (long long)frame_number);
    RvStatus status = rv_thumbnail_decode(jpeg->bytes, jpeg->size_bytes, &picture, &cause);
    if (status == RV_OK) {
        RvImage image = rv_picture_image(picture);
        status = rv_encoder_preprocess(old->encoder, &image, rgb_u8, &cause);
    }
    rv_picture_destroy(picture);
    if (status != RV_OK)
        rv_error_wrap(err, status, &cause, "%.500s: the stored picture of frame %lld: %s", video->path,
                      (long long)frame_number, cause.message);
    return status;
}

RvStatus rv_old_frames_picture_size(OldFrames *old, int *width, int *height, RvError *err)
{
    Buffer jpeg;
    *width = *height = 0;
    if (old->frames.count == 0)
        return RV_OK;
    rv_buffer_init(&jpeg, JPEG_MAX_BYTES);
    RvStatus status = append_picture(old, old->frames.items[0].frame_number, &jpeg, err);
    if (status == RV_OK && jpeg.size_bytes > 0)
        status = rv_thumbnail_size(jpeg.bytes, jpeg.size_bytes, width, height, err);
    rv_buffer_clear(&jpeg);
    return status;
}
