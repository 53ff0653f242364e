/* SPDX-License-Identifier: MIT */
/* The CUDA driver and cuBLASLt, loaded at run time. Declared here is the part of their stable binary
 * interface that is used. The build needs none of their headers; if they are installed, a test compares
 * them. */
#ifndef RV_CUDA_LIBRARY_H
#define RV_CUDA_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

/* Handles of the driver (CUcontext, CUstream, ...) and of cuBLASLt are pointers, device addresses 64 bits. */
typedef void *CudaHandle;
typedef uint64_t CudaAddress;

enum {
    CUDA_RESULT_OUT_OF_MEMORY = 2,
    CUDA_RESULT_NO_DEVICE = 100,
    CUDA_DEVICE_MAJOR = 75, // attributes: compute capability
    CUDA_DEVICE_MINOR = 76,
    CUDA_CONTEXT_BLOCKING_SYNC = 4, // flags
    CUDA_STREAM_NON_BLOCKING = 1,
    CUDA_EVENT_NO_TIMING = 2,
};

#define CUDA_DRIVER_MIN 11040 // as cuDriverGetVersion returns it: 11.4; older drivers have not been tested

/* X(field, symbol, parameters); all return a CUresult, 0 is success. */
#define CUDA_DRIVER_FUNCTIONS(X)                                                                             \
    X(init, "cuInit", (unsigned flags))                                                                      \
    X(driver_version, "cuDriverGetVersion", (int *version))                                                  \
    X(error_name, "cuGetErrorName", (int result, const char **name))                                         \
    X(error_text, "cuGetErrorString", (int result, const char **text))                                       \
    X(device_count, "cuDeviceGetCount", (int *count))                                                        \
    X(device_get, "cuDeviceGet", (int *device, int ordinal))                                                 \
    X(device_name, "cuDeviceGetName", (char *name, int size_bytes, int device))                              \
    X(device_attribute, "cuDeviceGetAttribute", (int *value, int attribute, int device))                     \
    X(device_memory, "cuDeviceTotalMem_v2", (size_t * bytes, int device))                                    \
    X(context_flags, "cuDevicePrimaryCtxSetFlags_v2", (int device, unsigned flags))                          \
    X(context_retain, "cuDevicePrimaryCtxRetain", (CudaHandle * context, int device))                        \
    X(context_release, "cuDevicePrimaryCtxRelease_v2", (int device))                                         \
    X(context_set, "cuCtxSetCurrent", (CudaHandle context))                                                  \
    X(module_load, "cuModuleLoadData", (CudaHandle * module, const void *image))                             \
    X(module_unload, "cuModuleUnload", (CudaHandle module))                                                  \
    X(module_function, "cuModuleGetFunction", (CudaHandle * function, CudaHandle module, const char *name))  \
    X(memory_alloc, "cuMemAlloc_v2", (CudaAddress * address, size_t size_bytes))                             \
    X(memory_free, "cuMemFree_v2", (CudaAddress address))                                                    \
    X(memory_info, "cuMemGetInfo_v2", (size_t * free_bytes, size_t * total_bytes))                           \
    X(host_alloc, "cuMemHostAlloc", (void **host, size_t size_bytes, unsigned flags))                        \
    X(host_free, "cuMemFreeHost", (void *host))                                                              \
    X(copy_to_device, "cuMemcpyHtoDAsync_v2",                                                                \
      (CudaAddress dst, const void *host, size_t size_bytes, CudaHandle stream))                             \
    X(copy_to_host, "cuMemcpyDtoHAsync_v2",                                                                  \
      (void *host, CudaAddress src, size_t size_bytes, CudaHandle stream))                                   \
    X(stream_create, "cuStreamCreate", (CudaHandle * stream, unsigned flags))                                \
    X(stream_destroy, "cuStreamDestroy_v2", (CudaHandle stream))                                             \
    X(stream_wait, "cuStreamSynchronize", (CudaHandle stream))                                               \
    X(stream_wait_event, "cuStreamWaitEvent", (CudaHandle stream, CudaHandle event, unsigned flags))         \
    X(event_create, "cuEventCreate", (CudaHandle * event, unsigned flags))                                   \
    X(event_destroy, "cuEventDestroy_v2", (CudaHandle event))                                                \
    X(event_record, "cuEventRecord", (CudaHandle event, CudaHandle stream))                                  \
    X(event_wait, "cuEventSynchronize", (CudaHandle event))                                                  \
    X(kernel_launch, "cuLaunchKernel",                                                                       \
      (CudaHandle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,             \
       unsigned block_y, unsigned block_z, unsigned shared_bytes, CudaHandle stream, void **parameters,      \
       void **extra))

enum {
    CUBLASLT_FLOAT32 = 0, // cudaDataType_t
    CUBLASLT_FLOAT16 = 2,
    CUBLASLT_COMPUTE_FLOAT32 = 68,
    CUBLASLT_TRANSPOSED = 1,
    CUBLASLT_DESC_TRANSPOSE_A = 3, // cublasLtMatmulDescAttributes_t
    CUBLASLT_DESC_EPILOGUE = 7,
    CUBLASLT_DESC_BIAS = 8,
    CUBLASLT_PREFERENCE_WORKSPACE = 1, // cublasLtMatmulPreferenceAttributes_t
    CUBLASLT_PREFERENCE_ALIGNMENT_A = 5,
    CUBLASLT_PREFERENCE_ALIGNMENT_B = 6,
    CUBLASLT_PREFERENCE_ALIGNMENT_C = 7,
    CUBLASLT_PREFERENCE_ALIGNMENT_D = 8,
    CUBLASLT_EPILOGUE_ADD_BIAS = 4,
};

typedef struct CublasLtAlgorithm {
    uint64_t data[8];
} CublasLtAlgorithm;

typedef struct CublasLtChoice {
    CublasLtAlgorithm algorithm;
    size_t workspace_bytes;
    int state; // 0: usable
    float waves;
    int reserved[4];
} CublasLtChoice;

/* All return a cublasStatus_t, 0 is success. */
#define CUBLASLT_FUNCTIONS(X)                                                                                \
    X(create, "cublasLtCreate", (CudaHandle * handle))                                                       \
    X(destroy, "cublasLtDestroy", (CudaHandle handle))                                                       \
    X(desc_create, "cublasLtMatmulDescCreate", (CudaHandle * desc, int compute_type, int scale_type))        \
    X(desc_destroy, "cublasLtMatmulDescDestroy", (CudaHandle desc))                                          \
    X(desc_set, "cublasLtMatmulDescSetAttribute",                                                            \
      (CudaHandle desc, int attribute, const void *value, size_t size_bytes))                                \
    X(layout_create, "cublasLtMatrixLayoutCreate",                                                           \
      (CudaHandle * layout, int type, uint64_t rows, uint64_t columns, int64_t column_stride))               \
    X(layout_destroy, "cublasLtMatrixLayoutDestroy", (CudaHandle layout))                                    \
    X(preference_create, "cublasLtMatmulPreferenceCreate", (CudaHandle * preference))                        \
    X(preference_destroy, "cublasLtMatmulPreferenceDestroy", (CudaHandle preference))                        \
    X(preference_set, "cublasLtMatmulPreferenceSetAttribute",                                                \
      (CudaHandle preference, int attribute, const void *value, size_t size_bytes))                          \
    X(choose, "cublasLtMatmulAlgoGetHeuristic",                                                              \
      (CudaHandle handle, CudaHandle desc, CudaHandle a, CudaHandle b, CudaHandle c, CudaHandle d,           \
       CudaHandle preference, int wanted, CublasLtChoice *choices, int *count))                              \
    X(matmul, "cublasLtMatmul",                                                                              \
      (CudaHandle handle, CudaHandle desc, const void *alpha, const void *a, CudaHandle a_layout,            \
       const void *b, CudaHandle b_layout, const void *beta, const void *c, CudaHandle c_layout, void *d,    \
       CudaHandle d_layout, const CublasLtAlgorithm *algorithm, void *workspace, size_t workspace_bytes,     \
       CudaHandle stream))

#define CUDA_FUNCTION_FIELD(field, symbol, parameters) int(*field) parameters;

typedef struct CudaDriver {
    void *library;
    int version; // 12040 is 12.4
    CUDA_DRIVER_FUNCTIONS(CUDA_FUNCTION_FIELD)
} CudaDriver;

typedef struct CublasLt {
    void *library;
    size_t version;    // as cublasLtGetVersion returns it
    CudaHandle handle; // for the context that was current at opening
    CUBLASLT_FUNCTIONS(CUDA_FUNCTION_FIELD)
} CublasLt;

/* Open libcuda.so.1 and initialise it. If REELVEC_CUDA_LIBRARIES names a folder, both libraries are looked
 * for there and nowhere else. Must be closed in any case. Errors: UNSUPPORTED, with the reason: no library,
 * too old, no device, ... */
RvStatus rv_cuda_driver_open(CudaDriver *driver, RvError *err);
void rv_cuda_driver_close(CudaDriver *driver);

/* Open the newest libcublasLt that works with the driver and the current context. It is also looked for in
 * /usr/local/cuda. Must be closed in any case. Errors: UNSUPPORTED. */
RvStatus rv_cublaslt_open(CublasLt *cublaslt, RvError *err);
void rv_cublaslt_close(CublasLt *cublaslt);

/* The kernels, compiled by nvcc (a fatbin). The size is 0 in a build without nvcc. */
extern const unsigned char rv_cuda_image[];
extern const size_t rv_cuda_image_bytes;

#endif
