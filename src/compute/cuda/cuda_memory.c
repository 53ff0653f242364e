/* SPDX-License-Identifier: MIT */
/* Memory of the CUDA device: buffers, copies in both directions, pictures. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/cuda/cuda_device.h"

/* Pictures are copied to page-locked memory in pieces. While one piece is sent to the device, the next is
 * copied. */
#define PIECE_BYTES ((size_t)4 << 20)

RvStatus rv_cuda_alloc(CudaDevice *device, size_t count, size_t value_bytes, CudaAddress *out, RvError *err)
{
    size_t size_bytes = 0;
    *out = 0;
    if (!rv_mem_multiply(count > 0 ? count : 1, value_bytes, &size_bytes))
        return rv_error_memory(err, SIZE_MAX);
    if (!rv_cuda_enter(device)) {
        if (err != NULL)
            *err = device->failure;
        return device->failure.status;
    }
    if (device->driver.memory_alloc(out, size_bytes) == 0)
        return RV_OK;
    *out = 0;
    return rv_error_set(err, RV_ERROR_MEMORY, "%s (%s): out of memory: %zu bytes were refused",
                        device->base.device, device->base.device_name, size_bytes);
}

void rv_cuda_free(CudaDevice *device, CudaAddress *address)
{
    // This is done even if the device has failed. The driver then returns an error, which is ignored.
    if (*address != 0 && device->driver.context_set(device->context) == 0)
        device->driver.memory_free(*address);
    *address = 0;
}

DeviceBuffer *rv_cuda_buffer_create(Compute *compute, size_t count, ComputePrecision precision, RvError *err)
{
    DeviceBuffer *buffer = rv_mem_alloc(1, sizeof *buffer, err);
    if (buffer == NULL)
        return NULL;
    buffer->half = precision == COMPUTE_FAST;
    buffer->count = count;
    if (rv_cuda_alloc((CudaDevice *)compute, count, cuda_value_bytes(buffer->half), &buffer->address, err) ==
        RV_OK)
        return buffer;
    free(buffer);
    return NULL;
}

void rv_cuda_buffer_destroy(Compute *compute, DeviceBuffer *buffer)
{
    if (buffer != NULL)
        rv_cuda_free((CudaDevice *)compute, &buffer->address);
    free(buffer);
}

static void convert(CudaDevice *device, int kernel, CudaAddress src, CudaAddress dst, size_t count)
{
    ConvertParams params = {(const void *)(uintptr_t)src, (void *)(uintptr_t)dst, count};
    rv_cuda_launch(device, kernel, (CudaGrid){rv_divide_up(count, CUDA_THREADS), 1, CUDA_THREADS, 0},
                   &params);
}

bool rv_cuda_send(CudaDevice *device, CudaAddress dst, const void *host, size_t size_bytes)
{
    return rv_cuda_good(device, device->driver.copy_to_device(dst, host, size_bytes, device->stream),
                        "copy to the device");
}

bool rv_cuda_fetch(CudaDevice *device, void *host, CudaAddress src, size_t size_bytes)
{
    return rv_cuda_good(device, device->driver.copy_to_host(host, src, size_bytes, device->stream),
                        "copy from the device") &&
           rv_cuda_good(device, device->driver.stream_wait(device->stream), "computing");
}

void rv_cuda_write(CudaDevice *device, CudaAddress dst, bool half, const float *host, size_t count)
{
    if (!rv_cuda_enter(device))
        return;
    if (!half) {
        rv_cuda_send(device, dst, host, count * sizeof *host);
        return;
    }
    // The values pass through the workspace. The stream keeps the order.
    size_t most = CUDA_WORKSPACE_BYTES / sizeof *host;
    for (size_t first = 0; first < count && device->failure.status == RV_OK; first += most) {
        size_t piece = count - first < most ? count - first : most;
        if (rv_cuda_send(device, device->workspace, host + first, piece * sizeof *host))
            convert(device, CUDA_KERNEL_rv_narrow_f16, device->workspace,
                    dst + first * cuda_value_bytes(true), piece);
    }
}

void rv_cuda_upload(Compute *compute, DeviceBuffer *dst, const float *host, size_t count)
{
    rv_cuda_write((CudaDevice *)compute, dst->address, dst->half, host, count);
}

void rv_cuda_download(Compute *compute, float *host, const DeviceBuffer *src, size_t count)
{
    CudaDevice *device = (CudaDevice *)compute;
    if (!rv_cuda_enter(device))
        return;
    if (!src->half) {
        rv_cuda_fetch(device, host, src->address, count * sizeof *host);
        return;
    }
    size_t most = CUDA_WORKSPACE_BYTES / sizeof *host;
    for (size_t first = 0; first < count && device->failure.status == RV_OK; first += most) {
        size_t piece = count - first < most ? count - first : most;
        convert(device, CUDA_KERNEL_rv_widen_f16, src->address + first * cuda_value_bytes(true),
                device->workspace, piece);
        rv_cuda_fetch(device, host + first, device->workspace, piece * sizeof *host);
    }
}

void rv_cuda_images_release(CudaDevice *device)
{
    for (int i = 0; i < 2; i++) {
        CudaImageSlot *slot = &device->slots[i];
        if (slot->host_u8 != NULL)
            device->driver.host_free(slot->host_u8);
        slot->host_u8 = NULL;
        rv_cuda_free(device, &slot->device_u8);
    }
    device->slot_bytes = 0;
}

RvStatus rv_cuda_images_reserve(Compute *compute, size_t size_bytes, RvError *err)
{
    CudaDevice *device = (CudaDevice *)compute;
    if (size_bytes == device->slot_bytes)
        return RV_OK;
    RvStatus status = RV_OK;
    if (rv_cuda_enter(device)) {
        // Memory must not be freed while a copy from it is running.
        rv_cuda_good(device, device->driver.stream_wait(device->upload_stream), "copy to the device");
        rv_cuda_good(device, device->driver.stream_wait(device->stream), "computing");
        rv_cuda_images_release(device);
    }
    for (int i = 0; i < 2 && status == RV_OK; i++) {
        void *host = NULL;
        status = rv_cuda_alloc(device, size_bytes, 1, &device->slots[i].device_u8, err);
        if (status == RV_OK && device->driver.host_alloc(&host, size_bytes, 0) != 0)
            status = rv_error_set(err, RV_ERROR_MEMORY, "%s: %zu bytes of page-locked memory were refused",
                                  device->base.device, size_bytes);
        device->slots[i].host_u8 = host;
    }
    if (status == RV_OK)
        device->slot_bytes = size_bytes;
    else
        rv_cuda_images_release(device);
    return status;
}

void rv_cuda_images(Compute *compute, const uint8_t *images_u8, size_t size_bytes)
{
    CudaDevice *device = (CudaDevice *)compute;
    const CudaDriver *driver = &device->driver;
    if (!rv_cuda_enter(device))
        return;
    if (size_bytes > device->slot_bytes) {
        rv_cuda_fail(device, RV_ERROR_INTERNAL, "no room was reserved for %zu bytes of pictures", size_bytes);
        return;
    }
    device->slot = 1 - device->slot;
    CudaImageSlot *slot = &device->slots[device->slot];
    bool good = rv_cuda_good(device, driver->event_wait(slot->consumed), "computing");
    for (size_t first = 0; first < size_bytes && good; first += PIECE_BYTES) {
        size_t piece = size_bytes - first < PIECE_BYTES ? size_bytes - first : PIECE_BYTES;
        memcpy(slot->host_u8 + first, images_u8 + first, piece);
        good = rv_cuda_good(device,
                            driver->copy_to_device(slot->device_u8 + first, slot->host_u8 + first, piece,
                                                   device->upload_stream),
                            "copy of pictures to the device");
    }
    if (good)
        rv_cuda_good(device, driver->event_record(slot->uploaded, device->upload_stream), "an event");
}

size_t rv_cuda_free_bytes(Compute *compute)
{
    CudaDevice *device = (CudaDevice *)compute;
    size_t free_bytes = 0, total_bytes = 0;
    if (rv_cuda_enter(device))
        rv_cuda_good(device, device->driver.memory_info(&free_bytes, &total_bytes), "asking for memory");
    return free_bytes;
}
