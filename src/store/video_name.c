/* SPDX-License-Identifier: MIT */
/* The rule by which names select videos of a library. */
#include "store/video_name.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/store.h"

static bool is_path(const char *name, const char *path)
{
    return strcmp(name, path) == 0;
}

/* True if the name is the last parts of the path: an ending that begins after a '/'. */
static bool is_ending(const char *name, const char *path)
{
    size_t name_length = strlen(name), path_length = strlen(path);
    return name_length > 0 && name_length < path_length && path[path_length - name_length - 1] == '/' &&
           strcmp(path + path_length - name_length, name) == 0;
}

/* True if the name is a shell pattern that matches the whole path or its last part. A pattern with a '/' in
 * it may also match several last parts, as names without wildcards do: a pattern of the folder talks and a
 * star matches in every folder talks. A pattern without a '/' matches no folders, so that a short one does
 * not select a whole tree. */
static bool is_matched(const char *name, const char *path)
{
    if (name[0] == '\0')
        return false;
    bool matched = fnmatch(name, path, 0) == 0, parts = strchr(name, '/') != NULL;
    for (const char *slash = strchr(path, '/'); slash != NULL && !matched;) {
        const char *next = strchr(slash + 1, '/');
        matched = (parts || next == NULL) && fnmatch(name, slash + 1, 0) == 0;
        slash = next;
    }
    return matched;
}

static size_t choose_by(bool (*means)(const char *name, const char *path), const char *name,
                        const RvVideos *videos, bool *chosen)
{
    size_t count = 0;
    for (size_t i = 0; i < videos->count; i++) {
        chosen[i] = means(name, videos->items[i].path);
        count += chosen[i];
    }
    return count;
}

static size_t choose(const char *name, const RvVideos *videos, bool *chosen, RvNaming *naming)
{
    *naming = RV_NAMED_PATH;
    size_t count = choose_by(is_path, name, videos, chosen);
    char *file = count == 0 ? realpath(name, NULL) : NULL;
    if (file != NULL) {
        *naming = RV_NAMED_FILE;
        count = choose_by(is_path, file, videos, chosen);
        free(file);
    }
    if (count == 0) {
        *naming = RV_NAMED_ENDING;
        count = choose_by(is_ending, name, videos, chosen);
    }
    if (count == 0) {
        *naming = RV_NAMED_PATTERN;
        count = choose_by(is_matched, name, videos, chosen);
    }
    if (count == 0)
        *naming = RV_NAMED_NONE;
    return count;
}

size_t rv_video_name_choose(const char *name, const RvVideos *videos, bool *chosen, RvNaming *naming)
{
    if (name == NULL) {
        *naming = RV_NAMED_PATTERN;
        for (size_t i = 0; i < videos->count; i++)
            chosen[i] = true;
        return videos->count;
    }
    // Libraries store addresses without user and password.
    char *shown = rv_file_is_url(name) ? rv_file_copy_shown(name, NULL) : NULL;
    size_t count = choose(shown != NULL ? shown : name, videos, chosen, naming);
    free(shown);
    return count;
}

RvStatus rv_video_name_filter(const char *name, RvVideos *videos, RvNaming *naming, RvError *err)
{
    bool *chosen = rv_mem_alloc(videos->count + 1, sizeof *chosen, err);
    if (chosen == NULL)
        return RV_ERROR_MEMORY;
    rv_video_name_choose(name, videos, chosen, naming);
    size_t kept = 0;
    for (size_t i = 0; i < videos->count; i++) {
        if (chosen[i]) {
            videos->items[kept++] = videos->items[i];
            continue;
        }
        StoredVideo other = {.video = videos->items[i]};
        rv_stored_video_clear(&other);
    }
    videos->count = kept;
    free(chosen);
    return RV_OK;
}
