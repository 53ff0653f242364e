/* SPDX-License-Identifier: MIT */
/* reelvec's pictures as cairo's, and cairo's as PNG files. */
#ifndef RV_CLI_PICTURE_SURFACE_H
#define RV_CLI_PICTURE_SURFACE_H

#include <cairo.h>

#include "reelvec/image.h"

/* A copy as 8-bit R G B without alpha (transparent parts over white), scaled down to max_width x max_height
 * where it is larger (0: not at all). NULL without memory. */
cairo_surface_t *cli_surface_create(const RvImage *image, int max_width, int max_height);

/* As an RGB PNG, to the byte. Errors: IO, MEMORY. */
RvStatus cli_surface_write_png(cairo_surface_t *surface, const char *path, RvError *err);

#endif
