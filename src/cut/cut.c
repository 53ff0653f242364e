/* SPDX-License-Identifier: MIT */
/* Public functions of reelvec/cut.h: one clip, many clips, a preview, the program. */
#include "reelvec/cut.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cut/clip_name.h"
#include "cut/cut_clip.h"
#include "cut/cut_container.h"
#include "naming/file_name.h"

static const RvCutOptions defaults;

static RvStatus check_options(const RvCutOptions *options, RvError *err)
{
    RvStatus status = RV_CHECK_RESERVED(RvCutOptions, options, err);
    if (status != RV_OK)
        return status;
    if (!(options->handles_s >= 0 && options->handles_s <= RV_CUT_HANDLES_MAX))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "handles of %g s are not possible", options->handles_s);
    if (options->width != 0 &&
        (options->width < RV_PREVIEW_WIDTH_MIN || options->width > RV_PREVIEW_WIDTH_MAX))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a preview is %d to %d pixels wide, not %d",
                            RV_PREVIEW_WIDTH_MIN, RV_PREVIEW_WIDTH_MAX, options->width);
    if (options->frame_rate != 0 &&
        !(options->frame_rate >= RV_PREVIEW_RATE_MIN && options->frame_rate <= RV_PREVIEW_RATE_MAX))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a preview has %g to %g frames a second, not %g",
                            RV_PREVIEW_RATE_MIN, RV_PREVIEW_RATE_MAX, options->frame_rate);
    if (options->thread_count < 0 || options->thread_count > RV_THREADS_MAX)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%d threads are not possible", options->thread_count);
    return RV_OK;
}

RvStatus rv_cut_ffmpeg(const char *ffmpeg, char *path, size_t path_bytes, char *version, size_t version_bytes,
                       RvError *err)
{
    CutProgram program;
    RvStatus status = rv_cut_program_find(ffmpeg, &program, err);
    if (status != RV_OK)
        return status;
    snprintf(path, path_bytes, "%s", program.path);
    snprintf(version, version_bytes, "%s", program.version);
    rv_cut_program_clear(&program);
    return RV_OK;
}

void rv_cut_clear(RvCut *cut)
{
    if (cut == NULL)
        return;
    free(cut->path);
    *cut = (RvCut){0};
}

/* ---- one ----------------------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat facts;
    size_t length = strlen(path);
    return (length > 0 && path[length - 1] == '/') || (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode));
}

// A template whose end is an ending: "{n}.mkv" of clips, "{n}.webp" of previews. Sets *out to a copy without it, and
// *container or *webp to what it says.
static RvStatus split_template(const RvCutOptions *options, bool preview, const char **container, bool *webp,
                               char **out, RvError *err)
{
    const char *given = options->name != NULL ? options->name : CLIP_NAME_DEFAULT, *dot = strrchr(given, '.');
    const CutContainer *found = dot != NULL ? rv_cut_container(dot + 1) : NULL;
    bool picture = dot != NULL && rv_cut_is_preview_ending(dot + 1);
    *out = NULL;
    if (preview && found != NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "'%s': previews end in .gif or .webp", given);
    if (!preview && picture)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "'%s': is the name of a preview, and clips are made",
                            given);
    *out = rv_mem_copy_string(given, err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    if (found != NULL || picture)
        (*out)[dot - given] = '\0';
    *webp = picture && rv_ascii_equal(dot, ".webp");
    if (found != NULL)
        *container = found->ending;
    return RV_OK;
}

static RvStatus check_no_names(const RvCutOptions *options, const char *path, RvError *err)
{
    if (options->name == NULL && options->container == NULL)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_ARGUMENT,
                        "%s: is a file of its own name; templates of names are for folders", path);
}

static RvStatus cut_one(const RvMoment *moment, const char *path, const RvCutOptions *options, bool preview,
                        RvCut *out, RvError *err)
{
    CutProgram program = {0};
    KeptFiles kept = {0};
    RvCut unwanted, *cut = out != NULL ? out : &unwanted;
    char *name_template = NULL, *name = NULL;
    bool webp = false;
    *cut = (RvCut){0};
    RvCutOptions own = options != NULL ? *options : defaults;
    RvStatus status = check_options(&own, err);
    if (status == RV_OK && (path == NULL || path[0] == '\0'))
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "a clip needs the name of its file");
    bool folder = status == RV_OK && is_folder(path);
    if (status == RV_OK && !folder)
        status = check_no_names(&own, path, err);
    if (folder) {
        status = split_template(&own, preview, &own.container, &webp, &name_template, err);
        if (status == RV_OK)
            status = rv_clip_name(name_template, moment, 1, 1, &name, err);
        if (status == RV_OK)
            status = rv_file_make_folders(path, err);
    }
    if (status == RV_OK)
        status = rv_cut_program_find(own.ffmpeg, &program, err);
    if (status == RV_OK)
        status = rv_kept_files_init(&kept, moment, 1, err);
    if (status == RV_OK) {
        CutRun run = {.options = &own,
                      .program = &program,
                      .kept = &kept,
                      .preview = preview,
                      .webp = webp,
                      .clip = 1,
                      .clip_count = 1,
                      .expected_s = rv_cut_length_s(moment, &own),
                      .begun_s = rv_clock_s()};
        status = rv_cut_clip(&run, moment, folder ? NULL : path, path, name, cut, err);
    }
    rv_kept_files_clear(&kept);
    rv_cut_program_clear(&program);
    free(name);
    free(name_template);
    if (out == NULL || status != RV_OK)
        rv_cut_clear(cut);
    return status;
}

RvStatus rv_cut(const RvMoment *moment, const char *path, const RvCutOptions *options, RvCut *out,
                RvError *err)
{
    return cut_one(moment, path, options, false, out, err);
}

RvStatus rv_cut_preview(const RvMoment *moment, const char *path, const RvCutOptions *options, RvCut *out,
                        RvError *err)
{
    return cut_one(moment, path, options, true, out, err);
}

/* ---- many ---------------------------------------------------------------------------------------------- */

typedef struct ClipNames {
    char **names; // [count]
    size_t count;
} ClipNames;

static void clear_names(ClipNames *names)
{
    for (size_t i = 0; names->names != NULL && i < names->count; i++)
        free(names->names[i]);
    free(names->names);
}

typedef struct NamePlace {
    char *key;
    size_t index;
} NamePlace;

static int compare_places(const void *left, const void *right)
{
    const NamePlace *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static bool is_taken(const NamePlace *places, size_t count, const char *key)
{
    size_t from = 0, to = count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strcmp(places[middle].key, key);
        if (order == 0)
            return true;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

// Put the next number that makes a free name behind this one. NULL: no memory.
static char *lengthen(const NamePlace *places, size_t count, const char *name, size_t *number)
{
    for (;;) {
        char *longer = NULL;
        if (asprintf(&longer, "%s_%zu", name, (*number)++) < 0)
            return NULL;
        char *key = rv_file_name_key(longer);
        bool taken = key == NULL || is_taken(places, count, key);
        bool failed = key == NULL;
        free(key);
        if (!taken)
            return longer;
        free(longer);
        if (failed)
            return NULL;
    }
}

// Of moments that would have one name, the second gets "_2" behind it, and so on; numbers that make the name of another
// moment are passed over.
static RvStatus tell_apart(ClipNames *names, RvError *err)
{
    NamePlace *places = rv_mem_alloc(names->count, sizeof *places, err);
    RvStatus status = places != NULL ? RV_OK : RV_ERROR_MEMORY;
    size_t count = 0;
    for (; status == RV_OK && count < names->count; count++) {
        places[count] = (NamePlace){rv_file_name_key(names->names[count]), count};
        if (places[count].key == NULL)
            status = rv_error_memory(err, strlen(names->names[count]));
    }
    if (status == RV_OK)
        qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0, end; status == RV_OK && i < count; i = end) {
        size_t number = 2;
        for (end = i + 1; end < count && strcmp(places[end].key, places[i].key) == 0; end++) {
            char **name = &names->names[places[end].index], *longer = lengthen(places, count, *name, &number);
            if (longer == NULL) {
                status = rv_error_memory(err, strlen(*name));
                break;
            }
            free(*name);
            *name = longer;
        }
    }
    for (size_t i = 0; i < count; i++)
        free(places[i].key);
    free(places);
    return status;
}

static RvStatus make_names(const char *name_template, const RvMoment *moments, size_t count, ClipNames *out,
                           RvError *err)
{
    out->names = rv_mem_alloc(count, sizeof *out->names, err);
    out->count = count;
    if (out->names == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (moments[i].video == NULL)
            return rv_error_set(err, RV_ERROR_ARGUMENT, "moment %zu names no video", i + 1);
        RvStatus status = rv_clip_name(name_template, &moments[i], i + 1, count, &out->names[i], err);
        if (status != RV_OK)
            return status;
    }
    return tell_apart(out, err);
}

// file: of the only moment; NULL: they go into the folder.
static RvStatus cut_all(CutRun *run, const RvMoment *moments, const ClipNames *names, const char *file,
                        const char *folder, RvCutEnded ended, void *ended_user, RvCutReport *report,
                        RvError *err)
{
    for (size_t i = 0; i < names->count; i++)
        run->expected_s += rv_cut_length_s(&moments[i], run->options);
    for (size_t i = 0; i < names->count; i++) {
        RvCut cut;
        RvError cause = {0};
        run->clip = i + 1;
        RvStatus status = rv_cut_clip(run, &moments[i], file, folder, names->names[i], &cut, &cause);
        run->done_s += rv_cut_length_s(&moments[i], run->options);
        report->made += status == RV_OK && cut.outcome == RV_CUT_MADE;
        report->present += status == RV_OK && cut.outcome == RV_CUT_PRESENT;
        report->failed += status != RV_OK && status != RV_ERROR_CANCELLED;
        if (ended != NULL && status != RV_ERROR_CANCELLED)
            ended(ended_user, i, status, &cut, &cause);
        rv_cut_clear(&cut);
        if (status == RV_ERROR_CANCELLED || status == RV_ERROR_MEMORY) {
            if (err != NULL)
                *err = cause;
            return status;
        }
    }
    return RV_OK;
}

// A list of one moment may name its file; several go into a folder. *file: NULL if it is a folder.
static RvStatus tell_file(const char *folder, size_t count, const RvCutOptions *options, const char **file,
                          RvError *err)
{
    const char *dot = strrchr(folder, '.');
    struct stat facts;
    bool clip =
        rv_cut_container_of_file(folder) != NULL || (dot != NULL && rv_cut_is_preview_ending(dot + 1));
    *file = clip && !is_folder(folder) ? folder : NULL;
    if (*file == NULL && stat(folder, &facts) == 0 && !S_ISDIR(facts.st_mode))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: is a file, and clips need a folder", folder);
    if (*file == NULL)
        return RV_OK;
    if (count > 1)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: is the name of one clip, and there are %zu moments; name a folder for them "
                            "(%s/ if it is to be called so)",
                            folder, count, folder);
    return check_no_names(options, folder, err);
}

RvStatus rv_cut_list(const RvMoment *moments, size_t count, const char *folder, const RvCutOptions *options,
                     RvCutEnded ended, void *ended_user, RvCutReport *report, RvError *err)
{
    CutProgram program = {0};
    KeptFiles kept = {0};
    ClipNames names = {0};
    struct stat facts;
    RvCutReport unwanted, *counts = report != NULL ? report : &unwanted;
    RvCutOptions own = options != NULL ? *options : defaults;
    char *name_template = NULL;
    const char *file = NULL;
    bool webp;
    *counts = (RvCutReport){0};
    if (folder == NULL || folder[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "clips need a folder");
    RvStatus status = check_options(&own, err);
    if (status != RV_OK || count == 0)
        return status;
    status = tell_file(folder, count, &own, &file, err);
    if (status == RV_OK)
        status = split_template(&own, false, &own.container, &webp, &name_template, err);
    if (status == RV_OK)
        status = make_names(name_template, moments, count, &names, err);
    if (status == RV_OK && own.container != NULL && rv_cut_container(own.container) == NULL)
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%s: is no ending of clips", own.container);
    if (status == RV_OK)
        status = rv_cut_program_find(own.ffmpeg, &program, err);
    bool was_there = stat(folder, &facts) == 0;
    if (status == RV_OK && file == NULL)
        status = rv_file_make_folders(folder, err);
    if (status == RV_OK)
        status = rv_kept_files_init(&kept, moments, count, err);
    if (status == RV_OK) {
        CutRun run = {.options = &own,
                      .program = &program,
                      .kept = &kept,
                      .clip_count = count,
                      .begun_s = rv_clock_s()};
        status = cut_all(&run, moments, &names, file, folder, ended, ended_user, counts, err);
    }
    if (!was_there && file == NULL && counts->made + counts->present == 0)
        rmdir(folder); // it is empty, or not there
    rv_kept_files_clear(&kept);
    rv_cut_program_clear(&program);
    clear_names(&names);
    free(name_template);
    return status;
}
