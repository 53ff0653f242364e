/* SPDX-License-Identifier: MIT */
/* What commands share while they run: messages, opening library and model, interruption, standard output. */
#include "context.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"

// Why standard output failed first, or what kept a line from it: later calls do not know.
static int output_errno;

static void print_line(FILE *file, const char *start, const char *format, va_list arguments)
{
    char line[8192]; // a path and more; longer lines are cut
    vsnprintf(line, sizeof line, format, arguments);
    char *clean = cli_text_clean(line);
    if (clean != NULL || file != stdout)
        fprintf(file, "%s%s\n", start, clean != NULL ? clean : "out of memory");
    else if (output_errno == 0)
        output_errno = ENOMEM;
    free(clean);
}

void cli_message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stderr, "reelvec: ", format, arguments);
    va_end(arguments);
}

void cli_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stdout, "", format, arguments);
    va_end(arguments);
    cli_flush();
}

int cli_fail(const RvError *err)
{
    cli_message("%s", err->message);
    return err->status == RV_ERROR_ARGUMENT ? CLI_WRONG_USAGE : CLI_FAILED;
}

int cli_fail_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stderr, "reelvec: ", format, arguments);
    va_end(arguments);
    return CLI_WRONG_USAGE;
}

int cli_fail_memory(void)
{
    cli_message("out of memory");
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
    cli_message("%s: %s", level == RV_LOG_WARNING ? "warning" : "error", message);
    funlockfile(stderr);
}

RvLog cli_log(const CliCommon *common, CliProgress *progress)
{
    return common->quiet ? (RvLog){0} : (RvLog){.write = write_log, .user = progress};
}

static const char *setting(const char *option, const char *variable)
{
    const char *value = option != NULL ? option : getenv(variable);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

const char *cli_model(const CliCommon *common)
{
    const char *model = setting(common->model, "REELVEC_MODEL");
    return model != NULL ? model : "ViT-B/32";
}

bool cli_model_is_open(const CliCommon *common)
{
    return setting(common->model, "REELVEC_MODEL") == NULL;
}

const char *cli_library(const CliCommon *common)
{
    return setting(common->library, "REELVEC_LIBRARY");
}

RvStatus cli_open_library(const CliCommon *common, CliLibraryUse use, RvLog log, RvLibrary **out,
                          RvError *err)
{
    RvLibraryOptions options = {.read_only = use == CLI_LIBRARY_READ,
                                .create = use == CLI_LIBRARY_CREATE,
                                .thread_count = common->thread_count,
                                .log = log};
    // One search does not pay for the way to a GPU, unless it is asked for.
    if (common->device != NULL && strcmp(common->device, "auto") != 0)
        options.device = common->device;
    return rv_library_open(cli_library(common), &options, out, err);
}

/* --precision, else REELVEC_PRECISION, else auto. */
static RvStatus find_precision(const CliCommon *common, RvPrecision *precision, RvError *err)
{
    static const char *const words[] = {
        [RV_PRECISION_AUTO] = "auto", [RV_PRECISION_FLOAT32] = "float32", [RV_PRECISION_FAST] = "fast"};
    const char *word = setting(NULL, "REELVEC_PRECISION");
    *precision = (RvPrecision)common->precision;
    if (common->precision != RV_PRECISION_AUTO || word == NULL)
        return RV_OK;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            *precision = (RvPrecision)i;
            return RV_OK;
        }
    }
    return cli_error(err, RV_ERROR_ARGUMENT, "REELVEC_PRECISION: '%s' is unknown; give auto, float32 or fast",
                     word);
}

static RvStatus encoder_options(const CliCommon *common, RvLog log, RvEncoderOptions *out, RvError *err)
{
    *out = (RvEncoderOptions){.thread_count = common->thread_count, .device = common->device, .log = log};
    return find_precision(common, &out->precision, err);
}

RvStatus cli_open_encoder(const CliCommon *common, RvLog log, RvEncoder **out, RvError *err)
{
    RvEncoderOptions options;
    RvStatus status = encoder_options(common, log, &options, err);
    return status == RV_OK ? rv_encoder_open(cli_model(common), &options, out, err) : status;
}

RvStatus cli_open_library_encoder(const CliCommon *common, RvLibrary *library, RvLog log, RvEncoder **out,
                                  RvError *err)
{
    RvEncoderOptions options;
    RvLibrary *opened = NULL;
    if (!cli_model_is_open(common))
        return cli_open_encoder(common, log, out, err);
    RvStatus status = encoder_options(common, log, &options, err);
    if (status == RV_OK && library == NULL) {
        status = cli_open_library(common, CLI_LIBRARY_READ, (RvLog){0}, &opened, err);
        if (status == RV_ERROR_NOT_FOUND) // the first video makes it
            return rv_encoder_open(cli_model(common), &options, out, err);
        library = opened;
    }
    if (status == RV_OK)
        status = rv_library_open_encoder(library, &options, out, err);
    rv_library_close(opened);
    return status;
}

double cli_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
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

/* The cause of a failure that stdio met by itself, when its buffer was full. */
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
