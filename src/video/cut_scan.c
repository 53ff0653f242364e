/* SPDX-License-Identifier: MIT */
/* Packets of a video near two times: which frames are on screen there, and from which keyframe they are decoded. */
#include "video/cut_scan.h"

#include <string.h>

#include <libavutil/parseutils.h>

#include "base/error.h"
#include "base/moment_frames.h"
#include "video/ffmpeg_compat.h"
#include "video/frame_order.h"
#include "video/frame_plan.h"
#include "video/frame_stream.h"
#include "video/packet_facts.h"
#include "video/video_internal.h"
#include "video/video_reader.h"

#define HEAD_PACKETS 256 // looked at for the first frame
#define AFTER_PACKETS 64 // read behind the end if there are no decoding times: more than any codec reorders
#define NEAR_START_US 5000000
/* How far before the wanted time the scan begins; doubled tenfold while no keyframe is found. */
#define FIRST_STEP_US INT64_C(5000000)
#define LAST_STEP_US INT64_C(5000000000)
/* Containers without an index are searched by decoding time, and may be entered behind it. */
#define SEARCH_MARGIN_US 500000

/* ---- the reader ---------------------------------------------------------------------------------------- */

// Packets of other streams are not even read where the container allows it.
static void read_one_stream(CutSource *source)
{
    VideoReader *reader = source->reader;
    reader->follow.possible = false;
    if (rv_cut_needs_times(source))
        reader->format->flags |= AVFMT_FLAG_GENPTS;
    for (unsigned i = 0; i < reader->format->nb_streams; i++) {
        if (reader->format->streams[i] != reader->stream)
            reader->format->streams[i]->discard = AVDISCARD_ALL;
    }
}

static RvStatus reopen(CutSource *source, RvError *err)
{
    VideoClock clock = source->reader->clock;
    const char *address = source->is_url ? source->address : source->address + sizeof "file:" - 1;
    rv_video_close(source->reader);
    source->reader = NULL;
    RvStatus status = rv_video_open(address, &source->options, &source->reader, err);
    if (status != RV_OK)
        return status;
    if (source->reader->stream->index != source->video_index ||
        source->reader->stream->time_base.den != source->tick_den)
        return rv_error_set(err, RV_ERROR_IO, "%s: has changed while it was being read", source->name);
    source->reader->clock = clock;
    return RV_OK;
}

// A time in microseconds, rounded down.
static int64_t container_us(ClockTime time)
{
    return av_rescale_rnd(time.num, 1000000, time.den, AV_ROUND_DOWN);
}

// Returns when the last track ends, in microseconds on the demuxer's clock, by the tags that FFmpeg's muxer writes for
// each track of Matroska: DURATION=00:00:06.031000000. They count as the blocks do, from which the demuxer takes the
// lead-in. 0 if a track has none.
static int64_t matroska_tracks_end_us(const AVFormatContext *format)
{
    int64_t latest_us = 0;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVCodecParameters *facts = format->streams[i]->codecpar;
        const AVDictionaryEntry *tag = av_dict_get(format->streams[i]->metadata, "DURATION", NULL, 0);
        bool timed = facts->codec_type == AVMEDIA_TYPE_VIDEO || facts->codec_type == AVMEDIA_TYPE_AUDIO;
        int64_t end_us = 0;
        if (!timed)
            continue;
        if (tag == NULL || av_parse_time(&end_us, tag->value, 1) < 0)
            return 0;
        if (facts->codec_type == AVMEDIA_TYPE_AUDIO && facts->initial_padding > 0 && facts->sample_rate > 0)
            end_us -= av_rescale(facts->initial_padding, 1000000, facts->sample_rate);
        latest_us = end_us > latest_us ? end_us : latest_us;
    }
    return latest_us;
}

RvStatus rv_cut_scan_zero(CutSource *source, RvError *err)
{
    VideoReader *reader = source->reader;
    AVPacket *packet = av_packet_alloc();
    RvStatus status = packet != NULL ? RV_OK : rv_error_memory(err, sizeof *packet);
    int64_t key = AV_NOPTS_VALUE, first = AV_NOPTS_VALUE;
    bool end = false;
    read_one_stream(source);
    for (int i = 0; i < HEAD_PACKETS && status == RV_OK; i++) {
        status = rv_video_read_packet(reader, packet, &end, err);
        if (status != RV_OK || end)
            break;
        int64_t pts = packet->pts;
        bool timed = pts != AV_NOPTS_VALUE && rv_clock_is_sane(&reader->clock, pts);
        if (key == AV_NOPTS_VALUE && timed && (packet->flags & AV_PKT_FLAG_KEY) != 0)
            key = pts;
        if (timed && key != AV_NOPTS_VALUE && pts >= key && (packet->flags & AV_PKT_FLAG_DISCARD) == 0 &&
            (first == AV_NOPTS_VALUE || pts < first))
            first = pts;
        bool behind = first != AV_NOPTS_VALUE && packet->dts != AV_NOPTS_VALUE && packet->dts > first;
        av_packet_unref(packet);
        if (behind)
            break;
    }
    av_packet_free(&packet);
    if (status != RV_OK)
        return status;
    if (first == AV_NOPTS_VALUE)
        first = reader->stream->start_time != AV_NOPTS_VALUE &&
                        rv_clock_is_sane(&reader->clock, reader->stream->start_time)
                    ? reader->stream->start_time
                    : 0;
    rv_clock_set_zero(&reader->clock, first);
    source->zero_us = container_us(reader->clock.zero);
    int64_t duration_us = reader->format->duration;
    if (duration_us != AV_NOPTS_VALUE && duration_us > 0 && reader->format->start_time != AV_NOPTS_VALUE)
        source->length_us = reader->format->start_time + duration_us - source->zero_us;
    if (strcmp(source->demuxer, "matroska") == 0) {
        int64_t end_us = matroska_tracks_end_us(reader->format);
        source->tracks_end_us = end_us > source->zero_us ? end_us - source->zero_us : 0;
    }
    return RV_OK;
}

/* ---- one scan ------------------------------------------------------------------------------------------ */

typedef struct Scanning {
    const VideoReader *reader;
    PacketReader facts;
    int64_t from_us, to_us;
    bool whole; // from the video's beginning
    CutScan *out;
    bool any_key, has_first, has_lowest, has_last, key_restart;
    int64_t first_key_us, after_count, highest_us;
    ScanFrame lowest, last_of_all, earlier_key; // earlier_key.us of the keyframe before out->key
    bool has_earlier_key, behind, ended;        // ended: at the end of the file
    bool has_decode;
    int64_t decode_us; // of the last packet
} Scanning;

static void note_key(Scanning *scan, const AVPacket *packet, ScanFrame frame, bool restart)
{
    CutScan *out = scan->out;
    if (!scan->any_key)
        scan->first_key_us = frame.us;
    scan->any_key = true;
    if (frame.us > scan->from_us || (out->has_key && frame.us < out->key.us))
        return;
    scan->has_earlier_key = out->has_key;
    scan->earlier_key = (ScanFrame){.us = out->seek_us};
    int64_t decode_us = packet->dts != AV_NOPTS_VALUE && rv_clock_is_sane(&scan->reader->clock, packet->dts)
                            ? rv_clock_us(&scan->reader->clock, packet->dts)
                            : frame.us;
    out->seek_us = decode_us < frame.us ? decode_us : frame.us;
    out->has_key = true;
    out->leading = false;
    out->key = frame;
    scan->key_restart = restart;
}

static void note_frame(Scanning *scan, ScanFrame frame)
{
    CutScan *out = scan->out;
    if (!scan->has_lowest || frame.us < scan->lowest.us)
        scan->lowest = frame;
    scan->has_lowest = true;
    if (!scan->has_last || frame.us > scan->last_of_all.us)
        scan->last_of_all = frame;
    scan->has_last = true;
    if (frame.us <= scan->from_us && (!scan->has_first || frame.us > out->first.us)) {
        out->first = frame;
        scan->has_first = true;
    }
    if (frame.us >= scan->to_us && (!out->has_end || frame.us < out->end.us)) {
        out->end = frame;
        out->has_end = true;
    }
    if (frame.us < scan->to_us) {
        out->inside_count += frame.us > scan->from_us;
        if (frame.us > out->last.us || out->last.us == INT64_MIN)
            out->last = frame;
    }
}

static void note_packet(Scanning *scan, const AVPacket *packet)
{
    const VideoClock *clock = &scan->reader->clock;
    CutScan *out = scan->out;
    PacketFacts facts = rv_packet_read_facts(&scan->facts, packet);
    if (facts.hidden)
        return;
    if (packet->pts == AV_NOPTS_VALUE || !rv_clock_is_sane(clock, packet->pts)) {
        out->sure = false;
        return;
    }
    ScanFrame frame = {.us = rv_clock_us(clock, packet->pts),
                       .length_us = rv_clock_length_us(clock, packet->duration)};
    if ((packet->flags & AV_PKT_FLAG_KEY) != 0)
        note_key(scan, packet, frame, facts.restart);
    else if (out->has_key && frame.us < out->key.us)
        out->leading = true;
    // What is shown before the first keyframe of the scan cannot be decoded from it.
    bool shown =
        scan->any_key && frame.us >= scan->first_key_us && (packet->flags & AV_PKT_FLAG_DISCARD) == 0;
    if (shown)
        note_frame(scan, frame);
    scan->after_count += out->has_end;
    if (packet->dts == AV_NOPTS_VALUE || !rv_clock_is_sane(clock, packet->dts)) {
        scan->behind = scan->after_count > AFTER_PACKETS;
        return;
    }
    int64_t decode_us = rv_clock_us(clock, packet->dts);
    // Clocks that jump are counted on (video/frame_order.h); their times say nothing by themselves.
    if (scan->has_decode && (decode_us < scan->decode_us - ORDER_BACKWARD_JUMP_US ||
                             !rv_clock_is_pause(clock, scan->decode_us, decode_us)))
        out->sure = false;
    int64_t before_us = scan->has_decode ? scan->decode_us : INT64_MIN;
    scan->has_decode = true;
    scan->decode_us = decode_us;
    if (!out->has_copy_end && decode_us >= scan->to_us && frame.us > scan->highest_us) {
        // Anywhere between the two packets: not long behind the end, because sound is copied up to there.
        int64_t soon_us = scan->to_us;
        if (before_us != INT64_MIN && before_us >= soon_us)
            soon_us = before_us + 1000;
        out->has_copy_end = true;
        out->copy_end_us = decode_us - soon_us > CUT_LONG_FRAME_US ? soon_us : decode_us;
    }
    if (frame.us > scan->highest_us)
        scan->highest_us = frame.us;
    scan->behind =
        out->has_end && decode_us > out->end.us && (out->has_copy_end || scan->after_count > AFTER_PACKETS);
}

static void finish(Scanning *scan)
{
    CutScan *out = scan->out;
    const VideoReader *reader = scan->reader;
    // The first frame is on screen from time zero on, whenever its own time is.
    if (!scan->has_first && scan->whole && scan->has_lowest && scan->from_us < scan->lowest.us) {
        out->first = scan->lowest;
        scan->has_first = true;
        out->inside_count -= scan->lowest.us > scan->from_us && scan->lowest.us < scan->to_us;
        if (out->has_end && out->end.us == scan->lowest.us)
            out->inside_count = 0;
    }
    out->inside_count++;
    out->sure = out->sure && scan->has_first && (out->has_key || scan->whole);
    if (!out->has_end && scan->has_last)
        out->end_of_last_us = rv_plan_end_of_last(scan->last_of_all.us, scan->last_of_all.length_us,
                                                  reader->interval_us, rv_clock_end_us(&reader->clock));
    if (!out->has_copy_end && scan->ended && scan->has_last) {
        out->has_copy_end = true;
        out->copy_end_us =
            scan->last_of_all.us +
            (scan->last_of_all.length_us > 0 ? scan->last_of_all.length_us : reader->interval_us);
    }
    if (!out->has_key)
        out->seek_us = out->first.us;
    else if (!scan->key_restart && scan->has_earlier_key)
        out->seek_us = scan->earlier_key.us;
    if ((reader->format->iformat->flags & AVFMT_TS_DISCONT) != 0)
        out->seek_us -= SEARCH_MARGIN_US;
}

// Scan once, from back_us before the wanted time.
static RvStatus scan_from(CutSource *source, int64_t back_us, AVPacket *packet, Scanning *scan, RvError *err)
{
    RvStatus status = reopen(source, err);
    if (status != RV_OK)
        return status;
    VideoReader *reader = source->reader;
    read_one_stream(source);
    rv_packet_reader_init(&scan->facts, reader->stream->codecpar);
    scan->reader = reader;
    int64_t seek_us = scan->from_us - back_us;
    scan->whole = seek_us <= NEAR_START_US;
    if (!scan->whole) {
        int64_t ticks =
            av_rescale_q(source->zero_us + seek_us, (AVRational){1, 1000000}, reader->stream->time_base);
        if (avformat_seek_file(reader->format, reader->stream->index, INT64_MIN, ticks, ticks, 0) < 0) {
            status = reopen(source, err);
            if (status != RV_OK)
                return status;
            scan->reader = reader = source->reader;
            read_one_stream(source);
            scan->whole = true;
        }
    }
    bool end = false;
    *scan->out = (CutScan){.sure = true, .last = {.us = INT64_MIN}};
    while (status == RV_OK && !scan->behind) {
        status = rv_video_read_packet(reader, packet, &end, err);
        if (status != RV_OK || end)
            break;
        note_packet(scan, packet);
        av_packet_unref(packet);
    }
    scan->ended = end;
    if (status == RV_OK)
        finish(scan);
    return status;
}

RvStatus rv_cut_scan(CutSource *source, int64_t from_us, int64_t to_us, CutScan *out, RvError *err)
{
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL)
        return rv_error_memory(err, sizeof *packet);
    RvStatus status = RV_OK;
    for (int64_t back_us = FIRST_STEP_US;; back_us = back_us >= LAST_STEP_US ? from_us : back_us * 10) {
        Scanning scan = {.from_us = rv_moment_first_until_us(from_us),
                         .to_us = rv_moment_behind_from_us(to_us),
                         .highest_us = INT64_MIN,
                         .out = out};
        status = scan_from(source, back_us, packet, &scan, err);
        bool found = scan.has_first && out->has_key && out->key.us <= out->first.us;
        if (status != RV_OK || scan.whole || !out->sure || found)
            break;
    }
    av_packet_free(&packet);
    return status;
}

/* ---- counting ------------------------------------------------------------------------------------------ */

static bool every_frame(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return true;
}

RvStatus rv_cut_count(CutSource *source, int64_t from_us, int64_t to_us, CutBorders *out,
                      int64_t *end_of_video_us, RvError *err)
{
    FrameStreamOptions options = {.wanted = every_frame, .decode_everything = true};
    FrameStream *stream = NULL;
    TimedFrame timed = {0};
    bool end = false, has_end = false;
    int64_t number = 0;
    *out = (CutBorders){.counted = true, .first_number = -1};
    RvStatus status = reopen(source, err);
    if (status == RV_OK) {
        source->reader->clock.has_zero = false;
        status = rv_frames_open(source->reader, &options, &stream, err);
    }
    for (; status == RV_OK && !has_end; number++) {
        status = rv_frames_next(stream, &timed, &end, err);
        if (status != RV_OK || end)
            break;
        const FrameTiming *timing = &timed.timing;
        has_end = timing->from_us >= rv_moment_behind_from_us(to_us) && out->first_number >= 0;
        if (has_end) {
            out->end_us = timing->from_us;
            break;
        }
        if (out->first_number < 0 || timing->from_us <= rv_moment_first_until_us(from_us)) {
            out->first_number = number;
            out->first_us = timing->from_us;
        }
        if (timed.frame.keyframe && timing->from_us <= rv_moment_first_until_us(from_us))
            out->key_us = timing->from_us;
        out->last_us = timing->from_us;
        out->end_us = timing->until_us;
    }
    if (status == RV_OK) {
        *end_of_video_us = has_end ? INT64_MAX : out->end_us;
        bool outside = !has_end && from_us >= out->end_us;
        out->end_number = outside ? 0 : number;
        out->frame_count = out->end_number - out->first_number;
        out->copy_end_us = out->end_us;
        if (source->reader->clock.has_zero)
            source->zero_us = container_us(source->reader->clock.zero);
    }
    rv_frame_clear(&timed.frame);
    rv_frames_close(stream);
    return status;
}
