/* SPDX-License-Identifier: MIT */
/* Texts and what one step of the tokenizer makes of them. */
#ifndef RV_TESTS_TEXT_CASES_H
#define RV_TESTS_TEXT_CASES_H

#include "../clip_support.h"

#include "base/buffer.h"

#define TEXT(literal) literal, sizeof literal - 1

typedef struct TextCase {
    const char *text;
    size_t text_bytes;
    const char *wanted;
    size_t wanted_bytes;
    const char *why;
} TextCase;

typedef RvStatus (*TextStep)(const char *text, size_t text_bytes, Buffer *out, RvError *err);

static inline void check_text_cases(TextStep step, const TextCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Buffer out;
        RvError err = {0};
        rv_buffer_init(&out, 1024);
        char *text = malloc(cases[i].text_bytes + (cases[i].text_bytes == 0)); // as long, for AddressSanitizer
        assert_non_null(text);
        memcpy(text, cases[i].text, cases[i].text_bytes);
        assert_ok(step(text, cases[i].text_bytes, &out, &err), err);
        if (out.size_bytes != cases[i].wanted_bytes ||
            (out.size_bytes > 0 && memcmp(out.bytes, cases[i].wanted, out.size_bytes) != 0))
            fail_msg("%s: '%s' gave '%s'", cases[i].why, cases[i].text, (const char *)out.bytes);
        free(text);
        rv_buffer_clear(&out);
    }
}

/* A result of more than four bytes is refused if that is the buffer's maximum. */
static inline void check_text_maximum(TextStep step, const char *text, size_t text_bytes)
{
    Buffer out;
    RvError err = {0};
    rv_buffer_init(&out, 4);
    assert_int_equal(step(text, text_bytes, &out, &err), RV_ERROR_MEMORY);
    rv_buffer_clear(&out);
}

#endif
