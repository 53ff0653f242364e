/* SPDX-License-Identifier: MIT */
/* Reading the number that the clips of tools/make_clips show in each of their frames. */
#ifndef RV_TESTS_NUMBERED_FRAMES_H
#define RV_TESTS_NUMBERED_FRAMES_H

#include "video/luma_grid.h"

/* Returns the number of 5 x 2 blocks, row by row: block b is bright if bit b is set. -1 if the frame cannot
 * be read. */
static inline int frame_number_shown(const Frame *frame)
{
    LumaScaler *scaler;
    uint8_t grid[LUMA_GRID_SIZE];
    if (rv_luma_create(&scaler, NULL) != RV_OK)
        return -1;
    int number = -1;
    if (rv_luma_grid(scaler, frame, grid, NULL) == RV_OK) {
        number = 0;
        for (int block = 0; block < 10; block++) {
            int x = (2 * (block % 5) + 1) * LUMA_GRID_WIDTH / 10;
            int y = (2 * (block / 5) + 1) * LUMA_GRID_HEIGHT / 4;
            number |= (grid[y * LUMA_GRID_WIDTH + x] > 125) << block;
        }
    }
    rv_luma_destroy(scaler);
    return number;
}

#endif
