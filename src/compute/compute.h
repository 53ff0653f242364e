/* SPDX-License-Identifier: MIT */
/* Tensor operations of a transformer on a device: one table of functions per device. */
#ifndef RV_COMPUTE_COMPUTE_H
#define RV_COMPUTE_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

typedef struct ComputeOptions {
    const char *device; // NULL or "auto", "cpu"
    int thread_count;   // 0: one per core
    RvLog log;
} ComputeOptions;

typedef struct Compute Compute;             // an opened device: its table of operations and its state
typedef struct LinearWeights LinearWeights; // a linear layer packed for the device

/* How a linear layer computes. COMPUTE_FAST rounds rows and weights to integers, every few hundred of them
 * with a scale of their own: a result is off by about half a thousandth of the usual size of its sum. A row
 * or an output with a value that is not finite becomes NaN throughout. */
typedef enum ComputePrecision { COMPUTE_FLOAT32, COMPUTE_FAST } ComputePrecision;

typedef enum Activation { ACTIVATION_NONE, ACTIVATION_QUICK_GELU, ACTIVATION_GELU } Activation;

/* What happens to the result of a linear layer before it is stored. */
typedef struct LinearEpilogue {
    Activation activation; // applied after the bias
    bool accumulate;       // dst += result (the residual stream) instead of dst = result
} LinearEpilogue;

/* Gives rows first_row .. first_row + row_count - 1 of a layer's weights as float32[row_count, input_count]
 * (host memory). Must not fail: what cannot be had is NaN. */
typedef void (*WeightRows)(void *context, size_t first_row, size_t row_count, float *dst);

/* All float pointers below are device memory from buffer_create; sizes count floats; rows are row_stride
 * floats apart. Operations run in call order. A row of a result never depends on the other rows of the call:
 * the order of every sum is fixed by the layer's shape alone, so batches of any size give bit-identical rows.
 */
typedef struct ComputeOps {
    const char *name; // "cpu"
    void (*close)(Compute *);

    float *(*buffer_create)(Compute *, size_t count, RvError *err);
    void (*buffer_destroy)(Compute *, float *buffer);
    void (*upload)(Compute *, float *dst, const float *host, size_t count);
    void (*download)(Compute *, float *host, const float *src, size_t count);

    /* weights float32[output_count, input_count] row-major and bias float32[output_count] (NULL: none) on the
     * host; both are copied. */
    RvStatus (*linear_create)(Compute *, const float *weights, const float *bias, size_t output_count,
                              size_t input_count, ComputePrecision precision, LinearWeights **out,
                              RvError *err);
    void (*linear_destroy)(Compute *, LinearWeights *);

    /* The same without copying the weights: whenever the layer is used its rows are asked for, from any of
     * the device's threads. To the bit the same results, slower from the second use on. context comes from
     * malloc; the layer frees it, also on failure. NULL where the device has nothing of the kind. */
    RvStatus (*linear_create_from)(Compute *, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, LinearWeights **out,
                                   RvError *err);

    /* dst[rows, output_count] = epilogue(src[rows, input_count] weights^T + bias). */
    void (*linear)(Compute *, const LinearWeights *, const float *src, size_t src_stride, size_t rows,
                   float *dst, size_t dst_stride, LinearEpilogue epilogue);

    /* dst[rows, width] = (src - mean) / sqrt(variance + epsilon) * gain + shift, row by row; dst may be src.
     */
    void (*layer_norm)(Compute *, const float *src, size_t src_stride, size_t rows, size_t width,
                       const float *gain, const float *shift, float epsilon, float *dst, size_t dst_stride);

    /* Scaled dot-product attention per sequence and head. q, k, v: [sequence_count, token_count, head_count *
     * head_width], rows qkv_stride floats apart (they may be thirds of one buffer). Only the query rows
     * first_query .. first_query + query_count - 1 of each sequence are computed: dst[sequence_count,
     * query_count, head_count * head_width], dst_stride apart. causal: a query sees tokens up to its own. */
    void (*attention)(Compute *, const float *q, const float *k, const float *v, size_t qkv_stride,
                      size_t sequence_count, size_t token_count, size_t first_query, size_t query_count,
                      size_t head_count, size_t head_width, bool causal, float *dst, size_t dst_stride);

    /* 8-bit pictures [image_count, size, size, 3] (host) to normalised patches, one row per patch in reading
     * order, row layout [channel, y, x] as the convolution's weights: (value / 255 - mean[channel]) /
     * deviation[channel]. dst[image_count * (size / patch)^2, 3 * patch * patch]. */
    void (*patches)(Compute *, const uint8_t *images_u8, size_t image_count, size_t size, size_t patch,
                    const float mean[3], const float deviation[3], float *dst);

    /* dst[rows, width] += addend[row modulo addend_rows, width]. */
    void (*add_rows)(Compute *, float *dst, size_t dst_stride, size_t rows, size_t width, const float *addend,
                     size_t addend_rows);

    /* dst row i = src row i, both with a stride. */
    void (*copy_rows)(Compute *, const float *src, size_t src_stride, size_t rows, size_t width, float *dst,
                      size_t dst_stride);
} ComputeOps;

/* Each device's own structure begins with this. */
struct Compute {
    const ComputeOps *ops;
    int thread_count;    // of the host, the caller's included
    const char *kernels; // "scalar", "avx2", ..., as in REELVEC_CPU
    bool fast_is_faster; // whether COMPUTE_FAST gains anything here
    int jobs; // so many videos decoded at once keep the device busy; 0: 1, as decoding shares its cores
};

/* Widest linear layer input, and longest sequence and widest head of an attention, that a device takes: its
 * workspace is sized for them at open. Whoever reads a configuration checks it against these. */
#define COMPUTE_INPUT_MAX ((size_t)1 << 20)
#define COMPUTE_TOKENS_MAX ((size_t)4096)
#define COMPUTE_HEAD_WIDTH_MAX ((size_t)256)

/* Errors: UNSUPPORTED (a device that this build or machine does not have, said by name), MEMORY. */
RvStatus rv_compute_open(const ComputeOptions *options, Compute **out, RvError *err);
void rv_compute_close(Compute *compute);
int rv_compute_thread_count(const Compute *compute);
const char *rv_compute_kernels(const Compute *compute); // "scalar", "avx2", ..., as in REELVEC_CPU
bool rv_compute_fast_is_faster(const Compute *compute);
int rv_compute_jobs(const Compute *compute); // at least 1

#endif
