/* SPDX-License-Identifier: MIT */
/* BERT's WordPiece with the basic tokenizer of OFA-Sys/Chinese-CLIP (cn_clip/clip/bert_tokenizer.py). */
#include "clip/tokenizer/pieces/wordpiece.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/error.h"
#include "base/utf8.h"
#include "clip/tokenizer/pieces/python_text.h"

#define WORD_MAX_CHARACTERS 200
#define TEXT_MAX_BYTES ((size_t)32 << 20) // of a text that is being normalised

/* A word while it is gathered, with room for the "##" before its inner pieces. */
typedef struct Word {
    uint8_t bytes[2 + 4 * WORD_MAX_CHARACTERS];
    size_t size_bytes, character_count; // without the first two bytes; the size stays at the limit's
} Word;

/* ---- vocab.txt ----------------------------------------------------------------------------------------- */

static int32_t find_name(const WordPiece *vocabulary, const char *name)
{
    return rv_pieces_find(&vocabulary->pieces, name, strlen(name));
}

static RvStatus read_lines(WordPiece *out, const char *text, size_t size_bytes, const char *path,
                           RvError *err)
{
    int64_t number = 0;
    for (const char *line = text, *end = text + size_bytes; line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline != NULL ? newline : end;
        const uint8_t *token = (const uint8_t *)line;
        size_t length = (size_t)(stop - line);
        rv_text_strip(&token, &length);
        if (length > 0) { // a line of white space has a number and no token
            RvStatus status = rv_pieces_add(&out->pieces, token, length, number, path, err);
            if (status != RV_OK)
                return status;
        }
        line = stop + 1;
    }
    return RV_OK;
}

RvStatus rv_wordpiece_read(const char *text, size_t size_bytes, const char *path, int vocabulary_size,
                           WordPiece *out, RvError *err)
{
    size_t limit = vocabulary_size < PIECE_NUMBER_MAX ? (size_t)vocabulary_size : PIECE_NUMBER_MAX;
    *out = (WordPiece){0};
    RvStatus status = rv_pieces_init(&out->pieces, limit, err);
    if (status == RV_OK && !rv_utf8_is_valid(text, size_bytes))
        status = rv_error_set(err, RV_ERROR_FORMAT, "%s: not UTF-8; fetch the file again", path);
    if (status == RV_OK)
        status = read_lines(out, text, size_bytes, path, err);
    if (status == RV_OK)
        status = rv_pieces_index(&out->pieces, path, err);
    if (status != RV_OK)
        return status;
    out->unknown = find_name(out, "[UNK]");
    out->start = find_name(out, "[CLS]");
    out->end = find_name(out, "[SEP]");
    if (out->unknown < 0 || out->start < 0 || out->end < 0)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: no tokens [UNK], [CLS] and [SEP]; not BERT's vocabulary", path);
    if (out->pieces.number_end != limit) // lines of white space are counted, but those at the end
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: has %zu tokens, the model knows %zu; take both from one model", path,
                            out->pieces.number_end, limit);
    return RV_OK;
}

void rv_wordpiece_clear(WordPiece *vocabulary)
{
    rv_pieces_clear(&vocabulary->pieces);
}

/* ---- characters ---------------------------------------------------------------------------------------- */

static bool is_cjk(uint32_t code)
{
    return (code >= 0x4e00 && code <= 0x9fff) || (code >= 0x3400 && code <= 0x4dbf) ||
           (code >= 0x20000 && code <= 0x2a6df) || (code >= 0x2a700 && code <= 0x2b73f) ||
           (code >= 0x2b740 && code <= 0x2b81f) || (code >= 0x2b820 && code <= 0x2ceaf) ||
           (code >= 0xf900 && code <= 0xfaff) || (code >= 0x2f800 && code <= 0x2fa1f);
}

static bool is_punctuation(uint32_t code)
{
    return (code >= 33 && code <= 47) || (code >= 58 && code <= 64) || (code >= 91 && code <= 96) ||
           (code >= 123 && code <= 126) || (code >= 0x80 && uc_is_general_category(code, UC_PUNCTUATION));
}

/* Append the text without controls, with plain spaces, and with spaces around CJK characters. */
static RvStatus append_cleaned(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t at = 0; at < size_bytes && status == RV_OK;) {
        uint32_t code;
        const uint8_t *character = text + at;
        size_t length = rv_utf8_read(character, size_bytes - at, &code);
        at += length;
        if (code == '\t' || code == '\n' || code == '\r' ||
            uc_is_general_category(code, UC_SPACE_SEPARATOR)) {
            status = rv_buffer_append(out, " ", 1, err);
        } else if (is_cjk(code)) {
            rv_buffer_append(out, " ", 1, err);
            rv_buffer_append(out, character, length, err);
            status = rv_buffer_append(out, " ", 1, err);
        } else if (code != RV_UTF8_BAD && code != 0xfffd && !uc_is_general_category(code, UC_CONTROL) &&
                   !uc_is_general_category(code, UC_FORMAT)) {
            status = rv_buffer_append(out, character, length, err);
        }
    }
    return status;
}

/* Clean, lower and decompose a text. A rule that looks at neighbours (the final sigma, the order of accents) stops at
 * spaces, so the whole text gives what its words give. */
static RvStatus prepare(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err)
{
    Buffer clean, lower;
    size_t length = 0;
    rv_buffer_init(&clean, TEXT_MAX_BYTES);
    rv_buffer_init(&lower, TEXT_MAX_BYTES);
    RvStatus status = append_cleaned(text, size_bytes, &clean, err);
    if (status == RV_OK && clean.size_bytes > 0)
        status = rv_text_lower(&clean, &lower, err);
    if (status == RV_OK && lower.size_bytes > 0) {
        uint8_t *normal = u8_normalize(UNINORM_NFD, lower.bytes, lower.size_bytes, NULL, &length);
        status = normal != NULL ? rv_buffer_append(out, normal, length, err)
                                : rv_error_memory(err, lower.size_bytes);
        free(normal);
    }
    rv_buffer_clear(&clean);
    rv_buffer_clear(&lower);
    return status;
}

/* ---- words --------------------------------------------------------------------------------------------- */

/* Append the pieces of a word, longest first, and begin a new one. A word with a part that is no piece is [UNK]. */
static RvStatus end_word(const WordPiece *vocabulary, Word *word, TokenList *list, RvError *err)
{
    size_t before = list->count, at = 2, end = 2 + word->size_bytes;
    bool is_known = word->character_count <= WORD_MAX_CHARACTERS;
    RvStatus status = RV_OK;
    while (at < end && is_known && status == RV_OK) {
        size_t length = 0, mark = at > 2 ? 2 : 0;
        uint8_t kept[2];
        memcpy(kept, word->bytes + at - 2, 2);
        if (mark > 0)
            memcpy(word->bytes + at - 2, "##", 2);
        int32_t token =
            rv_pieces_find_longest(&vocabulary->pieces, word->bytes + at - mark, end - at + mark, &length);
        memcpy(word->bytes + at - 2, kept, 2);
        is_known = token >= 0 && length > mark;
        if (is_known)
            status = rv_token_list_add(list, token, err);
        at += is_known ? length - mark : 0;
    }
    if (!is_known) {
        list->count = before;
        status = rv_token_list_add(list, vocabulary->unknown, err);
    }
    word->size_bytes = word->character_count = 0;
    return status;
}

static void add_character(Word *word, const uint8_t *character, size_t size_bytes)
{
    if (word->character_count++ >= WORD_MAX_CHARACTERS)
        return;
    memcpy(word->bytes + 2 + word->size_bytes, character, size_bytes);
    word->size_bytes += size_bytes;
}

RvStatus rv_wordpiece_encode(const WordPiece *vocabulary, const uint8_t *text, size_t size_bytes,
                             TokenList *list, RvError *err)
{
    Word word = {.size_bytes = 0};
    Buffer ready;
    rv_buffer_init(&ready, TEXT_MAX_BYTES);
    RvStatus status = prepare(text, size_bytes, &ready, err);
    for (size_t at = 0; at < ready.size_bytes && status == RV_OK;) {
        uint32_t code;
        const uint8_t *character = ready.bytes + at;
        size_t length = rv_utf8_read(character, ready.size_bytes - at, &code);
        bool is_space = rv_text_white_space(character, ready.size_bytes - at) > 0;
        bool is_mark = !is_space && is_punctuation(code);
        at += length;
        if ((is_space || is_mark) && word.character_count > 0)
            status = end_word(vocabulary, &word, list, err);
        if (is_space || uc_is_general_category(code, UC_NON_SPACING_MARK))
            continue;
        add_character(&word, character, length);
        if (is_mark && status == RV_OK)
            status = end_word(vocabulary, &word, list, err);
    }
    if (status == RV_OK && word.character_count > 0)
        status = end_word(vocabulary, &word, list, err);
    rv_buffer_clear(&ready);
    return status;
}
