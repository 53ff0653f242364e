/* SPDX-License-Identifier: MIT */
/* Choice of the device by name. */
#include "compute/compute.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

// "auto" is the first that works.
static const ComputeOps *const devices[] = {&rv_cuda_ops, &rv_cpu_ops};

static bool is_auto(const char *name)
{
    return name == NULL || strcmp(name, "auto") == 0;
}

static const ComputeOps *find_device(const char *name)
{
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        size_t length = strlen(devices[i]->name);
        if (strncmp(name, devices[i]->name, length) != 0)
            continue;
        const char *rest = name + length;
        size_t digits = strspn(rest + (*rest == ':'), "0123456789");
        if (*rest == '\0' ||
            (devices[i]->numbered && *rest == ':' && digits >= 1 && digits <= 3 && rest[1 + digits] == '\0'))
            return devices[i];
    }
    return NULL;
}

RvStatus rv_compute_check_name(const char *device, RvError *err)
{
    if (is_auto(device) || find_device(device) != NULL)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: no such compute device; use auto, cpu, cuda or cuda:N",
                        device);
}

static RvStatus open_first(const ComputeOptions *options, Compute **out, RvError *err)
{
    RvStatus status = RV_ERROR_UNSUPPORTED;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0] && status != RV_OK; i++)
        status = devices[i]->open(options, out, err);
    return status;
}

RvStatus rv_compute_open(const ComputeOptions *options, Compute **out, RvError *err)
{
    *out = NULL;
    ComputeOptions wanted = *options;
    const char *variable = getenv("REELVEC_DEVICE");
    if (is_auto(wanted.device) && variable != NULL && variable[0] != '\0')
        wanted.device = variable;
    RvStatus status = rv_compute_check_name(wanted.device, err);
    if (status != RV_OK)
        return status;
    if (!is_auto(wanted.device))
        return find_device(wanted.device)->open(&wanted, out, err);
    wanted.device = NULL;
    return open_first(&wanted, out, err);
}

void rv_compute_close(Compute *compute)
{
    if (compute != NULL)
        compute->ops->close(compute);
}

void rv_compute_describe_cuda(char *line, size_t size_bytes)
{
    rv_cuda_ops.describe(line, size_bytes);
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

RvStatus rv_compute_refuse_linear(size_t output_count, size_t input_count, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_UNSUPPORTED,
        "linear layer of %zu outputs and %zu inputs: more or fewer than this device takes; use a "
        "checkpoint of a usual size",
        output_count, input_count);
}
