/* SPDX-License-Identifier: MIT */
/* Choice of the device by name. */
#include "compute/compute.h"

#include <string.h>

#include "base/error.h"
#include "compute/compute_cpu.h"

typedef struct Device {
    const char *name;
    RvStatus (*open)(const ComputeOptions *options, Compute **out, RvError *err); // NULL: not in this build
} Device;

// The first is what "auto" takes.
static const Device devices[] = {
    {"cpu", rv_compute_cpu_open},
    {"cuda", NULL},
};

static const Device *find_device(const char *name)
{
    if (name == NULL || strcmp(name, "auto") == 0)
        return &devices[0];
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (strcmp(name, devices[i].name) == 0)
            return &devices[i];
    }
    return NULL;
}

RvStatus rv_compute_open(const ComputeOptions *options, Compute **out, RvError *err)
{
    *out = NULL;
    const Device *device = find_device(options->device);
    if (device == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: no such compute device; use auto or cpu",
                            options->device);
    if (device->open == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: not in this build; use auto or cpu",
                            device->name);
    return device->open(options, out, err);
}

void rv_compute_close(Compute *compute)
{
    if (compute != NULL)
        compute->ops->close(compute);
}

int rv_compute_thread_count(const Compute *compute)
{
    return compute->thread_count;
}

const char *rv_compute_kernels(const Compute *compute)
{
    return compute->kernels;
}

bool rv_compute_fast_is_faster(const Compute *compute)
{
    return compute->fast_is_faster;
}

int rv_compute_jobs(const Compute *compute)
{
    return compute->jobs > 0 ? compute->jobs : 1;
}
