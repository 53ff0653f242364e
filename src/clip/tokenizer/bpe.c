/* SPDX-License-Identifier: MIT */
/* Byte-pair merges on token numbers: a heap of mergeable pairs over a linked list of tokens. */
#include "clip/tokenizer/bpe.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

#define NOWHERE UINT32_MAX

/* A pair that could be merged when it was found. It is stale if its tokens have changed since. */
typedef struct Candidate {
    uint32_t rank, at; // at: index of the left token
    int32_t left, right, merged;
} Candidate;

/* The word being merged. tokens[i] < 0 means that it was merged into the one before it. */
typedef struct Word {
    const BpeTable *table;
    int32_t *tokens;
    uint32_t *next, *previous;
    Candidate *heap; // the heap is at the front; found pairs wait at the far end of the same array
    size_t heap_count, waiting_count, capacity;
} Word;

RvStatus rv_bpe_init(BpeTable *table, size_t max_merges, RvError *err)
{
    *table = (BpeTable){.slot_count = 16};
    if (max_merges > BPE_MERGE_MAX)
        return rv_error_set(err, RV_ERROR_FORMAT, "a vocabulary of %zu merges; reelvec takes %zu", max_merges,
                            BPE_MERGE_MAX);
    while (table->slot_count < 2 * max_merges)
        table->slot_count *= 2;
    table->slots = rv_mem_alloc(table->slot_count, sizeof *table->slots, err);
    if (table->slots == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < table->slot_count; i++)
        table->slots[i].left = -1;
    return RV_OK;
}

void rv_bpe_clear(BpeTable *table)
{
    free(table->slots);
    *table = (BpeTable){0};
}

/* Returns the slot of a pair, or the empty slot where it belongs. */
static BpeMerge *find_slot(const BpeTable *table, int32_t left, int32_t right)
{
    uint64_t hash = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash ^ hash >> 32) & (table->slot_count - 1);
    while (table->slots[at].left >= 0 && (table->slots[at].left != left || table->slots[at].right != right))
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

void rv_bpe_add(BpeTable *table, int32_t left, int32_t right, int32_t merged)
{
    *find_slot(table, left, right) =
        (BpeMerge){.left = left, .right = right, .merged = merged, .rank = table->merge_count++};
}

const BpeMerge *rv_bpe_find_merged(const BpeTable *table, int32_t merged)
{
    for (size_t i = 0; i < table->slot_count; i++) {
        if (table->slots[i].left >= 0 && table->slots[i].merged == merged)
            return &table->slots[i];
    }
    return NULL;
}

static bool is_before(const Candidate *a, const Candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void heap_push(Word *word, Candidate candidate)
{
    size_t at = word->heap_count++;
    while (at > 0 && is_before(&candidate, &word->heap[(at - 1) / 2])) {
        word->heap[at] = word->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    word->heap[at] = candidate;
}

static Candidate heap_pop(Word *word)
{
    Candidate top = word->heap[0], last = word->heap[--word->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < word->heap_count && is_before(&word->heap[child + 1], &word->heap[child]))
            child++;
        if (child >= word->heap_count || !is_before(&word->heap[child], &last))
            break;
        word->heap[at] = word->heap[child];
        at = child;
    }
    word->heap[at] = last;
    return top;
}

/* Record the pair that begins at `at` if it can be merged. */
static void note_pair(Word *word, uint32_t at)
{
    if (at == NOWHERE || word->next[at] == NOWHERE)
        return;
    int32_t left = word->tokens[at], right = word->tokens[word->next[at]];
    const BpeMerge *merge = find_slot(word->table, left, right);
    if (merge->left >= 0)
        word->heap[word->capacity - ++word->waiting_count] =
            (Candidate){.rank = merge->rank, .at = at, .left = left, .right = right, .merged = merge->merged};
}

static void take_waiting(Word *word)
{
    while (word->waiting_count > 0)
        heap_push(word, word->heap[word->capacity - word->waiting_count--]);
}

// Merge the pair unless it is stale, and record the pairs that the new token forms with its neighbours.
static void merge_at(Word *word, const Candidate *pair)
{
    uint32_t at = pair->at, gone = word->next[at];
    if (word->tokens[at] != pair->left || gone == NOWHERE || word->tokens[gone] != pair->right)
        return;
    word->tokens[at] = pair->merged;
    word->tokens[gone] = -1;
    word->next[at] = word->next[gone];
    if (word->next[at] != NOWHERE)
        word->previous[word->next[at]] = at;
    note_pair(word, word->previous[at]);
    note_pair(word, at);
}

// Merge the word's tokens. New pairs wait outside of the heap until all pairs of the current rank are merged.
static void merge_word(Word *word, size_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        word->next[i] = i + 1 < count ? i + 1 : NOWHERE;
        word->previous[i] = i > 0 ? i - 1 : NOWHERE;
    }
    for (uint32_t i = 0; i < count; i++)
        note_pair(word, i);
    take_waiting(word);
    while (word->heap_count > 0) {
        // All pairs of one rank are merged before pairs that result from them, even if those have a lower
        // rank.
        uint32_t rank = word->heap[0].rank;
        while (word->heap_count > 0 && word->heap[0].rank == rank) {
            Candidate pair = heap_pop(word);
            merge_at(word, &pair);
        }
        take_waiting(word);
    }
}

RvStatus rv_bpe_merge(const BpeTable *table, int32_t *tokens, size_t *count, RvError *err)
{
    if (*count < 2)
        return RV_OK;
    if (*count >= NOWHERE / 4)
        return rv_error_memory(err, *count);
    // One candidate per pair of neighbours, and two more per merge.
    Word word = {.table = table, .tokens = tokens, .capacity = 3 * *count};
    word.next = rv_mem_alloc(*count, sizeof *word.next, err);
    word.previous = rv_mem_alloc(*count, sizeof *word.previous, err);
    word.heap = rv_mem_alloc(word.capacity, sizeof *word.heap, err);
    bool ready = word.next != NULL && word.previous != NULL && word.heap != NULL;
    if (ready) {
        merge_word(&word, *count);
        size_t kept = 0;
        for (size_t i = 0; i < *count; i++) {
            if (tokens[i] >= 0)
                tokens[kept++] = tokens[i];
        }
        *count = kept;
    }
    free(word.next);
    free(word.previous);
    free(word.heap);
    return ready ? RV_OK : RV_ERROR_MEMORY;
}
