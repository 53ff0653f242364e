/* SPDX-License-Identifier: MIT */
/* reelvec search: from queries to ranked frames. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/output.h"
#include "cli/picture_surface.h"
#include "cli/search_lines.h"
#include "cli/search_run.h"
#include "cli/search_words.h"
#include "cli/signals.h"
#include "cli/terms.h"

#define FIELD(field) offsetof(SearchSettings, field)

static const CliOption options[] = {
    {.name = "text",
     .letter = 't',
     .argument = "[W:]TEXT",
     .help = "look for what the text says",
     .kind = CLI_LIST},
    {.name = "image",
     .letter = 'i',
     .argument = "[W:]FILE|URL",
     .help = "look for what the picture shows (-: standard input)",
     .kind = CLI_LIST},
    {.name = "like",
     .argument = "[W:]VIDEO@TIME",
     .help = "look for frames like this stored one",
     .kind = CLI_LIST},
    {.name = "not", .argument = "[W:]TEXT", .help = "away from what the text says", .kind = CLI_LIST},
    {.name = "then",
     .argument = "[W:]TEXT",
     .help =
         "look for a sequence: what stands before it, and then in the same video what the text says; terms behind it "
         "belong to it",
     .kind = CLI_LIST},
    {.name = "within",
     .argument = "SECONDS",
     .help = "of a sequence: the most seconds from one part to the next (60)",
     .kind = CLI_REAL,
     .offset = FIELD(within),
     .min = 1e-9,
     .max = 1e9},
    {.name = "top",
     .letter = 'n',
     .argument = "N",
     .help = "how many (5)",
     .kind = CLI_WHOLE,
     .offset = FIELD(top),
     .min = 1,
     .max = 1000000},
    CLI_OPTION_FORMAT(SearchSettings),
    {.name = "show",
     .argument = "[=HOW]",
     .help = "also show the pictures of the hits in the terminal, below the table: as kitty, iterm or sixel "
             "(auto: what the terminal can)",
     .kind = CLI_CHOICE,
     .offset = FIELD(show),
     .choices = CLI_PICTURE_WORDS},
    {.name = "sheet",
     .argument = "OUT",
     .help = "also write a contact sheet of the hits: OUT.png or OUT.jpg; one that reelvec wrote is replaced",
     .kind = CLI_TEXT,
     .offset = FIELD(sheet)},
    {.name = "play",
     .help = "also open the best hit at its time in a player (" CLI_PLAYERS "), and wait for its end",
     .kind = CLI_FLAG,
     .offset = FIELD(play)},
    {.name = "player",
     .argument = "PROGRAM",
     .help = "of --play: the player (REELVEC_PLAYER, else the first that is on PATH)",
     .kind = CLI_TEXT,
     .offset = FIELD(player)},
    {.name = "export",
     .argument = "FILE",
     .help =
         "also write the hits as a timeline, markers, chapters or a playlist; the ending names the format "
         "(see `reelvec timeline --help`; -: standard output, in place of the rows)",
     .kind = CLI_TEXT,
     .offset = FIELD(timeline.path)},
    {.name = "export-format",
     .argument = "NAME",
     .help = "of --export: one of those formats, whatever the ending",
     .kind = CLI_TEXT,
     .offset = FIELD(timeline.format)},
    CLI_OPTION_TIMELINE_TITLE(SearchSettings),
    CLI_OPTION_TIMELINE_RATE(SearchSettings),
    CLI_OPTION_TIMELINE_HANDLES(SearchSettings),
    CLI_OPTION_RECORD_START(SearchSettings),
    CLI_OPTION_TIMELINE_FORCE(SearchSettings),
    {.name = "clips",
     .argument = "FOLDER",
     .help =
         "also cut a clip of each hit: 2 s before it to 3 s behind it; with --moments and --then, from start to end",
     .kind = CLI_TEXT,
     .offset = FIELD(clip_folder)},
    CLI_OPTION_EXACT_CUT(SearchSettings),
    CLI_OPTION_CLIP_NAME(SearchSettings),
    {.name = "min-score",
     .argument = "X",
     .help = "only hits with at least this score",
     .kind = CLI_REAL,
     .offset = FIELD(min_score),
     .min = -1e9,
     .max = 1e9},
    {.name = "video",
     .argument = "VIDEO",
     .help = "only in this video, or those of a pattern like 'talks/*'",
     .kind = CLI_TEXT,
     .offset = FIELD(video),
     .once = true},
    {.name = "after",
     .argument = "T",
     .help = "only from this time of the video on (seconds or h:mm:ss)",
     .kind = CLI_TIME,
     .offset = FIELD(after)},
    {.name = "before",
     .argument = "T",
     .help = "only up to this time of the video",
     .kind = CLI_TIME,
     .offset = FIELD(before)},
    {.name = "moments",
     .help =
         "spans of videos with start and end instead of single frames: around the best ones, as far as the "
         "video shows the same",
     .kind = CLI_FLAG,
     .offset = FIELD(moments)},
    {.name = "pad",
     .argument = "S",
     .help = "with --moments: make each so many seconds longer on both sides",
     .kind = CLI_REAL,
     .offset = FIELD(pad),
     .min = 0,
     .max = 1e6},
    {.name = "fusion",
     .argument = "HOW",
     .help = "several terms by mean (of the vectors), zscore or rrf (of each term's own ranking)",
     .kind = CLI_CHOICE,
     .offset = FIELD(fusion),
     .choices = "mean|zscore|rrf"},
    {.name = "exact",
     .help = "compare with every frame, also where there is an approximate index",
     .kind = CLI_FLAG,
     .offset = FIELD(exact)},
    {.name = "ann",
     .help = "by the approximate index (see `reelvec ann build`); an error where there is none",
     .kind = CLI_FLAG,
     .offset = FIELD(ann)},
    {.name = "explain",
     .help = "say on standard error how the library was searched: by which way and why, how many frames "
             "were compared",
     .kind = CLI_FLAG,
     .offset = FIELD(explain)},
    {.name = "partial",
     .help =
         "if machines of a cluster do not answer, search the videos that the others have; a warning says how "
         "many are missing, and the exit status is 3",
     .kind = CLI_FLAG,
     .offset = FIELD(partial)},
    {.name = "timeout",
     .argument = "SECONDS",
     .help = "give a query up after so long",
     .kind = CLI_REAL,
     .offset = FIELD(timeout),
     .min = 0.001,
     .max = 1e6},
    CLI_OPTION_NO_EXIF_ROTATION(SearchSettings),
    CLI_OPTION_LIBRARY(SearchSettings),
    CLI_OPTION_MODEL(SearchSettings),
    CLI_OPTION_THREADS(SearchSettings),
    CLI_OPTION_PRECISION(SearchSettings),
    CLI_OPTION_SEARCH_DEVICE(SearchSettings),
    CLI_OPTION_QUIET(SearchSettings),
};

static bool stop_search(void *user)
{
    (void)user;
    return cli_interrupted();
}

/* Begin the next part of a sequence. *is_term: its text is its first term. */
static int begin_part(Search *search, const char *text, bool *is_term)
{
    if (search->term_count == 0 ||
        (size_t)search->terms[search->term_count - 1].part + 1 < search->part_count)
        return cli_fail_usage("search: --then '%s': nothing stands before it; say first what it follows",
                              text);
    for (size_t i = 0; text[0] == '-' && i < sizeof options / sizeof options[0]; i++) {
        if (text[1] == '-' && strcmp(text + 2, options[i].name) == 0)
            return cli_fail_usage(
                "search: --then needs a text; a part without one begins with --then '' %s ...", text);
    }
    search->part_count++;
    *is_term = text[0] != '\0';
    return CLI_DONE;
}

static int read_terms(Search *search, const CliValues *values)
{
    search->part_count = 1;
    search->terms = calloc(values->count + 1, sizeof *search->terms);
    search->storages = calloc(values->count + 1, sizeof *search->storages);
    if (search->terms == NULL || search->storages == NULL)
        return cli_fail_memory();
    for (size_t i = 0; i < values->count; i++) {
        const CliValue *value = &values->items[i];
        RvError err = {0};
        const char *option = value->option != NULL ? value->option->name : NULL;
        RvTerm *term = &search->terms[search->term_count];
        bool is_term = true;
        char *plain = NULL;
        int status = cli_search_is(value, "then")   ? begin_part(search, value->value, &is_term)
                     : cli_search_is(value, "like") ? cli_search_settle_weight(search, value->value, &plain)
                                                    : CLI_DONE;
        if (status != CLI_DONE)
            return status;
        if (!is_term)
            continue;
        RvStatus parsed = cli_term_parse(option, plain != NULL ? plain : value->value, term,
                                         &search->storages[search->term_count], &err);
        free(plain); // the term of a frame has a copy
        if (parsed != RV_OK)
            return cli_fail(&err);
        cli_search_hint(search, option, value->value);
        term->no_exif_rotation = search->settings->no_exif_rotation;
        term->part = (int64_t)search->part_count - 1;
        search->term_count++;
    }
    cli_search_hint_quotes(search, values);
    size_t last = search->term_count > 0 ? (size_t)search->terms[search->term_count - 1].part + 1 : 1;
    if (last < search->part_count)
        return cli_fail_usage("search: nothing stands behind the last --then ''; say what follows");
    bool picture = search->term_count == 0; // queries that are read later may be some
    for (size_t i = 0; i < search->term_count; i++)
        picture = picture || search->terms[i].kind == RV_TERM_IMAGE_FILE;
    if (search->settings->no_exif_rotation && !picture)
        return cli_fail_usage("search: --no-exif-rotation is for pictures; ask with --image");
    if (search->settings->within.given && search->part_count == 1)
        return cli_fail_usage("search: --within is for sequences; give what follows with --then");
    return CLI_DONE;
}

/* Stored frames are vectors already, so they need no model. */
static bool needs_model(const Search *search)
{
    bool needs = search->term_count == 0; // queries are read later
    for (size_t i = 0; i < search->term_count; i++)
        needs = needs || search->terms[i].kind != RV_TERM_FRAME;
    return needs;
}

static int search_all(Search *search)
{
    const SearchSettings *settings = search->settings;
    bool prompt = search->term_count == 0 && isatty(STDIN_FILENO);
    if (search->term_count == 0 && !prompt && settings->sheet != NULL)
        return cli_fail_usage("search: --sheet needs the query on the command line");
    if (search->term_count == 0 && !prompt && settings->play)
        return cli_fail_usage("search: --play needs the query on the command line");
    if (search->term_count == 0 && settings->timeline.path != NULL)
        return cli_fail_usage("search: --export needs the query on the command line");
    if (search->term_count == 0 && settings->clip_folder != NULL)
        return cli_fail_usage("search: --clips needs the query on the command line");
    RvLog log = cli_log(&settings->common, NULL);
    RvError err = {0};
    if ((search->library == NULL &&
         cli_open_library(&settings->common, RV_OPEN_READ, log, &search->library, &err) != RV_OK) ||
        (needs_model(search) &&
         cli_open_library_encoder(&settings->common, search->library, log, &search->encoder, &err) != RV_OK))
        return cli_fail(&err);
    // A prompt ends with the first signal, as it always did.
    if (search->term_count > 0)
        cli_catch_interrupts();
    if (search->term_count > 0)
        return cli_search_once(search, search->terms, search->term_count, NULL);
    return prompt ? cli_search_prompt(search) : cli_search_lines(search);
}

/* Options of --clips are nothing without it, which names a folder. */
static RvStatus check_clips(const SearchSettings *settings, RvError *err)
{
    const char *without = settings->clips.exact          ? "--exact-cut"
                          : settings->clips.name != NULL ? "--clip-name"
                                                         : NULL;
    if (settings->clip_folder == NULL && without != NULL)
        return cli_error(err, RV_ERROR_ARGUMENT, "search: %s needs --clips FOLDER", without);
    if (settings->clip_folder != NULL && strcmp(settings->clip_folder, "-") == 0)
        return cli_error(err, RV_ERROR_ARGUMENT,
                         "search: --clips -: clips are files of their own; name a folder for them");
    return RV_OK;
}

/* Options of --export alone are nothing without it, those that clips or a sheet have too not without one of them. */
static RvStatus check_export(const SearchSettings *settings, RvTimelineOptions *asked, RvError *err)
{
    const TimelineFile *file = &settings->timeline;
    bool clips = settings->clip_folder != NULL;
    const char *without = file->format != NULL         ? "--export-format"
                          : file->title != NULL        ? "--title"
                          : file->rate != NULL         ? "--rate"
                          : file->record_start != NULL ? "--record-start"
                                                       : NULL;
    if (file->path != NULL)
        return cli_timeline_check(file, asked, err);
    if (without != NULL)
        return cli_error(err, RV_ERROR_ARGUMENT, "search: %s needs --export FILE", without);
    if (file->handles.given && !clips)
        return cli_error(err, RV_ERROR_ARGUMENT, "search: --handles needs --export FILE or --clips FOLDER");
    if (file->force && !clips && settings->sheet == NULL)
        return cli_error(err, RV_ERROR_ARGUMENT,
                         "search: --force needs --export FILE, --clips FOLDER or --sheet OUT");
    return RV_OK;
}

/* What --show shows. Where nobody looks at a table on a terminal, --show alone does nothing. */
static int choose_pictures(Search *search)
{
    const SearchSettings *settings = search->settings;
    bool table = settings->format == OUTPUT_TABLE && !cli_search_keeps_stdout(settings);
    search->pictures = (CliPictures)settings->show;
    if (settings->show != CLI_PICTURES_AUTO)
        return table || settings->show == CLI_PICTURES_NONE
                   ? CLI_DONE
                   : cli_fail_usage(
                         "search: --show goes with the table, not with other formats or --export -");
    search->pictures = table ? cli_pictures_find(stdout) : CLI_PICTURES_NONE;
    if (search->pictures == CLI_PICTURES_NONE && table && isatty(STDOUT_FILENO) && !settings->common.quiet)
        cli_message(
            "this terminal does not say that it shows pictures; --show=sixel, kitty or iterm writes them all "
            "the same, --sheet FILE into a file");
    return CLI_DONE;
}

// Parse the query, open library and model as far as they are needed, and run one query or one per line.
static int run(const CliCommand *command, void *user, const CliValues *values)
{
    SearchSettings *settings = user;
    Search search = {.settings = settings,
                     .options = {.top = (size_t)settings->top,
                                 .fusion = (RvFusion)settings->fusion,
                                 .video_glob = settings->video,
                                 .min_score = settings->min_score.given ? &settings->min_score.value : NULL,
                                 .after_s = settings->after.given ? &settings->after.value : NULL,
                                 .before_s = settings->before.given ? &settings->before.value : NULL,
                                 .moments = settings->moments,
                                 .pad_s = settings->pad.given ? settings->pad.value : 0,
                                 .partial = settings->partial,
                                 .timeout_s = settings->timeout.given ? settings->timeout.value : 0,
                                 .within_s = settings->within.given ? settings->within.value : 0,
                                 .cancelled = stop_search,
                                 .scan = settings->exact ? RV_SCAN_EXACT
                                         : settings->ann ? RV_SCAN_APPROXIMATE
                                                         : RV_SCAN_AUTO}};
    RvError err = {0};
    if (settings->sheet != NULL && cli_surface_check_path(settings->sheet, true, &err) != RV_OK)
        return cli_fail(&err);
    if (settings->player != NULL && !settings->play)
        return cli_fail_usage("search: --player belongs to --play");
    if (settings->play && cli_player_find(settings->player, &search.player, &err) != RV_OK)
        return cli_fail(&err);
    if (settings->exact && settings->ann)
        return cli_fail_usage("search: --exact and --ann exclude each other");
    if (settings->pad.given && !settings->moments)
        return cli_fail_usage("search: --pad needs --moments");
    settings->timeline.format_option = "--export-format";
    settings->clips.handles = settings->timeline.handles;
    settings->clips.force = settings->timeline.force;
    if (check_clips(settings, &err) != RV_OK || check_export(settings, &search.timeline, &err) != RV_OK)
        return cli_fail(&err);
    int status = read_terms(&search, values);
    if (status == CLI_DONE)
        status = cli_search_check_sheet(&search, search.terms, search.term_count);
    if (status == CLI_DONE)
        status = choose_pictures(&search);
    if (status == CLI_DONE)
        status = search_all(&search);
    rv_library_close(search.library);
    rv_encoder_close(search.encoder);
    for (size_t i = 0; search.storages != NULL && i < search.term_count; i++)
        free(search.storages[i]);
    free(search.storages);
    free(search.terms);
    return status;
}

const CliCommand cli_command_search = {
    .name = "search",
    .arguments = "[TEXT...]",
    .summary = "find frames by text, by image, or by both",
    .description =
        "Each TEXT, and each --text, --image, --like and --not, is one term of the query. The "
        "score of a frame is the "
        "dot product with the weighted mean of the terms: (text + image) / 2 for one of each.\n"
        "Behind --text, --image, --like and --not a term may begin with its weight, a plain "
        "decimal number and a colon: --image 0.3:photo.png, --text 2:night. In a text a digit "
        "behind the colon makes it no weight (4:3 screen; write --text \"2: 300 spartans\" with a "
        "space), and TEXT alone is always taken as it stands. A file, or of --like a video of the library, that is "
        "called so (4:3.png) goes before a weight.\n"
        "VIDEO is a path or URL as `reelvec list` shows it, a file, the last parts of a path "
        "(clip.mp4, talks/clip.mp4), or a pattern ('talks/*'; * also crosses folders): the first of "
        "these that finds any.\n"
        "With --then the hits are sequences: frames of one video in the order of their parts, at most --within seconds "
        "from one to the next, up to eight parts. Terms before the first --then are the first part, those behind a "
        "--then belong to it; --then '' begins a part that has other terms only. A sequence scores the mean of its "
        "parts. The best comes first; sequences that overlap a better one in time are left out. Filters, --min-score "
        "too, hold for the frame of every part. The answer is always exact.\n"
        "Scores are cosines, -1 to 1, and compare the frames of one query; from none on is a frame "
        "right. Those of a text and a frame are low with CLIP even for the best: by OpenAI's "
        "ViT-B/32 the makers of LAION-400M took a picture and its caption for a match from 0.3 on. "
        "Those of two pictures are far higher. What counts is how far the first hits stand out "
        "from the rest.\n"
        "Without a term it asks for queries at a terminal until an empty line; elsewhere it reads "
        "one per line from "
        "standard input. A line may be a text, or image:PATH.",
    .examples = "  reelvec search \"a green bottle\"\n"
                "  reelvec search \"a red car\" --image 0.5:photo.jpg --not night --sheet cars.png\n"
                "  reelvec search \"a man opens a door\" --then \"a dog runs\" --within 30\n"
                "  reelvec search --like holiday.mp4@1:23 --moments --video 'holiday*'\n"
                "  reelvec search \"the goal\" --moments --play\n"
                "  reelvec search \"the goal\" --show\n"
                "  reelvec search --format json < queries.txt\n",
    CLI_OPTIONS(SearchSettings, options),
    .min_arguments = 0,
    .max_arguments = SIZE_MAX,
    .run = run,
};
