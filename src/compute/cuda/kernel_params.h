/* SPDX-License-Identifier: MIT */
/* The CUDA kernels and their parameters, for the host's compiler and for nvcc. Every kernel has one
 * parameter, a struct. Pointers in it point to device memory. Strides and widths count values. */
#ifndef RV_COMPUTE_KERNEL_PARAMS_H
#define RV_COMPUTE_KERNEL_PARAMS_H

#include <stddef.h>
#include <stdint.h>

/* X(kernel, parameter). _f32, _f16: the type of the values that the operation may store in fewer bits. */
#define CUDA_KERNELS(X)                                                                                      \
    X(rv_narrow_f16, ConvertParams)                                                                          \
    X(rv_widen_f16, ConvertParams)                                                                           \
    X(rv_patches_f32, PatchesParams)                                                                         \
    X(rv_patches_f16, PatchesParams)                                                                         \
    X(rv_sequences_f32, SequencesParams)                                                                     \
    X(rv_sequences_f16, SequencesParams)                                                                     \
    X(rv_add_rows_f32, AddRowsParams)                                                                        \
    X(rv_rotate_f32, RotateParams)                                                                           \
    X(rv_rotate_f16, RotateParams)                                                                           \
    X(rv_layer_norm_f32, LayerNormParams)                                                                    \
    X(rv_layer_norm_f16, LayerNormParams)                                                                    \
    X(rv_activate_f32, ActivateParams)                                                                       \
    X(rv_activate_f16, ActivateParams)                                                                       \
    X(rv_activate_f16x8, ActivateParams)                                                                     \
    X(rv_attention_f32, AttentionParams)                                                                     \
    X(rv_attention_f16, AttentionParams)                                                                     \
    X(rv_attention_f16_w64, AttentionParams)                                                                 \
    X(rv_attention_f16_w80, AttentionParams)                                                                 \
    X(rv_attention_f16_w96, AttentionParams)                                                                 \
    X(rv_code_scores, CodeScoresParams)                                                                      \
    X(rv_codes_above, CodesAboveParams)

/* Blocks and threads that the kernels are written for. */
#define CUDA_THREADS 256        /* of a block, if nothing else is said */
#define CUDA_WARPS 8            /* of such a block; one row of layer_norm or one query of attention each */
#define CUDA_KEYS 32            /* keys that attention holds at once */
#define CUDA_TILE_THREADS 128   /* of a block of attention_f16_w64, _w80 and _w96: four warps */
#define CUDA_TILE_QUERIES 64    /* of such a block */
#define CUDA_HEAD_WIDTH_MAX 256 /* of attention */
#define CUDA_CODE_ROWS 128      /* of a warp of code_scores */

/* Activations, as in compute.h. */
enum { CUDA_QUICK_GELU, CUDA_GELU, CUDA_GELU_TANH };

/* One thread per value: float32 to float16 (narrow), float16 to float32 (widen). */
typedef struct ConvertParams {
    const void *src;
    void *dst;
    size_t count;
} ConvertParams;

/* One block per patch: dst[image_count * grid * grid, 3 * patch * patch]. */
typedef struct PatchesParams {
    const uint8_t *images_u8;
    void *dst;
    uint32_t size, patch, grid;
    float mean[3], deviation[3];
} PatchesParams;

/* One block per token of dst, float32[sequence_count, token_count, width]. */
typedef struct SequencesParams {
    const void *src;
    const float *first, *positions; /* first NULL: every token is a row of src */
    float *dst;
    size_t src_stride;
    uint32_t token_count, width;
} SequencesParams;

/* One block per row. */
typedef struct AddRowsParams {
    float *dst;
    const float *addend;
    size_t dst_stride;
    uint32_t addend_rows, width;
} AddRowsParams;

/* One block per row. */
typedef struct RotateParams {
    void *rows;
    const float *angles; /* [token_count, head_width]: cosine, sine, ... */
    size_t stride;
    uint32_t width, head_width, token_count;
} RotateParams;

/* One warp per row. */
typedef struct LayerNormParams {
    const float *src, *gain, *shift;
    void *dst;
    size_t src_stride, dst_stride, rows;
    uint32_t width;
    float epsilon;
} LayerNormParams;

/* One block per row. sum NULL: values are replaced by their activation; else the activation is added to
 * sum. */
typedef struct ActivateParams {
    void *values;
    float *sum;
    size_t stride, sum_stride;
    uint32_t width;
    uint32_t kind; /* CUDA_GELU, ... */
} ActivateParams;

/* Blocks: x is a head of a sequence, y a few queries. */
typedef struct AttentionParams {
    const void *q, *k, *v;
    void *dst;
    size_t qkv_stride, dst_stride;
    size_t q_step; /* between the queries of two sequences */
    uint32_t token_count, first_query, query_count, head_count, head_width;
    uint32_t causal;
    float scale;
} AttentionParams;

/* One warp per CUDA_CODE_ROWS rows. Shared memory: the query, 2 * width bytes. */
typedef struct CodeScoresParams {
    const uint8_t *codes;    /* [row_count, width] */
    const float *bounds;     /* [row_count, 2]: scale, error */
    const double *times_s;   /* NULL: no bounds of time */
    const uint32_t *counted; /* a bit per row; NULL: all rows count */
    const int8_t *query;     /* [2, width]: high bytes, low bytes */
    float *highs;            /* [row_count], upper bounds; -INFINITY: the row does not count */
    float *best;             /* [blocks of CUDA_CODE_ROWS] */
    double step, error_factor, slack, after_s, before_s;
    uint32_t row_count, width;
} CodeScoresParams;

/* One thread per row. */
typedef struct CodesAboveParams {
    const float *highs;
    uint32_t *rows, *count; /* count: 0 at the launch */
    double threshold;
    uint32_t row_count, capacity;
} CodesAboveParams;

#endif
