/* SPDX-License-Identifier: MIT */
/* Help texts, built from the tables that parsing uses. */
#include "help.h"

#include <string.h>

#include "config_file.h"
#include "help_text.h"
#include "terminal.h"

#define WIDTH_DEFAULT 80 // used if the output is not a terminal
#define WIDTH_MIN 50
#define WIDTH_MAX 100
#define OPTION_COLUMN 26
#define STATUS_COLUMN 7
#define EXAMPLE_INDENT 6

static void pad(FILE *out, size_t count)
{
    while (count-- > 0)
        fputc(' ', out);
}

static size_t width_of(FILE *out)
{
    size_t columns = cli_terminal_columns(out);
    if (columns == 0)
        columns = cli_wanted_columns();
    if (columns == 0)
        return WIDTH_DEFAULT;
    return columns < WIDTH_MIN ? WIDTH_MIN : columns < WIDTH_MAX ? columns : WIDTH_MAX;
}

static void print_title(FILE *out, const char *title)
{
    fprintf(out, "%s%s%s\n", cli_style(out, CLI_STYLE_STRONG), title, cli_style(out, CLI_STYLE_NONE));
}

static void print_usage(FILE *out, const char *words)
{
    fprintf(out, "%sUsage:%s ", cli_style(out, CLI_STYLE_STRONG), cli_style(out, CLI_STYLE_NONE));
    cli_print_wrapped(out, words, strlen(words), 7, 15, width_of(out));
    fputc('\n', out);
}

static void print_paragraphs(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        cli_print_wrapped(out, text, length, 0, 0, width_of(out));
        text += length + (text[length] == '\n');
    }
}

/* A line of a table whose right side begins at `column`. */
static void print_entry(FILE *out, const char *left, const char *right, size_t column)
{
    size_t length = strlen(left);
    fprintf(out, "  %s%s%s", cli_style(out, CLI_STYLE_STRONG), left, cli_style(out, CLI_STYLE_NONE));
    if (length + 4 > column) {
        fputc('\n', out);
        pad(out, column);
    } else {
        pad(out, column - length - 2);
    }
    cli_print_wrapped(out, right, strlen(right), column, column, width_of(out));
}

void cli_help_entry(FILE *out, const char *left, const char *right)
{
    print_entry(out, left, right, OPTION_COLUMN);
}

/* own: of a command; NULL: those of all. */
static void print_exit_statuses(FILE *out, const CliHelpEntry *own)
{
    print_title(out, "Exit status:");
    for (const CliHelpEntry *entry = own != NULL ? own : cli_exit_statuses; entry->left != NULL; entry++)
        print_entry(out, entry->left, entry->right, STATUS_COLUMN);
}

/* Returns where to break a line of a shell, at a space outside quotes within `width` - 2; 0 if there is no such. */
static size_t break_of(const char *line, size_t length, size_t width)
{
    size_t at = 0;
    char quote = 0;
    for (size_t i = 0; i < length && i + 2 < width; i++) {
        if (quote != 0)
            quote = line[i] == quote ? 0 : quote;
        else if (line[i] == '"' || line[i] == '\'')
            quote = line[i];
        else if (line[i] == ' ' && i > EXAMPLE_INDENT)
            at = i;
    }
    return at;
}

/* Commands of a shell. Where they are too long for the terminal they go on in the next line, as a shell reads it. */
static void print_examples(FILE *out, const char *lines)
{
    size_t width = width_of(out);
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n"), at = 0, indent = 0;
        while (indent + length > width && (at = break_of(lines, length, width - indent)) > 0) {
            fprintf(out, "%*s%.*s \\\n", (int)indent, "", (int)at, lines);
            lines += at + 1;
            length -= at + 1;
            indent = EXAMPLE_INDENT;
        }
        fprintf(out, "%*s%.*s\n", (int)indent, "", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static void print_option(FILE *out, const CliOption *option)
{
    char left[80], letter[8] = "    ";
    const char *argument = option->argument != NULL ? option->argument : "";
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name,
             strncmp(argument, "[=", 2) == 0 || argument[0] == '\0' ? "" : " ", argument);
    cli_help_entry(out, left, option->help);
}

void cli_help_command(const CliCommand *command, FILE *out)
{
    char usage[256];
    snprintf(usage, sizeof usage, "reelvec %s [OPTION...]%s%s", command->name,
             command->arguments[0] != '\0' ? " " : "", command->arguments);
    print_usage(out, usage);
    print_paragraphs(out, command->description != NULL ? command->description : command->summary);
    fputc('\n', out);
    print_title(out, "Options:");
    for (size_t i = 0; i < command->option_count; i++)
        print_option(out, &command->options[i]);
    cli_help_entry(out, "-h, --help", "this text");
    if (command->more != NULL)
        command->more(out);
    fputc('\n', out);
    print_title(out, "Examples:");
    print_examples(out, command->examples);
    fputc('\n', out);
    print_exit_statuses(out, command->exit_statuses);
}

static bool in_group(const CliCommand *command, const char *word)
{
    size_t length = strlen(word);
    return strncmp(command->name, word, length) == 0 && command->name[length] == ' ';
}

static void print_command(FILE *out, const CliCommand *command)
{
    char left[128];
    snprintf(left, sizeof left, "%s%s%s", command->name, command->arguments[0] != '\0' ? " " : "",
             command->arguments);
    cli_help_entry(out, left, command->summary);
}

void cli_help_group(const char *word, FILE *out)
{
    char usage[128];
    snprintf(usage, sizeof usage, "reelvec %s COMMAND [OPTION...] [ARGUMENT...]", word);
    print_usage(out, usage);
    print_title(out, "Commands:");
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (in_group(*command, word))
            print_command(out, *command);
    }
    fprintf(out, "\n`reelvec %s COMMAND --help` tells more about one.\n", word);
}

/* Where the settings file is, and what it sets. */
static void print_settings(FILE *out)
{
    char path[4096], names[2048], text[6500];
    CliConfig *config = NULL;
    RvError err = {0};
    if (!cli_config_path(path, sizeof path)) {
        snprintf(text, sizeof text, "none: REELVEC_CONFIG is empty, or there is no home");
    } else if (cli_config_read(&config, &err) != RV_OK) {
        snprintf(text, sizeof text, "%s", err.message);
    } else {
        cli_config_list(config, false, names, sizeof names);
        snprintf(text, sizeof text, names[0] != '\0' ? "%s sets %s." : "%s sets nothing.", path, names);
    }
    cli_config_free(config);
    print_title(out, "Settings file:");
    print_paragraphs(out, text);
    print_paragraphs(out, cli_settings);
}

void cli_help_program(FILE *out)
{
    print_usage(out, "reelvec COMMAND [OPTION...] [ARGUMENT...]");
    print_paragraphs(out, cli_about);
    fputc('\n', out);
    print_title(out, "First steps:");
    print_examples(out, cli_first_steps);
    fputc('\n', out);
    print_title(out, "Commands:");
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++)
        print_command(out, *command);
    cli_help_entry(out, "help [COMMAND]", "this text, or a command's");
    fputc('\n', out);
    print_paragraphs(out,
                     "`reelvec COMMAND --help` tells more about one; `reelvec --version` prints the version. "
                     "Options may also stand in front of the command.");
    fputc('\n', out);
    print_title(out, "Environment:");
    for (const CliHelpEntry *entry = cli_variables; entry->left != NULL; entry++)
        cli_help_entry(out, entry->left, entry->right);
    fputc('\n', out);
    print_settings(out);
    fputc('\n', out);
    print_exit_statuses(out, NULL);
    fputc('\n', out);
    print_paragraphs(out, cli_streams);
}
