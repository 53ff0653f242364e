/* SPDX-License-Identifier: MIT */
/* CLIP's vocabulary from the files in which it is published. */
#include "clip/tokenizer/vocabulary.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/utf8.h"
#include "clip/checkpoint/json_file.h"

#define OPENAI_MERGES (49152 - 256 - 2) // number of its file's lines that OpenAI's code uses
#define SYMBOL_MAX_BYTES 1024

static const char start_symbol[] = "<|startoftext|>";
static const char end_symbol[] = "<|endoftext|>";
static const char word_end[] = "</w>";

/* A vocabulary while it is read: numbers by symbol. */
typedef struct Reading {
    const char *path;
    json_t *numbers; // symbol -> number
    int vocabulary_size;
    Vocabulary *out;
    RvError *err;
} Reading;

/* Write the printable character that vocabulary files use for each byte: the byte itself, or 256 + a running
 * number if it is not printable. order: the bytes in the order of their tokens. */
static void list_byte_symbols(uint32_t symbols[256], uint8_t order[256])
{
    size_t plain = 0, spare = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            bool shows = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
            if (shows != (pass == 0))
                continue;
            symbols[byte] = shows ? byte : 256 + (uint32_t)spare++;
            order[plain++] = (uint8_t)byte;
        }
    }
}

/* Returns the number of a symbol within the model's range, or -1 with a message. */
static int32_t find_number(const Reading *reading, const char *symbol)
{
    const json_t *value = json_object_get(reading->numbers, symbol);
    if (!json_is_integer(value)) {
        rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: no token %.200s; not a CLIP vocabulary",
                     reading->path, symbol);
        return -1;
    }
    return (int32_t)json_integer_value(value);
}

static RvStatus check_numbers(const Reading *reading)
{
    const char *symbol;
    json_t *value;
    json_object_foreach(reading->numbers, symbol, value)
    {
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: token %.200s has no number",
                                reading->path, symbol);
        if (json_integer_value(value) >= reading->vocabulary_size)
            return rv_error_set(
                reading->err, RV_ERROR_MISMATCH,
                "%s: has more tokens than the model's %d: %.200s has number %lld; take both from one model",
                reading->path, reading->vocabulary_size, symbol, (long long)json_integer_value(value));
        if (json_integer_value(value) >= reading->out->token_count)
            reading->out->token_count = (int32_t)json_integer_value(value) + 1;
    }
    return RV_OK;
}

/* True for "<|startoftext|>", "<pad>" and the like: symbols that no merge produces. CLIP's own vocabulary has
 * two of them, start and end. */
static bool is_special(const char *symbol)
{
    size_t length = strlen(symbol);
    return length > 2 && symbol[0] == '<' && symbol[length - 1] == '>' &&
           (length < sizeof word_end || strcmp(symbol + length + 1 - sizeof word_end, word_end) != 0);
}

/* Returns how many merges it takes to make all symbols except the bytes and the special ones. added: a list
 * of further special symbols, or NULL. A file that was cut off at the end of a line has fewer merges. */
static size_t count_wanted_merges(const json_t *numbers, const json_t *added)
{
    size_t special = 512, i;
    const char *symbol;
    json_t *entry;
    json_object_foreach((json_t *)numbers, symbol, entry) special += is_special(symbol);
    json_array_foreach(added, i, entry)
    {
        symbol = json_string_value(json_object_get(entry, "content"));
        special += symbol != NULL && !is_special(symbol) && json_object_get(numbers, symbol) != NULL;
    }
    return json_object_size(numbers) > special ? json_object_size(numbers) - special : 0;
}

static RvStatus check_merges(const Reading *reading, const char *path, size_t wanted)
{
    if (reading->out->merges.merge_count >= wanted)
        return RV_OK;
    return rv_error_set(reading->err, RV_ERROR_FORMAT,
                        "%s: has %zu merges, and the vocabulary's tokens need %zu; fetch it again", path,
                        (size_t)reading->out->merges.merge_count, wanted);
}

/* Find the tokens of start, end and the bytes, once all numbers are known. */
static RvStatus find_basic_tokens(const Reading *reading)
{
    Vocabulary *out = reading->out;
    uint32_t symbols[256];
    uint8_t order[256];
    list_byte_symbols(symbols, order);
    for (int byte = 0; byte < 256; byte++) {
        char symbol[16];
        size_t length = rv_utf8_write(symbols[byte], symbol);
        symbol[length] = '\0';
        out->byte_tokens[byte] = find_number(reading, symbol);
        memcpy(symbol + length, word_end, sizeof word_end);
        out->byte_end_tokens[byte] = out->byte_tokens[byte] >= 0 ? find_number(reading, symbol) : -1;
        if (out->byte_end_tokens[byte] < 0)
            return RV_ERROR_FORMAT;
    }
    out->start_token = find_number(reading, start_symbol);
    out->end_token = out->start_token >= 0 ? find_number(reading, end_symbol) : -1;
    return out->end_token >= 0 ? RV_OK : RV_ERROR_FORMAT;
}

static RvStatus bad_merge(const Reading *reading, size_t number)
{
    return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: merge %zu is not two symbols", reading->path,
                        number);
}

/* Split "a b" into its two symbols and the joined one. Returns false if it is none. */
static bool split_merge(const char *line, size_t length, char left[SYMBOL_MAX_BYTES],
                        char right[SYMBOL_MAX_BYTES], char joined[2 * SYMBOL_MAX_BYTES])
{
    const char *space = memchr(line, ' ', length);
    size_t left_bytes = space != NULL ? (size_t)(space - line) : 0;
    size_t right_bytes = space != NULL ? length - left_bytes - 1 : 0;
    if (left_bytes == 0 || left_bytes >= SYMBOL_MAX_BYTES || right_bytes == 0 ||
        right_bytes >= SYMBOL_MAX_BYTES || memchr(space + 1, ' ', right_bytes) != NULL ||
        memchr(line, '\0', length) != NULL)
        return false;
    snprintf(left, SYMBOL_MAX_BYTES, "%.*s", (int)left_bytes, line);
    snprintf(right, SYMBOL_MAX_BYTES, "%.*s", (int)right_bytes, space + 1);
    snprintf(joined, 2 * SYMBOL_MAX_BYTES, "%s%s", left, right);
    return true;
}

/* number: the new token's number, or -1 if the vocabulary has numbered it already. */
static RvStatus add_merge(const Reading *reading, const char *line, size_t length, size_t index,
                          int32_t number)
{
    char left[SYMBOL_MAX_BYTES], right[SYMBOL_MAX_BYTES], joined[2 * SYMBOL_MAX_BYTES];
    if (!split_merge(line, length, left, right, joined))
        return bad_merge(reading, index + 1);
    int32_t left_number = find_number(reading, left);
    int32_t right_number = left_number >= 0 ? find_number(reading, right) : -1;
    if (right_number < 0)
        return RV_ERROR_FORMAT;
    // jansson fails in the same way for invalid UTF-8 and for lack of memory; only the former is the file's
    // fault.
    if (number >= 0 && json_object_set_new(reading->numbers, joined, json_integer(number)) != 0)
        return u8_check((const uint8_t *)joined, strlen(joined)) == NULL
                   ? rv_error_memory(reading->err, strlen(joined))
                   : rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: merge %zu is not valid UTF-8",
                                  reading->path, index + 1);
    int32_t merged = number >= 0 ? number : find_number(reading, joined);
    if (merged < 0)
        return RV_ERROR_FORMAT;
    rv_bpe_add(&reading->out->merges, left_number, right_number, merged);
    return RV_OK;
}

static size_t count_lines(const char *text, size_t size_bytes)
{
    size_t lines = 1;
    for (size_t i = 0; i < size_bytes; i++)
        lines += text[i] == '\n';
    return lines;
}

/* Read one merge per line. The first has number first_number; if that is -1, all are numbered already. Empty
 * lines and a first line "#version" are skipped. *added: number of merges. */
static RvStatus read_merge_lines(const Reading *reading, const char *text, size_t size_bytes,
                                 size_t max_merges, int32_t first_number, size_t *added)
{
    *added = 0;
    const char *end = text + size_bytes;
    for (const char *line = text; line < end && *added < max_merges;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline != NULL ? newline : end;
        size_t length = (size_t)(stop - line);
        if (length > 0 && line[length - 1] == '\r')
            length--;
        bool is_title =
            line == text && ((length >= 8 && memcmp(line, "#version", 8) == 0) || first_number >= 0);
        if (length > 0 && !is_title) {
            int32_t number = first_number >= 0 ? first_number + (int32_t)*added : -1;
            RvStatus status = add_merge(reading, line, length, *added, number);
            if (status != RV_OK)
                return status;
            ++*added;
        }
        line = stop + 1;
    }
    return RV_OK;
}

static RvStatus start_reading(Reading *reading, json_t *numbers, size_t max_merges)
{
    reading->numbers = numbers;
    if (numbers == NULL)
        return rv_error_memory(reading->err, 0);
    RvError cause = {0};
    RvStatus status = rv_bpe_init(&reading->out->merges, max_merges, &cause);
    return status == RV_OK ? status
                           : rv_error_set(reading->err, status, "%s: %s", reading->path, cause.message);
}

static RvStatus finish_reading(Reading *reading, RvStatus status)
{
    if (status == RV_OK)
        status = check_numbers(reading);
    if (status == RV_OK)
        status = find_basic_tokens(reading);
    json_decref(reading->numbers);
    if (status != RV_OK)
        rv_vocabulary_clear(reading->out);
    return status;
}

RvStatus rv_vocabulary_read_pair(const char *vocab_json, size_t json_bytes, const char *merges,
                                 size_t merges_bytes, const char *path, const char *merges_path,
                                 int vocabulary_size, Vocabulary *out, RvError *err)
{
    *out = (Vocabulary){0};
    Reading reading = {.path = path, .vocabulary_size = vocabulary_size, .out = out, .err = err};
    json_t *numbers = NULL;
    RvStatus status = rv_json_parse(vocab_json, json_bytes, path, "", &numbers, err);
    if (status != RV_OK)
        return status;
    size_t added = 0;
    status = start_reading(&reading, numbers, count_lines(merges, merges_bytes));
    if (status == RV_OK)
        status = check_numbers(&reading);
    if (status == RV_OK)
        status = read_merge_lines(&reading, merges, merges_bytes, BPE_MERGE_MAX, -1, &added);
    if (status == RV_OK)
        status = check_merges(&reading, merges_path, count_wanted_merges(numbers, NULL));
    return finish_reading(&reading, status);
}

/* ---- tokenizer.json ------------------------------------------------------------------------------------ */

bool rv_vocabulary_is_basic(const char *symbol)
{
    return strcmp(symbol, start_symbol) == 0 || strcmp(symbol, end_symbol) == 0;
}

/* Start and end are among the added tokens if the vocabulary omits them. */
static RvStatus add_special_tokens(const Reading *reading, const json_t *added)
{
    size_t i;
    json_t *entry;
    json_array_foreach(added, i, entry)
    {
        const char *symbol = json_string_value(json_object_get(entry, "content"));
        json_t *number = json_object_get(entry, "id");
        if (symbol != NULL && !rv_vocabulary_is_basic(symbol) && reading->out->added_count++ == 0)
            snprintf(reading->out->added_token, sizeof reading->out->added_token, "%s", symbol);
        if (symbol != NULL && json_is_integer(number) && json_object_get(reading->numbers, symbol) == NULL &&
            json_object_set(reading->numbers, symbol, number) != 0)
            return rv_error_memory(reading->err, strlen(symbol));
    }
    return RV_OK;
}

/* A merge is "a b" in older files and ["a", "b"] in newer ones. */
static RvStatus read_json_merges(const Reading *reading, const json_t *merges)
{
    size_t i;
    json_t *entry;
    json_array_foreach(merges, i, entry)
    {
        char joined[2 * SYMBOL_MAX_BYTES];
        const char *line = json_string_value(entry);
        const char *left = json_string_value(json_array_get(entry, 0));
        const char *right = json_string_value(json_array_get(entry, 1));
        if (line == NULL && left != NULL && right != NULL) {
            if (snprintf(joined, sizeof joined, "%s %s", left, right) >= (int)sizeof joined)
                return bad_merge(reading, i + 1);
            line = joined;
        }
        if (line == NULL)
            return bad_merge(reading, i + 1);
        RvStatus status = add_merge(reading, line, strlen(line), i, -1);
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

RvStatus rv_vocabulary_read_tokenizer_json(const char *json, size_t json_bytes, const char *path,
                                           int vocabulary_size, Vocabulary *out, RvError *err)
{
    *out = (Vocabulary){0};
    Reading reading = {.path = path, .vocabulary_size = vocabulary_size, .out = out, .err = err};
    json_t *file = NULL;
    RvStatus status = rv_json_parse(json, json_bytes, path, "", &file, err);
    if (status != RV_OK)
        return status;
    const json_t *model = json_object_get(file, "model"), *merges = json_object_get(model, "merges");
    const char *type = json_string_value(json_object_get(model, "type"));
    const char *suffix = json_string_value(json_object_get(model, "end_of_word_suffix"));
    json_t *numbers = json_object_get(model, "vocab");
    if ((type != NULL && strcmp(type, "BPE") != 0) || (suffix != NULL && strcmp(suffix, word_end) != 0))
        status = rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: not CLIP's kind of vocabulary (BPE with </w>)",
                              path);
    else if (!json_is_object(numbers) || !json_is_array(merges))
        status = rv_error_set(err, RV_ERROR_FORMAT, "%s: no model.vocab and model.merges", path);
    if (status == RV_OK) {
        const json_t *added = json_object_get(file, "added_tokens");
        size_t wanted_merges = count_wanted_merges(numbers, added);
        status = start_reading(&reading, json_incref(numbers), json_array_size(merges));
        if (status == RV_OK)
            status = add_special_tokens(&reading, added);
        if (status == RV_OK)
            status = check_numbers(&reading);
        if (status == RV_OK)
            status = read_json_merges(&reading, merges);
        if (status == RV_OK)
            status = check_merges(&reading, path, wanted_merges);
        status = finish_reading(&reading, status);
    }
    json_decref(file);
    return status;
}

/* ---- OpenAI's file ------------------------------------------------------------------------------------- */

static RvStatus unpack(const uint8_t *bytes, size_t size_bytes, const char *path, Buffer *out, RvError *err)
{
    z_stream stream = {.next_in = (Bytef *)bytes, .avail_in = (uInt)size_bytes};
    if (size_bytes > VOCABULARY_MAX_BYTES || inflateInit2(&stream, 15 + 16) != Z_OK) // + 16: gzip
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: cannot be unpacked: %zu bytes", path, size_bytes);
    RvStatus status = RV_OK;
    int progress = Z_OK;
    while (progress == Z_OK && status == RV_OK) {
        uint8_t piece[16384];
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        progress = inflate(&stream, Z_NO_FLUSH);
        status = rv_buffer_append(out, piece, sizeof piece - stream.avail_out, err);
    }
    inflateEnd(&stream);
    if (status == RV_OK && progress == Z_MEM_ERROR)
        return rv_error_memory(err, size_bytes);
    if (status == RV_OK && progress != Z_STREAM_END)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged gzip file; fetch it again", path);
    return status;
}

/* Number the tokens as OpenAI's code does: bytes, then bytes that end a word; merges follow; start and end
 * are last. */
static RvStatus number_bytes(const Reading *reading)
{
    uint32_t symbols[256];
    uint8_t order[256];
    list_byte_symbols(symbols, order);
    for (int i = 0; i < 512; i++) {
        char symbol[16];
        size_t length = rv_utf8_write(symbols[order[i % 256]], symbol);
        memcpy(symbol + length, i < 256 ? "" : word_end, i < 256 ? 1 : sizeof word_end);
        if (json_object_set_new(reading->numbers, symbol, json_integer(i)) != 0)
            return rv_error_memory(reading->err, sizeof symbol);
    }
    return RV_OK;
}

static RvStatus read_openai(Reading *reading, const Buffer *text)
{
    size_t added = 0;
    RvStatus status = number_bytes(reading);
    if (status == RV_OK)
        status = read_merge_lines(reading, (const char *)text->bytes, text->size_bytes, OPENAI_MERGES, 512,
                                  &added);
    if (status == RV_OK && added != OPENAI_MERGES)
        status = rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: has %zu merges, wanted %d; fetch it again",
                              reading->path, added, OPENAI_MERGES);
    if (status == RV_OK &&
        (json_object_set_new(reading->numbers, start_symbol, json_integer(512 + OPENAI_MERGES)) != 0 ||
         json_object_set_new(reading->numbers, end_symbol, json_integer(513 + OPENAI_MERGES)) != 0))
        status = rv_error_memory(reading->err, sizeof start_symbol);
    return status;
}

RvStatus rv_vocabulary_read_gz(const uint8_t *bytes, size_t size_bytes, const char *path, int vocabulary_size,
                               Vocabulary *out, RvError *err)
{
    *out = (Vocabulary){0};
    Reading reading = {.path = path, .vocabulary_size = vocabulary_size, .out = out, .err = err};
    Buffer text;
    rv_buffer_init(&text, VOCABULARY_MAX_BYTES);
    RvStatus status = unpack(bytes, size_bytes, path, &text, err);
    if (status == RV_OK) {
        status = start_reading(&reading, json_object(), OPENAI_MERGES);
        if (status == RV_OK)
            status = read_openai(&reading, &text);
        status = finish_reading(&reading, status);
    }
    rv_buffer_clear(&text);
    return status;
}

void rv_vocabulary_clear(Vocabulary *vocabulary)
{
    rv_bpe_clear(&vocabulary->merges);
    *vocabulary = (Vocabulary){0};
}
