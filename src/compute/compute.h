/* SPDX-License-Identifier: MIT */
/* Tensor operations of a transformer on a device: one table of functions per device.
 *
 * Threads: one device serves one call at a time. Several devices may be used at once. */
#ifndef RV_COMPUTE_COMPUTE_H
#define RV_COMPUTE_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

typedef struct ComputeOptions {
    const char *device;      // NULL or "auto", "cpu", "cuda", "cuda:N"
    int thread_count;        // 0: one per core
    struct ThreadPool *pool; // borrowed, instead of thread_count own threads; NULL: none (only CPU)
    bool without_linear; // there will be no linear layers and no COMPUTE_FAST buffers: what only they need is
                         // not loaded (CUDA: cuBLASLt)
} ComputeOptions;

typedef struct Compute Compute;             // an opened device: its table of operations and its state
typedef struct DeviceBuffer DeviceBuffer;   // memory of a device; each device has its own struct
typedef struct LinearWeights LinearWeights; // a linear layer packed for the device

/* How a linear layer computes. COMPUTE_FAST on the CPU rounds rows and weights to integers, every few hundred
 * values with a scale of their own. The error of a result is about 0.0005 of the usual size of its sum. On
 * CUDA the values are float16, and sums are float32. If a row or an output's weights contain a value that is
 * not finite, all results of that row or output are NaN (CUDA: or infinite). */
typedef enum ComputePrecision { COMPUTE_FLOAT32, COMPUTE_FAST } ComputePrecision;

/* GELU with the error function, and Hendrycks and Gimpel's two approximations of it (2016, section 2). */
typedef enum Activation {
    ACTIVATION_NONE,
    ACTIVATION_QUICK_GELU, // x sigmoid(1.702 x)
    ACTIVATION_GELU,       // x Phi(x)
    ACTIVATION_GELU_TANH,  // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
} Activation;

/* What is done with the result of a linear layer before it is stored. */
typedef struct LinearEpilogue {
    Activation activation; // applied after the bias
    bool accumulate;       // dst += result (the residual stream) instead of dst = result
} LinearEpilogue;

/* Rows of values in device memory: row i begins at value first + i * stride of the buffer. */
typedef struct DeviceRows {
    DeviceBuffer *buffer;
    size_t first, stride;
} DeviceRows;

/* Sequences of tokens and their heads, for attention. Only the query rows first_query .. first_query +
 * query_count - 1 of each sequence are computed. causal: a query sees tokens up to its own. one_query: q is a
 * single row, which asks every sequence (pooling by attention); first_query is 0 and query_count 1. */
typedef struct AttentionShape {
    size_t sequence_count, token_count, first_query, query_count, head_count, head_width;
    bool causal, one_query;
} AttentionShape;

/* 8-bit pictures as input of a model: normalised value = (value / 255 - mean[channel]) /
 * deviation[channel]. */
typedef struct PatchShape {
    size_t image_size, patch_size; // in pixels; what is beyond the last whole patch is not seen
    float mean[3], deviation[3];
} PatchShape;

/* Writes rows first_row .. first_row + row_count - 1 of a layer's weights to dst, float32[row_count,
 * input_count] in host memory. It must not fail: weights that cannot be read are NaN. */
typedef void (*WeightRows)(void *context, size_t first_row, size_t row_count, float *dst);

/* Does the share of `count` items from `first` on. part: valid during the call. */
typedef void (*ShareWork)(void *context, Compute *part, size_t first, size_t count);

/* Operations run in call order. A row of a result never depends on the other rows of the call. If
 * Compute.exact_rows is set, the order of every sum depends only on the layer's shape, so a row is
 * bit-identical in batches of any size. Operations do not return errors; `status` does. */
typedef struct ComputeOps {
    const char *name; // "cpu", "cuda"
    bool numbered;    // there may be several devices; NAME:N is the N-th, from 0

    /* options->device: NULL, the name, or the name with a number. Errors: UNSUPPORTED, with the reason why
     * the device cannot be used; MEMORY. */
    RvStatus (*open)(const ComputeOptions *options, Compute **out, RvError *err);
    void (*close)(Compute *);

    /* Write the devices of this machine as one line, or why there is none. NULL: there is nothing to
     * describe. */
    void (*describe)(char *line, size_t size_bytes);

    /* Make a buffer of count values. COMPUTE_FAST: values may be stored in fewer bits (CUDA: float16); else
     * they are float32. Errors: MEMORY. */
    DeviceBuffer *(*buffer_create)(Compute *, size_t count, ComputePrecision precision, RvError *err);
    void (*buffer_destroy)(Compute *, DeviceBuffer *buffer);
    void (*upload)(Compute *, DeviceBuffer *dst, const float *host, size_t count);
    void (*download)(Compute *, float *host, const DeviceBuffer *src, size_t count);

    /* weights float32[output_count, input_count] row-major and bias float32[output_count] (NULL: none) on the
     * host; both are copied. */
    RvStatus (*linear_create)(Compute *, const float *weights, const float *bias, size_t output_count,
                              size_t input_count, ComputePrecision precision, LinearWeights **out,
                              RvError *err);
    void (*linear_destroy)(Compute *, LinearWeights *);

    /* The same with weights that `rows` gives, a few rows at a time, from any of the device's threads during
     * this call. NULL: the device takes them in one piece only. */
    RvStatus (*linear_create_rows)(Compute *, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, ComputePrecision precision,
                                   LinearWeights **out, RvError *err);

    /* As linear_create_rows, without copying the weights: each time the layer is used it calls `rows`, from
     * any of the device's threads. Results are bit-identical; from the second use on it is slower than
     * linear_create. context comes from malloc; the layer frees it, also on failure. NULL: the device has no
     * such layers. */
    RvStatus (*linear_create_from)(Compute *, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, LinearWeights **out,
                                   RvError *err);

    /* dst[rows, output_count] = epilogue(src[rows, input_count] weights^T + bias). src is of the layer's
     * precision; a float32 layer's dst, and one that is accumulated to, are float32. */
    void (*linear)(Compute *, const LinearWeights *, DeviceRows src, size_t rows, DeviceRows dst,
                   LinearEpilogue epilogue);

    /* dst[rows, width] = (src - mean) / sqrt(variance + epsilon) * gain + shift, row by row; src is float32;
     * dst may be src. */
    void (*layer_norm)(Compute *, DeviceRows src, size_t rows, size_t width, const DeviceBuffer *gain,
                       const DeviceBuffer *shift, float epsilon, DeviceRows dst);

    /* Call work(context, part, first, count) for consecutive shares of `count` independent items, each of
     * item_rows rows, and return when all are done. The operations of a share, all but `images` and `patches`,
     * go to `part`, which takes this device's buffers and layers; shares may run at the same time, and hold the
     * device's threads until they are done. Results do not show how the items were shared. NULL: the device
     * does not share. */
    void (*share)(Compute *, size_t count, size_t item_rows, ShareWork work, void *context);

    /* Turn pairs of neighbours by a token's position, in place: values (2i, 2i + 1) of each head become
     * (x cos - y sin, x sin + y cos). rows[row_count, width] has width / head_width heads side by side. Row r
     * uses row r modulo token_count of angles, float32[token_count, head_width]: cosine, sine, cosine, ...
     * head_width is even. A token with cosines 1 and sines 0 stays as it is. Rotary positions: Su et al.
     * 2021, section 3.4. */
    void (*rotate)(Compute *, DeviceRows rows, size_t row_count, size_t width, size_t head_width,
                   const DeviceBuffer *angles, size_t token_count);

    /* Scaled dot-product attention per sequence and head. q, k, v: [sequence_count, token_count, head_count *
     * head_width], of one stride (they may be thirds of one buffer); a single q has no stride.
     * dst[sequence_count, query_count, head_count * head_width]. All of one precision. */
    void (*attention)(Compute *, const AttentionShape *shape, DeviceRows q, DeviceRows k, DeviceRows v,
                      DeviceRows dst);

    /* Set the pictures of the next `patches`: uint8[image_count, size, size, 3] on the host. They are
     * borrowed until `patches` has run and something was downloaded after it. A device may fetch them while
     * it still computes. */
    void (*images)(Compute *, const uint8_t *images_u8, size_t size_bytes);

    /* Allocate memory for pictures that are being fetched, in place of what was allocated before. NULL: the
     * device needs none. Errors: MEMORY. */
    RvStatus (*images_reserve)(Compute *, size_t size_bytes, RvError *err);

    /* Convert those pictures to normalised patches, one row per patch in reading order. A row has the layout
     * [channel, y, x], as the convolution's weights: dst[image_count * floor(image_size / patch_size)^2, 3 *
     * patch_size^2]. */
    void (*patches)(Compute *, const PatchShape *shape, size_t image_count, DeviceBuffer *dst);

    /* dst[rows, width] += addend[row modulo addend_rows, width]; all float32. */
    void (*add_rows)(Compute *, DeviceRows dst, size_t rows, size_t width, const DeviceBuffer *addend,
                     size_t addend_rows);

    /* Assemble sequences from their tokens. dst[sequence_count, token_count, width] =
     * positions[token_count, width], plus first[width] for the first token of a sequence, plus the next row of
     * src[sequence_count * (token_count - 1), width] for every other token. If first is NULL, every token is
     * a row of src[sequence_count * token_count, width]. dst, first and positions are float32. */
    void (*sequences)(Compute *, DeviceRows src, const DeviceBuffer *first, const DeviceBuffer *positions,
                      size_t sequence_count, size_t token_count, size_t width, DeviceBuffer *dst);

    /* RV_OK if everything downloaded so far is valid. MEMORY is reported once; the device then works with
     * less memory. Any other error is permanent. NULL: nothing can fail. */
    RvStatus (*status)(Compute *, RvError *err);

    size_t (*free_bytes)(Compute *); // of device memory; NULL: the caller need not check

    const struct DeviceCodeOps *codes; // device_codes.h; NULL: searches use the CPU's kernels
} ComputeOps;

/* One table per device, each in its own folder; compute.c tries them in its order. */
extern const ComputeOps rv_cpu_ops, rv_cuda_ops;

/* Each device's own structure begins with this. */
struct Compute {
    const ComputeOps *ops;
    char device[32];       // "cpu", "cuda:0"
    char device_name[128]; // the CPU's level as in `kernels`, or the name that the GPU reports
    int thread_count;      // of the host, the caller's included
    const char *kernels;   // of the host: "scalar", "avx2", ..., as in REELVEC_CPU
    bool fast_is_faster;   // COMPUTE_FAST is faster than COMPUTE_FLOAT32 here
    bool exact_rows;       // a row is bit-identical whatever other rows are in the call
    size_t rows_per_run;   // the smallest number of rows of a linear layer that keeps the device busy
    size_t images_per_run; // the most pictures in one call
    int jobs; // videos to decode in parallel to keep the device busy; 0: 1, as both use the same cores
};

/* Limits of the input of a linear layer, and of the sequence length and the head width of an attention. A
 * device sizes its workspace for them at open. Code that reads a configuration must check it against these
 * limits. */
#define COMPUTE_INPUT_MAX ((size_t)1 << 20)
#define COMPUTE_TOKENS_MAX ((size_t)4096)
#define COMPUTE_HEAD_WIDTH_MAX ((size_t)256)

/* Open a device. "auto" is REELVEC_DEVICE if that is set, else CUDA if it works, else the CPU. Errors:
 * ARGUMENT (no such name), UNSUPPORTED (a device that this build or machine does not have, with the reason),
 * MEMORY. */
RvStatus rv_compute_open(const ComputeOptions *options, Compute **out, RvError *err);
void rv_compute_close(Compute *compute);
int rv_compute_thread_count(const Compute *compute);
const char *rv_compute_kernels(const Compute *compute); // "scalar", "avx2", ..., as in REELVEC_CPU
bool rv_compute_fast_is_faster(const Compute *compute);
int rv_compute_jobs(const Compute *compute); // at least 1

/* Returns UNSUPPORTED with the message that linear_create uses for sizes that its device does not support. */
RvStatus rv_compute_refuse_linear(size_t output_count, size_t input_count, RvError *err);

/* Check a device's name without opening anything. Errors: ARGUMENT if rv_compute_open would not know it. */
RvStatus rv_compute_check_name(const char *device, RvError *err);

/* Write the CUDA devices of this machine as one line, or why there is none. */
void rv_compute_describe_cuda(char *line, size_t size_bytes);

#endif
