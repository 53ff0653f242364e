/* SPDX-License-Identifier: MIT */
/* Pictures in the terminal, by the three protocols that terminals have. */
#ifndef RV_CLI_TERMINAL_PICTURE_H
#define RV_CLI_TERMINAL_PICTURE_H

#include <cairo.h>
#include <stdio.h>

#include "reelvec/status.h"

/* In the order of CLI_PICTURE_WORDS. */
typedef enum CliPictures {
    CLI_PICTURES_NONE,
    CLI_PICTURES_AUTO,
    CLI_PICTURES_KITTY, // sw.kovidgoyal.net/kitty/graphics-protocol
    CLI_PICTURES_ITERM, // iterm2.com/documentation-images.html
    CLI_PICTURES_SIXEL,
} CliPictures;
#define CLI_PICTURE_WORDS "|auto|kitty|iterm|sixel"

/* Returns what the terminal that `out` is can show: by the variables that terminals set, otherwise the terminal is asked,
 * which takes 0.3 s if it does not answer. CLI_PICTURES_NONE if nothing, or if it is no terminal. */
CliPictures cli_pictures_find(FILE *out);

/* Returns the width of the terminal in pixels; a guess if it does not tell. */
int cli_pictures_width(FILE *out);

/* Write the picture and begin a new line. how: not NONE or AUTO. Errors: MEMORY. */
RvStatus cli_pictures_write(CliPictures how, cairo_surface_t *surface, FILE *out, RvError *err);

#endif
