/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as the file of lists beside a library. The checksums are made right first, so that
 * damage reaches what they guard.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/base, src/compute, src/store and
 * src/search. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "search/ivf/ivf_order.h"

// As ivf_file.c has them: the header, its last two members, where the rest begins.
#define HEADER_BYTES 88
#define BODY 128

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static void mend_checksums(uint8_t *bytes, size_t size_bytes)
{
    uint64_t checksum = rv_code_kernels()->checksum(bytes + BODY, size_bytes - BODY);
    memcpy(bytes + HEADER_BYTES - 16, &checksum, sizeof checksum);
    checksum = rv_code_kernels()->checksum(bytes, HEADER_BYTES - 8);
    memcpy(bytes + HEADER_BYTES - 8, &checksum, sizeof checksum);
}

/* Every run of every list is handed out, and lies in the codes that the file says it is of. */
static void use(const ListFile *file)
{
    RowQuery query;
    ListOrder order;
    bool usable = false;
    size_t runs = 0, rows = 0;
    float *vector = calloc((size_t)file->dimensions, sizeof *vector);
    if (vector == NULL || file->run_count == 0)
        abort();
    vector[0] = 1;
    if (rv_row_query_init(&query, vector, file->dimensions, &usable, NULL) != RV_OK ||
        rv_list_order_init(&order, file, &query, NULL) != RV_OK)
        abort();
    for (size_t piece = 0; piece < order.first_piece[order.count]; piece++) {
        ListPiece part = rv_list_order_piece(&order, file, piece);
        for (size_t i = 0; i < part.run_count; i++, runs++) {
            const ListRun *run = &file->runs[part.first_run + i];
            if (run->first + (uint64_t)run->count > file->row_count)
                abort();
            rows += run->count;
        }
    }
    if (runs != file->run_count || rows != file->row_count)
        abort();
    rv_list_order_clear(&order);
    rv_row_query_clear(&query);
    free(vector);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    ListFile file;
    uint8_t *copy = malloc(size_bytes > 0 ? size_bytes : 1);
    if (copy == NULL || size_bytes > 1 << 20) {
        free(copy);
        return 0;
    }
    memcpy(copy, bytes, size_bytes);
    if (size_bytes >= BODY)
        mend_checksums(copy, size_bytes);
    if (rv_list_file_parse(copy, size_bytes, "lists", &file, NULL) == RV_OK)
        use(&file);
    rv_list_file_close(&file);
    return 0;
}
