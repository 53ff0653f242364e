/* SPDX-License-Identifier: MIT */
/* A table after RFC 4180 for spreadsheets and scripts, with all that is known of a clip: seconds, frames, labels. It
 * can be read again as a list of moments. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "timeline/format.h"
#include "timeline/formats/list_text.h"

static void write_score(Buffer *out, double score, RvError *err)
{
    if (!isfinite(score))
        return;
    int64_t units = rv_list_units(fabs(score), LIST_PER_SECOND_US);
    if (score < 0 && units > 0)
        rv_buffer_append(out, "-", 1, err);
    rv_list_seconds(out, units, LIST_PER_SECOND_US, err);
}

static void write_label(Buffer *out, int64_t frame, RvRate rate, bool drop_frame, RvError *err)
{
    char label[TIMECODE_SIZE];
    rv_timecode_write(frame, rate, drop_frame, label);
    rv_buffer_append_format(out, err, ",%s", label);
}

/* Frames and labels are empty if the source has no rate. */
static void write_frames(const Timeline *timeline, const TimelineClip *clip, Buffer *out, RvError *err)
{
    const TimelineSource *source = &timeline->sources[clip->source];
    const RvMedia *media = &source->media;
    int64_t record = timeline->record_start + clip->record_in;
    if (!rv_rate_is_valid(media->rate) || !rv_rate_is_valid(timeline->rate)) {
        rv_buffer_append_format(out, err, ",,,,,,,");
        return;
    }
    rv_buffer_append_format(out, err, ",%d/%d,%" PRId64 ",%" PRId64, media->rate.num, media->rate.den,
                            clip->in, clip->length);
    write_label(out, media->start_frame + clip->in, media->rate, source->drop_frame, err);
    write_label(out, media->start_frame + clip->in + clip->length, media->rate, source->drop_frame, err);
    write_label(out, record, timeline->rate, timeline->drop_frame, err);
    write_label(out, record + clip->record_length, timeline->rate, timeline->drop_frame, err);
}

static RvStatus write_csv(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_buffer_append_format(
        out, err,
        "name,video,start,end,time,score,rate,first_frame,frame_count,source_in,source_out,"
        "record_in,record_out\r\n");
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[i];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_US);
        rv_list_csv_field(out, clip->name, err);
        rv_buffer_append(out, ",", 1, err);
        rv_list_csv_field(out, timeline->sources[clip->source].media.path, err);
        rv_buffer_append(out, ",", 1, err);
        rv_list_seconds(out, span.start, LIST_PER_SECOND_US, err);
        rv_buffer_append(out, ",", 1, err);
        rv_list_seconds(out, span.end, LIST_PER_SECOND_US, err);
        rv_buffer_append(out, ",", 1, err);
        rv_list_seconds(out, rv_list_units(clip->time_s, LIST_PER_SECOND_US), LIST_PER_SECOND_US, err);
        rv_buffer_append(out, ",", 1, err);
        write_score(out, clip->score, err);
        write_frames(timeline, clip, out, err);
        rv_buffer_append(out, "\r\n", 2, err);
    }
    return out->status;
}

const TimelineFormat rv_format_csv = {
    .info = {.name = "csv",
             .title = "a table for spreadsheets and scripts: seconds, frames and timecode",
             .endings = (const char *const[]){".csv", NULL}},
    .write = write_csv,
};
