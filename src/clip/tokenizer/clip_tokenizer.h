/* SPDX-License-Identifier: MIT */
/* A model's tokenizer: text to token numbers. */
#ifndef RV_CLIP_TOKENIZER_H
#define RV_CLIP_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "clip/tokenizer/tokenizer_spec.h"
#include "reelvec/log.h"
#include "reelvec/status.h"

typedef struct Tokenizer Tokenizer;

/* Open a tokenizer. checkpoint_path is a folder with its files, or a weight file beside which they are:
 * - TOKENIZER_CLIP: vocab.json + merges.txt, or tokenizer.json, or bpe_simple_vocab_16e6.txt.gz;
 * - TOKENIZER_GEMMA: tokenizer.json, or tokenizer.model;
 * - TOKENIZER_UNIGRAM: sentencepiece.bpe.model, spiece.model, tokenizer.model, or tokenizer.json;
 * - TOKENIZER_WORDPIECE: vocab.txt.
 * spec: NULL is CLIP's. vocabulary_size: rows of the model's token embedding; a token number that is not below it is a
 * MISMATCH, and so is a vocabulary that is not the model's. Errors: NOT_FOUND, IO, FORMAT, MISMATCH, UNSUPPORTED, MEMORY. */
RvStatus rv_tokenizer_open(const char *checkpoint_path, const TokenizerSpec *spec, int vocabulary_size,
                           const RvLog *log, Tokenizer **out, RvError *err);
void rv_tokenizer_close(Tokenizer *tokenizer);

/* Write the SHA-256 of the file that rv_tokenizer_open would read; for TOKENIZER_CLIP, whose vocabulary comes in several
 * forms, of its content (rv_vocabulary_sha256). hex is "" if there is no such file, or one larger than opening takes; for
 * TOKENIZER_CLIP also if opening refuses it for another reason. Errors: IO, MEMORY. */
RvStatus rv_tokenizer_sha256(const char *checkpoint_path, const TokenizerSpec *spec, int vocabulary_size,
                             char hex[65], RvError *err);

/* Encode a text; start and end tokens are included, and it is not truncated. Free *tokens with free().
 * Invalid UTF-8 is replaced by U+FFFD as Python does. May be called by several threads. Errors: MEMORY,
 * ARGUMENT (over 1 MiB). */
RvStatus rv_tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t size_bytes,
                             int32_t **tokens, size_t *token_count, RvError *err);

/* Append the text of a token as its vocabulary spells it: "cat</w>" (CLIP), "\u2581cat" (SentencePiece), "##s"
 * (WordPiece), "<s>". Bytes that are not UTF-8 by themselves, and NUL, are written as <0xE4>. Nothing is appended if no token has
 * the number. Errors: MEMORY. */
RvStatus rv_tokenizer_piece(const Tokenizer *tokenizer, int32_t token, Buffer *out, RvError *err);

/* Cut tokens to what a text tower reads, as all the originals do: the end token, if the tokenizer adds one, becomes
 * the last of them. Returns their number. */
size_t rv_tokenizer_cut(const Tokenizer *tokenizer, int32_t *tokens, size_t token_count,
                        size_t context_length);

#endif
