/* SPDX-License-Identifier: MIT */
/* The protocol of programs that are measured in turn. */
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double turns_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

_Noreturn void turns_fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void *turns_read_file(const char *path, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        turns_fail(path, "cannot be opened");
    long size = ftell(file);
    void *bytes = malloc(size > 0 ? (size_t)size : 1);
    rewind(file);
    if (bytes == NULL || size < 0 || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        turns_fail(path, "cannot be read");
    fclose(file);
    *size_bytes = (size_t)size;
    return bytes;
}

void turns_serve(const Turns *turns)
{
    char line[64];
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "answer\n") == 0 && turns->answer != NULL) {
            turns->answer(turns->context);
        } else {
            double start_s = turns_clock_s(), now_s = start_s;
            do {
                double begun_s = now_s;
                turns->work(turns->context);
                now_s = turns_clock_s();
                printf("%.9f ", now_s - begun_s);
            } while (now_s - start_s < turns->window_s);
        }
        printf("\n");
        fflush(stdout);
    }
}
