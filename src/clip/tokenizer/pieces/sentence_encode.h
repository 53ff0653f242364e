/* SPDX-License-Identifier: MIT */
/* Texts to the tokens of a SentencePiece model. */
#ifndef RV_SENTENCE_ENCODE_H
#define RV_SENTENCE_ENCODE_H

#include "clip/tokenizer/pieces/sentence_model.h"
#include "clip/tokenizer/pieces/token_list.h"

/* Append the tokens of a text (valid UTF-8). May be called by several threads. Errors: MEMORY, also if normalising makes
 * the text too long; FORMAT (a merge of the vocabulary makes no token). */
RvStatus rv_sentence_encode(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                            TokenList *list, RvError *err);

/* Append the text after the model's steps and with its spaces as U+2581. Errors: as above. */
RvStatus rv_sentence_normalize(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                               Buffer *out, RvError *err);

/* Append the tokens of a normalised text. Errors: MEMORY, FORMAT. */
RvStatus rv_sentence_encode_bpe(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                                TokenList *list, RvError *err);
RvStatus rv_sentence_encode_unigram(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                                    TokenList *list, RvError *err);

/* Append what stands for characters that are no piece: their bytes, or <unk>, which is one for a run of them.
 * *in_unknown: whether the token before is <unk>. */
RvStatus rv_sentence_add_unknown(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                                 bool *in_unknown, TokenList *list, RvError *err);

#endif
