/* SPDX-License-Identifier: MIT */
/* What a library remembers of its model besides the weights: reading and comparing the line. */
#include "store/model_details.h"

#include <stdio.h>
#include <string.h>

#define KEY_BYTES 32
#define VALUE_BYTES 160
#define SHOWN_DIGEST 12

static const char digest_key[] = "tokenizer_sha256";

typedef struct Detail {
    char key[KEY_BYTES], value[VALUE_BYTES];
} Detail;

/* Read the next KEY=VALUE. *at: where to go on. Returns false at the end. */
static bool next_detail(const char **at, Detail *out)
{
    size_t length = strcspn(*at, ";"), key = strcspn(*at, "=;");
    if (length == 0)
        return false;
    const char *value = *at + key + (key < length);
    snprintf(out->key, sizeof out->key, "%.*s", (int)(key < KEY_BYTES ? key : KEY_BYTES - 1), *at);
    length -= (size_t)(value - *at);
    snprintf(out->value, sizeof out->value, "%.*s", (int)(length < VALUE_BYTES ? length : VALUE_BYTES - 1),
             value);
    *at = value + length;
    *at += strspn(*at, "; ");
    return true;
}

bool rv_model_detail(const char *details, const char *key, char *value, size_t size_bytes)
{
    Detail detail;
    value[0] = '\0';
    while (next_detail(&details, &detail)) {
        if (strcmp(detail.key, key) == 0) {
            snprintf(value, size_bytes, "%.*s", (int)size_bytes - 1, detail.value);
            return true;
        }
    }
    return false;
}

/* Returns true if the other line has another value of this key. */
static bool differs(const Detail *detail, const char *other)
{
    char value[VALUE_BYTES];
    return rv_model_detail(other, detail->key, value, sizeof value) && strcmp(value, detail->value) != 0;
}

bool rv_model_details_agree(const char *one, const char *other)
{
    Detail detail;
    while (next_detail(&one, &detail)) {
        if (differs(&detail, other) && strcmp(detail.key, digest_key) != 0)
            return false;
    }
    return true;
}

bool rv_model_details_tokenizers(const char *one, const char *other, char one_sha256[65],
                                 char other_sha256[65])
{
    return rv_model_detail(one, digest_key, one_sha256, 65) &&
           rv_model_detail(other, digest_key, other_sha256, 65) && strcmp(one_sha256, other_sha256) != 0;
}

void rv_model_details_differing(const char *one, const char *other, char *text, size_t size_bytes)
{
    Detail detail;
    size_t used = 0;
    text[0] = '\0';
    while (next_detail(&one, &detail) && used < size_bytes) {
        bool is_digest = strcmp(detail.key, digest_key) == 0;
        if (!differs(&detail, other))
            continue;
        int count = snprintf(text + used, size_bytes - used, "%s%s %.*s%s", used > 0 ? " and " : "",
                             is_digest ? "tokenizer file" : detail.key,
                             is_digest ? SHOWN_DIGEST : VALUE_BYTES, detail.value, is_digest ? "..." : "");
        used += count > 0 ? (size_t)count : 0;
    }
}
