/* SPDX-License-Identifier: MIT */
/* A video player that is started at a time of a video. */
#include "player.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "message.h"
#include "reelvec/reelvec.h"
#include "signals.h"
#include "text.h"

#define ARGUMENTS_MAX 12

extern char **environ;

/* In the order in which they are looked for. */
static const struct {
    RvPlayer kind;
    const char *name, *other_name; // what the program's name begins with
    const char *option;            // before the seconds
} players[] = {
    // '+': from the file's start, also if the user's settings count otherwise
    {RV_PLAYER_MPV, "mpv", "mpv", "--start=+"},
    {RV_PLAYER_VLC, "vlc", "cvlc", "--start-time="},
    {RV_PLAYER_FFMPEG, "ffplay", "ffplay", ""},
};
#define PLAYER_COUNT (sizeof players / sizeof players[0])

/* ---- finding -------------------------------------------------------------------------------------------- */

static bool is_program(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && access(path, X_OK) == 0;
}

/* Write the path of a program; as a shell would find it. Returns false if there is none. */
static bool find_program(const char *name, char *path, size_t size_bytes)
{
    if (strchr(name, '/') != NULL) {
        int length = snprintf(path, size_bytes, "%s", name);
        return length > 0 && (size_t)length < size_bytes && is_program(path);
    }
    const char *folders = getenv("PATH");
    for (const char *at = folders; at != NULL; at = *at == ':' ? at + 1 : NULL) {
        int length = (int)strcspn(at, ":");
        int written =
            snprintf(path, size_bytes, "%.*s/%s", length > 0 ? length : 1, length > 0 ? at : ".", name);
        if (written > 0 && (size_t)written < size_bytes && is_program(path))
            return true;
        at += length;
    }
    return false;
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool tell_kind(const char *path, RvPlayer *kind)
{
    const char *name = cli_text_last_part(path);
    for (size_t i = 0; i < PLAYER_COUNT; i++) {
        *kind = players[i].kind;
        if (begins_with(name, players[i].name) || begins_with(name, players[i].other_name))
            return true;
    }
    return false;
}

RvStatus cli_player_find(const char *wanted, CliPlayer *out, RvError *err)
{
    const char *source = "--player", *variable = getenv("REELVEC_PLAYER");
    if (wanted == NULL && variable != NULL && variable[0] != '\0') {
        source = "REELVEC_PLAYER";
        wanted = variable;
    }
    for (size_t i = 0; wanted == NULL && i < PLAYER_COUNT; i++) {
        out->kind = players[i].kind;
        if (find_program(players[i].name, out->path, sizeof out->path))
            return RV_OK;
    }
    if (wanted == NULL)
        return cli_error(err, RV_ERROR_NOT_FOUND,
                         "no player is on PATH (" CLI_PLAYERS "); install one, or name it with --player or "
                         "REELVEC_PLAYER");
    if (!tell_kind(wanted, &out->kind))
        return cli_error(
            err, RV_ERROR_ARGUMENT,
            "%s: how '%s' is told where to begin is not known; the name must begin as one of " CLI_PLAYERS,
            source, wanted);
    if (!find_program(wanted, out->path, sizeof out->path))
        return cli_error(err, RV_ERROR_NOT_FOUND, "%s: '%s' is no program%s", source, wanted,
                         strchr(wanted, '/') != NULL ? "" : " on PATH");
    return RV_OK;
}

/* ---- starting ------------------------------------------------------------------------------------------- */

static bool is_url(const char *name)
{
    return strncasecmp(name, "http://", 7) == 0 || strncasecmp(name, "https://", 8) == 0;
}

/* VLC reads some names as addresses, so it gets an address: RFC 8089, the path in percent-encoding. */
static char *file_url(const char *path)
{
    char *url = malloc(sizeof "file://" + 3 * strlen(path)), *to = url;
    if (url == NULL)
        return NULL;
    to = stpcpy(to, "file://");
    for (const unsigned char *at = (const unsigned char *)path; *at != '\0'; at++) {
        bool plain = isascii(*at) && (isalnum(*at) || strchr("/-._~", *at) != NULL);
        to += plain ? sprintf(to, "%c", *at) : sprintf(to, "%%%02X", *at);
    }
    return url;
}

/* Returns the video as the player's argument, which does not begin with '-' and is not read as anything else. Free with
 * free(). NULL: errno says why. */
static char *video_argument(RvPlayer kind, const char *video)
{
    if (is_url(video))
        return strdup(video);
    char *path = realpath(video, NULL), *argument = NULL;
    if (path == NULL)
        return NULL;
    if (kind == RV_PLAYER_VLC)
        argument = file_url(path);
    else if (kind == RV_PLAYER_MPV)
        argument = strdup(path);
    else if (asprintf(&argument, "file:%s", path) < 0)
        argument = NULL;
    free(path);
    if (argument == NULL)
        errno = ENOMEM;
    return argument;
}

/* Seconds with a point in every locale. */
static void write_seconds(double time_s, char *text, size_t size_bytes)
{
    long long us = time_s > 0 ? llround(time_s * 1e6) : 0;
    snprintf(text, size_bytes, "%lld.%06lld", us / 1000000, us % 1000000);
}

static void fill_arguments(const CliPlayer *player, char *start, char *video, char **arguments)
{
    // ffplay alone would fill the terminal with its report, and stay open behind the end.
    static char dashes[] = "--", seek[] = "-ss", input[] = "-i", at_end[] = "-autoexit",
                no_banner[] = "-hide_banner", no_report[] = "-nostats", level[] = "-loglevel",
                errors[] = "error";
    char *const ffplay[] = {at_end, no_banner, no_report, level, errors, seek};
    size_t count = 0;
    arguments[count++] = (char *)player->path;
    for (size_t i = 0; player->kind == RV_PLAYER_FFMPEG && i < sizeof ffplay / sizeof ffplay[0]; i++)
        arguments[count++] = ffplay[i];
    arguments[count++] = start;
    if (player->kind == RV_PLAYER_MPV)
        arguments[count++] = dashes;
    else if (player->kind == RV_PLAYER_FFMPEG)
        arguments[count++] = input;
    arguments[count++] = video;
    arguments[count] = NULL;
}

/* Signals that are ignored here would be ignored in the player too. */
static int spawn(char *const *arguments, pid_t *child)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t defaults, none;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    int code = posix_spawnattr_init(&attributes);
    if (code != 0)
        return code;
    code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        code = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        if (code == 0)
            code = posix_spawn(child, arguments[0], &actions, &attributes, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return code;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

/* Print how the player failed, and the usual reason if it may be that one. */
static void tell_failure(const CliPlayer *player, int exit_status)
{
    bool display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    cli_message("%s: ended with status %d%s", player->path, exit_status,
                display ? ""
                        : "; neither DISPLAY nor WAYLAND_DISPLAY is set, so it may have found no display");
}

static int run_player(const CliPlayer *player, char *const *arguments)
{
    pid_t child = 0;
    int signal_number = 0, ended = 0;
    sigset_t mask;
    cli_hold_signals(&mask);
    int code = spawn(arguments, &child);
    if (code != 0) {
        cli_release_signals(&mask);
        cli_message("%s: cannot be started: %s", player->path, strerror(code));
        return CLI_FAILED;
    }
    if (!cli_wait_for_program(child, &mask, &ended, &signal_number)) {
        cli_message("%s: was lost sight of: %s", player->path, strerror(errno));
        return CLI_FAILED;
    }
    if (signal_number != 0)
        return 128 + signal_number;
    if (WIFSIGNALED(ended))
        cli_message("%s: was ended by signal %d", player->path, WTERMSIG(ended));
    else if (WEXITSTATUS(ended) != 0)
        tell_failure(player, WEXITSTATUS(ended));
    return WIFEXITED(ended) && WEXITSTATUS(ended) == 0 ? CLI_DONE : CLI_FAILED;
}

int cli_player_play(const CliPlayer *player, const char *video, double time_s)
{
    RvError err = {0};
    double player_s = 0;
    char seconds[32], start[64], *arguments[ARGUMENTS_MAX];
    if (rv_video_player_time(video, player->kind, time_s, &player_s, &err) != RV_OK)
        return cli_fail(&err);
    write_seconds(player_s, seconds, sizeof seconds);
    for (size_t i = 0; i < PLAYER_COUNT; i++) {
        if (players[i].kind == player->kind)
            snprintf(start, sizeof start, "%s%s", players[i].option, seconds);
    }
    char *name = video_argument(player->kind, video);
    if (name == NULL && errno == ENOMEM)
        return cli_fail_memory();
    if (name == NULL) {
        cli_message("%s: cannot be found: %s", video, strerror(errno));
        return CLI_FAILED;
    }
    fill_arguments(player, start, name, arguments);
    int status = cli_flush() ? run_player(player, arguments) : CLI_FAILED;
    free(name);
    return status;
}
