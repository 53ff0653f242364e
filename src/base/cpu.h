/* SPDX-License-Identifier: MIT */
/* Which instruction sets this processor and its operating system support. */
#ifndef RV_BASE_CPU_H
#define RV_BASE_CPU_H

/* Levels of which each includes the ones before it on its architecture. */
typedef enum CpuLevel {
    CPU_SCALAR,
    CPU_AVX2,   /* AVX2 + FMA + F16C */
    CPU_AVX512, /* AVX-512 F, BW, DQ, VL */
    CPU_AVX512_VNNI,
} CpuLevel;

/* The highest level that runs here, capped by the environment variable REELVEC_CPU=scalar|avx2|avx512|avx512vnni
 * (an unknown word counts as no cap). */
CpuLevel rv_cpu_level(void);
const char *rv_cpu_level_name(CpuLevel level);

#endif
