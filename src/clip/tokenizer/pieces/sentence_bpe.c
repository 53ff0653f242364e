/* SPDX-License-Identifier: MIT */
/* BPE over characters. A tokenizer.json ranks pairs of pieces (its merges), SentencePiece's file ranks pieces (their
 * scores); the rest is the same: the best pair of the whole text is merged first, of equal ones the leftmost. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "clip/tokenizer/pieces/sentence_encode.h"

#define NOWHERE UINT32_MAX

/* A part of the text that is a piece, or an unknown character. Parts form a list from left to right. */
typedef struct Part {
    uint32_t at, size_bytes; // size 0: it was merged into the one before it
    uint32_t next, previous;
    int32_t token;   // -1: unknown
    bool is_literal; // takes part in no merge
} Part;

/* Two neighbours that could be merged when they were found. It is stale if the two have another size now. */
typedef struct Candidate {
    uint32_t rank, left, size_bytes;
    int32_t token;
} Candidate;

typedef struct Work {
    const SentenceModel *model;
    const uint8_t *text;
    Part *parts;
    size_t part_count;
    Candidate *heap;
    size_t heap_count;
    const Part *broken; // a pair that makes no token begins here
} Work;

static bool is_before(const Candidate *a, const Candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->left < b->left;
}

static void heap_push(Work *work, Candidate candidate)
{
    size_t at = work->heap_count++;
    while (at > 0 && is_before(&candidate, &work->heap[(at - 1) / 2])) {
        work->heap[at] = work->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    work->heap[at] = candidate;
}

static Candidate heap_pop(Work *work)
{
    Candidate top = work->heap[0], last = work->heap[--work->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < work->heap_count && is_before(&work->heap[child + 1], &work->heap[child]))
            child++;
        if (child >= work->heap_count || !is_before(&work->heap[child], &last))
            break;
        work->heap[at] = work->heap[child];
        at = child;
    }
    work->heap[at] = last;
    return top;
}

/* A rank that rises as the score falls. The scores are finite. */
static uint32_t rank_of_score(float score)
{
    uint32_t bits;
    score += 0.0f; // -0 becomes 0
    memcpy(&bits, &score, sizeof bits);
    return bits >> 31 ? bits : ~bits & INT32_MAX;
}

/* Returns the piece that the text of a pair is, if such pieces are merged; or -1. */
static int32_t find_piece(const SentenceModel *model, const uint8_t *text, size_t size_bytes)
{
    int32_t token = rv_pieces_find(&model->pieces, text, size_bytes);
    bool mergeable =
        token >= 0 && (model->types[token] == PIECE_NORMAL || model->types[token] == PIECE_USER_DEFINED);
    return mergeable ? token : -1;
}

/* Push the pair that begins at this part if it can be merged. */
static void note_pair(Work *work, uint32_t at)
{
    const SentenceModel *model = work->model;
    if (at == NOWHERE || work->parts[at].next == NOWHERE)
        return;
    const Part *left = &work->parts[at], *right = &work->parts[left->next];
    Candidate pair = {.left = at, .size_bytes = left->size_bytes + right->size_bytes};
    if (model->scores != NULL) {
        pair.token = left->is_literal || right->is_literal
                         ? -1
                         : find_piece(model, work->text + left->at, pair.size_bytes);
        if (pair.token < 0)
            return;
        pair.rank = rank_of_score(model->scores[pair.token]);
    } else {
        uint64_t key = rv_pairs_key(rv_pieces_hash(work->text + left->at, left->size_bytes),
                                    rv_pieces_hash(work->text + right->at, right->size_bytes));
        int32_t rank = left->token >= 0 && right->token >= 0 ? rv_pairs_find(&model->merges, key) : -1;
        if (rank < 0)
            return;
        pair.rank = (uint32_t)rank;
        pair.token = rv_pieces_find(&model->pieces, work->text + left->at, pair.size_bytes);
        if (pair.token < 0) {
            work->broken = left;
            return;
        }
    }
    heap_push(work, pair);
}

static void merge_all(Work *work)
{
    for (uint32_t i = 0; i < work->part_count; i++)
        note_pair(work, i);
    while (work->heap_count > 0) {
        Candidate pair = heap_pop(work);
        Part *left = &work->parts[pair.left];
        if (left->size_bytes == 0 || left->next == NOWHERE)
            continue;
        Part *right = &work->parts[left->next];
        if (left->size_bytes + right->size_bytes != pair.size_bytes)
            continue;
        left->size_bytes = pair.size_bytes;
        left->token = pair.token;
        left->next = right->next;
        right->size_bytes = 0;
        if (left->next != NOWHERE)
            work->parts[left->next].previous = pair.left;
        note_pair(work, left->previous);
        note_pair(work, pair.left);
    }
}

/* Cut the text into characters and literal pieces. */
static void cut(Work *work, size_t size_bytes)
{
    const SentenceModel *model = work->model;
    for (size_t at = 0; at < size_bytes;) {
        Part *part = &work->parts[work->part_count];
        uint32_t code;
        size_t length = 0;
        *part = (Part){.at = (uint32_t)at,
                       .next = (uint32_t)work->part_count + 1,
                       .previous = (uint32_t)work->part_count - 1};
        part->token = model->splits_at_literals ? -1
                                                : rv_pieces_find_longest(&model->literals, work->text + at,
                                                                         size_bytes - at, &length);
        part->is_literal = part->token >= 0;
        if (!part->is_literal) {
            length = rv_utf8_read(work->text + at, size_bytes - at, &code);
            part->token = find_piece(model, work->text + at, length);
        }
        part->size_bytes = (uint32_t)length;
        at += length;
        work->part_count++;
    }
    work->parts[work->part_count - 1].next = NOWHERE;
}

static RvStatus add_parts(const Work *work, TokenList *list, RvError *err)
{
    RvStatus status = RV_OK;
    bool in_unknown = false;
    for (uint32_t at = 0; at != NOWHERE && status == RV_OK; at = work->parts[at].next) {
        const Part *part = &work->parts[at];
        if (part->token < 0) {
            status = rv_sentence_add_unknown(work->model, work->text + part->at, part->size_bytes,
                                             &in_unknown, list, err);
        } else {
            in_unknown = false;
            status = rv_token_list_add(list, part->token, err);
        }
    }
    return status;
}

RvStatus rv_sentence_encode_bpe(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                                TokenList *list, RvError *err)
{
    size_t character_count = 0;
    for (size_t i = 0; i < size_bytes; i++)
        character_count += (text[i] & 0xc0) != 0x80;
    // A stray byte is a part of its own, whatever it is.
    size_t part_max = rv_utf8_is_valid(text, size_bytes) ? character_count : size_bytes;
    Work work = {.model = model, .text = text};
    work.parts = rv_mem_alloc(part_max, sizeof *work.parts, err);
    // One candidate for each pair of neighbours, and two more for each merge.
    work.heap = work.parts != NULL ? rv_mem_alloc(3 * part_max, sizeof *work.heap, err) : NULL;
    RvStatus status = work.heap != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK) {
        cut(&work, size_bytes);
        merge_all(&work);
        status = work.broken == NULL
                     ? add_parts(&work, list, err)
                     : rv_error_set(err, RV_ERROR_FORMAT,
                                    "tokenizer.json: a merge that begins with %.*s makes no token; fetch the "
                                    "file again",
                                    (int)work.broken->size_bytes, (const char *)text + work.broken->at);
    }
    free(work.parts);
    free(work.heap);
    return status;
}
