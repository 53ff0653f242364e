/* SPDX-License-Identifier: MIT */
#include "bench_support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"

void bench_fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\n");
    exit(1);
}

void bench_check(RvStatus status, const RvError *err)
{
    if (status != RV_OK)
        bench_fail("%s", err->message);
}

void *bench_must(void *pointer)
{
    if (pointer == NULL)
        bench_fail("out of memory");
    return pointer;
}

float *bench_floats(size_t count)
{
    float *values = bench_must(malloc(count * sizeof *values));
    uint64_t state = 1;
    for (size_t i = 0; i < count; i++)
        values[i] = ((float)(rv_random_next(&state) >> 40) / 16777216.0f - 0.5f) * 0.1f;
    return values;
}

void *bench_read_file(const char *path, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        bench_fail("%s: cannot be opened", path);
    long size = ftell(file);
    void *bytes = malloc(size > 0 ? (size_t)size : 1);
    rewind(file);
    if (bytes == NULL || size < 0 || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        bench_fail("%s: cannot be read", path);
    fclose(file);
    *size_bytes = (size_t)size;
    return bytes;
}

int bench_compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, bench_compare_doubles);
    return values[count / 2];
}

void bench_serve(const Turns *turns)
{
    char line[64];
    turns->work(turns->context);
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "answer\n") == 0 && turns->answer != NULL) {
            turns->answer(turns->context);
        } else {
            double start_s = rv_clock_s(), now_s = start_s;
            do {
                double begun_s = now_s;
                turns->work(turns->context);
                now_s = rv_clock_s();
                printf("%.9f ", now_s - begun_s);
            } while (now_s - start_s < turns->window_s);
        }
        printf("\n");
        fflush(stdout);
    }
}
