/* SPDX-License-Identifier: MIT */
/* Clean texts to the tokens of CLIP's byte-level BPE, as OpenAI's simple_tokenizer. */
#ifndef RV_CLIP_BPE_H
#define RV_CLIP_BPE_H

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

#endif
