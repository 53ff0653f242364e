/* SPDX-License-Identifier: MIT */
/* The videos that the arguments of `index` name, and what was left out below folders. */
#include "index_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "signals.h"
#include "text.h"

#define UNREADABLE_PRINTED_MAX 10 // this many folders are named one by one

typedef struct SourceLog {
    CliSources *sources;
    const CliCommon *common;
} SourceLog;

/* Print what could not be read, even with --quiet, like other failures. */
static void print_failure(void *user, RvLogLevel level, const char *message)
{
    SourceLog *log = user;
    if (level == RV_LOG_ERROR) {
        if (log->sources->unreadable_printed++ < UNREADABLE_PRINTED_MAX)
            cli_message("%s", message);
    } else if (level == RV_LOG_WARNING && !log->common->quiet) {
        cli_message("warning: %s", message);
    }
}

static bool keep_string(RvStrings *strings, char *text)
{
    char **items = text != NULL ? realloc(strings->items, (strings->count + 1) * sizeof *items) : NULL;
    if (items == NULL) {
        free(text);
        return false;
    }
    strings->items = items;
    strings->items[strings->count++] = text;
    return true;
}

char *cli_source_absolute(const char *path)
{
    size_t size_bytes = strlen(path) + 1;
    char *shown = malloc(size_bytes), *real = NULL;
    if (shown == NULL)
        return NULL;
    rv_source_show(path, shown, size_bytes);
    if (strcmp(shown, path) != 0 || strstr(path, "://") != NULL)
        return shown;
    if ((real = realpath(path, NULL)) != NULL) {
        free(shown);
        return real;
    }
    // The folder of the file.
    char *slash = strrchr(shown, '/');
    if (slash != NULL)
        *slash = '\0';
    const char *name = slash != NULL ? slash + 1 : shown, *folder = slash == NULL    ? "."
                                                                    : slash == shown ? "/"
                                                                                     : shown;
    char *absolute = NULL;
    if ((real = realpath(folder, NULL)) == NULL)
        absolute = strdup(path);
    else if (asprintf(&absolute, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) < 0)
        absolute = NULL;
    free(real);
    free(shown);
    return absolute;
}

/* A source that cannot be read belongs to the first shard, so that exactly one of them reports it. */
static bool is_ours(const CliSourceRules *rules, const char *video)
{
    int shard = 0;
    if (rules->shard_count == 0)
        return true;
    if (rv_source_shard(video, rules->shard_count, &shard, NULL) != RV_OK)
        shard = 0;
    return shard == rules->shard;
}

static bool append(CliSources *sources, RvSources *found, const CliSourceRules *rules)
{
    CliSource *items = realloc(sources->items, (sources->count + found->videos.count) * sizeof *items);
    if (items == NULL)
        return false;
    sources->items = items;
    for (size_t i = 0; i < found->videos.count && !sources->interrupted; i++) {
        sources->interrupted = cli_interrupted();
        if (!is_ours(rules, found->videos.items[i])) {
            sources->unlisted_count++;
            continue;
        }
        sources->items[sources->count++] = (CliSource){
            .path = found->videos.items[i], .size_bytes = found->size_bytes[i], .named = !found->folder};
        found->videos.items[i] = NULL; // owned by `sources` now
    }
    return true;
}

static bool take_found(CliSources *sources, const char *argument, RvSources *found,
                       const CliSourceRules *rules)
{
    sources->left.other_count += found->other_count;
    sources->left.text_count += found->text_count;
    sources->left.excluded_count += found->excluded_count;
    sources->left.link_count += found->link_count;
    sources->left.unreadable_count += found->unreadable_count;
    if (found->videos.count == 0)
        return true;
    if (found->folder && !keep_string(&sources->folders, cli_source_absolute(argument)))
        return false;
    return append(sources, found, rules);
}

bool cli_sources_find(const CliValues *arguments, const CliSourceRules *rules, const CliCommon *common,
                      bool keep_gone, CliSources *out, int *status)
{
    SourceLog log = {out, common};
    RvSourceOptions options = {.exclude = rules->exclude,
                               .exclude_count = rules->exclude_count,
                               .follow = rules->follow,
                               .log = {.write = print_failure, .user = &log}};
    *out = (CliSources){0};
    *status = CLI_DONE;
    for (size_t i = 0; i < arguments->argument_count && *status == CLI_DONE && !out->interrupted; i++) {
        const char *argument = cli_values_argument(arguments, i);
        RvSources found = {0};
        RvError err = {0};
        RvStatus outcome = rv_sources_find(argument, &options, &found, &err);
        if (!take_found(out, argument, &found, rules) || outcome == RV_ERROR_MEMORY) {
            *status = cli_fail_memory();
        } else if (outcome == RV_ERROR_ARGUMENT) {
            *status = cli_fail(&err);
        } else if (outcome == RV_ERROR_NOT_FOUND && keep_gone && !found.folder) {
            if (!keep_string(&out->gone, strdup(argument)))
                *status = cli_fail_memory();
        } else if (outcome != RV_OK) {
            cli_fail(&err);
            out->failed_count++;
            if (keep_gone && found.folder && !keep_string(&out->spared, cli_source_absolute(argument)))
                *status = cli_fail_memory();
            if (keep_gone && found.folder)
                cli_message("%s: none of its videos are removed, as its disk may only not be mounted; "
                            "`reelvec remove` does "
                            "it all the same",
                            argument);
        }
        rv_sources_clear(&found);
    }
    if (out->unreadable_printed > UNREADABLE_PRINTED_MAX)
        cli_message("%zu further folders cannot be read", out->unreadable_printed - UNREADABLE_PRINTED_MAX);
    return *status == CLI_DONE;
}

void cli_sources_clear(CliSources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        free(sources->items[i].path);
    free(sources->items);
    rv_strings_clear(&sources->folders);
    rv_strings_clear(&sources->spared);
    rv_strings_clear(&sources->gone);
    *sources = (CliSources){0};
}

void cli_sources_left(const CliSources *sources, char *text, size_t size_bytes)
{
    const RvSources *left = &sources->left;
    const struct {
        size_t count;
        const char *one, *many;
    } kinds[] = {
        {left->other_count, "other file", "other files"},
        {left->text_count, "text file", "text files"},
        {left->excluded_count, "excluded", "excluded"},
        {left->link_count, "symbolic link", "symbolic links"},
    };
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char count[32];
        if (kinds[i].count == 0 || used >= size_bytes)
            continue;
        cli_text_count(kinds[i].count, count, sizeof count);
        used += (size_t)snprintf(text + used, size_bytes - used, "%s%s %s", used > 0 ? ", " : "", count,
                                 kinds[i].count == 1 ? kinds[i].one : kinds[i].many);
    }
    if (used > 0 && used < size_bytes)
        snprintf(text + used, size_bytes - used, " left out");
}
