/* SPDX-License-Identifier: MIT */
/* Values of a TOML file, by toml++. The one file in C++, because no parser in C is in Debian. */
#ifndef RV_CLI_TOML_READ_H
#define RV_CLI_TOML_READ_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum TomlKind { TOML_TEXT, TOML_NUMBER, TOML_FLAG, TOML_OTHER } TomlKind;

typedef struct TomlValue {
    const char *table; // "search", "model fetch" for [model.fetch]; "" outside of tables
    const char *key;
    const char *text; // "true" and "false" of a flag; borrowed for the call
    TomlKind kind;    // TOML_OTHER: dates, times, and what stands deeper in lists
    bool in_list;     // one of the values in brackets, in order
    int line;         // from 1
} TomlValue;

/* Hand each value of the text to `take`, which returns false to stop. Returns false if that happened, or if the text is
 * not TOML: `message` says why then, and *line where. */
bool cli_toml_read(const char *text, size_t size_bytes, bool (*take)(void *user, const TomlValue *value),
                   void *user, char *message, size_t message_bytes, int *line);

#ifdef __cplusplus
}
#endif

#endif
