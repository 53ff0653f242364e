/* SPDX-License-Identifier: MIT */
/* Kinds of files that clips can be: by ending, what ffmpeg calls them, what they can hold, how it is encoded. */
#include "cut/cut_container.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/error.h"

#define CHOSEN CONTAINER_CHOSEN_TICKS

static const CutContainer containers[] = {
    {"mp4", "mp4", FAMILY_MP4, "mov_text", false, CHOSEN},
    {"mov", "mov", FAMILY_MP4, "mov_text", false, CHOSEN},
    {"m4v", "mp4", FAMILY_MP4, "mov_text", false, CHOSEN},
    {"mkv", "matroska", FAMILY_MATROSKA, "srt", false, 1000},
    {"webm", "webm", FAMILY_WEBM, "webvtt", false, 1000},
    {"ts", "mpegts", FAMILY_TS, NULL, false, 0},
    {"m2ts", "mpegts", FAMILY_TS, NULL, false, 0},
    {"mts", "mpegts", FAMILY_TS, NULL, false, 0},
    {"avi", "avi", FAMILY_AVI, NULL, true, 0},
    {"mpg", "vob", FAMILY_PS, NULL, true, 0},
    {"mpeg", "vob", FAMILY_PS, NULL, true, 0},
    {"vob", "vob", FAMILY_PS, NULL, true, 0},
    {"flv", "flv", FAMILY_OTHER, NULL, false, 1000},
    {"ogv", "ogg", FAMILY_OGG, NULL, true, 0},
    {"wmv", "asf", FAMILY_OTHER, NULL, false, 1000},
    {"asf", "asf", FAMILY_OTHER, NULL, false, 1000},
    {"3gp", "3gp", FAMILY_MP4, NULL, false, CHOSEN},
    {"nut", "nut", FAMILY_OTHER, NULL, false, 0},
};
#define CONTAINER_COUNT (sizeof containers / sizeof containers[0])

const CutContainer *rv_cut_container(const char *ending)
{
    for (size_t i = 0; i < CONTAINER_COUNT; i++) {
        if (rv_ascii_equal(containers[i].ending, ending))
            return &containers[i];
    }
    return NULL;
}

const CutContainer *rv_cut_container_of_file(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
    return dot != NULL ? rv_cut_container(dot + 1) : NULL;
}

bool rv_cut_is_preview_ending(const char *ending)
{
    return rv_ascii_equal(ending, "gif") || rv_ascii_equal(ending, "webp");
}

const CutContainer *rv_cut_container_of_source(const CutSource *source)
{
    // FFmpeg's demuxers and the ending of a file of that kind.
    static const char *const kinds[][2] = {{"mov", "mp4"}, {"matroska", "mkv"}, {"mpegts", "ts"},
                                           {"avi", "avi"}, {"mpeg", "mpg"},     {"flv", "flv"},
                                           {"ogg", "ogv"}, {"asf", "wmv"},      {"nut", "nut"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(source->demuxer, kinds[i][0]) != 0)
            continue;
        // The file's own ending, if it is one of this kind: .mov, .webm, .m2ts.
        const CutContainer *usual = rv_cut_container(kinds[i][1]);
        const CutContainer *own = source->is_url ? NULL : rv_cut_container_of_file(source->name);
        bool kin = own != NULL && (own->family == usual->family ||
                                   (own->family == FAMILY_WEBM && usual->family == FAMILY_MATROSKA));
        return kin && own->family != FAMILY_OTHER ? own : usual;
    }
    return rv_cut_container("mkv");
}

void rv_cut_container_list(char *text, size_t size_bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < CONTAINER_COUNT && length < size_bytes; i++)
        length += (size_t)snprintf(text + length, size_bytes - length, "%s%s", i > 0 ? ", " : "",
                                   containers[i].ending);
}

/* ---- the picture --------------------------------------------------------------------------------------- */

static const char *const x264_options[] = {"-preset", "medium", "-crf", "18", NULL};
static const char *const x265_options[] = {"-preset",      "medium",          "-crf", "20",
                                           "-x265-params", "log-level=error", NULL};
static const char *const vp9_options[] = {"-b:v", "0", "-crf", "24", "-row-mt", "1", "-cpu-used", "3", NULL};
static const char *const vp8_options[] = {"-b:v", "8M", "-crf", "8", NULL};
static const char *const svt_options[] = {"-preset", "6", "-crf", "24", NULL};
static const char *const quantiser_options[] = {"-q:v", "2", NULL};
static const char *const theora_options[] = {"-q:v", "9", NULL};
static const char *const bit_rate_options[] = {"-b:v", "12M", NULL};
static const char *const no_options[] = {NULL};

static const CutEncoder x264 = {"libx264", x264_options}, x265 = {"libx265", x265_options},
                        openh264 = {"libopenh264", bit_rate_options}, mpeg4 = {"mpeg4", quantiser_options},
                        mpeg2 = {"mpeg2video", quantiser_options}, vp9 = {"libvpx-vp9", vp9_options},
                        vp8 = {"libvpx", vp8_options}, svt_av1 = {"libsvtav1", svt_options},
                        theora = {"libtheora", theora_options}, prores = {"prores_ks", no_options};

#define ENCODERS_MAX 5

// In the order of preference.
static size_t list_encoders(const CutContainer *container, const CutSource *source,
                            const CutEncoder *list[ENCODERS_MAX])
{
    size_t count = 0;
    bool modern = container->family == FAMILY_MP4 || container->family == FAMILY_MATROSKA ||
                  container->family == FAMILY_TS;
    switch (container->family) {
    case FAMILY_WEBM:
        list[count++] = &vp9;
        list[count++] = &vp8;
        list[count++] = &svt_av1;
        return count;
    case FAMILY_OGG:
        list[count++] = &theora;
        return count;
    case FAMILY_PS:
        list[count++] = &mpeg2;
        return count;
    default:
        break;
    }
    if (strcmp(source->codec, "prores") == 0 && strcmp(container->ending, "mov") == 0)
        list[count++] = &prores;
    // HDR and 10 bits are played from HEVC, hardly from H.264.
    bool deep = source->hdr || (source->depth > 8 && strcmp(source->codec, "h264") != 0);
    if (modern && (deep || strcmp(source->codec, "hevc") == 0))
        list[count++] = &x265;
    list[count++] = &x264;
    list[count++] = &openh264;
    list[count++] = &mpeg4;
    return count;
}

RvStatus rv_cut_picture_encoder(const CutContainer *container, const CutSource *source, CutProgram *program,
                                CutEncoder *out, RvError *err)
{
    const CutEncoder *list[ENCODERS_MAX];
    size_t count = list_encoders(container, source, list);
    for (size_t i = 0; i < count; i++) {
        if (rv_cut_program_encodes(program, list[i]->name)) {
            *out = *list[i];
            return RV_OK;
        }
    }
    return rv_error_set(
        err, RV_ERROR_UNSUPPORTED,
        "%s: this ffmpeg has no encoder for the picture of a .%s (%s); install one that has it, or copy",
        program->path, container->ending, list[0]->name);
}

/* ---- sound --------------------------------------------------------------------------------------------- */

// Returns the encoder that keeps a track as it is in kind: lossless stays lossless. NULL if there is none.
static const char *same_encoder(const CutContainer *container, const char *codec)
{
    ContainerFamily family = container->family;
    bool mov = strcmp(container->ending, "mov") == 0;
    if (strncmp(codec, "pcm_", 4) == 0)
        return mov || family == FAMILY_MATROSKA ||
                       (family == FAMILY_AVI &&
                        (strcmp(codec, "pcm_s16le") == 0 || strcmp(codec, "pcm_s24le") == 0))
                   ? codec
                   : NULL;
    if (strcmp(codec, "flac") == 0)
        return family == FAMILY_MATROSKA ? "flac" : NULL;
    if (strcmp(codec, "alac") == 0)
        return family == FAMILY_MATROSKA || family == FAMILY_MP4 ? "alac" : NULL;
    if (strcmp(codec, "opus") == 0)
        return family == FAMILY_MATROSKA ? "libopus" : NULL;
    if (strcmp(codec, "ac3") == 0 || strcmp(codec, "eac3") == 0)
        return family == FAMILY_MATROSKA || family == FAMILY_TS || family == FAMILY_MP4 ? codec : NULL;
    return NULL;
}

RvStatus rv_cut_sound_encoder(const CutContainer *container, const CutTrack *track, CutProgram *program,
                              const char **name, int *bits_per_s, RvError *err)
{
    static const char *const lists[][4] = {
        [FAMILY_MP4] = {"aac", NULL},
        [FAMILY_MATROSKA] = {"aac", "libmp3lame", "ac3", NULL},
        [FAMILY_WEBM] = {"libopus", "libvorbis", "opus", NULL},
        [FAMILY_TS] = {"aac", "ac3", "mp2", NULL},
        [FAMILY_PS] = {"mp2", "ac3", NULL},
        [FAMILY_AVI] = {"libmp3lame", "ac3", "mp2", NULL},
        [FAMILY_OGG] = {"libvorbis", "libopus", "flac", NULL},
        [FAMILY_OTHER] = {"aac", "libmp3lame", NULL},
    };
    const char *same = same_encoder(container, track->codec);
    const char *found = same != NULL && rv_cut_program_encodes(program, same) ? same : NULL;
    for (size_t i = 0; found == NULL && i < 4 && lists[container->family][i] != NULL; i++) {
        if (rv_cut_program_encodes(program, lists[container->family][i]))
            found = lists[container->family][i];
    }
    if (found == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: this ffmpeg has no encoder for the sound of a .%s (%s)", program->path,
                            container->ending, lists[container->family][0]);
    bool lossless =
        strncmp(found, "pcm_", 4) == 0 || strcmp(found, "flac") == 0 || strcmp(found, "alac") == 0;
    int bits = track->channels * 96000;
    *name = found;
    *bits_per_s = lossless ? 0 : bits < 128000 ? 128000 : bits > 512000 ? 512000 : bits;
    if (strcmp(found, "mp2") == 0 || strcmp(found, "libmp3lame") == 0)
        *bits_per_s = 256000;
    return RV_OK;
}

/* ---- subtitles ----------------------------------------------------------------------------------------- */

const char *rv_cut_subtitle_codec(const CutContainer *container, const CutTrack *track)
{
    bool matroska = container->family == FAMILY_MATROSKA;
    if (track->kind == CUT_TRACK_FONT)
        return matroska ? "copy" : NULL;
    if (track->kind == CUT_TRACK_BITMAP) {
        bool taken = (matroska && strcmp(track->codec, "xsub") != 0) ||
                     (container->family == FAMILY_TS && strcmp(track->codec, "dvb_subtitle") == 0);
        return taken ? "copy" : NULL;
    }
    if (container->text == NULL)
        return NULL;
    if (matroska) // it holds these as they are, styles too
        return strcmp(track->codec, "ass") == 0 || strcmp(track->codec, "subrip") == 0 ||
                       strcmp(track->codec, "webvtt") == 0
                   ? "copy"
                   : container->text;
    return strcmp(track->codec, container->text) == 0 ? "copy" : container->text;
}
