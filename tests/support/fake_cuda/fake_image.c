/* SPDX-License-Identifier: MIT */
/* An image of kernels for tests that are linked with this file. Only the fake driver accepts it. */
#include "compute/cuda/cuda_library.h"

const unsigned char rv_cuda_image[] = "fake";
const size_t rv_cuda_image_bytes = sizeof rv_cuda_image;
