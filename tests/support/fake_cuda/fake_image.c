/* SPDX-License-Identifier: MIT */
/* Kernels for a test that is linked with this file: an image that only the fake driver takes. */
#include "compute/cuda/cuda_library.h"

const unsigned char rv_cuda_image[] = "fake";
const size_t rv_cuda_image_bytes = sizeof rv_cuda_image;
