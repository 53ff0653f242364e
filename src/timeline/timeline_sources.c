/* SPDX-License-Identifier: MIT */
/* The videos that moments are of: each is read once, whatever number of moments and of names it has. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "timeline/escape.h"
#include "timeline/timeline_build.h"

static char *copy_url(const char *path, RvError *err)
{
    if (rv_file_is_url(path))
        return rv_file_copy_shown(path, err);
    Buffer url;
    rv_buffer_init(&url, SIZE_MAX);
    rv_buffer_append(&url, "file://", 7, err);
    if (rv_escape_url_path(&url, path, err) != RV_OK)
        rv_buffer_clear(&url);
    return (char *)url.bytes;
}

// The last part of a path or address; of an address without what follows '?' or '#'.
static char *copy_name(const char *path, RvError *err)
{
    size_t length = rv_file_is_url(path) ? strcspn(path, "?#") : strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    char *part = strndup(path + begin, length - begin);
    char *name = part != NULL ? rv_escape_clean(part, TIMELINE_NAME_BYTES_MAX, err) : NULL;
    if (part == NULL)
        rv_error_memory(err, length - begin);
    free(part);
    return name;
}

static RvStatus name_source(TimelineSource *source, RvError *err)
{
    source->url = copy_url(source->media.path, err);
    source->name = source->url != NULL ? copy_name(source->media.path, err) : NULL;
    source->stem = source->name != NULL ? rv_mem_copy_string(source->name, err) : NULL;
    if (source->stem == NULL)
        return RV_ERROR_MEMORY;
    char *point = strrchr(source->stem, '.');
    if (point != NULL && point > source->stem)
        *point = '\0';
    return RV_OK;
}

static void clear_source(TimelineSource *source)
{
    rv_media_clear(&source->media);
    free(source->name);
    free(source->stem);
    free(source->url);
}

void rv_timeline_build_clear(TimelineBuild *build)
{
    for (size_t i = 0; i < build->source_count; i++)
        clear_source(&build->sources[i]);
    for (size_t i = 0; i < build->clip_count; i++)
        free(build->clips[i].name);
    free(build->sources);
    free(build->source_of);
    free(build->clips);
}

// *readable is false if the video cannot be read, or not be named in the format, which err says.
static RvStatus read_media(const TimelineBuild *build, const char *video, RvMedia *media, bool *readable,
                           RvError *err)
{
    *readable = true;
    RvStatus status = build->read(video, media, err);
    if (status == RV_OK && build->format->check_source != NULL)
        status = build->format->check_source(media->path, err);
    *readable = status == RV_OK;
    return status == RV_ERROR_MEMORY ? status : RV_OK;
}

static void say_what_is_inexact(const TimelineBuild *build, const TimelineSource *source)
{
    if (source->media.warning[0] != '\0')
        rv_log_line(&build->options->log, RV_LOG_WARNING, "%.600s: %s", source->media.path,
                    source->media.warning);
}

// Add the source of a video, or find it if it is known by another name. *index is SIZE_MAX if it cannot be read.
static RvStatus add_source(TimelineBuild *build, const char *video, size_t moments, size_t *index,
                           RvError *err)
{
    TimelineSource source = {0};
    RvError reason = {0};
    bool readable;
    *index = SIZE_MAX;
    RvStatus status = read_media(build, video, &source.media, &readable, &reason);
    if (status != RV_OK)
        return rv_error_set(err, status, "%s", reason.message);
    if (!readable) {
        rv_log_line(&build->options->log, RV_LOG_WARNING, "%.900s; %zu of its moments %s left out",
                    reason.message, moments, moments == 1 ? "is" : "are");
        rv_media_clear(&source.media);
        return RV_OK;
    }
    for (size_t i = 0; i < build->source_count; i++) {
        if (strcmp(build->sources[i].media.path, source.media.path) == 0) {
            *index = i;
            rv_media_clear(&source.media);
            return RV_OK;
        }
    }
    TimelineSource *sources = build->sources;
    if (build->source_count == build->source_capacity)
        sources =
            rv_mem_grow(sources, &build->source_capacity, build->source_count + 1, sizeof *sources, err);
    if (sources != NULL)
        build->sources = sources;
    status = sources != NULL ? name_source(&source, err) : RV_ERROR_MEMORY;
    if (status != RV_OK) {
        clear_source(&source);
        return status;
    }
    source.drop_frame = source.media.has_timecode && source.media.drop_frame;
    say_what_is_inexact(build, &source);
    *index = build->source_count;
    build->sources[build->source_count++] = source;
    return RV_OK;
}

typedef struct NamedMoment {
    const char *video;
    size_t index;
} NamedMoment;

static int compare_names(const void *left, const void *right)
{
    const NamedMoment *a = left, *b = right;
    int order = strcmp(a->video, b->video);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

RvStatus rv_timeline_find_sources(TimelineBuild *build, RvError *err)
{
    size_t count = build->moment_count;
    build->source_of = rv_mem_alloc(count, sizeof *build->source_of, err);
    NamedMoment *order = rv_mem_alloc(count, sizeof *order, err);
    size_t *group =
        rv_mem_alloc(count, 2 * sizeof *group, err); // per moment: the first of its video, how many
    RvStatus status = build->source_of != NULL && order != NULL && group != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK) {
        for (size_t i = 0; i < count; i++)
            order[i] = (NamedMoment){.video = build->moments[i].video, .index = i};
        qsort(order, count, sizeof *order, compare_names);
        for (size_t i = 0, first = 0; i < count; i++) {
            if (strcmp(order[i].video, order[first].video) != 0)
                first = i;
            group[2 * order[i].index] = order[first].index;
            group[2 * order[first].index + 1]++;
        }
    }
    for (size_t i = 0; i < count && status == RV_OK; i++) {
        size_t first = group[2 * i];
        if (first == i)
            status = add_source(build, build->moments[i].video, group[2 * i + 1], &build->source_of[i], err);
        else
            build->source_of[i] = build->source_of[first];
    }
    free(order);
    free(group);
    return status;
}
