/* SPDX-License-Identifier: MIT */
/* Unigram pieces: the path of the highest score through a text (Viterbi), after Model::EncodeOptimized of SentencePiece's
 * unigram_model.cc. Sums are in float and ties go to the first found, as there. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "clip/tokenizer/pieces/sentence_encode.h"

/* The best path that ends at a byte. */
typedef struct PathEnd {
    int32_t token;
    uint32_t from; // where its last piece begins; NOWHERE: no path ends here
    float score;
} PathEnd;
#define NOWHERE UINT32_MAX

static void offer(PathEnd *end, double score, uint32_t from, int32_t token)
{
    if (end->from == NOWHERE || score > end->score)
        *end = (PathEnd){.token = token, .from = from, .score = (float)score};
}

/* Extend the best path that ends at `at` by every piece that begins there. Returns the length of its character. */
static size_t extend(const SentenceModel *model, const uint8_t *text, size_t size_bytes, uint32_t at,
                     PathEnd *ends)
{
    uint32_t code;
    size_t character_bytes = rv_utf8_read(text + at, size_bytes - at, &code);
    float score = ends[at].score;
    bool is_known = false;
    int32_t token;
    PieceWalk walk = rv_pieces_walk(&model->pieces, text + at, size_bytes - at);
    while ((token = rv_pieces_step(&walk)) >= 0) {
        uint8_t type = model->types[token];
        if (type == PIECE_NORMAL)
            offer(&ends[at + walk.at], (double)model->scores[token] + (double)score, at, token);
        else if (type == PIECE_USER_DEFINED)
            offer(&ends[at + walk.at], (double)((float)walk.at * model->user_score) - 0.1 + (double)score, at,
                  token);
        else
            continue;
        is_known |= walk.at == character_bytes;
    }
    if (!is_known)
        offer(&ends[at + character_bytes], (double)(model->unknown_score + score), at, -1);
    return character_bytes;
}

/* Append the tokens of the best path of the whole text. */
static RvStatus add_path(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                         const PathEnd *ends, TokenList *list, RvError *err)
{
    size_t count = 0;
    for (size_t end = size_bytes; end > 0; end = ends[end].from)
        count++;
    uint32_t *piece_ends = rv_mem_alloc(count, sizeof *piece_ends, err);
    if (piece_ends == NULL)
        return RV_ERROR_MEMORY;
    size_t left = count;
    for (uint32_t end = (uint32_t)size_bytes; end > 0; end = ends[end].from)
        piece_ends[--left] = end;
    RvStatus status = RV_OK;
    bool in_unknown = false;
    for (size_t i = 0; i < count && status == RV_OK; i++) {
        const PathEnd *end = &ends[piece_ends[i]];
        if (end->token < 0) {
            status = rv_sentence_add_unknown(model, text + end->from, piece_ends[i] - end->from, &in_unknown,
                                             list, err);
        } else {
            in_unknown = false;
            status = rv_token_list_add(list, end->token, err);
        }
    }
    free(piece_ends);
    return status;
}

RvStatus rv_sentence_encode_unigram(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                                    TokenList *list, RvError *err)
{
    PathEnd *ends = rv_mem_alloc(size_bytes + 1, sizeof *ends, err);
    if (ends == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i <= size_bytes; i++)
        ends[i].from = NOWHERE;
    for (size_t at = 0; at < size_bytes;)
        at += extend(model, text, size_bytes, (uint32_t)at, ends);
    RvStatus status = add_path(model, text, size_bytes, ends, list, err);
    free(ends);
    return status;
}
