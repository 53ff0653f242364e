/* SPDX-License-Identifier: MIT */
/* The value at a place in the order of many, without sorting them all. */
#ifndef RV_SEARCH_SELECT_H
#define RV_SEARCH_SELECT_H

#include <stddef.h>

/* Returns the value that sorting would put at `place`, below count. The order of the values changes. No value is NaN. */
double rv_select(double *values, size_t count, size_t place);

#endif
