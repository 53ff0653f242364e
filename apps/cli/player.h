/* SPDX-License-Identifier: MIT */
/* A video player that is started at a time of a video. */
#ifndef RV_CLI_PLAYER_H
#define RV_CLI_PLAYER_H

#include "reelvec/video.h"

#define CLI_PLAYERS "mpv, vlc, ffplay" // in the order in which they are looked for

typedef struct CliPlayer {
    RvPlayer kind;   // how it is told where to begin
    char path[4096]; // of the program
} CliPlayer;

/* Find a player. wanted: a program's path, or its name on PATH; NULL: REELVEC_PLAYER, otherwise the first of
 * CLI_PLAYERS on PATH. Its name tells its kind: "mpv", "mpv-0.40" and "mpv.sh" are mpv. Errors: NOT_FOUND, ARGUMENT (a
 * name that tells no kind). */
RvStatus cli_player_find(const char *wanted, CliPlayer *out, RvError *err);

/* Play a video (a path or a URL) from a time of the library on, and wait for the player's end. Its standard output is
 * our standard error, so that rows stay alone on ours. Ctrl-C is the player's; SIGTERM and SIGHUP are passed on to
 * it. Prints what went wrong; returns the exit status. */
int cli_player_play(const CliPlayer *player, const char *video, double time_s);

#endif
