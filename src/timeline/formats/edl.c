/* SPDX-License-Identifier: MIT */
/* CMX3600 edit decision lists. One rate for the whole file, labels of eight digits, at most 999 events and 24 hours.
 *
 *     001  HOLIDAY  AA/V  C        10:00:02:00 10:00:05:12 01:00:00:00 01:00:03:12
 *     (event, reel of 8, tracks of 5, a cut, source in and out, record in and out; each out is the frame behind the last)
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "timeline/format.h"

#define EVENTS_MAX 999
#define REEL_SIZE 9 // eight characters and a NUL

/* "B" is video and one channel of sound, "AA/V" video and two. */
static const char *tracks_of(const RvMedia *media)
{
    if (media->audio_count == 0)
        return "V";
    return media->audio_count > 1 || media->audio[0].channels != 1 ? "AA/V" : "B";
}

/* Up to eight capitals and digits of the file's name. "AX", "BL" and "BARS" mean other things than tapes. */
static void make_reel(const TimelineSource *source, size_t index, char reel[REEL_SIZE])
{
    size_t length = 0;
    for (const char *at = source->stem; *at != '\0' && length < REEL_SIZE - 1; at++) {
        if ((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z'))
            reel[length++] = *at;
        else if (*at >= 'a' && *at <= 'z')
            reel[length++] = (char)(*at - 'a' + 'A');
    }
    reel[length] = '\0';
    static const char *const taken[] = {"", "AX", "BL", "BLACK", "BARS", "NONE"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strcmp(reel, taken[i]) == 0)
            snprintf(reel, REEL_SIZE, "R%07zu", index % 10000000);
    }
}

/* The same with a number in the place of its last characters if a source before it has the name. */
static void make_unique_reel(const Timeline *timeline, size_t index, char reel[REEL_SIZE])
{
    make_reel(&timeline->sources[index], index + 1, reel);
    size_t same = 0;
    for (size_t i = 0; i < index; i++) {
        char other[REEL_SIZE];
        make_reel(&timeline->sources[i], i + 1, other);
        same += strcmp(reel, other) == 0;
    }
    if (same > 0)
        snprintf(reel, REEL_SIZE, "R%07zu", (index + 1) % 10000000);
}

/* The label of a source's first frame as a number of the timeline's counting. Rates of one kind (both whole, or both over
 * 1001) count the same seconds. Else the label is read as hours, minutes, seconds and a part of a second. */
static int64_t count_first(const Timeline *timeline, const RvMedia *media)
{
    RvRate rate = timeline->rate;
    if (media->rate.den == rate.den)
        return rv_rate_convert(media->rate, media->start_frame, rate);
    char text[TIMECODE_SIZE], separator;
    int hours = 0, minutes = 0, seconds = 0, frames = 0, nominal = rv_rate_nominal(rate);
    rv_timecode_write(media->start_frame, media->rate, media->drop_frame, text);
    sscanf(text, "%d:%d:%d%c%d", &hours, &minutes, &seconds, &separator, &frames);
    return ((int64_t)hours * 3600 + minutes * 60 + seconds) * nominal +
           frames * nominal / rv_rate_nominal(media->rate);
}

/* Returns false if the source's rate is not the timeline's. */
static bool put_event(Buffer *out, const Timeline *timeline, size_t index, const char *reel, RvError *err)
{
    const TimelineClip *clip = &timeline->clips[index];
    const TimelineSource *source = &timeline->sources[clip->source];
    RvRate rate = timeline->rate;
    bool drop = source->drop_frame && rv_rate_may_drop(rate);
    int64_t in = count_first(timeline, &source->media) + clip->grid_in,
            start = timeline->record_start + clip->record_in;
    char labels[4][TIMECODE_SIZE];
    rv_timecode_write(in, rate, drop, labels[0]);
    rv_timecode_write(in + clip->record_length, rate, drop, labels[1]);
    rv_timecode_write(start, rate, timeline->drop_frame, labels[2]);
    rv_timecode_write(start + clip->record_length, rate, timeline->drop_frame, labels[3]);
    rv_buffer_append_format(out, err, "%03zu  %-8s %-5s C        %s %s %s %s\n", index + 1, reel,
                            tracks_of(&source->media), labels[0], labels[1], labels[2], labels[3]);
    rv_buffer_append_format(out, err, "* FROM CLIP NAME: %s\n", source->name);
    rv_buffer_append_format(out, err, "* COMMENT: %s\n\n", clip->name);
    return rv_rate_equal(source->media.rate, rate);
}

static RvStatus write(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_buffer_append_format(out, err, "TITLE: %s\nFCM: %s\n\n", timeline->title,
                            timeline->drop_frame ? "DROP FRAME" : "NON-DROP FRAME");
    size_t other_rates = 0, last = SIZE_MAX;
    char reel[REEL_SIZE] = "";
    for (size_t i = 0; i < timeline->clip_count; i++) {
        if (timeline->clips[i].source != last) {
            last = timeline->clips[i].source;
            make_unique_reel(timeline, last, reel);
        }
        other_rates += !put_event(out, timeline, i, reel, err);
    }
    char rate[RATE_TEXT_SIZE];
    rv_rate_write(timeline->rate, rate);
    if (other_rates > 0)
        rv_log_line(
            timeline->log, RV_LOG_WARNING,
            "an EDL knows one rate: the labels of %zu clip%s of videos of other rates count %s frames a second "
            "too; OpenTimelineIO and FCPXML keep each rate",
            other_rates, other_rates == 1 ? "" : "s", rate);
    return out->status;
}

static const char *const endings[] = {".edl", NULL};

const TimelineFormat rv_format_edl = {
    .info = {.name = "edl",
             .title = "edit decision list, CMX3600 (Resolve, Premiere, Avid)",
             .endings = endings,
             .needs_media = true},
    .max_clips = EVENTS_MAX,
    .within_a_day = true,
    .rate_max = 60,
    .write = write,
};
