/* SPDX-License-Identifier: MIT */
/* A QR code for a terminal. */
#include <qrencode.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "web_server.h"

/* Two rows of modules are one line of half blocks, white on black whatever the terminal's colours are; around the code
 * stay two modules, which scanners need. */
char *web_qr_code(const char *text)
{
    static const char colours[] = "\033[40;97m", plain[] = "\033[0m\n";
    enum { MARGIN = 2 };
    static const char *const blocks[] = {"\xE2\x96\x88", "\xE2\x96\x80", "\xE2\x96\x84",
                                         " "}; // both, top, bottom
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (code == NULL)
        return NULL;
    int side = code->width + 2 * MARGIN;
    size_t line_bytes = (size_t)side * 3 + sizeof colours + sizeof plain;
    char *out = malloc((size_t)(side / 2 + 1) * line_bytes + 1), *to = out;
    for (int y = 0; out != NULL && y < side; y += 2) {
        to = stpcpy(to, colours);
        for (int x = 0; x < side; x++) {
            bool dark[2] = {false, false};
            for (int half = 0; half < 2; half++) {
                int row = y + half - MARGIN, column = x - MARGIN;
                if (row >= 0 && row < code->width && column >= 0 && column < code->width)
                    dark[half] = code->data[row * code->width + column] & 1;
            }
            const char *block = blocks[dark[0] * 2 + dark[1]];
            if (dark[0] != dark[1])
                block = dark[1] ? blocks[1] : blocks[2];
            to = stpcpy(to, block);
        }
        to = stpcpy(to, plain);
    }
    if (out != NULL)
        *to = '\0';
    QRcode_free(code);
    return out;
}
