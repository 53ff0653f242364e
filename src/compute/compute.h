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
    const char *device;      // NULL or "auto", "cpu", "cuda", "cuda:N"
    int thread_count;        // 0: one per core
    struct ThreadPool *pool; // borrowed, instead of thread_count threads of its own; NULL: none (CPU alone)
    bool without_linear; // neither linear layers nor COMPUTE_FAST buffers will be asked for: what only they
                         // need is left out (CUDA: cuBLASLt)
    RvLog log;
} ComputeOptions;

typedef struct Compute Compute;             // an opened device: its table of operations and its state
typedef struct DeviceBuffer DeviceBuffer;   // memory of a device, which alone knows what it looks like
typedef struct LinearWeights LinearWeights; // a linear layer packed for the device

/* How a linear layer computes. COMPUTE_FAST on the CPU rounds rows and weights to integers, every few hundred
 * of them with a scale of their own: a result is off by about half a thousandth of the usual size of its sum.
 * On CUDA they are float16, summed in float32. A row or an output with a value that is not finite becomes NaN
 * throughout (CUDA: or infinite). */
typedef enum ComputePrecision { COMPUTE_FLOAT32, COMPUTE_FAST } ComputePrecision;

typedef enum Activation { ACTIVATION_NONE, ACTIVATION_QUICK_GELU, ACTIVATION_GELU } Activation;

/* What happens to the result of a linear layer before it is stored. */
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
 * query_count - 1 of each sequence are computed. causal: a query sees tokens up to its own. */
typedef struct AttentionShape {
    size_t sequence_count, token_count, first_query, query_count, head_count, head_width;
    bool causal;
} AttentionShape;

/* 8-bit pictures as a model takes them: normalised value = (value / 255 - mean[channel]) /
 * deviation[channel]. */
typedef struct PatchShape {
    size_t image_size, patch_size; // pixels; the first is a multiple of the second
    float mean[3], deviation[3];
} PatchShape;

/* Gives rows first_row .. first_row + row_count - 1 of a layer's weights as float32[row_count, input_count]
 * (host memory). Must not fail: what cannot be had is NaN. */
typedef void (*WeightRows)(void *context, size_t first_row, size_t row_count, float *dst);

/* Operations run in call order. A row of a result never depends on the other rows of the call: where
 * Compute.exact_rows, the order of every sum is fixed by the layer's shape alone, so batches of any size give
 * bit-identical rows. Operations do not say whether they failed: `status` does. */
typedef struct ComputeOps {
    const char *name; // "cpu", "cuda"
    bool numbered;    // NAME:N is the N-th of them

    /* options->device: NULL, the name, or the name with a number. Errors: UNSUPPORTED with the reason why
     * there is no such device; MEMORY. */
    RvStatus (*open)(const ComputeOptions *options, Compute **out, RvError *err);
    void (*close)(Compute *);

    /* The devices of this machine, or why there is none, as one line; NULL: not worth a line. */
    void (*describe)(char *line, size_t size_bytes);

    /* Room for count values: what is computed in COMPUTE_FAST may be kept in fewer bits (CUDA: float16), the
     * rest in float32. Errors: MEMORY. */
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

    /* The same without copying the weights: whenever the layer is used its rows are asked for, from any of
     * the device's threads. To the bit the same results, slower from the second use on. context comes from
     * malloc; the layer frees it, also on failure. NULL where the device has nothing of the kind. */
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

    /* Scaled dot-product attention per sequence and head. q, k, v: [sequence_count, token_count, head_count *
     * head_width], of one stride (they may be thirds of one buffer). dst[sequence_count, query_count,
     * head_count * head_width]. All of one precision. */
    void (*attention)(Compute *, const AttentionShape *shape, DeviceRows q, DeviceRows k, DeviceRows v,
                      DeviceRows dst);

    /* The pictures of the next `patches`: uint8[image_count, size, size, 3] on the host, borrowed until that
     * has run and something was downloaded after it. A device may fetch them while it still computes. */
    void (*images)(Compute *, const uint8_t *images_u8, size_t size_bytes);

    /* Room for so many bytes of pictures on their way, in place of what there was; NULL where no room is
     * needed. Errors: MEMORY. */
    RvStatus (*images_reserve)(Compute *, size_t size_bytes, RvError *err);

    /* Those pictures to normalised patches, one row per patch in reading order, row layout [channel, y, x] as
     * the convolution's weights: dst[image_count * (image_size / patch_size)^2, 3 * patch_size^2]. */
    void (*patches)(Compute *, const PatchShape *shape, size_t image_count, DeviceBuffer *dst);

    /* dst[rows, width] += addend[row modulo addend_rows, width]; all float32. */
    void (*add_rows)(Compute *, DeviceRows dst, size_t rows, size_t width, const DeviceBuffer *addend,
                     size_t addend_rows);

    /* Sequences out of their tokens: dst[sequence_count, token_count, width] = positions[token_count, width]
     * + first[width] for a sequence's first token, + the next row of src[sequence_count * (token_count - 1),
     * width] for each other one. dst, first and positions are float32. */
    void (*sequences)(Compute *, DeviceRows src, const DeviceBuffer *first, const DeviceBuffer *positions,
                      size_t sequence_count, size_t token_count, size_t width, DeviceBuffer *dst);

    /* Whether everything downloaded so far is good; NULL where nothing can fail. MEMORY: something did not
     * fit; told once, the device goes on with less. Anything else stays: the device is lost. */
    RvStatus (*status)(Compute *, RvError *err);

    size_t (*free_bytes)(Compute *); // of device memory; NULL where the caller need not care

    const struct DeviceCodeOps *codes; // device_codes.h; NULL where searches use the CPU's kernels
} ComputeOps;

/* One table per device, each in its own folder; compute.c tries them in its order. */
extern const ComputeOps rv_cpu_ops, rv_cuda_ops;

/* Each device's own structure begins with this. */
struct Compute {
    const ComputeOps *ops;
    char device[32];       // "cpu", "cuda:0"
    char device_name[128]; // the CPU's level as `kernels`, or what the GPU calls itself
    int thread_count;      // of the host, the caller's included
    const char *kernels;   // of the host: "scalar", "avx2", ..., as in REELVEC_CPU
    bool fast_is_faster;   // whether COMPUTE_FAST gains anything here
    bool exact_rows;       // whether rows are the same to the bit whatever else is in the call
    size_t rows_per_run;   // rows of a linear layer that keep the device busy, and no more
    size_t images_per_run; // at most so many pictures at once
    int jobs; // so many videos decoded at once keep the device busy; 0: 1, as decoding shares its cores
};

/* Widest linear layer input, and longest sequence and widest head of an attention, that a device takes: its
 * workspace is sized for them at open. Whoever reads a configuration checks it against these. */
#define COMPUTE_INPUT_MAX ((size_t)1 << 20)
#define COMPUTE_TOKENS_MAX ((size_t)4096)
#define COMPUTE_HEAD_WIDTH_MAX ((size_t)256)

/* "auto" is REELVEC_DEVICE where that is set, else CUDA where it works, else the CPU. Errors: ARGUMENT (no
 * such name), UNSUPPORTED (a device that this build or machine does not have, with the reason), MEMORY. */
RvStatus rv_compute_open(const ComputeOptions *options, Compute **out, RvError *err);
void rv_compute_close(Compute *compute);
int rv_compute_thread_count(const Compute *compute);
const char *rv_compute_kernels(const Compute *compute); // "scalar", "avx2", ..., as in REELVEC_CPU
bool rv_compute_fast_is_faster(const Compute *compute);
int rv_compute_jobs(const Compute *compute); // at least 1

/* What linear_create answers to sizes that its device does not take. UNSUPPORTED. */
RvStatus rv_compute_refuse_linear(size_t output_count, size_t input_count, RvError *err);

/* Refuse a name that rv_compute_open would not know, without opening anything. ARGUMENT. */
RvStatus rv_compute_check_name(const char *device, RvError *err);

/* The CUDA devices of this machine, or why there is none, as one line. */
void rv_compute_describe_cuda(char *line, size_t size_bytes);

#endif
