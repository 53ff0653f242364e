/* SPDX-License-Identifier: MIT */
/* Pictures as sixels.
 *
 *     ESC P 0;1 q  "1;1;W;H   #0;2;R;G;B #1;2;...   bands of six rows   ESC \
 *
 * A band names each of its colours (#7) and gives, from left to right, the rows in which that colour stands: a
 * character from '?' on with one bit for each row, '!20?' for twenty of the same. '$' goes back to the left, '-' to the
 * next band. */
#include "sixel.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"

#define MAX_COLOURS 255
#define BITS 5 // of red, green and blue that colours are counted by
#define LEVELS (1 << BITS)
#define BINS (LEVELS * LEVELS * LEVELS)
#define BAND_ROWS 6

/* A box of counted colours, both bounds included. */
typedef struct Box {
    int low[3], high[3];
    uint64_t count;
} Box;

typedef struct Sixels {
    uint32_t counts[BINS];
    uint64_t sums[BINS][3]; // of the counted pixels' red, green and blue
    uint8_t nearest[BINS];  // of each counted colour the number in the palette
    Box boxes[MAX_COLOURS];
    uint8_t percents[MAX_COLOURS][3], palette[MAX_COLOURS][3]; // as it is written, and what that is of 255
    int colour_count;
    int width, height;
    uint8_t *numbers; // [height, width]: colours of the palette
} Sixels;

static int bin_of(const int level[3])
{
    return (level[0] << BITS | level[1]) << BITS | level[2];
}

static int channel(uint32_t pixel, int which)
{
    return (int)(pixel >> (16 - 8 * which) & 255);
}

/* ---- the palette -------------------------------------------------------------------------------------------- */

/* Call `each` for all counted colours of a box. */
static void visit(const Sixels *sixels, const Box *box,
                  void (*each)(void *user, const int level[3], uint32_t count), void *user)
{
    int level[3];
    for (level[0] = box->low[0]; level[0] <= box->high[0]; level[0]++) {
        for (level[1] = box->low[1]; level[1] <= box->high[1]; level[1]++) {
            for (level[2] = box->low[2]; level[2] <= box->high[2]; level[2]++) {
                if (sixels->counts[bin_of(level)] > 0)
                    each(user, level, sixels->counts[bin_of(level)]);
            }
        }
    }
}

static void take_in(void *user, const int level[3], uint32_t count)
{
    Box *box = user;
    for (int i = 0; i < 3; i++) {
        box->low[i] = level[i] < box->low[i] ? level[i] : box->low[i];
        box->high[i] = level[i] > box->high[i] ? level[i] : box->high[i];
    }
    box->count += count;
}

/* Returns the box without its empty margins, and with its pixels counted. */
static Box shrunk(const Sixels *sixels, const Box *box)
{
    Box found = {.low = {LEVELS, LEVELS, LEVELS}, .high = {-1, -1, -1}};
    visit(sixels, box, take_in, &found);
    return found;
}

static int longest_side(const Box *box)
{
    int longest = 0;
    for (int i = 1; i < 3; i++)
        longest = box->high[i] - box->low[i] > box->high[longest] - box->low[longest] ? i : longest;
    return longest;
}

/* Cut the box across its longest side, so that half of its pixels are on each side as nearly as may be. */
static void cut(const Sixels *sixels, Box *box, Box *other)
{
    int side = longest_side(box);
    uint64_t before = 0;
    Box slice = *box;
    int at = box->low[side];
    for (; at < box->high[side] - 1; at++) {
        slice.low[side] = slice.high[side] = at;
        before += shrunk(sixels, &slice).count;
        if (before * 2 >= box->count)
            break;
    }
    *other = *box;
    box->high[side] = at;
    other->low[side] = at + 1;
    *box = shrunk(sixels, box);
    *other = shrunk(sixels, other);
}

typedef struct Mean {
    const Sixels *sixels;
    uint64_t sums[3], count;
} Mean;

static void add_to_mean(void *user, const int level[3], uint32_t count)
{
    Mean *mean = user;
    for (int i = 0; i < 3; i++)
        mean->sums[i] += mean->sixels->sums[bin_of(level)][i];
    mean->count += count;
}

/* Cut the box with the most pixels of those that can be cut until there are enough. */
static void choose_palette(Sixels *sixels)
{
    Box whole = {.high = {LEVELS - 1, LEVELS - 1, LEVELS - 1}};
    sixels->boxes[0] = shrunk(sixels, &whole);
    for (sixels->colour_count = 1; sixels->colour_count < MAX_COLOURS; sixels->colour_count++) {
        Box *fullest = NULL;
        for (int i = 0; i < sixels->colour_count; i++) {
            Box *box = &sixels->boxes[i];
            int side = longest_side(box);
            if (box->high[side] > box->low[side] && (fullest == NULL || box->count > fullest->count))
                fullest = box;
        }
        if (fullest == NULL)
            break;
        cut(sixels, fullest, &sixels->boxes[sixels->colour_count]);
    }
    for (int i = 0; i < sixels->colour_count; i++) {
        Mean mean = {.sixels = sixels};
        visit(sixels, &sixels->boxes[i], add_to_mean, &mean);
        for (int j = 0; j < 3; j++) {
            uint64_t most = mean.count * 255;
            sixels->percents[i][j] = (uint8_t)((mean.sums[j] * 100 + most / 2) / most);
            sixels->palette[i][j] = (uint8_t)((sixels->percents[i][j] * 255 + 50) / 100);
        }
    }
}

static void find_nearest(Sixels *sixels)
{
    int level[3];
    for (int bin = 0; bin < BINS; bin++) {
        level[0] = bin >> (2 * BITS);
        level[1] = bin >> BITS & (LEVELS - 1);
        level[2] = bin & (LEVELS - 1);
        int best = 0, best_distance = 4 * 255 * 255;
        for (int i = 0; i < sixels->colour_count; i++) {
            int distance = 0;
            for (int j = 0; j < 3; j++) {
                int difference = level[j] * 255 / (LEVELS - 1) - sixels->palette[i][j];
                distance += difference * difference;
            }
            if (distance < best_distance) {
                best = i;
                best_distance = distance;
            }
        }
        sixels->nearest[bin] = (uint8_t)best;
    }
}

/* ---- pixels ------------------------------------------------------------------------------------------------- */

static void count_colours(Sixels *sixels, const uint32_t *pixels, int row_stride)
{
    for (int y = 0; y < sixels->height; y++) {
        const uint32_t *row = pixels + (size_t)y * (size_t)row_stride / sizeof *row;
        for (int x = 0; x < sixels->width; x++) {
            int level[3];
            for (int i = 0; i < 3; i++)
                level[i] = channel(row[x], i) >> (8 - BITS);
            int bin = bin_of(level);
            sixels->counts[bin]++;
            for (int i = 0; i < 3; i++)
                sixels->sums[bin][i] += (uint64_t)channel(row[x], i);
        }
    }
}

/* Choose a pixel's colour. here, below: the errors of this row and the next, in sixteenths, [width + 2] triples each,
 * pixel x at x + 1. */
static uint8_t choose_colour(const Sixels *sixels, uint32_t pixel, int x, int (*here)[3], int (*below)[3])
{
    int level[3], wanted[3];
    for (int i = 0; i < 3; i++) {
        wanted[i] = channel(pixel, i) + here[x + 1][i] / 16;
        wanted[i] = wanted[i] < 0 ? 0 : wanted[i] > 255 ? 255 : wanted[i];
        level[i] = wanted[i] >> (8 - BITS);
    }
    uint8_t number = sixels->nearest[bin_of(level)];
    for (int i = 0; i < 3; i++) {
        int error = wanted[i] - sixels->palette[number][i];
        here[x + 2][i] += error * 7;
        below[x][i] += error * 3;
        below[x + 1][i] += error * 5;
        below[x + 2][i] += error;
    }
    return number;
}

/* Returns false if memory is refused. */
static bool choose_numbers(Sixels *sixels, const uint32_t *pixels, int row_stride)
{
    size_t row_bytes = ((size_t)sixels->width + 2) * sizeof(int[3]);
    int(*here)[3] = calloc(1, row_bytes), (*below)[3] = calloc(1, row_bytes);
    for (int y = 0; y < sixels->height && here != NULL && below != NULL; y++) {
        const uint32_t *row = pixels + (size_t)y * (size_t)row_stride / sizeof *row;
        for (int x = 0; x < sixels->width; x++)
            sixels->numbers[(size_t)y * (size_t)sixels->width + (size_t)x] =
                choose_colour(sixels, row[x], x, here, below);
        int(*done)[3] = here;
        here = below;
        below = done;
        memset(below, 0, row_bytes);
    }
    bool good = here != NULL && below != NULL;
    free(here);
    free(below);
    return good;
}

/* ---- text --------------------------------------------------------------------------------------------------- */

static void put_run(FILE *out, int count, int bits)
{
    if (count > 3)
        fprintf(out, "!%d%c", count, '?' + bits);
    for (int i = 0; count <= 3 && i < count; i++)
        fputc('?' + bits, out);
}

/* One colour of a band. Empty places at the right are left out. */
static void put_colour(const Sixels *sixels, const uint8_t *band, int rows, int colour, FILE *out)
{
    int run = 0, run_bits = 0;
    fprintf(out, "#%d", colour);
    for (int x = 0; x < sixels->width; x++) {
        int bits = 0;
        for (int y = 0; y < rows; y++)
            bits |= (band[(size_t)y * (size_t)sixels->width + (size_t)x] == colour) << y;
        if (run > 0 && bits != run_bits) {
            put_run(out, run, run_bits);
            run = 0;
        }
        run_bits = bits;
        run++;
    }
    if (run_bits != 0)
        put_run(out, run, run_bits);
}

static void put_bands(const Sixels *sixels, FILE *out)
{
    for (int y = 0; y < sixels->height; y += BAND_ROWS) {
        const uint8_t *band = sixels->numbers + (size_t)y * (size_t)sixels->width;
        int rows = sixels->height - y < BAND_ROWS ? sixels->height - y : BAND_ROWS;
        bool used[MAX_COLOURS] = {false}, first = true;
        for (size_t i = 0; i < (size_t)rows * (size_t)sixels->width; i++)
            used[band[i]] = true;
        for (int colour = 0; colour < sixels->colour_count; colour++) {
            if (!used[colour])
                continue;
            fputs(first ? "" : "$", out);
            put_colour(sixels, band, rows, colour, out);
            first = false;
        }
        fputs("-\n", out);
    }
}

RvStatus cli_sixel_write(const uint32_t *pixels, int width, int height, int row_stride, FILE *out,
                         RvError *err)
{
    Sixels *sixels = calloc(1, sizeof *sixels);
    uint8_t *numbers = malloc((size_t)width * (size_t)height);
    bool good = sixels != NULL && numbers != NULL;
    if (good) {
        sixels->width = width;
        sixels->height = height;
        sixels->numbers = numbers;
        count_colours(sixels, pixels, row_stride);
        choose_palette(sixels);
        find_nearest(sixels);
        good = choose_numbers(sixels, pixels, row_stride);
    }
    if (good) {
        fprintf(out, "\x1bP0;1q\"1;1;%d;%d", width, height);
        for (int i = 0; i < sixels->colour_count; i++) {
            const uint8_t *colour = sixels->percents[i];
            fprintf(out, "#%d;2;%d;%d;%d", i, colour[0], colour[1], colour[2]);
        }
        fputc('\n', out);
        put_bands(sixels, out);
        fputs("\x1b\\", out);
    }
    free(numbers);
    free(sixels);
    return good ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
}
