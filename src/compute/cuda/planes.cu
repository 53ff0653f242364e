/* SPDX-License-Identifier: MIT */
/* Planes of a picture resampled by separable filters: first along the rows, then along the columns. */
#include "compute/cuda/device_values.h"

/* As libswscale's intermediate values: they do not exceed the largest 16-bit one by more. */
#define SUM_MAX 65535.875f

/* One row of the source, one column of the window per thread. */
template <typename Sample> __device__ static void filter_rows(const PlaneRowsParams &p, float scale)
{
    uint32_t column = blockIdx.x * CUDA_THREADS + threadIdx.x;
    if (column >= p.columns)
        return;
    const uint8_t *row = p.src + (size_t)(p.first_row + blockIdx.y) * p.row_stride;
    const float *weights = p.weights + column; // [taps, columns], so that neighbours read neighbours
    int start = p.starts[column];
    float sum = 0.0f;
    for (uint32_t tap = 0; tap < p.taps; tap++) {
        int at = min(max(start + (int)tap, 0), (int)p.width - 1);
        sum += weights[tap * p.columns] * (float)((const Sample *)row)[(size_t)at * p.step];
    }
    p.dst[(size_t)blockIdx.y * p.columns + column] = fminf(sum * scale, SUM_MAX);
}

extern "C" __global__ void rv_plane_rows_u8(PlaneRowsParams p)
{
    filter_rows<uint8_t>(p, 256.0f);
}

extern "C" __global__ void rv_plane_rows_u16(PlaneRowsParams p)
{
    filter_rows<uint16_t>(p, 1.0f);
}

/* One row of the window, one column per thread. */
extern "C" __global__ void rv_plane_columns(PlaneColumnsParams p)
{
    uint32_t column = blockIdx.x * CUDA_THREADS + threadIdx.x;
    if (column >= p.columns)
        return;
    int start = p.starts[blockIdx.y];
    float sum = 0.0f;
    for (uint32_t tap = 0; tap < p.taps; tap++) {
        int at = min(max(start + (int)tap, 0), (int)p.height - 1) - (int)p.first_row;
        sum += p.weights[tap * p.rows + blockIdx.y] * p.src[(size_t)at * p.columns + column];
    }
    p.dst[(size_t)blockIdx.y * p.columns + column] = (uint16_t)fminf(fmaxf(sum + 0.5f, 0.0f), 65535.0f);
}
