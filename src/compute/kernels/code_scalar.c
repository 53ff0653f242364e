/* SPDX-License-Identifier: MIT */
/* Kernels over codes in plain C. The results of the other levels are bit-identical to these. */
#include "compute/kernels/code_checksum.h"
#include "compute/kernels/code_kernels.h"

static void dot_rows_scalar(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots)
{
    for (size_t row = 0; row < row_count; row++, codes += query->count) {
        uint32_t sum = 0;
        for (size_t i = 0; i < query->count; i++)
            sum += (uint32_t)((int32_t)codes[i] * query->values[i]);
        dots[row] = (int32_t)(sum - query->offset);
    }
}

static uint64_t checksum_scalar(const void *bytes, size_t size_bytes)
{
    ChecksumSums sums = {{0}, {0}};
    size_t whole = size_bytes / 64 * 64;
    for (size_t i = 0; i < whole; i += 64)
        checksum_group((const uint8_t *)bytes + i, &sums);
    return checksum_end((const uint8_t *)bytes + whole, size_bytes - whole, size_bytes, &sums);
}

const CodeKernels rv_code_kernels_scalar = {"scalar", dot_rows_scalar, checksum_scalar};
