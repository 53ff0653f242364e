/* SPDX-License-Identifier: MIT */
/* Which device embeds pictures: chosen by the first of them, replaced by the CPU when it fails. */
#ifndef RV_ENCODER_DEVICE_H
#define RV_ENCODER_DEVICE_H

#include "clip/clip_model.h"
#include "reelvec/encoder.h"

/* Texts are embedded on the CPU: one is a short sequence, and opening a GPU takes longer than all of it. */
typedef struct ImageDevice {
    char name[32]; // as it was asked for; empty: auto
    RvPrecision wanted;
    RvLog log;
    Compute *cpu;     // owned, open from the beginning
    Compute *compute; // NULL until chosen; cpu, or another, owned
    ComputePrecision precision;
} ImageDevice;

/* Open the CPU, and another device that is asked for by name; "auto" is decided later. Close in any case.
 * Errors: ARGUMENT (no such name), UNSUPPORTED, MEMORY. */
RvStatus rv_image_device_init(ImageDevice *device, const RvEncoderOptions *options, RvError *err);
void rv_image_device_close(ImageDevice *device);

/* Decide, if that is not yet done, and tell the model. */
RvStatus rv_image_device_choose(ImageDevice *device, ClipModel *model, RvError *err);

/* From here on the CPU, which is logged with the reason; false when it is the CPU that failed. */
bool rv_image_device_fall_back(ImageDevice *device, ClipModel *model, const RvError *reason);

#endif
