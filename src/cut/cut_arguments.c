/* SPDX-License-Identifier: MIT */
/* The list of arguments with which ffmpeg cuts a clip or makes a preview.
 *
 * The clip's beginning becomes time zero for everything that ffmpeg does: packets are read from `seek` on, and all time
 * stamps are shifted so that the first frame, F, has 0. What comes before and behind is then dropped by its time.
 *
 *     container's time   ....seek....key....F..............N.....      N: the first frame behind the clip
 *     ffmpeg's time          -3.2   -1.48   0           N - F          exact: the filters trim and atrim
 *     a copy: from `key`     -1.7    0     1.48         N - key        copy: -copypriorss 0, -t
 *
 * The shift is written as -itsoffset, which also moves chapters and subtitles. It does not depend on where the demuxer
 * has landed (-ss), on what this ffmpeg takes for the container's start (-seek_timestamp), or on jumps that it believes
 * to see in the first packets behind a seek (-copyts). */
#include "cut/cut_arguments.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Half of what is kept between two neighbouring frames in any case; time stamps that were rounded differ by less. */
#define HAIR_US 10

/* Times of packets that differ by no more are the same, but for the container's ticks. */
#define SAME_TIME_S 0.0005

/* Drops the packets before time zero. */
#define DROP_BEFORE "noise=drop=lt(pts\\,0)"

/* ---- words --------------------------------------------------------------------------------------------- */

void rv_arguments_clear(ArgumentList *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->words[i]);
    free(list->words);
    *list = (ArgumentList){0};
}

static void add(ArgumentList *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(ArgumentList *list, const char *format, ...)
{
    va_list arguments;
    if (list->status != RV_OK)
        return;
    char **words = list->words, *word = NULL;
    if (list->count + 2 > list->capacity)
        words = rv_mem_grow(list->words, &list->capacity, list->count + 2, sizeof *words, NULL);
    if (words != NULL)
        list->words = words;
    va_start(arguments, format);
    bool good = words != NULL && vasprintf(&word, format, arguments) >= 0;
    va_end(arguments);
    if (!good) {
        list->status = RV_ERROR_MEMORY;
        return;
    }
    list->words[list->count++] = word;
    list->words[list->count] = NULL;
}

static void add_all(ArgumentList *list, const char *const *words)
{
    for (; *words != NULL; words++)
        add(list, "%s", *words);
}
#define ADD(list, ...) add_all(list, (const char *const[]){__VA_ARGS__, NULL})

// Add microseconds as seconds: "-0.000010".
static void add_time(ArgumentList *list, int64_t us)
{
    uint64_t size = us < 0 ? (uint64_t)-us : (uint64_t)us;
    add(list, "%s%" PRIu64 ".%06" PRIu64, us < 0 ? "-" : "", size / 1000000, size % 1000000);
}

static RvStatus finish(ArgumentList *list, RvError *err)
{
    if (list->status == RV_OK)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_MEMORY, "out of memory");
}

/* ---- the source ---------------------------------------------------------------------------------------- */

// Begin the list: what is always said, and the source, with `zero_us` of its own clock as time zero.
static void add_source(ArgumentList *list, const CutProgram *program, const CutSource *source,
                       const CutBorders *borders, int64_t zero_us, int thread_count)
{
    add(list, "%s", program->path);
    ADD(list, "-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "pipe:1", "-y");
    if (thread_count > 0) {
        ADD(list, "-threads");
        add(list, "%d", thread_count);
    }
    if (source->is_url)
        ADD(list, "-protocol_whitelist", "http,https,tcp,tls,crypto,httpproxy", "-rw_timeout", "30000000",
            "-user_agent", "reelvec");
    else
        ADD(list, "-protocol_whitelist", "file");
    ADD(list, "-f", source->demuxer);
    // AVI has times of decoding only.
    if (strcmp(source->demuxer, "avi") == 0 || rv_cut_needs_times(source))
        ADD(list, "-fflags", "+genpts");
    // Where the frames are counted, ffmpeg counts on the times of other streams when the clock jumps.
    if (!borders->counted)
        ADD(list, "-copyts");
    ADD(list, "-noaccurate_seek", "-seek_timestamp", "1");
    if (!borders->counted && borders->seek_us > 0) { // else everything is read from the beginning
        ADD(list, "-ss");
        add_time(list, source->zero_us + borders->seek_us);
    }
    ADD(list, "-itsoffset");
    add_time(list, -(source->zero_us + zero_us));
}

static void add_input(ArgumentList *list, const CutSource *source)
{
    ADD(list, "-i", source->address);
}

// Add the filter that keeps the frames of the clip, as the beginning of a chain.
static void trim_text(const CutSource *source, const CutBorders *borders, char *text, size_t size_bytes)
{
    int64_t length_us = borders->end_us - borders->start_us - HAIR_US;
    int64_t before_us = borders->start_us - borders->first_us + HAIR_US;
    if (borders->counted)
        // They are evenly spaced then (src/video/frame_order.h).
        snprintf(text, size_bytes, "select='between(n,%" PRId64 ",%" PRId64 ")',setpts=round(N*%d/%d/TB)",
                 borders->first_number, borders->end_number - 1, source->rate_den, source->rate_num);
    else // a long frame that began before is shown from the start on
        snprintf(text, size_bytes, "trim=start=-%" PRId64 ".%06" PRId64 ":end=%" PRId64 ".%06" PRId64 "%s",
                 before_us / 1000000, before_us % 1000000, length_us / 1000000, length_us % 1000000,
                 borders->start_us > borders->first_us ? ",setpts=max(PTS\\,0)" : "");
}

/* ---- where it ends ------------------------------------------------------------------------------------- */

/* A container learns from the last frame's packet how long that frame lasts, and ffmpeg gives the packet the length that
 * the frame has in the source, or the usual one. A filter of packets sets it, so that the frame lasts until the clip
 * ends. Filters that take expressions came with ffmpeg 5.0, the one that sets lengths with 5.1. Only from 7.0 on their TB
 * is the unit of their PTS; before, the unit is the container's tick, which must be known therefore. */

static bool can_drop(const CutPlan *plan)
{
    return rv_cut_program_is_from(plan->program, 5, 0);
}

static bool can_set_lengths(const CutPlan *plan)
{
    return rv_cut_program_is_from(plan->program, 5, 1) && plan->container->ticks_per_s != 0;
}

static int64_t zero_of(const CutPlan *plan)
{
    return plan->exact ? plan->borders->start_us : plan->borders->key_us;
}

static int64_t length_of(const CutPlan *plan)
{
    return (plan->exact ? plan->borders->end_us : plan->borders->copy_end_us) - zero_of(plan);
}

// Ticks of a second of the picture's track; 0 if that is left to ffmpeg.
static int ticks_of(const CutPlan *plan, bool small)
{
    const CutSource *source = plan->source;
    if (plan->container->ticks_per_s != CONTAINER_CHOSEN_TICKS)
        return plan->container->ticks_per_s;
    // Those of the source, so that every frame keeps its time; as many as QuickTime files usually have.
    int64_t ticks = source->tick_den / source->tick_num > 200000 ? 90000 : source->tick_den;
    while (ticks < 10000)
        ticks *= 2;
    return small && ticks > 65535 ? 60000 : (int)ticks;
}

static void add_picture_filters(ArgumentList *list, const CutPlan *plan, int ticks)
{
    const CutSource *source = plan->source;
    const CutBorders *borders = plan->borders;
    // Pictures that are shown before the keyframe need others that are not there.
    const char *before = !plan->exact && borders->leading && can_drop(plan) ? DROP_BEFORE : "";
    bool sets = !borders->counted && can_set_lengths(plan);
    double last_s = (double)(borders->last_us - zero_of(plan)) / 1e6;
    double end_s = (double)(borders->end_us - zero_of(plan)) / 1e6;
    double slack_s = SAME_TIME_S + 0.5 * source->tick_num / source->tick_den + (ticks > 0 ? 0.5 / ticks : 0);
    bool same_unit = plan->exact || (int64_t)ticks * source->tick_num == source->tick_den;
    char unit[32] = "TB";
    if (!rv_cut_program_is_from(plan->program, 7, 0)) {
        snprintf(unit, sizeof unit, "(1/%d)", ticks);
        sets = sets && (same_unit || !rv_cut_program_is_from(plan->program, 6, 0));
    }
    // In AVI H.264 has start codes; this ffmpeg does not see to that by itself.
    if (!plan->exact && plan->container->family == FAMILY_AVI && strcmp(source->codec, "h264") == 0)
        before = before[0] != '\0' ? DROP_BEFORE ",h264_mp4toannexb" : "h264_mp4toannexb";
    if (before[0] == '\0' && !sets)
        return;
    ADD(list, "-bsf:v");
    if (sets)
        /* Until the end for the last frame, and not beyond it for the others: ffmpeg may take the whole of the last ones'
         * lengths for that of the track. Those of a copy that lie behind the end stay as they are. */
        add(list,
            "%s%ssetts=pts=PTS:dts=DTS:duration=st(0\\,%.6f/%s-PTS)*0+if(lte(ld(0)\\,0)\\,DURATION\\,"
            "if(lt(abs(PTS*%s-%.6f)\\,%.6f)\\,ld(0)\\,min(ld(0)\\,if(DURATION\\,DURATION\\,%.6f/%s))))",
            before, before[0] != '\0' ? "," : "", end_s, unit, unit, last_s > 0 ? last_s : 0, slack_s,
            (double)source->rate_den / source->rate_num, unit);
    else
        ADD(list, before);
}

// Subtitles end with the clip. Those that are encoded are not looked at by -copypriorss.
static void add_subtitle_filters(ArgumentList *list, const CutPlan *plan, int number, bool encoded)
{
    // Before 7.0 ffmpeg loses the last packet of what it encodes in this filter.
    bool drops = encoded && can_drop(plan);
    bool sets = can_set_lengths(plan) && (!encoded || rv_cut_program_is_from(plan->program, 7, 0));
    bool own = plan->container->ticks_per_s == CONTAINER_CHOSEN_TICKS; // the filter's TB is right there
    char unit[32] = "TB";
    if (!own && !rv_cut_program_is_from(plan->program, 7, 0))
        snprintf(unit, sizeof unit, "(1/%d)", plan->container->ticks_per_s);
    if (!drops && !sets)
        return;
    add(list, "-bsf:s:%d", number);
    if (sets)
        add(list, "%ssetts=pts=PTS:dts=DTS:duration=min(DURATION\\,max(0\\,%.6f/%s-PTS))",
            drops ? DROP_BEFORE "," : "", (double)length_of(plan) / 1e6, unit);
    else
        ADD(list, DROP_BEFORE);
}

/* ---- clips --------------------------------------------------------------------------------------------- */

// Returns what a track of subtitles is converted to; NULL if it is left out, or as it is.
static const char *converted(const CutPlan *plan, const CutTrack *track)
{
    const char *codec = track->kind == CUT_TRACK_TEXT ? rv_cut_subtitle_codec(plan->container, track) : NULL;
    return codec != NULL && strcmp(codec, "copy") != 0 ? codec : NULL;
}

bool rv_cut_needs_texts(const CutPlan *plan)
{
    bool any = false;
    for (size_t i = 0; i < plan->source->track_count; i++)
        any = any || converted(plan, &plan->source->tracks[i]) != NULL;
    return any && !plan->borders->counted && can_set_lengths(plan) &&
           !rv_cut_program_is_from(plan->program, 7, 0);
}

RvStatus rv_cut_text_arguments(const CutPlan *plan, ArgumentList *out, RvError *err)
{
    int number = 0;
    *out = (ArgumentList){0};
    add_source(out, plan->program, plan->source, plan->borders, zero_of(plan), plan->thread_count);
    add_input(out, plan->source);
    for (size_t i = 0; i < plan->source->track_count; i++) {
        const char *codec = converted(plan, &plan->source->tracks[i]);
        if (codec == NULL)
            continue;
        ADD(out, "-map");
        add(out, "0:%d", plan->source->tracks[i].index);
        add(out, "-c:s:%d", number++);
        ADD(out, codec);
    }
    ADD(out, "-bsf:s", DROP_BEFORE, "-t");
    add_time(out, length_of(plan));
    ADD(out, "-f", plan->container->muxer);
    add(out, "file:%s", plan->output);
    RvStatus status = finish(out, err);
    if (status != RV_OK)
        rv_arguments_clear(out);
    return status;
}

// Add the file of the subtitles that are converted already, as the second input.
static void add_texts(ArgumentList *list, const CutPlan *plan)
{
    ADD(list, "-protocol_whitelist", "file", "-f", plan->container->family == FAMILY_MP4 ? "mov" : "matroska",
        "-i");
    add(list, "file:%s", plan->texts);
}

// Map the tracks that the clip can hold, and choose their codecs.
static RvStatus add_tracks(ArgumentList *list, const CutPlan *plan, RvError *err)
{
    const CutSource *source = plan->source;
    int audio = 0, subtitles = 0, texts = 0;
    for (size_t i = 0; i < source->track_count; i++) {
        const CutTrack *track = &source->tracks[i];
        const char *codec =
            track->kind == CUT_TRACK_AUDIO ? "copy" : rv_cut_subtitle_codec(plan->container, track);
        int bits_per_s = 0;
        if (codec == NULL)
            continue;
        bool made = plan->texts != NULL && converted(plan, track) != NULL;
        ADD(list, "-map");
        add(list, "%d:%d", made, made ? texts++ : track->index);
        if (track->kind == CUT_TRACK_AUDIO && plan->exact) {
            RvStatus status =
                rv_cut_sound_encoder(plan->container, track, plan->program, &codec, &bits_per_s, err);
            if (status != RV_OK)
                return status;
        }
        char kind = track->kind == CUT_TRACK_AUDIO ? 'a' : track->kind == CUT_TRACK_FONT ? 't' : 's';
        if (kind == 't')
            continue; // attachments are always copied
        int *number = kind == 'a' ? &audio : &subtitles;
        add(list, "-c:%c:%d", kind, *number);
        ADD(list, made ? "copy" : codec);
        if (kind == 's')
            add_subtitle_filters(list, plan, *number, !made && strcmp(codec, "copy") != 0);
        if (bits_per_s > 0) {
            add(list, "-b:a:%d", *number);
            add(list, "%d", bits_per_s);
        }
        (*number)++;
    }
    return RV_OK;
}

// ticks: receives those of the picture's track.
static RvStatus add_encoders(ArgumentList *list, const CutPlan *plan, const char **encoder, int *ticks,
                             RvError *err)
{
    const CutBorders *borders = plan->borders;
    const CutSource *source = plan->source;
    char trim[160];
    CutEncoder picture;
    RvStatus status = rv_cut_picture_encoder(plan->container, source, plan->program, &picture, err);
    if (status != RV_OK)
        return status;
    *encoder = picture.name;
    trim_text(source, borders, trim, sizeof trim);
    ADD(list, "-c:v", picture.name);
    add_all(list, picture.options);
    ADD(list, "-vf", trim);
    ADD(list, rv_cut_program_is_from(plan->program, 5, 1) ? "-fps_mode" : "-vsync",
        plan->container->even ? "cfr" : "vfr");
    // In newer programs (seen in 7.1) the filter setpts forgets the rate, and 25 frames a second are made of any.
    if (plan->container->even && rv_cut_program_is_from(plan->program, 6, 0) && source->rate_num > 0) {
        ADD(list, "-r:v");
        add(list, "%d/%d", source->rate_num, source->rate_den);
    }
    *ticks = ticks_of(plan, strcmp(picture.name, "mpeg4") == 0);
    if (!plan->container->even) { // every frame keeps its time to the tick
        ADD(list, "-enc_time_base:v");
        bool fine = source->tick_den / source->tick_num > 200000;
        add(list, "%d:%d", fine || *ticks > 0 ? 1 : source->tick_num,
            *ticks > 0 ? *ticks
            : fine     ? 90000
                       : source->tick_den);
    }
    if (plan->container->family == FAMILY_AVI)
        ADD(list, "-bf", "0"); // it has no times of display
    if (source->interlaced)
        ADD(list, "-flags:v", "+ildct+ilme");
    if (borders->counted) {
        ADD(list, "-frames:v");
        add(list, "%" PRId64, borders->end_number - borders->first_number);
    }
    int64_t length_us = borders->end_us - borders->start_us;
    ADD(list, "-af");
    add(list, "atrim=start=0:end=%" PRId64 ".%06" PRId64, length_us / 1000000, length_us % 1000000);
    return RV_OK;
}

static void add_output(ArgumentList *list, const CutPlan *plan)
{
    const CutContainer *container = plan->container;
    bool mp4 = container->family == FAMILY_MP4;
    // Nothing of any stream comes from before the clip.
    ADD(list, "-copypriorss", "0", "-map_metadata", "0", "-map_chapters", "0", "-max_muxing_queue_size",
        "4096", "-t");
    add_time(list, length_of(plan));
    if (plan->timecode != NULL) {
        ADD(list, "-metadata");
        add(list, "timecode=%s", plan->timecode);
        ADD(list, "-metadata:s:v:0");
        add(list, "timecode=%s", plan->timecode);
    }
    if (mp4)
        ADD(list, "-movflags", "+faststart");
    if (strcmp(container->ending, "m2ts") == 0 || strcmp(container->ending, "mts") == 0)
        ADD(list, "-mpegts_m2ts_mode", "1");
    ADD(list, "-f", container->muxer);
    add(list, "file:%s", plan->output);
}

RvStatus rv_cut_arguments(const CutPlan *plan, ArgumentList *out, const char **encoder, RvError *err)
{
    const CutSource *source = plan->source;
    const CutBorders *borders = plan->borders;
    bool mp4 = plan->container->family == FAMILY_MP4;
    *out = (ArgumentList){0};
    *encoder = "copy";
    add_source(out, plan->program, source, borders, zero_of(plan), plan->thread_count);
    // MP4 keeps the turn as a note beside the picture; for others the picture itself is turned.
    if (plan->exact && mp4)
        ADD(out, "-noautorotate");
    add_input(out, source);
    if (plan->texts != NULL)
        add_texts(out, plan);
    ADD(out, "-map");
    add(out, "0:%d", source->video_index);
    RvStatus status = add_tracks(out, plan, err);
    int ticks = ticks_of(plan, false);
    if (status == RV_OK && plan->exact)
        status = add_encoders(out, plan, encoder, &ticks, err);
    else if (status == RV_OK)
        ADD(out, "-c:v", "copy");
    if (status == RV_OK) {
        add_picture_filters(out, plan, ticks);
        if (mp4) {
            ADD(out, "-video_track_timescale");
            add(out, "%d", ticks);
        }
        bool hevc = plan->exact ? strcmp(*encoder, "libx265") == 0 : strcmp(source->codec, "hevc") == 0;
        if (hevc && mp4)
            ADD(out, "-tag:v", "hvc1"); // as QuickTime wants it
        add_output(out, plan);
        status = finish(out, err);
    }
    if (status != RV_OK)
        rv_arguments_clear(out);
    return status;
}

/* ---- previews ------------------------------------------------------------------------------------------ */

RvStatus rv_preview_arguments(const PreviewPlan *plan, ArgumentList *out, RvError *err)
{
    static const char palette[] =
        "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4:"
        "diff_mode=rectangle";
    // About as bright as the stored pictures (src/pixels/tone_map.c): white is at 203 nits, 1,000 nits the brightest.
    static const char to_sdr[] =
        "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0:peak=4.93,"
        "zscale=t=bt709:m=bt709:r=limited,format=yuv420p,";
    const CutSource *source = plan->source;
    char trim[160];
    *out = (ArgumentList){0};
    if (plan->webp && !rv_cut_program_encodes(plan->program, "libwebp_anim"))
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: this ffmpeg has no encoder of animated WebP (libwebp_anim); make a GIF",
                            plan->program->path);
    trim_text(source, plan->borders, trim, sizeof trim);
    add_source(out, plan->program, source, plan->borders, plan->borders->start_us, plan->thread_count);
    add_input(out, source);
    ADD(out, "-map");
    add(out, "0:%d", source->video_index);
    int width = source->width > 0 && source->width < plan->width ? source->width : plan->width;
    // Square pixels: first the height of the display, then the width that was asked.
    ADD(out, "-vf");
    // A last frame that stands long is repeated by `fps` to the end that it has in the video.
    add(out,
        "%s,%sfps=%.6g,trim=end=%.6f,scale='max(1,trunc(iw*sar))':ih,setsar=1,scale=%d:-1:flags=lanczos%s%s",
        trim, source->hdr ? to_sdr : "", plan->frame_rate,
        (double)(plan->borders->end_us - plan->borders->start_us - HAIR_US) / 1e6, width,
        plan->webp ? "" : ",", plan->webp ? "" : palette);
    if (plan->webp)
        ADD(out, "-c:v", "libwebp_anim", "-q:v", "70", "-loop", "0");
    else
        ADD(out, "-c:v", "gif", "-loop", "0");
    ADD(out, "-f", plan->webp ? "webp" : "gif");
    add(out, "file:%s", plan->output);
    RvStatus status = finish(out, err);
    if (status != RV_OK)
        rv_arguments_clear(out);
    return status;
}
