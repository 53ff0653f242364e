/* SPDX-License-Identifier: MIT */
/* Pictures in the terminal, by the three protocols that terminals have. */
#include "terminal_picture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common/base64.h"
#include "options.h"
#include "sixel.h"
#include "terminal.h"

#define ANSWER_MS 300
#define COLUMN_PIXELS 9 // if the terminal does not tell
#define COLUMNS_DEFAULT 80
#define CHUNK 4096 // kitty's limit
#define PNG_MAX (256 << 20)

/* ---- which protocol ----------------------------------------------------------------------------------------- */

static bool variable_is(const char *name, const char *value)
{
    const char *found = getenv(name);
    return found != NULL && (value == NULL ? found[0] != '\0' : strcmp(found, value) == 0);
}

static bool kind_begins(const char *beginning)
{
    const char *kind = getenv("TERM");
    return kind != NULL && strncmp(kind, beginning, strlen(beginning)) == 0;
}

/* Inside tmux and screen the variables are those of the terminal in which it was started. */
static CliPictures by_variables(void)
{
    const char *konsole = getenv("KONSOLE_VERSION");
    if (variable_is("TMUX", NULL) || variable_is("STY", NULL) || kind_begins("tmux") || kind_begins("screen"))
        return CLI_PICTURES_NONE;
    if (variable_is("KITTY_WINDOW_ID", NULL) || kind_begins("xterm-kitty") || kind_begins("xterm-ghostty") ||
        variable_is("TERM_PROGRAM", "ghostty") || (konsole != NULL && atoi(konsole) >= 220400))
        return CLI_PICTURES_KITTY;
    if (variable_is("TERM_PROGRAM", "iTerm.app") || variable_is("LC_TERMINAL", "iTerm2") ||
        variable_is("TERM_PROGRAM", "WezTerm") || variable_is("TERM_PROGRAM", "mintty"))
        return CLI_PICTURES_ITERM;
    return CLI_PICTURES_NONE;
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Read "ESC [ ? 62 ; 4 ; 22 c" until its end or ANSWER_MS have passed. */
static void read_answer(int terminal, char *answer, size_t size_bytes)
{
    size_t length = 0;
    long end = now_ms() + ANSWER_MS;
    while (length + 1 < size_bytes && (length == 0 || answer[length - 1] != 'c')) {
        struct pollfd input = {.fd = terminal, .events = POLLIN};
        long left = end - now_ms();
        if (left <= 0 || poll(&input, 1, (int)left) <= 0 || read(terminal, answer + length, 1) != 1)
            break;
        length++;
    }
    answer[length] = '\0';
}

/* Returns whether the terminal says of itself that it shows sixels: attribute 4 of its primary attributes. */
static bool says_sixel(int descriptor)
{
    struct termios before, quiet;
    char answer[128] = "", name[256];
    int terminal =
        ttyname_r(descriptor, name, sizeof name) == 0 ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (terminal < 0)
        return false;
    // From the background, and from programs that it does not control, the terminal is not asked.
    if (tcgetpgrp(terminal) == getpgrp() && tcgetattr(terminal, &before) == 0) {
        quiet = before;
        quiet.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
        quiet.c_cc[VMIN] = 1;
        quiet.c_cc[VTIME] = 0;
        if (tcsetattr(terminal, TCSANOW, &quiet) == 0) {
            if (write(terminal, "\x1b[c", 3) == 3)
                read_answer(terminal, answer, sizeof answer);
            tcsetattr(terminal, TCSANOW, &before);
        }
    }
    close(terminal);
    const char *at = strstr(answer, "\x1b[?");
    for (at = at != NULL ? at + 3 : NULL; at != NULL; at = strchr(at, ';')) {
        at += *at == ';';
        if (at[0] == '4' && (at[1] == ';' || at[1] == 'c'))
            return true;
    }
    return false;
}

CliPictures cli_pictures_find(FILE *out)
{
    int descriptor = fileno(out);
    if (descriptor < 0 || !isatty(descriptor) || variable_is("TERM", "dumb") || !variable_is("TERM", NULL))
        return CLI_PICTURES_NONE;
    CliPictures found = by_variables();
    return found == CLI_PICTURES_NONE && says_sixel(descriptor) ? CLI_PICTURES_SIXEL : found;
}

int cli_pictures_width(FILE *out)
{
    struct winsize size;
    size_t columns = cli_terminal_columns(out);
    if (columns > 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_xpixel > 0)
        return size.ws_xpixel;
    return (int)(columns > 0 ? columns : COLUMNS_DEFAULT) * COLUMN_PIXELS;
}

/* ---- the picture -------------------------------------------------------------------------------------------- */

typedef struct Bytes {
    unsigned char *items;
    size_t count, capacity;
} Bytes;

static cairo_status_t append(void *user, const unsigned char *data, unsigned length)
{
    Bytes *bytes = user;
    if (bytes->count + length > bytes->capacity) {
        size_t capacity = 2 * (bytes->count + length);
        unsigned char *items = capacity <= PNG_MAX ? realloc(bytes->items, capacity) : NULL;
        if (items == NULL)
            return CAIRO_STATUS_NO_MEMORY;
        bytes->items = items;
        bytes->capacity = capacity;
    }
    memcpy(bytes->items + bytes->count, data, length);
    bytes->count += length;
    return CAIRO_STATUS_SUCCESS;
}

/* Returns the picture as a PNG in base64, NULL if memory is refused. *size_bytes: of the PNG. Free with free(). */
static char *encode(cairo_surface_t *surface, size_t *size_bytes)
{
    Bytes png = {0};
    char *text = NULL;
    if (cairo_surface_write_to_png_stream(surface, append, &png) == CAIRO_STATUS_SUCCESS)
        text = malloc(base64_length(png.count) + 1);
    if (text != NULL)
        base64_write(png.items, png.count, text);
    *size_bytes = png.count;
    free(png.items);
    return text;
}

/* a=T: show at once; f=100: PNG; q=2: no answer; m=1: more follows. */
static void write_kitty(const char *text, FILE *out)
{
    size_t length = strlen(text);
    for (size_t at = 0; at < length; at += CHUNK) {
        size_t chunk = length - at < CHUNK ? length - at : CHUNK;
        fprintf(out, "\x1b_G%sm=%d;%.*s\x1b\\", at == 0 ? "a=T,f=100,q=2," : "", at + chunk < length,
                (int)chunk, text + at);
    }
}

static void write_iterm(const char *text, size_t size_bytes, int width, FILE *out)
{
    fprintf(out, "\x1b]1337;File=inline=1;size=%zu;width=%dpx;preserveAspectRatio=1:%s\a", size_bytes, width,
            text);
}

RvStatus cli_pictures_write(CliPictures how, cairo_surface_t *surface, FILE *out, RvError *err)
{
    int width = cairo_image_surface_get_width(surface), height = cairo_image_surface_get_height(surface);
    RvStatus status = RV_OK;
    if (how == CLI_PICTURES_SIXEL) {
        cairo_surface_flush(surface);
        status = cli_sixel_write((const uint32_t *)(const void *)cairo_image_surface_get_data(surface), width,
                                 height, cairo_image_surface_get_stride(surface), out, err);
    } else {
        size_t size_bytes = 0;
        char *text = encode(surface, &size_bytes);
        if (text == NULL)
            status = cli_error(err, RV_ERROR_MEMORY, "out of memory");
        else if (how == CLI_PICTURES_KITTY)
            write_kitty(text, out);
        else
            write_iterm(text, size_bytes, width, out);
        free(text);
    }
    fputc('\n', out);
    return status;
}
