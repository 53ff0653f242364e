/* SPDX-License-Identifier: MIT */
/* The matrix operations of a warp, as CUDA's header of this name declares them. Here lane 0 has the whole
 * tile, and the other lanes' fragments are empty. */
#ifndef RV_TESTS_SHIM_MMA_H
#define RV_TESTS_SHIM_MMA_H

#include "cuda_fp16.h"

namespace nvcuda
{
namespace wmma
{

struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };

template <typename Use, int M, int N, int K, typename Value, typename Layout = void> struct fragment {
    float values[16][16]; // [row, column]
};

static inline bool acts()
{
    return threadIdx.x % 32 == 0;
}

template <typename Value> static inline void must_be_aligned(const Value *memory, unsigned stride)
{
    if ((uintptr_t)memory % 32 != 0 || stride * sizeof(Value) % 16 != 0)
        kernel_fault("a tile's memory is not aligned");
}

template <typename Use, typename Layout>
static inline void load_matrix_sync(fragment<Use, 16, 16, 16, __half, Layout> &tile, const __half *memory,
                                    unsigned stride)
{
    must_be_aligned(memory, stride);
    for (int row = 0; acts() && row < 16; row++) {
        for (int column = 0; column < 16; column++)
            tile.values[row][column] =
                __half2float(std::is_same<Layout, row_major>::value ? memory[row * (int)stride + column]
                                                                    : memory[column * (int)stride + row]);
    }
}

static inline void fill_fragment(fragment<accumulator, 16, 16, 16, float> &tile, float value)
{
    for (int row = 0; acts() && row < 16; row++) {
        for (int column = 0; column < 16; column++)
            tile.values[row][column] = value;
    }
}

template <typename LayoutA, typename LayoutB>
static inline void mma_sync(fragment<accumulator, 16, 16, 16, float> &d,
                            const fragment<matrix_a, 16, 16, 16, __half, LayoutA> &a,
                            const fragment<matrix_b, 16, 16, 16, __half, LayoutB> &b,
                            const fragment<accumulator, 16, 16, 16, float> &c)
{
    for (int row = 0; acts() && row < 16; row++) {
        for (int column = 0; column < 16; column++) {
            float sum = c.values[row][column];
            for (int k = 0; k < 16; k++)
                sum += a.values[row][k] * b.values[k][column];
            d.values[row][column] = sum;
        }
    }
}

static inline void store_matrix_sync(float *memory, const fragment<accumulator, 16, 16, 16, float> &tile,
                                     unsigned stride, layout_t layout)
{
    must_be_aligned(memory, stride);
    for (int row = 0; acts() && row < 16; row++) {
        for (int column = 0; column < 16; column++)
            memory[layout == mem_row_major ? row * (int)stride + column : column * (int)stride + row] =
                tile.values[row][column];
    }
}

} // namespace wmma
} // namespace nvcuda

#endif
