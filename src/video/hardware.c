/* SPDX-License-Identifier: MIT */
/* Decoding by the machine's video hardware, through FFmpeg's devices. */
#include "video/hardware.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/hwcontext.h>

#include "base/error.h"
#include "video/ffmpeg_compat.h"
#include "video/video_reader.h"

static bool is_software(const char *name)
{
    return name == NULL || name[0] == '\0' || strcmp(name, "none") == 0;
}

/* "cuda, vaapi" into text. */
static void list_types(char *text, size_t size_bytes)
{
    size_t used = 0;
    snprintf(text, size_bytes, "none");
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE && used < size_bytes;)
        used += (size_t)snprintf(text + used, size_bytes - used, "%s%s", used > 0 ? ", " : "",
                                 av_hwdevice_get_type_name(type));
}

static RvStatus open_device(const char *name, AVBufferRef **device, RvError *err)
{
    char text[256];
    enum AVHWDeviceType type = av_hwdevice_find_type_by_name(name);
    if (type == AV_HWDEVICE_TYPE_NONE) {
        list_types(text, sizeof text);
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "hardware decoding by %s: this build of FFmpeg knows none, auto, %s", name, text);
    }
    int code = av_hwdevice_ctx_create(device, type, NULL, NULL, 0);
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
    RvStatus status = open_device(name, &device, err);
    av_buffer_unref(&device);
    return status;
}

/* A decoder of the codec that works on that type of device, and its pixel format. */
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

/* The first type of device that decodes the codec and is there. */
static void open_any(enum AVCodecID codec, const char *video, const RvLog *log, Hardware *out)
{
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE;) {
        if (find_decoder(codec, type, out) &&
            av_hwdevice_ctx_create(&out->device, type, NULL, NULL, 0) >= 0) {
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
    RvStatus status = open_device(name, &device, err);
    if (status != RV_OK)
        return status;
    if (find_decoder(codec, av_hwdevice_find_type_by_name(name), out)) {
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

RvStatus rv_hardware_fetch(const Hardware *hardware, AVFrame *frame, const char *video, RvError *err)
{
    if (hardware->device == NULL || frame->format != hardware->format)
        return RV_OK;
    AVFrame *fetched = av_frame_alloc();
    if (fetched == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while decoding", video);
    int code = av_hwframe_transfer_data(fetched, frame, 0);
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
                        video, text);
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
        bool works = av_hwdevice_ctx_create(&device, type, NULL, NULL, 0) >= 0;
        av_buffer_unref(&device);
        used += (size_t)snprintf(hardware + used, hardware_bytes - used, "%s%s (%s)", used > 0 ? ", " : "",
                                 av_hwdevice_get_type_name(type), works ? "works" : "no device");
    }
}
