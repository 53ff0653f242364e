/* SPDX-License-Identifier: MIT */
/* The AMX kernels for processors without AMX: their source, compiled for any x86-64, with tile instructions
 * that are emulated. */
#ifndef RV_TESTS_EMULATED_AMX_H
#define RV_TESTS_EMULATED_AMX_H

#include "compute/kernels/kernels_i16.h"

/* Starts the emulation. The kernels quantise, and end their tiles, as the scalar ones do. */
const I16Kernels *emulated_amx_kernels(void);

#endif
