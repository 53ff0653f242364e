/* SPDX-License-Identifier: MIT */
/* Clean texts to the tokens of CLIP's byte-level BPE, as OpenAI's simple_tokenizer. */
#include "clip/tokenizer/clip_bpe.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* OpenAI's pattern. After cleaning, the space is the only white space. U+0345 is in neither class: Python's
 * regex module treats it as a letter in the negated class, which ignores case, and not as a letter in the
 * first. */
static const char word_pattern[] = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|"
                                   "\\p{L}+|\\p{N}|[^ \\p{L}\\p{N}\\x{345}]+";

RvStatus rv_clip_bpe_open(const char *checkpoint_path, int vocabulary_size, const RvLog *log, ClipBpe *out,
                          RvError *err)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    *out = (ClipBpe){0};
    RvStatus status = rv_vocabulary_open(checkpoint_path, vocabulary_size, log, &out->vocabulary, err);
    if (status != RV_OK)
        return status;
    out->words = pcre2_compile((PCRE2_SPTR)word_pattern, PCRE2_ZERO_TERMINATED,
                               PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &code, &at, NULL);
    if (out->words == NULL)
        return rv_error_set(err, RV_ERROR_INTERNAL, "PCRE2 refuses the word pattern at %zu: error %d", at,
                            code);
    return RV_OK;
}

void rv_clip_bpe_clear(ClipBpe *bpe)
{
    pcre2_code_free(bpe->words);
    rv_vocabulary_clear(&bpe->vocabulary);
    bpe->words = NULL;
}

static bool is_symbol(const uint8_t *word, size_t size_bytes, const char *symbol)
{
    return size_bytes == strlen(symbol) && memcmp(word, symbol, size_bytes) == 0;
}

/* Append the tokens of a word. The list has room for one per byte. */
static RvStatus add_word(const Vocabulary *vocabulary, const uint8_t *word, size_t size_bytes,
                         TokenList *list, RvError *err)
{
    if (is_symbol(word, size_bytes, "<|startoftext|>")) {
        list->tokens[list->count++] = vocabulary->start_token;
        return RV_OK;
    }
    if (is_symbol(word, size_bytes, "<|endoftext|>")) {
        list->tokens[list->count++] = vocabulary->end_token;
        return RV_OK;
    }
    int32_t *tokens = list->tokens + list->count;
    for (size_t i = 0; i < size_bytes; i++)
        tokens[i] =
            i + 1 < size_bytes ? vocabulary->byte_tokens[word[i]] : vocabulary->byte_end_tokens[word[i]];
    size_t count = size_bytes;
    RvStatus status = rv_bpe_merge(&vocabulary->merges, tokens, &count, err);
    list->count += count;
    return status;
}

RvStatus rv_clip_bpe_encode(const ClipBpe *bpe, const uint8_t *text, size_t size_bytes, TokenList *list,
                            RvError *err)
{
    int32_t *grown =
        rv_mem_grow(list->tokens, &list->capacity, list->count + size_bytes + 1, sizeof *grown, err);
    if (grown == NULL)
        return RV_ERROR_MEMORY;
    list->tokens = grown;
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    if (match == NULL)
        return rv_error_memory(err, 0);
    RvStatus status = RV_OK;
    size_t at = 0;
    while (status == RV_OK && at < size_bytes) {
        // rv_text_clean returns valid UTF-8, so the check is skipped.
        int found = pcre2_match(bpe->words, text, size_bytes, at, PCRE2_NO_UTF_CHECK, match, NULL);
        if (found == PCRE2_ERROR_NOMATCH)
            break;
        const PCRE2_SIZE *span = pcre2_get_ovector_pointer(match);
        if (found < 0 || span[1] <= span[0])
            status = rv_error_set(err, RV_ERROR_MEMORY,
                                  "the text could not be cut into words: PCRE2 error %d", found);
        else
            status = add_word(&bpe->vocabulary, text + span[0], span[1] - span[0], list, err);
        at = span[1];
    }
    pcre2_match_data_free(match);
    return status;
}

/* ---- tokens to texts ----------------------------------------------------------------------------------- */

#define PIECE_BYTES_MAX 1024
#define PARTINGS_MAX (2 * PIECE_BYTES_MAX) // a merge of itself and of what is no token adds no byte

/* Append what a token stands for if it is no merge. */
static RvStatus add_basic(const Vocabulary *vocabulary, int32_t token, Buffer *out, RvError *err)
{
    static const char *const symbols[] = {"<|startoftext|>", "<|endoftext|>"};
    for (int value = 0; value < 256; value++) {
        const uint8_t byte = (uint8_t)value;
        if (token == vocabulary->byte_tokens[value])
            return rv_buffer_append(out, &byte, 1, err);
        if (token == vocabulary->byte_end_tokens[value]) {
            rv_buffer_append(out, &byte, 1, err);
            return rv_buffer_append(out, "</w>", 4, err);
        }
    }
    if (token != vocabulary->start_token && token != vocabulary->end_token)
        return RV_OK;
    const char *symbol = symbols[token == vocabulary->end_token];
    return rv_buffer_append(out, symbol, strlen(symbol), err);
}

RvStatus rv_clip_bpe_piece(const ClipBpe *bpe, int32_t token, Buffer *out, RvError *err)
{
    int32_t parts[PIECE_BYTES_MAX]; // what is still to be taken apart, the leftmost on top
    size_t count = 1, begin = out->size_bytes, taken_apart = 0;
    RvStatus status = RV_OK;
    parts[0] = token;
    while (count > 0 && status == RV_OK) {
        const int32_t part = parts[--count];
        const BpeMerge *merge = rv_bpe_find_merged(&bpe->vocabulary.merges, part);
        if (merge == NULL) {
            status = add_basic(&bpe->vocabulary, part, out, err);
        } else if (count + 2 <= PIECE_BYTES_MAX && out->size_bytes - begin < PIECE_BYTES_MAX &&
                   taken_apart++ < PARTINGS_MAX) {
            parts[count++] = merge->right;
            parts[count++] = merge->left;
        } else {
            status = rv_error_set(err, RV_ERROR_MEMORY, "token %d is longer than %d bytes", (int)token,
                                  PIECE_BYTES_MAX);
        }
    }
    return status;
}
