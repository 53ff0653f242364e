/* SPDX-License-Identifier: MIT */
/* From moments to the texts of files: clips are divided into files, each gets a rate and a place for every clip, and is
 * written by its format. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/mem.h"
#include "timeline/escape.h"
#include "timeline/timeline_build.h"

#define TEXT_BYTES_MAX ((size_t)1 << 30)
#define FILE_STEM_BYTES_MAX 100
#define HANDLES_MAX_S 86400
#define DEFAULT_RECORD_START "01:00:00:00"
#define DEFAULT_TITLE "reelvec"

/* ---- formats ------------------------------------------------------------------------------------------ */

size_t rv_timeline_format_count(void)
{
    size_t count = 0;
    while (rv_timeline_formats[count] != NULL)
        count++;
    return count;
}

const RvTimelineFormatInfo *rv_timeline_format(size_t index)
{
    return index < rv_timeline_format_count() ? &rv_timeline_formats[index]->info : NULL;
}

const RvTimelineFormatInfo *rv_timeline_format_of_file(const char *file_name)
{
    const char *slash = strrchr(file_name, '/');
    const RvTimelineFormatInfo *best = NULL;
    size_t best_length = 0;
    file_name = slash != NULL ? slash + 1 : file_name;
    for (size_t i = 0; rv_timeline_formats[i] != NULL; i++) {
        for (const char *const *ending = rv_timeline_formats[i]->info.endings; *ending != NULL; ending++) {
            if (strlen(*ending) <= best_length || strlen(*ending) == strlen(file_name) ||
                !rv_ascii_ends(file_name, *ending))
                continue;
            best = &rv_timeline_formats[i]->info;
            best_length = strlen(*ending);
        }
    }
    return best;
}

static RvStatus find_format(const char *name, const TimelineFormat **out, RvError *err)
{
    char names[512] = "";
    for (size_t i = 0; rv_timeline_formats[i] != NULL; i++) {
        const char *known = rv_timeline_formats[i]->info.name;
        *out = rv_timeline_formats[i];
        if (name != NULL && strcmp(name, known) == 0)
            return RV_OK;
        if (strlen(names) + strlen(known) + 3 < sizeof names) {
            strcat(names, i > 0 ? ", " : "");
            strcat(names, known);
        }
    }
    if (name == NULL || name[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "no format of timelines is named; there are %s", names);
    return rv_error_set(err, RV_ERROR_ARGUMENT, "no format of timelines is called \"%.100s\"; there are %s",
                        name, names);
}

/* ---- rates -------------------------------------------------------------------------------------------- */

/* The rate of most clips; the first of those with equally many. */
static RvRate find_most_common(const Timeline *timeline)
{
    RvRate best = {0};
    size_t best_count = 0;
    // The counts are taken per source, of which there are far fewer than clips.
    for (size_t i = 0; i < timeline->source_count; i++) {
        RvRate rate = timeline->sources[i].media.rate;
        if (i > 0 && rv_rate_equal(rate, timeline->sources[i - 1].media.rate))
            continue;
        size_t count = 0;
        for (size_t k = 0; k < timeline->clip_count; k++)
            count += rv_rate_equal(rate, timeline->sources[timeline->clips[k].source].media.rate);
        if (count > best_count) {
            best = rate;
            best_count = count;
        }
    }
    return best;
}

/* What an editor has for a rate: the rate itself if it is usual, else its smallest usual multiple, else the nearest. */
static RvRate find_usual(RvRate rate)
{
    for (int times = 1; times <= 120; times++) {
        if (rate.num > INT_MAX / times)
            break;
        RvRate multiple = {rate.num * times, rate.den};
        RvRate usual = rv_rate_usual((double)multiple.num / multiple.den);
        if (rv_rate_equal(multiple, usual))
            return usual;
    }
    return rv_rate_usual((double)rate.num / rate.den);
}

static RvStatus check_rate(const TimelineBuild *build, RvError *err)
{
    RvRate rate = build->options->rate;
    if (rate.num == 0 && rate.den == 0)
        return RV_OK;
    if (!rv_rate_is_valid(rate))
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%d/%d is no rate of a timeline; it must be 1 to 1000 frames a second", rate.num,
                            rate.den);
    int most = build->format->rate_max;
    bool over_1001;
    if (build->format->whole_rates && !rv_rate_is_whole(rate, &over_1001))
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "the format %s has whole numbers of frames a second, and those over 1.001 (like 30000/1001), but "
            "not %d/%d; choose one of them, or another format",
            build->format->info.name, rate.num, rate.den);
    if (most > 0 && rv_rate_nominal(rate) > most)
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "%d/%d frames a second are more than the format %s can count, which is %d; choose a lower rate",
            rate.num, rate.den, build->format->info.name, most);
    return RV_OK;
}

/* Returns a source that has this rate. */
static const TimelineSource *find_source(const Timeline *timeline, RvRate rate)
{
    size_t i = 0;
    while (i + 1 < timeline->source_count && !rv_rate_equal(timeline->sources[i].media.rate, rate))
        i++;
    return &timeline->sources[i];
}

static void choose_rate(const TimelineBuild *build, Timeline *timeline)
{
    timeline->rate = build->options->rate;
    if (timeline->rate.num != 0)
        return;
    RvRate own = find_most_common(timeline), rate = find_usual(own);
    int most = build->format->rate_max;
    while (most > 0 && rv_rate_nominal(rate) > most)
        rate = (RvRate){rate.num / 2, rate.den};
    if (!rv_rate_equal(own, rate) && !build->format->times_only) {
        char own_text[RATE_TEXT_SIZE], text[RATE_TEXT_SIZE];
        rv_rate_write(own, own_text);
        rv_rate_write(rate, text);
        rv_log_line(
            timeline->log, RV_LOG_WARNING,
            "%.600s has %s frames a second, which timelines of the format %s do not have; this one has %s",
            find_source(timeline, own)->media.path, own_text, build->format->info.name, text);
    }
    timeline->rate = rate;
}

/* A wanted start is taken as it is written or refused, not changed. The error names the next label that
 * there is. */
static RvStatus check_start(const char *start, RvRate rate, int64_t frame, bool drop, RvError *err)
{
    const char *point = start + strcspn(start, ";.,");
    char next[TIMECODE_SIZE], rate_text[RATE_TEXT_SIZE];
    rv_timecode_write(frame, rate, drop, next);
    rv_rate_write(rate, rate_text);
    if (*point == ';' && !drop)
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "\"%.40s\" is a label of drop-frame timecode, which there is at 29.97 and 59.94 frames "
            "a second but not at %s; write it as %s",
            start, rate_text, next);
    if (drop && strtol(point + 1, NULL, 10) != strtol(strchr(next, ';') + 1, NULL, 10))
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "there is no \"%.40s\" in drop-frame timecode of %s frames a second; the next one is %s", start,
            rate_text, next);
    return RV_OK;
}

/* Drop-frame labels if the wanted start has them; without a wanted start if the first source of this rate that has labels
 * has them. */
static RvStatus choose_labels(const TimelineBuild *build, Timeline *timeline, RvError *err)
{
    const char *start = build->options->record_start;
    bool drop = false;
    if (!rv_timecode_read(start != NULL ? start : DEFAULT_RECORD_START, timeline->rate,
                          &timeline->record_start, &drop)) {
        char rate[RATE_TEXT_SIZE];
        rv_rate_write(timeline->rate, rate);
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "\"%.40s\" is no timecode of %s frames a second; write it as hours:minutes:seconds:frames, "
            "like 01:00:00:00",
            start, rate);
    }
    if (start != NULL) {
        RvStatus status = check_start(start, timeline->rate, timeline->record_start, drop, err);
        if (status != RV_OK)
            return status;
    }
    for (size_t i = 0; i < timeline->source_count && start == NULL && rv_rate_may_drop(timeline->rate); i++) {
        const RvMedia *media = &timeline->sources[i].media;
        if (!media->has_timecode || !rv_rate_equal(media->rate, timeline->rate))
            continue;
        drop = media->drop_frame;
        break;
    }
    timeline->drop_frame = drop;
    if (drop && start == NULL)
        rv_timecode_read("01:00:00;00", timeline->rate, &timeline->record_start, NULL);
    return RV_OK;
}

/* ---- files -------------------------------------------------------------------------------------------- */

/* Copy the clips of one source, or of all if source is SIZE_MAX, and the sources that they use. Names are borrowed. */
static RvStatus fill_timeline(const TimelineBuild *build, size_t source, Timeline *timeline, RvError *err)
{
    size_t *place =
        rv_mem_alloc(build->source_count, sizeof *place, err); // of a source in the timeline, from 1
    timeline->sources = rv_mem_alloc(build->source_count, sizeof *timeline->sources, err);
    timeline->clips = rv_mem_alloc(build->clip_count, sizeof *timeline->clips, err);
    if (place == NULL || timeline->sources == NULL || timeline->clips == NULL) {
        free(place);
        return RV_ERROR_MEMORY;
    }
    for (size_t i = 0; i < build->clip_count; i++) {
        TimelineClip clip = build->clips[i];
        if (source != SIZE_MAX && source != clip.source)
            continue;
        if (place[clip.source] == 0) {
            timeline->sources[timeline->source_count++] = build->sources[clip.source];
            place[clip.source] = timeline->source_count;
        }
        clip.source = place[clip.source] - 1;
        timeline->clips[timeline->clip_count++] = clip;
    }
    free(place);
    for (size_t i = 0; i < timeline->source_count; i++) {
        const RvMedia *media = &timeline->sources[i].media;
        if ((int64_t)media->width * media->height > (int64_t)timeline->width * timeline->height) {
            timeline->width = media->width;
            timeline->height = media->height;
        }
    }
    return RV_OK;
}

/* The clip in frames of the timeline. It is not longer than what the source has from its `in` on, on either grid: players
 * refuse a clip that reaches a part of a frame beyond its file. */
static void fit_clip(const RvMedia *media, TimelineClip *clip, RvRate rate)
{
    // A frame of the timeline may be longer than one of a fast source: step back from the end.
    int64_t needed = -rv_rate_convert_down(rate, -1, media->rate), last = media->frame_count - needed;
    if (clip->in > last && last >= 0) {
        clip->length += clip->in - last;
        clip->in = last;
    }
    int64_t total = rv_rate_convert_down(media->rate, media->frame_count, rate);
    int64_t fits = rv_rate_convert_down(media->rate, media->frame_count - clip->in, rate);
    clip->record_length = rv_rate_convert(media->rate, clip->length, rate);
    clip->record_length = clip->record_length < fits ? clip->record_length : fits;
    clip->record_length = clip->record_length > 1 ? clip->record_length : 1;
    clip->grid_in = rv_rate_convert(media->rate, clip->in, rate);
    if (clip->grid_in + clip->record_length > total)
        clip->grid_in = total > clip->record_length ? total - clip->record_length : 0;
}

/* Give the clips their places one after the other, up to the limits of the format. The clips behind them are for the next
 * file and are not counted any more. */
static void lay_clips(const TimelineFormat *format, Timeline *timeline)
{
    int64_t room = INT64_MAX;
    if (format->within_a_day)
        room = rv_timecode_day(timeline->rate, timeline->drop_frame) - timeline->record_start;
    size_t count = 0;
    timeline->length = 0;
    while (count < timeline->clip_count && (format->max_clips == 0 || count < format->max_clips)) {
        TimelineClip *clip = &timeline->clips[count];
        fit_clip(&timeline->sources[clip->source].media, clip, timeline->rate);
        clip->record_in = timeline->length;
        if (count > 0 && timeline->length + clip->record_length > room)
            break;
        timeline->length += clip->record_length;
        count++;
    }
    timeline->clip_count = count;
}

static bool has_name(const RvTextFiles *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (rv_ascii_equal(files->items[i].name, name)) // some file systems do not tell capitals apart
            return true;
    }
    return false;
}

/* "" for the first file, then "_STEM" or "_2", and numbers behind it until no other file has the name. */
static char *make_name(const RvTextFiles *files, const char *stem, RvError *err)
{
    if (files->count == 0)
        return rv_mem_copy_string("", err);
    char *part = stem != NULL ? rv_escape_clean(stem, FILE_STEM_BYTES_MAX, err) : NULL;
    if (stem != NULL && part == NULL)
        return NULL;
    Buffer name;
    rv_buffer_init(&name, SIZE_MAX);
    for (size_t number = stem != NULL ? 1 : files->count + 1; name.status == RV_OK; number++) {
        rv_buffer_reset(&name);
        if (stem != NULL)
            rv_buffer_append_format(&name, err, "_%s", part);
        if (number > 1)
            rv_buffer_append_format(&name, err, "_%zu", number);
        if (name.status == RV_OK && !has_name(files, (const char *)name.bytes))
            break;
    }
    free(part);
    if (name.status != RV_OK)
        rv_buffer_clear(&name);
    return (char *)name.bytes;
}

static RvStatus add_file(const TimelineFormat *format, const Timeline *timeline, RvTextFiles *files,
                         size_t *capacity, RvError *err)
{
    Buffer text;
    rv_buffer_init(&text, TEXT_BYTES_MAX);
    RvStatus status = format->write(timeline, &text, err);
    char *name = NULL;
    if (status == RV_OK) {
        RvTextFile *items = files->items;
        if (files->count == *capacity)
            items = rv_mem_grow(files->items, capacity, files->count + 1, sizeof *items, err);
        if (items != NULL)
            files->items = items;
        name = items != NULL
                   ? make_name(files, format->info.per_source ? timeline->sources[0].stem : NULL, err)
                   : NULL;
        status = name != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status != RV_OK) {
        rv_buffer_clear(&text);
        return status;
    }
    files->items[files->count++] =
        (RvTextFile){.name = name, .text = (char *)text.bytes, .size_bytes = text.size_bytes};
    return RV_OK;
}

/* Write the clips of one source, or of all, into as many files as the format needs. */
static RvStatus write_files(const TimelineBuild *build, size_t source, char *title, RvTextFiles *files,
                            size_t *capacity, RvError *err)
{
    Timeline whole = {.title = title, .log = &build->options->log};
    RvStatus status = fill_timeline(build, source, &whole, err);
    if (status == RV_OK && whole.clip_count > 0) {
        choose_rate(build, &whole);
        status = choose_labels(build, &whole, err);
    }
    for (size_t first = 0; first < whole.clip_count && status == RV_OK;) {
        Timeline piece = whole;
        piece.clips += first;
        piece.clip_count -= first;
        lay_clips(build->format, &piece);
        status = add_file(build->format, &piece, files, capacity, err);
        first += piece.clip_count;
        whole.part++;
    }
    free(whole.sources);
    free(whole.clips);
    return status;
}

static RvStatus write_all(const TimelineBuild *build, RvTextFiles *files, RvError *err)
{
    const char *title = build->options->title;
    size_t capacity = 0, groups = build->format->info.per_source ? build->source_count : 1;
    char *clean = rv_escape_clean(title != NULL && title[0] != '\0' ? title : DEFAULT_TITLE,
                                  TIMELINE_NAME_BYTES_MAX, err);
    RvStatus status = clean != NULL ? RV_OK : RV_ERROR_MEMORY;
    for (size_t i = 0; i < groups && status == RV_OK; i++)
        status =
            write_files(build, build->format->info.per_source ? i : SIZE_MAX, clean, files, &capacity, err);
    free(clean);
    if (status == RV_OK && build->format->max_clips > 0 && files->count > groups)
        rv_log_line(
            &build->options->log, RV_LOG_WARNING,
            "the moments are divided into %zu files, because one of the format %s holds %zu clips%s at most",
            files->count, build->format->info.name, build->format->max_clips,
            build->format->within_a_day ? " and 24 hours" : "");
    return status;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

void rv_text_files_clear(RvTextFiles *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        free(files->items[i].text);
    }
    free(files->items);
    *files = (RvTextFiles){0};
}

static RvStatus check_arguments(const TimelineBuild *build, RvError *err)
{
    const RvTimelineOptions *options = build->options;
    if (!isfinite(options->handles_s) || options->handles_s < 0 || options->handles_s > HANDLES_MAX_S)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "handles must be 0 to %d seconds", HANDLES_MAX_S);
    if (build->moment_count == 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "there are no moments to make a timeline of");
    for (size_t i = 0; i < build->moment_count; i++) {
        const RvMoment *moment = &build->moments[i];
        RvStatus status = RV_CHECK_RESERVED(RvMoment, moment, err);
        if (status != RV_OK)
            return status;
        if (moment->video == NULL || moment->video[0] == '\0')
            return rv_error_set(err, RV_ERROR_ARGUMENT, "moment %zu names no video", i + 1);
    }
    return check_rate(build, err);
}

RvStatus rv_timeline_make_with(const RvMoment *moments, size_t count, const RvTimelineOptions *options,
                               TimelineMediaRead read, RvTextFiles *out, RvError *err)
{
    *out = (RvTextFiles){0};
    static const RvTimelineOptions none = {0};
    TimelineBuild build = {.moments = moments,
                           .moment_count = count,
                           .options = options != NULL ? options : &none,
                           .read = read};
    RvStatus status = RV_CHECK_RESERVED(RvTimelineOptions, build.options, err);
    if (status == RV_OK)
        status = find_format(build.options->format, &build.format, err);
    if (status == RV_OK)
        status = check_arguments(&build, err);
    if (status == RV_OK)
        status = rv_timeline_find_sources(&build, err);
    if (status == RV_OK)
        status = rv_timeline_cut_clips(&build, err);
    if (status == RV_OK && build.clip_count == 0)
        status = rv_error_set(
            err, RV_ERROR_NOT_FOUND,
            "%.600s: nothing remains of %zu moment%s: their videos cannot be read or named, or they "
            "are outside of them or empty",
            moments[0].video, count, count == 1 ? "" : "s");
    if (status == RV_OK)
        status = write_all(&build, out, err);
    if (status == RV_OK && build.options->report != NULL)
        *build.options->report = (RvTimelineReport){.moments_written = build.clip_count,
                                                    .moments_left_out = count - build.clip_count};
    rv_timeline_build_clear(&build);
    if (status != RV_OK)
        rv_text_files_clear(out);
    return status;
}

RvStatus rv_timeline_make(const RvMoment *moments, size_t count, const RvTimelineOptions *options,
                          RvTextFiles *out, RvError *err)
{
    return rv_timeline_make_with(moments, count, options, rv_media_read, out, err);
}
