/* SPDX-License-Identifier: MIT */
/* The pictures before and after a time of a video, for a contact sheet. */
#include "sheet_around.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hits.h"
#include "picture_surface.h"
#include "reelvec/reelvec.h"
#include "text.h"

/* Write "+0.2 s"; nothing for the marked picture. */
static void write_offset(double offset_s, char *text, size_t size_bytes)
{
    text[0] = '\0';
    long long thousandths = llround(offset_s * 1000);
    if (thousandths != 0) // the minus of typography is as wide as the plus
        snprintf(text, size_bytes, "%s%.7g s", thousandths > 0 ? "+" : "\xe2\x88\x92",
                 (double)llabs(thousandths) / 1000);
}

/* The picture is taken over. middle_s: time of the marked picture. */
static RvStatus add_picture(SheetPage *page, cairo_surface_t *picture, double time_s, double middle_s,
                            bool marked, RvError *err)
{
    char time[32], offset[32];
    cli_text_time_exact(time_s, time, sizeof time);
    write_offset(time_s - middle_s, offset, sizeof offset);
    SheetItem item = {
        .picture = picture, .strong = strdup(time), .strong_right = strdup(offset), .marked = marked};
    if (item.strong != NULL && item.strong_right != NULL)
        return cli_sheet_add(page, item, err);
    cli_sheet_item_clear(&item);
    return cli_error(err, RV_ERROR_MEMORY, "out of memory");
}

/* ---- from the library ----------------------------------------------------------------------------------- */

static size_t index_of(const RvFrames *frames, int64_t frame_number)
{
    for (size_t i = 0; i < frames->count; i++) {
        if (frames->items[i].frame_number == frame_number)
            return i;
    }
    return 0;
}

RvStatus cli_sheet_around_stored(const SheetPlace *place, RvLibrary *library, SheetPage *page, bool *any,
                                 RvError *err)
{
    int64_t video_id = 0;
    RvFrameInfo middle;
    RvFrames frames = {0};
    *any = false;
    RvStatus status = rv_library_frame_at(library, place->video, place->time_s, &video_id, &middle, err);
    if (status == RV_OK)
        status = rv_library_frames(library, video_id, &frames, err);
    if (status != RV_OK)
        return status;
    size_t at = index_of(&frames, middle.frame_number);
    size_t first = at > place->side_count ? at - place->side_count : 0;
    for (size_t i = first; i < frames.count && i <= at + place->side_count && status == RV_OK; i++) {
        cairo_surface_t *picture = NULL;
        const RvFrameInfo *frame = &frames.items[i];
        status =
            cli_stored_picture(library, video_id, frame->frame_number, page->cell_width, 0, &picture, err);
        *any = *any || picture != NULL;
        if (status == RV_OK)
            status = add_picture(page, picture, frame->time_s, middle.time_s, i == at, err);
    }
    rv_frames_clear(&frames);
    return status;
}

/* ---- from the video ------------------------------------------------------------------------------------- */

typedef struct Decoding {
    SheetPage *page;
    double middle_s;
    size_t middle_index;
    RvStatus status;
    RvError *err;
} Decoding;

static bool take_frame(void *user, const RvVideoFrame *frame)
{
    Decoding *decoding = user;
    SheetPage *page = decoding->page;
    cairo_surface_t *picture = cli_surface_create(&frame->image, page->cell_width, 0);
    if (picture == NULL)
        decoding->status = cli_error(decoding->err, RV_ERROR_MEMORY, "out of memory");
    else
        decoding->status = add_picture(page, picture, frame->time_s, decoding->middle_s,
                                       page->count == decoding->middle_index, decoding->err);
    return decoding->status == RV_OK;
}

static bool take_none(void *user, const RvVideoFrame *frame)
{
    (void)user;
    (void)frame;
    return false;
}

/* The video ended before the time. A person's clock rounds, so the last picture stands for what just follows it. */
static RvStatus mark_last(const SheetPlace *place, const char *path_or_url, Decoding *decoding, double last_s)
{
    SheetPage *page = decoding->page;
    if (page->count > 0 && place->time_s - last_s <= fmax(1, place->step_s)) {
        page->items[page->count - 1].marked = true;
        return RV_OK;
    }
    RvSamplingOptions sampling = {.from_s = place->time_s}; // for its message
    RvStatus status = rv_video_sample(path_or_url, &sampling, 16, take_none, NULL, place->log, decoding->err);
    return status != RV_OK
               ? status
               : cli_error(decoding->err, RV_ERROR_ARGUMENT, "%s: no pictures to show", place->video);
}

RvStatus cli_sheet_around_decoded(const SheetPlace *place, const char *path_or_url, SheetPage *page,
                                  RvError *err)
{
    // In whole microseconds, so that no frame is missed by a rounding error.
    int64_t middle_us = llround(place->time_s * 1e6), step_us = llround(place->step_s * 1e6);
    int64_t before = middle_us / step_us;
    if (before > (int64_t)place->side_count)
        before = (int64_t)place->side_count;
    int64_t after = (int64_t)place->side_count;
    RvSamplingOptions sampling = {.interval_s = (double)step_us / 1e6,
                                  .from_s = (double)(middle_us - before * step_us) / 1e6,
                                  .to_s = (double)(middle_us + after * step_us) / 1e6};
    Decoding decoding = {
        .page = page, .middle_s = (double)middle_us / 1e6, .middle_index = (size_t)before, .err = err};
    RvStatus status =
        rv_video_sample(path_or_url, &sampling, 2 * page->cell_width, take_frame, &decoding, place->log, err);
    bool too_late = status == RV_ERROR_ARGUMENT && page->count == 0;
    if (decoding.status != RV_OK || (status != RV_OK && !too_late))
        return decoding.status != RV_OK ? decoding.status : status;
    if (page->count > (size_t)before)
        return RV_OK;
    double last_s = sampling.from_s + ((double)page->count - 1) * sampling.interval_s;
    return mark_last(place, path_or_url, &decoding, last_s);
}
