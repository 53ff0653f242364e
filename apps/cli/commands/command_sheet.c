/* SPDX-License-Identifier: MIT */
/* reelvec sheet: a whole video on one page. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/hits.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/picture_surface.h"
#include "cli/sheet_page.h"
#include "cli/text.h"

#define DEFAULT_COLUMNS 6
#define CELL_WIDTH 240
#define MAX_PICTURES 240

typedef struct SheetSettings {
    CliCommon common;
    const char *output;
    int columns;
    CliReal every;
} SheetSettings;

#define FIELD(field) offsetof(SheetSettings, field)

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "OUT",
     .help = "the picture to write: OUT.png or OUT.jpg",
     .kind = CLI_TEXT,
     .offset = FIELD(output)},
    {.name = "columns",
     .argument = "N",
     .help = "pictures side by side (6)",
     .kind = CLI_WHOLE,
     .offset = FIELD(columns),
     .min = 1,
     .max = 40},
    {.name = "every",
     .letter = 'e',
     .argument = "S",
     .help = "a picture every S seconds (as indexed, else 1)",
     .kind = CLI_REAL,
     .offset = FIELD(every),
     .min = 0.001,
     .max = 86400},
    CLI_OPTION_LIBRARY(SheetSettings),
    CLI_OPTION_QUIET(SheetSettings),
};

typedef struct Sheet {
    const SheetSettings *settings;
    SheetPage page;
    size_t max_pictures;
    size_t seen_count; // frames seen so far
    size_t keep_every; // one in this many of them is on the page
    double last_time_s;
    RvStatus status;
    RvError *err;
} Sheet;

static RvStatus add_frame(Sheet *sheet, cairo_surface_t *picture, int64_t frame_number, double time_s)
{
    SheetItem item = {.picture = picture};
    char time[32];
    cli_text_time(time_s, time, sizeof time);
    item.strong = strdup(time);
    if (item.strong == NULL || asprintf(&item.strong_right, "frame %" PRId64, frame_number) < 0) {
        item.strong_right = NULL;
        cli_sheet_item_clear(&item);
        return cli_error(sheet->err, RV_ERROR_MEMORY, "out of memory");
    }
    sheet->last_time_s = time_s;
    return cli_sheet_add(&sheet->page, item, sheet->err);
}

/* Drop every second picture, so that there is room again and the rest is evenly distributed. */
static void thin_out(Sheet *sheet)
{
    SheetPage *page = &sheet->page;
    size_t kept = 0;
    for (size_t i = 0; i < page->count; i++) {
        if (i % 2 == 0)
            page->items[kept++] = page->items[i];
        else
            cli_sheet_item_clear(&page->items[i]);
    }
    page->count = kept;
    sheet->keep_every *= 2;
}

static bool take_sampled(void *user, const RvVideoFrame *frame)
{
    Sheet *sheet = user;
    if (sheet->seen_count++ % sheet->keep_every != 0)
        return true;
    if (sheet->page.count == sheet->max_pictures) {
        thin_out(sheet);
        if ((sheet->seen_count - 1) % sheet->keep_every != 0)
            return true;
    }
    cairo_surface_t *picture = cli_surface_create(&frame->image, CELL_WIDTH, 0);
    if (picture == NULL)
        sheet->status = cli_error(sheet->err, RV_ERROR_MEMORY, "out of memory");
    else
        sheet->status = add_frame(sheet, picture, frame->frame_number, frame->time_s);
    return sheet->status == RV_OK;
}

static RvStatus sheet_from_file(Sheet *sheet, const char *video)
{
    const SheetSettings *settings = sheet->settings;
    RvSamplingOptions sampling = {.interval_s = settings->every.value};
    RvStatus status = rv_video_sample(video, &sampling, 2 * CELL_WIDTH, take_sampled, sheet,
                                      cli_log(&settings->common, NULL), sheet->err);
    return sheet->status != RV_OK ? sheet->status : status;
}

/* Choose the stored frames for the page: those that --every asks for, thinned evenly to what fits. */
static size_t choose_stored(const Sheet *sheet, RvFrames *frames)
{
    const CliReal *every = &sheet->settings->every;
    size_t count = 0;
    double next_s = 0;
    for (size_t i = 0; i < frames->count; i++) {
        // A tolerance of a millisecond allows for times that were rounded when they were stored.
        if (every->given && frames->items[i].time_s < next_s - 0.001)
            continue;
        if (every->given)
            next_s = (floor((frames->items[i].time_s + 0.001) / every->value) + 1) * every->value;
        frames->items[count++] = frames->items[i];
    }
    return count;
}

static RvStatus sheet_from_library(Sheet *sheet, RvLibrary *library, const RvVideo *video)
{
    RvFrames frames = {0};
    RvStatus status = rv_library_frames(library, video->video_id, &frames, sheet->err);
    if (status != RV_OK)
        return status;
    size_t count = choose_stored(sheet, &frames);
    size_t shown = count < sheet->max_pictures ? count : sheet->max_pictures;
    sheet->seen_count = count;
    for (size_t i = 0; i < shown && status == RV_OK; i++) {
        const RvFrameInfo *frame = &frames.items[i * count / shown];
        cairo_surface_t *picture = NULL;
        status = cli_stored_picture(library, video->video_id, frame->frame_number, CELL_WIDTH, 0, &picture,
                                    sheet->err);
        if (status == RV_OK)
            status = add_frame(sheet, picture, frame->frame_number, frame->time_s);
    }
    rv_frames_clear(&frames);
    return status;
}

static bool is_file_or_url(const char *name)
{
    return strncasecmp(name, "http://", 7) == 0 || strncasecmp(name, "https://", 8) == 0 ||
           access(name, F_OK) == 0;
}

/* Collect the frames from the library if it has frames of the video, otherwise from the video itself. */
static RvStatus collect(Sheet *sheet, const char *name)
{
    const CliCommon *common = &sheet->settings->common;
    RvLibrary *library = NULL;
    RvVideos videos = {0};
    RvNaming naming = RV_NAMED_NONE;
    RvStatus status = cli_open_library(common, RV_OPEN_READ, cli_log(common, NULL), &library, sheet->err);
    bool no_library = status == RV_ERROR_NOT_FOUND && common->library == NULL;
    if (status == RV_OK)
        status = rv_library_find(library, name, &videos, &naming, sheet->err);
    // If the name is that of an existing file, the file is used, not a video of the library that only ends in
    // the same name.
    bool file = (naming == RV_NAMED_ENDING || naming == RV_NAMED_PATTERN) && is_file_or_url(name);
    if (status == RV_OK && videos.count > 1 && !file)
        status = cli_error(sheet->err, RV_ERROR_ARGUMENT,
                           "%s: means %zu videos, among them %s and %s; give more of the path", name,
                           videos.count, videos.items[0].path, videos.items[1].path);
    else if (status == RV_OK && videos.count == 1 && !file && videos.items[0].frame_count > 0)
        status = sheet_from_library(sheet, library, &videos.items[0]);
    else if ((status == RV_OK || status == RV_ERROR_NOT_FOUND) && (library != NULL || no_library)) {
        if (is_file_or_url(name))
            status = sheet_from_file(sheet, name);
        else
            status = cli_error(sheet->err, RV_ERROR_NOT_FOUND,
                               "%s: neither a file nor a video in the library", name);
    }
    rv_videos_clear(&videos);
    rv_library_close(library);
    return status;
}

static RvStatus write_sheet(Sheet *sheet, const char *name)
{
    SheetPage *page = &sheet->page;
    char time[32];
    cli_text_time(sheet->last_time_s, time, sizeof time);
    char *clean = cli_text_clean(name);
    page->title = clean != NULL ? strdup(cli_text_last_part(clean)) : NULL;
    free(clean);
    bool all = page->count == sheet->seen_count;
    int written = all ? asprintf(&page->subtitle, "%zu frames to %s", page->count, time)
                      : asprintf(&page->subtitle, "%zu of %zu frames, evenly spread, to %s", page->count,
                                 sheet->seen_count, time);
    if (page->title == NULL || written < 0) {
        page->subtitle = written < 0 ? NULL : page->subtitle;
        return cli_error(sheet->err, RV_ERROR_MEMORY, "out of memory");
    }
    if (!all && !sheet->settings->common.quiet)
        cli_message("%s: showing %zu of %zu frames, evenly spread", name, page->count, sheet->seen_count);
    return cli_sheet_write(page, sheet->settings->output, sheet->err);
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    SheetSettings *settings = user;
    RvError err = {0};
    Sheet sheet = {.settings = settings, .keep_every = 1, .err = &err};
    int status = CLI_DONE;
    if (settings->columns == 0)
        settings->columns = DEFAULT_COLUMNS;
    sheet.page.columns = (size_t)settings->columns;
    sheet.page.cell_width = CELL_WIDTH;
    size_t room = cli_sheet_max_rows(CELL_WIDTH) * (size_t)settings->columns;
    sheet.max_pictures = room < MAX_PICTURES ? room : MAX_PICTURES;
    const char *name = cli_values_argument(values, 0);
    if (settings->output == NULL)
        status = cli_fail_usage("sheet: needs -o OUT.png or OUT.jpg");
    else if (cli_surface_check_path(settings->output, true, &err) != RV_OK ||
             collect(&sheet, name) != RV_OK || write_sheet(&sheet, name) != RV_OK)
        status = cli_fail(&err);
    cli_sheet_clear(&sheet.page);
    return status;
}

const CliCommand cli_command_sheet = {
    .name = "sheet",
    .arguments = "VIDEO",
    .summary = "a contact sheet of a whole video",
    .description =
        "Writes the frames of a video side by side with their times: from the library when the video is in "
        "it, "
        "else from the file or URL itself. A long video is thinned out evenly to what fits on a page.",
    .examples = "  reelvec sheet holiday.mp4 -o holiday.png\n"
                "  reelvec sheet talk.webm -o talk.png --every 60 --columns 4\n",
    CLI_OPTIONS(SheetSettings, options),
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
