/* SPDX-License-Identifier: MIT */
/* The parts that all other files of the CUDA device use: its context, its failure, launching kernels. */
#include "compute/cuda/cuda_device.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

bool rv_cuda_enter(CudaDevice *device)
{
    return device->failure.status == RV_OK &&
           rv_cuda_good(device, device->driver.context_set(device->context), "use of the device");
}

void rv_cuda_fail(CudaDevice *device, RvStatus status, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (device->failure.status != RV_OK)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    rv_error_set(&device->failure, status, "%s (%s): %s", device->base.device, device->base.device_name,
                 text);
}

bool rv_cuda_good(CudaDevice *device, int result, const char *what)
{
    if (result == 0)
        return true;
    const char *name = NULL, *text = NULL;
    device->driver.error_name(result, &name);
    device->driver.error_text(result, &text);
    rv_cuda_fail(device, result == CUDA_RESULT_OUT_OF_MEMORY ? RV_ERROR_MEMORY : RV_ERROR_IO, "%s: %s (%s)",
                 what, text != NULL ? text : "unknown error", name != NULL ? name : "?");
    return false;
}

void rv_cuda_launch(CudaDevice *device, int kernel, CudaGrid grid, void *params)
{
    if (grid.x == 0 || grid.y == 0)
        return;
    if (grid.x > INT32_MAX || grid.y > UINT16_MAX) {
        rv_cuda_fail(device, RV_ERROR_MEMORY, "more rows in a call than the device takes");
        return;
    }
    void *parameters[] = {params};
    rv_cuda_good(device,
                 device->driver.kernel_launch(device->kernels[kernel], (unsigned)grid.x, (unsigned)grid.y, 1,
                                              grid.threads, 1, 1, (unsigned)grid.shared_bytes, device->stream,
                                              parameters, NULL),
                 "start of a kernel");
}
