/* SPDX-License-Identifier: MIT */
/* Manual pages in roff with the macros of man(7). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/help_text.h"
#include "pages.h"
#include "reelvec/version.h"

/* Write one character as itself: roff has meanings of its own for some, and reads ASCII only. Returns its bytes. */
static size_t put_character(FILE *out, const char *text)
{
    static const struct {
        char character;
        const char *name;
    } names[] = {{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"}, {'`', "\\(ga"},
                 {'~', "\\(ti"}, {'^', "\\(ha"}, {'"', "\\(dq"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].character == *text) {
            fputs(names[i].name, out);
            return 1;
        }
    }
    unsigned char first = (unsigned char)*text;
    size_t more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    unsigned code = more == 0 ? first : first & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3fu);
    if (more > 0)
        fprintf(out, "\\[u%04X]", code);
    else
        fputc(*text, out);
    return 1 + more;
}

static void put_plain(FILE *out, const char *text, size_t length)
{
    if (length > 0 && text[0] == '.')
        fputs("\\&", out);
    for (size_t i = 0; i < length;)
        i += put_character(out, text + i);
}

static void put_bold(FILE *out, const char *text, size_t length)
{
    fputs("\\fB", out);
    for (size_t i = 0; i < length;)
        i += put_character(out, text + i);
    fputs("\\fR", out);
}

/* Returns the length of an option's name that begins here, as in --format; 0 if none does. */
static size_t option_length(const char *text, const char *at)
{
    if (strncmp(at, "--", 2) != 0 || !islower((unsigned char)at[2]) ||
        (at > text && isalnum((unsigned char)at[-1])))
        return 0;
    size_t length = 2;
    while (islower((unsigned char)at[length]) ||
           (at[length] == '-' && islower((unsigned char)at[length + 1])))
        length++;
    return length;
}

/* Write running text: what stands between backquotes, and names of options, are bold. A sentence ends its line. */
static void put_text(FILE *out, const char *text, size_t length)
{
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        const char *close = *at == '`' ? memchr(at + 1, '`', (size_t)(end - at - 1)) : NULL;
        size_t option = option_length(text, at);
        if (close != NULL) {
            put_bold(out, at + 1, (size_t)(close - at - 1));
            at = close + 1;
        } else if (option > 0) {
            put_bold(out, at, option);
            at += option;
        } else if (at > text + 2 && *at == ' ' && (at[-1] == '.' || at[-1] == ':') &&
                   isalpha((unsigned char)at[-2]) && isupper((unsigned char)at[1])) {
            fputc('\n', out);
            at++;
        } else {
            fputs(at == text && *at == '.' ? "\\&" : "", out);
            at += put_character(out, at);
        }
    }
    fputc('\n', out);
}

static void put_paragraphs(FILE *out, const char *text)
{
    for (bool first = true; *text != '\0'; first = false) {
        size_t length = strcspn(text, "\n");
        if (!first)
            fputs(".PP\n", out);
        put_text(out, text, length);
        text += length + (text[length] == '\n');
    }
}

/* Lines as they are, without the two spaces that --help puts before them. */
static void put_lines(FILE *out, const char *lines)
{
    fputs(".RS 4\n.nf\n", out);
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n"), skip = strncmp(lines, "  ", 2) == 0 ? 2 : 0;
        put_plain(out, lines + skip, length - skip);
        fputc('\n', out);
        lines += length + (lines[length] == '\n');
    }
    fputs(".fi\n.RE\n", out);
}

/* "reelvec-model-list" */
static void put_page_name(FILE *out, const char *name)
{
    fputs("reelvec", out);
    if (name[0] != '\0')
        fputs("\\-", out);
    for (; *name != '\0'; name++)
        put_character(out, *name == ' ' ? "-" : name);
}

/* The day of the build, or the one that builds which must be the same again name (reproducible-builds.org). */
static void write_date(char *date, size_t size_bytes)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = epoch != NULL ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
    struct tm day = {0};
    gmtime_r(&now, &day);
    strftime(date, size_bytes, "%Y-%m-%d", &day);
}

static void put_title(FILE *out, const char *name, const char *summary)
{
    fputs(".\\\" Made from the program's tables when it was built.\n.TH \"REELVEC", out);
    if (name[0] != '\0')
        fputs("\\-", out);
    for (const char *at = name; *at != '\0'; at++)
        put_character(out, *at == ' ' ? "-" : (char[]){(char)toupper((unsigned char)*at), '\0'});
    char date[16];
    write_date(date, sizeof date);
    fprintf(out, "\" 1 \"%s\" \"reelvec %s\" \"User Commands\"\n.SH NAME\n", date, rv_version());
    put_page_name(out, name);
    fputs(" \\- ", out);
    put_plain(out, summary, strlen(summary));
    fputc('\n', out);
}

static void put_entries(FILE *out, const CliHelpEntry *entry)
{
    for (; entry->left != NULL; entry++) {
        fputs(".TP\n", out);
        put_bold(out, entry->left, strlen(entry->left));
        fputc('\n', out);
        put_text(out, entry->right, strlen(entry->right));
    }
}

static void put_option(FILE *out, const CliOption *option)
{
    fputs(".TP\n", out);
    if (option->letter != 0) {
        put_bold(out, (char[]){'-', option->letter}, 2);
        fputs(", ", out);
    }
    fputs("\\fB\\-\\-", out);
    put_plain(out, option->name, strlen(option->name));
    fputs("\\fR", out);
    if (option->argument != NULL) {
        bool optional = strncmp(option->argument, "[=", 2) == 0;
        fputs(optional ? "" : " ", out);
        fputs("\\fI", out);
        put_plain(out, option->argument, strlen(option->argument));
        fputs("\\fR", out);
    }
    fputc('\n', out);
    put_text(out, option->help, strlen(option->help));
}

/* What a command's help says behind its options, as it prints it. */
static void put_more(FILE *out, const CliCommand *command)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *memory = open_memstream(&text, &size_bytes);
    if (memory == NULL)
        return;
    command->more(memory);
    fclose(memory);
    const char *start = text + strspn(text, "\n");
    size_t title = strcspn(start, "\n");
    if (title > 1 && start[title - 1] == ':') { // "Formats:" is a heading
        fputs(".SH ", out);
        for (size_t i = 0; i + 1 < title; i++)
            put_character(out, (char[]){(char)toupper((unsigned char)start[i]), '\0'});
        fputc('\n', out);
        start += title + 1;
    }
    put_lines(out, start);
    free(text);
}

static void put_see_also(FILE *out, const CliCommand *command)
{
    fputs(".SH SEE ALSO\n", out);
    if (command != NULL)
        fputs(".BR reelvec (1)", out);
    size_t count = command != NULL;
    for (const CliCommand *const *other = cli_commands; *other != NULL; other++) {
        bool related =
            command == NULL ||
            (page_second_word(command) != NULL && page_first_word(*other) == page_first_word(command) &&
             strncmp((*other)->name, command->name, page_first_word(command)) == 0);
        if (*other == command || !related)
            continue;
        fputs(count++ > 0 ? ",\n.BR " : ".BR ", out);
        put_page_name(out, (*other)->name);
        fputs(" (1)", out);
    }
    fputc('\n', out);
}

void page_man_command(FILE *out, const CliCommand *command)
{
    put_title(out, command->name, command->summary);
    fputs(".SH SYNOPSIS\n.B reelvec ", out);
    put_plain(out, command->name, strlen(command->name));
    fputs("\n[\\fIOPTION\\fR...]\n", out);
    if (command->arguments[0] != '\0') {
        fputs("\\fI", out);
        put_plain(out, command->arguments, strlen(command->arguments));
        fputs("\\fR\n", out);
    }
    fputs(".SH DESCRIPTION\n", out);
    put_paragraphs(out, command->description != NULL ? command->description : command->summary);
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; i < command->option_count; i++)
        put_option(out, &command->options[i]);
    fputs(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nprint a summary of this page\n", out);
    if (command->more != NULL)
        put_more(out, command);
    fputs(".SH EXIT STATUS\n", out);
    put_entries(out, command->exit_statuses != NULL ? command->exit_statuses : cli_exit_statuses);
    fputs(".SH EXAMPLES\n", out);
    put_lines(out, command->examples);
    put_see_also(out, command);
}

void page_man_program(FILE *out)
{
    put_title(out, "", "find moments in videos by what they show");
    fputs(".SH SYNOPSIS\n.B reelvec\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
          ".SH DESCRIPTION\n",
          out);
    put_paragraphs(out, cli_about);
    fputs(".PP\nOptions may also stand in front of the command.\n", out);
    put_paragraphs(out, cli_streams);
    fputs(".SH COMMANDS\n", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        fputs(".TP\n.BR ", out);
        put_page_name(out, (*command)->name);
        fputs(" (1)\n", out);
        put_text(out, (*command)->summary, strlen((*command)->summary));
    }
    fputs(
        ".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nprint a summary, behind a command that command's\n"
        ".TP\n\\fB\\-V\\fR, \\fB\\-\\-version\\fR\nprint the version\n.SH ENVIRONMENT\n",
        out);
    put_entries(out, cli_variables);
    fputs(
        ".SH FILES\n.TP\n\\fB$XDG_CONFIG_HOME/reelvec/config.toml\\fR, \\fB\\(ti/.config/reelvec/config.toml\\fR\n"
        "The settings file.\n",
        out);
    put_text(out, cli_settings, strlen(cli_settings));
    fputs(".SH EXIT STATUS\n", out);
    put_entries(out, cli_exit_statuses);
    fputs(".SH EXAMPLES\n", out);
    put_lines(out, cli_first_steps);
    put_see_also(out, NULL);
}
