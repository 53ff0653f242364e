/* SPDX-License-Identifier: MIT */
/* Reading the SentencePiece kinds of Hugging Face's tokenizer.json. The two long parts, vocabulary and merges, are scanned;
 * the others become trees. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "clip/tokenizer/pieces/json_scan.h"
#include "clip/tokenizer/pieces/sentence_model.h"
#include "clip/tokenizer/pieces/sentence_steps.h"

// Of all the text that becomes trees, which take up to 48 times its size. Gemma's added tokens have 40 KB, the
// largest table of characters 400 KB.
#define TREE_BYTES_MAX ((size_t)2 << 20)

#define MERGES_CHECKED 8192 // pieces at most
#define LOST_SHARE 1000     // one in so many may have no merge

/* A file while it is read. */
typedef struct Reading {
    const char *path;
    SentenceModel *model;
    RvError *err;
    JsonScan *scan;
    json_t *added, *normalizer, *pre_tokenizer, *settings; // settings: the short members of "model"
    size_t tree_bytes;                                     // of text that became trees
    bool has_vocabulary, vocabulary_is_list;
    bool has_merges;
    uint64_t *pairs; // keys of the merges
    size_t pair_count, pair_capacity;
} Reading;

static RvStatus scan_status(const Reading *reading)
{
    return reading->scan->fault == NULL ? RV_OK
                                        : rv_json_scan_error(reading->scan, reading->path, reading->err);
}

static RvStatus refuse(const Reading *reading, const char *what)
{
    return rv_error_set(reading->err, RV_ERROR_UNSUPPORTED, "%s: %s, which reelvec does not have",
                        reading->path, what);
}

/* The next value as a tree. */
static RvStatus read_tree(Reading *reading, json_t **out)
{
    JsonText text;
    json_error_t cause;
    if (!rv_json_scan_skip(reading->scan, &text))
        return scan_status(reading);
    reading->tree_bytes += text.size_bytes;
    if (reading->tree_bytes > TREE_BYTES_MAX)
        return rv_error_set(reading->err, RV_ERROR_FORMAT,
                            "%s: what is neither vocabulary nor merges has more than %zu bytes, which is "
                            "reelvec's limit",
                            reading->path, TREE_BYTES_MAX);
    json_decref(*out);
    *out = json_loadb(text.text, text.size_bytes, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                      &cause);
    if (*out != NULL)
        return RV_OK;
    return json_error_code(&cause) == json_error_out_of_memory
               ? rv_error_memory(reading->err, text.size_bytes)
               : rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: byte %zu: %s", reading->path,
                              reading->scan->passed_bytes + (size_t)(text.text - reading->scan->bytes) +
                                  (size_t)cause.position,
                              cause.text);
}

/* ---- vocabulary ---------------------------------------------------------------------------------------- */

static RvStatus add_piece(Reading *reading, const JsonText *text, int64_t number)
{
    if (!rv_utf8_is_valid(text->text, text->size_bytes))
        return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: token %lld is not UTF-8", reading->path,
                            (long long)number);
    RvStatus status = rv_pieces_add(&reading->model->pieces, text->text, text->size_bytes, number,
                                    reading->path, reading->err);
    if (status == RV_OK)
        reading->model->types[number] = PIECE_NORMAL;
    return status;
}

/* {"piece": number, ...} */
static RvStatus read_numbers(Reading *reading)
{
    JsonScan *scan = reading->scan;
    JsonText piece;
    int64_t number;
    bool first = true;
    RvStatus status = RV_OK;
    rv_json_scan_enter(scan, '{');
    while (status == RV_OK && rv_json_scan_item(scan, '{', &first) && rv_json_scan_key(scan, &piece) &&
           rv_json_scan_integer(scan, &number))
        status = add_piece(reading, &piece, number);
    return status == RV_OK ? scan_status(reading) : status;
}

/* [["piece", score], ...] in the order of their numbers */
static RvStatus read_scores(Reading *reading)
{
    JsonScan *scan = reading->scan;
    SentenceModel *model = reading->model;
    JsonText piece;
    double score;
    bool first = true;
    RvStatus status = RV_OK;
    model->scores = rv_mem_alloc(model->pieces.number_limit, sizeof *model->scores, reading->err);
    if (model->scores == NULL)
        return RV_ERROR_MEMORY;
    rv_json_scan_enter(scan, '[');
    for (int64_t number = 0; status == RV_OK && rv_json_scan_item(scan, '[', &first); number++) {
        bool inner = true;
        if (!rv_json_scan_enter(scan, '[') || !rv_json_scan_item(scan, '[', &inner) ||
            !rv_json_scan_string(scan, &piece) || !rv_json_scan_item(scan, '[', &inner) ||
            !rv_json_scan_number(scan, &score) || rv_json_scan_item(scan, '[', &inner))
            break;
        status = add_piece(reading, &piece, number);
        if (status == RV_OK)
            model->scores[number] = (float)score;
    }
    return status == RV_OK ? scan_status(reading) : status;
}

/* ---- merges -------------------------------------------------------------------------------------------- */

static RvStatus bad_merge(const Reading *reading, const char *what)
{
    return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: merge %zu %s; fetch the file again",
                        reading->path, reading->pair_count + 1, what);
}

/* That its parts are tokens is not looked up: the cost would be that of all the rest. A pair of other parts is never met,
 * and a pair that makes no token is an error when it is met. */
static RvStatus add_merge(Reading *reading, const JsonText *left, const JsonText *right)
{
    if (left->size_bytes == 0 || right->size_bytes == 0)
        return bad_merge(reading, "is not two tokens");
    if (reading->pair_count == PAIR_COUNT_MAX)
        return rv_error_set(reading->err, RV_ERROR_FORMAT,
                            "%s: more than %u merges, which is reelvec's limit", reading->path,
                            PAIR_COUNT_MAX);
    if (reading->pair_count == reading->pair_capacity) {
        uint64_t *pairs = rv_mem_grow(reading->pairs, &reading->pair_capacity, reading->pair_count + 1,
                                      sizeof *pairs, reading->err);
        if (pairs == NULL)
            return RV_ERROR_MEMORY;
        reading->pairs = pairs;
    }
    reading->pairs[reading->pair_count++] = rv_pairs_key(rv_pieces_hash(left->text, left->size_bytes),
                                                         rv_pieces_hash(right->text, right->size_bytes));
    return RV_OK;
}

/* Split "a b" at its one space. */
static bool split_merge(JsonText merge, JsonText *left, JsonText *right)
{
    size_t space = merge.size_bytes;
    for (size_t i = 0; i < merge.size_bytes; i++) {
        if (merge.text[i] == ' ') {
            if (space < merge.size_bytes)
                return false;
            space = i;
        }
    }
    if (space == merge.size_bytes)
        return false;
    *left = (JsonText){merge.text, space};
    *right = (JsonText){merge.text + space + 1, merge.size_bytes - space - 1};
    return true;
}

/* A merge is "a b" in older files and ["a", "b"] in newer ones. */
static RvStatus read_merge(Reading *reading)
{
    JsonScan *scan = reading->scan;
    JsonText left, right;
    if (rv_json_scan_peek(scan) == '"') {
        if (!rv_json_scan_string(scan, &left))
            return scan_status(reading);
        return split_merge(left, &left, &right) ? add_merge(reading, &left, &right)
                                                : bad_merge(reading, "is not two tokens");
    }
    bool first = true;
    if (rv_json_scan_enter(scan, '[') && rv_json_scan_item(scan, '[', &first) &&
        rv_json_scan_string(scan, &left) && rv_json_scan_item(scan, '[', &first) &&
        rv_json_scan_string(scan, &right) && !rv_json_scan_item(scan, '[', &first) && scan->fault == NULL)
        return add_merge(reading, &left, &right);
    return scan->fault != NULL ? scan_status(reading) : bad_merge(reading, "is not two tokens");
}

static RvStatus read_merges(Reading *reading)
{
    bool first = true;
    RvStatus status = RV_OK;
    rv_json_scan_enter(reading->scan, '[');
    while (status == RV_OK && rv_json_scan_item(reading->scan, '[', &first))
        status = read_merge(reading);
    reading->has_merges = true;
    return status == RV_OK ? scan_status(reading) : status;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static RvStatus read_vocabulary(Reading *reading)
{
    if (reading->has_vocabulary)
        return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: has two vocabularies", reading->path);
    reading->has_vocabulary = true;
    reading->vocabulary_is_list = rv_json_scan_peek(reading->scan) == '[';
    RvStatus status = reading->vocabulary_is_list ? read_scores(reading) : read_numbers(reading);
    return status == RV_OK ? rv_pieces_index(&reading->model->pieces, reading->path, reading->err) : status;
}

static RvStatus read_member_of_model(Reading *reading, const JsonText *key)
{
    json_t *value = NULL;
    if (rv_json_text_is(key, "vocab"))
        return read_vocabulary(reading);
    if (rv_json_text_is(key, "merges")) {
        return reading->has_merges
                   ? rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: has two lists of merges", reading->path)
                   : read_merges(reading);
    }
    // The settings that matter have short names. The key itself goes with the window.
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(key->size_bytes < 63 ? key->size_bytes : 63), key->text);
    RvStatus status = read_tree(reading, &value);
    if (status == RV_OK && json_object_set_new_nocheck(reading->settings, name, value) != 0)
        status = rv_error_memory(reading->err, sizeof name);
    return status;
}

static RvStatus read_model(Reading *reading)
{
    JsonScan *scan = reading->scan;
    JsonText key;
    bool first = true;
    RvStatus status = RV_OK;
    rv_json_scan_enter(scan, '{');
    while (status == RV_OK && rv_json_scan_item(scan, '{', &first) && rv_json_scan_key(scan, &key))
        status = read_member_of_model(reading, &key);
    return status == RV_OK ? scan_status(reading) : status;
}

static RvStatus read_member(Reading *reading, const JsonText *key)
{
    if (rv_json_text_is(key, "model"))
        return read_model(reading);
    if (rv_json_text_is(key, "added_tokens"))
        return read_tree(reading, &reading->added);
    if (rv_json_text_is(key, "normalizer"))
        return read_tree(reading, &reading->normalizer);
    if (rv_json_text_is(key, "pre_tokenizer"))
        return read_tree(reading, &reading->pre_tokenizer);
    return rv_json_scan_skip(reading->scan, NULL) ? RV_OK : scan_status(reading);
}

static RvStatus read_file(Reading *reading)
{
    JsonText key;
    bool first = true;
    RvStatus status = RV_OK;
    rv_json_scan_enter(reading->scan, '{');
    while (status == RV_OK && rv_json_scan_item(reading->scan, '{', &first) &&
           rv_json_scan_key(reading->scan, &key))
        status = read_member(reading, &key);
    if (status == RV_OK)
        rv_json_scan_end(reading->scan);
    return status == RV_OK ? scan_status(reading) : status;
}

/* True for null, false, 0, "" and what is absent: a setting that changes nothing. */
static bool is_off(const json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_number(value) && json_number_value(value) == 0);
}

static RvStatus take_bpe(Reading *reading)
{
    static const struct {
        const char *name, *what;
    } unknown[] = {
        {"dropout", "merges that are left out by chance (dropout)"},
        {"continuing_subword_prefix", "a prefix of inner pieces (continuing_subword_prefix)"},
        {"end_of_word_suffix", "a suffix of words (end_of_word_suffix) beside SentencePiece's steps"},
        {"ignore_merges", "whole words before merges (ignore_merges)"}};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        if (!is_off(json_object_get(reading->settings, unknown[i].name)))
            return refuse(reading, unknown[i].what);
    }
    if (!reading->has_merges)
        return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: no model.merges", reading->path);
    if (!json_is_true(json_object_get(reading->settings, "fuse_unk")) &&
        !json_is_true(json_object_get(reading->settings, "byte_fallback")))
        return refuse(reading,
                      "a token for each unknown character (fuse_unk is not true) without byte_fallback");
    const json_t *name = json_object_get(reading->settings, "unk_token");
    if (json_is_string(name))
        reading->model->unknown =
            rv_pieces_find(&reading->model->pieces, json_string_value(name), json_string_length(name));
    return rv_pairs_init(&reading->model->merges, reading->pairs, reading->pair_count, reading->path,
                         reading->err);
}

static RvStatus take_unigram(Reading *reading)
{
    SentenceModel *model = reading->model;
    const json_t *unknown = json_object_get(reading->settings, "unk_id");
    json_int_t number = json_is_integer(unknown) ? json_integer_value(unknown) : -1;
    model->is_unigram = true;
    if (number < 0 || number >= (json_int_t)model->pieces.number_limit || model->types[number] == 0)
        return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: model.unk_id is no token", reading->path);
    model->unknown = (int32_t)number;
    model->types[number] = PIECE_UNKNOWN;
    return RV_OK;
}

static RvStatus take_added_token(Reading *reading, const json_t *entry)
{
    SentenceModel *model = reading->model;
    static const char *const conditions[] = {"single_word", "lstrip", "rstrip", "normalized"};
    const json_t *content = json_object_get(entry, "content"), *id = json_object_get(entry, "id");
    json_int_t number = json_is_integer(id) ? json_integer_value(id) : -1;
    const char *text = json_string_value(content);
    size_t size_bytes = json_string_length(content);
    if (text == NULL || number < 0)
        return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: an added token without content or id",
                            reading->path);
    int32_t known = rv_pieces_find(&model->pieces, text, size_bytes);
    RvStatus status = RV_OK;
    if (known < 0)
        status = rv_pieces_add(&model->pieces, text, size_bytes, number, reading->path, reading->err);
    else if (known != number)
        status = rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: token %.60s has the numbers %d and %lld",
                              reading->path, text, (int)known, (long long)number);
    if (status != RV_OK)
        return status;
    // A text never gets these pieces of a unigram model, as in SentencePiece.
    if (model->is_unigram) {
        if (model->types[number] != PIECE_UNKNOWN)
            model->types[number] = PIECE_CONTROL;
        return RV_OK;
    }
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (json_is_true(json_object_get(entry, conditions[i])))
            return refuse(reading,
                          "an added token with a condition (single_word, lstrip, rstrip, normalized)");
    }
    model->types[number] = PIECE_USER_DEFINED;
    return rv_pieces_add(&model->literals, text, size_bytes, number, reading->path, reading->err);
}

static RvStatus take_added_tokens(Reading *reading)
{
    size_t i;
    json_t *entry;
    RvStatus status =
        rv_pieces_init(&reading->model->literals, reading->model->pieces.number_limit, reading->err);
    reading->model->splits_at_literals = true;
    json_array_foreach(reading->added, i, entry)
    {
        if (status == RV_OK)
            status = take_added_token(reading, entry);
    }
    return status == RV_OK ? rv_pieces_index(&reading->model->literals, reading->path, reading->err) : status;
}

/* True if a merge makes this piece: one of its two-part divisions is a pair. */
static bool is_merged(const SentenceModel *model, const uint8_t *text, size_t size_bytes)
{
    for (size_t i = size_bytes; i-- > 1;) {
        if ((text[i] & 0xc0) != 0x80 &&
            rv_pairs_find(&model->merges, rv_pairs_key(rv_pieces_hash(text, i),
                                                       rv_pieces_hash(text + i, size_bytes - i))) >= 0)
            return true;
    }
    return false;
}

/* True for characters and for "<unused99>", "[toxicity=0]" and the like, which no merge makes. */
static bool needs_no_merge(const uint8_t *text, size_t size_bytes)
{
    uint32_t code;
    uint8_t last = text[size_bytes - 1];
    return (text[0] == '<' && last == '>') || (text[0] == '[' && last == ']') ||
           rv_utf8_read(text, size_bytes, &code) == size_bytes;
}

/* A list of merges that was cut off leaves pieces that no text becomes. Of a large vocabulary some thousands of pieces,
 * spread over all, are looked at: all of them would take as long as a quarter of the file. */
static RvStatus check_merges(const Reading *reading)
{
    const SentenceModel *model = reading->model;
    size_t checked = 0, lost = 0, size_bytes, step = model->pieces.number_end / MERGES_CHECKED + 1;
    for (size_t number = 0; number < model->pieces.number_end; number += step) {
        const uint8_t *text = rv_pieces_text(&model->pieces, (int32_t)number, &size_bytes);
        if (text == NULL || model->types[number] != PIECE_NORMAL || needs_no_merge(text, size_bytes))
            continue;
        checked++;
        lost += !is_merged(model, text, size_bytes);
    }
    return lost <= checked / LOST_SHARE
               ? RV_OK
               : rv_error_set(
                     reading->err, RV_ERROR_FORMAT,
                     "%s: has %zu merges, which make %zu of %zu tokens that were looked at; fetch it again",
                     reading->path, reading->pair_count, checked - lost, checked);
}

static RvStatus take_parts(Reading *reading)
{
    const char *type = json_string_value(json_object_get(reading->settings, "type"));
    const char *expected = reading->vocabulary_is_list ? "Unigram" : "BPE";
    if (type != NULL && strcmp(type, "BPE") != 0 && strcmp(type, "Unigram") != 0)
        return rv_error_set(reading->err, RV_ERROR_UNSUPPORTED,
                            "%s: a tokenizer of type %.40s; this model wants BPE or Unigram", reading->path,
                            type);
    if (!reading->has_vocabulary || (type != NULL && strcmp(type, expected) != 0))
        return rv_error_set(reading->err, RV_ERROR_FORMAT, "%s: no model.vocab", reading->path);
    RvStatus status = reading->vocabulary_is_list ? take_unigram(reading) : take_bpe(reading);
    if (status == RV_OK)
        status = take_added_tokens(reading);
    if (status == RV_OK)
        status = rv_sentence_read_steps(reading->normalizer, reading->pre_tokenizer, reading->path,
                                        reading->model, reading->err);
    reading->model->byte_fallback = json_is_true(json_object_get(reading->settings, "byte_fallback"));
    if (status == RV_OK)
        status = rv_sentence_finish(reading->model, reading->path, reading->err);
    return status == RV_OK && !reading->vocabulary_is_list ? check_merges(reading) : status;
}

RvStatus rv_sentence_read_json(JsonScan *scan, const char *path, int vocabulary_size, SentenceModel *out,
                               RvError *err)
{
    Reading reading = {.path = path, .model = out, .err = err, .scan = scan, .settings = json_object()};
    RvStatus status = rv_sentence_init(out, vocabulary_size, err);
    if (reading.settings == NULL)
        status = rv_error_memory(err, 0);
    if (status == RV_OK)
        status = read_file(&reading);
    if (status == RV_OK)
        status = take_parts(&reading);
    json_decref(reading.added);
    json_decref(reading.normalizer);
    json_decref(reading.pre_tokenizer);
    json_decref(reading.settings);
    free(reading.pairs);
    return status;
}
