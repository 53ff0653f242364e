/* SPDX-License-Identifier: MIT */
/* Choice of the kernels over codes by CPU level. */
#include "compute/kernels/code_kernels.h"

#include "base/cpu.h"

const CodeKernels *rv_code_kernels(void)
{
#if defined(__x86_64__)
    CpuLevel level = rv_cpu_level();
    if (level >= CPU_AVX512_VNNI)
        return &rv_code_kernels_avx512vnni;
    if (level >= CPU_AVX512)
        return &rv_code_kernels_avx512;
    if (level >= CPU_AVX2)
        return &rv_code_kernels_avx2;
#endif
    return &rv_code_kernels_scalar;
}
