/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as names, paths, times and timecode of a timeline. The text of a format is UTF-8, XML has no bare
 * characters of markup from names, and an event of an EDL stays one line.
 *
 * Lines of the input: the name of a video, the name of a moment, the title, its timecode, the timeline's; then numbers. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "timeline/timeline_cuts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static const RvRate rates[] = {{24000, 1001}, {25, 1},        {30000, 1001}, {60000, 1001}, {60, 1},
                               {15, 1},       {120000, 1001}, {25, 2},       {1000, 1},     {1, 1}};
static const char *timecode;
static unsigned kind;

static RvStatus read_made(const char *path, RvMedia *out, RvError *err)
{
    *out = (RvMedia){.rate = rates[kind % (sizeof rates / sizeof rates[0])],
                     .frame_count = 1 + kind * 37,
                     .width = 1920,
                     .height = 1080,
                     .first_frame_s = kind % 3 == 0 ? 0.25 : 0};
    out->path = rv_mem_copy_string(path, err);
    out->audio = rv_mem_alloc(3, sizeof *out->audio, err);
    if (out->path == NULL || out->audio == NULL)
        abort();
    out->audio_count = kind % 4;
    for (size_t i = 0; i < out->audio_count && i < 3; i++)
        out->audio[i].channels = (int)(kind >> i) % 9;
    out->has_timecode = rv_timecode_read(timecode, out->rate, &out->start_frame, &out->drop_frame);
    return RV_OK;
}

/* No number of a frame is below 0: its label would count back from midnight. Names cannot look like one, because quotes
 * are escaped in these formats. */
static void check_frames(const char *text)
{
    static const char *const before[] = {"in=\"-",    "out=\"-",    "<in>-",       "<start>-",
                                         "start=\"-", "offset=\"-", "\"value\":-", "\"value\": -"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        if (strstr(text, before[i]) != NULL)
            abort();
    }
}

/* A table is a list of moments again. */
static void check_table(const RvTextFile *file)
{
    RvMoments moments;
    RvError err = {0};
    if (rv_moments_read(file->text, file->size_bytes, &moments, &err) != RV_OK)
        abort();
    rv_moments_clear(&moments);
}

static void check(const char *format, const RvTextFile *file)
{
    if (strlen(file->text) != file->size_bytes || !rv_utf8_is_valid(file->name, strlen(file->name)) ||
        strchr(file->name, '/') != NULL)
        abort();
    if (strcmp(format, "csv") == 0)
        check_table(file);
    if (strcmp(format, "csv") == 0 || strcmp(format, "mpv-edl") == 0)
        return; // paths stand in them as they are
    if (!rv_utf8_is_valid(file->text, file->size_bytes))
        abort();
    size_t opened = 0, closed = 0;
    for (const char *at = file->text; *at != '\0'; at++) {
        opened += *at == '<';
        closed += *at == '>';
        if ((unsigned char)*at < ' ' && *at != '\n')
            abort();
    }
    bool xml = strcmp(format, "fcpxml") == 0 || strcmp(format, "xmeml") == 0 || strcmp(format, "mlt") == 0;
    if (xml && opened != closed)
        abort();
    if (xml || strcmp(format, "otio") == 0)
        check_frames(file->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    char text[2048] = "", *lines[5], *at = text;
    if (size_bytes >= sizeof text)
        return 0;
    memcpy(text, bytes, size_bytes);
    for (size_t i = 0; i < 5; i++) {
        lines[i] = at;
        at += strcspn(at, "\n");
        if (*at != '\0')
            *at++ = '\0';
    }
    kind = (unsigned)strlen(text) * 7 + (unsigned char)at[0];
    timecode = lines[3];
    double start_s = strtod(at, &at), end_s = strtod(at, &at), handles_s = strtod(at, &at);
    RvMoment moments[2] = {
        {.video = lines[0],
         .name = lines[1],
         .start_s = start_s,
         .end_s = end_s,
         .time_s = start_s,
         .score = NAN},
        {.video = lines[1], .start_s = 0, .end_s = end_s, .time_s = end_s / 2, .score = start_s}};
    for (size_t i = 0; i < rv_timeline_format_count(); i++) {
        RvTimelineOptions options = {.format = rv_timeline_format(i)->name,
                                     .title = lines[2],
                                     .handles_s = handles_s,
                                     .record_start = lines[4][0] != '\0' ? lines[4] : NULL};
        RvTextFiles files;
        RvError err;
        RvStatus status = rv_timeline_make_with(moments, 2, &options, read_made, &files, &err);
        for (size_t k = 0; k < files.count; k++)
            check(options.format, &files.items[k]);
        if ((status == RV_OK) != (files.count > 0))
            abort();
        rv_text_files_clear(&files);
    }
    return 0;
}
