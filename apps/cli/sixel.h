/* SPDX-License-Identifier: MIT */
/* Pictures as sixels: how DEC's terminals, and many of today, take them in text (DEC STD 070, VT330/340 manual). */
#ifndef RV_CLI_SIXEL_H
#define RV_CLI_SIXEL_H

#include <stdint.h>
#include <stdio.h>

#include "reelvec/status.h"

/* Write a picture in at most 255 colours of its own, chosen by halving the fullest boxes of colours, with the error of
 * each pixel spread over its neighbours (Floyd and Steinberg 1976). pixels: 0x00RRGGBB, [height, row_stride / 4], whose
 * rows are row_stride bytes apart. Errors: MEMORY. */
RvStatus cli_sixel_write(const uint32_t *pixels, int width, int height, int row_stride, FILE *out,
                         RvError *err);

#endif
