/* SPDX-License-Identifier: MIT */
/* reelvec's pictures as cairo's, and cairo's as PNG and JPEG files. */
#ifndef RV_CLI_PICTURE_SURFACE_H
#define RV_CLI_PICTURE_SURFACE_H

#include <cairo.h>
#include <stdbool.h>

#include "reelvec/image.h"

/* A copy as 8-bit R G B without alpha (transparent parts over white), scaled down to max_width x max_height
 * where it is larger (0: not at all). NULL without memory. */
cairo_surface_t *cli_surface_create(const RvImage *image, int max_width, int max_height);

/* ARGUMENT where the path ends like a format that is not written: .png is, and no ending at all means PNG;
 * .jpg and .jpeg, where they are allowed. */
RvStatus cli_surface_check_path(const char *path, bool jpeg_allowed, RvError *err);

/* As an RGB PNG, to the byte; as a JPEG where the path ends so. Errors: IO, MEMORY. */
RvStatus cli_surface_write(cairo_surface_t *surface, const char *path, RvError *err);

#endif
