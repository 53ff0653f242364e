/* SPDX-License-Identifier: MIT */
/* The first picture of a GIF by giflib, with the same channels as in Pillow. */
#include <gif_lib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "pixels/picture.h"
#include "pixels/still/still_decode.h"
#include "pixels/still/still_size.h"

typedef struct MemoryFile {
    const StillSource *source;
    size_t at;
} MemoryFile;

static int memory_read(GifFileType *gif, GifByteType *to, int size_bytes)
{
    MemoryFile *file = gif->UserData;
    size_t left = file->source->size_bytes - file->at;
    size_t taken = (size_t)size_bytes < left ? (size_t)size_bytes : left;
    memcpy(to, file->source->bytes + file->at, taken);
    file->at += taken;
    return (int)taken;
}

static RvStatus damaged(const StillSource *source, int code, RvError *err)
{
    if (code == D_GIF_ERR_NOT_ENOUGH_MEM)
        return rv_error_memory(err, source->size_bytes);
    const char *reason = GifErrorString(code);
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged gif picture: %s", source->name,
                        reason != NULL ? reason : "it cannot be decoded");
}

/* Go to the first picture. *transparent: its transparent colour, or NO_TRANSPARENT_COLOR. */
static bool find_picture(GifFileType *gif, int *transparent)
{
    GifRecordType record;
    while (DGifGetRecordType(gif, &record) == GIF_OK) {
        if (record == IMAGE_DESC_RECORD_TYPE)
            return DGifGetImageDesc(gif) == GIF_OK;
        if (record != EXTENSION_RECORD_TYPE)
            return false; // the end of the file
        int label = 0;
        GifByteType *bytes = NULL; // the first one is the number of those that follow
        if (DGifGetExtension(gif, &label, &bytes) != GIF_OK)
            return false;
        GraphicsControlBlock control;
        if (label == GRAPHICS_EXT_FUNC_CODE && bytes != NULL &&
            DGifExtensionToGCB(bytes[0], bytes + 1, &control) == GIF_OK)
            *transparent = control.TransparentColor;
        while (bytes != NULL) {
            if (DGifGetExtensionNext(gif, &bytes) != GIF_OK)
                return false;
        }
    }
    return false;
}

/* True if every code of the first picture's data was defined before its use (GIF89a, appendix F). giflib does
 * not report other codes. Data that ends early is reported when the rows are read. */
static bool codes_are_defined(const StillSource *source)
{
    MemoryFile file = {.source = source};
    int transparent = 0, result = 0, code = 0;
    GifFileType *gif = DGifOpen(&file, memory_read, &result);
    if (gif == NULL || !find_picture(gif, &transparent)) {
        DGifCloseFile(gif, &result);
        return true;
    }
    int clear = 1 << (source->bytes[file.at - 1] & 15); // the last byte read is the size of the first codes
    int next = clear + 2;
    bool first = true, defined = true; // first: the code comes directly after a clear code
    while (defined && DGifGetLZCodes(gif, &code) == GIF_OK && code >= 0) {
        if (code == clear) {
            next = clear + 2;
            first = true;
            continue;
        }
        defined = code < next || (code == next && !first);
        next += !first && next < 4096;
        first = false;
    }
    DGifCloseFile(gif, &result);
    return defined;
}

/* If the picture is interlaced, its rows come in four passes. */
static bool read_rows(GifFileType *gif, uint8_t *indices, size_t row_stride)
{
    static const int firsts[4] = {0, 4, 2, 1}, steps[4] = {8, 8, 4, 2};
    int runs = gif->Image.Interlace ? 4 : 1;
    uint8_t *first = indices + (size_t)gif->Image.Top * row_stride + gif->Image.Left;
    for (int run = 0; run < runs; run++) {
        int y = runs == 4 ? firsts[run] : 0, step = runs == 4 ? steps[run] : 1;
        for (; y < gif->Image.Height; y += step) {
            if (DGifGetLine(gif, first + (size_t)y * row_stride, gif->Image.Width) != GIF_OK)
                return false;
        }
    }
    return true;
}

/* True if the palette is 0, 1, 2, ... For Pillow such a picture is grey. */
static bool is_grey(const ColorMapObject *palette)
{
    for (int i = 0; i < palette->ColorCount; i++) {
        const GifColorType *colour = &palette->Colors[i];
        if (colour->Red != i || colour->Green != i || colour->Blue != i)
            return false;
    }
    return true;
}

static RvStatus spell_out(const ColorMapObject *palette, const RvPicture *indices, RvPicture **out,
                          RvError *err)
{
    const RvImage *from = &indices->image;
    RvStatus status = rv_picture_create(from->width, from->height, 4, out, err);
    if (status != RV_OK)
        return status;
    uint8_t *to = (*out)->pixels;
    for (size_t i = 0; i < (size_t)from->width * (size_t)from->height; i++, to += 4) {
        int index = indices->pixels[i];
        GifColorType colour = {0};
        if (index < palette->ColorCount)
            colour = palette->Colors[index];
        to[0] = colour.Red;
        to[1] = colour.Green;
        to[2] = colour.Blue;
        to[3] = 255; // transparent pixels keep their colour, because Pillow resamples them so
    }
    (*out)->image.reserved[0] = IMAGE_NEAREST;
    return RV_OK;
}

static RvStatus read_picture(const StillSource *source, GifFileType *gif, RvPicture **out, RvError *err)
{
    int transparent = NO_TRANSPARENT_COLOR;
    if (!find_picture(gif, &transparent))
        return gif->Error != 0 ? damaged(source, gif->Error, err)
                               : rv_error_set(err, RV_ERROR_FORMAT,
                                              "%s: damaged gif picture: it holds no picture", source->name);
    // If the picture extends beyond the canvas, the canvas is enlarged.
    int width = gif->Image.Left + gif->Image.Width, height = gif->Image.Top + gif->Image.Height;
    width = width > gif->SWidth ? width : gif->SWidth;
    height = height > gif->SHeight ? height : gif->SHeight;
    RvStatus status = rv_still_check_size(source, width, height, err);
    if (status == RV_OK)
        status = rv_still_check_size(source, gif->Image.Width, gif->Image.Height, err);
    RvPicture *indices = NULL;
    if (status == RV_OK)
        status = rv_picture_create(width, height, 1, &indices, err);
    if (status != RV_OK)
        return status;
    memset(indices->pixels, transparent >= 0 ? transparent : 0, (size_t)width * (size_t)height);
    const ColorMapObject *palette = gif->Image.ColorMap != NULL ? gif->Image.ColorMap : gif->SColorMap;
    if (!read_rows(gif, indices->pixels, indices->image.row_stride)) {
        status = damaged(source, gif->Error, err);
    } else if (!codes_are_defined(source)) {
        status = damaged(source, D_GIF_ERR_IMAGE_DEFECT, err);
    } else if (palette == NULL || is_grey(palette)) {
        *out = indices;
        return RV_OK;
    } else {
        status = spell_out(palette, indices, out, err);
    }
    rv_picture_destroy(indices);
    return status;
}

RvStatus rv_still_decode_gif(const StillSource *source, RvPicture **out, RvError *err)
{
    *out = NULL;
    MemoryFile file = {.source = source};
    int code = 0;
    GifFileType *gif = DGifOpen(&file, memory_read, &code);
    if (gif == NULL)
        return damaged(source, code, err);
    RvStatus status = read_picture(source, gif, out, err);
    DGifCloseFile(gif, &code);
    return status;
}
