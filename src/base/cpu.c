/* SPDX-License-Identifier: MIT */
/* Which instruction sets this processor and its operating system support. */
#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {
    [CPU_SCALAR] = "scalar", [CPU_AVX2] = "avx2", [CPU_AVX512] = "avx512", [CPU_AVX512_VNNI] = "avx512vnni"};

const char *rv_cpu_level_name(CpuLevel level)
{
    return level_names[level];
}

static CpuLevel detected_level(void)
{
#if defined(__x86_64__)
    // The compiler's support functions also ask the operating system (XGETBV) whether it saves the registers.
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
        return CPU_SCALAR;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return __builtin_cpu_supports("avx512vnni") ? CPU_AVX512_VNNI : CPU_AVX512;
    return CPU_AVX2;
#else
    return CPU_SCALAR;
#endif
}

CpuLevel rv_cpu_level(void)
{
    CpuLevel level = detected_level();
    const char *cap = getenv("REELVEC_CPU");
    if (cap == NULL)
        return level;
    for (CpuLevel candidate = CPU_SCALAR; candidate < level; candidate++) {
        if (strcmp(cap, level_names[candidate]) == 0)
            return candidate;
    }
    return level;
}
