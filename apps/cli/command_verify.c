/* SPDX-License-Identifier: MIT */
/* reelvec verify: check everything that the library holds. */
#include "cli.h"
#include "context.h"

typedef struct VerifySettings {
    CliCommon common;
} VerifySettings;

static const CliOption options[] = {
    CLI_OPTION_LIBRARY(VerifySettings),
    CLI_OPTION_THREADS(VerifySettings),
    CLI_OPTION_QUIET(VerifySettings),
};

static void print_fault(void *user, const char *line)
{
    (void)user;
    cli_print("%s", line);
}

static int run(const CliCommand *command, int argc, char **argv)
{
    VerifySettings settings = {0};
    CliValues values;
    int status;
    if (!cli_begin(command, argc, argv, &settings, &values, &status))
        return status;
    RvLibrary *library = NULL;
    RvError err = {0};
    size_t fault_count = 0;
    status = CLI_DONE;
    if (cli_open_library(&settings.common, CLI_LIBRARY_READ, cli_log(&settings.common, NULL), &library,
                         &err) != RV_OK ||
        rv_library_verify(library, print_fault, NULL, &fault_count, &err) != RV_OK)
        status = cli_fail(&err);
    else if (fault_count > 0)
        status = CLI_FAILED;
    if (err.status == RV_OK && !settings.common.quiet)
        cli_message(fault_count == 0   ? "no faults"
                    : fault_count == 1 ? "%zu fault"
                                       : "%zu faults",
                    fault_count);
    rv_library_close(library);
    cli_values_clear(&values);
    return status;
}

const CliCommand cli_command_verify = {
    .name = "verify",
    .arguments = "",
    .summary = "check everything that the library holds",
    .description = "Checks the database's own integrity, lengths and values of embeddings, frame numbers, "
                   "and that every "
                   "picture decodes. Prints each fault as one line; the exit status is 1 when there are any.",
    .examples = "  reelvec verify\n"
                "  reelvec verify --library talks.db --quiet\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
