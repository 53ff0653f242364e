/* SPDX-License-Identifier: MIT */
/* What to do about an error of the library, in words for users of SQL: they have no options, only their
 * environment. */
#include "sql_hints.h"

#include <stdio.h>
#include <string.h>

/* The hints that the functions can meet: those about models. Each continues the message of the library; NAME
 * stands for the error's hint_subject. Models are fetched outside of SQL, by the program. */
static const struct {
    RvHint hint;
    const char *words;
} table[] = {
    {RV_HINT_MODEL, "; set REELVEC_MODEL to the model that made the library"},
    {RV_HINT_MODEL_LIST, "; `reelvec model list` shows the known ones"},
    {RV_HINT_MODEL_FETCH, "; fetch it with `reelvec model fetch NAME`"},
    {RV_HINT_MODEL_FETCH_AGAIN, "; fetch it again with `reelvec model fetch NAME`"},
    {RV_HINT_MODEL_FETCH_OR_ADD,
     "; fetch it with `reelvec model fetch NAME`, or set REELVEC_MODEL to its checkpoint"},
    {RV_HINT_MODEL_LOCATE, "; set REELVEC_MODEL to its checkpoint"},
};

const char *sql_error_text(const RvError *err, char *text, size_t size_bytes)
{
    const char *words = "";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].hint == err->hint)
            words = table[i].words;
    }
    const char *name = strstr(words, "NAME");
    if (name != NULL)
        snprintf(text, size_bytes, "%s%.*s%s%s", err->message, (int)(name - words), words, err->hint_subject,
                 name + strlen("NAME"));
    else
        snprintf(text, size_bytes, "%s%s", err->message, words);
    return text;
}
