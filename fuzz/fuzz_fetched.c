/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as the record of a fetched model, and line by line as the headers of a server's answer. What
 * is read of either holds only digests and plain names.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/models. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "models/model_answer.h"
#include "models/model_record.h"
#include "models/model_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static void read_record(const char *text, size_t size_bytes)
{
    ModelRecord record;
    if (rv_model_record_parse("fetched.txt", text, size_bytes, &record, NULL) != RV_OK &&
        record.file_count + record.commit_count > 0)
        abort();
    for (size_t i = 0; i < record.file_count; i++) {
        if (!rv_model_is_plain_name(record.files[i].name) || !rv_model_is_hex(record.files[i].sha256, 64))
            abort();
    }
    for (size_t i = 0; i < record.commit_count; i++) {
        if (!rv_model_is_hex(record.commits[i].commit, 40) ||
            strstr(record.commits[i].repository, "/.") != NULL)
            abort();
    }
}

static bool is_empty_or_hex(const char *text, size_t count)
{
    return text[0] == '\0' || rv_model_is_hex(text, count);
}

static void read_answer(const char *text, size_t size_bytes)
{
    ModelAnswer answer = {0};
    for (size_t at = 0; at < size_bytes;) {
        const char *end = memchr(text + at, '\n', size_bytes - at);
        size_t length = end != NULL ? (size_t)(end - text) - at + 1 : size_bytes - at;
        char *line = malloc(length); // exactly, so that reading past its end is found
        if (line == NULL)
            abort();
        memcpy(line, text + at, length);
        rv_model_answer_line(&answer, line, length);
        free(line);
        at += length;
    }
    if (!is_empty_or_hex(answer.sha256, 64) || !is_empty_or_hex(answer.git_id, 40) ||
        !is_empty_or_hex(answer.commit, 40))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes > 1 << 16)
        return 0;
    read_record((const char *)bytes, size_bytes);
    read_answer((const char *)bytes, size_bytes);
    return 0;
}
