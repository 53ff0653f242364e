/* SPDX-License-Identifier: MIT */
/* reelvec doctor: what this machine and build can do. */
#include <dlfcn.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/cli.h"
#include "cli/config_file.h"
#include "cli/hints.h"
#include "cli/open.h"
#include "cli/player.h"
#include "cli/terminal.h"
#include "cli/text.h"

typedef struct DoctorSettings {
    CliCommon common;
} DoctorSettings;

static const CliOption options[] = {
    CLI_OPTION_LIBRARY(DoctorSettings), CLI_OPTION_MODEL(DoctorSettings),
    CLI_OPTION_THREADS(DoctorSettings), CLI_OPTION_PRECISION(DoctorSettings),
    CLI_OPTION_DEVICE(DoctorSettings),
};

#define FACT_COLUMN 12

/* Print a line. On a terminal it is wrapped between words. */
static void print_value(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print_value(const char *name, const char *format, ...)
{
    char value[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    char *clean = cli_text_clean(value);
    const char *shown = clean != NULL ? clean : "?";
    printf("%-*s", FACT_COLUMN, name);
    cli_print_wrapped(stdout, shown, strlen(shown), FACT_COLUMN, FACT_COLUMN, cli_terminal_columns(stdout));
    free(clean);
}

static void print_error(const char *name, const RvError *err)
{
    char text[CLI_ERROR_TEXT_SIZE];
    print_value(name, "%s", cli_error_text(err, text, sizeof text));
}

static void print_machine(void)
{
    struct utsname system;
    cpu_set_t cores;
    if (uname(&system) == 0)
        print_value("system", "%s %s, %s", system.sysname, system.release, system.machine);
    if (sched_getaffinity(0, sizeof cores, &cores) == 0)
        print_value("cores", "%d may be used", CPU_COUNT(&cores));
    const char *cap = getenv("REELVEC_CPU");
    if (cap != NULL && cap[0] != '\0')
        print_value("REELVEC_CPU", "%s", cap);
}

/* The extension is beside the shared library, as installed, or where a build folder has it. */
static void print_extension(void)
{
    static const char *const places[] = {"", "../apps/sqlite/"};
    Dl_info library;
    if (dladdr((const void *)(uintptr_t)rv_version, &library) == 0 || library.dli_fname == NULL)
        return;
    const char *slash = strrchr(library.dli_fname, '/');
    int folder_length = slash != NULL ? (int)(slash + 1 - library.dli_fname) : 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char path[4096], *real;
        int length = snprintf(path, sizeof path, "%.*s%slibreelvec_sqlite.so", folder_length,
                              library.dli_fname, places[i]);
        if (length > 0 && (size_t)length < sizeof path && (real = realpath(path, NULL)) != NULL) {
            print_value("extension", "%s (`.load` of SQLite)", real);
            free(real);
            return;
        }
    }
    print_value("extension", "libreelvec_sqlite.so is not beside the library");
}

/* Returns the exit status: a file that cannot be taken stops every other command. */
static int check_settings(void)
{
    char path[4096], names[2048];
    CliConfig *config = NULL;
    RvError err = {0};
    if (!cli_config_path(path, sizeof path)) {
        print_value("settings", "no file: REELVEC_CONFIG is empty, or there is no home");
        return CLI_DONE;
    }
    RvStatus status = cli_config_read(&config, &err);
    cli_config_list(config, false, names, sizeof names);
    if (status != RV_OK)
        print_value("settings", "%s", err.message);
    else
        print_value("settings", "%s sets %s", path, names[0] != '\0' ? names : "nothing");
    cli_config_free(config);
    return status == RV_OK ? CLI_DONE : CLI_FAILED;
}

static void print_player(void)
{
    CliPlayer player;
    RvError err = {0};
    if (cli_player_find(NULL, &player, &err) == RV_OK)
        print_value("player", "%s (`search --play`)", player.path);
    else
        print_value("player", "%s", err.message);
}

static void print_ffmpeg(void)
{
    char path[4096], version[64];
    RvError err = {0};
    if (rv_cut_ffmpeg(NULL, path, sizeof path, version, sizeof version, &err) == RV_OK)
        print_value("clips", "by %s, version %s", path, version);
    else
        print_error("clips", &err);
}

static void print_fact(void *user, const char *name, const char *value)
{
    (void)user;
    print_value(name, "%s", value);
}

/* That there is no vocabulary is a state: such a model embeds pictures. A broken one is a failure. */
static RvStatus check_texts(RvEncoder *encoder)
{
    int32_t *tokens = NULL;
    size_t count = 0;
    RvError err = {0};
    RvStatus status = rv_encoder_tokenize(encoder, "a", 1, &tokens, &count, &err);
    rv_free(tokens);
    if (status != RV_OK)
        print_error("texts", &err);
    return status == RV_ERROR_NOT_FOUND ? RV_OK : status;
}

/* The model that searches would use: without --model the one that made the library. *out: opened, or NULL. */
static int check_model(const CliCommon *common, RvLibrary *library, RvEncoder **out)
{
    RvEncoder *encoder = NULL;
    RvError err = {0};
    RvStatus status = library != NULL ? cli_open_library_encoder(common, library, (RvLog){0}, &encoder, &err)
                                      : cli_open_encoder(common, (RvLog){0}, &encoder, &err);
    if (status == RV_OK)
        status = rv_encoder_open_device(encoder, &err);
    if (status == RV_OK) {
        const RvModelInfo *info = rv_encoder_info(encoder);
        print_value("model", "%s: %s", info->name, info->path);
        print_value("runs on", "%s, %d thread%s, pictures in %s precision", info->kernels, info->thread_count,
                    info->thread_count == 1 ? "" : "s", info->precision);
        print_value("pictures", "%s (%s), %d at a time", info->device, info->device_name, info->batch_size);
        status = check_texts(encoder);
    } else {
        print_error("model", &err);
    }
    *out = encoder;
    // That nothing has been fetched yet is a state, not a failure; that the library needs another model is one.
    bool waits = status == RV_ERROR_NOT_FOUND && common->model == NULL && err.hint != RV_HINT_MODEL;
    return status == RV_OK || waits ? CLI_DONE : CLI_FAILED;
}

/* A model that was named may be another one than the library's, which no search takes. */
static int check_pair(RvLibrary *library, RvEncoder *encoder)
{
    RvError err = {0};
    if (library == NULL || encoder == NULL || rv_library_check_encoder(library, encoder, &err) == RV_OK)
        return CLI_DONE;
    print_error("library", &err);
    return CLI_FAILED;
}

/* What opening the library gave, and what is in it. */
static int check_library(const CliCommon *common, RvLibrary *library, RvStatus opened, const RvError *cause)
{
    RvVideos videos = {0};
    RvError err = *cause;
    char path[4096] = "";
    const char *uri = cli_library(common);
    if (uri == NULL && rv_library_default_path(path, sizeof path, NULL) == RV_OK)
        uri = path;
    RvStatus status = opened == RV_OK ? rv_library_list(library, NULL, &videos, &err) : opened;
    if (status == RV_OK)
        print_value("library", "%s: %zu video%s", rv_library_uri(library), videos.count,
                    videos.count == 1 ? "" : "s");
    else if (status == RV_ERROR_NOT_FOUND && (uri == NULL || strstr(uri, "://") == NULL))
        print_value("library", "%s: not there yet; `reelvec index` makes it", uri != NULL ? uri : "?");
    else
        print_error("library", &err);
    rv_videos_clear(&videos);
    return status == RV_OK || (status == RV_ERROR_NOT_FOUND && common->library == NULL) ? CLI_DONE
                                                                                        : CLI_FAILED;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    DoctorSettings *settings = user;
    char folder[4096];
    print_value("reelvec", "%s", rv_version());
    print_machine();
    rv_describe_build(print_fact, NULL);
    print_extension();
    print_player();
    print_ffmpeg();
    if (rv_model_folder(folder, sizeof folder, NULL) == RV_OK)
        print_value("models", "%s", folder);
    RvLibrary *library = NULL;
    RvError err = {0};
    RvStatus opened = cli_open_library(&settings->common, RV_OPEN_READ, (RvLog){0}, &library, &err);
    RvEncoder *encoder = NULL;
    int status = check_model(&settings->common, library, &encoder);
    int library_status = check_library(&settings->common, library, opened, &err);
    int pair_status = check_pair(library, encoder);
    rv_encoder_close(encoder);
    rv_library_close(library);
    int settings_status = check_settings();
    status = status != CLI_DONE ? status : library_status;
    status = status != CLI_DONE ? status : pair_status;
    return status != CLI_DONE ? status : settings_status;
}

const CliCommand cli_command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "what this machine and build can do",
    .description =
        "Tells the version, those of FFmpeg and SQLite, the video hardware that --hwaccel can use, "
        "whether CUDA works and if not why, the "
        "processor's instructions in use, where the extension for SQLite lies, which player `search --play` "
        "takes, which ffmpeg program cuts clips, where models, libraries and the settings file are looked for, and "
        "whether they open. The model is the one that made the library, unless one is named; a named one is compared "
        "with the library's. The exit status is 1 when one of them is there but broken, or the model is not the "
        "library's.",
    .examples = "  reelvec doctor\n"
                "  REELVEC_CPU=avx2 reelvec doctor\n",
    CLI_OPTIONS(DoctorSettings, options),
    .run = run,
};
