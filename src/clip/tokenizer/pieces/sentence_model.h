/* SPDX-License-Identifier: MIT */
/* A SentencePiece model: BPE or unigram, from its own file or from Hugging Face's tokenizer.json. */
#ifndef RV_SENTENCE_MODEL_H
#define RV_SENTENCE_MODEL_H

#include "clip/tokenizer/pieces/charsmap.h"
#include "clip/tokenizer/pieces/json_scan.h"
#include "clip/tokenizer/pieces/pair_table.h"
#include "clip/tokenizer/pieces/piece_table.h"

#define SENTENCE_FILE_MAX_BYTES ((size_t)64 << 20)

/* As numbered in sentencepiece_model.proto. */
typedef enum PieceType {
    PIECE_NORMAL = 1,
    PIECE_UNKNOWN = 2,
    PIECE_CONTROL = 3,
    PIECE_USER_DEFINED = 4,
    PIECE_UNUSED = 5,
    PIECE_BYTE = 6,
} PieceType;

typedef enum SentenceStep {
    SENTENCE_LOWER, // character by character
    SENTENCE_NFC,
    SENTENCE_NFD,
    SENTENCE_NFKC,
    SENTENCE_NFKD,
    SENTENCE_CHARSMAP,
} SentenceStep;
#define SENTENCE_STEPS_MAX 8

typedef struct SentenceModel {
    bool is_unigram;
    PieceTable pieces; // by the numbers that the model of images and texts uses
    uint8_t *types;    // by number: PieceType, 0 for what is no piece
    float *scores;     // by number; NULL if there are merges
    PairTable merges;  // of tokenizer.json
    int32_t unknown;   // number of <unk>, or -1
    bool byte_fallback;
    int32_t byte_numbers[256];
    float unknown_score, user_score; // of unigram; user_score is for each byte of a user-defined piece

    /* Texts that are one token whatever surrounds them. With splits_at_literals they are found in the text as it is, and
     * what lies between is cut apart from the rest (tokenizer.json); else in the normalised text. */
    PieceTable literals;
    bool splits_at_literals;

    SentenceStep steps[SENTENCE_STEPS_MAX];
    size_t step_count;
    Charsmap charsmap;
    bool dummy_prefix;   // a space before the text
    bool squeeze_spaces; // one space between words, none around
} SentenceModel;

/* Read Hugging Face's tokenizer.json, of which scan is at the beginning. vocabulary_size: numbers of tokens are below it
 * (MISMATCH). Clear the model with rv_sentence_clear, also after an error. Errors: IO, FORMAT, MISMATCH, UNSUPPORTED (a
 * step or a kind that reelvec does not have), MEMORY. */
RvStatus rv_sentence_read_json(JsonScan *scan, const char *path, int vocabulary_size, SentenceModel *out,
                               RvError *err);

/* Read SentencePiece's own file ("tokenizer.model", "sentencepiece.bpe.model", "spiece.model"). A model with <unk>, <s>,
 * </s> as 0, 1, 2 gets XLM-RoBERTa's numbers: <s> 0, <pad> 1, </s> 2, <unk> 3, others one more than in the file.
 * Errors: as above. */
RvStatus rv_sentence_read_proto(const void *bytes, size_t size_bytes, const char *path, int vocabulary_size,
                                SentenceModel *out, RvError *err);

void rv_sentence_clear(SentenceModel *model);

/* For the readers. Allocate what is by number. Errors: MEMORY. */
RvStatus rv_sentence_init(SentenceModel *model, int vocabulary_size, RvError *err);

/* For the readers: find the byte pieces and check that the model is complete. Errors: FORMAT, MISMATCH. */
RvStatus rv_sentence_finish(SentenceModel *model, const char *path, RvError *err);

#endif
