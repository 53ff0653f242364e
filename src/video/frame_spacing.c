/* SPDX-License-Identifier: MIT */
/* How the frames of a video are spaced in time. */
#include "video/frame_spacing.h"

#include <math.h>
#include <stdlib.h>

#include <libavutil/avstring.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/timecode.h"
#include "video/video_reader.h"

#define WINDOW_PACKETS 512
#define TAIL_SECONDS 10
#define ALL_PACKETS_MAX 500000 // of a video without a length: more than four hours
#define REORDER_MAX 16         // frames that a packet may come before its turn
// A frame may stand so much of an interval beside its place, and a tick: clocks of phones jitter, ticks round.
#define JITTER 0.1
#define GRID_TICKS 1.01    // from its place on a grid, to which two time stamps were rounded
#define GRID_FRAMES_MIN 20 // fewer stand on a grid by chance

/* Time stamps of one run of packets. */
typedef struct Window {
    int64_t *stamps; // of display, sorted by sort_window
    size_t count, capacity;
    int64_t *decode_stamps; // instead of them if some packets have no others (AVI)
    size_t decode_count, decode_capacity;
    size_t packet_count;
    int64_t last_stamp, last_length; // of the packet that is shown last; length 0 if unknown
    bool ended;                      // the video ends with it
} Window;

static void clear_window(Window *window)
{
    free(window->stamps);
    free(window->decode_stamps);
}

static int compare_stamps(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Sort, and drop doubles (two fields of one frame). */
static void sort_window(Window *window)
{
    size_t kept = 0;
    if (window->count < window->decode_count) {
        int64_t *stamps = window->stamps;
        window->stamps = window->decode_stamps;
        window->decode_stamps = stamps;
        window->count = window->decode_count;
        window->last_length = 0;
    }
    if (window->count > 0)
        qsort(window->stamps, window->count, sizeof *window->stamps, compare_stamps);
    for (size_t i = 0; i < window->count; i++) {
        if (kept == 0 || window->stamps[i] != window->stamps[kept - 1])
            window->stamps[kept++] = window->stamps[i];
    }
    // Frames that are shown between the last ones have not been read yet.
    if (!window->ended)
        kept = kept > REORDER_MAX ? kept - REORDER_MAX : kept < 2 ? kept : 2;
    window->count = kept;
}

/* In floating point, because the difference of two damaged time stamps may not fit into 64 bits. */
static double ticks_between(int64_t from, int64_t to)
{
    return (double)to - (double)from;
}

bool rv_spacing_is_even(const int64_t *stamps, size_t count, double interval)
{
    if (count < 3)
        return true;
    if (interval <= 0)
        interval = ticks_between(stamps[0], stamps[count - 1]) / (double)(count - 1);
    for (size_t i = 1; i < count; i++) {
        if (fabs(ticks_between(stamps[i - 1], stamps[i]) - interval) > interval * JITTER + 1.01)
            return false;
    }
    return true;
}

bool rv_spacing_is_on_grid(const int64_t *stamps, size_t count, int64_t first, double tick_s, RvRate rate)
{
    double interval = rate.den / (rate.num * tick_s);
    for (size_t i = 0; i < count; i++) {
        double ticks = ticks_between(first, stamps[i]);
        if (fabs(ticks - round(ticks / interval) * interval) > GRID_TICKS)
            return false;
    }
    return true;
}

/* Rates that a video with frames left out may have. The lowest that fits is meant, since its multiples fit too. */
static const RvRate grids[] = {{24000, 1001}, {24, 1}, {25, 1},       {30000, 1001}, {30, 1},
                               {48, 1},       {50, 1}, {60000, 1001}, {60, 1}};
#define GRID_COUNT (sizeof grids / sizeof grids[0])

/* ---- the table of a container ------------------------------------------------------------------------- */

static bool has_table(const VideoReader *reader)
{
    return av_match_name("mp4", reader->format->iformat->name) && reader->stream->nb_frames > 1 &&
           avformat_index_get_entries_count(reader->stream) > 1;
}

static RvStatus read_table(const VideoReader *reader, Window *window, RvError *err)
{
    int count = avformat_index_get_entries_count(reader->stream);
    window->stamps = rv_mem_alloc((size_t)count, sizeof *window->stamps, err);
    if (window->stamps == NULL)
        return RV_ERROR_MEMORY;
    for (int i = 0; i < count; i++) {
        const AVIndexEntry *entry = avformat_index_get_entry(reader->stream, i);
        if (entry != NULL && (entry->flags & AVINDEX_DISCARD_FRAME) == 0 &&
            rv_clock_is_sane(&reader->clock, entry->timestamp))
            window->stamps[window->count++] = entry->timestamp;
    }
    window->ended = true;
    return RV_OK;
}

/* ---- packets ------------------------------------------------------------------------------------------ */

static bool add_stamp(const VideoReader *reader, int64_t **stamps, size_t *count, size_t *capacity,
                      int64_t stamp, RvError *err)
{
    if (stamp == AV_NOPTS_VALUE || !rv_clock_is_sane(&reader->clock, stamp))
        return true;
    int64_t *grown = *stamps;
    if (*count == *capacity)
        grown = rv_mem_grow(grown, capacity, *count + 1, sizeof *grown, err);
    if (grown == NULL)
        return false;
    *stamps = grown;
    grown[(*count)++] = stamp;
    return true;
}

static RvStatus note_packet(const VideoReader *reader, Window *window, const AVPacket *packet, RvError *err)
{
    if ((packet->flags & AV_PKT_FLAG_DISCARD) != 0) // outside of an edit list
        return RV_OK;
    window->packet_count++;
    if (packet->pts != AV_NOPTS_VALUE && (window->count == 0 || packet->pts > window->last_stamp)) {
        window->last_stamp = packet->pts;
        window->last_length = packet->duration > 0 ? packet->duration : 0;
    }
    bool added = add_stamp(reader, &window->stamps, &window->count, &window->capacity, packet->pts, err) &&
                 add_stamp(reader, &window->decode_stamps, &window->decode_count, &window->decode_capacity,
                           packet->dts, err);
    return added ? RV_OK : RV_ERROR_MEMORY;
}

/* Read up to max_packets packets from where the demuxer stands. */
static RvStatus read_window(VideoReader *reader, Window *window, size_t max_packets, RvError *err)
{
    AVPacket *packet = av_packet_alloc();
    RvStatus status = packet != NULL ? RV_OK : rv_error_memory(err, sizeof *packet);
    for (size_t i = 0; i < max_packets && status == RV_OK; i++) {
        status = rv_video_read_packet(reader, packet, &window->ended, err);
        if (status != RV_OK || window->ended)
            break;
        status = note_packet(reader, window, packet, err);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return status;
}

/* Go to a place of the video, by a time in microseconds of the container. False if that is not possible. */
static bool go_to(VideoReader *reader, int64_t time_us)
{
    AVRational us = {1, AV_TIME_BASE};
    int64_t stamp = av_rescale_q(time_us, us, reader->stream->time_base);
    if (av_seek_frame(reader->format, reader->stream->index, stamp, AVSEEK_FLAG_BACKWARD) < 0)
        return false;
    reader->ended = false;
    reader->error_run = 0;
    return true;
}

/* ---- what they say ------------------------------------------------------------------------------------ */

typedef struct Sum {
    double ticks, intervals; // of all windows
    double longest;          // ticks of the longest window
    bool off[GRID_COUNT];    // a frame stands beside the places of this grid
} Sum;

static void judge_grids(const VideoReader *reader, const Window *window, int64_t first, Sum *sum)
{
    double tick_s = av_q2d(reader->stream->time_base);
    for (size_t i = 0; i < GRID_COUNT; i++) {
        double interval = grids[i].den / (grids[i].num * tick_s);
        sum->off[i] = sum->off[i] || interval < 8 * GRID_TICKS ||
                      !rv_spacing_is_on_grid(window->stamps, window->count, first, tick_s, grids[i]);
    }
}

/* The grid that the container names if it fits, else the lowest that does. */
static RvRate find_grid(const VideoReader *reader, const Sum *sum)
{
    AVRational named = reader->stream->r_frame_rate;
    RvRate best = {0};
    for (size_t i = 0; i < GRID_COUNT && sum->intervals >= GRID_FRAMES_MIN; i++) {
        if (sum->off[i])
            continue;
        if (named.den > 0 && rv_rate_equal(grids[i], (RvRate){named.num, named.den}))
            return grids[i];
        best = best.num == 0 ? grids[i] : best;
    }
    return best;
}

/* Add a window's frames to the sum. Its evenness is judged by its own mean, and that by the mean of those before. */
static void judge(const VideoReader *reader, Window *window, double declared, Sum *sum, FrameSpacing *out)
{
    sort_window(window);
    if (window->count < 2)
        return;
    judge_grids(reader, window, out->has_first ? out->first_pts : window->stamps[0], sum);
    double ticks = ticks_between(window->stamps[0], window->stamps[window->count - 1]);
    double intervals = (double)(window->count - 1), mean = ticks / intervals;
    // What the container declares is finer than the mean of a few coarse time stamps.
    double interval = declared > 0 && fabs(mean - declared) < 0.02 * declared + 1 ? declared : mean;
    if (!rv_spacing_is_even(window->stamps, window->count, interval))
        out->variable = true;
    if (sum->intervals > 0 && fabs(mean - sum->ticks / sum->intervals) > 0.005 * mean + 2 / intervals)
        out->variable = true;
    sum->ticks += ticks;
    sum->intervals += intervals;
    sum->longest = fmax(sum->longest, ticks);
}

static void conclude(const VideoReader *reader, const Sum *sum, FrameSpacing *out)
{
    double tick_s = av_q2d(reader->stream->time_base);
    if (sum->intervals > 0 && sum->ticks > 0) {
        out->rate = sum->intervals / (sum->ticks * tick_s);
        out->rate_error = 2 / sum->longest;
    }
    if (out->variable)
        out->grid = find_grid(reader, sum);
}

static void set_end(const VideoReader *reader, const Window *last, double declared, const Sum *sum,
                    FrameSpacing *out)
{
    double mean = sum->intervals > 0 ? sum->ticks / sum->intervals : declared;
    double length = last->last_length > 0 ? (double)last->last_length : mean > 0 ? mean : 0;
    int64_t latest = last->stamps[last->count - 1];
    out->length_s = (ticks_between(out->first_pts, latest) + length) * av_q2d(reader->stream->time_base);
}

/* The places after the beginning that are looked at: the middle and the end, as far as they were not read already. */
static RvStatus read_further(VideoReader *reader, const Window *head, double declared, Sum *sum,
                             FrameSpacing *out, RvError *err)
{
    AVRational us = {1, AV_TIME_BASE};
    int64_t begin_us = av_rescale_q(out->first_pts, reader->stream->time_base, us);
    int64_t read_us = av_rescale_q(head->stamps[head->count - 1], reader->stream->time_base, us);
    int64_t end_us = begin_us + (int64_t)(reader->info.duration_s * 1e6);
    int64_t places[2] = {begin_us + (end_us - begin_us) / 2, end_us - TAIL_SECONDS * INT64_C(1000000)};
    RvStatus status = RV_OK;
    for (int i = 0; i < 2 && status == RV_OK; i++) {
        Window window = {0};
        places[i] = places[i] > read_us ? places[i] : read_us;
        if (go_to(reader, places[i])) {
            // The last is read to the end, unless its keyframe lies far before it.
            status = read_window(reader, &window, i == 0 ? WINDOW_PACKETS : 8 * WINDOW_PACKETS, err);
            if (status == RV_OK)
                judge(reader, &window, declared, sum, out);
            if (status == RV_OK && window.ended && window.count > 0)
                set_end(reader, &window, declared, sum, out);
        }
        bool ended = window.ended;
        clear_window(&window);
        if (ended)
            break;
    }
    return status;
}

RvStatus rv_spacing_measure(VideoReader *reader, FrameSpacing *out, RvError *err)
{
    *out = (FrameSpacing){0};
    for (unsigned i = 0; i < reader->format->nb_streams; i++) {
        if (reader->format->streams[i] != reader->stream)
            reader->format->streams[i]->discard = AVDISCARD_ALL;
    }
    AVRational rate = reader->stream->avg_frame_rate;
    double declared =
        rate.num > 0 && rate.den > 0 ? 1 / (av_q2d(rate) * av_q2d(reader->stream->time_base)) : 0;
    bool table = has_table(reader), whole = reader->info.duration_s <= 0 && !reader->is_url;
    Window head = {0};
    Sum sum = {0};
    RvStatus status = table ? read_table(reader, &head, err)
                            : read_window(reader, &head, whole ? ALL_PACKETS_MAX : WINDOW_PACKETS, err);
    if (status == RV_OK)
        judge(reader, &head, declared, &sum, out);
    if (status == RV_OK && head.ended)
        out->frame_count = (int64_t)(head.count > 0 ? head.count : head.packet_count);
    out->has_first = head.count > 0;
    if (status == RV_OK && head.count > 0) {
        out->first_pts = head.stamps[0];
        if (head.ended)
            set_end(reader, &head, declared, &sum, out);
        else if (!reader->is_url && !whole)
            status = read_further(reader, &head, declared, &sum, out, err);
    }
    conclude(reader, &sum, out);
    // The table has the times of decoding, which begin earlier by a time of their own if the rate varies.
    if (table && reader->stream->start_time != AV_NOPTS_VALUE)
        out->first_pts = reader->stream->start_time;
    if (table && out->variable)
        out->length_s = 0;
    clear_window(&head);
    return status;
}
