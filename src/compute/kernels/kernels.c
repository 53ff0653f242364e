/* SPDX-License-Identifier: MIT */
/* Choice of the kernels by CPU level. */
#include "compute/kernels/kernels.h"

static const CpuKernels *const kernels_by_level[] = {
    [CPU_SCALAR] = &rv_kernels_scalar,
#if defined(__x86_64__)
    [CPU_AVX2] = &rv_kernels_avx2,
    [CPU_AVX512] = &rv_kernels_avx512,
#endif
};

const CpuKernels *rv_kernels_get(CpuLevel level)
{
    size_t level_count = sizeof kernels_by_level / sizeof kernels_by_level[0];
    return (size_t)level < level_count ? kernels_by_level[level] : NULL;
}

const ScanKernels *rv_scan_kernels(void)
{
    return &rv_kernels_get(rv_cpu_level())->scan;
}
