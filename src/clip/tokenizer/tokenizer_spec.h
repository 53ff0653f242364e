/* SPDX-License-Identifier: MIT */
/* What a model says about its tokenizer. The vocabulary itself is in files beside the weights. */
#ifndef RV_TOKENIZER_SPEC_H
#define RV_TOKENIZER_SPEC_H

#include <stdbool.h>
#include <stdint.h>

typedef enum TokenizerKind {
    TOKENIZER_CLIP,     // byte-level BPE of CLIP
    TOKENIZER_GEMMA,    // SentencePiece BPE with byte fallback
    TOKENIZER_UNIGRAM,  // SentencePiece unigram
    TOKENIZER_WORDPIECE // of BERT
} TokenizerKind;

/* What is done to a text before it is cut into pieces. TOKENIZER_CLIP knows TEXT_CLEAN_KIND only. */
typedef enum TextCleaning {
    TEXT_CLEAN_KIND, // as the kind's original does it: CLIP's ftfy, HTML and lower case; BERT's; else nothing
    TEXT_CLEAN_LOWER, // lower case alone, character by character (SigLIP 2 of Hugging Face)
    TEXT_CLEAN_CANONICALIZE, // open_clip's: ftfy, HTML, _ to space, no ASCII punctuation, lower case, spaces squeezed
    TEXT_CLEAN_WHITESPACE, // open_clip's default for tokenizers that are not CLIP's: ftfy, HTML, spaces squeezed
    /* SigLIP 1 of Hugging Face: lower case, no ASCII punctuation, spaces squeezed but for one before the text. */
    TEXT_CLEAN_SIGLIP
} TextCleaning;

typedef struct TokenizerSpec {
    TokenizerKind kind;
    TextCleaning cleaning;
    int32_t start, end; // tokens before and after a text; TOKEN_OF_KIND: the vocabulary's own; TOKEN_NONE
    int32_t told_end;   // of TOKENIZER_CLIP: what the vocabulary's own must be; 0: it is not told
} TokenizerSpec;
#define TOKEN_OF_KIND (-1)
#define TOKEN_NONE (-2)

#endif
