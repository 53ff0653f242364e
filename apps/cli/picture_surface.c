/* SPDX-License-Identifier: MIT */
/* reelvec's pictures as cairo's, and cairo's as PNG and JPEG files. */
#include "picture_surface.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <turbojpeg.h>

#include "options.h"
#include "out_file.h"
#include "text.h"

#define JPEG_QUALITY 90

static uint32_t over_white(unsigned value, unsigned alpha)
{
    return (value * alpha + 255 * (255 - alpha) + 127) / 255;
}

static void copy_row(const RvImage *image, int y, uint32_t *row)
{
    const uint8_t *pixel = image->pixels_u8 + (size_t)y * image->row_stride;
    bool colour = image->channel_count >= 3, has_alpha = image->channel_count % 2 == 0;
    for (int x = 0; x < image->width; x++, pixel += image->channel_count) {
        unsigned alpha = has_alpha ? pixel[image->channel_count - 1] : 255;
        uint32_t red = over_white(pixel[0], alpha);
        uint32_t green = colour ? over_white(pixel[1], alpha) : red;
        uint32_t blue = colour ? over_white(pixel[2], alpha) : red;
        row[x] = red << 16 | green << 8 | blue;
    }
}

static cairo_surface_t *scaled_down(cairo_surface_t *surface, double scale, int width, int height)
{
    cairo_surface_t *small = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cairo = cairo_create(small);
    cairo_scale(cairo, scale, scale);
    cairo_set_source_surface(cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo),
                             CAIRO_FILTER_GOOD); // averages over a box when it scales down
    cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);
    cairo_paint(cairo);
    bool good = cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    if (good)
        return small;
    cairo_surface_destroy(small);
    return NULL;
}

static int rounded_side(double side)
{
    return side < 1 ? 1 : (int)(side + 0.5);
}

cairo_surface_t *cli_surface_create(const RvImage *image, int max_width, int max_height)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(surface);
        return NULL;
    }
    cairo_surface_flush(surface);
    unsigned char *pixels = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (int y = 0; y < image->height; y++)
        copy_row(image, y, (uint32_t *)(void *)(pixels + (size_t)y * stride));
    cairo_surface_mark_dirty(surface);
    double scale = 1;
    if (max_width > 0 && image->width > max_width)
        scale = (double)max_width / image->width;
    if (max_height > 0 && image->height * scale > max_height)
        scale = (double)max_height / image->height;
    if (scale == 1)
        return surface;
    return scaled_down(surface, scale, rounded_side(image->width * scale),
                       rounded_side(image->height * scale));
}

#define PNG_HEADER_BYTES 33u // signature and IHDR

typedef struct PngFile {
    FILE *file;
    unsigned header_left; // bytes before the mark
} PngFile;

/* Write a part of a PNG; behind its header the mark. */
static cairo_status_t write_bytes(void *user, const unsigned char *bytes, unsigned count)
{
    PngFile *png = user;
    unsigned before = count < png->header_left ? count : png->header_left;
    bool good = fwrite(bytes, 1, before, png->file) == before;
    if (before > 0 && (png->header_left -= before) == 0)
        good = good && fwrite(RV_FILE_PNG_MARK, 1, sizeof RV_FILE_PNG_MARK - 1, png->file) ==
                           sizeof RV_FILE_PNG_MARK - 1;
    good = good && fwrite(bytes + before, 1, count - before, png->file) == count - before;
    return good ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Write a JPEG; behind JFIF's segment, with which turbojpeg begins, the mark. */
static bool write_marked(const unsigned char *jpeg, size_t size_bytes, FILE *file)
{
    size_t before = size_bytes > 6 && jpeg[3] == 0xe0 ? 4u + (size_t)(jpeg[4] << 8 | jpeg[5]) : 2;
    return before < size_bytes && fwrite(jpeg, 1, before, file) == before &&
           fwrite(RV_FILE_JPEG_MARK, 1, sizeof RV_FILE_JPEG_MARK - 1, file) == sizeof RV_FILE_JPEG_MARK - 1 &&
           fwrite(jpeg + before, 1, size_bytes - before, file) == size_bytes - before;
}

/* Returns what follows the last '.' of the file's name; "" if there is none. */
static const char *ending_of(const char *path)
{
    const char *name = cli_text_last_part(path), *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? dot + 1 : "";
}

static bool is_jpeg(const char *path)
{
    const char *ending = ending_of(path);
    return strcasecmp(ending, "jpg") == 0 || strcasecmp(ending, "jpeg") == 0;
}

RvStatus cli_surface_check_path(const char *path, bool jpeg_allowed, RvError *err)
{
    if (strcasecmp(ending_of(path), "png") == 0 || (jpeg_allowed && is_jpeg(path)) || rv_file_in_place(path))
        return RV_OK;
    return cli_error(err, RV_ERROR_ARGUMENT, "%s: pictures are written as %s; give a name that ends so", path,
                     jpeg_allowed ? ".png or .jpg" : ".png");
}

/* What a picture that is written may replace. */
static RvFileKind replaced_kind(bool force)
{
    return force ? RV_FILE_PICTURE : RV_FILE_OWN_PICTURE;
}

RvStatus cli_surface_check_free(const char *path, bool force, RvError *err)
{
    return rv_file_check_replaced(path, replaced_kind(force), err);
}

static RvStatus write_jpeg(cairo_surface_t *surface, const char *path, bool force, RvError *err)
{
    unsigned char *jpeg = NULL;
    unsigned long size_bytes = 0;
    OutFile out;
    tjhandle handle = tjInitCompress();
    cairo_surface_flush(surface);
    int result = -1;
    if (handle != NULL)
        result =
            tjCompress2(handle, cairo_image_surface_get_data(surface), cairo_image_surface_get_width(surface),
                        cairo_image_surface_get_stride(surface), cairo_image_surface_get_height(surface),
                        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? TJPF_BGRX : TJPF_XRGB, &jpeg, &size_bytes,
                        TJSAMP_444, JPEG_QUALITY, TJFLAG_ACCURATEDCT);
    RvStatus status = result == 0 ? cli_out_open(&out, path, replaced_kind(force), err)
                                  : cli_error(err, RV_ERROR_MEMORY, "%s: cannot encode the JPEG: %s", path,
                                              tjGetErrorStr2(handle));
    if (status == RV_OK && !write_marked(jpeg, size_bytes, out.file)) {
        status = cli_error(err, RV_ERROR_IO, "%s: cannot write: %s", path, strerror(errno));
        cli_out_abandon(&out);
    } else if (status == RV_OK) {
        status = cli_out_commit(&out, err);
    }
    tjFree(jpeg);
    if (handle != NULL)
        tjDestroy(handle);
    return status;
}

RvStatus cli_surface_write(cairo_surface_t *surface, const char *path, bool force, RvError *err)
{
    OutFile out;
    if (is_jpeg(path))
        return write_jpeg(surface, path, force, err);
    RvStatus status = cli_out_open(&out, path, replaced_kind(force), err);
    if (status != RV_OK)
        return status;
    PngFile png = {.file = out.file, .header_left = PNG_HEADER_BYTES};
    errno = 0;
    cairo_status_t drawn = cairo_surface_write_to_png_stream(surface, write_bytes, &png);
    if (drawn == CAIRO_STATUS_SUCCESS)
        return cli_out_commit(&out, err);
    const char *cause =
        drawn == CAIRO_STATUS_WRITE_ERROR && errno != 0 ? strerror(errno) : cairo_status_to_string(drawn);
    cli_error(err, RV_ERROR_IO, "%s: cannot write: %s", path, cause);
    cli_out_abandon(&out);
    return RV_ERROR_IO;
}
