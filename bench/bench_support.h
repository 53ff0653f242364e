/* SPDX-License-Identifier: MIT */
/* Shared by the programs of this folder: failing, medians, inputs, and the protocol of bench/run. */
#ifndef RV_BENCH_SUPPORT_H
#define RV_BENCH_SUPPORT_H

#include <stddef.h>

#include "reelvec/reelvec.h"

#define BENCH_PEER_MISSING 77 // the exit status if the peer is not installed

/* Ends the program with a line on standard error. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program with err's message unless status is RV_OK. */
void bench_check(RvStatus status, const RvError *err);

/* Returns pointer; ends the program if it is NULL. */
void *bench_must(void *pointer);

/* Returns numbers from -0.05 to 0.05, which are the same in every run. Free with free(). */
float *bench_floats(size_t count);

/* Returns the whole file. Free with free(). Ends the program if it cannot be read. */
void *bench_read_file(const char *path, size_t *size_bytes);

/* For qsort. */
int bench_compare_doubles(const void *left, const void *right);

/* Sorts values [count] and returns the middle one, the upper of two. */
double bench_median(double *values, size_t count);

typedef struct Turns {
    void (*work)(void *context);   // one call, which is timed
    void (*answer)(void *context); // prints its result as numbers on one line; NULL: nothing to compare
    void *context;
    double window_s; // calls are repeated for this long in one turn, and made at least once
} Turns;

/* The protocol of bench/run. Calls work once without timing it, prints "ready", then reads commands from
 * standard input until its end: "go" times one window and prints the seconds of each call, "answer" prints
 * the result. */
void bench_serve(const Turns *turns);

#endif
