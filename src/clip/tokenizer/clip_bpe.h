/* SPDX-License-Identifier: MIT */
/* Clean texts to the tokens of CLIP's byte-level BPE, as OpenAI's simple_tokenizer. */
#ifndef RV_CLIP_BPE_H
#define RV_CLIP_BPE_H

#include "base/buffer.h"
#include "clip/tokenizer/pieces/token_list.h"
#include "clip/tokenizer/vocabulary.h"

typedef struct ClipBpe {
    Vocabulary vocabulary;
    struct pcre2_real_code_8 *words; // the pattern of a word
} ClipBpe;

/* Clear it with rv_clip_bpe_clear, also after an error. Errors: as rv_vocabulary_open. */
RvStatus rv_clip_bpe_open(const char *checkpoint_path, int vocabulary_size, const RvLog *log, ClipBpe *out,
                          RvError *err);
void rv_clip_bpe_clear(ClipBpe *bpe);

/* Append the tokens of a text that rv_text_clean has returned. May be called by several threads. Errors:
 * MEMORY. */
RvStatus rv_clip_bpe_encode(const ClipBpe *bpe, const uint8_t *text, size_t size_bytes, TokenList *list,
                            RvError *err);

/* Append the text of a token: what its merges join, with "</w>" at the end of a word, as in the vocabulary's files, but
 * bytes as they are. Nothing if no token has the number. For showing a few: each takes some milliseconds. Errors: MEMORY
 * (also for more than 1024 bytes, which no sound vocabulary has). */
RvStatus rv_clip_bpe_piece(const ClipBpe *bpe, int32_t token, Buffer *out, RvError *err);

#endif
