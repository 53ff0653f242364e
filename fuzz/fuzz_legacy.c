/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a file of PyTorch's older format, pickles followed by storages.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/clip and src/base. */
#include "fuzz_tensors.h"

#include "clip/checkpoint/torch_legacy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    rv_torch_legacy_looks_like(bytes, size_bytes);
    fuzz_tensors(rv_torch_legacy_read, bytes, size_bytes);
    return 0;
}
