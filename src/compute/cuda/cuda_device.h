/* SPDX-License-Identifier: MIT */
/* Shared by the files of the CUDA device. */
#ifndef RV_CUDA_DEVICE_H
#define RV_CUDA_DEVICE_H

#include "compute/compute.h"
#include "compute/cuda/cuda_library.h"
#include "compute/cuda/kernel_params.h"
#include "compute/device_codes.h"

#define CUDA_KERNEL_NUMBER(name, params) CUDA_KERNEL_##name,
enum { CUDA_KERNELS(CUDA_KERNEL_NUMBER) CUDA_KERNEL_COUNT };

struct DeviceBuffer {
    CudaAddress address;
    size_t count;
    bool half; // float16, else float32
};

/* Memory for pictures that are being copied to the device. While the device reads one slot, the other is
 * filled. */
typedef struct CudaImageSlot {
    uint8_t *host_u8; // page-locked
    CudaAddress device_u8;
    CudaHandle uploaded, consumed; // events: the last pictures have arrived; they have been read
} CudaImageSlot;

typedef struct CudaDevice {
    Compute base;
    CudaDriver driver;
    CublasLt blas;
    int device;
    CudaHandle context, module;
    CudaHandle kernels[CUDA_KERNEL_COUNT];
    CudaHandle stream, upload_stream;
    CudaAddress workspace; // of cuBLASLt, and of conversions between types
    DeviceBuffer scratch;  // sums that an activation needs before they are added
    CudaImageSlot slots[2];
    size_t slot_bytes;
    int slot;        // of the next patches
    RvError failure; // the first failure; status RV_OK: none
} CudaDevice;

#define CUDA_WORKSPACE_BYTES ((size_t)32 << 20)

/* Make the device's context the current one of this thread. Returns false if the device has failed; the
 * caller then skips the operation. */
bool rv_cuda_enter(CudaDevice *device);

/* Returns true if a driver's result means success. If not, it becomes the device's failure. what: the
 * operation, for the message: "copy to the device". */
bool rv_cuda_good(CudaDevice *device, int result, const char *what);
void rv_cuda_fail(CudaDevice *device, RvStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Launch a kernel. params: the kernel's parameter struct. Nothing is launched on a device that has failed. */
typedef struct CudaGrid {
    size_t x, y;
    unsigned threads;
    size_t shared_bytes;
} CudaGrid;
void rv_cuda_launch(CudaDevice *device, int kernel, CudaGrid grid, void *params);

/* Allocate device memory. Errors: MEMORY. */
RvStatus rv_cuda_alloc(CudaDevice *device, size_t count, size_t value_bytes, CudaAddress *out, RvError *err);
void rv_cuda_free(CudaDevice *device, CudaAddress *address);

/* Copy bytes to the device, in the order of its stream. Host memory that is not page-locked has been read on
 * return. */
bool rv_cuda_send(CudaDevice *device, CudaAddress dst, const void *host, size_t size_bytes);
/* Copy bytes from the device. On return they are there, and all earlier work of the stream is done. */
bool rv_cuda_fetch(CudaDevice *device, void *host, CudaAddress src, size_t size_bytes);

/* Copy host floats to device memory, as float16 if `half` is set. */
void rv_cuda_write(CudaDevice *device, CudaAddress dst, bool half, const float *host, size_t count);

static inline size_t cuda_value_bytes(bool half)
{
    return half ? 2 : 4;
}

/* An address as a kernel's parameter. */
static inline void *cuda_pointer(CudaAddress address)
{
    return (void *)(uintptr_t)address;
}

/* The address of the first row, as a kernel's parameter. */
static inline void *cuda_values(DeviceRows rows)
{
    return (void *)(uintptr_t)(rows.buffer->address + rows.first * cuda_value_bytes(rows.buffer->half));
}

/* The operations of ComputeOps, by file. */
DeviceBuffer *rv_cuda_buffer_create(Compute *compute, size_t count, ComputePrecision precision, RvError *err);
void rv_cuda_buffer_destroy(Compute *compute, DeviceBuffer *buffer);
void rv_cuda_upload(Compute *compute, DeviceBuffer *dst, const float *host, size_t count);
void rv_cuda_download(Compute *compute, float *host, const DeviceBuffer *src, size_t count);
void rv_cuda_images(Compute *compute, const uint8_t *images_u8, size_t size_bytes);
RvStatus rv_cuda_images_reserve(Compute *compute, size_t size_bytes, RvError *err);
void rv_cuda_images_release(CudaDevice *device);
size_t rv_cuda_free_bytes(Compute *compute);

RvStatus rv_cuda_linear_create(Compute *compute, const float *weights, const float *bias, size_t output_count,
                               size_t input_count, ComputePrecision precision, LinearWeights **out,
                               RvError *err);
void rv_cuda_linear_destroy(Compute *compute, LinearWeights *layer);
void rv_cuda_linear(Compute *compute, const LinearWeights *layer, DeviceRows src, size_t rows, DeviceRows dst,
                    LinearEpilogue epilogue);

void rv_cuda_layer_norm(Compute *compute, DeviceRows src, size_t rows, size_t width, const DeviceBuffer *gain,
                        const DeviceBuffer *shift, float epsilon, DeviceRows dst);
void rv_cuda_rotate(Compute *compute, DeviceRows rows, size_t row_count, size_t width, size_t head_width,
                    const DeviceBuffer *angles, size_t token_count);
void rv_cuda_attention(Compute *compute, const AttentionShape *shape, DeviceRows q, DeviceRows k,
                       DeviceRows v, DeviceRows dst);
void rv_cuda_patches(Compute *compute, const PatchShape *shape, size_t image_count, DeviceBuffer *dst);
void rv_cuda_add_rows(Compute *compute, DeviceRows dst, size_t rows, size_t width, const DeviceBuffer *addend,
                      size_t addend_rows);
void rv_cuda_sequences(Compute *compute, DeviceRows src, const DeviceBuffer *first,
                       const DeviceBuffer *positions, size_t sequence_count, size_t token_count, size_t width,
                       DeviceBuffer *dst);

extern const DeviceCodeOps rv_cuda_code_ops;

#endif
