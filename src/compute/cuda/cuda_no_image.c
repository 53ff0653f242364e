/* SPDX-License-Identifier: MIT */
/* In place of the CUDA kernels where the build has none. */
#include "compute/cuda/cuda_library.h"

const unsigned char rv_cuda_image[] = {0};
const size_t rv_cuda_image_bytes = 0;
