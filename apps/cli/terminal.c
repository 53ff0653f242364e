/* SPDX-License-Identifier: MIT */
/* What the terminal can: its width, colours; and what it may be given. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text.h"

#define COLUMNS_MAX 10000

bool cli_is_terminal(FILE *file)
{
    int descriptor = fileno(file); // -1 for a file in memory
    return descriptor >= 0 && isatty(descriptor);
}

void cli_write_shown(const char *text, size_t size_bytes, FILE *file)
{
    const char *end = text + size_bytes;
    if (!cli_is_terminal(file)) {
        fwrite(text, 1, size_bytes, file);
        return;
    }
    while (text < end) {
        size_t length = 0;
        while (text + length < end && text[length] != '\n' && text[length] != '\t' && text[length] != '\0')
            length++;
        bool returned = text + length < end && text[length] == '\n' && length > 0 && text[length - 1] == '\r';
        char *piece = strndup(text, returned ? length - 1 : length);
        char *clean = piece != NULL ? cli_text_clean(piece) : NULL;
        fputs(clean != NULL ? clean : "?", file);
        if (text + length < end)
            fputc(text[length] != '\0' ? text[length] : '?', file);
        free(clean);
        free(piece);
        text += length + 1;
    }
}

size_t cli_wanted_columns(void)
{
    const char *text = getenv("COLUMNS");
    char *end = NULL;
    unsigned long columns = text != NULL && text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    return columns > 0 && *end == '\0' && columns <= COLUMNS_MAX ? (size_t)columns : 0;
}

size_t cli_terminal_columns(FILE *file)
{
    struct winsize size;
    if (!cli_is_terminal(file))
        return 0;
    size_t columns = cli_wanted_columns();
    if (columns == 0 && ioctl(fileno(file), TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    return columns;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

bool cli_terminal_colours(FILE *file)
{
    const char *force = getenv("CLICOLOR_FORCE"), *wanted = getenv("CLICOLOR"), *kind = getenv("TERM");
    if (is_set("NO_COLOR") || fileno(file) < 0)
        return false;
    if (is_set("CLICOLOR_FORCE") && strcmp(force, "0") != 0)
        return true;
    if (wanted != NULL && strcmp(wanted, "0") == 0)
        return false;
    return cli_is_terminal(file) && kind != NULL && kind[0] != '\0' && strcmp(kind, "dumb") != 0;
}

const char *cli_style(FILE *file, CliStyle style)
{
    static const char *const codes[] = {[CLI_STYLE_NONE] = "\x1b[0m",
                                        [CLI_STYLE_STRONG] = "\x1b[1m",
                                        [CLI_STYLE_ERROR] = "\x1b[1;31m",
                                        [CLI_STYLE_WARNING] = "\x1b[1;33m"};
    return cli_terminal_colours(file) ? codes[style] : "";
}

/* The columns of `length` bytes, each character taken for one. */
static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

void cli_print_wrapped(FILE *file, const char *text, size_t length, size_t column, size_t indent,
                       size_t width)
{
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        size_t gap = strspn(at, " "), word = strcspn(at + gap, " ");
        if (at + gap + word > end)
            word = (size_t)(end - at) > gap ? (size_t)(end - at) - gap : 0;
        if (at > text && width > 0 && column + gap + columns_of(at + gap, word) > width) {
            fprintf(file, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            fprintf(file, "%*s", (int)gap, "");
            column += gap;
        }
        fwrite(at + gap, 1, word, file);
        column += columns_of(at + gap, word);
        at += gap + word;
    }
    fputc('\n', file);
}
