/* SPDX-License-Identifier: MIT */
/* Moments into files for editors and players: the options that commands share, and writing. */
#include "timeline_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "help.h"
#include "message.h"
#include "out_file.h"
#include "suggest.h"
#include "terminal.h"

#define FORMATS_MAX 64

/* ---- what is asked for -------------------------------------------------------------------------------- */

static const RvTimelineFormatInfo *find_format(const char *name)
{
    for (size_t i = 0; i < rv_timeline_format_count(); i++) {
        if (strcmp(rv_timeline_format(i)->name, name) == 0)
            return rv_timeline_format(i);
    }
    return NULL;
}

static RvStatus unknown_format(const TimelineFile *file, RvError *err)
{
    const char *names[FORMATS_MAX];
    size_t count = 0;
    for (; count < FORMATS_MAX && count < rv_timeline_format_count(); count++)
        names[count] = rv_timeline_format(count)->name;
    const char *closest = cli_suggest(file->format, names, count);
    if (closest != NULL)
        return cli_error(err, RV_ERROR_ARGUMENT, "%s: there is no format '%s'; did you mean %s?",
                         file->format_option, file->format, closest);
    return cli_error(err, RV_ERROR_ARGUMENT,
                     "%s: there is no format '%s'; `reelvec timeline --help` lists them", file->format_option,
                     file->format);
}

static bool is_stdout(const TimelineFile *file)
{
    return cli_out_is_stdout(file->path);
}

static RvStatus choose_format(const TimelineFile *file, const RvTimelineFormatInfo **out, RvError *err)
{
    *out = file->format != NULL ? find_format(file->format) : rv_timeline_format_of_file(file->path);
    if (*out != NULL)
        return RV_OK;
    if (file->format != NULL)
        return unknown_format(file, err);
    return cli_error(err, RV_ERROR_ARGUMENT,
                     "%s: %s; say it by %s NAME, `reelvec timeline --help` lists the formats", file->path,
                     is_stdout(file) ? "standard output has no ending that names a format"
                                     : "no format has this ending",
                     file->format_option);
}

static RvStatus check_free(const char *path, bool force, RvError *err)
{
    struct stat facts;
    bool is_folder = stat(path, &facts) == 0 && S_ISDIR(facts.st_mode); // writing refuses it
    if (force || rv_file_in_place(path) || is_folder || lstat(path, &facts) != 0)
        return RV_OK;
    return cli_error(err, RV_ERROR_ARGUMENT, "%s: is there already; --force replaces it", path);
}

RvStatus cli_timeline_check(const TimelineFile *file, RvTimelineOptions *options, RvError *err)
{
    const RvTimelineFormatInfo *format = NULL;
    RvStatus status = choose_format(file, &format, err);
    if (status != RV_OK)
        return status;
    *options = (RvTimelineOptions){.format = format->name,
                                   .title = file->title,
                                   .handles_s = file->handles.given ? file->handles.value : 0,
                                   .record_start = file->record_start};
    if (file->rate != NULL && !rv_rate_read(file->rate, &options->rate))
        return cli_error(err, RV_ERROR_ARGUMENT, "--rate: '%s' is no rate; write 25, 29.97 or 30000/1001",
                         file->rate);
    return is_stdout(file) ? RV_OK : check_free(file->path, file->force, err);
}

/* ---- names -------------------------------------------------------------------------------------------- */

/* Returns where the ending of a path begins: one of the format, else the last one there is, else its end. */
static size_t ending_of(const char *path, const RvTimelineFormatInfo *format)
{
    size_t length = strlen(path), longest = 0;
    for (const char *const *ending = format->endings; *ending != NULL; ending++) {
        size_t bytes = strlen(*ending);
        if (bytes > longest && bytes < length && strcasecmp(path + length - bytes, *ending) == 0)
            longest = bytes;
    }
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *point = name[0] != '\0' ? strrchr(name + 1, '.') : NULL;
    return longest > 0 ? length - longest : point != NULL ? (size_t)(point - path) : length;
}

/* Returns "cuts_holiday.llc" of "cuts.llc" and "_holiday", or NULL if memory is refused. */
static char *path_of(const char *path, const char *name, const RvTimelineFormatInfo *format)
{
    char *result = NULL;
    size_t ending = ending_of(path, format);
    return asprintf(&result, "%.*s%s%s", (int)ending, path, name, path + ending) >= 0 ? result : NULL;
}

static void free_paths(char **paths, size_t count)
{
    for (size_t i = 0; paths != NULL && i < count; i++)
        free(paths[i]);
    free(paths);
}

/* Returns the paths of all files, none of which is there unless it may be replaced. */
static char **name_files(const TimelineFile *file, const RvTextFiles *texts,
                         const RvTimelineFormatInfo *format, RvError *err)
{
    char **paths = calloc(texts->count + 1, sizeof *paths);
    RvStatus status = paths != NULL ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < texts->count && status == RV_OK; i++) {
        paths[i] = path_of(file->path, texts->items[i].name, format);
        status = paths[i] != NULL ? check_free(paths[i], file->force, err)
                                  : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    }
    if (status == RV_OK)
        return paths;
    free_paths(paths, texts->count);
    return NULL;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static RvStatus write_file(const char *path, const RvTextFile *text, RvError *err)
{
    OutFile out;
    RvStatus status = cli_out_open(&out, path, RV_FILE_TEXT, err);
    if (status != RV_OK)
        return status;
    fwrite(text->text, 1, text->size_bytes, out.file);
    status = cli_out_commit(&out, err);
    cli_out_abandon(&out);
    return status;
}

/* After a failure those that were not there before are removed again. */
static RvStatus write_files(char **paths, const RvTextFiles *texts, RvError *err)
{
    RvStatus status = RV_OK;
    bool *made = calloc(texts->count + 1, sizeof *made);
    if (made == NULL)
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < texts->count && status == RV_OK; i++) {
        struct stat facts;
        bool absent = lstat(paths[i], &facts) != 0;
        status = write_file(paths[i], &texts->items[i], err);
        made[i] = absent && status == RV_OK;
    }
    for (size_t i = 0; i < texts->count && status != RV_OK; i++) {
        if (made[i])
            unlink(paths[i]);
    }
    free(made);
    return status;
}

/* "cuts.llc, cuts_b.llc: 5 moments" */
static void say(FILE *said, char **paths, size_t path_count, size_t moment_count)
{
    char *line = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&line, &size_bytes);
    for (size_t i = 0; stream != NULL && i < path_count; i++)
        fprintf(stream, "%s%s", i > 0 ? ", " : "", paths[i]);
    if (stream != NULL && fclose(stream) == 0 && line != NULL)
        (said == stdout ? cli_print : cli_message)("%s: %zu moment%s", line, moment_count,
                                                   moment_count == 1 ? "" : "s");
    free(line);
}

static RvStatus check_count(const TimelineFile *file, const RvTimelineFormatInfo *format, size_t count,
                            RvError *err)
{
    bool to_stdout = is_stdout(file);
    if (count <= 1 || (!to_stdout && !rv_file_in_place(file->path)))
        return RV_OK;
    return cli_error(err, RV_ERROR_ARGUMENT,
                     "%s makes %zu files of these moments, and %s takes one; name a file", format->name,
                     count, to_stdout ? "standard output" : file->path);
}

static RvStatus write_texts(const TimelineFile *file, char **paths, const RvTextFiles *texts,
                            size_t moment_count, FILE *said, RvError *err)
{
    if (is_stdout(file)) {
        cli_write_shown(texts->items[0].text, texts->items[0].size_bytes,
                        stdout); // cli_finish reports a failure
        return RV_OK;
    }
    RvStatus status = write_files(paths, texts, err);
    if (status == RV_OK && said != NULL)
        say(said, paths, texts->count, moment_count);
    return status;
}

/* What making the texts has to say is kept until it is known that they can be written: who is refused needs no warnings
 * about them. */
typedef struct KeptLine {
    RvLogLevel level;
    char *text;
} KeptLine;

typedef struct KeptLog {
    KeptLine *lines;
    size_t count;
} KeptLog;

static void keep_line(void *user, RvLogLevel level, const char *text)
{
    KeptLog *kept = user;
    KeptLine *grown = realloc(kept->lines, (kept->count + 1) * sizeof *grown);
    char *copy = strdup(text);
    if (grown != NULL)
        kept->lines = grown;
    if (grown != NULL && copy != NULL)
        kept->lines[kept->count++] = (KeptLine){level, copy};
    else
        free(copy);
}

/* log: NULL: the lines are not shown. */
static void end_kept(KeptLog *kept, const RvLog *log)
{
    for (size_t i = 0; i < kept->count; i++) {
        if (log != NULL && log->write != NULL)
            log->write(log->user, kept->lines[i].level, kept->lines[i].text);
        free(kept->lines[i].text);
    }
    free(kept->lines);
    *kept = (KeptLog){0};
}

int cli_timeline_write(const TimelineFile *file, const RvTimelineOptions *options, const RvMoment *moments,
                       size_t count, FILE *said)
{
    RvTextFiles texts = {0};
    RvTimelineReport report = {0};
    RvTimelineOptions asked = *options;
    KeptLog kept = {0};
    RvError err = {0};
    char **paths = NULL;
    const RvTimelineFormatInfo *format = find_format(options->format);
    asked.report = &report;
    asked.log = (RvLog){keep_line, &kept};
    RvStatus made = rv_timeline_make(moments, count, &asked, &texts, &err), status = made;
    if (status == RV_OK)
        status = check_count(file, format, texts.count, &err);
    if (status == RV_OK && !is_stdout(file)) {
        paths = name_files(file, &texts, format, &err);
        status = paths != NULL ? RV_OK : err.status;
    }
    end_kept(&kept, made != RV_OK || status == RV_OK ? &options->log : NULL);
    if (status == RV_OK)
        status = write_texts(file, paths, &texts, report.moments_written, said, &err);
    free_paths(paths, texts.count);
    rv_text_files_clear(&texts);
    if (status != RV_OK)
        return cli_fail(&err);
    return report.moments_left_out > 0 ? CLI_PARTLY : CLI_DONE;
}

/* ---- help --------------------------------------------------------------------------------------------- */

void cli_timeline_formats(FILE *out)
{
    fputs("\nFormats, and the endings that mean them:\n", out);
    for (size_t i = 0; i < rv_timeline_format_count(); i++) {
        const RvTimelineFormatInfo *format = rv_timeline_format(i);
        char left[80] = "", *at = left;
        int room = (int)sizeof left;
        int written = snprintf(at, (size_t)room, "%s ", format->name);
        for (const char *const *ending = format->endings; *ending != NULL && written > 0 && written < room;
             ending++) {
            at += written;
            room -= written;
            written = snprintf(at, (size_t)room, " %s", *ending);
        }
        cli_help_entry(out, left, format->title);
    }
}
