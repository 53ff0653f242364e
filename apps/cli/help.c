/* SPDX-License-Identifier: MIT */
/* Help texts, built from the tables that parsing uses. */
#include "help.h"

#include <string.h>

#include "terminal.h"

#define WIDTH_DEFAULT 80 // used if the output is not a terminal
#define WIDTH_MIN 50
#define WIDTH_MAX 100
#define OPTION_COLUMN 26

static void pad(FILE *out, size_t count)
{
    while (count-- > 0)
        fputc(' ', out);
}

static size_t width_of(FILE *out)
{
    size_t columns = cli_terminal_columns(out);
    if (columns == 0)
        return WIDTH_DEFAULT;
    return columns < WIDTH_MIN ? WIDTH_MIN : columns < WIDTH_MAX ? columns : WIDTH_MAX;
}

static void print_paragraphs(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        cli_print_wrapped(out, text, length, 0, 0, width_of(out));
        text += length + (text[length] == '\n');
    }
}

void cli_help_entry(FILE *out, const char *left, const char *right)
{
    size_t length = strlen(left);
    fprintf(out, "  %s", left);
    if (length + 4 > OPTION_COLUMN) {
        fputc('\n', out);
        pad(out, OPTION_COLUMN);
    } else {
        pad(out, OPTION_COLUMN - length - 2);
    }
    cli_print_wrapped(out, right, strlen(right), OPTION_COLUMN, OPTION_COLUMN, width_of(out));
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

static const char exit_statuses[] = "Exit status:\n"
                                    "  0  done\n"
                                    "  1  failed\n"
                                    "  2  wrong usage\n"
                                    "  3  done in part: some inputs failed, each is named on stderr\n"
                                    "  130  interrupted (143 by SIGTERM, 129 by a hangup)\n";

void cli_help_command(const CliCommand *command, FILE *out)
{
    fprintf(out, "Usage: reelvec %s [OPTION...]%s%s\n\n", command->name,
            command->arguments[0] != '\0' ? " " : "", command->arguments);
    print_paragraphs(out, command->description != NULL ? command->description : command->summary);
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < command->option_count; i++)
        print_option(out, &command->options[i]);
    cli_help_entry(out, "-h, --help", "this text");
    if (command->more != NULL)
        command->more(out);
    fprintf(out, "\nExamples:\n%s\n%s", command->examples, exit_statuses);
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
    fprintf(out, "Usage: reelvec %s COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n", word);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (in_group(*command, word))
            print_command(out, *command);
    }
    fprintf(out, "\n`reelvec %s COMMAND --help` tells more about one.\n", word);
}

void cli_help_program(FILE *out)
{
    static const char *const variables[][2] = {
        {"REELVEC_LIBRARY", "the library where --library is not given"},
        {"REELVEC_MODEL", "the model where --model is not given"},
        {"REELVEC_PRECISION", "fast or float32: the precision where --precision is not given or auto"},
        {"REELVEC_DEVICE", "cpu, cuda or cuda:N: the device where --device is not given or auto"},
        {"REELVEC_PLAYER", "the program of `search --play` where --player is not given"},
        {"REELVEC_CUDA_LIBRARIES",
         "the folder of libcuda.so.1 and libcublasLt.so.N, in place of the system's"},
        {"REELVEC_CPU", "scalar, avx2, avxvnni, avx512, avx512vnni or neon: the instructions to use"},
    };
    fputs("Usage: reelvec COMMAND [OPTION...] [ARGUMENT...]\n\n", out);
    print_paragraphs(
        out, "Finds moments in videos by what they show. It takes a frame every second, turns it into "
             "a CLIP embedding, keeps embedding and picture in a library, and answers queries of text, "
             "images, or both, with frames.");
    fputs("\nFirst steps:\n"
          "  reelvec model fetch ViT-B/32\n"
          "  reelvec index holiday.mp4\n"
          "  reelvec search \"a dog on the beach\" --sheet dogs.png\n\n"
          "Commands:\n",
          out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++)
        print_command(out, *command);
    cli_help_entry(out, "help [COMMAND]", "this text, or a command's");
    fputc('\n', out);
    print_paragraphs(out,
                     "`reelvec COMMAND --help` tells more about one; `reelvec --version` prints the version. "
                     "Options may also stand in front of the command.");
    fputs("\nEnvironment:\n", out);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        cli_help_entry(out, variables[i][0], variables[i][1]);
    fputc('\n', out);
    fputs(exit_statuses, out);
    fputs("\nResults go to stdout, everything else to stderr.\n", out);
}
