/* SPDX-License-Identifier: MIT */
/* Which instruction sets this processor and its operating system support. */
#include "base/cpu.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const level_names[] = {[CPU_SCALAR] = "scalar",
                                          [CPU_AVX2] = "avx2",
                                          [CPU_AVX_VNNI] = "avxvnni",
                                          [CPU_AVX512] = "avx512",
                                          [CPU_AVX512_VNNI] = "avx512vnni",
                                          [CPU_AVX512_AMX] = "avx512amx",
                                          [CPU_NEON] = "neon"};

const char *rv_cpu_level_name(CpuLevel level)
{
    return level_names[level];
}

#if defined(__x86_64__)
/* Linux keeps the tile registers of those processes alone that asked for them: of all their threads, whenever
 * started (Documentation/arch/x86/xstate.rst, from Linux 5.16 on). The numbers stand in <asm/prctl.h> of
 * newer systems than are asked for. */
static bool request_tiles(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#endif

static bool level_runs(CpuLevel level)
{
#if defined(__x86_64__)
    // The compiler's support functions also ask the operating system (XGETBV) whether it saves the registers.
    __builtin_cpu_init();
    bool avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    switch (level) {
    case CPU_SCALAR:
        return true;
    case CPU_AVX2:
        return avx2;
    case CPU_AVX_VNNI:
        return avx2 && __builtin_cpu_supports("avxvnni");
    case CPU_AVX512:
        return avx512;
    case CPU_AVX512_VNNI:
        return avx512 && __builtin_cpu_supports("avx512vnni");
    case CPU_AVX512_AMX:
        return avx512 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("amx-tile") &&
               __builtin_cpu_supports("amx-int8") && request_tiles();
    default:
        return false;
    }
#elif defined(__aarch64__)
    return level == CPU_SCALAR || level == CPU_NEON;
#else
    return level == CPU_SCALAR;
#endif
}

CpuLevel rv_cpu_level(void)
{
    const char *wanted = getenv("REELVEC_CPU");
    CpuLevel highest = CPU_SCALAR;
    for (CpuLevel level = CPU_SCALAR; level <= CPU_NEON; level++) {
        if (!level_runs(level))
            continue;
        highest = level;
        if (wanted != NULL && strcmp(wanted, level_names[level]) == 0)
            break;
    }
    return highest;
}
