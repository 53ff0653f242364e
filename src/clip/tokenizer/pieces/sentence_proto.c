/* SPDX-License-Identifier: MIT */
/* Reading SentencePiece's own files: protocol buffers (src/sentencepiece_model.proto of google/sentencepiece). */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "clip/tokenizer/pieces/sentence_model.h"

/* A message of which some fields have been read. */
typedef struct Message {
    const uint8_t *bytes;
    size_t size_bytes, at;
    bool broken;
} Message;

typedef struct Field {
    uint64_t number;
    int wire_type;  // 0: value; 1, 2 and 5: bytes
    uint64_t value; // an enumeration, a bool, an integer
    const uint8_t *bytes;
    size_t size_bytes;
} Field;

/* A file while it is read. */
typedef struct Reading {
    const char *path;
    SentenceModel *model;
    RvError *err;
    size_t index;       // of the next piece
    bool is_fairseq;    // XLM-RoBERTa's numbers
    bool byte_fallback; // by the trainer's settings
    bool has_trainer, has_normalizer;
    Message charsmap;
} Reading;

static bool read_varint(Message *message, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && message->at < message->size_bytes; shift += 7) {
        uint8_t byte = message->bytes[message->at++];
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    message->broken = true;
    return false;
}

/* True if there is another field. False at the end, or if the message is broken. */
static bool read_field(Message *message, Field *field)
{
    uint64_t key, size = 0;
    *field = (Field){0};
    if (message->at == message->size_bytes || message->broken || !read_varint(message, &key))
        return false;
    field->number = key >> 3;
    field->wire_type = (int)(key & 7);
    if (field->wire_type == 0)
        return read_varint(message, &field->value);
    if (field->wire_type == 1 || field->wire_type == 5)
        size = field->wire_type == 1 ? 8 : 4;
    else if (field->wire_type != 2 || !read_varint(message, &size))
        message->broken = true;
    if (message->broken || field->number == 0 || size > message->size_bytes - message->at) {
        message->broken = true;
        return false;
    }
    field->bytes = message->bytes + message->at;
    field->size_bytes = (size_t)size;
    message->at += (size_t)size;
    return true;
}

static Message message_of(const Field *field)
{
    return (Message){.bytes = field->bytes, .size_bytes = field->size_bytes};
}

static bool is_bytes(const Field *field, uint64_t number)
{
    return field->number == number && field->wire_type == 2;
}

static bool is_value(const Field *field, uint64_t number)
{
    return field->number == number && field->wire_type == 0;
}

static RvStatus damaged(const Reading *reading)
{
    return rv_error_set(reading->err, RV_ERROR_FORMAT,
                        "%s: not a whole SentencePiece model; fetch the file again", reading->path);
}

static RvStatus unsupported(const Reading *reading, const char *what)
{
    return rv_error_set(reading->err, RV_ERROR_UNSUPPORTED, "%s: a SentencePiece model with %s",
                        reading->path, what);
}

static float float_of(const Field *field)
{
    float value;
    uint32_t bits = field->bytes[0] | (uint32_t)field->bytes[1] << 8 | (uint32_t)field->bytes[2] << 16 |
                    (uint32_t)field->bytes[3] << 24;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Number of a piece in the model of images and texts. */
static int64_t number_of(const Reading *reading)
{
    static const int64_t first[] = {3, 0, 2};
    if (!reading->is_fairseq)
        return (int64_t)reading->index;
    return reading->index < 3 ? first[reading->index] : (int64_t)reading->index + 1;
}

static RvStatus add_piece(Reading *reading, const Field *text, float score, uint64_t type)
{
    SentenceModel *model = reading->model;
    int64_t number = number_of(reading);
    if (type < PIECE_NORMAL || type > PIECE_BYTE || !isfinite(score) ||
        !rv_utf8_is_valid(text->bytes, text->size_bytes))
        return damaged(reading);
    if (type == PIECE_UNUSED)
        return unsupported(reading, "unused pieces, which reelvec does not have");
    RvStatus status =
        rv_pieces_add(&model->pieces, text->bytes, text->size_bytes, number, reading->path, reading->err);
    if (status != RV_OK)
        return status;
    model->types[number] = (uint8_t)type;
    model->scores[number] = score;
    if (type == PIECE_UNKNOWN) {
        if (model->unknown >= 0)
            return damaged(reading);
        model->unknown = (int32_t)number;
    }
    if (type == PIECE_USER_DEFINED)
        status = rv_pieces_add(&model->literals, text->bytes, text->size_bytes, number, reading->path,
                               reading->err);
    reading->index++;
    return status;
}

static RvStatus read_piece(Reading *reading, Message message)
{
    Field field, text = {0};
    float score = 0;
    uint64_t type = PIECE_NORMAL;
    while (read_field(&message, &field)) {
        if (is_bytes(&field, 1))
            text = field;
        else if (field.number == 2 && field.wire_type == 5)
            score = float_of(&field);
        else if (is_value(&field, 3))
            type = field.value;
    }
    return message.broken ? damaged(reading) : add_piece(reading, &text, score, type);
}

static RvStatus read_trainer(Reading *reading, Message message)
{
    Field field;
    uint64_t kind = 1;
    bool suffix = false;
    reading->has_trainer = true;
    while (read_field(&message, &field)) {
        if (is_value(&field, 3))
            kind = field.value;
        else if (is_value(&field, 24))
            suffix = field.value != 0;
        else if (is_value(&field, 35))
            reading->byte_fallback = field.value != 0;
    }
    if (message.broken)
        return damaged(reading);
    if (kind != 1 && kind != 2)
        return unsupported(reading, "words or characters as pieces; reelvec reads BPE and unigram");
    if (suffix)
        return unsupported(reading, "spaces behind words, which reelvec does not have");
    reading->model->is_unigram = kind == 1;
    return RV_OK;
}

static RvStatus read_normalizer(Reading *reading, Message message)
{
    Field field;
    SentenceModel *model = reading->model;
    bool escape = true;
    reading->has_normalizer = true;
    model->dummy_prefix = model->squeeze_spaces = true;
    while (read_field(&message, &field)) {
        if (is_bytes(&field, 2))
            reading->charsmap = message_of(&field);
        else if (is_value(&field, 3))
            model->dummy_prefix = field.value != 0;
        else if (is_value(&field, 4))
            model->squeeze_spaces = field.value != 0;
        else if (is_value(&field, 5))
            escape = field.value != 0;
    }
    if (message.broken)
        return damaged(reading);
    return escape ? RV_OK : unsupported(reading, "plain spaces in its pieces, which reelvec does not have");
}

static RvStatus read_all(Reading *reading, Message message)
{
    Field field;
    RvStatus status = RV_OK;
    while (status == RV_OK && read_field(&message, &field)) {
        if (is_bytes(&field, 1))
            status = read_piece(reading, message_of(&field));
        else if (is_bytes(&field, 2))
            status = read_trainer(reading, message_of(&field));
        else if (is_bytes(&field, 3))
            status = read_normalizer(reading, message_of(&field));
    }
    if (status == RV_OK && (message.broken || !reading->has_trainer || !reading->has_normalizer))
        status = damaged(reading);
    return status;
}

/* True if the first three pieces are <unk>, <s> and </s>, as in the file of XLM-RoBERTa. */
static bool begins_as_fairseq(Message message)
{
    static const char *const first[] = {"<unk>", "<s>", "</s>"};
    Field field, inner;
    for (int i = 0; i < 3; i++) {
        if (!read_field(&message, &field) || !is_bytes(&field, 1))
            return false;
        Message piece = message_of(&field);
        if (!read_field(&piece, &inner) || !is_bytes(&inner, 1) || inner.size_bytes != strlen(first[i]) ||
            memcmp(inner.bytes, first[i], inner.size_bytes) != 0)
            return false;
    }
    return true;
}

/* XLM-RoBERTa's vocabulary has two tokens that are not in the file: <pad> 1 and, behind all others, <mask>. */
static RvStatus add_fairseq_pieces(Reading *reading)
{
    static const char *const names[] = {"<pad>", "<mask>"};
    RvStatus status = RV_OK;
    for (int i = 0; i < 2 && status == RV_OK; i++) {
        int64_t number = i == 0 ? 1 : (int64_t)reading->index + 1;
        status = rv_pieces_add(&reading->model->pieces, names[i], strlen(names[i]), number, reading->path,
                               reading->err);
        if (status == RV_OK)
            reading->model->types[number] = PIECE_CONTROL;
    }
    return status;
}

RvStatus rv_sentence_read_proto(const void *bytes, size_t size_bytes, const char *path, int vocabulary_size,
                                SentenceModel *out, RvError *err)
{
    Message message = {.bytes = bytes, .size_bytes = size_bytes};
    Reading reading = {.path = path, .model = out, .err = err, .is_fairseq = begins_as_fairseq(message)};
    RvStatus status = rv_sentence_init(out, vocabulary_size, err);
    size_t limit = out->pieces.number_limit;
    if (status == RV_OK)
        status = rv_pieces_init(&out->literals, limit, err);
    out->scores = status == RV_OK ? rv_mem_alloc(limit, sizeof *out->scores, err) : NULL;
    if (out->scores == NULL)
        return RV_ERROR_MEMORY;
    status = read_all(&reading, message);
    if (status == RV_OK && reading.is_fairseq)
        status = add_fairseq_pieces(&reading);
    if (status == RV_OK && reading.charsmap.size_bytes > 0) {
        out->steps[out->step_count++] = SENTENCE_CHARSMAP;
        status =
            rv_charsmap_init(&out->charsmap, reading.charsmap.bytes, reading.charsmap.size_bytes, path, err);
    }
    if (status == RV_OK)
        status = rv_pieces_index(&out->pieces, path, err);
    if (status == RV_OK)
        status = rv_pieces_index(&out->literals, path, err);
    out->byte_fallback = reading.byte_fallback;
    return status == RV_OK ? rv_sentence_finish(out, path, err) : status;
}
