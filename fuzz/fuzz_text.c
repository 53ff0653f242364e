/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a text: repaired, cleaned, and cut into tokens of a small vocabulary. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "clip/tokenizer/clip_tokenizer.h"
#include "clip/tokenizer/text_clean.h"
#include "clip/tokenizer/text_fix.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

#define VOCABULARY_SIZE 515 // of fuzz/corpus/text_vocabulary
#define START_TOKEN 513
#define END_TOKEN 514

static Tokenizer *open_tokenizer(void)
{
    Tokenizer *tokenizer = NULL;
    RvError err = {0};
    if (rv_tokenizer_open(RV_FUZZ_CORPUS "/text_vocabulary", NULL, VOCABULARY_SIZE, NULL, &tokenizer, &err) !=
        RV_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(2);
    }
    return tokenizer;
}

/* Cleaning bytes of any kind gives well-formed text without capital letters of ASCII and without runs of
 * spaces. */
static void check_clean(const char *text, size_t size_bytes)
{
    Buffer clean;
    rv_buffer_init(&clean, (size_t)1 << 24);
    if (rv_text_clean(text, size_bytes, &clean, NULL) != RV_OK ||
        !rv_utf8_is_valid(clean.bytes, clean.size_bytes))
        abort();
    for (size_t i = 0; i < clean.size_bytes; i++) {
        if ((clean.bytes[i] >= 'A' && clean.bytes[i] <= 'Z') ||
            (clean.bytes[i] == ' ' && (i == 0 || clean.bytes[i - 1] == ' ' || i + 1 == clean.size_bytes)))
            abort();
    }
    rv_buffer_clear(&clean);
}

/* Repairing a text that was repaired changes nothing, unless references hid in each other. */
static void check_fix(const char *text, size_t size_bytes)
{
    Buffer once, twice;
    rv_buffer_init(&once, (size_t)1 << 24);
    rv_buffer_init(&twice, (size_t)1 << 24);
    if (!rv_utf8_is_valid(text, size_bytes) || memchr(text, '&', size_bytes) != NULL)
        return;
    if (rv_text_fix(text, size_bytes, &once, NULL) != RV_OK ||
        rv_text_fix((const char *)once.bytes, once.size_bytes, &twice, NULL) != RV_OK)
        abort();
    if (once.size_bytes != twice.size_bytes ||
        (once.size_bytes > 0 && memcmp(once.bytes, twice.bytes, once.size_bytes) != 0))
        abort();
    rv_buffer_clear(&once);
    rv_buffer_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static Tokenizer *tokenizer;
    if (tokenizer == NULL)
        tokenizer = open_tokenizer();
    if (size_bytes == 0 || size_bytes > 1 << 16)
        return 0;
    const char *text = (const char *)bytes;
    check_clean(text, size_bytes);
    check_fix(text, size_bytes);
    int32_t *tokens = NULL;
    size_t count = 0;
    RvError err = {0};
    if (rv_tokenizer_encode(tokenizer, text, size_bytes, &tokens, &count, &err) != RV_OK)
        abort();
    if (count < 2 || tokens[0] != START_TOKEN || tokens[count - 1] != END_TOKEN)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (tokens[i] < 0 || tokens[i] >= VOCABULARY_SIZE)
            abort();
    }
    free(tokens);
    return 0;
}
