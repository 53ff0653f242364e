/* SPDX-License-Identifier: MIT */
/* BERT's WordPiece with the basic tokenizer of OFA-Sys/Chinese-CLIP (cn_clip/clip/bert_tokenizer.py). */
#ifndef RV_WORDPIECE_H
#define RV_WORDPIECE_H

#include "clip/tokenizer/pieces/piece_table.h"
#include "clip/tokenizer/pieces/token_list.h"

typedef struct WordPiece {
    PieceTable pieces;
    int32_t unknown, start, end; // [UNK], [CLS], [SEP]
} WordPiece;

/* Read vocab.txt: a token in each line, numbered from 0, vocabulary_size of them. Lines end at '\n' only. Clear it with rv_wordpiece_clear, also
 * after an error. Errors: FORMAT, MISMATCH, MEMORY. */
RvStatus rv_wordpiece_read(const char *text, size_t size_bytes, const char *path, int vocabulary_size,
                           WordPiece *out, RvError *err);
void rv_wordpiece_clear(WordPiece *vocabulary);

/* Append the tokens of a text (valid UTF-8). Lower case, without accents, CJK by character; words of more than 200
 * characters are [UNK]. May be called by several threads. Errors: MEMORY. */
RvStatus rv_wordpiece_encode(const WordPiece *vocabulary, const uint8_t *text, size_t size_bytes,
                             TokenList *list, RvError *err);

#endif
