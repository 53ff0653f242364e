/* SPDX-License-Identifier: MIT */
/* One stream's decoder: packets in, frames with a time stamp out. */
#include "video/decoder.h"

#include <stdlib.h>

#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/threads.h"
#include "video/ffmpeg_compat.h"
#include "video/hardware.h"

#define MAX_PIXELS (INT64_C(16384) * 16384) // of one frame; a header that announces more is hostile
#define MAX_THREADS 16                      // more threads use memory and bring no speed
#define IN_FLIGHT_MAX 64 // most packets whose frames have not come out yet; decoders delay by 16 + threads

/* Frames that stay on the device while the next ones are decoded, beyond those that the codec refers to: the
 * decoder's last frame, the one whose end is not known yet, and two to spare. A device's frames come from a
 * pool whose size is fixed when it is opened. */
#define HELD_FRAMES 4

// The last time stamps that were sent, oldest first.
typedef struct TickRing {
    int64_t ticks[IN_FLIGHT_MAX];
    size_t first, count;
} TickRing;

struct Decoder {
    const VideoReader *reader;
    AVCodecContext *context;
    AVFrame *frame;
    AVPacket *marked; // a copy of a packet whose presentation time is set to its decoding time
    Hardware hardware;
    bool refused_warned;   // the log already has a warning that the hardware does not take this stream
    TickRing key_pts;      // presentation times of the keyframes sent
    TickRing decode_times; // decoding times of packets sent whose frames have not come out yet
    bool began;            // a packet was sent
    bool by_decode_time;   // the first packet had only a decoding time (AVI)
    bool refused;          // the packet sent last was refused
    int error_run;
};

static void ring_push(TickRing *ring, int64_t ticks)
{
    if (ring->count == IN_FLIGHT_MAX) {
        ring->first = (ring->first + 1) % IN_FLIGHT_MAX;
        ring->count--;
    }
    ring->ticks[(ring->first + ring->count) % IN_FLIGHT_MAX] = ticks;
    ring->count++;
}

static bool ring_pop(TickRing *ring, int64_t *ticks)
{
    if (ring->count == 0)
        return false;
    *ticks = ring->ticks[ring->first];
    ring->first = (ring->first + 1) % IN_FLIGHT_MAX;
    ring->count--;
    return true;
}

// Returns how many entries are before `ticks`, or count if it is not in the ring.
static size_t ring_find(const TickRing *ring, int64_t ticks)
{
    size_t place = 0;
    while (place < ring->count && ring->ticks[(ring->first + place) % IN_FLIGHT_MAX] != ticks)
        place++;
    return place;
}

static bool ring_has(const TickRing *ring, int64_t ticks)
{
    return ring_find(ring, ticks) < ring->count;
}

/* FFmpeg asks which of these pixel formats to use. The answer is the device's format. If the device does not
 * take this stream after all (an unusual profile or size), it is the first format in main memory. */
static enum AVPixelFormat choose_format(AVCodecContext *context, const enum AVPixelFormat *formats)
{
    Decoder *decoder = context->opaque;
    enum AVPixelFormat software = AV_PIX_FMT_NONE;
    for (; *formats != AV_PIX_FMT_NONE; formats++) {
        if (*formats == decoder->hardware.format)
            return *formats;
        const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(*formats);
        bool on_device = format == NULL || (format->flags & AV_PIX_FMT_FLAG_HWACCEL) != 0;
        if (software == AV_PIX_FMT_NONE && !on_device)
            software = *formats;
    }
    if (!decoder->refused_warned)
        rv_log_line(&decoder->reader->options.log, RV_LOG_WARNING,
                    "%s: the video hardware does not take this kind of %s; decoded in software",
                    decoder->reader->name, decoder->reader->info.codec);
    decoder->refused_warned = true;
    return software;
}

static RvStatus use_hardware(Decoder *decoder, RvError *err)
{
    AVCodecContext *context = decoder->context;
    context->hw_device_ctx = av_buffer_ref(decoder->hardware.device);
    if (context->hw_device_ctx == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory for its decoder", decoder->reader->name);
    context->opaque = decoder;
    context->get_format = choose_format;
    context->thread_count = 1; // the device has threads of its own
    context->extra_hw_frames = HELD_FRAMES;
    return RV_OK;
}

// Set up FFmpeg's decoder: the stream's parameters, threads, the hardware device if there is one.
static RvStatus configure(Decoder *decoder, RvError *err)
{
    const VideoReader *reader = decoder->reader;
    AVCodecContext *context = decoder->context;
    int code = avcodec_parameters_to_context(context, reader->stream->codecpar);
    if (code == AVERROR(ENOMEM))
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory for its decoder", reader->name);
    if (code < 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged: its video stream is described wrongly",
                            reader->name);
    int thread_count = reader->options.thread_count;
    if (thread_count <= 0)
        thread_count = rv_threads_available();
    context->thread_count = thread_count < MAX_THREADS ? thread_count : MAX_THREADS;
    context->pkt_timebase = reader->stream->time_base;
    context->max_pixels = MAX_PIXELS;
    RvStatus status = decoder->hardware.device != NULL ? use_hardware(decoder, err) : RV_OK;
    if (status != RV_OK)
        return status;
    rv_ffmpeg_watch_memory();
    code = avcodec_open2(context, context->codec, NULL);
    if (rv_ffmpeg_lacks_memory(code))
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory for its decoder", reader->name);
    if (code == AVERROR(EAGAIN)) // temporary, so it is not remembered as a fault of the video
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: its decoder cannot start its threads", reader->name);
    if (code < 0) {
        char text[128];
        rv_ffmpeg_error_text(code, text, sizeof text);
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: its %s video cannot be decoded: %s", reader->name,
                            reader->info.codec, text);
    }
    return RV_OK;
}

RvStatus rv_decoder_open(const VideoReader *reader, Decoder **out, RvError *err)
{
    *out = NULL;
    Decoder *decoder = rv_mem_alloc(1, sizeof *decoder, err);
    if (decoder == NULL)
        return RV_ERROR_MEMORY;
    decoder->reader = reader;
    RvStatus status = rv_hardware_open(reader->options.hwaccel, reader->codec->id, reader->name,
                                       &reader->options.log, &decoder->hardware, err);
    decoder->context =
        avcodec_alloc_context3(decoder->hardware.device != NULL ? decoder->hardware.codec : reader->codec);
    decoder->frame = av_frame_alloc();
    decoder->marked = av_packet_alloc();
    if (status == RV_OK && (decoder->context == NULL || decoder->frame == NULL || decoder->marked == NULL))
        status = rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory for its decoder", reader->name);
    if (status == RV_OK)
        status = configure(decoder, err);
    if (status != RV_OK) {
        rv_decoder_close(decoder);
        return status;
    }
    *out = decoder;
    return RV_OK;
}

void rv_decoder_close(Decoder *decoder)
{
    if (decoder == NULL)
        return;
    avcodec_free_context(&decoder->context);
    rv_hardware_close(&decoder->hardware);
    av_frame_free(&decoder->frame);
    av_packet_free(&decoder->marked);
    free(decoder);
}

// If packets have only decoding times, each packet is sent with its decoding time as presentation time. A
// frame's presentation time then tells which packet it came from.
static int send_marked(Decoder *decoder, const AVPacket *packet)
{
    int code = av_packet_ref(decoder->marked, packet);
    if (code < 0)
        return code;
    decoder->marked->pts = packet->dts;
    code = avcodec_send_packet(decoder->context, decoder->marked);
    av_packet_unref(decoder->marked);
    return code;
}

RvStatus rv_decoder_send(Decoder *decoder, const AVPacket *packet, RvError *err)
{
    if (packet != NULL && !decoder->began)
        decoder->by_decode_time = packet->pts == AV_NOPTS_VALUE && packet->dts != AV_NOPTS_VALUE;
    bool marked = packet != NULL && decoder->by_decode_time;
    rv_ffmpeg_watch_memory();
    int code = marked ? send_marked(decoder, packet) : avcodec_send_packet(decoder->context, packet);
    if (rv_ffmpeg_lacks_memory(code))
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while decoding", decoder->reader->name);
    decoder->refused = code < 0 && code != AVERROR_EOF;
    if (packet == NULL)
        return RV_OK;
    // A frame that is lost still has its time on screen.
    if (decoder->by_decode_time && packet->dts != AV_NOPTS_VALUE)
        ring_push(&decoder->decode_times, packet->dts);
    if (decoder->refused)
        return RV_OK;
    decoder->began = true;
    if (packet->pts != AV_NOPTS_VALUE && (packet->flags & AV_PKT_FLAG_KEY) != 0)
        ring_push(&decoder->key_pts, packet->pts);
    return RV_OK;
}

// Returns how many packets before a frame's own packet, in decoding order, may hold frames that are shown
// after it.
static size_t reorder_max(const Decoder *decoder)
{
    switch (decoder->context->codec_id) {
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_MSMPEG4V1:
    case AV_CODEC_ID_MSMPEG4V2:
    case AV_CODEC_ID_MSMPEG4V3:
    case AV_CODEC_ID_WMV1:
    case AV_CODEC_ID_WMV2:
    case AV_CODEC_ID_WMV3:
    case AV_CODEC_ID_VC1:
        return 1; // pictures between two that others refer to
    case AV_CODEC_ID_MJPEG:
    case AV_CODEC_ID_RAWVIDEO:
    case AV_CODEC_ID_DVVIDEO:
        return 0;
    default:
        // the H.264 decoder may learn later that it is one more
        return (size_t)decoder->context->has_b_frames + 2;
    }
}

/* Frames come out in the order of presentation. If a container has only decoding times (its presentation
 * times are then guesses of the demuxer), these times in rising order are the presentation times: the next
 * frame takes the oldest.
 *
 * Times of frames that were lost to damage are skipped, otherwise all following frames would be too early. A
 * time is skipped if it is farther before the frame's own packet than decoders reorder:
 *
 *     packets  I0 P3 B1 B2 P6 B4 B5       B2 is lost: P3 takes time 2, and B4 (packet 5) finds 3 4 5 6 left;
 *     times     0  1  2  3  4  5  6       3 is more than one before 5, is dropped, and B4 takes 4 */
static bool next_decode_time(Decoder *decoder, int64_t own_dts, int64_t *pts)
{
    TickRing *times = &decoder->decode_times;
    size_t before = own_dts != AV_NOPTS_VALUE ? ring_find(times, own_dts) : times->count;
    int64_t lost;
    for (size_t keep = reorder_max(decoder); before < times->count && before > keep; before--)
        ring_pop(times, &lost);
    return ring_pop(times, pts);
}

static void describe(Decoder *decoder, DecodedFrame *out)
{
    AVFrame *frame = decoder->frame;
    *out = (DecodedFrame){.av = frame, .duration = rv_ffmpeg_frame_duration(frame)};
    out->keyframe = rv_ffmpeg_frame_is_key(frame);
    if (decoder->by_decode_time) {
        out->has_pts = next_decode_time(decoder, frame->pts, &out->pts);
    } else if (frame->pts != AV_NOPTS_VALUE) {
        out->pts = frame->pts;
        out->has_pts = true;
        out->keyframe = ring_has(&decoder->key_pts, frame->pts);
    }
    out->has_pts = out->has_pts && rv_clock_is_sane(&decoder->reader->clock, out->pts);
}

RvStatus rv_decoder_receive(Decoder *decoder, DecoderEvent *event, DecodedFrame *out, RvError *err)
{
    if (decoder->refused) {
        decoder->refused = false;
        *event = DECODER_DAMAGED;
        return RV_OK;
    }
    rv_ffmpeg_watch_memory();
    int code = avcodec_receive_frame(decoder->context, decoder->frame);
    if (rv_ffmpeg_lacks_memory(code))
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while decoding", decoder->reader->name);
    if (code == AVERROR(EAGAIN)) {
        *event = DECODER_WANTS_PACKET;
    } else if (code == AVERROR_EOF) {
        *event = DECODER_DRAINED;
    } else if (code < 0) {
        // A decoder that keeps failing without taking packets would otherwise be called for ever.
        *event = ++decoder->error_run < 2 * IN_FLIGHT_MAX ? DECODER_DAMAGED : DECODER_DRAINED;
        return RV_OK;
    } else {
        describe(decoder, out);
        *event = DECODER_FRAME;
    }
    decoder->error_run = 0;
    return RV_OK;
}

void rv_decoder_flush(Decoder *decoder)
{
    avcodec_flush_buffers(decoder->context);
    decoder->key_pts.count = 0;
    decoder->decode_times.count = 0;
    decoder->refused = false;
    decoder->error_run = 0;
}

RvStatus rv_decoder_take(const VideoReader *reader, AVFrame *av, Frame *out, RvError *err)
{
    *out = (Frame){0};
    out->av = av_frame_alloc();
    if (out->av == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while decoding", reader->name);
    av_frame_move_ref(out->av, av);
    const int32_t *matrix = rv_ffmpeg_stream_matrix(reader->stream);
    const AVFrameSideData *own = av_frame_get_side_data(out->av, AV_FRAME_DATA_DISPLAYMATRIX);
    if (own != NULL && own->size >= 9 * sizeof(int32_t))
        matrix = (const int32_t *)own->data;
    rv_video_read_matrix(matrix, &out->quarter_turns, &out->mirrored);
    AVRational aspect = av_guess_sample_aspect_ratio(reader->format, reader->stream, out->av);
    bool known = aspect.num > 0 && aspect.den > 0;
    out->sample_aspect_num = known ? aspect.num : 1;
    out->sample_aspect_den = known ? aspect.den : 1;
    return RV_OK;
}
