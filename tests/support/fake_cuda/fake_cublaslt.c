/* SPDX-License-Identifier: MIT */
/* The part of cuBLASLt that reelvec uses: products by the definition, on the host. */
#include "fake_cuda.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15, EXECUTION_FAILED = 13 };
enum { FLOAT32 = 0, FLOAT16 = 2 };

typedef struct Desc {
    int transposed_a, epilogue;
    uint64_t bias;
} Desc;

typedef struct Layout {
    int type;
    uint64_t rows, columns;
    int64_t column_stride;
} Layout;

typedef struct Preference {
    uint32_t alignments[4];
    size_t workspace_bytes;
} Preference;

typedef struct Choice {
    uint64_t algorithm[8];
    size_t workspace_bytes;
    int state;
    float waves;
    int reserved[4];
} Choice;

static int create(void **handle, const void *value, size_t size_bytes)
{
    *handle = malloc(size_bytes);
    if (*handle != NULL)
        memcpy(*handle, value, size_bytes);
    return *handle != NULL ? SUCCESS : EXECUTION_FAILED;
}

EXPORT size_t cublasLtGetVersion(void)
{
    return 130000;
}

EXPORT int cublasLtCreate(void **handle)
{
    return create(handle, "", 1);
}

EXPORT int cublasLtDestroy(void *handle)
{
    free(handle);
    return SUCCESS;
}

EXPORT int cublasLtMatmulDescCreate(void **desc, int compute_type, int scale_type)
{
    const Desc value = {0, 1, 0};
    return compute_type == 68 && scale_type == FLOAT32 ? create(desc, &value, sizeof value) : NOT_SUPPORTED;
}

EXPORT int cublasLtMatmulDescDestroy(void *desc)
{
    free(desc);
    return SUCCESS;
}

EXPORT int cublasLtMatmulDescSetAttribute(void *handle, int attribute, const void *value, size_t size_bytes)
{
    Desc *desc = handle;
    void *field = attribute == 3   ? (void *)&desc->transposed_a
                  : attribute == 7 ? (void *)&desc->epilogue
                  : attribute == 8 ? (void *)&desc->bias
                                   : NULL;
    if (field == NULL || size_bytes != (attribute == 8 ? sizeof desc->bias : sizeof(int)))
        return INVALID_VALUE;
    memcpy(field, value, size_bytes);
    return SUCCESS;
}

EXPORT int cublasLtMatrixLayoutCreate(void **layout, int type, uint64_t rows, uint64_t columns,
                                      int64_t column_stride)
{
    const Layout value = {type, rows, columns, column_stride};
    bool good =
        (type == FLOAT32 || type == FLOAT16) && column_stride >= (int64_t)rows && rows > 0 && columns > 0;
    return good ? create(layout, &value, sizeof value) : INVALID_VALUE;
}

EXPORT int cublasLtMatrixLayoutDestroy(void *layout)
{
    free(layout);
    return SUCCESS;
}

EXPORT int cublasLtMatmulPreferenceCreate(void **preference)
{
    const Preference value = {{256, 256, 256, 256}, 0};
    return create(preference, &value, sizeof value);
}

EXPORT int cublasLtMatmulPreferenceDestroy(void *preference)
{
    free(preference);
    return SUCCESS;
}

EXPORT int cublasLtMatmulPreferenceSetAttribute(void *handle, int attribute, const void *value,
                                                size_t size_bytes)
{
    Preference *preference = handle;
    if (attribute == 1 && size_bytes == sizeof(size_t)) {
        memcpy(&preference->workspace_bytes, value, size_bytes);
        return SUCCESS;
    }
    if (attribute < 5 || attribute > 8 || size_bytes != sizeof(uint32_t))
        return INVALID_VALUE;
    memcpy(&preference->alignments[attribute - 5], value, size_bytes);
    return SUCCESS;
}

/* The algorithm stores the four alignments that were promised. */
EXPORT int cublasLtMatmulAlgoGetHeuristic(void *handle, void *desc, void *a, void *b, void *c, void *d,
                                          void *preference, int wanted, Choice *choices, int *count)
{
    const Layout *a_layout = a, *b_layout = b, *d_layout = d;
    bool good = a_layout->type == b_layout->type &&
                (d_layout->type == FLOAT32 || a_layout->type == FLOAT16) && c == d && wanted == 1;
    *count = good ? 1 : 0;
    if (!good)
        return NOT_SUPPORTED;
    choices[0] = (Choice){{0}, 0, 0, 1.0f, {0}};
    for (int i = 0; i < 4; i++)
        choices[0].algorithm[i] = ((const Preference *)preference)->alignments[i];
    return SUCCESS;
}

typedef struct Product {
    Desc desc;
    Layout a, b, d;
    const void *a_values, *b_values;
    void *d_values;
    float alpha, beta;
} Product;

__extension__ typedef _Float16 Half; // not of ISO C11

static float get(const void *values, int type, size_t at)
{
    return type == FLOAT16 ? (float)((const Half *)values)[at] : ((const float *)values)[at];
}

/* Returns the columns of a matrix as floats, one after the other. */
static float *floats_of(const Layout *layout, const void *values)
{
    float *floats = malloc(layout->rows * layout->columns * sizeof *floats);
    if (floats == NULL)
        abort();
    for (size_t i = 0; i < layout->rows * layout->columns; i++)
        floats[i] =
            get(values, layout->type, i / layout->rows * (size_t)layout->column_stride + i % layout->rows);
    return floats;
}

static void run_product(const void *argument)
{
    const Product *product = argument;
    const Layout *d = &product->d;
    size_t inputs = product->a.rows;
    float *a = floats_of(&product->a, product->a_values), *b = floats_of(&product->b, product->b_values);
    const void *bias = product->desc.epilogue == 4 ? (const void *)(uintptr_t)product->desc.bias : NULL;
    for (size_t column = 0; column < d->columns; column++) {
        for (size_t row = 0; row < d->rows; row++) {
            double sum = 0.0;
            for (size_t k = 0; k < inputs; k++)
                sum += (double)a[row * inputs + k] * (double)b[column * inputs + k];
            size_t at = column * (size_t)d->column_stride + row;
            sum *= (double)product->alpha;
            if (product->beta != 0.0f)
                sum += (double)product->beta * (double)get(product->d_values, d->type, at);
            if (bias != NULL)
                sum += (double)get(bias, d->type, row);
            if (d->type == FLOAT16)
                ((Half *)product->d_values)[at] = (Half)sum;
            else
                ((float *)product->d_values)[at] = (float)sum;
        }
    }
    free(a);
    free(b);
}

static bool aligned(const void *values, uint64_t alignment)
{
    return (uintptr_t)values % alignment == 0;
}

EXPORT int cublasLtMatmul(void *handle, void *desc, const void *alpha, const void *a, void *a_layout,
                          const void *b, void *b_layout, const void *beta, const void *c, void *c_layout,
                          void *d, void *d_layout, const uint64_t *algorithm, void *workspace,
                          size_t workspace_bytes, void *stream)
{
    Product product = {.desc = *(const Desc *)desc,
                       .a = *(const Layout *)a_layout,
                       .b = *(const Layout *)b_layout,
                       .d = *(const Layout *)d_layout,
                       .a_values = a,
                       .b_values = b,
                       .d_values = d,
                       .alpha = *(const float *)alpha,
                       .beta = *(const float *)beta};
    if (product.desc.transposed_a != 1 || c != d || c_layout != d_layout ||
        product.a.rows != product.b.rows || product.a.columns != product.d.rows ||
        product.b.columns != product.d.columns || !aligned(a, algorithm[0]) || !aligned(b, algorithm[1]) ||
        !aligned(d, algorithm[3]))
        return INVALID_VALUE;
    fake_cuda()->products++;
    return fake_cuda_submit(run_product, &product) == 0 ? SUCCESS : EXECUTION_FAILED;
}
