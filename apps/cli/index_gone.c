/* SPDX-License-Identifier: MIT */
/* Videos of the library whose files are gone: counting them, and `index --prune`. */
#include "index_gone.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "signals.h"

static int compare_path(const void *key, const void *item)
{
    return strcmp(key, ((const RvVideo *)item)->path);
}

void cli_gone_settle(const RvVideos *known, bool retry_failed, CliSources *sources)
{
    for (size_t i = 0; i < sources->count && known->count > 0; i++) {
        char *absolute = cli_source_absolute(sources->items[i].path);
        const RvVideo *video = absolute != NULL ? bsearch(absolute, known->items, known->count,
                                                          sizeof *known->items, compare_path)
                                                : NULL;
        sources->items[i].settled = video != NULL && (video->state == RV_VIDEO_COMPLETE ||
                                                      (!retry_failed && video->state == RV_VIDEO_FAILED));
        free(absolute);
    }
}

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (length == 1 && folder[0] == '/')
        length = 0;
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static bool lies_below(const char *path, const RvStrings *folders)
{
    for (size_t i = 0; i < folders->count; i++) {
        if (is_below(path, folders->items[i]))
            return true;
    }
    return false;
}

/* True if the path is below an argument that is empty or does not exist, such as a disk that is not mounted.
 * Such a video stays, even if it is also below another argument that exists. */
static bool is_spared(const char *path, const CliSources *sources)
{
    bool spared = lies_below(path, &sources->spared);
    for (size_t i = 0; i < sources->gone.count && !spared; i++) {
        char *absolute = cli_source_absolute(sources->gone.items[i]);
        spared = absolute == NULL || is_below(path, absolute);
        free(absolute);
    }
    return spared;
}

static void remove_video(RvLibrary *library, const RvVideo *video, CliGone *out)
{
    RvError err = {0};
    if (rv_library_remove(library, video->video_id, &err) != RV_OK) {
        cli_fail(&err);
        out->failed_count++;
        return;
    }
    cli_print("%s: removed, its file is gone", video->path);
    out->removed_count++;
}

/* Handle arguments that do not exist: videos that the library has under that name may be removed. */
static void look_at_arguments(RvLibrary *library, const RvVideos *known, const CliSources *sources,
                              CliGone *out)
{
    for (size_t i = 0; i < sources->gone.count; i++) {
        char *absolute = cli_source_absolute(sources->gone.items[i]);
        const RvVideo *video =
            absolute != NULL && known->count > 0
                ? bsearch(absolute, known->items, known->count, sizeof *known->items, compare_path)
                : NULL;
        if (video != NULL && rv_video_is_missing(video)) {
            remove_video(library, video, out);
        } else {
            cli_message(
                "%s: neither a file or folder nor a video of the library; `reelvec remove` takes patterns",
                sources->gone.items[i]);
            out->failed_count++;
        }
        free(absolute);
    }
}

bool cli_gone_look(RvLibrary *library, const CliSources *sources, bool prune, CliGone *out, int *status)
{
    RvVideos known = {0};
    RvError err = {0};
    *out = (CliGone){0};
    *status = CLI_DONE;
    if (sources->folders.count == 0 && sources->gone.count == 0)
        return true;
    if (rv_library_paths(library, &known, &err) != RV_OK) {
        *status = cli_fail(&err);
        return false;
    }
    for (size_t i = 0; i < known.count && !cli_interrupted(); i++) {
        if (!lies_below(known.items[i].path, &sources->folders) || !rv_video_is_missing(&known.items[i]))
            continue;
        if (!prune)
            out->missing_count++;
        else if (is_spared(known.items[i].path, sources))
            out->kept_count++;
        else
            remove_video(library, &known.items[i], out);
    }
    look_at_arguments(library, &known, sources, out);
    rv_videos_clear(&known);
    return true;
}
