/* SPDX-License-Identifier: MIT */
/* Showing the results of a search: as rows, and as a contact sheet. */
#include "hits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "output.h"
#include "picture_surface.h"
#include "sheet_page.h"
#include "text.h"

#define HITS_PER_ROW 5
#define HIT_WIDTH 320
#define SHOWN_WIDTH 220 // in a terminal a hit wants so many pixels
#define SHOWN_MIN 64

enum { QUERY, RANK, FRAME, TIME, START, END, VIDEO, SCORE, COLUMN_COUNT };
enum { PART_FRAME, PART_TIME, PART_SCORE, PART_COLUMN_COUNT };
#define ALL_COLUMNS (COLUMN_COUNT + RV_SEQUENCE_PARTS_MAX * PART_COLUMN_COUNT)

static const Column all_columns[COLUMN_COUNT] = {
    [QUERY] = {"query", NULL, COLUMN_TEXT},
    [RANK] = {"rank", NULL, COLUMN_WHOLE},
    [FRAME] = {"frame_number", "frame", COLUMN_WHOLE},
    [TIME] = {"time", "time", COLUMN_TIME},
    [START] = {"start", "start", COLUMN_TIME},
    [END] = {"end", "end", COLUMN_TIME},
    [VIDEO] = {"video", "video", COLUMN_NAME},
    [SCORE] = {"score", "score", COLUMN_SCORE},
};

/* The table is for people, the other formats are for programs. Each has its order of columns. */
static const int table_order[] = {FRAME, TIME, START, END, VIDEO, SCORE};
static const int data_order[] = {QUERY, RANK, VIDEO, FRAME, TIME, SCORE, START, END};

/* sequences: they have a start and an end, and the table shows their parts' frames by time alone. */
static size_t choose_columns(int format, bool moments, bool sequences, bool query, int chosen[COLUMN_COUNT])
{
    const int *order = format == OUTPUT_TABLE ? table_order : data_order;
    size_t order_count = format == OUTPUT_TABLE ? sizeof table_order / sizeof table_order[0]
                                                : sizeof data_order / sizeof data_order[0];
    size_t count = 0;
    for (size_t i = 0; i < order_count; i++) {
        bool of_span = order[i] == START || order[i] == END, of_frame = order[i] == FRAME || order[i] == TIME;
        if ((order[i] == QUERY && !query) || (of_span && !moments && !sequences) ||
            (of_frame && sequences && format == OUTPUT_TABLE))
            continue;
        chosen[count++] = order[i];
    }
    return count;
}

/* The columns of a sequence's parts: time_1, score_1, and so on. */
typedef struct PartColumns {
    char keys[RV_SEQUENCE_PARTS_MAX][PART_COLUMN_COUNT][32],
        titles[RV_SEQUENCE_PARTS_MAX][PART_COLUMN_COUNT][32];
} PartColumns;

/* Returns their number. */
static size_t add_part_columns(PartColumns *names, size_t part_count, Column *columns)
{
    static const char *const words[PART_COLUMN_COUNT] = {"frame_number", "time", "score"};
    static const ColumnKind kinds[PART_COLUMN_COUNT] = {COLUMN_WHOLE, COLUMN_TIME, COLUMN_SCORE};
    size_t count = 0;
    for (size_t part = 0; part < part_count; part++) {
        for (int i = 0; i < PART_COLUMN_COUNT; i++) {
            snprintf(names->keys[part][i], sizeof names->keys[part][i], "%s_%zu", words[i], part + 1);
            snprintf(names->titles[part][i], sizeof names->titles[part][i], "%s %zu", words[i], part + 1);
            columns[count++] =
                (Column){names->keys[part][i], i == PART_FRAME ? NULL : names->titles[part][i], kinds[i]};
        }
    }
    return count;
}

static void add_part_cells(const RvHit *hit, size_t part_count, Cell *row)
{
    for (size_t part = 0; part < part_count; part++) {
        *row++ = (Cell){.whole = hit->parts[part].frame_number};
        *row++ = (Cell){.real = hit->parts[part].time_s};
        *row++ = (Cell){.real = hit->parts[part].score};
    }
}

bool cli_hits_print(const RvHits *hits, int format, bool moments, size_t part_count, const char *query)
{
    int chosen[COLUMN_COUNT];
    Column columns[ALL_COLUMNS];
    PartColumns names;
    size_t shown_parts = part_count > 1 ? part_count : 0;
    size_t count = choose_columns(format, moments, shown_parts > 0, query != NULL, chosen);
    for (size_t i = 0; i < count; i++)
        columns[i] = all_columns[chosen[i]];
    size_t part_columns = add_part_columns(&names, shown_parts, columns + count);
    Output output;
    if (!cli_output_begin(&output, format, columns, count + part_columns, stdout))
        return false;
    bool good = true;
    for (size_t hit = 0; hit < hits->count && good; hit++) {
        const RvHit *found = &hits->items[hit];
        const Cell cells[COLUMN_COUNT] = {
            [QUERY] = {.text = query},
            [RANK] = {.whole = (int64_t)hit + 1},
            [FRAME] = {.whole = found->frame_number},
            [TIME] = {.real = found->time_s},
            [START] = {.real = found->start_s},
            [END] = {.real = found->end_s},
            [VIDEO] = {.text = found->video},
            [SCORE] = {.real = found->score},
        };
        Cell row[ALL_COLUMNS];
        for (size_t i = 0; i < count; i++)
            row[i] = cells[chosen[i]];
        add_part_cells(found, shown_parts, row + count);
        good = cli_output_row(&output, row);
    }
    return cli_output_end(&output) && good;
}

RvStatus cli_stored_picture(RvLibrary *library, int64_t video_id, int64_t frame_number, int max_width,
                            int max_height, cairo_surface_t **out, RvError *err)
{
    uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    RvPicture *picture = NULL;
    *out = NULL;
    RvStatus status = rv_library_picture(library, video_id, frame_number, &jpeg, &size_bytes, err);
    if (status != RV_OK)
        return status == RV_ERROR_NOT_FOUND ? RV_OK : status;
    status = rv_picture_decode(jpeg, size_bytes, NULL, &picture, err);
    rv_free(jpeg);
    if (status != RV_OK)
        return status == RV_ERROR_FORMAT ? RV_OK : status;
    RvImage image = rv_picture_image(picture);
    *out = cli_surface_create(&image, max_width, max_height);
    rv_picture_destroy(picture);
    return *out != NULL ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
}

// Add a hit to the page: its picture, frame number, time, score and the video's name.
static RvStatus add_hit(SheetPage *page, RvLibrary *library, const RvHit *hit, bool moments, RvError *err)
{
    SheetItem item = {0};
    char time[32], start[32], end[32];
    cli_text_time(hit->time_s, time, sizeof time);
    cli_text_time(hit->start_s, start, sizeof start);
    cli_text_time(hit->end_s, end, sizeof end);
    RvStatus status =
        cli_stored_picture(library, hit->video_id, hit->frame_number, HIT_WIDTH, 0, &item.picture, err);
    if (status != RV_OK)
        return status;
    char *name = cli_text_clean(cli_text_last_part(hit->video));
    int written[3] = {-1, -1, -1};
    if (name != NULL) {
        // In a terminal the cells are narrow, and the table above has the frames' numbers.
        written[0] = page->title != NULL
                         ? asprintf(&item.strong, "Frame %" PRId64 " \xc2\xb7 %s", hit->frame_number, time)
                         : asprintf(&item.strong, "%s", time);
        written[1] = asprintf(&item.strong_right, "%.4f", hit->score);
        written[2] = moments ? asprintf(&item.light, "%s \xe2\x80\x93 %s  %s", start, end, name)
                             : asprintf(&item.light, "%s", name);
    }
    free(name);
    if (written[0] >= 0 && written[1] >= 0 && written[2] >= 0)
        return cli_sheet_add(page, item, err);
    // After a failure of asprintf the pointer is undefined.
    item.strong = written[0] >= 0 ? item.strong : NULL;
    item.strong_right = written[1] >= 0 ? item.strong_right : NULL;
    item.light = written[2] >= 0 ? item.light : NULL;
    cli_sheet_item_clear(&item);
    return cli_error(err, RV_ERROR_MEMORY, "out of memory");
}

/* One row of the page: a picture for each part. The first one has the name and the score of the whole, the others tell
 * how many seconds after the part before they are. */
static RvStatus add_sequence(SheetPage *page, RvLibrary *library, const RvHit *hit, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; i < hit->part_count && status == RV_OK; i++) {
        const RvHitPart *part = &hit->parts[i];
        RvHit frame = {.video_id = hit->video_id,
                       .video = hit->video,
                       .frame_number = part->frame_number,
                       .time_s = part->time_s,
                       .score = part->score};
        status = add_hit(page, library, &frame, false, err);
        if (status != RV_OK)
            return status;
        SheetItem *item = &page->items[page->count - 1];
        char *light = NULL;
        int written = i == 0 ? asprintf(&light, "sequence %.4f  %s", hit->score, item->light)
                             : asprintf(&light, "+ %.1f s", part->time_s - hit->parts[i - 1].time_s);
        if (written < 0)
            return cli_error(err, RV_ERROR_MEMORY, "out of memory");
        free(item->light);
        item->light = light;
    }
    return status;
}

/* Add all hits, with the columns that suit them. */
static RvStatus add_hits(SheetPage *page, RvLibrary *library, const RvHits *hits, bool moments, RvError *err)
{
    bool sequences = hits->count > 0 && hits->items[0].part_count > 0;
    RvStatus status = RV_OK;
    if (sequences)
        page->columns = hits->items[0].part_count;
    for (size_t i = 0; i < hits->count && status == RV_OK; i++)
        status = sequences ? add_sequence(page, library, &hits->items[i], err)
                           : add_hit(page, library, &hits->items[i], moments, err);
    return status;
}

RvStatus cli_hits_sheet(RvLibrary *library, const RvHits *hits, bool moments, const char *title,
                        const char *path, bool force, RvError *err)
{
    SheetPage page = {.columns = HITS_PER_ROW, .cell_width = HIT_WIDTH, .title = cli_text_clean(title)};
    bool sequences = hits->count > 0 && hits->items[0].part_count > 0;
    const char *what = sequences ? "sequence" : moments ? "moment" : "frame";
    int written = hits->count == 1
                      ? asprintf(&page.subtitle, "The best %s", what)
                      : asprintf(&page.subtitle, "The %zu best %ss, best first", hits->count, what);
    if (written < 0)
        page.subtitle = NULL;
    RvStatus status = page.title != NULL && page.subtitle != NULL
                          ? RV_OK
                          : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    if (status == RV_OK)
        status = add_hits(&page, library, hits, moments, err);
    if (status == RV_OK)
        status = cli_sheet_write(&page, path, force, err);
    cli_sheet_clear(&page);
    return status;
}

RvStatus cli_hits_show(RvLibrary *library, const RvHits *hits, bool moments, CliPictures how, FILE *out,
                       RvError *err)
{
    cairo_surface_t *surface = NULL;
    int width = cli_pictures_width(out), per_row = width / SHOWN_WIDTH;
    SheetPage page = {.columns = per_row < 1 ? 1 : per_row < HITS_PER_ROW ? (size_t)per_row : HITS_PER_ROW};
    if (page.columns > hits->count)
        page.columns = hits->count;
    RvStatus status = add_hits(&page, library, hits, moments, err);
    // The cells are as wide as the terminal allows.
    page.cell_width = HIT_WIDTH;
    for (SheetLayout layout; (layout = cli_sheet_layout(&page)).width > width && page.cell_width > SHOWN_MIN;)
        page.cell_width -= 1 + (layout.width - width) / (int)page.columns;
    if (page.cell_width < SHOWN_MIN)
        page.cell_width = SHOWN_MIN;
    if (status == RV_OK)
        status = cli_sheet_draw(&page, "--show", &surface, err);
    if (status == RV_OK)
        status = cli_pictures_write(how, surface, out, err);
    cairo_surface_destroy(surface);
    cli_sheet_clear(&page);
    return status;
}
