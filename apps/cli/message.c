/* SPDX-License-Identifier: MIT */
/* What commands print: messages and errors on stderr, lines on standard output, and the exit status. */
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "hints.h"
#include "progress.h"
#include "signals.h"
#include "terminal.h"
#include "text.h"

// The first error of standard output, or what kept a line from being written. Later calls do not report it
// again.
static int output_errno;

/* `start` stands before the line, in its style. */
static void print_line(FILE *file, CliStyle style, const char *start, const char *format, va_list arguments)
{
    char line[8192]; // a path and more; longer lines are cut
    vsnprintf(line, sizeof line, format, arguments);
    char *clean = cli_text_clean(line);
    const char *before = style != CLI_STYLE_NONE ? cli_style(file, style) : "";
    const char *after = style != CLI_STYLE_NONE ? cli_style(file, CLI_STYLE_NONE) : "";
    if (clean != NULL || file != stdout)
        fprintf(file, "%s%s%s%s\n", before, start, after, clean != NULL ? clean : "out of memory");
    else if (output_errno == 0)
        output_errno = ENOMEM;
    free(clean);
}

void cli_message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stderr, CLI_STYLE_NONE, "reelvec: ", format, arguments);
    va_end(arguments);
}

static void print_styled(CliStyle style, const char *start, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void print_styled(CliStyle style, const char *start, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stderr, style, start, format, arguments);
    va_end(arguments);
}

void cli_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stdout, CLI_STYLE_NONE, "", format, arguments);
    va_end(arguments);
    cli_flush();
}

void cli_print_fact(size_t column, const char *format, ...)
{
    char line[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    char *clean = cli_text_clean(line);
    if (clean == NULL || strlen(clean) < column) { // a name alone
        printf("%s\n", clean != NULL ? clean : "?");
    } else {
        fwrite(clean, 1, column, stdout); // names are ASCII
        cli_print_wrapped(stdout, clean + column, strlen(clean + column), column, column,
                          cli_terminal_columns(stdout));
    }
    free(clean);
    cli_flush();
}

int cli_fail(const RvError *err)
{
    char text[CLI_ERROR_TEXT_SIZE];
    print_styled(CLI_STYLE_ERROR, "reelvec: ", "%s", cli_error_text(err, text, sizeof text));
    if (err->status == RV_ERROR_CANCELLED && cli_interrupted())
        return CLI_INTERRUPTED;
    return err->status == RV_ERROR_ARGUMENT ? CLI_WRONG_USAGE : CLI_FAILED;
}

int cli_fail_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stderr, CLI_STYLE_ERROR, "reelvec: ", format, arguments);
    va_end(arguments);
    return CLI_WRONG_USAGE;
}

int cli_fail_memory(void)
{
    print_styled(CLI_STYLE_ERROR, "reelvec: ", "out of memory");
    return CLI_FAILED;
}

static void write_log(void *user, RvLogLevel level, const char *message)
{
    CliProgress *progress = user;
    if (level > RV_LOG_WARNING)
        return;
    flockfile(stderr); // the library may call from any of its threads
    if (progress != NULL)
        cli_progress_hide(progress);
    if (level == RV_LOG_WARNING)
        print_styled(CLI_STYLE_WARNING, "reelvec: warning: ", "%s", message);
    else
        print_styled(CLI_STYLE_ERROR, "reelvec: error: ", "%s", message);
    funlockfile(stderr);
}

RvLog cli_log(const CliCommon *common, CliProgress *progress)
{
    return common->quiet ? (RvLog){0} : (RvLog){.write = write_log, .user = progress};
}

void cli_keep_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", modes[descriptor]) != descriptor)
            _exit(CLI_FAILED);
    }
}

bool cli_flush(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (output_errno == 0)
        output_errno = errno;
    return false;
}

/* Returns the cause of a failure that occurred inside stdio, when its buffer was full. */
static int find_output_errno(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    if (output_errno != 0)
        return output_errno;
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0 ? EPIPE : EIO;
}

int cli_finish(int status)
{
    if (status == CLI_INTERRUPTED && cli_interrupted())
        status = cli_interrupt_status();
    if (cli_flush() && output_errno == 0)
        return status;
    int cause = find_output_errno();
    if (cause == EPIPE)
        return CLI_BROKEN_PIPE;
    cli_message("standard output: %s", strerror(cause));
    return CLI_FAILED;
}
