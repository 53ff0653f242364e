/* SPDX-License-Identifier: MIT */
/* Kernels that work value by value or row by row: conversion, patches, sequences, sums, layer norm,
 * activations. */
#include "compute/cuda/device_values.h"

extern "C" __global__ void rv_narrow_f16(ConvertParams p)
{
    size_t i = (size_t)blockIdx.x * CUDA_THREADS + threadIdx.x;
    if (i < p.count)
        set_value((__half *)p.dst + i, ((const float *)p.src)[i]);
}

extern "C" __global__ void rv_widen_f16(ConvertParams p)
{
    size_t i = (size_t)blockIdx.x * CUDA_THREADS + threadIdx.x;
    if (i < p.count)
        ((float *)p.dst)[i] = get_value((const __half *)p.src + i);
}

template <typename Value> __device__ static void patches(const PatchesParams &p)
{
    uint32_t patches_per_image = p.grid * p.grid, values = 3 * p.patch * p.patch;
    size_t image = blockIdx.x / patches_per_image;
    uint32_t place = blockIdx.x % patches_per_image;
    const uint8_t *corner =
        p.images_u8 + ((image * p.size + place / p.grid * p.patch) * p.size + place % p.grid * p.patch) * 3;
    Value *dst = (Value *)p.dst + (size_t)blockIdx.x * values;
    for (uint32_t i = threadIdx.x; i < values; i += CUDA_THREADS) {
        uint32_t channel = i / (p.patch * p.patch), y = i / p.patch % p.patch, x = i % p.patch;
        float level = (float)corner[((size_t)y * p.size + x) * 3 + channel];
        set_value(dst + i, (level / 255.0f - p.mean[channel]) / p.deviation[channel]);
    }
}

extern "C" __global__ void rv_patches_f32(PatchesParams p)
{
    patches<float>(p);
}

extern "C" __global__ void rv_patches_f16(PatchesParams p)
{
    patches<__half>(p);
}

template <typename Value> __device__ static void sequences(const SequencesParams &p)
{
    size_t sequence = blockIdx.x / p.token_count;
    uint32_t token = blockIdx.x % p.token_count;
    bool is_first = p.first != NULL && token == 0;
    // Each sequence up to this one has a first token, which is no row of src.
    size_t skipped = p.first == NULL || is_first ? 0 : sequence + 1;
    const Value *src = (const Value *)p.src + (blockIdx.x - skipped) * p.src_stride;
    const float *position = p.positions + (size_t)token * p.width;
    float *dst = p.dst + (size_t)blockIdx.x * p.width;
    for (uint32_t i = threadIdx.x; i < p.width; i += CUDA_THREADS)
        dst[i] = (is_first ? p.first[i] : get_value(src + i)) + position[i];
}

extern "C" __global__ void rv_sequences_f32(SequencesParams p)
{
    sequences<float>(p);
}

extern "C" __global__ void rv_sequences_f16(SequencesParams p)
{
    sequences<__half>(p);
}

extern "C" __global__ void rv_add_rows_f32(AddRowsParams p)
{
    float *dst = p.dst + blockIdx.x * p.dst_stride;
    const float *addend = p.addend + (size_t)(blockIdx.x % p.addend_rows) * p.width;
    for (uint32_t i = threadIdx.x; i < p.width; i += CUDA_THREADS)
        dst[i] += addend[i];
}

template <typename Value> __device__ static void rotate(const RotateParams &p)
{
    Value *row = (Value *)p.rows + blockIdx.x * p.stride;
    const float *angles = p.angles + (size_t)(blockIdx.x % p.token_count) * p.head_width;
    for (uint32_t i = 2 * threadIdx.x; i < p.width; i += 2 * CUDA_THREADS) {
        float x = get_value(row + i), y = get_value(row + i + 1);
        float cosine = angles[i % p.head_width], sine = angles[i % p.head_width + 1];
        set_value(row + i, x * cosine - y * sine);
        set_value(row + i + 1, x * sine + y * cosine);
    }
}

extern "C" __global__ void rv_rotate_f32(RotateParams p)
{
    rotate<float>(p);
}

extern "C" __global__ void rv_rotate_f16(RotateParams p)
{
    rotate<__half>(p);
}

/* A row is read three times, from the second time on from the nearest cache. Each lane reads and writes the
 * same elements, so dst may be src. */
template <typename Value> __device__ static void layer_norm(const LayerNormParams &p)
{
    size_t row = (size_t)blockIdx.x * CUDA_WARPS + threadIdx.x / WARP_LANES;
    if (row >= p.rows)
        return;
    uint32_t lane = threadIdx.x % WARP_LANES;
    const float *src = p.src + row * p.src_stride;
    Value *dst = (Value *)p.dst + row * p.dst_stride;
    float sum = 0.0f, squares = 0.0f;
    for (uint32_t i = lane; i < p.width; i += WARP_LANES)
        sum += src[i];
    float mean = sum_of_warp(sum) / (float)p.width;
    for (uint32_t i = lane; i < p.width; i += WARP_LANES)
        squares += (src[i] - mean) * (src[i] - mean);
    float scale = 1.0f / sqrtf(sum_of_warp(squares) / (float)p.width + p.epsilon);
    for (uint32_t i = lane; i < p.width; i += WARP_LANES)
        set_value(dst + i, (src[i] - mean) * scale * p.gain[i] + p.shift[i]);
}

extern "C" __global__ void rv_layer_norm_f32(LayerNormParams p)
{
    layer_norm<float>(p);
}

extern "C" __global__ void rv_layer_norm_f16(LayerNormParams p)
{
    layer_norm<__half>(p);
}

/* cuBLASLt has neither of the first two: its GELU is the one with the hyperbolic tangent. */
__device__ static inline float activation(float x, uint32_t kind)
{
    if (kind == CUDA_GELU)
        return 0.5f * x * erfcf(-x * 0.70710678f);
    // With the hyperbolic tangent: (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u)).
    float factor = kind == CUDA_GELU_TANH ? -1.59576912f - 0.0713548163f * x * x : -1.702f;
    return x / (1.0f + expf(factor * x));
}

template <typename Value> __device__ static void activate(const ActivateParams &p)
{
    Value *values = (Value *)p.values + blockIdx.x * p.stride;
    float *sum = p.sum != NULL ? p.sum + blockIdx.x * p.sum_stride : NULL;
    for (uint32_t i = threadIdx.x; i < p.width; i += CUDA_THREADS) {
        float value = activation(get_value(values + i), p.kind);
        if (sum != NULL)
            sum[i] += value;
        else
            set_value(values + i, value);
    }
}

extern "C" __global__ void rv_activate_f32(ActivateParams p)
{
    activate<float>(p);
}

extern "C" __global__ void rv_activate_f16(ActivateParams p)
{
    activate<__half>(p);
}

/* Eight values at a time, without `sum`. Rows begin at multiples of 16 bytes, and so do their lengths. */
extern "C" __global__ void rv_activate_f16x8(ActivateParams p)
{
    uint4 *values = (uint4 *)((__half *)p.values + blockIdx.x * p.stride);
    for (uint32_t i = threadIdx.x; i < p.width / 8; i += CUDA_THREADS) {
        uint4 eight = values[i];
        __half2 *pairs = (__half2 *)&eight;
        for (int k = 0; k < 4; k++) {
            float2 pair = __half22float2(pairs[k]);
            pairs[k] = __floats2half2_rn(activation(pair.x, p.kind), activation(pair.y, p.kind));
        }
        values[i] = eight;
    }
}
