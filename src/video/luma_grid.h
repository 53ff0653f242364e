/* SPDX-License-Identifier: MIT */
/* A frame's brightness on a coarse grid, to tell how much two frames differ. */
#ifndef RV_VIDEO_LUMA_GRID_H
#define RV_VIDEO_LUMA_GRID_H

#include <stdint.h>

#include "video/frame.h"

#define LUMA_GRID_WIDTH 64
#define LUMA_GRID_HEIGHT 36
#define LUMA_GRID_SIZE (LUMA_GRID_WIDTH * LUMA_GRID_HEIGHT)

/* Keeps a scaler between frames of one shape. */
typedef struct LumaScaler LumaScaler;
RvStatus rv_luma_create(LumaScaler **out, RvError *err);
void rv_luma_destroy(LumaScaler *scaler);

/* grid: uint8[LUMA_GRID_HEIGHT, LUMA_GRID_WIDTH], averages of areas. A frame on a device is brought into
 * memory. Errors: UNSUPPORTED, IO, MEMORY. */
RvStatus rv_luma_grid(LumaScaler *scaler, const Frame *frame, uint8_t *grid, RvError *err);

/* Mean absolute difference of two grids, 0 to 1. */
double rv_luma_difference(const uint8_t *left, const uint8_t *right);

#endif
