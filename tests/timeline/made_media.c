/* SPDX-License-Identifier: MIT */
#include "made_media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const MadeMedia *known;
int made_media_reads;
char made_log[8192];

void made_media_set(const MadeMedia *videos)
{
    known = videos;
    made_media_reads = 0;
}

RvStatus made_media_read(const char *path, RvMedia *out, RvError *err)
{
    *out = (RvMedia){0};
    made_media_reads++;
    const MadeMedia *video = known;
    while (video->path != NULL && strcmp(video->path, path) != 0)
        video++;
    if (video->path == NULL)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no such file", path);
    int tracks = video->channels == 0 ? 0 : video->tracks > 0 ? video->tracks : 1;
    out->path = strdup(path);
    out->rate = video->rate;
    out->variable_rate = video->variable;
    out->frame_count = rv_rate_frames(video->rate, video->length_s);
    out->duration_s = video->length_s;
    out->first_frame_s = video->first_frame_s;
    out->width = out->coded_width = 1920;
    out->height = out->coded_height = 1080;
    out->aspect_num = out->aspect_den = 1;
    strcpy(out->codec, "h264");
    out->audio = calloc((size_t)tracks + 1, sizeof *out->audio);
    out->audio_count = (size_t)tracks;
    for (int i = 0; i < tracks; i++)
        out->audio[i] = (RvAudioTrack){.channels = video->channels, .sample_rate = 48000, .codec = "aac"};
    if (video->variable)
        strcpy(out->warning, "its frame rate varies");
    if (video->timecode != NULL &&
        rv_timecode_read(video->timecode, video->rate, &out->start_frame, &out->drop_frame)) {
        out->has_timecode = true;
        strcpy(out->timecode, video->timecode);
    }
    return RV_OK;
}

static void keep_line(void *user, RvLogLevel level, const char *message)
{
    (void)user;
    (void)level;
    size_t length = strlen(made_log);
    snprintf(made_log + length, sizeof made_log - length, "%s\n", message);
}

RvLog made_log_start(void)
{
    made_log[0] = '\0';
    return (RvLog){.write = keep_line};
}
