/* SPDX-License-Identifier: MIT */
/* Strict reading of numbers: the whole string must be one, inside the bounds, in any locale. */
#ifndef RV_BASE_PARSE_H
#define RV_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

bool rv_parse_int64(const char *text, int64_t min, int64_t max, int64_t *out);

/* Finite decimal numbers only; neither "nan", "inf" nor hexadecimal. */
bool rv_parse_double(const char *text, double min, double max, double *out);

/* Seconds as "12", "12.5", "1:02", "1:02:03.5". */
bool rv_parse_time(const char *text, double *seconds);

#endif
