/* SPDX-License-Identifier: MIT */
/* 16-bit integer kernels for processors with AVX-512 and AMX: up to four times the multiply-adds of VNNI. */
#define KERNEL_I16(name) name##_i16_avx512amx
#define FLOAT_KERNELS rv_kernels_avx512
#define INTEGER_KERNELS rv_i16_kernels_avx512

#include "compute/kernels/amx_kernels_i16.h"

const I16Kernels rv_i16_kernels_avx512amx = {
    .level = CPU_AVX512_AMX,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .depth_step = STEP,
    .tiles = tiles,
    .quantise_i16 = quantise_i16_avx512amx,
    .split_i16 = split_i16_avx512amx,
    .pack_i16 = pack_i16_avx512amx,
};
