/* SPDX-License-Identifier: MIT */
/* One query of `search`, and what is made of its hits: rows, a timeline, a sheet, clips, a player at the best one. */
#include "search_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "hits.h"
#include "message.h"
#include "naming/same_file.h"
#include "out_file.h"
#include "picture_surface.h"
#include "signals.h"
#include "terms.h"

/* One fact per line. */
static void explain(const RvSearchReport *report)
{
    cli_message("way: %s, because %s", report->way[0] != '\0' ? report->way : "none", report->reason);
    if (report->frames_with_codes > 0)
        cli_message("codes: of %lld frames", (long long)report->frames_with_codes);
    cli_message("compared: the embeddings of %lld frames", (long long)report->frames_scored);
    if (report->index_reason[0] != '\0')
        cli_message("approximate index: %s, because %s", report->by_index ? "yes" : "no",
                    report->index_reason);
    if (report->list_count > 0)
        cli_message("lists: %lld of %lld", (long long)report->lists_probed, (long long)report->list_count);
    if (report->device_reason[0] != '\0')
        cli_message("device: %s, because %s", report->on_device ? "yes" : "no", report->device_reason);
}

/* What the query is called in a timeline. Free with free(). */
static char *name_query(const RvTerm *terms, size_t term_count)
{
    bool plain = term_count == 1 && terms[0].kind == RV_TERM_TEXT && terms[0].weight == 1;
    return plain ? strdup(terms[0].value) : cli_terms_describe(terms, term_count);
}

/* A query is the title of its timeline unless there is another one. */
static int export_hits(const Search *search, const RvHits *hits, const RvTerm *terms, size_t term_count)
{
    const SearchSettings *settings = search->settings;
    RvTimelineOptions asked = search->timeline;
    RvMoments moments = {0};
    RvError err = {0};
    char *query = name_query(terms, term_count);
    if (query == NULL)
        return cli_fail_memory();
    if (asked.title == NULL)
        asked.title = query;
    asked.log = cli_log(&settings->common, NULL);
    int status = rv_library_moments(search->library, hits, query, &moments, &err) == RV_OK
                     ? cli_timeline_write(&settings->timeline, &asked, moments.items, moments.count,
                                          settings->common.quiet ? NULL : stderr)
                     : cli_fail(&err);
    rv_moments_clear(&moments);
    free(query);
    return status;
}

static int write_sheet(const Search *search, const RvHits *hits, const RvTerm *terms, size_t term_count)
{
    const SearchSettings *settings = search->settings;
    RvError err = {0};
    char *title = cli_terms_describe(terms, term_count);
    if (title == NULL)
        return cli_fail_memory();
    RvStatus status = cli_hits_sheet(search->library, hits, settings->moments, title, settings->sheet,
                                     settings->timeline.force, &err);
    free(title);
    return status == RV_OK ? CLI_DONE : cli_fail(&err);
}

static int show_hits(const Search *search, const RvHits *hits)
{
    RvError err = {0};
    if (cli_hits_show(search->library, hits, search->settings->moments, search->pictures, stdout, &err) !=
        RV_OK)
        return cli_fail(&err);
    return cli_flush() ? CLI_DONE : CLI_FAILED;
}

/* The rows go out before the clips, which may take long. */
static int cut_clips(const Search *search, const RvHits *hits)
{
    const SearchSettings *settings = search->settings;
    return cli_flush() ? cli_clip_hits(&settings->common, &settings->clips, search->library, hits,
                                       settings->clip_folder)
                       : CLI_FAILED;
}

/* Everything but the rows. Returns the first exit status that is not CLI_DONE; what fails ends it. */
static int make_more(const Search *search, const RvHits *hits, const RvTerm *terms, size_t term_count)
{
    const SearchSettings *settings = search->settings;
    int status = search->pictures != CLI_PICTURES_NONE ? show_hits(search, hits) : CLI_DONE;
    if (settings->timeline.path != NULL && status == CLI_DONE)
        status = export_hits(search, hits, terms, term_count);
    if (settings->sheet != NULL && (status == CLI_DONE || status == CLI_PARTLY)) {
        int written = write_sheet(search, hits, terms, term_count);
        status = written == CLI_DONE ? status : written;
    }
    if (settings->clip_folder != NULL && (status == CLI_DONE || status == CLI_PARTLY)) {
        int cut = cut_clips(search, hits);
        status = cut == CLI_DONE ? status : cut;
    }
    if (settings->play && (status == CLI_DONE || status == CLI_PARTLY)) {
        int played = cli_player_play(&search->player, hits->items[0].video, hits->items[0].start_s);
        status = played == CLI_DONE ? status : played;
    }
    return status;
}

/* Returns whether the sheet would be written over a picture that is asked with. */
static bool sheet_replaces_query(const char *sheet, const RvTerm *terms, size_t term_count)
{
    struct stat there, picture;
    if (stat(sheet, &there) != 0)
        return false;
    for (size_t i = 0; i < term_count; i++) {
        if (terms[i].kind == RV_TERM_IMAGE_FILE && stat(terms[i].value, &picture) == 0 &&
            rv_same_file(&picture, &there))
            return true;
    }
    return false;
}

bool cli_search_keeps_stdout(const SearchSettings *settings)
{
    return (settings->timeline.path != NULL && cli_out_is_stdout(settings->timeline.path)) ||
           (settings->sheet != NULL && cli_out_is_stdout(settings->sheet));
}

int cli_search_check_sheet(const Search *search, const RvTerm *terms, size_t term_count)
{
    const SearchSettings *settings = search->settings;
    RvError err = {0};
    if (settings->sheet == NULL)
        return CLI_DONE;
    if (sheet_replaces_query(settings->sheet, terms, term_count))
        return cli_fail_usage(
            "search: --sheet %s is the picture that is asked with; give the sheet another name",
            settings->sheet);
    return cli_surface_check_free(settings->sheet, settings->timeline.force, &err) == RV_OK ? CLI_DONE
                                                                                            : cli_fail(&err);
}

int cli_search_once(const Search *search, const RvTerm *terms, size_t term_count, const char *label)
{
    const SearchSettings *settings = search->settings;
    RvHits hits = {0};
    RvError err = {0};
    RvSearchReport report = {0};
    RvSearchOptions asked = search->options;
    asked.report = &report;
    int status = cli_search_check_sheet(search, terms, term_count);
    if (status != CLI_DONE)
        return status;
    if (rv_library_search(search->library, search->encoder, terms, term_count, &asked, &hits, &err) != RV_OK)
        return cli_interrupted() ? CLI_INTERRUPTED : cli_fail(&err);
    if (settings->explain)
        explain(&report);
    if (label != NULL && settings->format == 0)
        cli_print("%s", label);
    if (!cli_search_keeps_stdout(settings) &&
        !cli_hits_print(&hits, settings->format, settings->moments, search->part_count, label))
        status = cli_fail_memory();
    if (hits.count == 0 && !settings->common.quiet)
        cli_message("no %s of the library matches%s", search->part_count > 1 ? "sequence of frames" : "frame",
                    settings->timeline.path != NULL ? "; nothing is exported" : "");
    if (status == CLI_DONE && hits.count == 0 && settings->timeline.path != NULL)
        status = CLI_FAILED;
    else if (status == CLI_DONE && hits.count > 0)
        status = make_more(search, &hits, terms, term_count);
    rv_hits_clear(&hits);
    // With --quiet nothing else says that videos are left out.
    return status == CLI_DONE && report.videos_unreachable > 0 ? CLI_PARTLY : status;
}
