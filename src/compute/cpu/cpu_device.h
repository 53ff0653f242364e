/* SPDX-License-Identifier: MIT */
/* Shared by the files of the CPU device. */
#ifndef RV_CPU_DEVICE_H
#define RV_CPU_DEVICE_H

#include "base/threads.h"
#include "compute/compute.h"
#include "compute/kernels/kernels.h"

typedef struct LinearI16 LinearI16;           // a linear layer in 16-bit integers
typedef struct I16Space I16Space;             // memory for its rows as integers
typedef struct LinearUnpacked LinearUnpacked; // a linear layer that reads its weights at each use
struct CpuProduct;                            // cpu_panels.h
struct WeightSource;                          // cpu_panels.h

typedef struct CpuDevice {
    Compute base;
    const CpuKernels *kernels;
    const struct I16Kernels *i16_kernels;
    I16Space *i16_space; // NULL until the first fast layer is made
    ThreadPool *pool;
    bool owns_pool;
    size_t cache_floats;  // size of a row block that should stay in a core's own cache
    float *workspace;     // [thread_count, worker_floats], for attention and for rows of weights on their way
    size_t worker_floats; // a multiple of a cache line
    const uint8_t *images_u8; // of the next patches
    // [thread_count], each with one thread and no pool; NULL before the first `share`.
    struct CpuDevice *parts;
} CpuDevice;

/* Returns the part of the workspace that is the worker's, worker_floats of it. */
static inline float *cpu_workspace(const CpuDevice *device, size_t worker)
{
    return device->workspace + worker * device->worker_floats;
}

/* A buffer of the CPU is an array of floats, in either precision. */
static inline float *cpu_values(DeviceRows rows)
{
    return (float *)rows.buffer + rows.first;
}

/* Below this many multiply-adds, work costs less than passing it to other threads. */
#define CPU_SERIAL_WORK ((size_t)1 << 15)

/* Allocate floats aligned to RV_MEM_ALIGNMENT, on huge pages if there are many. On small pages, a layer's
 * panels would need thousands of them, and translating the addresses would take longer than reading the
 * weights. Free with free(). NULL: MEMORY. */
float *rv_cpu_alloc(size_t count, RvError *err);

/* Run the tasks on the pool, or all on this thread if together they are small. */
void rv_cpu_run(CpuDevice *device, size_t work, size_t task_count,
                void (*task)(void *context, size_t index, int worker), void *context);

/* The operations of ComputeOps, by file. */
DeviceBuffer *rv_cpu_buffer_create(Compute *compute, size_t count, ComputePrecision precision, RvError *err);
void rv_cpu_buffer_destroy(Compute *compute, DeviceBuffer *buffer);
void rv_cpu_upload(Compute *compute, DeviceBuffer *dst, const float *host, size_t count);
void rv_cpu_download(Compute *compute, float *host, const DeviceBuffer *src, size_t count);

void rv_cpu_layer_norm(Compute *compute, DeviceRows src, size_t rows, size_t width, const DeviceBuffer *gain,
                       const DeviceBuffer *shift, float epsilon, DeviceRows dst);
void rv_cpu_rotate(Compute *compute, DeviceRows rows, size_t row_count, size_t width, size_t head_width,
                   const DeviceBuffer *angles, size_t token_count);
void rv_cpu_add_rows(Compute *compute, DeviceRows dst, size_t rows, size_t width, const DeviceBuffer *addend,
                     size_t addend_rows);
void rv_cpu_sequences(Compute *compute, DeviceRows src, const DeviceBuffer *first,
                      const DeviceBuffer *positions, size_t sequence_count, size_t token_count, size_t width,
                      DeviceBuffer *dst);
void rv_cpu_images(Compute *compute, const uint8_t *images_u8, size_t size_bytes);
void rv_cpu_patches(Compute *compute, const PatchShape *shape, size_t image_count, DeviceBuffer *dst);

RvStatus rv_cpu_linear_create(Compute *compute, const float *weights, const float *bias, size_t output_count,
                              size_t input_count, ComputePrecision precision, LinearWeights **out,
                              RvError *err);
RvStatus rv_cpu_linear_create_rows(Compute *compute, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, ComputePrecision precision,
                                   LinearWeights **out, RvError *err);
RvStatus rv_cpu_linear_create_from(Compute *compute, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, LinearWeights **out,
                                   RvError *err);
void rv_cpu_linear_destroy(Compute *compute, LinearWeights *weights);
void rv_cpu_linear(Compute *compute, const LinearWeights *weights, DeviceRows src, size_t rows,
                   DeviceRows dst, LinearEpilogue epilogue);
/* The same for weights that are not kept. Allowed only if `fits` returns true: then a panel fits into a
 * worker's memory. context: the layer frees it, also on failure. */
bool rv_cpu_linear_unpacked_fits(const CpuDevice *device, size_t input_count);
RvStatus rv_cpu_linear_unpacked_create(const CpuDevice *device, WeightRows rows, void *context,
                                       const float *bias, size_t output_count, LinearUnpacked **out,
                                       RvError *err);
void rv_cpu_linear_unpacked_destroy(LinearUnpacked *layer);
void rv_cpu_linear_unpacked(CpuDevice *device, const LinearUnpacked *layer, const struct CpuProduct *product);
/* The same for COMPUTE_FAST. The caller has checked the sizes. */
RvStatus rv_cpu_linear_i16_create(CpuDevice *device, const struct WeightSource *source, const float *bias,
                                  size_t output_count, size_t input_count, LinearI16 **out, RvError *err);
void rv_cpu_linear_i16_destroy(LinearI16 *layer);
void rv_cpu_linear_i16(CpuDevice *device, const LinearI16 *layer, const float *src, size_t src_stride,
                       size_t rows, float *dst, size_t dst_stride, LinearEpilogue epilogue);
/* Make the memory for rows as integers, unless the device has it. Errors: MEMORY. */
RvStatus rv_cpu_i16_space_create(CpuDevice *device, RvError *err);
void rv_cpu_i16_space_destroy(CpuDevice *device);

void rv_cpu_share(Compute *compute, size_t count, size_t item_rows, ShareWork work, void *context);
void rv_cpu_parts_destroy(CpuDevice *device);

size_t rv_cpu_attention_floats(const CpuKernels *kernels); // of workspace per worker
void rv_cpu_attention(Compute *compute, const AttentionShape *shape, DeviceRows q, DeviceRows k, DeviceRows v,
                      DeviceRows dst);

#endif
