/* SPDX-License-Identifier: MIT */
/* Codes of rows on the CUDA device. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/cuda/cuda_device.h"
#include "compute/kernels/code_kernels.h"

_Static_assert(DEVICE_CODE_BLOCK == CUDA_CODE_ROWS, "a warp gives the best of a block");

#define ROWS_MAX ((size_t)INT32_MAX - CUDA_CODE_ROWS)
#define WIDTH_MAX ((size_t)16384) // both bytes of a query's values are in shared memory
#define PLACE_ALIGNMENT ((size_t)256)

/* All arrays are parts of one allocation of device memory. */
struct DeviceCodes {
    CudaAddress memory;
    size_t row_count, width;
    CudaAddress codes, bounds, times, highs, rows, best, counted, query, above_count;
};

static CudaAddress take(CudaAddress *end, size_t count, size_t value_bytes)
{
    CudaAddress begin = *end;
    *end += rv_round_up(count * value_bytes, PLACE_ALIGNMENT);
    return begin;
}

/* Set the addresses of the arrays, beginning at `memory`. Returns their size in bytes, which does not
 * overflow for rows and widths within the limits. */
static size_t lay_out(DeviceCodes *codes, CudaAddress memory)
{
    CudaAddress end = memory;
    codes->memory = memory;
    codes->codes = take(&end, codes->row_count, codes->width);
    codes->bounds = take(&end, codes->row_count, 2 * sizeof(float));
    codes->times = take(&end, codes->row_count, sizeof(double));
    codes->highs = take(&end, codes->row_count, sizeof(float));
    codes->rows = take(&end, codes->row_count, sizeof(uint32_t));
    codes->best = take(&end, rv_divide_up(codes->row_count, DEVICE_CODE_BLOCK), sizeof(float));
    codes->counted = take(&end, rv_divide_up(codes->row_count, 32), sizeof(uint32_t));
    codes->query = take(&end, 2 * codes->width, 1);
    codes->above_count = take(&end, 1, sizeof(uint32_t));
    return (size_t)(end - memory);
}

static size_t size_of_codes(size_t row_count, size_t width)
{
    DeviceCodes codes = {.row_count = row_count, .width = width};
    return lay_out(&codes, 0);
}

static void destroy_codes(Compute *compute, DeviceCodes *codes)
{
    if (codes != NULL)
        rv_cuda_free((CudaDevice *)compute, &codes->memory);
    free(codes);
}

static RvStatus create_codes(Compute *compute, size_t row_count, size_t width, DeviceCodes **out,
                             RvError *err)
{
    *out = NULL;
    if (row_count == 0 || row_count > ROWS_MAX || width == 0 || width > WIDTH_MAX ||
        width % CODE_ALIGNMENT != 0)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: %zu rows of %zu bytes: more than the device searches at once",
                            compute->device, row_count, width);
    DeviceCodes *codes = rv_mem_alloc(1, sizeof *codes, err);
    if (codes == NULL)
        return RV_ERROR_MEMORY;
    codes->row_count = row_count;
    codes->width = width;
    CudaAddress memory = 0;
    RvStatus status = rv_cuda_alloc((CudaDevice *)compute, size_of_codes(row_count, width), 1, &memory, err);
    if (status != RV_OK) {
        free(codes);
        return status;
    }
    lay_out(codes, memory);
    *out = codes;
    return RV_OK;
}

static void write_codes(Compute *compute, DeviceCodes *codes, size_t first, size_t count,
                        const uint8_t *codes_u8, const float *bounds, const double *times_s)
{
    CudaDevice *device = (CudaDevice *)compute;
    if (count == 0 || !rv_cuda_enter(device))
        return;
    if (rv_cuda_send(device, codes->codes + first * codes->width, codes_u8, count * codes->width) &&
        rv_cuda_send(device, codes->bounds + first * 2 * sizeof *bounds, bounds,
                     count * 2 * sizeof *bounds) &&
        rv_cuda_send(device, codes->times + first * sizeof *times_s, times_s, count * sizeof *times_s))
        rv_cuda_good(device, device->driver.stream_wait(device->stream), "copy to the device");
}

/* Returns the kernel's parameters. Pointers that the kernel does not use are NULL. */
static CodeScoresParams score_params(const DeviceCodes *codes, const DeviceCodeQuery *query)
{
    bool timed = query->after_s != NULL || query->before_s != NULL;
    return (CodeScoresParams){
        .codes = cuda_pointer(codes->codes),
        .bounds = cuda_pointer(codes->bounds),
        .times_s = timed ? cuda_pointer(codes->times) : NULL,
        .counted = query->counted != NULL ? cuda_pointer(codes->counted) : NULL,
        .query = cuda_pointer(codes->query),
        .highs = cuda_pointer(codes->highs),
        .best = cuda_pointer(codes->best),
        .step = query->step,
        .error_factor = query->error_factor,
        .slack = query->slack,
        .after_s = query->after_s != NULL ? *query->after_s : -INFINITY,
        .before_s = query->before_s != NULL ? *query->before_s : INFINITY,
        .row_count = (uint32_t)codes->row_count,
        .width = (uint32_t)codes->width,
    };
}

static void score_codes(Compute *compute, DeviceCodes *codes, const DeviceCodeQuery *query, float *best)
{
    CudaDevice *device = (CudaDevice *)compute;
    size_t blocks = rv_divide_up(codes->row_count, DEVICE_CODE_BLOCK);
    CodeScoresParams params = score_params(codes, query);
    if (!rv_cuda_enter(device) || !rv_cuda_send(device, codes->query, query->code->high, codes->width) ||
        !rv_cuda_send(device, codes->query + codes->width, query->code->low, codes->width) ||
        (query->counted != NULL &&
         !rv_cuda_send(device, codes->counted, query->counted,
                       rv_divide_up(codes->row_count, 32) * sizeof *query->counted)))
        return;
    rv_cuda_launch(device, CUDA_KERNEL_rv_code_scores,
                   (CudaGrid){rv_divide_up(blocks, CUDA_WARPS), 1, CUDA_THREADS, 2 * codes->width}, &params);
    if (device->failure.status == RV_OK)
        rv_cuda_fetch(device, best, codes->best, blocks * sizeof *best);
}

static size_t codes_above(Compute *compute, DeviceCodes *codes, double threshold, uint32_t *rows,
                          size_t capacity)
{
    CudaDevice *device = (CudaDevice *)compute;
    uint32_t count = 0;
    CodesAboveParams params = {.highs = cuda_pointer(codes->highs),
                               .rows = cuda_pointer(codes->rows),
                               .count = cuda_pointer(codes->above_count),
                               .threshold = threshold,
                               .row_count = (uint32_t)codes->row_count,
                               .capacity = (uint32_t)capacity};
    if (!rv_cuda_enter(device) || !rv_cuda_send(device, codes->above_count, &count, sizeof count))
        return 0;
    rv_cuda_launch(device, CUDA_KERNEL_rv_codes_above,
                   (CudaGrid){rv_divide_up(codes->row_count, CUDA_THREADS), 1, CUDA_THREADS, 0}, &params);
    if (device->failure.status != RV_OK || !rv_cuda_fetch(device, &count, codes->above_count, sizeof count))
        return 0;
    size_t kept = count < capacity ? count : capacity;
    if (kept > 0 && !rv_cuda_fetch(device, rows, codes->rows, kept * sizeof *rows))
        return 0;
    return count;
}

const DeviceCodeOps rv_cuda_code_ops = {
    .create = create_codes,
    .destroy = destroy_codes,
    .size_bytes = size_of_codes,
    .write = write_codes,
    .score = score_codes,
    .above = codes_above,
};
