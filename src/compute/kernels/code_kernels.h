/* SPDX-License-Identifier: MIT */
/* Kernels over 8-bit codes of rows: integer products with a query, and checksums. The results of all levels
 * are bit-identical. */
#ifndef RV_COMPUTE_CODE_KERNELS_H
#define RV_COMPUTE_CODE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* A row's code has a multiple of this many bytes, one AVX-512 register. */
#define CODE_ALIGNMENT ((size_t)64)
/* Values of a query are in [-CODE_QUERY_MAX, CODE_QUERY_MAX], so that the high byte below fits. */
#define CODE_QUERY_MAX 32639

/* How far ahead codes are prefetched. The processor itself does not prefetch across pages. */
#define CODE_FETCH_BYTES 8192

/* value = 256 * high + low. The three arrays hold `count` elements, a multiple of CODE_ALIGNMENT. */
typedef struct CodeQuery {
    const int16_t *values;
    const int8_t *high, *low;
    size_t count;
    uint32_t offset; // 128 * (sum of the values), modulo 2^32
} CodeQuery;

typedef struct CodeKernels {
    const char *name;
    /* dots[row] = sum((codes[row * count + i] - 128) * values[i]). Sums are taken modulo 2^32, so only the
     * result has to fit 32 bits: the caller bounds the values. codes: any alignment. */
    void (*dot_rows)(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots);
    /* Checksum of the bytes (code_checksum.h). It detects accidental damage, not forgery. */
    uint64_t (*checksum)(const void *bytes, size_t size_bytes);
} CodeKernels;

/* Returns the fastest kernels that the processor runs, limited as rv_cpu_level() is. */
const CodeKernels *rv_code_kernels(void);

extern const CodeKernels rv_code_kernels_scalar;
#if defined(__x86_64__)
extern const CodeKernels rv_code_kernels_avx2;
extern const CodeKernels rv_code_kernels_avx512;
extern const CodeKernels rv_code_kernels_avx512vnni;
#endif

#endif
