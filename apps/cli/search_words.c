/* SPDX-License-Identifier: MIT */
/* The words of a query on the command line: what they may have been meant as, and what is a weight. */
#include "search_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "open.h"
#include "output.h"
#include "shell_word.h"
#include "terms.h"

/* ---- hints ---------------------------------------------------------------------------------------------- */

void cli_search_hint(const Search *search, const char *option, const char *value)
{
    bool is_text = option == NULL || strcmp(option, "text") == 0 || strcmp(option, "then") == 0;
    if (search->settings->common.quiet || !is_text)
        return;
    char word[4096];
    if (cli_term_is_file(value))
        cli_message(
            "'%s' is looked for as words, though a file is called so; --image %s asks with the picture",
            value, cli_shell_word(value, word, sizeof word));
    else if (option == NULL && cli_term_is_weighted(value))
        cli_message("'%s' is looked for as it stands; a text with a weight goes behind --text", value);
}

bool cli_search_is(const CliValue *value, const char *name)
{
    return value->option != NULL && strcmp(value->option->name, name) == 0;
}

/* True for a text of one word without a weight, whatever option it has. */
static bool is_word(const CliValue *value)
{
    bool text = value->option == NULL || cli_search_is(value, "text") || cli_search_is(value, "then") ||
                cli_search_is(value, "not");
    return text && value->value[0] != '\0' && value->value[strcspn(value->value, " \t\r\n")] == '\0' &&
           (value->option == NULL || !cli_term_is_weighted(value->value));
}

/* Returns how many words stand side by side from here on, of which all but the first have no option. */
static size_t count_words(const CliValues *values, size_t first)
{
    size_t count = 0;
    while (first + count < values->count && is_word(&values->items[first + count]) &&
           (count == 0 || values->items[first + count].option == NULL))
        count++;
    return count;
}

static void say_quoted(const CliOption *option, const char *words, size_t count)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&text, &size_bytes);
    if (stream == NULL)
        return;
    // Words that begin with a dash were no options behind "--"; the quoted ones need --text.
    if (option != NULL || words[0] == '-')
        fprintf(stream, "--%s ", option != NULL ? option->name : "text");
    cli_shell_put(stream, words, true);
    if (fclose(stream) == 0)
        cli_message("taken as %zu terms, one for each word; quotes make them one: %s", count, text);
    free(text);
}

void cli_search_hint_quotes(const Search *search, const CliValues *values)
{
    size_t first = 0, count = 0;
    if (search->settings->common.quiet || search->settings->format != OUTPUT_TABLE)
        return;
    for (; first < values->count && (count = count_words(values, first)) < 2; first += count > 0 ? count : 1)
        ;
    if (count < 2)
        return;
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&text, &size_bytes);
    const CliOption *option = values->items[first].option;
    if (stream == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "%s%s", i > 0 ? " " : "", values->items[first + i].value);
    if (fclose(stream) == 0)
        say_quoted(option, text, count);
    free(text);
}

/* ---- weights of --like ---------------------------------------------------------------------------------- */

/* *found: whether the library has videos that VIDEO@TIME may mean. Errors: those of reading. */
static RvStatus find_video(RvLibrary *library, const char *place, bool also_pattern, bool *found,
                           RvError *err)
{
    char *name = NULL;
    double time_s = 0;
    RvVideos videos = {0};
    RvNaming naming = RV_NAMED_NONE;
    RvStatus status = cli_term_split_place("like", place, &name, &time_s, err);
    if (status == RV_OK)
        status = rv_library_find(library, name, &videos, &naming, err);
    *found = status == RV_OK && videos.count > 0 && (also_pattern || naming != RV_NAMED_PATTERN);
    rv_videos_clear(&videos);
    free(name);
    return status;
}

/* The value is WEIGHT:VIDEO@TIME, the rest VIDEO@TIME, or all of it names a video. */
static RvStatus settle_weight(RvLibrary *library, const char *value, const char *rest, char **plain,
                              RvError *err)
{
    bool whole = false, found = false;
    RvStatus status = find_video(library, value, false, &whole, err);
    if (status == RV_OK && whole)
        return asprintf(plain, "1:%s", value) >= 0 ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    if (status == RV_OK)
        status = find_video(library, rest, true, &found, err);
    if (status != RV_OK || found)
        return status;
    int length = (int)(strrchr(rest, '@') - rest);
    return cli_error(
        err, RV_ERROR_NOT_FOUND,
        "%.*s (weight %.*s): no such video in the library, nor one called %.*s; `reelvec list` shows "
        "their paths",
        length, rest, (int)(rest - value - 1), value, (int)(rest - value) + length, value);
}

int cli_search_settle_weight(Search *search, const char *value, char **plain)
{
    double weight = 1, time_s = 0;
    const char *rest = cli_term_weight(value, &weight);
    char *name = NULL;
    RvError err = {0};
    *plain = NULL;
    bool is_place = rest != value && cli_term_split_place("like", rest, &name, &time_s, &err) == RV_OK;
    free(name);
    if (!is_place)
        return CLI_DONE;
    if (search->library == NULL)
        cli_open_library(&search->settings->common, RV_OPEN_READ, cli_log(&search->settings->common, NULL),
                         &search->library, &err);
    if (search->library == NULL)
        return CLI_DONE;
    return settle_weight(search->library, value, rest, plain, &err) == RV_OK ? CLI_DONE : cli_fail(&err);
}
