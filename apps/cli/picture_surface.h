/* SPDX-License-Identifier: MIT */
/* reelvec's pictures as cairo's, and cairo's as PNG and JPEG files. */
#ifndef RV_CLI_PICTURE_SURFACE_H
#define RV_CLI_PICTURE_SURFACE_H

#include <cairo.h>
#include <stdbool.h>

#include "reelvec/image.h"

/* Copy as 8-bit R G B without alpha (transparent parts over white), scaled down to max_width x max_height
 * pixels if it is larger (0: never). Returns NULL if memory is refused. Release with
 * cairo_surface_destroy. */
cairo_surface_t *cli_surface_create(const RvImage *image, int max_width, int max_height);

/* Check the ending of a path: .png; .jpg and .jpeg if they are allowed. Devices and pipes need none and get a PNG.
 * Errors: ARGUMENT for other endings, and for none. */
RvStatus cli_surface_check_path(const char *path, bool jpeg_allowed, RvError *err);

/* Check that a picture may be written at the path, before the work for it is done: one that reelvec wrote is replaced,
 * with force any. Errors: ARGUMENT, IO, as of rv_file_check_replaced. */
RvStatus cli_surface_check_free(const char *path, bool force, RvError *err);

/* Write an RGB PNG, the same bytes for the same picture, or a JPEG if the path ends so. force: as above. Errors: IO,
 * MEMORY, ARGUMENT (what is there may not be replaced). */
RvStatus cli_surface_write(cairo_surface_t *surface, const char *path, bool force, RvError *err);

#endif
