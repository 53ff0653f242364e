/* SPDX-License-Identifier: MIT */
/* Frames that a CUDA device decoded, resampled where they lie. */
#ifndef RV_PIXELS_DEVICE_SCALER_H
#define RV_PIXELS_DEVICE_SCALER_H

#include "compute/device_planes.h"
#include "pixels/frame_view.h"
#include "pixels/upright.h"

/* The device of this context of the driver's, without anything but resampling. Errors: UNSUPPORTED (a build
 * or a machine without it), MEMORY. */
RvStatus rv_device_scaler_open(void *context, const RvLog *log, Compute **out, RvError *err);

/* Zeroed is empty. */
typedef struct DeviceScaler {
    Compute *compute; // borrowed: whose the planes are
    DevicePlanes *planes;
    uint16_t *pixels; // [3, window]
    size_t capacity;
} DeviceScaler;

/* Before the device is closed. */
void rv_device_scaler_clear(DeviceScaler *scaler);

/* The window of the frame's planes, resampled to width x height, as swscale makes YUV444P16 of them: rows of
 * uint16 on the host. view: on_device. Errors: those of resampling. */
RvStatus rv_device_scaler_run(DeviceScaler *scaler, const FrameView *view, int width, int height,
                              const PixelWindow *window, uint8_t *const planes[3], const int strides[3],
                              RvError *err);

#endif
