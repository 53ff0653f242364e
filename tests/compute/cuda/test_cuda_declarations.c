/* SPDX-License-Identifier: MIT */
/* What compute/cuda/cuda_library.h declares of CUDA's binary interface, against CUDA's own headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <cublasLt.h>
#include <cuda.h>

#include "compute/cuda/cuda_library.h"

#define SAME(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #ours)

SAME(CUDA_RESULT_OUT_OF_MEMORY, CUDA_ERROR_OUT_OF_MEMORY);
SAME(CUDA_RESULT_NO_DEVICE, CUDA_ERROR_NO_DEVICE);
SAME(CUDA_DEVICE_MAJOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(CUDA_DEVICE_MINOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(CUDA_CONTEXT_BLOCKING_SYNC, CU_CTX_SCHED_BLOCKING_SYNC);
SAME(CUDA_STREAM_NON_BLOCKING, CU_STREAM_NON_BLOCKING);
SAME(CUDA_EVENT_NO_TIMING, CU_EVENT_DISABLE_TIMING);
SAME(CUBLASLT_FLOAT32, CUDA_R_32F);
SAME(CUBLASLT_FLOAT16, CUDA_R_16F);
SAME(CUBLASLT_COMPUTE_FLOAT32, CUBLAS_COMPUTE_32F);
SAME(CUBLASLT_TRANSPOSED, CUBLAS_OP_T);
SAME(CUBLASLT_DESC_TRANSPOSE_A, CUBLASLT_MATMUL_DESC_TRANSA);
SAME(CUBLASLT_DESC_EPILOGUE, CUBLASLT_MATMUL_DESC_EPILOGUE);
SAME(CUBLASLT_DESC_BIAS, CUBLASLT_MATMUL_DESC_BIAS_POINTER);
SAME(CUBLASLT_PREFERENCE_WORKSPACE, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
SAME(CUBLASLT_PREFERENCE_ALIGNMENT_A, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES);
SAME(CUBLASLT_PREFERENCE_ALIGNMENT_B, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES);
SAME(CUBLASLT_PREFERENCE_ALIGNMENT_C, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES);
SAME(CUBLASLT_PREFERENCE_ALIGNMENT_D, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES);
SAME(CUBLASLT_EPILOGUE_ADD_BIAS, CUBLASLT_EPILOGUE_BIAS);
SAME(sizeof(CudaAddress), sizeof(CUdeviceptr));
SAME(sizeof(CudaHandle), sizeof(CUstream));
SAME(sizeof(int), sizeof(CUdevice));
SAME(sizeof(CublasLtAlgorithm), sizeof(cublasLtMatmulAlgo_t));
SAME(sizeof(CublasLtChoice), sizeof(cublasLtMatmulHeuristicResult_t));
SAME(offsetof(CublasLtChoice, workspace_bytes), offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
SAME(offsetof(CublasLtChoice, state), offsetof(cublasLtMatmulHeuristicResult_t, state));

/* The driver's functions under the names that the headers' macros give them: those of their newest signature,
 * which is the one that the headers declare. */
#define TEXT(name) #name
#define NAME(name)                                                                                           \
    {                                                                                                        \
        TEXT(name), sizeof(&name)                                                                            \
    }

static void symbols_are_those_of_the_headers(void **state)
{
    static const struct {
        const char *name;
        size_t unused; // that the function is declared
    } theirs[] = {
        NAME(cuInit),
        NAME(cuDriverGetVersion),
        NAME(cuGetErrorName),
        NAME(cuGetErrorString),
        NAME(cuDeviceGetCount),
        NAME(cuDeviceGet),
        NAME(cuDeviceGetName),
        NAME(cuDeviceGetAttribute),
        NAME(cuDeviceTotalMem),
        NAME(cuDevicePrimaryCtxSetFlags),
        NAME(cuDevicePrimaryCtxRetain),
        NAME(cuDevicePrimaryCtxRelease),
        NAME(cuCtxSetCurrent),
        NAME(cuModuleLoadData),
        NAME(cuModuleUnload),
        NAME(cuModuleGetFunction),
        NAME(cuMemAlloc),
        NAME(cuMemFree),
        NAME(cuMemGetInfo),
        NAME(cuMemHostAlloc),
        NAME(cuMemFreeHost),
        NAME(cuMemcpyHtoDAsync),
        NAME(cuMemcpyDtoHAsync),
        NAME(cuStreamCreate),
        NAME(cuStreamDestroy),
        NAME(cuStreamSynchronize),
        NAME(cuStreamWaitEvent),
        NAME(cuEventCreate),
        NAME(cuEventDestroy),
        NAME(cuEventRecord),
        NAME(cuEventSynchronize),
        NAME(cuLaunchKernel),
    };
#define SYMBOL(field, symbol, parameters) symbol,
    static const char *const ours[] = {CUDA_DRIVER_FUNCTIONS(SYMBOL)};
    assert_int_equal(sizeof ours / sizeof ours[0], sizeof theirs / sizeof theirs[0]);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        assert_string_equal(ours[i], theirs[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(symbols_are_those_of_the_headers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
