/* SPDX-License-Identifier: MIT */
/* Pictures that lie in a device's memory as planes, resampled there. */
#ifndef RV_COMPUTE_DEVICE_PLANES_H
#define RV_COMPUTE_DEVICE_PLANES_H

#include "compute/compute.h"

/* Luma, or one of the two parts of chroma. */
typedef struct DevicePlane {
    uint64_t address;          // of its first sample
    size_t row_stride;         // bytes
    int width, height, step;   // samples; step: from one of a row to the next
    double origin_x, origin_y; // the first sample's middle, in samples from the picture's corner: 0.5, or as
                               // chroma lies
} DevicePlane;

typedef struct DevicePicture {
    DevicePlane planes[3];
    int sample_bytes; // 1, or 2: 16 bits, of which the lowest may be unused
    void *stream;     // on which it was made; NULL: the context's default one
} DevicePicture;

/* All of the picture becomes width x height; of that, the window is wanted. */
typedef struct DeviceTarget {
    int width, height;
    int left, top, window_width, window_height;
} DeviceTarget;

typedef struct DevicePlanes DevicePlanes; // room and filters for pictures of one shape

typedef struct DevicePlaneOps {
    RvStatus (*create)(Compute *, DevicePlanes **out, RvError *err);
    void (*destroy)(Compute *, DevicePlanes *); // NULL is accepted

    /* dst uint16[3, window_height, window_width] on the host: the planes resampled to the same size, bicubic
     * (Keys, a = -0.5) and as much wider as the picture shrinks, edges repeated; 8-bit samples times 256.
     * Waits for the picture's stream. Errors: MEMORY, UNSUPPORTED (sizes), IO. */
    RvStatus (*resample)(Compute *, DevicePlanes *, const DevicePicture *picture, const DeviceTarget *target,
                         uint16_t *dst, RvError *err);
} DevicePlaneOps;

#endif
