/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a vocabulary of every kind, and as a text to clean.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/clip and src/base. */
#include <stdlib.h>

#include "base/buffer.h"
#include "clip/tokenizer/text_clean.h"
#include "clip/tokenizer/vocabulary.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static void finish(RvStatus status, Vocabulary *vocabulary, const RvError *err)
{
    if (status != RV_OK && err->message[0] == '\0')
        abort(); // a failure without a message
    rv_vocabulary_clear(vocabulary);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    const char *text = (const char *)bytes;
    Vocabulary vocabulary;
    RvError err = {0};
    RvStatus status = rv_vocabulary_read_gz(bytes, size_bytes, "fuzz", 49408, &vocabulary, &err);
    finish(status, &vocabulary, &err);
    status = rv_vocabulary_read_tokenizer_json(text, size_bytes, "fuzz", 49408, &vocabulary, &err);
    finish(status, &vocabulary, &err);
    // The same bytes as both files of a pair: one of the two readers gets something that it half knows.
    status =
        rv_vocabulary_read_pair(text, size_bytes, text, size_bytes, "fuzz", "fuzz", 49408, &vocabulary, &err);
    finish(status, &vocabulary, &err);
    if (size_bytes <= 1 << 16) {
        Buffer clean;
        rv_buffer_init(&clean, 1 << 20);
        rv_text_clean(text, size_bytes, &clean, NULL);
        rv_buffer_clear(&clean);
    }
    return 0;
}
