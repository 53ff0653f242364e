/* SPDX-License-Identifier: MIT */
/* A frame's brightness on a coarse grid, to measure how much two frames differ. */
#ifndef RV_VIDEO_LUMA_GRID_H
#define RV_VIDEO_LUMA_GRID_H

#include <stdint.h>

#include "video/frame.h"

#define LUMA_GRID_WIDTH 64
#define LUMA_GRID_HEIGHT 36
#define LUMA_GRID_SIZE (LUMA_GRID_WIDTH * LUMA_GRID_HEIGHT)

/* Keeps a scaler between frames of one shape. One thread at a time. */
typedef struct LumaScaler LumaScaler;

/* Errors: MEMORY. */
RvStatus rv_luma_create(LumaScaler **out, RvError *err);
void rv_luma_destroy(LumaScaler *scaler);

/* Write the averages of areas into grid, uint8[LUMA_GRID_HEIGHT, LUMA_GRID_WIDTH]. A frame on a device is
 * brought into memory. Errors: UNSUPPORTED, IO, MEMORY. */
RvStatus rv_luma_grid(LumaScaler *scaler, const Frame *frame, uint8_t *grid, RvError *err);

/* Returns the mean absolute difference of two grids, 0 to 1. */
double rv_luma_difference(const uint8_t *left, const uint8_t *right);

#endif
