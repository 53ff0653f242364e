/* SPDX-License-Identifier: MIT */
/* Texts to the tokens of a SentencePiece model: normalising, literal tokens, unknown characters. */
#include "clip/tokenizer/pieces/sentence_encode.h"

#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "base/error.h"
#include "base/utf8.h"
#include "clip/tokenizer/pieces/python_text.h"

/* The longest normalised text. A text of 1 MiB becomes 13 MiB at worst (nmt_nfkc of U+FDFA). */
#define NORMAL_MAX_BYTES ((size_t)32 << 20)

static const char space_symbol[] = "\xe2\x96\x81";
#define SPACE_SYMBOL_BYTES (sizeof space_symbol - 1)

static RvStatus append_normal_form(uninorm_t form, const Buffer *text, Buffer *out, RvError *err)
{
    size_t length = 0;
    if (text->size_bytes == 0)
        return RV_OK;
    uint8_t *normal = u8_normalize(form, text->bytes, text->size_bytes, NULL, &length);
    if (normal == NULL)
        return rv_error_memory(err, text->size_bytes);
    RvStatus status = rv_buffer_append(out, normal, length, err);
    free(normal);
    return status;
}

/* Replace characters by the model's table. Literal pieces stay as they are. */
static RvStatus append_mapped(const SentenceModel *model, const Buffer *text, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t at = 0; at < text->size_bytes && status == RV_OK;) {
        const uint8_t *from = text->bytes + at;
        size_t left = text->size_bytes - at, length = 0;
        const char *replacement = NULL;
        uint32_t code;
        if (rv_pieces_find_longest(&model->literals, from, left, &length) < 0) {
            length = rv_charsmap_find(&model->charsmap, from, left, &replacement);
            if (length == 0)
                length = rv_utf8_read(from, left, &code);
        }
        status = replacement != NULL ? rv_buffer_append(out, replacement, strlen(replacement), err)
                                     : rv_buffer_append(out, from, length, err);
        at += length;
    }
    return status;
}

static RvStatus append_step(const SentenceModel *model, SentenceStep step, const Buffer *text, Buffer *out,
                            RvError *err)
{
    switch (step) {
    case SENTENCE_LOWER:
        return rv_text_lower_characters(text->bytes, text->size_bytes, out, err);
    case SENTENCE_NFC:
        return append_normal_form(UNINORM_NFC, text, out, err);
    case SENTENCE_NFD:
        return append_normal_form(UNINORM_NFD, text, out, err);
    case SENTENCE_NFKC:
        return append_normal_form(UNINORM_NFKC, text, out, err);
    case SENTENCE_NFKD:
        return append_normal_form(UNINORM_NFKD, text, out, err);
    case SENTENCE_CHARSMAP:
        break;
    }
    return append_mapped(model, text, out, err);
}

static bool ends_with_symbol(const Buffer *text, size_t from)
{
    return text->size_bytes >= from + SPACE_SYMBOL_BYTES &&
           memcmp(text->bytes + text->size_bytes - SPACE_SYMBOL_BYTES, space_symbol, SPACE_SYMBOL_BYTES) == 0;
}

/* Write spaces as U+2581, after Normalizer::Normalize of SentencePiece's normalizer.cc. */
static RvStatus append_spaced(const SentenceModel *model, const Buffer *text, Buffer *out, RvError *err)
{
    bool squeeze = model->squeeze_spaces, after_space = squeeze;
    size_t first = 0, from = out->size_bytes;
    while (squeeze && first < text->size_bytes && text->bytes[first] == ' ')
        first++;
    if (squeeze && first == text->size_bytes)
        return RV_OK;
    RvStatus status =
        model->dummy_prefix ? rv_buffer_append(out, space_symbol, SPACE_SYMBOL_BYTES, err) : RV_OK;
    for (size_t at = first; at < text->size_bytes && status == RV_OK; at++) {
        bool is_space = text->bytes[at] == ' ';
        if (!is_space)
            status = rv_buffer_append(out, text->bytes + at, 1, err);
        else if (!after_space)
            status = rv_buffer_append(out, space_symbol, SPACE_SYMBOL_BYTES, err);
        after_space = squeeze && is_space;
    }
    while (squeeze && status == RV_OK && ends_with_symbol(out, from)) {
        out->size_bytes -= SPACE_SYMBOL_BYTES;
        out->bytes[out->size_bytes] = '\0';
    }
    return status;
}

RvStatus rv_sentence_normalize(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                               Buffer *out, RvError *err)
{
    Buffer now, next;
    if (size_bytes == 0)
        return RV_OK;
    rv_buffer_init(&now, NORMAL_MAX_BYTES);
    rv_buffer_init(&next, NORMAL_MAX_BYTES);
    RvStatus status = rv_buffer_append(&now, text, size_bytes, err);
    for (size_t i = 0; i < model->step_count && status == RV_OK; i++) {
        status = append_step(model, model->steps[i], &now, &next, err);
        Buffer swapped = now;
        now = next;
        next = swapped;
        rv_buffer_reset(&next);
    }
    if (status == RV_OK)
        status = append_spaced(model, &now, out, err);
    rv_buffer_clear(&now);
    rv_buffer_clear(&next);
    return status;
}

RvStatus rv_sentence_add_unknown(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                                 bool *in_unknown, TokenList *list, RvError *err)
{
    RvStatus status = RV_OK;
    bool by_bytes = model->byte_fallback;
    for (size_t i = 0; i < size_bytes && by_bytes; i++)
        by_bytes = model->byte_numbers[text[i]] >= 0;
    if (!by_bytes) {
        if (!*in_unknown)
            status = rv_token_list_add(list, model->unknown, err);
        *in_unknown = true;
        return status;
    }
    *in_unknown = false;
    for (size_t i = 0; i < size_bytes && status == RV_OK; i++)
        status = rv_token_list_add(list, model->byte_numbers[text[i]], err);
    return status;
}

static RvStatus encode_part(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                            TokenList *list, RvError *err)
{
    Buffer normal;
    rv_buffer_init(&normal, NORMAL_MAX_BYTES);
    RvStatus status = rv_sentence_normalize(model, text, size_bytes, &normal, err);
    if (status == RV_OK && normal.size_bytes > 0)
        status = model->is_unigram
                     ? rv_sentence_encode_unigram(model, normal.bytes, normal.size_bytes, list, err)
                     : rv_sentence_encode_bpe(model, normal.bytes, normal.size_bytes, list, err);
    rv_buffer_clear(&normal);
    return status;
}

RvStatus rv_sentence_encode(const SentenceModel *model, const uint8_t *text, size_t size_bytes,
                            TokenList *list, RvError *err)
{
    size_t first = 0;
    RvStatus status = RV_OK;
    for (size_t at = 0; model->splits_at_literals && at < size_bytes && status == RV_OK;) {
        size_t length = 0;
        int32_t token = rv_pieces_find_longest(&model->literals, text + at, size_bytes - at, &length);
        if (token < 0) {
            at++;
            continue;
        }
        status = encode_part(model, text + first, at - first, list, err);
        if (status == RV_OK)
            status = rv_token_list_add(list, token, err);
        first = at += length;
    }
    return status == RV_OK ? encode_part(model, text + first, size_bytes - first, list, err) : status;
}
