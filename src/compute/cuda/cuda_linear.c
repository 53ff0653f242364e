/* SPDX-License-Identifier: MIT */
/* Linear layers on the CUDA device, by cuBLASLt. */
#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/cuda/cuda_device.h"

struct LinearWeights {
    size_t output_count, input_count;
    bool half;
    CudaAddress weights;    // [output_count, input_count], float16 if half, else float32
    CudaAddress bias_of[2]; // [output_count] as float32 and, if half, as float16; 0: none
};

static RvStatus fill_layer(CudaDevice *device, LinearWeights *layer, const float *weights, const float *bias,
                           RvError *err)
{
    size_t count = 0;
    if (!rv_mem_multiply(layer->output_count, layer->input_count, &count))
        return rv_error_memory(err, SIZE_MAX);
    RvStatus status = rv_cuda_alloc(device, count, cuda_value_bytes(layer->half), &layer->weights, err);
    for (int half = 0; half <= layer->half && bias != NULL && status == RV_OK; half++) {
        status =
            rv_cuda_alloc(device, layer->output_count, cuda_value_bytes(half), &layer->bias_of[half], err);
        if (status == RV_OK)
            rv_cuda_write(device, layer->bias_of[half], half, bias, layer->output_count);
    }
    if (status == RV_OK)
        rv_cuda_write(device, layer->weights, layer->half, weights, count);
    return status;
}

RvStatus rv_cuda_linear_create(Compute *compute, const float *weights, const float *bias, size_t output_count,
                               size_t input_count, ComputePrecision precision, LinearWeights **out,
                               RvError *err)
{
    *out = NULL;
    if (output_count == 0 || input_count == 0 || input_count > COMPUTE_INPUT_MAX || output_count > INT32_MAX)
        return rv_compute_refuse_linear(output_count, input_count, err);
    LinearWeights *layer = rv_mem_alloc(1, sizeof *layer, err);
    if (layer == NULL)
        return RV_ERROR_MEMORY;
    layer->output_count = output_count;
    layer->input_count = input_count;
    layer->half = precision == COMPUTE_FAST;
    RvStatus status = fill_layer((CudaDevice *)compute, layer, weights, bias, err);
    if (status != RV_OK)
        rv_cuda_linear_destroy(compute, layer);
    else
        *out = layer;
    return status;
}

void rv_cuda_linear_destroy(Compute *compute, LinearWeights *layer)
{
    if (layer == NULL)
        return;
    rv_cuda_free((CudaDevice *)compute, &layer->weights);
    rv_cuda_free((CudaDevice *)compute, &layer->bias_of[0]);
    rv_cuda_free((CudaDevice *)compute, &layer->bias_of[1]);
    free(layer);
}

/* A product in the terms of cuBLASLt, which is column-major: D[outputs, rows] = A^T B (+ bias) (+ D). A is
 * the weights and B the source rows, both [inputs, ...]. */
typedef struct Product {
    CudaAddress weights, src, dst, bias; // bias 0: none
    int type, dst_type;
    size_t inputs, outputs, rows, src_stride, dst_stride;
    bool accumulate;
    CudaHandle desc, a, b, d, preference;
} Product;

static bool good(CudaDevice *device, int result, const char *what)
{
    if (result != 0)
        rv_cuda_fail(device, RV_ERROR_IO, "%s: cuBLASLt says %d", what, result);
    return result == 0;
}

/* Returns the largest power of two, up to 256, that divides both. */
static uint32_t alignment_of(CudaAddress address, size_t stride, int type)
{
    uint64_t both = address | (uint64_t)stride * cuda_value_bytes(type == CUBLASLT_FLOAT16) | 256;
    return (uint32_t)(both & ~(both - 1));
}

static bool describe(CudaDevice *device, Product *product)
{
    const CublasLt *blas = &device->blas;
    static const int transposed = CUBLASLT_TRANSPOSED, add_bias = CUBLASLT_EPILOGUE_ADD_BIAS;
    static const size_t workspace = CUDA_WORKSPACE_BYTES;
    const struct {
        int attribute;
        uint32_t bytes;
    } alignments[] = {
        {CUBLASLT_PREFERENCE_ALIGNMENT_A, alignment_of(product->weights, product->inputs, product->type)},
        {CUBLASLT_PREFERENCE_ALIGNMENT_B, alignment_of(product->src, product->src_stride, product->type)},
        {CUBLASLT_PREFERENCE_ALIGNMENT_C, alignment_of(product->dst, product->dst_stride, product->dst_type)},
        {CUBLASLT_PREFERENCE_ALIGNMENT_D, alignment_of(product->dst, product->dst_stride, product->dst_type)},
    };
    bool fine =
        good(device, blas->desc_create(&product->desc, CUBLASLT_COMPUTE_FLOAT32, CUBLASLT_FLOAT32),
             "a product") &&
        good(device, blas->desc_set(product->desc, CUBLASLT_DESC_TRANSPOSE_A, &transposed, sizeof transposed),
             "a product") &&
        good(device,
             blas->layout_create(&product->a, product->type, product->inputs, product->outputs,
                                 (int64_t)product->inputs),
             "the weights' layout") &&
        good(device,
             blas->layout_create(&product->b, product->type, product->inputs, product->rows,
                                 (int64_t)product->src_stride),
             "the rows' layout") &&
        good(device,
             blas->layout_create(&product->d, product->dst_type, product->outputs, product->rows,
                                 (int64_t)product->dst_stride),
             "the result's layout") &&
        good(device, blas->preference_create(&product->preference), "a preference") &&
        good(device,
             blas->preference_set(product->preference, CUBLASLT_PREFERENCE_WORKSPACE, &workspace,
                                  sizeof workspace),
             "a preference");
    if (product->bias != 0)
        fine = fine &&
               good(device, blas->desc_set(product->desc, CUBLASLT_DESC_EPILOGUE, &add_bias, sizeof add_bias),
                    "the bias") &&
               good(device,
                    blas->desc_set(product->desc, CUBLASLT_DESC_BIAS, &product->bias, sizeof product->bias),
                    "the bias");
    for (size_t i = 0; i < sizeof alignments / sizeof alignments[0]; i++)
        fine = fine && good(device,
                            blas->preference_set(product->preference, alignments[i].attribute,
                                                 &alignments[i].bytes, sizeof alignments[i].bytes),
                            "a preference");
    return fine;
}

static void forget(CudaDevice *device, Product *product)
{
    const CublasLt *blas = &device->blas;
    if (product->desc != NULL)
        blas->desc_destroy(product->desc);
    if (product->a != NULL)
        blas->layout_destroy(product->a);
    if (product->b != NULL)
        blas->layout_destroy(product->b);
    if (product->d != NULL)
        blas->layout_destroy(product->d);
    if (product->preference != NULL)
        blas->preference_destroy(product->preference);
}

static void multiply(CudaDevice *device, Product *product)
{
    const CublasLt *blas = &device->blas;
    const float alpha = 1.0f, beta = product->accumulate ? 1.0f : 0.0f;
    CublasLtChoice choice = {0};
    int count = 0;
    if (describe(device, product) &&
        good(device,
             blas->choose(blas->handle, product->desc, product->a, product->b, product->d, product->d,
                          product->preference, 1, &choice, &count),
             "choice of an algorithm")) {
        if (count < 1)
            rv_cuda_fail(device, RV_ERROR_UNSUPPORTED,
                         "cuBLASLt has no algorithm for %zu rows, %zu inputs and %zu outputs", product->rows,
                         product->inputs, product->outputs);
        else
            good(device,
                 blas->matmul(blas->handle, product->desc, &alpha, cuda_pointer(product->weights), product->a,
                              cuda_pointer(product->src), product->b, &beta, cuda_pointer(product->dst),
                              product->d, cuda_pointer(product->dst), product->d, &choice.algorithm,
                              cuda_pointer(device->workspace), CUDA_WORKSPACE_BYTES, device->stream),
                 "a product");
    }
    forget(device, product);
}

/* Make sure that the scratch memory holds the sums of a layer whose activation is added to the residual
 * stream. */
static bool ensure_scratch(CudaDevice *device, size_t rows, size_t outputs)
{
    size_t count = 0;
    RvError err = {0};
    if (!rv_mem_multiply(rows, outputs, &count))
        count = SIZE_MAX; // is refused below
    if (count <= device->scratch.count)
        return true;
    device->driver.stream_wait(device->stream); // until nothing uses the old memory
    rv_cuda_free(device, &device->scratch.address);
    device->scratch.count = 0;
    RvStatus status = rv_cuda_alloc(device, count, sizeof(float), &device->scratch.address, &err);
    if (status == RV_OK)
        device->scratch.count = count;
    else
        rv_cuda_fail(device, status, "%s", err.message);
    return status == RV_OK;
}

static uint32_t kind_of(Activation activation)
{
    switch (activation) {
    case ACTIVATION_QUICK_GELU:
        return CUDA_QUICK_GELU;
    case ACTIVATION_GELU_TANH:
        return CUDA_GELU_TANH;
    default:
        return CUDA_GELU;
    }
}

/* Apply the activation to dst in place, or add the activation of the scratch memory to dst. */
static void activate(CudaDevice *device, DeviceRows dst, size_t rows, size_t width, LinearEpilogue epilogue)
{
    ActivateParams params = {.values = cuda_values(dst),
                             .stride = dst.stride,
                             .width = (uint32_t)width,
                             .kind = kind_of(epilogue.activation)};
    int kernel = dst.buffer->half ? CUDA_KERNEL_rv_activate_f16 : CUDA_KERNEL_rv_activate_f32;
    if (epilogue.accumulate) {
        params.sum = params.values;
        params.sum_stride = dst.stride;
        params.values = cuda_pointer(device->scratch.address);
        params.stride = width;
    } else if (dst.buffer->half && width % 8 == 0 && dst.stride % 8 == 0 &&
               (uintptr_t)params.values % 16 == 0) {
        kernel = CUDA_KERNEL_rv_activate_f16x8;
    }
    rv_cuda_launch(device, kernel, (CudaGrid){rows, 1, CUDA_THREADS, 0}, &params);
}

void rv_cuda_linear(Compute *compute, const LinearWeights *layer, DeviceRows src, size_t rows, DeviceRows dst,
                    LinearEpilogue epilogue)
{
    CudaDevice *device = (CudaDevice *)compute;
    bool activates = epilogue.activation != ACTIVATION_NONE, apart = activates && epilogue.accumulate;
    assert(src.buffer->half == layer->half && (layer->half || !dst.buffer->half));
    assert(!epilogue.accumulate || !dst.buffer->half);
    if (rows == 0 || !rv_cuda_enter(device) || (apart && !ensure_scratch(device, rows, layer->output_count)))
        return;
    Product product = {.weights = layer->weights,
                       .src = (uintptr_t)cuda_values(src),
                       .dst = apart ? device->scratch.address : (uintptr_t)cuda_values(dst),
                       .bias = layer->bias_of[dst.buffer->half],
                       .type = layer->half ? CUBLASLT_FLOAT16 : CUBLASLT_FLOAT32,
                       .dst_type = dst.buffer->half ? CUBLASLT_FLOAT16 : CUBLASLT_FLOAT32,
                       .inputs = layer->input_count,
                       .outputs = layer->output_count,
                       .rows = rows,
                       .src_stride = src.stride,
                       .dst_stride = apart ? layer->output_count : dst.stride,
                       .accumulate = epilogue.accumulate && !apart};
    multiply(device, &product);
    if (activates && device->failure.status == RV_OK)
        activate(device, dst, rows, layer->output_count, epilogue);
}
