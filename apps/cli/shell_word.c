/* SPDX-License-Identifier: MIT */
/* Words of suggested commands, as a shell takes them when they are pasted. */
#include "shell_word.h"

#include <ctype.h>
#include <string.h>

/* Bytes beyond ASCII are letters to a shell. '~' and '=' mean something at a word's beginning only, but are quoted
 * everywhere. */
static bool is_plain(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x80 && !isalnum(byte) && strchr("@%_+:,./-", byte) == NULL)
            return false;
    }
    return text[0] != '\0';
}

static bool has_control(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at))
            return true;
    return false;
}

/* As bash, zsh and POSIX's sh of 2024 take it: a terminal shows no control bytes, so they are written as numbers. */
static void put_escaped(FILE *out, const char *text)
{
    fputs("$'", out);
    for (const char *at = text; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at) || strchr("'\\!", *at) != NULL)
            fprintf(out, "\\%03o", (unsigned)(unsigned char)*at);
        else
            fputc(*at, out);
    fputc('\'', out);
}

void cli_shell_put(FILE *out, const char *text, bool quoted)
{
    // "!" calls back a command of an interactive shell's history.
    bool has_meaning = strpbrk(text, "\"$`\\!") != NULL;
    if (!quoted && is_plain(text)) {
        fputs(text, out);
    } else if (has_control(text)) {
        put_escaped(out, text);
    } else if (!has_meaning) {
        fprintf(out, "\"%s\"", text);
    } else {
        fputc('\'', out);
        for (const char *at = text; *at != '\0'; at++)
            fputs(*at == '\'' ? "'\\''" : (const char[]){*at, '\0'}, out);
        fputc('\'', out);
    }
}

const char *cli_shell_word(const char *word, char *text, size_t size_bytes)
{
    FILE *stream = fmemopen(text, size_bytes, "w");
    text[0] = '\0';
    if (stream == NULL)
        return text;
    cli_shell_put(stream, word, false);
    bool fits = fflush(stream) == 0 && (size_t)ftell(stream) < size_bytes;
    fclose(stream);
    if (!fits)
        text[0] = '\0';
    return text;
}
