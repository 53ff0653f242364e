/* SPDX-License-Identifier: MIT */
/* POST /api/v1/clips: moments cut out of their videos. One is sent as it is, several as a ZIP archive. They are made in
 * a folder of their own, which is gone before the answer begins: what is sent is an open file without a name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "asked_moments.h"
#include "context.h"
#include "ffmpeg.h"
#include "members.h"
#include "notes.h"
#include "saved_name.h"
#include "web_error.h"
#include "work_folder.h"
#include "zip.h"

#define CLIPS_MAX 200
#define LENGTH_MAX_S 3600.0 // of all clips together

typedef struct Clips {
    Request *request;
    RvCutOptions options;
    bool animated; // GIF, WebP
    WorkFolder folder;
    uint64_t bytes_max; // that they may take on the disk, the archive too
    bool too_large;
    ZipWriter zip;
    char *failures; // lines
    size_t failure_count;
    Notes notes;
} Clips;

static bool refuse(Request *request, const char *message)
{
    reply_error(&request->reply, 400, "bad_parameter", "%s", message);
    return false;
}

static bool read_options(Request *request, const json_t *body, Clips *clips)
{
    static const char *const names[] = {"moments", "mode", "container", "handles", "width", NULL};
    const json_t *mode = json_object_get(body, "mode"), *container = json_object_get(body, "container");
    const json_t *handles = json_object_get(body, "handles"), *width = json_object_get(body, "width");
    const char *way = mode != NULL ? json_string_value(mode) : "copy";
    RvCutOptions *options = &clips->options;
    if (!members_are_known(request, body, names))
        return false;
    if (way == NULL || (strcmp(way, "copy") != 0 && strcmp(way, "exact") != 0))
        return refuse(request, "mode has to be copy or exact");
    options->exact = strcmp(way, "exact") == 0;
    options->container = json_string_value(container);
    if (container != NULL &&
        (options->container == NULL ||
         strspn(options->container, "abcdefghijklmnopqrstuvwxyz0123456789") != json_string_length(container)))
        return refuse(request, "container has to be a name like mp4, mkv, webm or gif");
    const char *name = options->container != NULL ? options->container : "";
    clips->animated = strcmp(name, "gif") == 0 || strcmp(name, "webp") == 0;
    options->handles_s = json_number_value(handles);
    if (handles != NULL &&
        (!json_is_number(handles) || !(options->handles_s >= 0 && options->handles_s <= 3600)))
        return refuse(request, "handles has to be a number of seconds from 0 to 3600");
    options->width = (int)json_integer_value(width);
    if (width != NULL &&
        (!json_is_integer(width) || json_integer_value(width) < 16 || json_integer_value(width) > 1920))
        return refuse(request, "width has to be a number of pixels from 16 to 1920");
    return true;
}

static bool check_sizes(Request *request, const AskedMoments *moments, const Clips *clips)
{
    double length_s = 0;
    for (size_t i = 0; i < moments->count; i++)
        length_s += moments->items[i].end_s - moments->items[i].start_s + 2 * clips->options.handles_s;
    if (moments->count <= CLIPS_MAX && length_s <= LENGTH_MAX_S)
        return true;
    reply_error(&request->reply, 400, "too_many_moments",
                "at most %d clips of %g s together are made at once; ask for fewer, or use reelvec clip",
                CLIPS_MAX, LENGTH_MAX_S);
    return false;
}

/* ---- making ------------------------------------------------------------------------------------------- */

static bool goes_on(void *user, const RvCutProgress *progress)
{
    Clips *clips = user;
    (void)progress;
    clips->too_large =
        clips->too_large || work_folder_bytes(&clips->folder) + clips->zip.offset > clips->bytes_max;
    return !clips->too_large && !request_client_gone(clips->request);
}

/* Where clips are made is nobody's business. */
static void hide_folder(const Clips *clips, RvError *err)
{
    size_t length = strlen(clips->folder.path);
    for (char *at; (at = strstr(err->message, clips->folder.path)) != NULL;) {
        size_t more = length + (at[length] == '/');
        memmove(at, at + more, strlen(at + more) + 1);
    }
}

static void send_failure(const Clips *clips, Reply *reply, const RvError *err)
{
    if (clips->too_large)
        reply_error(
            reply, 413, "clips_too_large",
            "the clips take more than %llu MiB, which is all that one request may have here; ask for fewer or "
            "shorter ones",
            (unsigned long long)(clips->bytes_max >> 20));
    else
        reply_failure(reply, err);
}

/* Cut one into the folder, and open it. The file's name is in cut->path; it is gone from the folder. */
static RvStatus make_clip(Clips *clips, const RvMoment *moment, RvCut *cut, int *file, RvError *err)
{
    RvCutOptions options = clips->options;
    RvMoment named = *moment;
    char *name = moment->name != NULL ? saved_name_clean(moment->name, "clip") : NULL, *place = NULL,
         *pattern = NULL;
    RvStatus status = RV_ERROR_MEMORY;
    named.name = name;
    *file = -1;
    // Into the folder, under a name that is made; that of a preview says which kind it is.
    if ((moment->name == NULL || name != NULL) && asprintf(&place, "%s/", clips->folder.path) >= 0 &&
        asprintf(&pattern, "%s%s%s", name != NULL ? "{name}" : "{video}_{start}-{end}",
                 clips->animated ? "." : "", clips->animated ? options.container : "") >= 0) {
        options.name = pattern;
        options.container = clips->animated ? NULL : options.container;
        status = clips->animated ? rv_cut_preview(&named, place, &options, cut, err)
                                 : rv_cut(&named, place, &options, cut, err);
    } else {
        web_error_memory(err);
    }
    free(name);
    free(place);
    free(pattern);
    if (status != RV_OK) {
        hide_folder(clips, err);
        return status;
    }
    // One that was made quickly was not looked at meanwhile.
    clips->too_large = (uint64_t)cut->size_bytes + clips->zip.offset > clips->bytes_max;
    if (clips->too_large)
        return web_error(err, RV_ERROR_CANCELLED, "the clips are too large");
    *file = open(cut->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*file < 0)
        status = web_error(err, RV_ERROR_IO, "the clip cannot be read: %s", strerror(errno));
    unlink(cut->path);
    return status;
}

static const char *type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {{".mp4", "video/mp4"},        {".m4v", "video/mp4"},   {".mov", "video/quicktime"},
                 {".mkv", "video/x-matroska"}, {".webm", "video/webm"}, {".gif", "image/gif"},
                 {".webp", "image/webp"},      {".ts", "video/mp2t"},   {".avi", "video/x-msvideo"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(dot, types[i].ending) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void send_one(Clips *clips, Reply *reply, const RvMoment *moment)
{
    RvCut cut = {0};
    RvError err = {0};
    int file;
    if (make_clip(clips, moment, &cut, &file, &err) == RV_OK) {
        off_t size = lseek(file, 0, SEEK_END);
        const char *name = name_of(cut.path);
        reply_file(reply, 200, type_of(name), file, 0, (uint64_t)size);
        saved_name_add(reply, true, name);
        reply_header(reply, "Reelvec-Start", "%.6f", cut.start_s);
        reply_header(reply, "Reelvec-End", "%.6f", cut.end_s);
    } else {
        send_failure(clips, reply, &err);
    }
    rv_cut_clear(&cut);
}

static void note_failure(Clips *clips, size_t number, const RvError *err)
{
    char *lines = NULL;
    char note[RV_ERROR_MESSAGE_SIZE + 40];
    clips->failure_count++;
    snprintf(note, sizeof note, "moment %zu: %s", number + 1, err->message);
    notes_add(&clips->notes, note);
    if (asprintf(&lines, "%s%s\n", clips->failures != NULL ? clips->failures : "", note) < 0)
        return; // the count tells
    free(clips->failures);
    clips->failures = lines;
}

/* One that fails does not stop the others, unless all would. */
static RvStatus add_clip(Clips *clips, const AskedMoments *moments, size_t number, RvError *err)
{
    RvCut cut = {0};
    int file;
    RvStatus status = make_clip(clips, &moments->items[number], &cut, &file, err);
    if (status == RV_OK) {
        status = zip_add_file(&clips->zip, name_of(cut.path), file, err);
    } else if (status != RV_ERROR_CANCELLED && status != RV_ERROR_IO && status != RV_ERROR_MEMORY) {
        note_failure(clips, number, err);
        status = clips->failure_count < moments->count ? RV_OK : status;
    }
    if (file >= 0)
        close(file);
    rv_cut_clear(&cut);
    return status;
}

static RvStatus fill_archive(Clips *clips, const AskedMoments *moments, uint64_t *size, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; i < moments->count && status == RV_OK; i++)
        status = add_clip(clips, moments, i, err);
    if (status == RV_OK && clips->failures != NULL)
        status = zip_add(&clips->zip, "failed.txt", clips->failures, strlen(clips->failures), err);
    return status == RV_OK ? zip_finish(&clips->zip, size, err) : status;
}

static void send_archive(Clips *clips, Reply *reply, const AskedMoments *moments)
{
    char path[600];
    uint64_t size = 0;
    RvError err = {0};
    snprintf(path, sizeof path, "%s/archive", clips->folder.path);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        reply_error(reply, 500, "io", "the archive cannot be written: %s", strerror(errno));
        return;
    }
    unlink(path);
    zip_init(&clips->zip, file);
    if (fill_archive(clips, moments, &size, &err) == RV_OK) {
        reply_file(reply, 200, "application/zip", file, 0, size);
        saved_name_add(reply, true, "clips.zip");
        reply_header(reply, "Reelvec-Moments-Left-Out", "%zu", clips->failure_count);
        notes_send(&clips->notes, reply);
    } else {
        close(file);
        send_failure(clips, reply, &err);
    }
    zip_clear(&clips->zip);
    free(clips->failures);
}

static void make(Clips *clips, Reply *reply, const AskedMoments *moments)
{
    RvError err = {0};
    if (work_folder_make(&clips->folder, &err) != RV_OK) {
        reply_failure(reply, &err);
        return;
    }
    clips->bytes_max = clips->request->server->limits.clip_bytes;
    clips->options.ffmpeg = ffmpeg_path(clips->request->server->ffmpeg);
    clips->options.progress = goes_on;
    clips->options.user = clips;
    if (moments->count == 1)
        send_one(clips, reply, &moments->items[0]);
    else
        send_archive(clips, reply, moments);
    reply_header(reply, "Cache-Control", "no-store");
    work_folder_remove(&clips->folder);
}

void api_clips(Request *request, Reply *reply)
{
    WebServer *server = request->server;
    Asking asking;
    Clips clips = {.request = request};
    AskedMoments moments = {0};
    json_t *body = request_json(request);
    if (body == NULL)
        return;
    bool good = asking_videos(&asking, request) && read_options(request, body, &clips) &&
                asked_moments_read(&moments, &asking, body) && check_sizes(request, &moments, &clips) &&
                asked_moments_check_files(&moments, request);
    if (good && server->ffmpeg == NULL) {
        reply_error(reply, 501, "no_ffmpeg", "this server has no ffmpeg program");
    } else if (good) {
        make(&clips, reply, &moments);
    }
    asked_moments_clear(&moments);
    asking_end(&asking);
    json_decref(body);
}
