/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a safetensors file, as a PyTorch archive and as a pickle.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/clip and src/base. */
#include <stdlib.h>

#include "clip/checkpoint_config.h"
#include "clip/pickle_reader.h"
#include "clip/safetensors.h"
#include "clip/torch_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

/* Read the first and the last element of every tensor: they must lie inside. */
static void touch(const TensorTable *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const Tensor *tensor = &table->items[i].tensor;
        float value;
        if (table->items[i].fault != NULL || tensor->element_count == 0)
            continue;
        rv_tensor_read(tensor, 0, 1, &value);
        rv_tensor_read(tensor, tensor->element_count - 1, 1, &value);
    }
}

static void run(RvStatus (*read)(const uint8_t *, size_t, const char *, TensorTable *, RvError *),
                const uint8_t *bytes, size_t size_bytes)
{
    TensorTable table = {0};
    ClipConfig config;
    RvError err = {0};
    RvStatus status = read(bytes, size_bytes, "fuzz", &table, &err);
    if (status == RV_OK)
        status = rv_tensor_table_sort(&table, &err);
    if (status == RV_OK) {
        touch(&table);
        status = rv_config_from_shapes(&table, "fuzz", &config, &err);
    }
    if (status != RV_OK && err.message[0] == '\0')
        abort(); // a failure without a message
    rv_tensor_table_clear(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    Pickle pickle;
    run(rv_safetensors_read, bytes, size_bytes);
    run(rv_torch_archive_read, bytes, size_bytes);
    rv_pickle_read(bytes, size_bytes, "fuzz", &pickle, NULL);
    rv_pickle_clear(&pickle);
    return 0;
}
