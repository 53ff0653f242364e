/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a tokenizer.json, as a SentencePiece model, as a vocab.txt and as a text. What can be read
 * encodes a text of every kind of character. */
#include <stdlib.h>
#include <string.h>

#include "clip/tokenizer/pieces/sentence_encode.h"
#include "clip/tokenizer/pieces/wordpiece.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

#define VOCABULARY_SIZE 300
static const char text[] =
    "<a> abc  a\xc3\xa4 \xef\xac\x81 <eos>\xe4\xb8\xad\xe2\x96\x81\xf0\x9f\x8e\xac\n1\0b";

/* A failure has a message, tokens are in the model's range. */
static void check(RvStatus status, TokenList *list, const RvError *err)
{
    if (status != RV_OK && err->message[0] == '\0')
        abort();
    for (size_t i = 0; i < list->count; i++) {
        if (list->tokens[i] < 0 || list->tokens[i] >= VOCABULARY_SIZE)
            abort();
    }
    free(list->tokens);
    *list = (TokenList){0};
}

static void use_sentence(RvStatus status, SentenceModel *model, const char *more, size_t more_bytes,
                         RvError *err)
{
    TokenList list = {0};
    if (status == RV_OK)
        status = rv_sentence_encode(model, (const uint8_t *)text, sizeof text - 1, &list, err);
    if (status == RV_OK)
        status = rv_sentence_encode(model, (const uint8_t *)more, more_bytes, &list, err);
    check(status, &list, err);
    rv_sentence_clear(model);
}

static void use_wordpiece(const char *bytes, size_t size_bytes)
{
    WordPiece vocabulary;
    TokenList list = {0};
    RvError err = {0};
    int lines =
        size_bytes > 0 && bytes[size_bytes - 1] != '\n'; // of the size that the file has, so that it is used
    for (size_t i = 0; i < size_bytes; i++)
        lines += bytes[i] == '\n';
    lines = lines < 1 ? 1 : lines > VOCABULARY_SIZE ? VOCABULARY_SIZE : lines;
    RvStatus status = rv_wordpiece_read(bytes, size_bytes, "fuzz", lines, &vocabulary, &err);
    if (status == RV_OK)
        status = rv_wordpiece_encode(&vocabulary, (const uint8_t *)text, sizeof text - 1, &list, &err);
    check(status, &list, &err);
    rv_wordpiece_clear(&vocabulary);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    SentenceModel model;
    RvError err = {0};
    size_t more_bytes = size_bytes < 4096 ? size_bytes : 4096;
    RvStatus status = rv_sentence_read_proto(bytes, size_bytes, "fuzz", VOCABULARY_SIZE, &model, &err);
    use_sentence(status, &model, (const char *)bytes, more_bytes, &err);
    // With a short window, so that it moves.
    JsonScan scan;
    err = (RvError){0};
    model = (SentenceModel){0};
    status = rv_json_scan_open_bytes(&scan, bytes, size_bytes, 1024, &err);
    if (status == RV_OK)
        status = rv_sentence_read_json(&scan, "fuzz", VOCABULARY_SIZE, &model, &err);
    use_sentence(status, &model, (const char *)bytes, more_bytes, &err);
    rv_json_scan_close(&scan);
    use_wordpiece((const char *)bytes, size_bytes);
    return 0;
}
