/* SPDX-License-Identifier: MIT */
/* reelvec sheet: a whole video on one page, or what lies around a time of it. */
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
#include "cli/sheet_around.h"
#include "cli/sheet_page.h"
#include "cli/terms.h"
#include "cli/text.h"

#define DEFAULT_COLUMNS 6
#define CELL_WIDTH 240
#define MAX_PICTURES 240
#define AROUND_COLUMNS 5
#define AROUND_ROW_MAX 7 // so many pictures are in one row
#define AROUND_SIDE 7    // 15 pictures in three rows, with the marked one in the centre

typedef struct SheetSettings {
    CliCommon common;
    const char *output, *around;
    int columns, side;
    CliReal every, step;
    bool force;
} SheetSettings;

#define FIELD(field) offsetof(SheetSettings, field)

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "OUT",
     .help = "the picture to write: OUT.png or OUT.jpg; one that reelvec wrote is replaced",
     .kind = CLI_TEXT,
     .offset = FIELD(output)},
    {.name = "force",
     .help = "replace a picture that is there and was not written by reelvec",
     .kind = CLI_FLAG,
     .offset = FIELD(force)},
    {.name = "columns",
     .argument = "N",
     .help = "pictures side by side (6; with --around 5, or all if they are at most 7)",
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
    {.name = "around",
     .argument = "VIDEO@TIME",
     .help = "instead of a whole video, the pictures before and after a time, as in holiday.mp4@1:23",
     .kind = CLI_TEXT,
     .offset = FIELD(around),
     .once = true},
    {.name = "frames",
     .argument = "N",
     .help = "of --around: so many pictures before the time, and as many after it (7)",
     .kind = CLI_WHOLE,
     .offset = FIELD(side),
     .min = 1,
     .max = 60},
    {.name = "step",
     .argument = "S",
     .help = "of --around: not the stored pictures, but one every S seconds, decoded from the video itself",
     .kind = CLI_REAL,
     .offset = FIELD(step),
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

typedef struct Source {
    RvLibrary *library; // NULL: there is none
    RvVideos videos;    // of the library that the name means; not used if `file` is set
    bool file;          // the name is that of a file or an address, and the library has no frames of it
} Source;

static void close_source(Source *source)
{
    rv_videos_clear(&source->videos);
    rv_library_close(source->library);
}

/* Find the video in the library if it has frames of it, otherwise as a file or address. The name may mean several
 * videos. Close with close_source, also after an error. */
static RvStatus find_source(const Sheet *sheet, const char *name, Source *source)
{
    const CliCommon *common = &sheet->settings->common;
    RvNaming naming = RV_NAMED_NONE;
    RvStatus status =
        cli_open_library(common, RV_OPEN_READ, cli_log(common, NULL), &source->library, sheet->err);
    bool no_library = status == RV_ERROR_NOT_FOUND && common->library == NULL;
    if (status == RV_OK)
        status = rv_library_find(source->library, name, &source->videos, &naming, sheet->err);
    if (status != RV_OK && !no_library)
        return status;
    // If the name is that of an existing file, the file is used, not a video of the library that only ends in
    // the same name.
    bool other = (naming == RV_NAMED_ENDING || naming == RV_NAMED_PATTERN) && is_file_or_url(name);
    bool known =
        source->videos.count > 1 || (source->videos.count == 1 && source->videos.items[0].frame_count > 0);
    source->file = other || !known;
    if (source->file && !is_file_or_url(name))
        return cli_error(sheet->err, RV_ERROR_NOT_FOUND, "%s: neither a file nor a video in the library",
                         name);
    return RV_OK;
}

static RvStatus collect(Sheet *sheet, const char *name)
{
    Source source = {0};
    RvStatus status = find_source(sheet, name, &source);
    const RvVideo *videos = source.videos.items;
    if (status == RV_OK && source.file)
        status = sheet_from_file(sheet, name);
    else if (status == RV_OK && source.videos.count > 1)
        status = cli_error(sheet->err, RV_ERROR_ARGUMENT,
                           "%s: means %zu videos, among them %s and %s; give more of the path", name,
                           source.videos.count, videos[0].path, videos[1].path);
    else if (status == RV_OK)
        status = sheet_from_library(sheet, source.library, &videos[0]);
    close_source(&source);
    return status;
}

/* ---- around a time -------------------------------------------------------------------------------------- */

static RvStatus decode_around(Sheet *sheet, const SheetPlace *place, const char *path_or_url)
{
    return cli_sheet_around_decoded(place, path_or_url, &sheet->page, sheet->err);
}

/* The library's video, by its stored pictures, or from its file. */
static RvStatus around_in_library(Sheet *sheet, SheetPlace *place, const Source *source)
{
    const RvVideo *video = &source->videos.items[0];
    bool gone = source->videos.count == 1 && rv_video_is_missing(video), any = false;
    RvStatus status = RV_OK;
    if (place->step_s == 0 || source->videos.count > 1)
        status = cli_sheet_around_stored(place, source->library, &sheet->page, &any, sheet->err);
    if (status != RV_OK || any)
        return status;
    if (gone && place->step_s > 0)
        return cli_error(sheet->err, RV_ERROR_NOT_FOUND,
                         "%s: no such file any more; without --step its stored pictures are shown",
                         video->path);
    if (gone)
        return cli_error(sheet->err, RV_ERROR_NOT_FOUND,
                         "%s: the library has no pictures of it here, and the file is no more", video->path);
    if (place->step_s == 0)
        place->step_s = 1;
    cli_sheet_clear_items(&sheet->page);
    return decode_around(sheet, place, video->path);
}

static RvStatus title_around(Sheet *sheet, const SheetPlace *place)
{
    SheetPage *page = &sheet->page;
    char time[32];
    cli_text_time_exact(place->time_s, time, sizeof time);
    char *clean = cli_text_clean(place->video);
    int title = clean != NULL ? asprintf(&page->title, "%s at %s", cli_text_last_part(clean), time) : -1;
    int subtitle = place->step_s > 0
                       ? asprintf(&page->subtitle, "%zu frames, one every %g s", page->count, place->step_s)
                       : asprintf(&page->subtitle, "%zu stored frames", page->count);
    free(clean);
    page->title = title >= 0 ? page->title : NULL;
    page->subtitle = subtitle >= 0 ? page->subtitle : NULL;
    return page->title != NULL && page->subtitle != NULL
               ? RV_OK
               : cli_error(sheet->err, RV_ERROR_MEMORY, "out of memory");
}

static RvStatus write_around(Sheet *sheet)
{
    const SheetSettings *settings = sheet->settings;
    char *name = NULL;
    Source source = {0};
    SheetPlace place = {.side_count = settings->side > 0 ? (size_t)settings->side : AROUND_SIDE,
                        .step_s = settings->step.value,
                        .log = cli_log(&settings->common, NULL)};
    RvStatus status = cli_term_split_place("around", settings->around, &name, &place.time_s, sheet->err);
    place.video = name;
    if (status == RV_OK)
        status = find_source(sheet, name, &source);
    if (status == RV_OK && source.file) {
        place.step_s = place.step_s > 0 ? place.step_s : 1;
        status = decode_around(sheet, &place, name);
    } else if (status == RV_OK) {
        status = around_in_library(sheet, &place, &source);
    }
    if (status == RV_OK)
        status = title_around(sheet, &place);
    if (status == RV_OK)
        status = cli_sheet_write(&sheet->page, settings->output, settings->force, sheet->err);
    close_source(&source);
    free(name);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

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
    return cli_sheet_write(page, sheet->settings->output, sheet->settings->force, sheet->err);
}

/* Returns NULL, or what is wrong. */
static const char *check_usage(const SheetSettings *settings, const char *name)
{
    if (settings->output == NULL)
        return "sheet: needs -o OUT.png or OUT.jpg";
    if (name == NULL && settings->around == NULL)
        return "sheet: needs a VIDEO, or --around VIDEO@TIME";
    if (name != NULL && settings->around != NULL)
        return "sheet: a VIDEO and --around exclude each other; --around names its video itself";
    if (settings->around != NULL && settings->every.given)
        return "sheet: --every is for a whole video; --around takes --step";
    if (settings->around == NULL && (settings->step.given || settings->side > 0))
        return "sheet: --step and --frames belong to --around; a whole video takes --every";
    return NULL;
}

static int around_columns(const SheetSettings *settings)
{
    int count = 2 * (settings->side > 0 ? settings->side : AROUND_SIDE) + 1;
    return count <= AROUND_ROW_MAX ? count : AROUND_COLUMNS;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    SheetSettings *settings = user;
    RvError err = {0};
    Sheet sheet = {.settings = settings, .keep_every = 1, .err = &err};
    const char *name = cli_values_argument(values, 0), *fault = check_usage(settings, name);
    if (fault != NULL)
        return cli_fail_usage("%s", fault);
    if (settings->columns == 0)
        settings->columns = settings->around != NULL ? around_columns(settings) : DEFAULT_COLUMNS;
    sheet.page.columns = (size_t)settings->columns;
    sheet.page.cell_width = CELL_WIDTH;
    size_t room = cli_sheet_max_rows(CELL_WIDTH) * (size_t)settings->columns;
    sheet.max_pictures = room < MAX_PICTURES ? room : MAX_PICTURES;
    RvStatus status = cli_surface_check_path(settings->output, true, &err);
    if (status == RV_OK)
        status = cli_surface_check_free(settings->output, settings->force, &err);
    if (status == RV_OK && name != NULL) {
        status = collect(&sheet, name);
        if (status == RV_OK)
            status = write_sheet(&sheet, name);
    } else if (status == RV_OK) {
        status = write_around(&sheet);
    }
    cli_sheet_clear(&sheet.page);
    return status == RV_OK ? CLI_DONE : cli_fail(&err);
}

const CliCommand cli_command_sheet = {
    .name = "sheet",
    .arguments = "[VIDEO]",
    .summary = "a contact sheet of a whole video, or of the time around a hit",
    .description =
        "Writes the frames of a video side by side with their times: from the library when the video is in it, "
        "else from the file or URL itself. A long video is thinned out evenly to what fits on a page.\n"
        "With --around, the pictures before and after a time: the stored ones, or with --step as close together as "
        "one likes, from the video itself. The one at the time is marked; the others tell how far they are from it.",
    .examples = "  reelvec sheet holiday.mp4 -o holiday.png\n"
                "  reelvec sheet talk.webm -o talk.png --every 60 --columns 4\n"
                "  reelvec sheet --around holiday.mp4@1:23 -o around.png\n"
                "  reelvec sheet --around holiday.mp4@1:23.4 --step 0.2 -o around.png\n",
    CLI_OPTIONS(SheetSettings, options),
    .min_arguments = 0,
    .max_arguments = 1,
    .run = run,
};
