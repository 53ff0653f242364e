/* SPDX-License-Identifier: MIT */
/* A row as two planes of 8-bit codes with proven bounds on the scores that they give.
 *
 * Notation: x a row, q a query, n their dimensions, |.| the Euclidean length, <.,.> the exact dot product, s
 * the float32 score that the kernels compute, u = 2^-24 the rounding unit of float32.
 *
 * Rotation. R flips signs, applies Walsh-Hadamard transforms to the parts of the vector whose sizes are
 * powers of two, and divides by the square root of the size. R is orthogonal, so <x, q> = <Rx, Rq>. It
 * spreads every vector evenly, a one-hot one perfectly, so that the largest value is a few times the typical
 * one and 8 bits lose little. y = Rx and z = Rq are computed in double; their errors, below 1e-13 |x| and
 * 1e-13 |q|, are covered by ROUNDING_UNITS below.
 *
 * Codes. y = scale c + e1, c whole numbers in [-127, 127]; e1 = scale / 254 g + e2, g whole numbers in [-127,
 * 127]. The query: z = step d + f, d whole numbers. Then
 *
 *     <y, z> = scale step <c, d> + <y - e1, f> + <e1, z>
 *
 * and by Cauchy and Schwarz |<y, z> - scale step <c, d>| <= |e1| |z| + (|x| + |e1|) |f|, likewise with
 * scale (c + g / 254) and e2 in place of e1. <c, d> and <g, d> are whole numbers that the kernels compute
 * exactly.
 *
 * The score itself is rounded: whatever the order of its n products and sums, fused or not,
 * |s - <x, q>| <= gamma |x| |q| + n 2^-148, gamma = n u / (1 - n u) (Higham, "Accuracy and Stability of
 * Numerical Algorithms", 2nd edition, section 3.1, with Cauchy and Schwarz; the last term is underflow).
 * Together:
 *
 *     |s - scale step <c, d>| <= (|e1| + rho |x| + phi (|x| + |e1|)) |z| + slack            [coarse]
 *     |s - scale step <c + g / 254, d>| <= (|e2| + rho |x|) |z| + (|x| + |e2|) |f| + slack  [fine]
 *
 * with rho >= gamma and phi >= |f| / |z|. phi is a constant, so that a row needs one number; where a query's
 * own |f| / |z| is larger, its coarse errors are multiplied by the quotient, which only enlarges the other
 * terms. */
#include "search/codes/row_code.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// Beyond gamma: the doubles of this file. 64 units are 4e-6, a million times what they lose.
#define ROUNDING_UNITS 64
#define QUERY_ROUNDING (1.0 / 16384)
// Far from overflow: products and sums of 65536 such values stay below 1e35.
#define NORM_MAX 1e15
// Below this, scales would be denormal.
#define PEAK_MIN 1e-30
#define CODE_MAX 127

size_t rv_row_code_width(int dimensions)
{
    return ((size_t)dimensions + CODE_ALIGNMENT - 1) / CODE_ALIGNMENT * CODE_ALIGNMENT;
}

/* In place, size a power of two; the result has sqrt(size) times the length. */
static void transform(double *values, size_t size)
{
    for (size_t half = 1; half < size; half *= 2) {
        for (size_t first = 0; first < size; first += 2 * half) {
            for (size_t i = first; i < first + half; i++) {
                double sum = values[i] + values[i + half];
                values[i + half] = values[i] - values[i + half];
                values[i] = sum;
            }
        }
    }
}

/* rotated [width] = R vector. */
static void rotate(const float *vector, int dimensions, size_t width, double *rotated)
{
    for (size_t i = 0; i < width; i++) {
        double value = i < (size_t)dimensions ? vector[i] : 0;
        // The top bit of a product with an odd number: signs without a pattern that vectors could share.
        rotated[i] = ((uint32_t)i * 0x9e3779b9u ^ (uint32_t)i * 0x85ebca6bu >> 7) >> 31 ? -value : value;
    }
    for (size_t first = 0; first < width;) {
        size_t size = CODE_ALIGNMENT;
        while (2 * size <= width - first)
            size *= 2;
        transform(rotated + first, size);
        double factor = 1 / sqrt((double)size);
        for (size_t i = first; i < first + size; i++)
            rotated[i] *= factor;
        first += size;
    }
}

static double length_of(const double *values, size_t count)
{
    // Eight sums, for speed; the order is fixed.
    double sums[8] = {0};
    for (size_t i = 0; i < count; i += 8) {
        for (size_t lane = 0; lane < 8; lane++)
            sums[lane] += values[i + lane] * values[i + lane];
    }
    return sqrt(((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])));
}

static double peak_of(const double *values, size_t count)
{
    double peak = 0;
    for (size_t i = 0; i < count; i++)
        peak = fabs(values[i]) > peak ? fabs(values[i]) : peak;
    return peak;
}

static double rounding_share(int dimensions)
{
    return (dimensions + ROUNDING_UNITS) * 0x1p-24 * 1.01; // 1.01 covers 1 / (1 - n u) for n up to 65536
}

static float round_up(double value)
{
    return nextafterf((float)(value * (1 + 1e-6)), INFINITY);
}

/* To the nearest whole number, |value| < 2^51, in a way that every compiler vectorises. */
static inline double nearest(double value)
{
    const double shift = 0x1.8p52;
    return (value + shift) - shift;
}

/* values = step * codes + what is left, which takes their place. Any code would do: what it leaves is
 * measured. */
static void quantise(double *values, size_t width, double step, uint8_t *codes)
{
    double inverse = step > 0 ? 1 / step : 0;
    for (size_t i = 0; i < width; i++) {
        double code = nearest(values[i] * inverse);
        code = code > CODE_MAX ? CODE_MAX : code;
        code = code < -CODE_MAX ? -CODE_MAX : code;
        values[i] -= step * code;
        codes[i] = (uint8_t)((int)code + 128);
    }
}

void rv_row_code_encode(const float *row, int dimensions, double *workspace, uint8_t *coarse, uint8_t *fine,
                        RowBound *bound, RowFineBound *fine_bound)
{
    size_t width = rv_row_code_width(dimensions);
    rotate(row, dimensions, width, workspace);
    double norm = length_of(workspace, width);
    if (!(norm < NORM_MAX)) {
        memset(coarse, 128, width);
        memset(fine, 128, width);
        *bound = (RowBound){0, INFINITY};
        *fine_bound = (RowFineBound){INFINITY, INFINITY};
        return;
    }
    double peak = peak_of(workspace, width), share = rounding_share(dimensions);
    bound->scale = peak < PEAK_MIN ? 0 : nextafterf((float)(peak / CODE_MAX), INFINITY);
    quantise(workspace, width, bound->scale, coarse);
    double error = length_of(workspace, width);
    bound->error = round_up(error + share * norm + QUERY_ROUNDING * (norm + error));
    quantise(workspace, width, (double)bound->scale / ROW_CODE_FINE_STEPS, fine);
    error = length_of(workspace, width);
    fine_bound->error = round_up(error + share * norm);
    fine_bound->norm = round_up(norm + error);
}

/* ---- queries ------------------------------------------------------------------------------------------ */

/* The largest value for which 127 * width * value fits 31 bits. */
static int value_limit(size_t width)
{
    size_t limit = INT32_MAX / (CODE_MAX * width);
    return limit < CODE_QUERY_MAX ? (int)limit : CODE_QUERY_MAX;
}

static void write_values(RowQuery *query, double *rotated, int16_t *values, int8_t *high, int8_t *low)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < query->code.count; i++) {
        int value = query->step > 0 ? (int)nearest(rotated[i] / query->step) : 0;
        rotated[i] -= query->step * value;
        int low_byte = ((value + 128) & 255) - 128;
        values[i] = (int16_t)value;
        low[i] = (int8_t)low_byte;
        high[i] = (int8_t)((value - low_byte) / 256);
        sum += (uint32_t)value;
    }
    query->code.offset = 128 * sum;
}

/* rotated [width]: the rotated vector; what the values leave out takes its place. */
static bool fill_query(RowQuery *query, double *rotated, size_t width)
{
    uint8_t *memory = query->memory;
    int16_t *values = (int16_t *)memory;
    int8_t *high = (int8_t *)(memory + 2 * width), *low = (int8_t *)(memory + 3 * width);
    query->code = (CodeQuery){.values = values, .high = high, .low = low, .count = width};
    double norm = length_of(rotated, width);
    if (!(norm < NORM_MAX))
        return false;
    double peak = peak_of(rotated, width);
    // A little more than the peak's share, so that no quotient rounds past the limit.
    query->step = peak < PEAK_MIN ? 0 : peak / value_limit(width) * (1 + 1e-12);
    write_values(query, rotated, values, high, low);
    query->norm = norm * (1 + 1e-9);
    query->rounding = length_of(rotated, width) * (1 + 1e-9);
    query->inflation = fmax(1, query->norm > 0 ? query->rounding / norm / QUERY_ROUNDING * (1 + 1e-9) : 1);
    query->slack = (double)width * 0x1p-148;
    return true;
}

static RvStatus init_query(RowQuery *query, const float *vector, int dimensions, size_t width, bool rotates,
                           bool *usable, RvError *err)
{
    *query = (RowQuery){.inflation = 1};
    *usable = false;
    query->memory = rv_mem_alloc_aligned(width, 4, err);
    double *rotated = rv_mem_alloc_aligned(width, sizeof *rotated, err);
    if (query->memory == NULL || rotated == NULL) {
        free(rotated);
        return RV_ERROR_MEMORY;
    }
    if (rotates)
        rotate(vector, dimensions, width, rotated);
    for (size_t i = 0; !rotates && i < width; i++)
        rotated[i] = vector[i];
    *usable = fill_query(query, rotated, width);
    free(rotated);
    return RV_OK;
}

RvStatus rv_row_query_init(RowQuery *query, const float *vector, int dimensions, bool *usable, RvError *err)
{
    return init_query(query, vector, dimensions, rv_row_code_width(dimensions), true, usable, err);
}

RvStatus rv_row_query_init_rotated(RowQuery *query, const float *rotated, size_t width, bool *usable,
                                   RvError *err)
{
    return init_query(query, rotated, (int)width, width, false, usable, err);
}

void rv_row_query_clear(RowQuery *query)
{
    free(query->memory);
    *query = (RowQuery){0};
}
