/* SPDX-License-Identifier: MIT */
/* POST /api/v1/export: moments as the files of editors and players. One file is sent as it is, several (a format may
 * have one for each video) as a ZIP archive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "access_log.h"
#include "api.h"
#include "asked_moments.h"
#include "context.h"
#include "members.h"
#include "notes.h"
#include "saved_name.h"
#include "web_error.h"
#include "zip.h"

#define TITLE_DEFAULT "reelvec"
#define TEXT_BYTES_MAX 1024

typedef struct Export {
    RvTimelineOptions options;
    const RvTimelineFormatInfo *format;
    RvTimelineReport report;
    Request *request;
    Notes notes;
} Export;

static const RvTimelineFormatInfo *find_format(const char *name)
{
    for (size_t i = 0; i < rv_timeline_format_count(); i++) {
        const RvTimelineFormatInfo *format = rv_timeline_format(i);
        if (strcmp(format->name, name) == 0)
            return format;
    }
    return NULL;
}

static bool refuse(Request *request, const char *message)
{
    reply_error(&request->reply, 400, "bad_parameter", "%s", message);
    return false;
}

static bool read_options(Request *request, const json_t *body, Export *export)
{
    static const char *const names[] = {"format",  "moments",      "title", "rate",
                                        "handles", "record_start", NULL};
    const char *format = NULL, *rate = NULL;
    const json_t *handles = json_object_get(body, "handles");
    RvTimelineOptions *options = &export->options;
    if (!members_are_known(request, body, names) ||
        !members_text(request, body, "format", TEXT_BYTES_MAX, &format) ||
        !members_text(request, body, "title", TEXT_BYTES_MAX, &options->title) ||
        !members_text(request, body, "rate", TEXT_BYTES_MAX, &rate) ||
        !members_text(request, body, "record_start", TEXT_BYTES_MAX, &options->record_start))
        return false;
    export->format = format != NULL ? find_format(format) : NULL;
    if (export->format == NULL) {
        reply_error(&request->reply, 400, "no_such_format",
                    "format has to be one of those that the description of this interface names");
        return false;
    }
    options->format = export->format->name;
    if (rate != NULL && !rv_rate_read(rate, &options->rate))
        return refuse(request, "rate has to be a text like 25, 29.97 or 30000/1001");
    if (handles == NULL)
        return true;
    options->handles_s = json_number_value(handles);
    if (!json_is_number(handles) || !(options->handles_s >= 0 && options->handles_s <= 3600))
        return refuse(request, "handles has to be a number of seconds from 0 to 3600");
    return true;
}

static void log_line(void *user, RvLogLevel level, const char *message)
{
    Export *export = user;
    char shown[512];
    snprintf(shown, sizeof shown, "%s", message);
    for (char *at = strchr(shown, '"'); at != NULL; at = strchr(at, '"'))
        *at = '\'';
    access_log_line(export->request->server, level, "export=\"%s\"", shown);
    if (level <= RV_LOG_WARNING)
        notes_add(&export->notes, message);
}

static const char *type_of(const char *ending)
{
    static const struct {
        const char *ending, *type;
    } types[] = {{".otio", "application/json"},       {".csv", "text/csv; charset=utf-8"},
                 {".vtt", "text/vtt; charset=utf-8"}, {".srt", "application/x-subrip; charset=utf-8"},
                 {".xml", "application/xml"},         {".fcpxml", "application/xml"},
                 {".mlt", "application/xml"},         {".m3u8", "application/vnd.apple.mpegurl"}};
    const char *last = strrchr(ending, '.');
    for (size_t i = 0; last != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(last, types[i].ending) == 0)
            return types[i].type;
    }
    return "text/plain; charset=utf-8";
}

static void send_one(Reply *reply, const Export *export, RvTextFile *file, const char *title)
{
    char name[256];
    snprintf(name, sizeof name, "%s%s", title, export->format->endings[0]);
    // The text is the library's kind of memory.
    reply_bytes(reply, 200, type_of(export->format->endings[0]), file->text, file->size_bytes, rv_free);
    file->text = NULL;
    saved_name_add(reply, true, name);
}

static RvStatus fill_archive(const Export *export, const RvTextFiles *files, const char *title, int fd,
                             uint64_t *size, RvError *err)
{
    ZipWriter zip;
    RvStatus status = RV_OK;
    zip_init(&zip, fd);
    for (size_t i = 0; status == RV_OK && i < files->count; i++) {
        const RvTextFile *file = &files->items[i];
        char *name = NULL;
        if (asprintf(&name, "%s%s%s", title, file->name, export->format->endings[0]) < 0)
            status = web_error_memory(err);
        else
            status = zip_add(&zip, name, file->text, file->size_bytes, err);
        free(name);
    }
    if (status == RV_OK)
        status = zip_finish(&zip, size, err);
    zip_clear(&zip);
    return status;
}

static void send_archive(Reply *reply, const Export *export, const RvTextFiles *files, const char *title)
{
    RvError err = {0};
    uint64_t size = 0;
    char name[256];
    int fd = memfd_create("export", MFD_CLOEXEC);
    if (fd < 0) {
        reply_memory(reply);
        return;
    }
    if (fill_archive(export, files, title, fd, &size, &err) != RV_OK) {
        close(fd);
        reply_failure(reply, &err);
        return;
    }
    reply_file(reply, 200, "application/zip", fd, 0, size);
    snprintf(name, sizeof name, "%s.zip", title);
    saved_name_add(reply, true, name);
}

static void make(Request *request, Reply *reply, Export *export, const AskedMoments *moments)
{
    RvTextFiles files = {0};
    RvError err = {0};
    export->request = request;
    export->options.log = (RvLog){log_line, export};
    export->options.report = &export->report;
    char *title = saved_name_clean(export->options.title != NULL ? export->options.title : "", TITLE_DEFAULT);
    if (title == NULL)
        reply_memory(reply);
    else if (rv_timeline_make(moments->items, moments->count, &export->options, &files, &err) != RV_OK)
        reply_failure(reply, &err);
    else if (files.count == 1)
        send_one(reply, export, &files.items[0], title);
    else
        send_archive(reply, export, &files, title);
    if (reply->status == 200) {
        reply_header(reply, "Reelvec-Moments-Written", "%zu", export->report.moments_written);
        reply_header(reply, "Reelvec-Moments-Left-Out", "%zu", export->report.moments_left_out);
        notes_send(&export->notes, reply);
        reply_header(reply, "Cache-Control", "no-store");
    }
    rv_text_files_clear(&files);
    free(title);
}

void api_export(Request *request, Reply *reply)
{
    Asking asking;
    Export export = {0};
    AskedMoments moments = {0};
    json_t *body = request_json(request);
    if (body == NULL)
        return;
    bool good = asking_videos(&asking, request) && read_options(request, body, &export) &&
                asked_moments_read(&moments, &asking, body) && asked_moments_check_files(&moments, request);
    if (good)
        make(request, reply, &export, &moments);
    asked_moments_clear(&moments);
    asking_end(&asking);
    json_decref(body);
}
