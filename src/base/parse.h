/* SPDX-License-Identifier: MIT */
/* Strict parsing of numbers: the whole string must be a number within the bounds, in any locale. Each
 * function returns false, and leaves *out alone, if it is not. */
#ifndef RV_BASE_PARSE_H
#define RV_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Whole decimal numbers only. */
bool rv_parse_int64(const char *text, int64_t min, int64_t max, int64_t *out);

/* Finite decimal numbers only: "nan", "inf" and hexadecimal are refused. */
bool rv_parse_double(const char *text, double min, double max, double *out);

/* Seconds, written as "12", "12.5", "1:02" or "1:02:03.5". */
bool rv_parse_time(const char *text, double *seconds);

#endif
