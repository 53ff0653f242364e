/* SPDX-License-Identifier: MIT */
/* A SentencePiece model: what its two readers share. */
#include "clip/tokenizer/pieces/sentence_model.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

RvStatus rv_sentence_init(SentenceModel *model, int vocabulary_size, RvError *err)
{
    size_t limit = vocabulary_size < 0                  ? 0
                   : vocabulary_size < PIECE_NUMBER_MAX ? (size_t)vocabulary_size
                                                        : PIECE_NUMBER_MAX;
    *model = (SentenceModel){.unknown = -1};
    RvStatus status = rv_pieces_init(&model->pieces, limit, err);
    model->types = status == RV_OK ? rv_mem_alloc(limit, 1, err) : NULL;
    return model->types != NULL ? RV_OK : RV_ERROR_MEMORY;
}

void rv_sentence_clear(SentenceModel *model)
{
    rv_pieces_clear(&model->pieces);
    rv_pieces_clear(&model->literals);
    rv_pairs_clear(&model->merges);
    rv_charsmap_clear(&model->charsmap);
    free(model->types);
    free(model->scores);
    *model = (SentenceModel){0};
}

/* A tokenizer.json may lack some: Gemma's has the character TAB in place of <0x09>. What then needs them is <unk>. */
static RvStatus find_bytes(SentenceModel *model, const char *path, RvError *err)
{
    for (int byte = 0; byte < 256; byte++) {
        char name[8];
        int length = snprintf(name, sizeof name, "<0x%02X>", (unsigned)byte);
        model->byte_numbers[byte] = rv_pieces_find(&model->pieces, name, (size_t)length);
        if (model->byte_numbers[byte] >= 0)
            model->types[model->byte_numbers[byte]] = PIECE_BYTE;
        else if (model->unknown < 0 || !model->splits_at_literals)
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: falls back to bytes and has no token %s", path,
                                name);
    }
    return RV_OK;
}

/* The scores of unknown characters and of user-defined pieces (class Model of unigram_model.cc: the largest score
 * starts at FLT_MIN, although scores are negative). */
static void find_unigram_scores(SentenceModel *model)
{
    float least = FLT_MAX;
    model->user_score = FLT_MIN;
    for (size_t i = 0; i < model->pieces.number_limit; i++) {
        if (model->types[i] != PIECE_NORMAL)
            continue;
        if (model->scores[i] < least)
            least = model->scores[i];
        if (model->scores[i] > model->user_score)
            model->user_score = model->scores[i];
    }
    model->unknown_score = least - 10;
}

RvStatus rv_sentence_finish(SentenceModel *model, const char *path, RvError *err)
{
    size_t count = model->pieces.piece_count, wanted = model->pieces.number_limit;
    if (count < wanted - wanted / 10)
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: has %zu tokens, the model knows %zu; take both from one model", path, count,
                            wanted);
    if (model->unknown < 0 && !model->byte_fallback)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: has no token for what it does not know", path);
    if (model->is_unigram)
        find_unigram_scores(model);
    return model->byte_fallback ? find_bytes(model, path, err) : RV_OK;
}
