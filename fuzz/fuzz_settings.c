/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a settings file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "toml_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

/* Every value has a name, a text and a line. */
static bool check_value(void *user, const TomlValue *value)
{
    size_t *count = user;
    if (value->table == NULL || value->key == NULL || value->text == NULL || value->line < 1 ||
        value->kind > TOML_OTHER)
        abort();
    if (value->kind == TOML_FLAG && strcmp(value->text, "true") != 0 && strcmp(value->text, "false") != 0)
        abort();
    return ++*count < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    char message[400];
    int line = 0;
    size_t count = 0;
    bool good =
        cli_toml_read((const char *)bytes, size_bytes, check_value, &count, message, sizeof message, &line);
    if (!good && count < 1000 && message[0] == '\0')
        abort();
    return 0;
}
