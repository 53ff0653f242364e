/* SPDX-License-Identifier: MIT */
/* The label that a file gives its first frame. */
#include "video/media_timecode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/intreadwrite.h>

#include "base/timecode.h"

#define FLAG_DROP_FRAME 1
#define FLAG_COUNTER 8
#define DESCRIPTION_BYTES 17 // reserved, flags, scale, duration (32 bits each), frames per second (8 bits)

void rv_media_warn(RvMedia *media, const char *format, ...)
{
    size_t length = strlen(media->warning);
    if (length > 0 && length + 3 < sizeof media->warning) {
        strcpy(media->warning + length, "; ");
        length += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(media->warning + length, sizeof media->warning - length, format, arguments);
    va_end(arguments);
    for (char *at = media->warning; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f) // texts of the file
            *at = '?';
    }
}

static void set_label(RvMedia *media, int64_t frame, bool drop_frame)
{
    media->has_timecode = true;
    media->drop_frame = drop_frame;
    media->start_frame = frame % rv_timecode_day(media->rate, drop_frame);
    rv_timecode_write(media->start_frame, media->rate, drop_frame, media->timecode);
}

static int64_t wrap(uint64_t frame, RvRate rate, bool drop_frame)
{
    return (int64_t)(frame % (uint64_t)rv_timecode_day(rate, drop_frame));
}

void rv_media_set_track_timecode(RvMedia *media, const TimecodeTrack *track)
{
    int counted = track->frames_per_second, nominal = rv_rate_nominal(media->rate);
    if ((track->flags & FLAG_COUNTER) != 0 || counted <= 0)
        return;
    bool drop = (track->flags & FLAG_DROP_FRAME) != 0 && rv_rate_may_drop(media->rate);
    if ((track->flags & FLAG_DROP_FRAME) != 0 && !drop)
        rv_media_warn(
            media,
            "its timecode claims drop-frame, which there is only at 29.97 and 59.94 frames a second; it is "
            "read without");
    if (counted == nominal) {
        set_label(media, wrap(track->frame, media->rate, drop), drop);
        return;
    }
    // Labels that count fewer frames than there are (30 a second in a video of 60): the same label in its own counting.
    RvRate own = {drop ? counted * 1000 : counted, drop ? 1001 : 1};
    if (drop && !rv_rate_may_drop(own))
        own = (RvRate){counted, 1};
    char text[TIMECODE_SIZE];
    bool own_drop = rv_rate_may_drop(own);
    rv_timecode_write(wrap(track->frame, own, own_drop), own, own_drop, text);
    char *frames = text + strlen("00:00:00:");
    int label = 0;
    sscanf(frames, "%d", &label);
    snprintf(frames, TIMECODE_SIZE - strlen("00:00:00:"), "%02d",
             (int)((int64_t)label * nominal / counted) % 1000);
    int64_t frame;
    if (rv_timecode_read(text, media->rate, &frame, &drop))
        set_label(media, frame, drop);
    rv_media_warn(media, "its timecode counts %d frames a second", counted);
}

void rv_media_set_text_timecode(RvMedia *media, const char *text)
{
    int64_t frame;
    bool drop;
    if (rv_timecode_read(text, media->rate, &frame, &drop)) {
        set_label(media, frame, drop);
        return;
    }
    char rate[RATE_TEXT_SIZE];
    rv_rate_write(media->rate, rate);
    rv_media_warn(media, "its timecode \"%.20s\" is none of %s frames a second and is not used", text, rate);
}

/* ---- where it is -------------------------------------------------------------------------------------- */

/* Read a big-endian number at a place of the input. Reading packets goes on afterwards only with a new seek. */
static bool read_number(VideoReader *reader, int64_t position, size_t size_bytes, uint64_t *value)
{
    uint8_t bytes[8];
    if (position < 0 || size_bytes > sizeof bytes || avio_seek(reader->io, position, SEEK_SET) != position ||
        avio_read(reader->io, bytes, (int)size_bytes) != (int)size_bytes)
        return false;
    *value = 0;
    for (size_t i = 0; i < size_bytes; i++)
        *value = *value << 8 | bytes[i];
    return true;
}

typedef enum TrackState { TRACK_NONE, TRACK_UNREADABLE, TRACK_READ } TrackState;

/* Cameras put tracks of other data before it, so it is known by its tag alone. */
static TrackState read_track(VideoReader *reader, TimecodeTrack *track)
{
    TrackState state = TRACK_NONE;
    for (unsigned i = 0; i < reader->format->nb_streams && state != TRACK_READ; i++) {
        AVStream *stream = reader->format->streams[i];
        const AVCodecParameters *facts = stream->codecpar;
        bool wide = facts->codec_tag == MKTAG('t', 'c', '6', '4');
        if (facts->codec_tag != MKTAG('t', 'm', 'c', 'd') && !wide)
            continue;
        const AVIndexEntry *entry = avformat_index_get_entry(stream, 0);
        uint64_t frame;
        state = TRACK_UNREADABLE;
        if (facts->extradata_size < DESCRIPTION_BYTES || entry == NULL ||
            !read_number(reader, entry->pos, wide ? 8 : 4, &frame))
            continue;
        *track = (TimecodeTrack){.flags = AV_RB32(facts->extradata + 4),
                                 .frames_per_second = facts->extradata[16],
                                 .frame = frame};
        state = TRACK_READ;
    }
    return state;
}

static const char *find_tag(const VideoReader *reader)
{
    const AVDictionaryEntry *entry = av_dict_get(reader->stream->metadata, "timecode", NULL, 0);
    if (entry == NULL)
        entry = av_dict_get(reader->format->metadata, "timecode", NULL, 0);
    for (unsigned i = 0; i < reader->format->nb_streams && entry == NULL; i++)
        entry = av_dict_get(reader->format->streams[i]->metadata, "timecode", NULL, 0);
    return entry != NULL ? entry->value : NULL;
}

void rv_media_find_timecode(VideoReader *reader, RvMedia *media)
{
    TimecodeTrack track;
    TrackState state = read_track(reader, &track);
    if (state == TRACK_READ)
        rv_media_set_track_timecode(media, &track);
    else if (state == TRACK_UNREADABLE)
        rv_media_warn(media, "its track of timecode cannot be read");
    if (state != TRACK_NONE) // FFmpeg's tags come from it too
        return;
    const char *text = find_tag(reader);
    if (text != NULL)
        rv_media_set_text_timecode(media, text);
}
