/* SPDX-License-Identifier: MIT */
/* A digest of CLIP's vocabulary that is the same for all forms in which it is published. */
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "clip/tokenizer/vocabulary.h"

static int by_rank(const void *a, const void *b)
{
    const BpeMerge *first = a, *second = b;
    return first->rank < second->rank ? -1 : first->rank > second->rank;
}

static void update_number(Sha256 *sha, int32_t number)
{
    const uint32_t bits = (uint32_t)number;
    const uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                              (uint8_t)(bits >> 24)};
    rv_sha256_update(sha, bytes, sizeof bytes);
}

/* A pair that the file names twice counts once, where it has its rank, so the table is what is hashed. */
static RvStatus list_merges(const BpeTable *table, BpeMerge **out, size_t *count, RvError *err)
{
    *count = 0;
    *out = rv_mem_alloc(table->merge_count + 1, sizeof **out, err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < table->slot_count; i++) {
        if (table->slots[i].left >= 0)
            (*out)[(*count)++] = table->slots[i];
    }
    qsort(*out, *count, sizeof **out, by_rank);
    return RV_OK;
}

RvStatus rv_vocabulary_sha256(const Vocabulary *vocabulary, char hex[65], RvError *err)
{
    BpeMerge *merges = NULL;
    size_t count = 0;
    Sha256 *sha = NULL;
    RvStatus status = list_merges(&vocabulary->merges, &merges, &count, err);
    if (status == RV_OK)
        status = rv_sha256_create(&sha, err);
    if (status == RV_OK) {
        update_number(sha, vocabulary->start_token);
        update_number(sha, vocabulary->end_token);
        for (int i = 0; i < 256; i++) {
            update_number(sha, vocabulary->byte_tokens[i]);
            update_number(sha, vocabulary->byte_end_tokens[i]);
        }
        for (size_t i = 0; i < count; i++) {
            update_number(sha, merges[i].left);
            update_number(sha, merges[i].right);
            update_number(sha, merges[i].merged);
        }
    }
    rv_sha256_finish(sha, status == RV_OK ? hex : NULL);
    free(merges);
    return status;
}
