/* SPDX-License-Identifier: MIT */
/* The part of CUDA's header of this name that reelvec's kernels use, for a C++ compiler of the host. */
#ifndef RV_TESTS_SHIM_CUDA_FP16_H
#define RV_TESTS_SHIM_CUDA_FP16_H

#include "kernel_block.h"

struct __half {
    _Float16 value;
};

struct __half2 {
    __half x, y;
};

static inline float __half2float(__half half)
{
    return (float)half.value;
}

static inline __half __float2half_rn(float value)
{
    return __half{(_Float16)value};
}

static inline float2 __half22float2(__half2 pair)
{
    return float2{__half2float(pair.x), __half2float(pair.y)};
}

static inline __half2 __floats2half2_rn(float x, float y)
{
    return __half2{__float2half_rn(x), __float2half_rn(y)};
}

#endif
