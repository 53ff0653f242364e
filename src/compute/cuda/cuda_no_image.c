/* SPDX-License-Identifier: MIT */
/* An empty image in place of the CUDA kernels, for builds without nvcc. */
#include "compute/cuda/cuda_library.h"

const unsigned char rv_cuda_image[] = {0};
const size_t rv_cuda_image_bytes = 0;
