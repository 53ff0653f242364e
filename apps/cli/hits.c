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

enum { QUERY, RANK, FRAME, TIME, START, END, VIDEO, SCORE, COLUMN_COUNT };

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

static size_t choose_columns(int format, bool moments, bool query, int chosen[COLUMN_COUNT])
{
    const int *order = format == OUTPUT_TABLE ? table_order : data_order;
    size_t order_count = format == OUTPUT_TABLE ? sizeof table_order / sizeof table_order[0]
                                                : sizeof data_order / sizeof data_order[0];
    size_t count = 0;
    for (size_t i = 0; i < order_count; i++) {
        if ((order[i] == QUERY && !query) || ((order[i] == START || order[i] == END) && !moments))
            continue;
        chosen[count++] = order[i];
    }
    return count;
}

bool cli_hits_print(const RvHits *hits, int format, bool moments, const char *query)
{
    int chosen[COLUMN_COUNT];
    Column columns[COLUMN_COUNT];
    size_t count = choose_columns(format, moments, query != NULL, chosen);
    for (size_t i = 0; i < count; i++)
        columns[i] = all_columns[chosen[i]];
    Output output;
    if (!cli_output_begin(&output, format, columns, count, stdout))
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
        Cell row[COLUMN_COUNT];
        for (size_t i = 0; i < count; i++)
            row[i] = cells[chosen[i]];
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
        written[0] = asprintf(&item.strong, "Frame %" PRId64 " \xc2\xb7 %s", hit->frame_number, time);
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

RvStatus cli_hits_sheet(RvLibrary *library, const RvHits *hits, bool moments, const char *title,
                        const char *path, RvError *err)
{
    SheetPage page = {.columns = HITS_PER_ROW, .cell_width = HIT_WIDTH, .title = cli_text_clean(title)};
    const char *what = moments ? "moment" : "frame";
    int written = hits->count == 1
                      ? asprintf(&page.subtitle, "The best %s", what)
                      : asprintf(&page.subtitle, "The %zu best %ss, best first", hits->count, what);
    if (written < 0)
        page.subtitle = NULL;
    RvStatus status = page.title != NULL && page.subtitle != NULL
                          ? RV_OK
                          : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < hits->count && status == RV_OK; i++)
        status = add_hit(&page, library, &hits->items[i], moments, err);
    if (status == RV_OK)
        status = cli_sheet_write(&page, path, err);
    cli_sheet_clear(&page);
    return status;
}
