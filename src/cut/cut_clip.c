/* SPDX-License-Identifier: MIT */
/* One clip or preview, from the moment to the file. */
#include "cut/cut_clip.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/timecode.h"
#include "cut/cut_arguments.h"
#include "cut/cut_container.h"
#include "cut/cut_file.h"
#include "video/cut_source.h"

#define DEFAULT_SILENCE_S 120
#define DEFAULT_WIDTH 480
#define DEFAULT_RATE 12.5
#define PREVIEW_MAX_S 60
#define LONGEST_S 1e9
#define REPORT_S 0.1
#define COUNTED_US 120000000
#define LENGTH_SLACK_US 100000 // of a file whose mark cannot be read, to be taken for this clip

typedef struct Clip {
    const CutRun *run;
    const RvMoment *moment;
    RvCut *out;
    CutSource source;
    CutBorders borders;
    int64_t start_us, end_us;      // asked, with handles
    const CutContainer *container; // NULL for previews
    bool webp;
    char mark[65];
    CutFile file;
    int texts; // a file in memory with converted subtitles; -1: none
    char texts_path[64];
    double clip_s;     // done of this one
    double reported_s; // on the clock
    bool stopped;
    const char *encoder;
} Clip;

/* ---- progress ------------------------------------------------------------------------------------------ */

static bool is_stopped(void *user)
{
    Clip *clip = user;
    const CutRun *run = clip->run;
    double now_s = rv_clock_s();
    if (clip->stopped || run->options->progress == NULL || now_s - clip->reported_s < REPORT_S)
        return clip->stopped;
    clip->reported_s = now_s;
    RvCutProgress progress = {.video = clip->source.name != NULL ? clip->source.name : clip->moment->video,
                              .path = clip->out->path != NULL ? clip->out->path : "",
                              .clip = run->clip,
                              .clips_expected = run->clip_count,
                              .done_s = run->done_s + clip->clip_s,
                              .expected_s = run->expected_s,
                              .elapsed_s = now_s - run->begun_s};
    clip->stopped = !run->options->progress(run->options->user, &progress);
    return clip->stopped;
}

// A line of `-progress`: "out_time_us=1480000", "total_size=48", ...
static bool take_line(void *user, const char *line)
{
    Clip *clip = user;
    static const char time[] = "out_time_us=", size[] = "total_size=";
    double before_s = clip->clip_s;
    int64_t before_bytes = clip->out->size_bytes;
    char *end = NULL;
    if (strncmp(line, time, sizeof time - 1) == 0) {
        double us = strtod(line + sizeof time - 1, &end);
        double longest_s = (double)(clip->end_us - clip->start_us) / 1e6;
        if (end != line + sizeof time - 1 && us > 0)
            clip->clip_s = fmin(us / 1e6, longest_s);
    } else if (strncmp(line, size, sizeof size - 1) == 0) {
        clip->out->size_bytes = strtoll(line + sizeof size - 1, NULL, 10);
    }
    return clip->clip_s != before_s || clip->out->size_bytes != before_bytes;
}

double rv_cut_length_s(const RvMoment *moment, const RvCutOptions *options)
{
    double length_s = moment->end_s - moment->start_s + 2 * options->handles_s;
    return length_s > 0 && length_s < LONGEST_S ? length_s : 0;
}

/* ---- what is asked ------------------------------------------------------------------------------------- */

static RvStatus read_moment(Clip *clip, RvError *err)
{
    const RvMoment *moment = clip->moment;
    const RvCutOptions *options = clip->run->options;
    char shown[512];
    RvStatus status = RV_CHECK_RESERVED(RvMoment, moment, err);
    if (status != RV_OK)
        return status;
    if (moment->video == NULL || moment->video[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a moment names no video");
    rv_file_show_url(moment->video, shown, sizeof shown);
    if (!isfinite(moment->start_s) || !isfinite(moment->end_s) || fabs(moment->start_s) > LONGEST_S ||
        fabs(moment->end_s) > LONGEST_S)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: a moment's start and end must be seconds", shown);
    if (moment->end_s <= moment->start_s || moment->end_s <= 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: the moment ends at %.3f s, before it begins at %.3f s", shown, moment->end_s,
                            moment->start_s);
    if (moment->start_s < 0)
        rv_log_line(&options->log, RV_LOG_WARNING, "%s: there is nothing before 0 s; the clip begins there",
                    shown);
    clip->start_us = llround(fmax(0, moment->start_s - options->handles_s) * 1e6);
    clip->end_us = llround((moment->end_s + options->handles_s) * 1e6);
    if (clip->run->preview && clip->end_us - clip->start_us > (int64_t)PREVIEW_MAX_S * 1000000)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: a preview of %.1f s would be too large; %d s is the most", shown,
                            (double)(clip->end_us - clip->start_us) / 1e6, PREVIEW_MAX_S);
    return RV_OK;
}

static RvStatus no_container(const char *path, RvError *err)
{
    char list[256];
    rv_cut_container_list(list, sizeof list);
    return rv_error_set(err, RV_ERROR_ARGUMENT,
                        "%s: clips have one of the endings %s; animated previews end in .gif or .webp", path,
                        list);
}

// Decide on the container and the path.
static RvStatus choose_path(Clip *clip, const char *path, const char *folder, const char *name, RvError *err)
{
    const RvCutOptions *options = clip->run->options;
    const char *ending = NULL;
    if (clip->run->preview) {
        const char *dot = path != NULL ? strrchr(path, '.') : NULL;
        clip->webp = path != NULL ? dot != NULL && rv_ascii_equal(dot, ".webp") : clip->run->webp;
        if (path != NULL && (dot == NULL || !rv_cut_is_preview_ending(dot + 1)))
            return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: previews end in .gif or .webp", path);
        ending = clip->webp ? "webp" : "gif";
    } else if (path != NULL) {
        clip->container = rv_cut_container_of_file(path);
        if (clip->container == NULL)
            return no_container(path, err);
    } else {
        clip->container = options->container != NULL ? rv_cut_container(options->container)
                                                     : rv_cut_container_of_source(&clip->source);
        if (clip->container == NULL)
            return no_container(options->container, err);
        ending = clip->container->ending;
    }
    if (path != NULL)
        clip->out->path = rv_mem_copy_string(path, err);
    else if (asprintf(&clip->out->path, "%s%s%s.%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/",
                      name, ending) < 0)
        clip->out->path = NULL;
    return clip->out->path != NULL ? RV_OK : rv_error_memory(err, strlen(clip->source.name));
}

// Everything that the clip's content depends on.
static RvStatus make_mark(Clip *clip, RvError *err)
{
    const RvCutOptions *options = clip->run->options;
    struct stat facts = {0};
    char text[8192];
    if (!clip->source.is_url)
        stat(clip->moment->video, &facts);
    snprintf(text, sizeof text, "1 %lld %lld.%09ld %" PRId64 " %" PRId64 " %d %d %d %g %s %s",
             (long long)facts.st_size, (long long)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, clip->start_us,
             clip->end_us, options->exact, clip->run->preview, options->width, options->frame_rate,
             clip->container != NULL ? clip->container->ending : "", clip->source.address);
    return rv_sha256_text(text, clip->mark, err);
}

/* ---- what is there ------------------------------------------------------------------------------------- */

// Returns what the file at `path` shows, or false if it is no video.
static bool read_back(const char *path, CutSource *source, CutBorders *borders)
{
    VideoOptions quiet = {0};
    RvError ignored;
    if (rv_cut_source_open(path, &quiet, source, &ignored) != RV_OK)
        return false;
    // Those of a few minutes are read whole, so that their frames are counted; of others the end is enough.
    int64_t end_us = source->length_us < COUNTED_US ? COUNTED_US : INT64_C(1) << 50;
    bool good = rv_cut_source_borders(source, 0, end_us, borders, &ignored) == RV_OK;
    if (!good)
        rv_cut_source_close(source);
    return good;
}

// Returns for how long a copy is on screen. What was found out about its last frame may be wrong: of one whose length
// the container does not say the usual one was taken, and in AVI a frame may be followed by empty ones that belong to
// it.
static int64_t length_shown(const Clip *clip, const CutSource *made, const CutBorders *found)
{
    int64_t end_us = found->end_us;
    int64_t length_us = made->tracks_end_us > 0 ? made->tracks_end_us : made->length_us;
    if (length_us > found->last_us && length_us < end_us)
        end_us = length_us;
    if (clip->container != NULL && clip->container->family == FAMILY_AVI) {
        int64_t usual_us = INT64_C(1000000) * clip->source.rate_den / clip->source.rate_num;
        if (end_us < found->last_us + usual_us && made->length_us >= found->last_us + usual_us)
            end_us = found->last_us + usual_us;
    }
    return end_us - found->first_us;
}

static bool has_this_length(const Clip *clip)
{
    CutSource there;
    CutBorders found;
    if (clip->run->preview || !read_back(clip->out->path, &there, &found))
        return false;
    int64_t its_us = length_shown(clip, &there, &found);
    rv_cut_source_close(&there);
    int64_t start_us = clip->run->options->exact ? clip->borders.start_us : clip->borders.key_us;
    int64_t end_us = clip->run->options->exact ? clip->borders.end_us : clip->borders.copy_end_us;
    return llabs(end_us - start_us - its_us) < LENGTH_SLACK_US;
}

// *present: the clip is there. Errors: ARGUMENT if something else is.
static RvStatus look_at_path(const Clip *clip, bool *present, RvError *err)
{
    const char *path = clip->out->path;
    struct stat facts;
    *present = false;
    if (stat(path, &facts) != 0)
        return RV_OK;
    if (!S_ISREG(facts.st_mode))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: is there already, and is no file", path);
    if (rv_kept_files_have(clip->run->kept, &facts))
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: is a video that clips are cut from, and is not replaced; give another name",
                            path);
    CutFileState state = rv_cut_file_compare(path, clip->mark);
    *present = !clip->run->options->force &&
               (state == CUT_FILE_SAME || (state == CUT_FILE_UNKNOWN && has_this_length(clip)));
    if (*present || clip->run->options->force)
        return RV_OK;
    return rv_error_set_hint(err, RV_ERROR_ARGUMENT, RV_HINT_FORCE, NULL,
                             "%s: is there already, and is not this clip; give another name", path);
}

/* ---- the work ------------------------------------------------------------------------------------------ */

static bool keeps_timecode(const CutContainer *container)
{
    return container->family == FAMILY_MP4 || container->family == FAMILY_MATROSKA;
}

// The label of the clip's first frame, if the video has labels.
static RvStatus find_timecode(Clip *clip, RvError *err)
{
    if (clip->container == NULL || !keeps_timecode(clip->container))
        return RV_OK;
    RvMedia media;
    RvStatus status = rv_media_read(clip->moment->video, &media, err);
    if (status != RV_OK)
        return status;
    int64_t start_us = clip->run->options->exact ? clip->borders.start_us : clip->borders.key_us;
    if (media.has_timecode) {
        int64_t frame =
            media.start_frame + rv_rate_frames(media.rate, (double)start_us / 1e6 - media.first_frame_s);
        rv_timecode_write(frame, media.rate, media.drop_frame, clip->out->timecode);
    }
    rv_media_clear(&media);
    return RV_OK;
}

static CutPlan plan_of(const Clip *clip)
{
    const RvCutOptions *options = clip->run->options;
    return (CutPlan){.source = &clip->source,
                     .borders = &clip->borders,
                     .program = clip->run->program,
                     .container = clip->container,
                     .exact = options->exact,
                     .output = clip->file.temporary,
                     .texts = clip->texts >= 0 ? clip->texts_path : NULL,
                     .timecode = clip->out->timecode[0] != '\0' ? clip->out->timecode : NULL,
                     .thread_count = options->thread_count};
}

static RvStatus make_arguments(const Clip *clip, ArgumentList *list, const char **encoder, RvError *err)
{
    const RvCutOptions *options = clip->run->options;
    if (clip->run->preview) {
        PreviewPlan preview = {.source = &clip->source,
                               .borders = &clip->borders,
                               .program = clip->run->program,
                               .webp = clip->webp,
                               .width = options->width > 0 ? options->width : DEFAULT_WIDTH,
                               .frame_rate = options->frame_rate > 0 ? options->frame_rate : DEFAULT_RATE,
                               .output = clip->file.temporary,
                               .thread_count = options->thread_count};
        *encoder = clip->webp ? "libwebp_anim" : "gif";
        return rv_preview_arguments(&preview, list, err);
    }
    CutPlan plan = plan_of(clip);
    return rv_cut_arguments(&plan, list, encoder, err);
}

static RvStatus run_child(Clip *clip, const ArgumentList *list, ChildResult *result, RvError *err)
{
    const RvCutOptions *options = clip->run->options;
    double silence_s = options->silence_s > 0 ? options->silence_s : DEFAULT_SILENCE_S;
    ChildOptions child = {.arguments = (const char *const *)list->words,
                          .line = take_line,
                          .cancelled = is_stopped,
                          .user = clip,
                          .silence_s = silence_s};
    RvStatus status = rv_child_run(&child, result, err);
    return status != RV_OK
               ? status
               : rv_cut_program_failed(result, clip->source.name, clip->out->path, silence_s, err);
}

static void drop_texts(Clip *clip)
{
    if (clip->texts >= 0)
        close(clip->texts);
    clip->texts = -1;
}

/* Convert subtitles into a file without a name, which ffmpeg reaches by our number. Without that file the clip is made all
 * the same, but a line of subtitles may go on behind its end. Errors: CANCELLED, MEMORY. */
static RvStatus make_texts(Clip *clip, RvError *err)
{
    CutPlan plan = plan_of(clip);
    ArgumentList list;
    ChildResult result = {0};
    if (clip->run->preview || !rv_cut_needs_texts(&plan))
        return RV_OK;
    clip->texts = memfd_create("reelvec-subtitles", MFD_CLOEXEC);
    if (clip->texts < 0)
        return RV_OK;
    snprintf(clip->texts_path, sizeof clip->texts_path, "/proc/%ld/fd/%d", (long)getpid(), clip->texts);
    plan.output = clip->texts_path;
    RvError cause = {0};
    RvStatus status = rv_cut_text_arguments(&plan, &list, &cause);
    if (status == RV_OK)
        status = run_child(clip, &list, &result, &cause);
    rv_buffer_clear(&result.errors);
    rv_arguments_clear(&list);
    if (status != RV_OK)
        drop_texts(clip);
    if (status != RV_ERROR_CANCELLED && status != RV_ERROR_MEMORY)
        return RV_OK;
    if (err != NULL)
        *err = cause;
    return status;
}

static RvStatus run_program(Clip *clip, RvError *err)
{
    const RvCutOptions *options = clip->run->options;
    ArgumentList list;
    ChildResult result;
    const char *encoder = "";
    RvStatus status = make_arguments(clip, &list, &encoder, err);
    if (status != RV_OK)
        return status;
    snprintf(clip->out->encoder, sizeof clip->out->encoder, "%s", encoder);
    status = run_child(clip, &list, &result, err);
    struct stat facts;
    if (status == RV_ERROR_FORMAT && !clip->source.is_url && stat(clip->moment->video, &facts) != 0)
        status = rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: was removed or renamed while it was cut",
                              clip->source.name);
    if (status == RV_ERROR_FORMAT && !options->exact && !clip->run->preview)
        rv_error_set_hint(err, status, RV_HINT_EXACT, NULL, "%s", err != NULL ? err->message : "");
    if (status == RV_OK && result.errors.size_bytes > 0) {
        char cause[512];
        rv_cut_program_cause((const char *)result.errors.bytes, cause, sizeof cause);
        rv_log_line(&options->log, RV_LOG_WARNING, "%s: ffmpeg says: %s", clip->source.name, cause);
    }
    rv_buffer_clear(&result.errors);
    rv_arguments_clear(&list);
    return status;
}

static RvStatus check_webp(Clip *clip, RvError *err)
{
    struct stat facts;
    bool good = stat(clip->file.temporary, &facts) == 0 && facts.st_size > 0;
    clip->out->size_bytes = good ? facts.st_size : 0;
    clip->out->start_s = (double)clip->borders.start_us / 1e6;
    clip->out->end_s = (double)clip->borders.end_us / 1e6;
    return good ? RV_OK
                : rv_error_set(err, RV_ERROR_FORMAT, "%s: ffmpeg has written nothing", clip->source.name);
}

// Look at what ffmpeg has written before it gets its name, and fill in the result.
static RvStatus check_output(Clip *clip, RvError *err)
{
    const RvCutOptions *options = clip->run->options;
    const CutBorders *asked = &clip->borders;
    CutSource made;
    CutBorders found;
    RvCut *out = clip->out;
    struct stat facts;
    if (clip->webp) // FFmpeg reads no animated WebP
        return check_webp(clip, err);
    if (!read_back(clip->file.temporary, &made, &found))
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: ffmpeg has written no picture; the video may be damaged there",
                            clip->source.name);
    int turns = clip->source.quarter_turns - made.quarter_turns;
    int64_t shown_us = length_shown(clip, &made, &found);
    rv_cut_source_close(&made);
    out->size_bytes = stat(clip->file.temporary, &facts) == 0 ? facts.st_size : 0;
    out->frame_count = found.frame_count;
    bool exact = options->exact || clip->run->preview;
    int64_t start_us = exact ? asked->start_us : asked->key_us;
    out->start_s = (double)start_us / 1e6;
    out->end_s = (double)(exact ? asked->end_us : start_us + shown_us) / 1e6;
    out->early_s = asked->key_us < asked->first_us && !exact ? (double)(clip->start_us - start_us) / 1e6 : 0;
    if (clip->run->preview)
        return RV_OK;
    if (turns != 0 && !options->exact)
        rv_log_line(&options->log, RV_LOG_WARNING,
                    "%s: a .%s copied by this ffmpeg does not keep how the picture is turned; an .mp4 does",
                    out->path, clip->container->ending);
    if (exact && asked->frame_count > 0 && found.frame_count > 0 && asked->frame_count != found.frame_count &&
        !clip->container->even)
        rv_log_line(&options->log, RV_LOG_WARNING,
                    "%s: has %" PRId64 " frames where the video has %" PRId64
                    "; the video may be damaged there",
                    out->path, found.frame_count, asked->frame_count);
    return RV_OK;
}

static void warn_of_end(const Clip *clip)
{
    int64_t missing_us = clip->end_us - clip->borders.end_us;
    int64_t handles_us = llround(clip->run->options->handles_s * 1e6);
    if (missing_us > handles_us + LENGTH_SLACK_US)
        rv_log_line(&clip->run->options->log, RV_LOG_WARNING,
                    "%s: ends at %.3f s; so does the clip, which was to end at %.3f s", clip->source.name,
                    (double)clip->borders.end_us / 1e6, clip->moment->end_s);
}

// Packets without times of display are known by times of decoding; in AVI these are evenly spaced and will do.
static RvStatus check_copying(const Clip *clip, RvError *err)
{
    if (!clip->borders.counted || clip->run->options->exact || clip->run->preview ||
        strcmp(clip->source.demuxer, "avi") == 0)
        return RV_OK;
    return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_EXACT, NULL,
                             "%s: cannot be copied by its time stamps, which are missing or jump",
                             clip->source.name);
}

static RvStatus make(Clip *clip, RvError *err)
{
    const RvCutOptions *options = clip->run->options;
    bool present = false; // made by somebody else meanwhile
    RvStatus status = rv_cut_file_begin(&clip->file, clip->out->path, options->force, err);
    if (status == RV_OK)
        status = make_texts(clip, err);
    if (status == RV_OK)
        status = run_program(clip, err);
    if (status == RV_ERROR_FORMAT && clip->texts >= 0) { // the tracks may be empty there
        drop_texts(clip);
        status = run_program(clip, err);
    }
    drop_texts(clip);
    if (status == RV_OK)
        status = check_output(clip, err);
    if (status == RV_OK)
        status = rv_cut_file_commit(&clip->file, clip->mark, &present, err);
    rv_cut_file_abandon(&clip->file);
    if (status == RV_OK)
        clip->out->outcome = present ? RV_CUT_PRESENT : RV_CUT_MADE;
    return status;
}

RvStatus rv_cut_clip(const CutRun *run, const RvMoment *moment, const char *path, const char *folder,
                     const char *name, RvCut *out, RvError *err)
{
    Clip clip = {.run = run, .moment = moment, .out = out, .texts = -1};
    VideoOptions video = {.cancelled = is_stopped, .cancelled_user = &clip, .log = run->options->log};
    bool present = false;
    *out = (RvCut){0};
    RvStatus status = read_moment(&clip, err);
    if (status == RV_OK)
        status = rv_cut_source_open(moment->video, &video, &clip.source, err);
    if (status != RV_OK)
        return status;
    status = choose_path(&clip, path, folder, name, err);
    if (status == RV_OK)
        status = make_mark(&clip, err);
    if (status == RV_OK)
        status = rv_cut_source_borders(&clip.source, clip.start_us, clip.end_us, &clip.borders, err);
    if (status == RV_OK)
        status = look_at_path(&clip, &present, err);
    if (status == RV_OK && present) {
        struct stat facts;
        out->outcome = RV_CUT_PRESENT;
        out->size_bytes = stat(out->path, &facts) == 0 ? facts.st_size : 0;
        bool exact = run->options->exact || run->preview;
        out->start_s = (double)(exact ? clip.borders.start_us : clip.borders.key_us) / 1e6;
        out->end_s = (double)clip.borders.end_us / 1e6;
    } else if (status == RV_OK) {
        warn_of_end(&clip);
        status = check_copying(&clip, err);
        if (status == RV_OK)
            status = find_timecode(&clip, err);
        if (status == RV_OK)
            status = make(&clip, err);
    }
    rv_cut_source_close(&clip.source);
    return status;
}
