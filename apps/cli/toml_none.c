/* SPDX-License-Identifier: MIT */
/* In place of toml_read.cc where toml++ was not there when the program was built. */
#include <stdio.h>

#include "toml_read.h"

bool cli_toml_read(const char *text, size_t size_bytes, bool (*take)(void *user, const TomlValue *value),
                   void *user, char *message, size_t message_bytes, int *line)
{
    (void)text, (void)size_bytes, (void)take, (void)user;
    *line = 0;
    snprintf(message, message_bytes, "this reelvec was built without settings files (toml++)");
    return false;
}
