/* SPDX-License-Identifier: MIT */
/* WebP stills by libwebp, with the same pixels as in Pillow; of an animation the first frame on its
 * canvas. */
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "base/error.h"
#include "pixels/picture.h"
#include "pixels/still/still_decode.h"
#include "pixels/still/still_size.h"

static RvStatus damaged(const StillSource *source, const char *reason, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged webp picture: %s", source->name, reason);
}

static const char *reason_of(VP8StatusCode code)
{
    return code == VP8_STATUS_NOT_ENOUGH_DATA || code == VP8_STATUS_SUSPENDED ? "it ends early"
                                                                              : "it cannot be decoded";
}

/* Decode the first frame of an animation, on its canvas, as R G B A. */
static RvStatus decode_first_frame(const StillSource *source, RvPicture *picture, RvError *err)
{
    WebPData data = {source->bytes, source->size_bytes};
    WebPAnimDecoderOptions options;
    uint8_t *canvas = NULL; // owned by the decoder
    int time_ms = 0;
    RvStatus status = RV_OK;
    WebPAnimDecoderOptionsInit(&options);
    options.color_mode = MODE_RGBA;
    WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
    WebPAnimInfo info = {0};
    if (decoder == NULL || !WebPAnimDecoderGetInfo(decoder, &info))
        status = damaged(source, "its frames are missing or cut", err);
    else if (info.canvas_width != (uint32_t)picture->image.width ||
             info.canvas_height != (uint32_t)picture->image.height)
        status = damaged(source, "its headers disagree about its size", err);
    else if (!WebPAnimDecoderGetNext(decoder, &canvas, &time_ms))
        status = damaged(source, "its first frame is missing or cut", err);
    size_t channels = (size_t)picture->image.channel_count;
    size_t pixel_count = (size_t)picture->image.width * (size_t)picture->image.height;
    for (size_t i = 0; i < pixel_count && status == RV_OK; i++)
        memcpy(picture->pixels + i * channels, canvas + 4 * i, channels);
    WebPAnimDecoderDelete(decoder);
    return status;
}

RvStatus rv_still_decode_webp(const StillSource *source, RvPicture **out, RvError *err)
{
    *out = NULL;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return rv_error_set(err, RV_ERROR_INTERNAL, "libwebp is of another version than its headers");
    WebPBitstreamFeatures *features = &config.input;
    VP8StatusCode code = WebPGetFeatures(source->bytes, source->size_bytes, features);
    if (code != VP8_STATUS_OK)
        return damaged(source, reason_of(code), err);
    RvStatus status = rv_still_check_size(source, features->width, features->height, err);
    RvPicture *picture = NULL;
    if (status == RV_OK)
        status =
            rv_picture_create(features->width, features->height, features->has_alpha ? 4 : 3, &picture, err);
    if (status == RV_OK && features->has_animation) {
        status = decode_first_frame(source, picture, err);
    } else if (status == RV_OK) {
        config.output.colorspace = features->has_alpha ? MODE_RGBA : MODE_RGB;
        config.output.is_external_memory = 1;
        config.output.u.RGBA = (WebPRGBABuffer){.rgba = picture->pixels,
                                                .stride = (int)picture->image.row_stride,
                                                .size = (size_t)features->height * picture->image.row_stride};
        code = WebPDecode(source->bytes, source->size_bytes, &config);
        if (code != VP8_STATUS_OK)
            status = damaged(source, reason_of(code), err);
        WebPFreeDecBuffer(&config.output);
    }
    if (status == RV_OK)
        *out = picture;
    else
        rv_picture_destroy(picture);
    return status;
}
