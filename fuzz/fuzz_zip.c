/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a ZIP archive. Every entry must lie inside it, and be found by its name.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/clip and src/base. */
#include <stdlib.h>
#include <string.h>

#include "clip/checkpoint/zip_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    ZipArchive archive;
    RvError err = {0};
    if (rv_zip_open(bytes, size_bytes, "fuzz", &archive, &err) != RV_OK && err.message[0] == '\0')
        abort(); // a failure without a message
    for (size_t i = 0; i < archive.count; i++) {
        const ZipEntry *entry = &archive.entries[i];
        if (entry->bytes < bytes || entry->size_bytes > size_bytes ||
            (size_t)(entry->bytes - bytes) > size_bytes - entry->size_bytes ||
            rv_zip_find(&archive, entry->name) != entry)
            abort();
    }
    rv_zip_find(&archive, "archive/data.pkl");
    rv_zip_clear(&archive);
    return 0;
}
