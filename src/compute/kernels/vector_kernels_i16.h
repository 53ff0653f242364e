/* SPDX-License-Identifier: MIT */
/* The 16-bit integer kernels of every vector level, written once. A level's file defines vectors VI (int32
 * lanes), VF (float lanes) and Sums (eight doubles) with their basic operations, LANES, KERNEL_I16(name),
 * KERNEL_F32(name), TILE_ROWS, TILE_VECTORS and FLOAT_KERNELS (the level's float32 kernels, for the end of a tile),
 * then includes this. */

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define TILE_COLUMNS (TILE_VECTORS * LANES)

_Static_assert(TILE_COLUMNS <= I16_TILE_COLUMNS_MAX, "packing has no room for so wide a tile");

ALWAYS_INLINE void tile_i16(const TileI16 *tile, const int rows)
{
    float results[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
    const int16_t *src = tile->src, *panel = tile->panel;
    size_t src_stride = tile->src_stride, next_lines = tile->out.next_lines;
    const float *next = tile->out.next, *src_scales = tile->src_scales, *panel_scales = tile->panel_scales;
    size_t left = tile->depth / 2;
    for (bool first = true; left > 0; first = false) {
        size_t pair_count = left < I16_SEGMENT / 2 ? left : I16_SEGMENT / 2;
        left -= pair_count;
        VI sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
        for (int row = 0; row < rows; row++) {
#pragma GCC unroll 4
            for (int j = 0; j < TILE_VECTORS; j++)
                sums[row][j] = vi_zero();
        }
        for (size_t pair = 0; pair < pair_count; pair++, src += 2, panel += 2 * TILE_COLUMNS) {
            if (pair % TILE_FETCH_DEPTH == 0) {
                for (size_t line = 0; line < next_lines; line++, next += 16)
                    __builtin_prefetch(next, 0, 2);
            }
            VI columns[TILE_VECTORS];
#pragma GCC unroll 4
            for (int j = 0; j < TILE_VECTORS; j++)
                columns[j] = vi_load(panel + 2 * j * LANES);
#pragma GCC unroll 16
            for (int row = 0; row < rows; row++) {
                VI x = vi_pair(src + (size_t)row * src_stride);
#pragma GCC unroll 4
                for (int j = 0; j < TILE_VECTORS; j++)
                    vi_dot(sums[row][j], x, columns[j]);
            }
        }
        // Scale the integer sums of the segment and add them to the float sums.
#pragma GCC unroll 16
        for (int row = 0; row < rows; row++) {
            VF row_scale = vf_set(src_scales[(size_t)row * tile->scale_stride]);
#pragma GCC unroll 4
            for (int j = 0; j < TILE_VECTORS; j++) {
                float *result = results + (row * TILE_VECTORS + j) * LANES;
                VF before = first ? vf_set(0.0f) : vf_load(result);
                VF scaled = vf_mul(vf_from_int(sums[row][j]), row_scale);
                vf_store(result, vf_fma(scaled, vf_load(panel_scales + j * LANES), before));
            }
        }
        src_scales++;
        panel_scales += TILE_COLUMNS;
    }
    FLOAT_KERNELS.finish_f32(&tile->out, results, (size_t)rows);
}

static double KERNEL_F32(magnitudes)(const float *src, size_t count, float *peak)
{
    VI peaks = vi_zero();
    Sums sums = vd_zero();
    for (size_t k = 0; k < count; k += LANES) {
        VI magnitudes = vi_magnitude(vf_load_first(src + k, count - k));
        peaks = vi_max(peaks, magnitudes);
        sums = vd_add(sums, magnitudes);
    }
    uint32_t bits = vi_highest(peaks);
    memcpy(peak, &bits, sizeof *peak);
    double eight[8];
    vd_store(eight, sums);
    return rv_i16_add_sums(eight);
}

static void KERNEL_I16(round)(const float *src, size_t count, float factor, int16_t *dst)
{
    VF factors = vf_set(factor);
    for (size_t k = 0; k < count; k += LANES)
        vi_store_i16_first(dst + k, count - k, vi_round(vf_mul(vf_load_first(src + k, count - k), factors)));
}

static float KERNEL_I16(quantise)(const float *src, size_t count, int16_t *dst)
{
    // Magnitudes compare like the integers with the same bits. Infinity and NaN are the largest.
    VI peaks = vi_zero();
    for (size_t k = 0; k < count; k += LANES)
        peaks = vi_max(peaks, vi_magnitude(vf_load_first(src + k, count - k)));
    uint32_t bits = vi_highest(peaks);
    float peak, scale = NAN, inverse = 0.0f;
    memcpy(&peak, &bits, sizeof peak);
    if (peak <= FLT_MAX) {
        peak = peak < I16_SMALLEST_PEAK ? I16_SMALLEST_PEAK : peak;
        scale = peak / I16_VALUE_MAX;
        inverse = I16_VALUE_MAX / peak;
    }
    // If the scale is NaN, the integers do not matter, but must not be the result of converting NaN.
    if (inverse > 0.0f)
        KERNEL_I16(round)(src, count, inverse, dst);
    else
        memset(dst, 0, count * sizeof *dst);
    return scale;
}
