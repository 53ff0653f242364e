/* SPDX-License-Identifier: MIT */
/* CLIP's byte-pair tokenizer: text to token numbers, as OpenAI's simple_tokenizer. */
#include "clip/tokenizer/clip_tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "clip/tokenizer/text_clean.h"
#include "clip/tokenizer/vocabulary.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)
/* Cleaning lengthens a text by less than this factor (the worst cases are 3: U+FFFD for one bad byte, and NFC
 * of U+1D160). */
#define CLEAN_GROWTH 4

/* OpenAI's pattern. After cleaning, the space is the only white space. U+0345 is in neither class: Python's
 * regex module treats it as a letter in the negated class, which ignores case, and not as a letter in the
 * first. */
static const char word_pattern[] = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|"
                                   "\\p{L}+|\\p{N}|[^ \\p{L}\\p{N}\\x{345}]+";

struct Tokenizer {
    Vocabulary vocabulary;
    pcre2_code *words;
};

/* Tokens of one text while it is split into words. */
typedef struct TokenList {
    int32_t *tokens; // room for one per byte, and start and end
    size_t count;
} TokenList;

RvStatus rv_tokenizer_open(const char *checkpoint_path, int vocabulary_size, const RvLog *log,
                           Tokenizer **out, RvError *err)
{
    *out = NULL;
    Tokenizer *tokenizer = rv_mem_alloc(1, sizeof *tokenizer, err);
    if (tokenizer == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = rv_vocabulary_open(checkpoint_path, vocabulary_size, log, &tokenizer->vocabulary, err);
    if (status == RV_OK) {
        int code = 0;
        PCRE2_SIZE at = 0;
        tokenizer->words = pcre2_compile((PCRE2_SPTR)word_pattern, PCRE2_ZERO_TERMINATED,
                                         PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &code, &at, NULL);
        if (tokenizer->words == NULL)
            status = rv_error_set(err, RV_ERROR_INTERNAL, "PCRE2 refuses the word pattern at %zu: error %d",
                                  at, code);
    }
    if (status != RV_OK)
        rv_tokenizer_close(tokenizer);
    else
        *out = tokenizer;
    return status;
}

void rv_tokenizer_close(Tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    pcre2_code_free(tokenizer->words);
    rv_vocabulary_clear(&tokenizer->vocabulary);
    free(tokenizer);
}

static bool is_symbol(const uint8_t *word, size_t size_bytes, const char *symbol)
{
    return size_bytes == strlen(symbol) && memcmp(word, symbol, size_bytes) == 0;
}

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

static RvStatus add_words(const Tokenizer *tokenizer, const Buffer *text, TokenList *list, RvError *err)
{
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    if (match == NULL)
        return rv_error_memory(err, 0);
    RvStatus status = RV_OK;
    size_t at = 0;
    while (status == RV_OK && at < text->size_bytes) {
        // rv_text_clean returns valid UTF-8, so the check is skipped.
        int found =
            pcre2_match(tokenizer->words, text->bytes, text->size_bytes, at, PCRE2_NO_UTF_CHECK, match, NULL);
        if (found == PCRE2_ERROR_NOMATCH)
            break;
        const PCRE2_SIZE *span = pcre2_get_ovector_pointer(match);
        if (found < 0 || span[1] <= span[0])
            status = rv_error_set(err, RV_ERROR_MEMORY,
                                  "the text could not be cut into words: PCRE2 error %d", found);
        else
            status = add_word(&tokenizer->vocabulary, text->bytes + span[0], span[1] - span[0], list, err);
        at = span[1];
    }
    pcre2_match_data_free(match);
    return status;
}

RvStatus rv_tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t size_bytes,
                             int32_t **tokens, size_t *token_count, RvError *err)
{
    *tokens = NULL;
    *token_count = 0;
    if (size_bytes > TEXT_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a text of %zu bytes; reelvec takes %zu", size_bytes,
                            TEXT_MAX_BYTES);
    Buffer clean;
    rv_buffer_init(&clean, CLEAN_GROWTH * TEXT_MAX_BYTES);
    TokenList list = {0};
    RvStatus status = rv_text_clean(text, size_bytes, &clean, err);
    if (status == RV_OK) {
        list.tokens = rv_mem_alloc(clean.size_bytes + 2, sizeof *list.tokens, err);
        status = list.tokens != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status == RV_OK) {
        list.tokens[list.count++] = tokenizer->vocabulary.start_token;
        status = add_words(tokenizer, &clean, &list, err);
    }
    if (status == RV_OK) {
        list.tokens[list.count++] = tokenizer->vocabulary.end_token;
        *tokens = list.tokens;
        *token_count = list.count;
    } else {
        free(list.tokens);
    }
    rv_buffer_clear(&clean);
    return status;
}
