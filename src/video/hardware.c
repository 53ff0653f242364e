/* SPDX-License-Identifier: MIT */
/* Decoding by the machine's video hardware, through FFmpeg's devices. */
#include "video/hardware.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>

#include "base/error.h"
#include "base/random.h"
#include "video/ffmpeg_compat.h"
#include "video/video_reader.h"

/* Taken from libavutil/hwcontext_cuda.h, which needs CUDA's own header. */
#define CUDA_USE_PRIMARY_CONTEXT (1 << 0) // AV_CUDA_USE_PRIMARY_CONTEXT

static bool is_software(const char *name)
{
    return name == NULL || name[0] == '\0' || strcmp(name, "none") == 0;
}

/* Write the names of the known types into text: "cuda, vaapi". */
static void list_types(char *text, size_t size_bytes)
{
    size_t used = 0;
    snprintf(text, size_bytes, "none");
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE && used < size_bytes;)
        used += (size_t)snprintf(text + used, size_bytes - used, "%s%s", used > 0 ? ", " : "",
                                 av_hwdevice_get_type_name(type));
}

/* which: a device's name in FFmpeg's notation; NULL for the first device of the type. */
static int create_device(enum AVHWDeviceType type, const char *which, AVBufferRef **device)
{
    // Use the context that src/compute uses too. A context per decoder costs hundreds of megabytes, and the
    // GPU works for one context at a time. FFmpeg refuses the shared context if it was made with other flags
    // than FFmpeg's.
    if (type == AV_HWDEVICE_TYPE_CUDA &&
        av_hwdevice_ctx_create(device, type, which, NULL, CUDA_USE_PRIMARY_CONTEXT) >= 0)
        return 0;
    return av_hwdevice_ctx_create(device, type, which, NULL, 0);
}

/* name is TYPE or TYPE:DEVICE. */
static RvStatus open_device(const char *name, enum AVHWDeviceType *type, AVBufferRef **device, RvError *err)
{
    char text[256];
    size_t length = strcspn(name, ":");
    const char *which = name[length] == ':' ? name + length + 1 : NULL;
    snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text - 1), name);
    *type = av_hwdevice_find_type_by_name(text);
    if (*type == AV_HWDEVICE_TYPE_NONE) {
        list_types(text, sizeof text);
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "hardware decoding by %s: this build of FFmpeg knows none, auto, %s", name, text);
    }
    // FFmpeg would read a device that is no number as the first one, and 010 as the eighth.
    bool number = which == NULL || (which[0] != '\0' && which[strspn(which, "0123456789")] == '\0' &&
                                    (which[0] != '0' || which[1] == '\0'));
    if (which != NULL && (which[0] == '\0' || (*type == AV_HWDEVICE_TYPE_CUDA && !number)))
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "hardware decoding by %s: behind the colon stands no device; give cuda:1, "
                            "vaapi:/dev/dri/renderD129, ...",
                            name);
    int code = create_device(*type, which, device);
    if (code >= 0)
        return RV_OK;
    rv_ffmpeg_error_text(code, text, sizeof text);
    return rv_error_set(err, RV_ERROR_ARGUMENT,
                        "hardware decoding by %s: no such device here (%s); decode with none or auto", name,
                        text);
}

RvStatus rv_video_check_hwaccel(const char *name, RvError *err)
{
    if (is_software(name) || strcmp(name, "auto") == 0)
        return RV_OK;
    rv_ffmpeg_silence();
    AVBufferRef *device = NULL;
    enum AVHWDeviceType type;
    RvStatus status = open_device(name, &type, &device, err);
    av_buffer_unref(&device);
    return status;
}

/* Find a decoder of the codec that works on that type of device, and its pixel format. */
static bool find_decoder(enum AVCodecID id, enum AVHWDeviceType type, Hardware *out)
{
    void *state = NULL;
    for (const AVCodec *codec; (codec = av_codec_iterate(&state)) != NULL;) {
        if (codec->id != id || !av_codec_is_decoder(codec))
            continue;
        const AVCodecHWConfig *config;
        for (int i = 0; (config = avcodec_get_hw_config(codec, i)) != NULL; i++) {
            if (config->device_type != type ||
                (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) == 0)
                continue;
            out->codec = codec;
            out->format = config->pix_fmt;
            return true;
        }
    }
    return false;
}

/* Open the first type of device that exists on this machine and decodes the codec. */
static void open_any(enum AVCodecID codec, const char *video, const RvLog *log, Hardware *out)
{
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE;) {
        if (find_decoder(codec, type, out) && create_device(type, NULL, &out->device) >= 0) {
            rv_log_line(log, RV_LOG_INFO, "%s: decoded by %s", video, av_hwdevice_get_type_name(type));
            return;
        }
    }
    *out = (Hardware){0};
    rv_log_line(log, RV_LOG_INFO, "%s: no hardware decodes %s here; decoded in software", video,
                avcodec_get_name(codec));
}

RvStatus rv_hardware_open(const char *name, enum AVCodecID codec, const char *video, const RvLog *log,
                          Hardware *out, RvError *err)
{
    *out = (Hardware){0};
    if (is_software(name))
        return RV_OK;
    rv_ffmpeg_silence();
    if (strcmp(name, "auto") == 0) {
        open_any(codec, video, log, out);
        return RV_OK;
    }
    AVBufferRef *device = NULL;
    enum AVHWDeviceType type;
    RvStatus status = open_device(name, &type, &device, err);
    if (status != RV_OK)
        return status;
    if (find_decoder(codec, type, out)) {
        out->device = device;
        return RV_OK;
    }
    av_buffer_unref(&device);
    rv_log_line(log, RV_LOG_WARNING, "%s: %s does not decode %s; decoded in software", video, name,
                avcodec_get_name(codec));
    return RV_OK;
}

void rv_hardware_close(Hardware *hardware)
{
    av_buffer_unref(&hardware->device);
    *hardware = (Hardware){0};
}

#define MARK_MIN 8 // a row of a video does not hold so many of the mark's bytes by chance

/* Write a mark into the first row of every plane, or return whether the mark is still there. No row of a
 * video looks like the mark. */
static bool mark_rows(const AVFrame *frame, bool write)
{
    bool marked = false;
    for (int plane = 0; plane < AV_NUM_DATA_POINTERS && frame->data[plane] != NULL; plane++) {
        uint64_t seed = (uint64_t)plane + 1;
        int count = av_image_get_linesize((enum AVPixelFormat)frame->format, frame->width, plane), same = 0;
        for (int i = 0; i < count; i++) {
            uint8_t byte = (uint8_t)rv_random_next(&seed);
            same += frame->data[plane][i] == byte;
            if (write)
                frame->data[plane][i] = byte;
        }
        marked = marked || (count >= MARK_MIN && same == count);
    }
    return marked;
}

/* FFmpeg's CUDA device (libavutil/hwcontext_cuda.c, seen in 5.1) reports success even if its copies failed,
 * so the result is checked by a mark. If the number of rows is odd, it leaves out the last row of chroma, so
 * one more row is fetched; decoders have it. */
static int transfer_cuda(AVFrame *to, AVFrame *frame)
{
    const AVHWFramesContext *frames = (const AVHWFramesContext *)(const void *)frame->hw_frames_ctx->data;
    int height = frame->height, fetched_height = height + (height % 2 != 0 && height < frames->height);
    to->format = frames->sw_format;
    to->width = frame->width;
    to->height = fetched_height;
    int code = av_frame_get_buffer(to, 0);
    if (code < 0)
        return code;
    mark_rows(to, true);
    frame->height = fetched_height;
    code = av_hwframe_transfer_data(to, frame, 0);
    frame->height = to->height = height;
    return code >= 0 && mark_rows(to, false) ? AVERROR(EIO) : code;
}

RvStatus rv_hardware_fetch(AVFrame *frame, const char *what, RvError *err)
{
    if (frame->hw_frames_ctx == NULL)
        return RV_OK;
    AVFrame *fetched = av_frame_alloc();
    if (fetched == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while decoding", what);
    int code = frame->format == AV_PIX_FMT_CUDA ? transfer_cuda(fetched, frame)
                                                : av_hwframe_transfer_data(fetched, frame, 0);
    if (code >= 0)
        code = av_frame_copy_props(fetched, frame);
    if (code >= 0) {
        av_frame_unref(frame);
        av_frame_move_ref(frame, fetched);
    }
    av_frame_free(&fetched);
    if (code >= 0)
        return RV_OK;
    char text[128];
    rv_ffmpeg_error_text(code, text, sizeof text);
    return rv_error_set(err, RV_ERROR_IO,
                        "%s: a picture cannot be fetched from the video hardware (%s); decode without it",
                        what, text);
}

void rv_video_describe_ffmpeg(char *version, size_t version_bytes, char *hardware, size_t hardware_bytes)
{
    rv_ffmpeg_silence();
    unsigned codec = avcodec_version();
    snprintf(version, version_bytes, "%s (libavcodec %u.%u.%u)", av_version_info(), AV_VERSION_MAJOR(codec),
             AV_VERSION_MINOR(codec), AV_VERSION_MICRO(codec));
    size_t used = 0;
    snprintf(hardware, hardware_bytes, "none in this build of FFmpeg");
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE && used < hardware_bytes;) {
        AVBufferRef *device = NULL;
        bool works = create_device(type, NULL, &device) >= 0;
        av_buffer_unref(&device);
        used += (size_t)snprintf(hardware + used, hardware_bytes - used, "%s%s (%s)", used > 0 ? ", " : "",
                                 av_hwdevice_get_type_name(type), works ? "works" : "no device");
    }
}
