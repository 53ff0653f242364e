/* SPDX-License-Identifier: MIT */
/* CLIP's vocabulary from the files in which it is published. */
#ifndef RV_VOCABULARY_H
#define RV_VOCABULARY_H

#include <stdbool.h>

#include "clip/tokenizer/bpe.h"
#include "reelvec/log.h"

typedef struct Vocabulary {
    int32_t start_token, end_token;
    int32_t byte_tokens[256];     // token of a byte inside a word
    int32_t byte_end_tokens[256]; // token of a byte that ends a word
    BpeTable merges;
    int32_t token_count;  // the highest number of all, and 1
    size_t added_count;   // number of further tokens that tokenizer.json adds; no text is encoded with them
    char added_token[64]; // the first of these
} Vocabulary;

#define VOCABULARY_MAX_BYTES ((size_t)64 << 20) // limit of one file

/* The files of a vocabulary. */
typedef struct VocabularyPaths {
    char path[4096];        // OpenAI's .gz, tokenizer.json, or vocab.json
    char merges_path[4096]; // merges.txt beside vocab.json; else ""
    bool is_gz;
} VocabularyPaths;

/* Find the files that rv_vocabulary_open reads. Errors: NOT_FOUND, ARGUMENT. */
RvStatus rv_vocabulary_find(const char *checkpoint_path, VocabularyPaths *out, RvError *err);

/* True for "<|startoftext|>" and "<|endoftext|>". */
bool rv_vocabulary_is_basic(const char *symbol);

/* Read the vocabulary beside a checkpoint: see rv_tokenizer_open. A warning names tokens that were added to
 * it and that no text will use. Release with rv_vocabulary_clear. Errors: NOT_FOUND, IO, FORMAT, MISMATCH,
 * UNSUPPORTED, MEMORY. */
RvStatus rv_vocabulary_open(const char *checkpoint_path, int vocabulary_size, const RvLog *log,
                            Vocabulary *out, RvError *err);
void rv_vocabulary_clear(Vocabulary *vocabulary);

/* Refuse a vocabulary that cannot be that of a model with a table of vocabulary_size tokens, of which the files may leave
 * a sixteenth, or 64, without a token. told_end: its end token; 0: not told, and texts are pooled at their highest
 * number. A vocabulary with the told one is taken. path: for the message. Errors: MISMATCH. */
RvStatus rv_vocabulary_check_fit(const Vocabulary *vocabulary, const char *path, int32_t told_end,
                                 int vocabulary_size, RvError *err);

/* SHA-256 of what decides which tokens a text becomes, whatever files it came from: the numbers of start, end and the
 * bytes, and the merges in order. Errors: MEMORY. */
RvStatus rv_vocabulary_sha256(const Vocabulary *vocabulary, char hex[65], RvError *err);

/* The same from the bytes of OpenAI's bpe_simple_vocab_16e6.txt.gz; paths are for messages. Errors: as above;
 * FORMAT also if merges are missing that the tokens need, as in a file that was cut off. */
RvStatus rv_vocabulary_read_gz(const uint8_t *bytes, size_t size_bytes, const char *path, int vocabulary_size,
                               Vocabulary *out, RvError *err);

/* vocab.json and merges.txt, as Hugging Face publishes them. */
RvStatus rv_vocabulary_read_pair(const char *vocab_json, size_t json_bytes, const char *merges,
                                 size_t merges_bytes, const char *path, const char *merges_path,
                                 int vocabulary_size, Vocabulary *out, RvError *err);

/* tokenizer.json, which contains both. */
RvStatus rv_vocabulary_read_tokenizer_json(const char *json, size_t json_bytes, const char *path,
                                           int vocabulary_size, Vocabulary *out, RvError *err);

#endif
