/* SPDX-License-Identifier: MIT */
/* Queries that come one per line, from a terminal or a pipe. */
#include "search_lines.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "terms.h"

static char *trimmed(char *line)
{
    line += strspn(line, " \t\r\n");
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        line[--length] = '\0';
    return line;
}

static int search_line(const Search *search, const char *line, const char *label)
{
    bool image = strncmp(line, "image:", 6) == 0;
    const char *value = image ? line + 6 + strspn(line + 6, " \t") : line;
    RvTerm term = {.kind = image ? RV_TERM_IMAGE_FILE : RV_TERM_TEXT,
                   .value = value,
                   .weight = 1,
                   .no_exif_rotation = search->settings->no_exif_rotation};
    if (value[0] == '\0')
        return cli_fail_usage("image: needs the path or URL of a picture behind it");
    if (!image && !search->settings->common.quiet && cli_term_is_file(value))
        cli_message("'%s' is looked for as words, though a file is called so; image:%s asks with the picture",
                    value, value);
    return cli_search_once(search, &term, 1, label);
}

int cli_search_prompt(const Search *search)
{
    char *line = NULL;
    size_t capacity = 0;
    for (;;) {
        fputs("Enter your query: ", stderr);
        fflush(stderr);
        if (getline(&line, &capacity, stdin) < 0) {
            fputc('\n', stderr);
            break;
        }
        const char *query = trimmed(line);
        if (query[0] == '\0')
            break;
        search_line(search, query, NULL);
        if (!cli_flush())
            break;
    }
    free(line);
    return CLI_DONE;
}

/* Returns the line as it is repeated in the rows. Free with free(). */
static char *label_of(const char *line)
{
    const char *value = line;
    if (strncmp(line, "image:", 6) == 0) {
        value += 6;
        while (*value == ' ' || *value == '\t')
            value++;
    }
    char *label = strdup(line);
    if (label != NULL && value != line)
        rv_source_show(value, label + (value - line), strlen(value) + 1);
    return label;
}

int cli_search_lines(const Search *search)
{
    char *line = NULL;
    size_t capacity = 0, done = 0, failed = 0, partly = 0;
    while (getline(&line, &capacity, stdin) >= 0) {
        const char *query = trimmed(line);
        if (query[0] == '\0')
            continue;
        char *label = label_of(query);
        int status = label != NULL ? search_line(search, query, label) : cli_fail_memory();
        partly += status == CLI_PARTLY;
        done += status == CLI_DONE || status == CLI_PARTLY;
        failed += status != CLI_DONE && status != CLI_PARTLY;
        free(label);
        if (!cli_flush())
            break;
    }
    free(line);
    if (done + failed == 0)
        return cli_fail_usage("search: no query; give one as an argument, or one per line on standard input");
    if (failed > 0)
        return done > 0 ? CLI_PARTLY : CLI_FAILED;
    return partly > 0 ? CLI_PARTLY : CLI_DONE;
}
