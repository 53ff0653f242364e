/* SPDX-License-Identifier: MIT */
/* What may stand behind an option or a command: for completions, and for the '~' in front of files. */
#include "argument.h"

#include <stdio.h>
#include <string.h>

#include "reelvec/model.h"
#include "reelvec/timeline.h"

typedef struct Placeholder {
    const char *owner; // an option or a command; NULL: of any
    const char *text;
    CliArgument argument;
} Placeholder;

static const Placeholder placeholders[] = {
    {"base-path", "PATH", CLI_ARGUMENT_WORD},
    {"export-format", "NAME", CLI_ARGUMENT_CHOICE},
    {"format", "NAME", CLI_ARGUMENT_CHOICE},
    {"device", "D", CLI_ARGUMENT_CHOICE},
    {"model remove", "NAME...", CLI_ARGUMENT_MODEL_HERE},
    {"model verify", "NAME...", CLI_ARGUMENT_MODEL_HERE},
    {NULL, "", CLI_ARGUMENT_NONE},
    {NULL, "--model MODEL --to URI", CLI_ARGUMENT_NONE},
    {NULL, "--to URI | --format FORMAT", CLI_ARGUMENT_NONE},
    {NULL, "ADDRESS", CLI_ARGUMENT_WORD},
    {NULL, "FILE", CLI_ARGUMENT_FILE},
    {NULL, "FILE|URL", CLI_ARGUMENT_FILE},
    {NULL, "FOLDER", CLI_ARGUMENT_FOLDER},
    {NULL, "FOLDER|FILE...", CLI_ARGUMENT_FILE},
    {NULL, "GLOB", CLI_ARGUMENT_WORD},
    {NULL, "HOW", CLI_ARGUMENT_WORD},
    {NULL, "I/N", CLI_ARGUMENT_WORD},
    {NULL, "IMAGE", CLI_ARGUMENT_FILE},
    {NULL, "KIND", CLI_ARGUMENT_WORD},
    {NULL, "LIBRARY...", CLI_ARGUMENT_FILE},
    {NULL, "MODEL", CLI_ARGUMENT_MODEL},
    {NULL, "MOMENTS", CLI_ARGUMENT_FILE},
    {NULL, "N", CLI_ARGUMENT_WORD},
    {NULL, "NAME", CLI_ARGUMENT_WORD},
    {NULL, "NAME...", CLI_ARGUMENT_MODEL},
    {NULL, "NAME=N,...", CLI_ARGUMENT_WORD},
    {NULL, "ORIGIN", CLI_ARGUMENT_WORD},
    {NULL, "OUT", CLI_ARGUMENT_FILE},
    {NULL, "OUT.png", CLI_ARGUMENT_FILE},
    {NULL, "PATH|URL...", CLI_ARGUMENT_FILE},
    {NULL, "PROGRAM", CLI_ARGUMENT_PROGRAM},
    {NULL, "PX", CLI_ARGUMENT_WORD},
    {NULL, "Q", CLI_ARGUMENT_WORD},
    {NULL, "R", CLI_ARGUMENT_WORD},
    {NULL, "ROOT", CLI_ARGUMENT_FOLDER},
    {NULL, "S", CLI_ARGUMENT_WORD},
    {NULL, "SECONDS", CLI_ARGUMENT_WORD},
    {NULL, "STATEMENTS", CLI_ARGUMENT_WORD},
    {NULL, "T", CLI_ARGUMENT_WORD},
    {NULL, "TC", CLI_ARGUMENT_WORD},
    {NULL, "TEMPLATE", CLI_ARGUMENT_WORD},
    {NULL, "TEXT", CLI_ARGUMENT_WORD},
    {NULL, "TEXT...", CLI_ARGUMENT_WORD},
    {NULL, "URI", CLI_ARGUMENT_FILE},
    {NULL, "URL", CLI_ARGUMENT_WORD},
    {NULL, "VIDEO", CLI_ARGUMENT_FILE},
    {NULL, "VIDEO...", CLI_ARGUMENT_FILE},
    {NULL, "VIDEO@TIME", CLI_ARGUMENT_FILE},
    {NULL, "VIDEO START END | MOMENTS", CLI_ARGUMENT_FILE},
    {NULL, "X", CLI_ARGUMENT_WORD},
};

/* The weight of a term and the brackets of what may be left out are no part of the placeholder. */
static CliArgument look_up(const char *owner, const char *text)
{
    char bare[64];
    text += strncmp(text, "[W:]", 4) == 0 ? 4 : 0;
    size_t skip = strncmp(text, "[=", 2) == 0 ? 2 : text[0] == '[' ? 1 : 0;
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(text + skip, "]"), text + skip);
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        const Placeholder *placeholder = &placeholders[i];
        bool owned = placeholder->owner == NULL || strcmp(placeholder->owner, owner) == 0;
        if (owned && strcmp(placeholder->text, bare) == 0)
            return placeholder->argument;
    }
    return CLI_ARGUMENT_UNKNOWN;
}

CliArgument cli_argument_of_option(const CliOption *option)
{
    if (option->argument == NULL)
        return CLI_ARGUMENT_NONE;
    return option->kind == CLI_CHOICE ? CLI_ARGUMENT_CHOICE : look_up(option->name, option->argument);
}

CliArgument cli_argument_of_command(const CliCommand *command)
{
    return look_up(command->name, command->arguments);
}

static void append_word(char *words, size_t size_bytes, const char *word, size_t length)
{
    size_t at = strlen(words);
    if (length > 0)
        snprintf(words + at, size_bytes - at, "%s%.*s", at > 0 ? " " : "", (int)length, word);
}

void cli_argument_words(const CliOption *option, char *words, size_t size_bytes)
{
    const RvTimelineFormatInfo *format = NULL;
    words[0] = '\0';
    if (option->kind == CLI_CHOICE) {
        for (const char *at = option->choices; *at != '\0';) {
            size_t length = strcspn(at, "|");
            append_word(words, size_bytes, at, length);
            at += length + (at[length] == '|');
        }
    } else if (strcmp(option->name, "device") == 0) {
        append_word(words, size_bytes, "auto cpu cuda", 13);
    } else {
        for (size_t i = 0; (format = rv_timeline_format(i)) != NULL; i++)
            append_word(words, size_bytes, format->name, strlen(format->name));
    }
}

void cli_argument_models(char *words, size_t size_bytes)
{
    const RvKnownModel *model = NULL;
    words[0] = '\0';
    for (size_t i = 0; (model = rv_model_known(i)) != NULL; i++)
        append_word(words, size_bytes, model->name, strlen(model->name));
}

bool cli_argument_is_path(CliArgument argument)
{
    return argument == CLI_ARGUMENT_FILE || argument == CLI_ARGUMENT_FOLDER ||
           argument == CLI_ARGUMENT_MODEL || argument == CLI_ARGUMENT_PROGRAM;
}
