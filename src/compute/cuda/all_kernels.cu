/* SPDX-License-Identifier: MIT */
/* All kernels in one source, because nvcc makes a fatbin from one source. */
#include "compute/cuda/attention.cu"
#include "compute/cuda/attention_f16.cu"
#include "compute/cuda/codes.cu"
#include "compute/cuda/rows.cu"
