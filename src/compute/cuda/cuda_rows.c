/* SPDX-License-Identifier: MIT */
/* The operations of the CUDA device that are reelvec's own kernels. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "compute/cuda/cuda_device.h"

static const float *floats_of(const DeviceBuffer *buffer)
{
    assert(!buffer->half);
    return (const float *)(uintptr_t)buffer->address;
}

void rv_cuda_layer_norm(Compute *compute, DeviceRows src, size_t rows, size_t width, const DeviceBuffer *gain,
                        const DeviceBuffer *shift, float epsilon, DeviceRows dst)
{
    CudaDevice *device = (CudaDevice *)compute;
    assert(!src.buffer->half);
    if (!rv_cuda_enter(device))
        return;
    LayerNormParams params = {.src = cuda_values(src),
                              .gain = floats_of(gain),
                              .shift = floats_of(shift),
                              .dst = cuda_values(dst),
                              .src_stride = src.stride,
                              .dst_stride = dst.stride,
                              .rows = rows,
                              .width = (uint32_t)width,
                              .epsilon = epsilon};
    rv_cuda_launch(device, dst.buffer->half ? CUDA_KERNEL_rv_layer_norm_f16 : CUDA_KERNEL_rv_layer_norm_f32,
                   (CudaGrid){rv_divide_up(rows, CUDA_WARPS), 1, CUDA_THREADS, 0}, &params);
}

void rv_cuda_rotate(Compute *compute, DeviceRows rows, size_t row_count, size_t width, size_t head_width,
                    const DeviceBuffer *angles, size_t token_count)
{
    CudaDevice *device = (CudaDevice *)compute;
    assert(head_width % 2 == 0 && width % head_width == 0);
    if (!rv_cuda_enter(device))
        return;
    RotateParams params = {.rows = cuda_values(rows),
                           .angles = floats_of(angles),
                           .stride = rows.stride,
                           .width = (uint32_t)width,
                           .head_width = (uint32_t)head_width,
                           .token_count = (uint32_t)token_count};
    rv_cuda_launch(device, rows.buffer->half ? CUDA_KERNEL_rv_rotate_f16 : CUDA_KERNEL_rv_rotate_f32,
                   (CudaGrid){row_count, 1, CUDA_THREADS, 0}, &params);
}

/* True if rows can be read sixteen bytes at a time. */
static bool aligned16(DeviceRows rows)
{
    return (uintptr_t)cuda_values(rows) % 16 == 0 &&
           rows.stride * cuda_value_bytes(rows.buffer->half) % 16 == 0;
}

/* Returns the kernel that computes heads of float16 in tiles, or CUDA_KERNEL_COUNT if there is none. */
static int tile_kernel(size_t head_width)
{
    if (head_width % 8 != 0 || head_width > 96)
        return CUDA_KERNEL_COUNT;
    return head_width <= 64   ? CUDA_KERNEL_rv_attention_f16_w64
           : head_width <= 80 ? CUDA_KERNEL_rv_attention_f16_w80
                              : CUDA_KERNEL_rv_attention_f16_w96;
}

void rv_cuda_attention(Compute *compute, const AttentionShape *shape, DeviceRows q, DeviceRows k,
                       DeviceRows v, DeviceRows dst)
{
    CudaDevice *device = (CudaDevice *)compute;
    bool half = q.buffer->half;
    assert(shape->token_count <= COMPUTE_TOKENS_MAX && shape->head_width <= CUDA_HEAD_WIDTH_MAX);
    assert(shape->first_query + shape->query_count <= shape->token_count);
    assert(k.stride == v.stride && k.buffer->half == half && dst.buffer->half == half);
    assert(shape->one_query ? shape->first_query == 0 && shape->query_count == 1 && !shape->causal
                            : q.stride == k.stride);
    if (!rv_cuda_enter(device))
        return;
    AttentionParams params = {.q = cuda_values(q),
                              .k = cuda_values(k),
                              .v = cuda_values(v),
                              .dst = cuda_values(dst),
                              .qkv_stride = k.stride,
                              .q_step = shape->one_query ? 0 : shape->token_count * k.stride,
                              .dst_stride = dst.stride,
                              .token_count = (uint32_t)shape->token_count,
                              .first_query = (uint32_t)shape->first_query,
                              .query_count = (uint32_t)shape->query_count,
                              .head_count = (uint32_t)shape->head_count,
                              .head_width = (uint32_t)shape->head_width,
                              .causal = shape->causal,
                              .scale = 1.0f / sqrtf((float)shape->head_width)};
    size_t heads = shape->sequence_count * shape->head_count;
    int tiles = tile_kernel(shape->head_width);
    if (half && tiles != CUDA_KERNEL_COUNT && aligned16(q) && aligned16(k) && aligned16(v)) {
        rv_cuda_launch(
            device, tiles,
            (CudaGrid){heads, rv_divide_up(shape->query_count, CUDA_TILE_QUERIES), CUDA_TILE_THREADS, 0},
            &params);
        return;
    }
    size_t shared = CUDA_KEYS * (shape->head_width + 1) + CUDA_WARPS * shape->head_width;
    rv_cuda_launch(
        device, half ? CUDA_KERNEL_rv_attention_f16 : CUDA_KERNEL_rv_attention_f32,
        (CudaGrid){heads, rv_divide_up(shape->query_count, CUDA_WARPS), CUDA_THREADS, shared * sizeof(float)},
        &params);
}

void rv_cuda_patches(Compute *compute, const PatchShape *shape, size_t image_count, DeviceBuffer *dst)
{
    CudaDevice *device = (CudaDevice *)compute;
    const CudaDriver *driver = &device->driver;
    const CudaImageSlot *slot = &device->slots[device->slot];
    if (!rv_cuda_enter(device))
        return;
    size_t grid = shape->image_size / shape->patch_size;
    PatchesParams params = {.images_u8 = (const uint8_t *)(uintptr_t)slot->device_u8,
                            .dst = (void *)(uintptr_t)dst->address,
                            .size = (uint32_t)shape->image_size,
                            .patch = (uint32_t)shape->patch_size,
                            .grid = (uint32_t)grid};
    memcpy(params.mean, shape->mean, sizeof params.mean);
    memcpy(params.deviation, shape->deviation, sizeof params.deviation);
    if (!rv_cuda_good(device, driver->stream_wait_event(device->stream, slot->uploaded, 0), "an event"))
        return;
    rv_cuda_launch(device, dst->half ? CUDA_KERNEL_rv_patches_f16 : CUDA_KERNEL_rv_patches_f32,
                   (CudaGrid){image_count * grid * grid, 1, CUDA_THREADS, 0}, &params);
    if (device->failure.status == RV_OK)
        rv_cuda_good(device, driver->event_record(slot->consumed, device->stream), "an event");
}

void rv_cuda_add_rows(Compute *compute, DeviceRows dst, size_t rows, size_t width, const DeviceBuffer *addend,
                      size_t addend_rows)
{
    CudaDevice *device = (CudaDevice *)compute;
    assert(!dst.buffer->half);
    if (!rv_cuda_enter(device))
        return;
    AddRowsParams params = {.dst = cuda_values(dst),
                            .addend = floats_of(addend),
                            .dst_stride = dst.stride,
                            .addend_rows = (uint32_t)addend_rows,
                            .width = (uint32_t)width};
    rv_cuda_launch(device, CUDA_KERNEL_rv_add_rows_f32, (CudaGrid){rows, 1, CUDA_THREADS, 0}, &params);
}

void rv_cuda_sequences(Compute *compute, DeviceRows src, const DeviceBuffer *first,
                       const DeviceBuffer *positions, size_t sequence_count, size_t token_count, size_t width,
                       DeviceBuffer *dst)
{
    CudaDevice *device = (CudaDevice *)compute;
    if (!rv_cuda_enter(device))
        return;
    SequencesParams params = {.src = cuda_values(src),
                              .first = first != NULL ? floats_of(first) : NULL,
                              .positions = floats_of(positions),
                              .dst = (float *)(uintptr_t)dst->address,
                              .src_stride = src.stride,
                              .token_count = (uint32_t)token_count,
                              .width = (uint32_t)width};
    rv_cuda_launch(device, src.buffer->half ? CUDA_KERNEL_rv_sequences_f16 : CUDA_KERNEL_rv_sequences_f32,
                   (CudaGrid){sequence_count * token_count, 1, CUDA_THREADS, 0}, &params);
}
