/* SPDX-License-Identifier: MIT */
/* Which device embeds images: chosen when the first is embedded, replaced by the CPU if it fails. */
#include "encoder/encoder_device.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static void set_compute(ImageDevice *device, Compute *compute)
{
    device->compute = compute;
    device->precision = device->wanted == RV_PRECISION_FAST ||
                                (device->wanted == RV_PRECISION_AUTO && rv_compute_fast_is_faster(compute))
                            ? COMPUTE_FAST
                            : COMPUTE_FLOAT32;
}

static RvStatus open_device(ImageDevice *device, RvError *err)
{
    ComputeOptions options = {.device = device->name[0] != '\0' ? device->name : NULL,
                              .thread_count = rv_compute_thread_count(device->cpu)};
    Compute *compute = NULL;
    RvStatus status = rv_compute_open(&options, &compute, err);
    if (status != RV_OK)
        return status;
    if (strcmp(compute->ops->name, device->cpu->ops->name) == 0) {
        rv_compute_close(compute); // one pool of threads is enough
        compute = device->cpu;
    }
    set_compute(device, compute);
    return RV_OK;
}

RvStatus rv_image_device_init(ImageDevice *device, const RvEncoderOptions *options, ThreadPool *pool,
                              RvError *err)
{
    *device = (ImageDevice){.wanted = options->precision, .log = options->log};
    RvStatus status = rv_compute_check_name(options->device, err);
    if (status != RV_OK)
        return status;
    bool named = options->device != NULL && strcmp(options->device, "auto") != 0;
    snprintf(device->name, sizeof device->name, "%s", named ? options->device : "");
    ComputeOptions cpu_options = {.device = "cpu", .pool = pool};
    status = rv_compute_open(&cpu_options, &device->cpu, err);
    if (status != RV_OK || !named)
        return status;
    if (strcmp(device->name, "cpu") != 0)
        return open_device(device, err);
    set_compute(device, device->cpu);
    return RV_OK;
}

void rv_image_device_close(ImageDevice *device)
{
    if (device->compute != device->cpu)
        rv_compute_close(device->compute);
    rv_compute_close(device->cpu);
    device->compute = device->cpu = NULL;
}

RvStatus rv_image_device_choose(ImageDevice *device, ClipModel *model, RvError *err)
{
    RvStatus status = device->compute == NULL ? open_device(device, err) : RV_OK;
    if (status == RV_OK)
        rv_clip_set_image_device(model, device->compute, device->precision);
    return status;
}

bool rv_image_device_fall_back(ImageDevice *device, ClipModel *model, const RvError *reason)
{
    if (device->compute == device->cpu)
        return false;
    rv_log_line(&device->log, RV_LOG_WARNING, "%s; pictures are embedded on the CPU from here on",
                reason->message);
    Compute *failed = device->compute;
    set_compute(device, device->cpu);
    rv_clip_set_image_device(model, device->compute, device->precision); // frees what the other device holds
    rv_compute_close(failed);
    return true;
}
