/* SPDX-License-Identifier: MIT */
/* All kernels as one image: nvcc makes a fatbin of one source. */
#include "compute/cuda/attention.cu"
#include "compute/cuda/attention_w64.cu"
#include "compute/cuda/codes.cu"
#include "compute/cuda/rows.cu"
