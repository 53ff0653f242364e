/* SPDX-License-Identifier: MIT */
/* GET /api/v1/videos/{id}/play: the video from a second on as fragmented MP4, for browsers that cannot play the file.
 *
 *     the file's time      ....key....zero + t........
 *     time of the answer       -1.48  0                 remux: what is before 0 is there and hidden by an edit list,
 *                                                       since a copy has to begin with a keyframe; transcode: cut off
 *
 * The file's time is shifted by -itsoffset, which does not depend on where the demuxer lands (see src/cut/). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "asking.h"
#include "context.h"
#include "media_file.h"
#include "plays.h"

#define WORDS_MAX 96
#define TYPE "video/mp4"
#define KEYFRAMES_S 12.0 // from one to the next, of nearly all files

typedef struct Words {
    const char *items[WORDS_MAX + 1];
    char *owned[8];
    size_t count, owned_count;
    bool bad;
} Words;

static void add_all(Words *words, const char *const *more)
{
    for (; *more != NULL && words->count < WORDS_MAX; more++)
        words->items[words->count++] = *more;
    words->bad = words->bad || *more != NULL;
}
#define ADD(words, ...) add_all(words, (const char *const[]){__VA_ARGS__, NULL})

static void add_text(Words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_text(Words *words, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    bool good = words->owned_count < 8 && vasprintf(&text, format, arguments) >= 0;
    va_end(arguments);
    if (!good) {
        words->bad = true;
        return;
    }
    words->owned[words->owned_count++] = text;
    ADD(words, text);
}

static void clear_words(Words *words)
{
    for (size_t i = 0; i < words->owned_count; i++)
        free(words->owned[i]);
}

static bool is_one_of(const char *word, const char *const *list)
{
    while (*list != NULL && strcmp(word, *list) != 0)
        list++;
    return *list != NULL;
}

/* Can the packets be put into MP4 as they are, and would any browser play them? */
static bool can_copy(const RvMedia *media)
{
    static const char *const codecs[] = {"h264", "hevc", "av1", "vp9", NULL};
    static const char *const containers[] = {"avi", "h264", "hevc",
                                             "ivf", "av1",  NULL}; // without times of display
    return is_one_of(media->codec, codecs) && !is_one_of(media->container, containers);
}

static void add_source(Words *words, const char *ffmpeg, const RvVideo *video, const RvMedia *media, double t)
{
    char demuxer[sizeof media->container];
    snprintf(demuxer, sizeof demuxer, "%s", media->container);
    demuxer[strcspn(demuxer, ",")] = '\0';
    ADD(words, ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-protocol_whitelist",
        "file", "-f");
    add_text(words, "%s", demuxer);
    if (strcmp(demuxer, "avi") == 0)
        ADD(words, "-fflags", "+genpts"); // it has times of decoding only
    ADD(words, "-copyts", "-noaccurate_seek", "-seek_timestamp", "1");
    // Where there is no index of keyframes, the demuxer lands anywhere, and pictures come from the next one on.
    double from = is_one_of(demuxer, (const char *const[]){"mpegts", "mpeg", NULL}) ? t - KEYFRAMES_S : t;
    if (from > 0) {
        ADD(words, "-ss");
        add_text(words, "%.6f", media->zero_s + from);
    }
    ADD(words, "-itsoffset");
    add_text(words, "%.6f", -(media->zero_s + t));
    ADD(words, "-i");
    add_text(words, "file:%s", video->path);
    ADD(words, "-map", "0:V:0", "-map", "0:a:0?", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1");
}

static void add_copy(Words *words, const RvMedia *media)
{
    static const char *const sounds[] = {"mp3", "opus", "flac", NULL};
    ADD(words, "-c:v", "copy");
    if (strcmp(media->codec, "hevc") == 0)
        ADD(words, "-tag:v", "hvc1");
    const char *sound = media->audio_count > 0 ? media->audio[0].codec : "";
    if (strcmp(sound, "aac") == 0)
        ADD(words, "-c:a", "copy", "-bsf:a", "aac_adtstoasc"); // for MPEG-TS; others pass through it
    else if (is_one_of(sound, sounds))
        ADD(words, "-c:a", "copy");
    else
        ADD(words, "-c:a", "aac", "-b:a", "160k", "-ac", "2", "-af", "atrim=start=0");
}

static void add_encoders(Words *words)
{
    // Square pixels, the picture's height at most 720, of an upright one 1280, both even.
    ADD(words, "-vf",
        "trim=start=0,scale=w='max(2,round(oh*dar/2)*2)':h='max(2,trunc(min(ih,if(gte(dar,1),720,1280))/2)*2)',"
        "setsar=1",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-maxrate", "4M", "-bufsize", "8M",
        "-pix_fmt", "yuv420p", "-force_key_frames", "expr:gte(t,n_forced)", "-c:a", "aac", "-b:a", "128k",
        "-ac", "2", "-ar", "48000", "-af", "atrim=start=0,aresample=async=1:first_pts=0");
}

static void play(Request *request, Reply *reply, const RvVideo *video, bool copies, double t)
{
    RvMedia media = {0};
    RvError err = {0};
    Words words = {0};
    if (rv_media_read(video->path, &media, &err) != RV_OK) {
        reply_failure(reply, &err);
        return;
    }
    if (copies && !can_copy(&media)) {
        reply_error(reply, 422, "needs_transcode",
                    "%s in this file cannot be copied into MP4; ask for transcode", media.codec);
    } else {
        add_source(&words, request->server->ffmpeg, video, &media, t);
        if (copies)
            add_copy(&words, &media);
        else
            add_encoders(&words);
        ADD(&words, "-avoid_negative_ts", "disabled", "-max_muxing_queue_size", "4096", "-strict",
            "experimental", "-movflags", "+frag_keyframe+delay_moov+default_base_moof", "-f", "mp4",
            "pipe:1");
        if (words.bad)
            reply_memory(reply);
        else
            plays_answer(request->server->plays, request, reply, TYPE, words.items);
    }
    clear_words(&words);
    rv_media_clear(&media);
}

void api_play(Request *request, Reply *reply)
{
    Asking asking;
    MediaFile file;
    double t = 0;
    bool given = false;
    const char *mode = request_parameter(request, "mode");
    if (!request_real(request, "t", 0, 1e9, &given, &t))
        return;
    if (mode == NULL || (strcmp(mode, "remux") != 0 && strcmp(mode, "transcode") != 0)) {
        reply_error(reply, 400, "bad_parameter", "mode has to be remux or transcode");
        return;
    }
    if (asking_video(&asking, request) && media_file_open(request, asking.video, &file)) {
        close(file.fd);
        if (request->server->ffmpeg == NULL)
            reply_error(reply, 501, "no_ffmpeg", "this server has no ffmpeg program");
        else if (asking.video->duration_s > 0 && t >= asking.video->duration_s)
            reply_error(reply, 400, "bad_parameter", "the video ends before t");
        else if (request->method == METHOD_HEAD)
            reply_bytes(reply, 200, TYPE, "", 0, NULL);
        else
            play(request, reply, asking.video, strcmp(mode, "remux") == 0, t);
        reply_header(reply, "Cache-Control", "no-store");
    }
    asking_end(&asking);
}
