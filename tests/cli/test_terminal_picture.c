/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/terminal_picture.c and sixel.c: what is written is read again, and which protocol is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "terminal_picture.h"

/* Colours that run into each other with a little noise, and a disc of one colour. */
static cairo_surface_t *make_picture(int width, int height)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    unsigned char *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < height; y++) {
        uint32_t *row = (uint32_t *)(void *)(data + (size_t)y * (size_t)stride);
        for (int x = 0; x < width; x++) {
            int dx = x - width / 2, dy = y - height / 2;
            uint32_t red = (uint32_t)(x * 255 / width), green = (uint32_t)(y * 255 / height);
            uint32_t noise = ((uint32_t)x * 2654435761u ^ (uint32_t)y * 2246822519u) >> 29;
            row[x] =
                dx * dx + dy * dy < width * height / 20 ? 0x20c040 : red << 16 | green << 8 | (128 + noise);
        }
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static uint32_t pixel_of(cairo_surface_t *surface, int x, int y)
{
    const unsigned char *data = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    return ((const uint32_t *)(const void *)(data + (size_t)y * stride))[x] & 0xffffff;
}

static char *written(CliPictures how, cairo_surface_t *surface)
{
    char *text = NULL;
    size_t size_bytes = 0;
    RvError err = {0};
    FILE *out = open_memstream(&text, &size_bytes);
    assert_int_equal(cli_pictures_write(how, surface, out, &err), RV_OK);
    fclose(out);
    return text;
}

/* ---- PNG in base64 ------------------------------------------------------------------------------------------ */

typedef struct Reading {
    unsigned char *bytes;
    size_t at, count;
} Reading;

static cairo_status_t give(void *user, unsigned char *data, unsigned length)
{
    Reading *reading = user;
    if (reading->count - reading->at < length)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, reading->bytes + reading->at, length);
    reading->at += length;
    return CAIRO_STATUS_SUCCESS;
}

static int value_of(char digit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, digit);
    assert_non_null(at);
    return (int)(at - digits);
}

static Reading decode_base64(const char *text, size_t length)
{
    Reading reading = {.bytes = malloc(length)};
    assert_int_equal(length % 4, 0);
    for (size_t i = 0; i < length; i += 4) {
        int bits = value_of(text[i]) << 18 | value_of(text[i + 1]) << 12;
        bits |= text[i + 2] != '=' ? value_of(text[i + 2]) << 6 : 0;
        bits |= text[i + 3] != '=' ? value_of(text[i + 3]) : 0;
        reading.bytes[reading.count++] = (unsigned char)(bits >> 16);
        if (text[i + 2] != '=')
            reading.bytes[reading.count++] = (unsigned char)(bits >> 8);
        if (text[i + 3] != '=')
            reading.bytes[reading.count++] = (unsigned char)bits;
    }
    return reading;
}

static void assert_is_picture(const char *base64, size_t length, cairo_surface_t *wanted)
{
    Reading reading = decode_base64(base64, length);
    cairo_surface_t *found = cairo_image_surface_create_from_png_stream(give, &reading);
    assert_int_equal(cairo_surface_status(found), CAIRO_STATUS_SUCCESS);
    int width = cairo_image_surface_get_width(wanted), height = cairo_image_surface_get_height(wanted);
    assert_int_equal(cairo_image_surface_get_width(found), width);
    assert_int_equal(cairo_image_surface_get_height(found), height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            assert_int_equal(pixel_of(found, x, y), pixel_of(wanted, x, y));
    }
    cairo_surface_destroy(found);
    free(reading.bytes);
}

/* Chunks of at most 4096; all but the last say m=1. */
static void kitty_gets_a_png_in_chunks(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {3, 2}, {200, 150}, {641, 77}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        cairo_surface_t *surface = make_picture(sizes[i][0], sizes[i][1]);
        char *text = written(CLI_PICTURES_KITTY, surface), *whole = calloc(1, strlen(text) + 1);
        size_t chunks = 0;
        for (const char *at = text; *at != '\n'; chunks++) {
            assert_memory_equal(at, "\x1b_G", 3);
            const char *data = strchr(at, ';') + 1, *end = strstr(at, "\x1b\\");
            assert_non_null(end);
            assert_true(end - data <= 4096);
            assert_int_equal(strncmp(at + 3, "a=T,f=100,q=2,m=", 16) == 0, chunks == 0);
            assert_int_equal(data[-2] == '1', end[2] != '\n');
            strncat(whole, data, (size_t)(end - data));
            at = end + 2;
        }
        assert_true(sizes[i][0] < 100 || chunks > 1);
        assert_is_picture(whole, strlen(whole), surface);
        free(whole);
        free(text);
        cairo_surface_destroy(surface);
    }
}

static void iterm_gets_a_png_with_its_size(void **state)
{
    (void)state;
    cairo_surface_t *surface = make_picture(120, 90);
    char *text = written(CLI_PICTURES_ITERM, surface);
    size_t size_bytes = 0;
    int width = 0, begin = 0;
    assert_int_equal(sscanf(text, "\x1b]1337;File=inline=1;size=%zu;width=%dpx;preserveAspectRatio=1:%n",
                            &size_bytes, &width, &begin),
                     2);
    assert_int_equal(width, 120);
    const char *end = strchr(text, '\a');
    assert_non_null(end);
    assert_string_equal(end, "\a\n");
    size_t length = (size_t)(end - text - begin);
    assert_int_equal(length, (size_bytes + 2) / 3 * 4);
    assert_is_picture(text + begin, length, surface);
    free(text);
    cairo_surface_destroy(surface);
}

/* ---- sixels ------------------------------------------------------------------------------------------------- */

typedef struct Screen {
    int width, height;
    int colours[256][3]; // percent
    int colour_count;
    int *pixels; // [height, width] of colour numbers; -1 where nothing was drawn
} Screen;

/* A reader of sixels as the VT330/340 manual describes them; fails at what it does not know. */
static Screen read_sixels(const char *text)
{
    Screen screen = {0};
    int begin = 0, x = 0, y = 0, colour = -1, repeat = 1, used = 0;
    assert_int_equal(sscanf(text, "\x1bP0;1q\"1;1;%d;%d%n", &screen.width, &screen.height, &begin), 2);
    size_t count = (size_t)screen.width * (size_t)screen.height;
    screen.pixels = malloc(count * sizeof *screen.pixels);
    for (size_t i = 0; i < count; i++)
        screen.pixels[i] = -1;
    for (const char *at = text + begin; strncmp(at, "\x1b\\", 2) != 0;) {
        int number, red, green, blue;
        assert_true(*at != '\0');
        if (*at == '#' && sscanf(at, "#%d;2;%d;%d;%d%n", &number, &red, &green, &blue, &used) == 4) {
            assert_in_range(number, 0, 254);
            memcpy(screen.colours[number], (int[]){red, green, blue}, sizeof screen.colours[0]);
            screen.colour_count++;
        } else if (*at == '#') {
            assert_int_equal(sscanf(at, "#%d%n", &colour, &used), 1);
            assert_in_range(colour, 0, screen.colour_count - 1);
        } else if (*at == '!') {
            assert_int_equal(sscanf(at, "!%d%n", &repeat, &used), 1);
        } else {
            used = 1;
            if (*at == '$' || *at == '-')
                x = 0;
            y += *at == '-' ? 6 : 0;
            if (*at >= '?' && *at <= '~') {
                for (; repeat > 0; repeat--, x++) {
                    for (int bit = 0; bit < 6; bit++) {
                        if (((*at - '?') >> bit & 1) == 0)
                            continue;
                        assert_true(x < screen.width && y + bit < screen.height);
                        screen.pixels[(y + bit) * screen.width + x] = colour;
                    }
                }
                repeat = 1;
            } else {
                assert_non_null(strchr("$-\n", *at));
            }
        }
        at += used;
    }
    return screen;
}

// Of 255, by channel, of the mean of 8 x 8 pixels: in one place (a palette of means does not reach the outermost
// colours), and on average.
#define MOST_OFF 10
#define MEAN_OFF 2

/* Every pixel is drawn; colours are near. */
static void sixels_are_the_picture(void **state)
{
    (void)state;
    static const struct {
        int width, height;
    } cases[] = {{1, 1}, {5, 7}, {64, 6}, {240, 135}, {333, 191}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cairo_surface_t *surface = make_picture(cases[i].width, cases[i].height);
        char *text = written(CLI_PICTURES_SIXEL, surface);
        Screen screen = read_sixels(text);
        assert_int_equal(screen.width, cases[i].width);
        assert_int_equal(screen.height, cases[i].height);
        assert_true(screen.colour_count <= 255);
        long off = 0, off_count = 1;
        for (int top = 0; top + 8 <= screen.height; top += 8) {
            for (int left = 0; left + 8 <= screen.width; left += 8) {
                int sums[3] = {0};
                for (int at = 0; at < 64; at++) {
                    int x = left + at % 8, y = top + at / 8, number = screen.pixels[y * screen.width + x];
                    assert_in_range(number, 0, screen.colour_count - 1);
                    for (int channel = 0; channel < 3; channel++)
                        sums[channel] += (screen.colours[number][channel] * 255 + 50) / 100 -
                                         (int)(pixel_of(surface, x, y) >> (16 - 8 * channel) & 255);
                }
                for (int channel = 0; channel < 3; channel++) {
                    off += abs(sums[channel]);
                    off_count += 64;
                    if (abs(sums[channel]) > MOST_OFF * 64)
                        fail_msg("%d x %d at %d, %d: channel %d is off by %d", screen.width, screen.height,
                                 left, top, channel, sums[channel] / 64);
                }
            }
        }
        assert_true(off <= MEAN_OFF * off_count);
        for (int at = 0; at < screen.width * screen.height; at++)
            assert_true(screen.pixels[at] >= 0);
        free(screen.pixels);
        free(text);
        cairo_surface_destroy(surface);
    }
}

static void sixels_of_one_colour_are_short(void **state)
{
    (void)state;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 100, 9); // black
    char *text = written(CLI_PICTURES_SIXEL, surface);
    assert_string_equal(text, "\x1bP0;1q\"1;1;100;9#0;2;0;0;0\n#0!100~-\n#0!100F-\n\x1b\\\n");
    free(text);
    cairo_surface_destroy(surface);
}

/* ---- which protocol ----------------------------------------------------------------------------------------- */

static const char *const variables[] = {
    "TERM", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "TMUX", "STY"};
#define VARIABLE_COUNT (sizeof variables / sizeof variables[0])

/* Find the protocol on a terminal that answers the question for its attributes. */
static int found_on_terminal(const char *const settings[VARIABLE_COUNT], const char *answer)
{
    int terminal, status = -1;
    char asked[16] = "";
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        for (size_t i = 0; i < VARIABLE_COUNT; i++) {
            if (settings[i] != NULL)
                setenv(variables[i], settings[i], 1);
            else
                unsetenv(variables[i]);
        }
        struct termios before, after;
        tcgetattr(STDOUT_FILENO, &before);
        int found = (int)cli_pictures_find(stdout);
        tcgetattr(STDOUT_FILENO, &after);
        _exit(before.c_lflag == after.c_lflag ? found : 100);
    }
    if (read(terminal, asked, sizeof asked - 1) == 3 && strcmp(asked, "\x1b[c") == 0 && answer != NULL)
        assert_int_equal(write(terminal, answer, strlen(answer)), strlen(answer));
    assert_int_equal(waitpid(child, &status, 0), child);
    close(terminal);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_terminal_is_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *settings[VARIABLE_COUNT]; // in the order of `variables`
        const char *answer;
        CliPictures found;
        const char *why;
    } cases[] = {
        {{"xterm-kitty"}, NULL, CLI_PICTURES_KITTY, "kitty"},
        {{"xterm-256color", NULL, NULL, "1"}, NULL, CLI_PICTURES_KITTY, "kitty with another TERM"},
        {{"xterm-ghostty"}, NULL, CLI_PICTURES_KITTY, "Ghostty"},
        {{"xterm-256color", NULL, NULL, NULL, "230804"}, NULL, CLI_PICTURES_KITTY, "Konsole"},
        {{"xterm-256color", NULL, NULL, NULL, "210400"}, "\x1b[?62c", CLI_PICTURES_NONE, "Konsole of old"},
        {{"xterm-256color", "iTerm.app"}, NULL, CLI_PICTURES_ITERM, "iTerm2"},
        {{"xterm-256color", NULL, "iTerm2"}, NULL, CLI_PICTURES_ITERM, "iTerm2 by ssh"},
        {{"xterm-256color", "WezTerm"}, NULL, CLI_PICTURES_ITERM, "WezTerm"},
        {{"xterm", "mintty"}, NULL, CLI_PICTURES_ITERM, "mintty"},
        {{"foot"}, "\x1b[?62;4;22;28c", CLI_PICTURES_SIXEL, "one that says 4"},
        {{"xterm"}, "\x1b[?63;1;2;4c", CLI_PICTURES_SIXEL, "one that says 4 last"},
        {{"xterm"}, "\x1b[?4;1c", CLI_PICTURES_SIXEL, "one that says 4 first"},
        {{"xterm"}, "\x1b[?64;1;2;24;44c", CLI_PICTURES_NONE, "one that does not say 4"},
        {{"xterm"}, NULL, CLI_PICTURES_NONE, "one that is silent"},
        {{"xterm"}, "\x1b[?", CLI_PICTURES_NONE, "one that stops"},
        {{"xterm"}, "ccc4;4;4c", CLI_PICTURES_NONE, "someone who types"},
        {{"tmux-256color", "iTerm.app", NULL, "1", NULL, "/tmp/tmux,1,0"},
         "\x1b[?1;2c",
         CLI_PICTURES_NONE,
         "tmux in kitty"},
        {{"tmux-256color", NULL, NULL, NULL, NULL, "/tmp/tmux,1,0"},
         "\x1b[?1;2;4c",
         CLI_PICTURES_SIXEL,
         "tmux with sixels"},
        {{"dumb", NULL, NULL, "1"}, NULL, CLI_PICTURES_NONE, "a dumb terminal"},
        {{NULL, NULL, NULL, "1"}, NULL, CLI_PICTURES_NONE, "a terminal of no kind"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int found = found_on_terminal(cases[i].settings, cases[i].answer);
        if (found != (int)cases[i].found)
            fail_msg("%s: %d, not %d", cases[i].why, found, cases[i].found);
    }
    FILE *file = tmpfile();
    assert_non_null(file);
    setenv("TERM", "xterm-kitty", 1);
    assert_int_equal(cli_pictures_find(file), CLI_PICTURES_NONE);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kitty_gets_a_png_in_chunks), cmocka_unit_test(iterm_gets_a_png_with_its_size),
        cmocka_unit_test(sixels_are_the_picture),     cmocka_unit_test(sixels_of_one_colour_are_short),
        cmocka_unit_test(the_terminal_is_recognised),
    };
    return cmocka_run_group_tests_name("cli/terminal_picture", tests, NULL, NULL);
}
