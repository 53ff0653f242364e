/* SPDX-License-Identifier: MIT */
/* What ffmpeg can do beside what it always can is asked when it is needed for the first time. */
#include "ffmpeg.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/program.h"
#include "reelvec/reelvec.h"
#include "web_clock.h"

#define ANSWER_S 10.0
#define NO_RELEASE 999

struct Ffmpeg {
    char *path;
    int major, minor;
    pthread_mutex_t mutex;
    bool asked, maps_tones;
};

static void read_version(Ffmpeg *ffmpeg, const char *version)
{
    version += *version == 'n'; // of a build from the source's repository
    if (sscanf(version, "%d.%d", &ffmpeg->major, &ffmpeg->minor) != 2 || ffmpeg->major >= 1000)
        ffmpeg->major = ffmpeg->minor = NO_RELEASE;
}

Ffmpeg *ffmpeg_find(void)
{
    char path[4096], version[64];
    RvError err = {0};
    Ffmpeg *ffmpeg = calloc(1, sizeof *ffmpeg);
    if (ffmpeg == NULL || rv_cut_ffmpeg(NULL, path, sizeof path, version, sizeof version, &err) != RV_OK ||
        (ffmpeg->path = strdup(path)) == NULL) {
        free(ffmpeg);
        return NULL;
    }
    read_version(ffmpeg, version);
    pthread_mutex_init(&ffmpeg->mutex, NULL);
    return ffmpeg;
}

void ffmpeg_forget(Ffmpeg *ffmpeg)
{
    if (ffmpeg == NULL)
        return;
    pthread_mutex_destroy(&ffmpeg->mutex);
    free(ffmpeg->path);
    free(ffmpeg);
}

const char *ffmpeg_path(const Ffmpeg *ffmpeg)
{
    return ffmpeg->path;
}

bool ffmpeg_is_from(const Ffmpeg *ffmpeg, int major, int minor)
{
    return ffmpeg->major > major || (ffmpeg->major == major && ffmpeg->minor >= minor);
}

/* ---- filters ------------------------------------------------------------------------------------------ */

/* Does a line's second word name the filter? " .SC zscale            V->V       Apply ..." */
static bool names_filter(const char *line, const char *name)
{
    char flags[8], word[64];
    return sscanf(line, "%7s %63s", flags, word) == 2 && strcmp(word, name) == 0;
}

/* What it writes until its end, at most `size - 1` bytes. */
static void read_answer(const Program *program, char *text, size_t size)
{
    size_t count = 0;
    Patience patience = web_patience(ANSWER_S);
    while (count < size - 1 && web_patience_lasts(&patience)) {
        struct pollfd polled = {.fd = program->output, .events = POLLIN};
        ssize_t got = poll(&polled, 1, 200) > 0 ? read(program->output, text + count, size - 1 - count) : -1;
        if (got == 0)
            break;
        count += got > 0 ? (size_t)got : 0;
    }
    text[count] = '\0';
}

static bool ask_for_filters(const Ffmpeg *ffmpeg)
{
    enum { TEXT_BYTES = 1 << 17 };
    const char *const arguments[] = {ffmpeg->path, "-hide_banner", "-loglevel", "quiet", "-filters", NULL};
    Program program;
    bool is_program, light = false, tones = false;
    char *text = malloc(TEXT_BYTES), *rest;
    if (text == NULL || rv_program_start(arguments, FFMPEG_NICER, &program, &is_program) != 0) {
        free(text);
        return false;
    }
    read_answer(&program, text, TEXT_BYTES);
    rv_program_end(&program);
    rv_program_close(&program);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        light = light || names_filter(line, "zscale");
        tones = tones || names_filter(line, "tonemap");
    }
    free(text);
    return light && tones;
}

bool ffmpeg_maps_tones(Ffmpeg *ffmpeg)
{
    pthread_mutex_lock(&ffmpeg->mutex);
    if (!ffmpeg->asked)
        ffmpeg->maps_tones = ask_for_filters(ffmpeg);
    ffmpeg->asked = true;
    bool maps = ffmpeg->maps_tones;
    pthread_mutex_unlock(&ffmpeg->mutex);
    return maps;
}
