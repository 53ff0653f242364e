/* SPDX-License-Identifier: MIT */
/* What ffmpeg is told.
 *
 *     the file's time      ....key......F..zero + t........      F: of the frame on screen at t
 *     time of the answer       -1.48  -0.02   0                 remux: from `key` on, since a copy has to begin there
 *                                                               transcode: from F on
 *
 * What is before 0 is there and hidden by an edit list, so that the picture at 0 is the one on screen at t, and every
 * frame keeps its time. Where frames are not evenly spaced, F may be long before; a transcode then has even frames, each
 * with the picture on screen at its time.
 *
 * The file's time is shifted by -itsoffset, which does not depend on where the demuxer lands (see src/cut/). It is
 * rounded to the file's own ticks, which may be as long as a frame (AVI), so a transcode is shifted by filters. */
#include "play_arguments.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYFRAMES_S 12.0 // from one to the next, of nearly all files
#define REORDERED 5.0    // frames that may come between a keyframe's time of decoding and that of display
#define RATE_MAX 61.0    // frames a second of a transcode that keeps those of the file
#define RATE_MIN 30.0    // of one that has even frames

static void add_all(PlayArguments *to, const char *const *more)
{
    for (; *more != NULL && to->count < PLAY_WORDS_MAX; more++)
        to->items[to->count++] = *more;
    to->bad = to->bad || *more != NULL;
}
#define ADD(to, ...) add_all(to, (const char *const[]){__VA_ARGS__, NULL})

static void add_text(PlayArguments *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_text(PlayArguments *to, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    bool good =
        to->owned_count < sizeof to->owned / sizeof to->owned[0] && vasprintf(&text, format, arguments) >= 0;
    va_end(arguments);
    if (!good) {
        to->bad = true;
        return;
    }
    to->owned[to->owned_count++] = text;
    ADD(to, text);
}

void play_arguments_clear(PlayArguments *arguments)
{
    for (size_t i = 0; i < arguments->owned_count; i++)
        free(arguments->owned[i]);
    arguments->owned_count = arguments->count = 0;
}

static bool is_one_of(const char *word, const char *const *list)
{
    while (*list != NULL && strcmp(word, *list) != 0)
        list++;
    return *list != NULL;
}

bool play_can_copy(const RvMedia *media)
{
    static const char *const codecs[] = {"h264", "hevc", "av1", "vp9", NULL};
    static const char *const containers[] = {"avi", "h264", "hevc",
                                             "ivf", "av1",  NULL}; // without times of display
    return is_one_of(media->codec, codecs) && !is_one_of(media->container, containers);
}

static double frame_s(const RvMedia *media)
{
    return media->rate.num > 0 ? (double)media->rate.den / media->rate.num : 0.04;
}

static void add_source(PlayArguments *to, const PlayWish *wish)
{
    const RvMedia *media = wish->media;
    char demuxer[sizeof media->container];
    snprintf(demuxer, sizeof demuxer, "%s", media->container);
    demuxer[strcspn(demuxer, ",")] = '\0';
    ADD(to, ffmpeg_path(wish->ffmpeg), "-nostdin", "-hide_banner", "-loglevel", "error", "-nostats",
        "-protocol_whitelist", "file", "-f");
    add_text(to, "%s", demuxer);
    ADD(to, "-copyts", "-noaccurate_seek", "-seek_timestamp", "1");
    // Where there is no index of keyframes, the demuxer lands anywhere, and pictures come from the next one on.
    bool blind = is_one_of(demuxer, (const char *const[]){"mpegts", "mpeg", NULL});
    double from_s = wish->t_s - (blind ? KEYFRAMES_S : fmin(REORDERED * frame_s(media), KEYFRAMES_S));
    if (from_s > 0) {
        ADD(to, "-ss");
        add_text(to, "%.6f", media->zero_s + from_s);
    }
    if (wish->copies) {
        ADD(to, "-itsoffset");
        add_text(to, "%.6f", -(media->zero_s + wish->t_s));
    }
    ADD(to, "-i");
    add_text(to, "file:%s", wish->path);
    ADD(to, "-map", "0:V:0", "-map", "0:a:0?", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1");
}

static void add_copy(PlayArguments *to, const PlayWish *wish)
{
    static const char *const sounds[] = {"mp3", "opus", "flac", NULL};
    const RvMedia *media = wish->media;
    const char *sound = media->audio_count > 0 ? media->audio[0].codec : "";
    ADD(to, "-c:v", "copy");
    if (strcmp(media->codec, "hevc") == 0)
        ADD(to, "-tag:v", "hvc1");
    // Pictures that are shown before the keyframe need others that are not there. (The filter's expression came with
    // ffmpeg 5.0.)
    if (ffmpeg_is_from(wish->ffmpeg, 5, 0))
        ADD(to, "-bsf:v", "noise=drop=lt(pts\\,startpts)");
    if (strcmp(sound, "aac") == 0)
        ADD(to, "-c:a", "copy", "-bsf:a", "aac_adtstoasc"); // for MPEG-TS; others pass through it
    else if (is_one_of(sound, sounds))
        ADD(to, "-c:a", "copy");
    else
        ADD(to, "-c:a", "aac", "-b:a", "160k", "-ac", "2", "-af", "atrim=start=0");
}

/* The filters of the picture: from the frame on screen at 0 on; both fields of interlaced frames; square pixels, at most
 * so many lines (of an upright picture as many columns), both even; the usual range of light. */
static void add_filters(PlayArguments *to, const PlayWish *wish, bool even)
{
    const RvMedia *media = wish->media;
    // About as bright as the stored pictures (src/pixels/tone_map.c): white is at 203 nits, 1,000 nits the brightest.
    static const char to_sdr[] =
        ",zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0:peak=4.93,"
        "zscale=t=bt709:m=bt709:r=limited,format=yuv420p";
    bool maps = media->hdr && ffmpeg_maps_tones(wish->ffmpeg);
    double zero_s = media->zero_s + wish->t_s;
    char begin[160];
    if (even)
        snprintf(begin, sizeof begin, "fps=fps=%.9g:start_time=0:round=up",
                 fmin(fmax(1 / frame_s(media), RATE_MIN), RATE_MAX - 1));
    else // of equal times the first
        snprintf(begin, sizeof begin, "trim=start=%.6f,select='isnan(prev_selected_t)+gt(t,prev_selected_t)'",
                 -1.02 * frame_s(media));
    ADD(to, "-vf");
    add_text(
        to,
        "settb=1/90000,setpts=PTS-%.6f/TB,yadif=deint=interlaced,%s,scale=w='max(2,round(oh*dar/2)*2)':h='max(2,trunc(min(ih,if(gte(dar,1),%d,%d))"
        "/2)*2)',setsar=1%s",
        zero_s, begin, wish->height, wish->height * 16 / 9, maps ? to_sdr : "");
}

static void add_encoders(PlayArguments *to, const PlayWish *wish)
{
    const RvMedia *media = wish->media;
    bool even = media->variable_rate || frame_s(media) * RATE_MAX < 1;
    bool low = wish->height < 480;
    double share = (double)wish->height / 720;
    long bits = lround(fmax(4e6 * share * share, 300e3));
    add_filters(to, wish, even);
    ADD(to, ffmpeg_is_from(wish->ffmpeg, 5, 1) ? "-fps_mode" : "-vsync", even ? "cfr" : "passthrough");
    if (!even)
        ADD(to, "-enc_time_base:v", "1:90000"); // every frame keeps its time
    ADD(to, "-c:v", "libx264", "-preset", "veryfast", "-crf", low ? "26" : "23", "-maxrate");
    add_text(to, "%ld", bits);
    ADD(to, "-bufsize");
    add_text(to, "%ld", 2 * bits);
    ADD(to, "-pix_fmt", "yuv420p", "-force_key_frames", "expr:gte(t,n_forced)", "-c:a", "aac", "-b:a",
        low ? "64k" : "128k", "-ac", "2", "-ar", "48000", "-af");
    add_text(to, "asetpts=PTS-%.6f/TB,atrim=start=0,aresample=async=1:first_pts=0",
             media->zero_s + wish->t_s);
}

void play_arguments_make(const PlayWish *wish, PlayArguments *out)
{
    *out = (PlayArguments){0};
    add_source(out, wish);
    if (wish->copies)
        add_copy(out, wish);
    else
        add_encoders(out, wish);
    ADD(out, "-avoid_negative_ts", "disabled", "-max_muxing_queue_size", "4096", "-strict", "experimental",
        "-movflags", "+frag_keyframe+delay_moov+default_base_moof", "-f", "mp4", "pipe:1");
}
