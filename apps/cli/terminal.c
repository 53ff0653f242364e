/* SPDX-License-Identifier: MIT */
/* How much room the terminal has. */
#include "terminal.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

size_t cli_terminal_columns(FILE *file)
{
    struct winsize size;
    int descriptor = fileno(file); // -1 for a file in memory
    if (descriptor >= 0 && isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

void cli_print_wrapped(FILE *file, const char *text, size_t length, size_t column, size_t indent,
                       size_t width)
{
    bool first = true;
    for (const char *at = text; at < text + length;) {
        size_t word = strcspn(at, " ");
        if (word > (size_t)(text + length - at))
            word = (size_t)(text + length - at);
        if (!first && width > 0 && column + 1 + word > width) {
            fprintf(file, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', file);
            column++;
        }
        fwrite(at, 1, word, file);
        column += word;
        first = false;
        at += word;
        at += strspn(at, " ");
    }
    fputc('\n', file);
}
