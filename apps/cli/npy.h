/* SPDX-License-Identifier: MIT */
/* NumPy's .npy format, version 1.0. */
#ifndef RV_CLI_NPY_H
#define RV_CLI_NPY_H

#include <stddef.h>
#include <stdio.h>

/* Write the header of a float32 array [rows, columns] in C order, little endian. The rows follow it. */
void cli_npy_header(FILE *file, size_t rows, size_t columns);

/* Write values as little endian float32. */
void cli_npy_values(FILE *file, const float *values, size_t count);

#endif
