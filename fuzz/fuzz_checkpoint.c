/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a safetensors file, as a PyTorch archive and as a pickle.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/clip and src/base. */
#include "fuzz_tensors.h"

#include "clip/checkpoint/pickle_reader.h"
#include "clip/checkpoint/safetensors.h"
#include "clip/checkpoint/torch_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    Pickle pickle;
    fuzz_tensors(rv_safetensors_read, bytes, size_bytes);
    fuzz_tensors(rv_torch_archive_read, bytes, size_bytes);
    rv_pickle_read(bytes, size_bytes, "fuzz", &pickle, NULL);
    rv_pickle_clear(&pickle);
    return 0;
}
