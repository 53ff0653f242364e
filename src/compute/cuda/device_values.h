/* SPDX-License-Identifier: MIT */
/* Shared by the kernels: values of either type, sums over a warp. */
#ifndef RV_COMPUTE_DEVICE_VALUES_H
#define RV_COMPUTE_DEVICE_VALUES_H

#include <cuda_fp16.h>

#include "compute/cuda/kernel_params.h"

/* Shared memory whose size is set at the launch. */
#ifndef DYNAMIC_SHARED
#define DYNAMIC_SHARED(type, name) extern __shared__ type name[]
#endif

#define WARP_LANES 32
#define ALL_LANES 0xffffffffu

__device__ static inline float get_value(const float *at)
{
    return *at;
}

__device__ static inline float get_value(const __half *at)
{
    return __half2float(*at);
}

__device__ static inline void set_value(float *at, float value)
{
    *at = value;
}

__device__ static inline void set_value(__half *at, float value)
{
    *at = __float2half_rn(value);
}

/* Returns in every lane the sum over all lanes, always added in the same order. */
__device__ static inline float sum_of_warp(float value)
{
    for (int step = WARP_LANES / 2; step > 0; step /= 2)
        value += __shfl_xor_sync(ALL_LANES, value, step);
    return value;
}

__device__ static inline float highest_of_warp(float value)
{
    for (int step = WARP_LANES / 2; step > 0; step /= 2)
        value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, step));
    return value;
}

#endif
