/* SPDX-License-Identifier: MIT */
/* Choice of the kernels by CPU level. */
#include "compute/kernels/kernels_i16.h"

static const CpuKernels *const kernels_by_level[] = {
    [CPU_SCALAR] = &rv_kernels_scalar,
#if defined(__x86_64__)
    [CPU_AVX2] = &rv_kernels_avx2,
    [CPU_AVX_VNNI] = &rv_kernels_avx2, // adds integer kernels only
    [CPU_AVX512] = &rv_kernels_avx512,
    [CPU_AVX512_VNNI] = &rv_kernels_avx512, // likewise
#elif defined(__aarch64__)
    [CPU_NEON] = &rv_kernels_neon,
#endif
};

static const I16Kernels *const i16_kernels_by_level[] = {
    [CPU_SCALAR] = &rv_i16_kernels_scalar,
#if defined(__x86_64__)
    [CPU_AVX2] = &rv_i16_kernels_avx2,
    [CPU_AVX_VNNI] = &rv_i16_kernels_avxvnni,
    [CPU_AVX512] = &rv_i16_kernels_avx512,
    [CPU_AVX512_VNNI] = &rv_i16_kernels_avx512vnni,
#elif defined(__aarch64__)
    [CPU_NEON] = &rv_i16_kernels_scalar, // NEON multiplies no more 16-bit integers at once than floats
#endif
};

const CpuKernels *rv_kernels_get(CpuLevel level)
{
    size_t level_count = sizeof kernels_by_level / sizeof kernels_by_level[0];
    return (size_t)level < level_count ? kernels_by_level[level] : NULL;
}

const I16Kernels *rv_i16_kernels_get(CpuLevel level)
{
    size_t level_count = sizeof i16_kernels_by_level / sizeof i16_kernels_by_level[0];
    return (size_t)level < level_count ? i16_kernels_by_level[level] : NULL;
}

const ScanKernels *rv_scan_kernels(void)
{
    return &rv_kernels_get(rv_cpu_level())->scan;
}
