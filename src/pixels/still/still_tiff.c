/* SPDX-License-Identifier: MIT */
/* TIFF stills by libtiff, with the same channels as in Pillow. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "base/error.h"
#include "base/mem.h"
#include "pixels/picture.h"
#include "pixels/still/still_decode.h"
#include "pixels/still/still_size.h"

/* The most that libtiff may allocate at once, because a file may claim any size. */
#define TIFF_MAX_ALLOCATION ((tmsize_t)1 << 30)

/* ---- the file in memory ----------------------------------------------------------------------------- */

typedef struct MemoryFile {
    const StillSource *source;
    uint64_t at;
    char fault[256]; // libtiff's first message
} MemoryFile;

static tmsize_t memory_read(thandle_t user, void *to, tmsize_t size_bytes)
{
    MemoryFile *file = user;
    size_t left = file->at < file->source->size_bytes ? file->source->size_bytes - (size_t)file->at : 0;
    size_t taken = (size_t)size_bytes < left ? (size_t)size_bytes : left;
    if (taken > 0)
        memcpy(to, file->source->bytes + file->at, taken);
    file->at += taken;
    return (tmsize_t)taken;
}

static tmsize_t memory_write(thandle_t user, void *from, tmsize_t size_bytes)
{
    return -1;
}

static toff_t memory_seek(thandle_t user, toff_t offset, int whence)
{
    MemoryFile *file = user;
    uint64_t base = whence == SEEK_CUR ? file->at : whence == SEEK_END ? file->source->size_bytes : 0;
    file->at = base + offset; // libtiff passes backward steps as wrapped numbers
    return file->at;
}

static toff_t memory_size(thandle_t user)
{
    const MemoryFile *file = user;
    return file->source->size_bytes;
}

static int memory_close(thandle_t user)
{
    return 0;
}

static int keep_fault(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments)
{
    MemoryFile *file = user;
    char fault[sizeof file->fault];
    vsnprintf(fault, sizeof fault, format, arguments);
    // An orientation without a meaning is ignored, as in the other formats.
    bool counts = strstr(fault, "\"Orientation\" tag") == NULL;
    if (counts && file->fault[0] == '\0')
        memcpy(file->fault, fault, sizeof fault);
    return 1; // nothing is printed
}

/* Most warnings are about unknown tags and are ignored. Those of the JPEG decoder mean damage that it has
 * hidden. Tags after the end of the file (libtiff's TIFFReadDirEntryOutputErr) mean that the file is cut. */
static int judge_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments)
{
    if ((module != NULL && strcmp(module, "JPEGLib") == 0) ||
        strstr(format, "IO error during reading of") != NULL)
        keep_fault(tiff, user, module, format, arguments);
    return 1;
}

static TIFF *open_memory(MemoryFile *file)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, TIFF_MAX_ALLOCATION);
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_fault, file);
    TIFFOpenOptionsSetWarningHandlerExtR(options, judge_warning, file);
    TIFF *tiff = TIFFClientOpenExt("picture", "rm", file, memory_read, memory_write, memory_seek,
                                   memory_close, memory_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

/* ---- what the file holds ---------------------------------------------------------------------------- */

typedef struct Layout {
    uint32_t width, height;
    uint16_t depth, samples; // bits of a sample, samples of a pixel
    uint16_t photometric, compression, orientation;
    bool separate;   // a plane for each sample
    bool associated; // colours are premultiplied by alpha
    int channels;    // of the picture
    const uint16_t *palette[3];
} Layout;

static RvStatus damaged(const StillSource *source, const MemoryFile *file, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged tiff picture: %s", source->name,
                        file->fault[0] != '\0' ? file->fault : "it cannot be decoded");
}

static RvStatus unsupported(const StillSource *source, const char *what, RvError *err)
{
    return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                        "%s: TIFF pictures %s are not supported; save it as PNG or JPEG", source->name, what);
}

/* True if the first extra sample is alpha. *associated: colours are premultiplied by it. */
static bool has_alpha(TIFF *tiff, bool *associated)
{
    uint16_t count = 0;
    const uint16_t *kinds = NULL;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    *associated = count > 0 && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    return *associated || (count > 0 && kinds[0] == EXTRASAMPLE_UNASSALPHA);
}

/* Set the channels of the picture and the samples that they need. Returns false for other kinds of
 * colours. */
static bool find_channels(TIFF *tiff, Layout *layout)
{
    bool alpha = has_alpha(tiff, &layout->associated);
    int colours = 0;
    switch (layout->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        colours = 1;
        break;
    case PHOTOMETRIC_RGB:
        colours = 3;
        break;
    case PHOTOMETRIC_SEPARATED:
        layout->channels = 3;
        return layout->samples >= 4 && layout->depth >= 8;
    case PHOTOMETRIC_PALETTE:
        layout->channels = 4;
        return layout->depth <= 8 && TIFFGetField(tiff, TIFFTAG_COLORMAP, &layout->palette[0],
                                                  &layout->palette[1], &layout->palette[2]) == 1;
    default:
        return false;
    }
    layout->channels = colours + (alpha && layout->samples > colours ? 1 : 0);
    return layout->samples >= colours;
}

static RvStatus read_layout(const StillSource *source, TIFF *tiff, Layout *layout, RvError *err)
{
    uint16_t planar = PLANARCONFIG_CONTIG, format = SAMPLEFORMAT_UINT, ink_set = INKSET_CMYK;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout->width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout->height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout->depth);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &layout->compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_INKSET, &ink_set);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &layout->orientation);
    layout->separate = planar == PLANARCONFIG_SEPARATE && layout->samples > 1;
    RvStatus status = rv_still_check_size(source, layout->width, layout->height, err);
    if (status != RV_OK)
        return status;
    if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout->photometric) != 1)
        layout->photometric = layout->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    if (!TIFFIsCODECConfigured(layout->compression))
        return unsupported(source, "of this compression", err);
    if (format == SAMPLEFORMAT_IEEEFP)
        return unsupported(source, "with floating point samples", err);
    if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
        return unsupported(source, "with samples that are no whole numbers from 0 on", err);
    // libtiff itself converts Y Cb Cr to R G B.
    if (layout->photometric == PHOTOMETRIC_YCBCR && layout->compression == COMPRESSION_JPEG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        layout->photometric = PHOTOMETRIC_RGB;
    }
    if (layout->photometric == PHOTOMETRIC_YCBCR) {
        layout->channels = 3;
        return layout->depth == 8 ? RV_OK : unsupported(source, "with Y Cb Cr of other than 8 bits", err);
    }
    if (layout->depth != 1 && layout->depth != 2 && layout->depth != 4 && layout->depth != 8 &&
        layout->depth != 16)
        return unsupported(source, "with samples of other than 1, 2, 4, 8 or 16 bits", err);
    if (!find_channels(tiff, layout) ||
        (layout->photometric == PHOTOMETRIC_SEPARATED && ink_set != INKSET_CMYK))
        return unsupported(source, "with colours of this kind", err);
    return RV_OK;
}

/* ---- samples to pixels ------------------------------------------------------------------------------ */

/* A decoded strip or tile, and its place in the picture. */
typedef struct Block {
    const uint8_t *bytes;
    size_t row_bytes;
    uint32_t left, top, columns, rows; // the part that is inside the picture
    uint16_t samples;                  // of one pixel in the block
    uint16_t plane;                    // which sample is the first
} Block;

/* Returns sample `index` of a row: for palettes the number itself, else scaled to 8 bits; of 16 bits the high
 * byte, as in Pillow. */
static inline uint8_t sample_at(const Layout *layout, const uint8_t *row, size_t index)
{
    if (layout->depth == 8)
        return row[index];
    if (layout->depth == 16) {
        uint16_t value;
        memcpy(&value, row + 2 * index, sizeof value);
        return (uint8_t)(value >> 8);
    }
    size_t bit = index * layout->depth;
    unsigned top = (1u << layout->depth) - 1;
    unsigned value = (unsigned)row[bit / 8] >> (8 - layout->depth - bit % 8) & top;
    return (uint8_t)(layout->photometric == PHOTOMETRIC_PALETTE ? value : value * 255 / top);
}

/* Returns the channel of a sample, or -1. C M Y K is collected in four channels first. */
static int channel_of(const Layout *layout, unsigned sample)
{
    if (layout->photometric == PHOTOMETRIC_PALETTE)
        return sample == 0 ? 0 : -1;
    int kept = layout->photometric == PHOTOMETRIC_SEPARATED ? 4 : layout->channels;
    return (int)sample < kept ? (int)sample : -1;
}

static void put_block(const Layout *layout, const Block *block, uint8_t *pixels, size_t row_stride,
                      size_t pixel_bytes)
{
    for (unsigned i = 0; i < block->samples; i++) {
        int channel = channel_of(layout, block->plane + i);
        for (uint32_t y = 0; y < block->rows && channel >= 0; y++) {
            const uint8_t *row = block->bytes + (size_t)y * block->row_bytes;
            uint8_t *to =
                pixels + ((size_t)block->top + y) * row_stride + block->left * pixel_bytes + channel;
            for (uint32_t x = 0; x < block->columns; x++, to += pixel_bytes)
                *to = sample_at(layout, row, (size_t)x * block->samples + i);
        }
    }
}

static void spell_out_palette(const Layout *layout, RvPicture *picture)
{
    size_t pixel_count = (size_t)layout->width * layout->height;
    for (uint8_t *pixel = picture->pixels; pixel_count > 0; pixel_count--, pixel += 4) {
        uint8_t index = pixel[0];
        for (int i = 0; i < 3; i++)
            pixel[i] = (uint8_t)(layout->palette[i][index] >> 8);
        pixel[3] = 255;
    }
    picture->image.reserved[0] = IMAGE_NEAREST;
}

/* Divide colours by the alpha with which they were multiplied, as Pillow does. */
static void divide_by_alpha(RvPicture *picture)
{
    int channels = picture->image.channel_count;
    size_t pixel_count = (size_t)picture->image.width * (size_t)picture->image.height;
    for (uint8_t *pixel = picture->pixels; pixel_count > 0; pixel_count--, pixel += channels) {
        unsigned alpha = pixel[channels - 1];
        for (int i = 0; i < channels - 1; i++) {
            unsigned colour = alpha > 0 ? pixel[i] * 255u / alpha : 0;
            pixel[i] = (uint8_t)(colour < 255 ? colour : 255);
        }
    }
}

static void finish_pixels(const Layout *layout, RvPicture *picture)
{
    size_t size_bytes = (size_t)picture->image.height * picture->image.row_stride;
    if (layout->photometric == PHOTOMETRIC_PALETTE)
        spell_out_palette(layout, picture);
    if (layout->photometric == PHOTOMETRIC_SEPARATED)
        rv_still_cmyk_to_rgb(picture, 255);
    // In a negative only the colour is inverted, not the alpha.
    for (size_t i = 0; layout->photometric == PHOTOMETRIC_MINISWHITE && i < size_bytes;
         i += (size_t)layout->channels)
        picture->pixels[i] = (uint8_t)(255 - picture->pixels[i]);
    if (layout->associated && (layout->channels == 2 || layout->channels == 4) &&
        layout->photometric != PHOTOMETRIC_PALETTE)
        divide_by_alpha(picture);
    if (layout->depth == 1 && layout->channels == 1)
        picture->image.reserved[0] = IMAGE_NEAREST;
}

/* ---- decoding --------------------------------------------------------------------------------------- */

/* Returns the bytes of a decoded strip or tile; 0 if that is not a valid size. */
static size_t block_bytes(TIFF *tiff, bool tiled)
{
    tmsize_t size = tiled ? TIFFTileSize(tiff) : TIFFStripSize(tiff);
    return size > 0 && size <= TIFF_MAX_ALLOCATION ? (size_t)size : 0;
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

/* Read one plane (of all samples, or of one), block after block. */
static bool read_plane(TIFF *tiff, const Layout *layout, Block *block, uint8_t *room, size_t room_bytes,
                       RvPicture *picture, size_t pixel_bytes)
{
    bool tiled = TIFFIsTiled(tiff) != 0;
    uint32_t across = layout->width, down = 0;
    if (tiled) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &across);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &down);
    } else {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &down);
    }
    down = at_most(down, layout->height);
    tmsize_t row_bytes = tiled ? TIFFTileRowSize(tiff) : TIFFScanlineSize(tiff);
    if (across < 1 || down < 1 || row_bytes < 1)
        return false;
    block->bytes = room;
    block->row_bytes = (size_t)row_bytes;
    for (block->top = 0; block->top < layout->height; block->top += down) {
        block->rows = at_most(down, layout->height - block->top);
        for (block->left = 0; block->left < layout->width; block->left += across) {
            block->columns = at_most(across, layout->width - block->left);
            size_t needed = block->row_bytes * block->rows;
            tmsize_t got =
                tiled ? TIFFReadEncodedTile(tiff,
                                            TIFFComputeTile(tiff, block->left, block->top, 0, block->plane),
                                            room, (tmsize_t)room_bytes)
                      : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, block->top, block->plane), room,
                                             (tmsize_t)room_bytes);
            if (got < 0 || (size_t)got < needed || needed > room_bytes)
                return false;
            put_block(layout, block, picture->pixels, (size_t)layout->width * pixel_bytes, pixel_bytes);
        }
    }
    return true;
}

static RvStatus read_blocks(const StillSource *source, TIFF *tiff, const MemoryFile *file,
                            const Layout *layout, RvPicture **out, RvError *err)
{
    size_t pixel_bytes = layout->photometric == PHOTOMETRIC_SEPARATED ? 4 : (size_t)layout->channels;
    size_t room_bytes = block_bytes(tiff, TIFFIsTiled(tiff) != 0);
    if (room_bytes == 0)
        return damaged(source, file, err);
    uint8_t *room = rv_mem_alloc_aligned(room_bytes, 1, err);
    if (room == NULL)
        return RV_ERROR_MEMORY;
    memset(room, 0, room_bytes);
    RvStatus status = rv_picture_create((int)layout->width, (int)layout->height, (int)pixel_bytes, out, err);
    Block block = {.samples = layout->separate ? 1 : layout->samples};
    unsigned planes = layout->separate ? layout->samples : 1;
    for (unsigned plane = 0; plane < planes && status == RV_OK; plane++) {
        block.plane = (uint16_t)plane;
        if (channel_of(layout, plane) >= 0 &&
            !read_plane(tiff, layout, &block, room, room_bytes, *out, pixel_bytes))
            status = damaged(source, file, err);
    }
    free(room);
    if (status == RV_OK)
        finish_pixels(layout, *out);
    return status;
}

/* Read Y Cb Cr that is not JPEG's, with libtiff's conversion to R G B A, whose rows go from bottom to top. */
static RvStatus read_converted(const StillSource *source, TIFF *tiff, const MemoryFile *file,
                               const Layout *layout, RvPicture **out, RvError *err)
{
    uint32_t *rgba = rv_mem_alloc_aligned((size_t)layout->width * layout->height, sizeof *rgba, err);
    if (rgba == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = RV_OK;
    TIFFSetField(tiff, TIFFTAG_ORIENTATION,
                 ORIENTATION_TOPLEFT); // else libtiff would reorder the rows, but not the columns
    if (TIFFReadRGBAImageOriented(tiff, layout->width, layout->height, rgba, ORIENTATION_TOPLEFT, 1) != 1)
        status = damaged(source, file, err);
    if (status == RV_OK)
        status = rv_picture_create((int)layout->width, (int)layout->height, 3, out, err);
    for (size_t i = 0; status == RV_OK && i < (size_t)layout->width * layout->height; i++) {
        (*out)->pixels[3 * i] = (uint8_t)TIFFGetR(rgba[i]);
        (*out)->pixels[3 * i + 1] = (uint8_t)TIFFGetG(rgba[i]);
        (*out)->pixels[3 * i + 2] = (uint8_t)TIFFGetB(rgba[i]);
    }
    free(rgba);
    return status;
}

RvStatus rv_still_decode_tiff(const StillSource *source, RvPicture **out, RvError *err)
{
    *out = NULL;
    MemoryFile file = {.source = source};
    RvPicture *picture = NULL;
    TIFF *tiff = open_memory(&file);
    if (tiff == NULL)
        return damaged(source, &file, err);
    Layout layout = {0};
    RvStatus status = read_layout(source, tiff, &layout, err);
    if (status == RV_OK)
        status = layout.photometric == PHOTOMETRIC_YCBCR
                     ? read_converted(source, tiff, &file, &layout, &picture, err)
                     : read_blocks(source, tiff, &file, &layout, &picture, err);
    TIFFClose(tiff);
    if (status == RV_OK && file.fault[0] != '\0')
        status = damaged(source, &file, err);
    if (status != RV_OK) {
        rv_picture_destroy(picture);
        return status;
    }
    picture->orientation = layout.orientation;
    *out = picture;
    return RV_OK;
}
