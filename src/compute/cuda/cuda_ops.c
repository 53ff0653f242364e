/* SPDX-License-Identifier: MIT */
/* The CUDA device's table of operations: opening, describing, closing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/mem.h"
#include "compute/cuda/cuda_device.h"

/* Rows in one run of a tower. The last wave of a matrix product's tiles leaves most of the device idle; with
 * this many rows it is a small part of the time. */
#define ROWS_PER_RUN 16384
#define IMAGES_PER_RUN 256
/* A decoder decodes some hundred frames a second, and a GPU embeds thousands. This is an estimate that has
 * not been measured. */
#define VIDEOS_AT_ONCE 4

#define CAPABILITY_MIN 75 // the lowest that the kernels are compiled for: 7.5, Turing

static RvStatus status_of(Compute *compute, RvError *err)
{
    CudaDevice *device = (CudaDevice *)compute;
    RvStatus status = device->failure.status;
    if (status != RV_OK && err != NULL)
        *err = device->failure;
    if (status == RV_ERROR_MEMORY)
        device->failure = (RvError){0};
    return status;
}

static void close_device(Compute *compute)
{
    CudaDevice *device = (CudaDevice *)compute;
    const CudaDriver *driver = &device->driver;
    if (device->context != NULL) {
        driver->context_set(device->context);
        if (device->stream != NULL)
            driver->stream_wait(device->stream);
        rv_cuda_images_release(device);
        rv_cuda_free(device, &device->scratch.address);
        rv_cuda_free(device, &device->workspace);
        for (int i = 0; i < 2; i++) {
            if (device->slots[i].uploaded != NULL)
                driver->event_destroy(device->slots[i].uploaded);
            if (device->slots[i].consumed != NULL)
                driver->event_destroy(device->slots[i].consumed);
        }
        if (device->stream != NULL)
            driver->stream_destroy(device->stream);
        if (device->upload_stream != NULL)
            driver->stream_destroy(device->upload_stream);
        rv_cublaslt_close(&device->blas);
        if (device->module != NULL)
            driver->module_unload(device->module);
        driver->context_set(NULL);
        driver->context_release(device->device);
    }
    rv_cuda_driver_close(&device->driver);
    free(device);
}

/* Choose the device of that number. UNSUPPORTED if this build has no kernels for it. */
static RvStatus choose_device(CudaDevice *device, int ordinal, RvError *err)
{
    const CudaDriver *driver = &device->driver;
    int count = 0, major = 0, minor = 0;
    snprintf(device->base.device, sizeof device->base.device, "cuda:%d", ordinal);
    if (driver->device_count(&count) != 0 || ordinal >= count)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: no such device: this machine has %d, from cuda:0 on", device->base.device,
                            count);
    if (driver->device_get(&device->device, ordinal) != 0 ||
        driver->device_name(device->base.device_name, sizeof device->base.device_name, device->device) != 0 ||
        driver->device_attribute(&major, CUDA_DEVICE_MAJOR, device->device) != 0 ||
        driver->device_attribute(&minor, CUDA_DEVICE_MINOR, device->device) != 0)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: the driver does not describe the device",
                            device->base.device);
    if (major * 10 + minor < CAPABILITY_MIN)
        return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL,
                                 "%s: %s is too old: it has compute capability %d.%d, %d.%d is needed",
                                 device->base.device, device->base.device_name, major, minor,
                                 CAPABILITY_MIN / 10, CAPABILITY_MIN % 10);
    return RV_OK;
}

static void load_kernels(CudaDevice *device)
{
#define CUDA_KERNEL_NAME(name, params) #name,
    static const char *const names[] = {CUDA_KERNELS(CUDA_KERNEL_NAME)};
    const CudaDriver *driver = &device->driver;
    if (!rv_cuda_good(device, driver->module_load(&device->module, rv_cuda_image), "loading of the kernels"))
        return;
    for (size_t i = 0; i < CUDA_KERNEL_COUNT; i++)
        rv_cuda_good(device, driver->module_function(&device->kernels[i], device->module, names[i]),
                     names[i]);
}

static void create_streams(CudaDevice *device)
{
    const CudaDriver *driver = &device->driver;
    bool good =
        rv_cuda_good(device, driver->stream_create(&device->stream, CUDA_STREAM_NON_BLOCKING), "a stream") &&
        rv_cuda_good(device, driver->stream_create(&device->upload_stream, CUDA_STREAM_NON_BLOCKING),
                     "a stream");
    for (int i = 0; i < 2 && good; i++)
        good = rv_cuda_good(device, driver->event_create(&device->slots[i].uploaded, CUDA_EVENT_NO_TIMING),
                            "an event") &&
               rv_cuda_good(device, driver->event_create(&device->slots[i].consumed, CUDA_EVENT_NO_TIMING),
                            "an event");
}

/* Retain the primary context, which other users of CUDA in this process share. */
static void retain_context(CudaDevice *device)
{
    CudaHandle context = NULL;
    // The same flags as FFmpeg's. FFmpeg does not share a context with other flags
    // (libavutil/hwcontext_cuda.c); each of its decoders would then make one of its own. With these flags,
    // threads that wait leave their core to decoding. If the context exists already, this has no effect.
    device->driver.context_flags(device->device, CUDA_CONTEXT_BLOCKING_SYNC);
    if (rv_cuda_good(device, device->driver.context_retain(&context, device->device), "opening"))
        device->context = context;
}

static RvStatus start_device(CudaDevice *device, int ordinal, bool without_linear, RvError *err)
{
    RvStatus status = choose_device(device, ordinal, err);
    if (status != RV_OK)
        return status;
    retain_context(device);
    if (device->context != NULL && rv_cuda_enter(device)) {
        load_kernels(device);
        create_streams(device);
        RvError memory;
        if (!without_linear &&
            rv_cuda_alloc(device, CUDA_WORKSPACE_BYTES, 1, &device->workspace, &memory) != RV_OK)
            rv_cuda_fail(device, RV_ERROR_MEMORY, "%s", memory.message);
    }
    if (device->failure.status != RV_OK)
        return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL, "%s", device->failure.message);
    return without_linear ? RV_OK : rv_cublaslt_open(&device->blas, err);
}

static RvStatus open_cuda(const ComputeOptions *options, Compute **out, RvError *err)
{
    *out = NULL;
    if (rv_cuda_image_bytes == 0)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "cuda: not in this build: nvcc was not there when it was configured (or -Dcuda=disabled); "
            "use auto or cpu");
    const char *number = options->device != NULL ? strchr(options->device, ':') : NULL;
    CudaDevice *device = rv_mem_alloc(1, sizeof *device, err);
    if (device == NULL)
        return RV_ERROR_MEMORY;
    device->base.ops = &rv_cuda_ops;
    device->base.kernels = rv_cpu_level_name(rv_cpu_level());
    device->base.thread_count = options->thread_count > 0 ? options->thread_count : 1;
    device->base.fast_is_faster = true;
    device->base.jobs = VIDEOS_AT_ONCE;
    device->base.rows_per_run = ROWS_PER_RUN;
    device->base.images_per_run = IMAGES_PER_RUN;
    RvStatus status = rv_cuda_driver_open(&device->driver, err);
    if (status == RV_OK)
        status = start_device(device, number != NULL ? atoi(number + 1) : 0, options->without_linear, err);
    if (status != RV_OK)
        close_device(&device->base);
    else
        *out = &device->base;
    return status;
}

static void describe(char *line, size_t size_bytes)
{
    Compute *compute = NULL;
    RvError err = {0};
    if (open_cuda(&(ComputeOptions){.thread_count = 1}, &compute, &err) != RV_OK) {
        snprintf(line, size_bytes, "off: %s", err.message);
        return;
    }
    CudaDevice *device = (CudaDevice *)compute;
    size_t bytes = 0;
    int count = 0;
    device->driver.device_memory(&bytes, device->device);
    device->driver.device_count(&count);
    snprintf(line, size_bytes, "%s of %d: %s, %.1f GiB, driver for CUDA %d.%d, cuBLASLt %zu.%zu",
             compute->device, count, compute->device_name, (double)bytes / (1 << 30),
             device->driver.version / 1000, device->driver.version % 1000 / 10, device->blas.version / 10000,
             device->blas.version % 10000 / 100);
    rv_compute_close(compute);
}

const ComputeOps rv_cuda_ops = {
    .name = "cuda",
    .numbered = true,
    .open = open_cuda,
    .close = close_device,
    .describe = describe,
    .buffer_create = rv_cuda_buffer_create,
    .buffer_destroy = rv_cuda_buffer_destroy,
    .upload = rv_cuda_upload,
    .download = rv_cuda_download,
    .linear_create = rv_cuda_linear_create,
    .linear_destroy = rv_cuda_linear_destroy,
    .linear = rv_cuda_linear,
    .layer_norm = rv_cuda_layer_norm,
    .rotate = rv_cuda_rotate,
    .attention = rv_cuda_attention,
    .images = rv_cuda_images,
    .images_reserve = rv_cuda_images_reserve,
    .patches = rv_cuda_patches,
    .add_rows = rv_cuda_add_rows,
    .sequences = rv_cuda_sequences,
    .status = status_of,
    .free_bytes = rv_cuda_free_bytes,
    .codes = &rv_cuda_code_ops,
};
