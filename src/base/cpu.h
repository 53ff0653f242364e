/* SPDX-License-Identifier: MIT */
/* Which instruction sets this processor and its operating system support. */
#ifndef RV_BASE_CPU_H
#define RV_BASE_CPU_H

/* From slower to faster. Each includes the ones before it of its architecture, but for AVX-VNNI, which
 * AVX-512 does not need. */
typedef enum CpuLevel {
    CPU_SCALAR,
    CPU_AVX2,     /* AVX2 + FMA + F16C */
    CPU_AVX_VNNI, /* AVX2 and AVX-VNNI */
    CPU_AVX512,   /* AVX-512 F, BW, DQ, VL */
    CPU_AVX512_VNNI,
    CPU_NEON, /* of 64-bit ARM, where every processor has it */
} CpuLevel;

/* The highest level that runs here, or the one that the environment variable REELVEC_CPU names, if it runs
 * here (scalar, avx2, avxvnni, avx512, avx512vnni, neon). */
CpuLevel rv_cpu_level(void);

/* Returns the level's name as REELVEC_CPU spells it. */
const char *rv_cpu_level_name(CpuLevel level);

#endif
