/* SPDX-License-Identifier: MIT */
/* Which device embeds images: chosen when the first is embedded, replaced by the CPU if it fails. */
#ifndef RV_ENCODER_DEVICE_H
#define RV_ENCODER_DEVICE_H

#include "base/threads.h"
#include "clip/clip_model.h"
#include "reelvec/encoder.h"

/* Texts are always embedded on the CPU: a text is one short sequence, and opening a GPU takes longer than
 * embedding it. */
typedef struct ImageDevice {
    char name[32]; // as the caller named it; empty for auto
    RvPrecision wanted;
    RvLog log;
    Compute *cpu;     // owned; open from the beginning
    Compute *compute; // NULL until chosen; then cpu, or another device, which is owned
    ComputePrecision precision;
} ImageDevice;

/* pool: borrowed, the threads of the CPU. Open the CPU, and the other device if one is named; "auto" is
 * decided later. Call rv_image_device_close also after an error. Errors: ARGUMENT (no such name),
 * UNSUPPORTED, MEMORY. */
RvStatus rv_image_device_init(ImageDevice *device, const RvEncoderOptions *options, ThreadPool *pool,
                              RvError *err);
void rv_image_device_close(ImageDevice *device);

/* Choose the device unless it is chosen already, and let the model use it. Errors: UNSUPPORTED, MEMORY. */
RvStatus rv_image_device_choose(ImageDevice *device, ClipModel *model, RvError *err);

/* Use the CPU from here on and log the reason. Returns false if the device that failed is the CPU. */
bool rv_image_device_fall_back(ImageDevice *device, ClipModel *model, const RvError *reason);

#endif
