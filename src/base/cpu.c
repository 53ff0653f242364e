/* SPDX-License-Identifier: MIT */
/* Which instruction sets this processor and its operating system support. */
#include "base/cpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const level_names[] = {[CPU_SCALAR] = "scalar",          [CPU_AVX2] = "avx2",
                                          [CPU_AVX_VNNI] = "avxvnni",       [CPU_AVX512] = "avx512",
                                          [CPU_AVX512_VNNI] = "avx512vnni", [CPU_NEON] = "neon"};

const char *rv_cpu_level_name(CpuLevel level)
{
    return level_names[level];
}

#if defined(__x86_64__)
/* Instruction sets that clang 14's __builtin_cpu_supports does not know by name. The bits are those of
 * Intel's manual, volume 2, CPUID. */
typedef struct CpuidBits {
    bool f16c, avx_vnni, avx512_vnni;
} CpuidBits;

static CpuidBits ask_cpuid(void)
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    CpuidBits bits = {0};
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        bits.f16c = (ecx >> 29 & 1) != 0;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        return bits;
    unsigned last_subleaf = eax;
    bits.avx512_vnni = (ecx >> 11 & 1) != 0;
    if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx))
        bits.avx_vnni = (eax >> 4 & 1) != 0;
    return bits;
}

/* Asked once: in a virtual machine CPUID goes to the host each time, which takes tens of microseconds, and
 * levels are asked for in every search. The processor does not change, so that it does not matter which
 * thread's answer is kept. */
static CpuidBits read_cpuid_bits(void)
{
    enum { KNOWN = 1, F16C = 2, AVX_VNNI = 4, AVX512_VNNI = 8 };
    static atomic_uint kept;
    unsigned known = atomic_load_explicit(&kept, memory_order_relaxed);
    if (known == 0) {
        CpuidBits bits = ask_cpuid();
        known = KNOWN | (bits.f16c ? F16C : 0) | (bits.avx_vnni ? AVX_VNNI : 0) |
                (bits.avx512_vnni ? AVX512_VNNI : 0);
        atomic_store_explicit(&kept, known, memory_order_relaxed);
    }
    return (CpuidBits){(known & F16C) != 0, (known & AVX_VNNI) != 0, (known & AVX512_VNNI) != 0};
}
#endif

// True if the processor and the operating system support the level.
static bool level_runs(CpuLevel level)
{
#if defined(__x86_64__)
    // The compiler's support functions also ask the operating system (XGETBV) whether it saves the registers.
    // What is read from CPUID here uses the registers of AVX2 or AVX-512, which those functions vouch for.
    __builtin_cpu_init();
    CpuidBits bits = read_cpuid_bits();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && bits.f16c;
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    switch (level) {
    case CPU_SCALAR:
        return true;
    case CPU_AVX2:
        return avx2;
    case CPU_AVX_VNNI:
        return avx2 && bits.avx_vnni;
    case CPU_AVX512:
        return avx512;
    case CPU_AVX512_VNNI:
        return avx512 && bits.avx512_vnni;
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
