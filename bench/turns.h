/* SPDX-License-Identifier: MIT */
/* Programs that bench/run measures in turn: they prepare, say so, and then time one window of work per line
 * that they are sent. */
#ifndef RV_BENCH_TURNS_H
#define RV_BENCH_TURNS_H

#include <stddef.h>

#define TURNS_PEER_MISSING 77 // exit status where the peer is not installed

typedef struct Turns {
    void (*work)(void *context);   // what is timed; one call
    void (*answer)(void *context); // prints its result as numbers on one line; NULL: nothing to compare
    void *context;
    double window_s; // calls are repeated for this long in one turn, and made at least once
} Turns;

/* Prints "ready", then serves standard input until its end: "go" times one window and prints the seconds of
 * each call, "answer" prints the result. */
void turns_serve(const Turns *turns);

double turns_clock_s(void);

/* End the program with a line on standard error. */
_Noreturn void turns_fail(const char *what, const char *why);

/* The whole file, malloc'ed; ends the program where it cannot be read. */
void *turns_read_file(const char *path, size_t *size_bytes);

#endif
