/* SPDX-License-Identifier: MIT */
/* Pictures that are asked for one after the other. They are fetched in blocks if each costs a round trip. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_backend.h"

struct PictureReader {
    Store *store;
    // The current block: all pictures of one video that there are from first_number to covered_to.
    int64_t video_id, first_number, covered_to; // video_id 0: none
    size_t count;
    struct PictureAt {
        int64_t frame_number;
        uint8_t *jpeg; // NULL: what is stored is not a picture
        size_t size_bytes;
    } pictures[PICTURE_BLOCK_ROWS];
};

RvStatus rv_pictures_open(Store *store, PictureReader **out, RvError *err)
{
    *out = rv_mem_alloc(1, sizeof **out, err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    (*out)->store = store;
    return RV_OK;
}

static void forget_block(PictureReader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        free(reader->pictures[i].jpeg);
    reader->count = 0;
    reader->video_id = 0;
}

void rv_pictures_close(PictureReader *reader)
{
    if (reader == NULL)
        return;
    forget_block(reader);
    free(reader);
}

static RvStatus keep(void *user, int64_t frame_number, const uint8_t *jpeg, size_t size_bytes, RvError *err)
{
    PictureReader *reader = user;
    struct PictureAt *picture = &reader->pictures[reader->count];
    *picture = (struct PictureAt){.frame_number = frame_number};
    if (jpeg != NULL && size_bytes > 0) {
        picture->jpeg = rv_mem_alloc(size_bytes, 1, err);
        if (picture->jpeg == NULL)
            return RV_ERROR_MEMORY;
        memcpy(picture->jpeg, jpeg, size_bytes);
        picture->size_bytes = size_bytes;
    }
    reader->count++;
    return RV_OK;
}

/* Fetch a block of one picture, for databases without round trips. */
static RvStatus fetch_one(PictureReader *reader, int64_t video_id, int64_t frame_number, RvError *err)
{
    Store *store = reader->store;
    struct PictureAt *picture = &reader->pictures[0];
    *picture = (struct PictureAt){.frame_number = frame_number};
    RvStatus status =
        store->backend->picture(store, video_id, frame_number, &picture->jpeg, &picture->size_bytes, err);
    reader->count = status == RV_OK;
    return status;
}

static RvStatus fetch_block(PictureReader *reader, int64_t video_id, int64_t frame_number, RvError *err)
{
    Store *store = reader->store;
    RvStatus status =
        store->backend->pictures(store, video_id, frame_number, &reader->covered_to, keep, reader, err);
    if (status != RV_OK)
        return status;
    reader->video_id = video_id;
    reader->first_number = frame_number;
    return RV_OK;
}

RvStatus rv_pictures_get(PictureReader *reader, int64_t video_id, int64_t frame_number, const uint8_t **jpeg,
                         size_t *size_bytes, RvError *err)
{
    bool here = reader->video_id == video_id && frame_number >= reader->first_number &&
                frame_number <= reader->covered_to;
    *jpeg = NULL;
    *size_bytes = 0;
    if (!here) {
        forget_block(reader);
        RvStatus status = reader->store->backend->pictures != NULL
                              ? fetch_block(reader, video_id, frame_number, err)
                              : fetch_one(reader, video_id, frame_number, err);
        if (status != RV_OK)
            return status;
    }
    for (size_t i = 0; i < reader->count; i++) {
        const struct PictureAt *picture = &reader->pictures[i];
        if (picture->frame_number != frame_number)
            continue;
        if (picture->jpeg == NULL)
            return rv_store_bad_picture(reader->store, video_id, frame_number, err);
        *jpeg = picture->jpeg;
        *size_bytes = picture->size_bytes;
        return RV_OK;
    }
    return rv_store_no_picture(reader->store, video_id, frame_number, err);
}
