/* SPDX-License-Identifier: MIT */
/* Text as a model's tokenizer needs it: valid, and by the model's rule repaired, unescaped, squeezed, in lower case. */
#include "clip/tokenizer/text_clean.h"

#include <string.h>

#include "base/utf8.h"
#include "clip/tokenizer/html_unescape.h"
#include "clip/tokenizer/pieces/python_text.h"
#include "clip/tokenizer/text_fix.h"

#define WORD_MARK "\xe2\x96\x81" // U+2581, SentencePiece's sign for a space

static RvStatus append_valid(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    const uint8_t *bytes = (const uint8_t *)text;
    RvStatus status = RV_OK;
    for (size_t at = 0; at < size_bytes && status == RV_OK;) {
        uint32_t code = 0;
        size_t first = at, length = 0;
        while (at < size_bytes) {
            length = rv_utf8_read(bytes + at, size_bytes - at, &code);
            if (code == RV_UTF8_BAD)
                break;
            at += length;
        }
        status = rv_buffer_append(out, text + first, at - first, err);
        if (code == RV_UTF8_BAD && status == RV_OK) {
            status = rv_buffer_append(out, "\xef\xbf\xbd", 3, err);
            at += length;
        }
    }
    return status;
}

/* Replace each run of white space by one space. ftfy leaves no information separators, so that it is the same whether the
 * original squeezes by str.split(), re or regex. */
static RvStatus append_spaced(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    size_t first = 0;
    for (size_t at = 0; at < size_bytes && status == RV_OK;) {
        size_t length = rv_text_space(text + at, size_bytes - at);
        if (length == 0) {
            at++;
            continue;
        }
        status = rv_buffer_append(out, text + first, at - first, err);
        while (at < size_bytes && (length = rv_text_space(text + at, size_bytes - at)) > 0)
            at += length;
        if (status == RV_OK)
            status = rv_buffer_append(out, " ", 1, err);
        first = at;
    }
    return status == RV_OK ? rv_buffer_append(out, text + first, size_bytes - first, err) : status;
}

/* Append the text without the ASCII punctuation that Python's string.punctuation lists. */
static RvStatus append_without_punctuation(const Buffer *text, bool underscore_to_space, Buffer *out,
                                           RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; i < text->size_bytes && status == RV_OK; i++) {
        uint8_t byte = text->bytes[i];
        bool drop = (byte >= 33 && byte <= 47) || (byte >= 58 && byte <= 64) || (byte >= 91 && byte <= 96) ||
                    (byte >= 123 && byte <= 126);
        if (byte == '_' && underscore_to_space)
            status = rv_buffer_append(out, " ", 1, err);
        else if (!drop)
            status = rv_buffer_append(out, text->bytes + i, 1, err);
    }
    return status;
}

/* A text on its way through several steps. */
typedef struct Cleaning {
    Buffer now, next;
} Cleaning;

static void take_next(Cleaning *cleaning)
{
    Buffer swapped = cleaning->now;
    cleaning->now = cleaning->next;
    cleaning->next = swapped;
    rv_buffer_reset(&cleaning->next);
}

/* open_clip's and OpenAI's basic_clean without its last step, strip(). */
static RvStatus repair(Cleaning *cleaning, RvError *err)
{
    RvStatus status =
        rv_text_fix((const char *)cleaning->now.bytes, cleaning->now.size_bytes, &cleaning->next, err);
    take_next(cleaning);
    for (int i = 0; i < 2 && status == RV_OK; i++) {
        status = rv_html_unescape((const char *)cleaning->now.bytes, cleaning->now.size_bytes,
                                  &cleaning->next, err);
        take_next(cleaning);
    }
    return status;
}

/* One space between words and none around. */
static RvStatus squeeze(Cleaning *cleaning, RvError *err)
{
    const uint8_t *text = cleaning->now.bytes;
    size_t size_bytes = cleaning->now.size_bytes;
    rv_text_strip(&text, &size_bytes);
    RvStatus status = size_bytes > 0 ? append_spaced(text, size_bytes, &cleaning->next, err) : RV_OK;
    take_next(cleaning);
    return status;
}

static RvStatus lower(Cleaning *cleaning, RvError *err)
{
    RvStatus status =
        cleaning->now.size_bytes > 0 ? rv_text_lower(&cleaning->now, &cleaning->next, err) : RV_OK;
    take_next(cleaning);
    return status;
}

static RvStatus drop_punctuation(Cleaning *cleaning, bool underscore_to_space, RvError *err)
{
    RvStatus status = append_without_punctuation(&cleaning->now, underscore_to_space, &cleaning->next, err);
    take_next(cleaning);
    return status;
}

static RvStatus lower_characters(Cleaning *cleaning, RvError *err)
{
    RvStatus status =
        rv_text_lower_characters(cleaning->now.bytes, cleaning->now.size_bytes, &cleaning->next, err);
    take_next(cleaning);
    return status;
}

/* SigLIP 1 of transformers (SiglipTokenizer of tokenization_siglip.py): a text gets its word mark before it is
 * cleaned. White space at its beginning, also behind punctuation that is removed, is therefore kept as one more
 * mark; a written mark is a space. The first mark is added later, as before any text. */
static RvStatus clean_behind_mark(Cleaning *cleaning, RvError *err)
{
    static const char mark[] = WORD_MARK;
    RvStatus status = RV_OK;
    for (size_t i = 0; i < cleaning->now.size_bytes && status == RV_OK;) {
        bool is_mark = cleaning->now.size_bytes - i >= sizeof mark - 1 &&
                       memcmp(cleaning->now.bytes + i, mark, sizeof mark - 1) == 0;
        status =
            rv_buffer_append(&cleaning->next, is_mark ? " " : (const char *)cleaning->now.bytes + i, 1, err);
        i += is_mark ? sizeof mark - 1 : 1;
    }
    take_next(cleaning);
    if (status == RV_OK)
        status = lower_characters(cleaning, err);
    if (status == RV_OK)
        status = drop_punctuation(cleaning, false, err);
    if (status != RV_OK)
        return status;
    bool is_spaced =
        cleaning->now.size_bytes > 0 && rv_text_space(cleaning->now.bytes, cleaning->now.size_bytes) > 0;
    status = squeeze(cleaning, err);
    if (status != RV_OK || !is_spaced || cleaning->now.size_bytes == 0)
        return status;
    status = rv_buffer_append(&cleaning->next, mark, sizeof mark - 1, err);
    if (status == RV_OK)
        status = rv_buffer_append(&cleaning->next, cleaning->now.bytes, cleaning->now.size_bytes, err);
    take_next(cleaning);
    return status;
}

static RvStatus clean(Cleaning *cleaning, TextCleaning rule, RvError *err)
{
    if (rule == TEXT_CLEAN_SIGLIP)
        return clean_behind_mark(cleaning, err);
    bool repairs = rule == TEXT_CLEAN_CANONICALIZE || rule == TEXT_CLEAN_WHITESPACE;
    bool canonical = rule == TEXT_CLEAN_CANONICALIZE;
    RvStatus status = repairs ? repair(cleaning, err) : RV_OK;
    if (status == RV_OK && rule == TEXT_CLEAN_LOWER)
        status = lower_characters(cleaning, err);
    if (status == RV_OK && canonical)
        status = drop_punctuation(cleaning, true, err);
    if (status == RV_OK && canonical)
        status = lower(cleaning, err);
    if (status == RV_OK && repairs)
        status = squeeze(cleaning, err);
    return status;
}

static RvStatus finish(Cleaning *cleaning, RvStatus status, Buffer *out, RvError *err)
{
    if (status == RV_OK && cleaning->now.size_bytes > 0)
        status = rv_buffer_append(out, cleaning->now.bytes, cleaning->now.size_bytes, err);
    rv_buffer_clear(&cleaning->now);
    rv_buffer_clear(&cleaning->next);
    return status;
}

static RvStatus start(Cleaning *cleaning, const char *text, size_t size_bytes, const Buffer *out,
                      RvError *err)
{
    rv_buffer_init(&cleaning->now, out->max_bytes);
    rv_buffer_init(&cleaning->next, out->max_bytes);
    return append_valid(text, size_bytes, &cleaning->now, err);
}

RvStatus rv_text_clean(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    Cleaning cleaning;
    RvStatus status = start(&cleaning, text, size_bytes, out, err);
    if (status == RV_OK)
        status = repair(&cleaning, err);
    if (status == RV_OK)
        status = squeeze(&cleaning, err);
    if (status == RV_OK)
        status = lower(&cleaning, err);
    return finish(&cleaning, status, out, err);
}

RvStatus rv_text_clean_as(TextCleaning rule, const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    Cleaning cleaning;
    RvStatus status = start(&cleaning, text, size_bytes, out, err);
    if (status == RV_OK)
        status = clean(&cleaning, rule, err);
    return finish(&cleaning, status, out, err);
}
