/* SPDX-License-Identifier: MIT */
/* Fetching and verifying a model: its forms, their files one after the other, each at its addresses in turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/file.h"
#include "models/model_answer.h"
#include "models/model_download.h"
#include "models/model_record.h"
#include "models/model_source.h"

#define DEFAULT_ENDPOINT "https://huggingface.co"
#define BRANCH "main" // whose commit a repository is fetched at if the table names no revision

/* One call of fetch: its settings from the environment, and which addresses have failed so far. */
typedef struct Fetch {
    const ModelSource *source;
    const RvFetchOptions *options;
    char endpoint[1024]; // without '/' at its end
    const char *token;   // NULL for none
    char failures[RV_ERROR_MESSAGE_SIZE];
    size_t failure_count;
    RvStatus last;      // status of the last failure
    RvError untold;     // the last failure, if it was not logged yet
    ModelRecord record; // of the form that is being fetched
} Fetch;

/* One address of a file. */
typedef struct Address {
    char url[MODEL_PATH_SIZE];
    bool at_endpoint; // the token may be sent there
} Address;

static RvStatus unknown_model(const char *name, RvError *err)
{
    return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LIST, NULL, "%s: not a known model",
                             name);
}

/* ---- addresses ---------------------------------------------------------------------------------------- */

static RvStatus check_base(const char *what, const char *url, RvError *err)
{
    if (rv_file_is_url(url))
        return RV_OK;
    const char *at = strrchr(url, '@'); // a password may come before the host
    return rv_error_set(err, RV_ERROR_ARGUMENT, "%s%s%s: not an address that starts with http:// or https://",
                        what, at != NULL ? "..." : "", at != NULL ? at : url);
}

static size_t length_without_slash(const char *url)
{
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    return length;
}

/* Write the host of an address without path and password. */
static void show_host(const char *url, char *host, size_t size_bytes)
{
    char shown[MODEL_PATH_SIZE];
    rv_file_show_url(url, shown, sizeof shown);
    const char *start = strstr(shown, "://");
    start = start != NULL ? start + 3 : shown;
    snprintf(host, size_bytes, "%.*s", (int)strcspn(start, "/?#"), start);
}

/* True if a secret may be sent there: nobody on the way can read it. */
static bool is_private(const char *url)
{
    static const char *const here[] = {"localhost", "127.0.0.1", "[::1]"};
    char host[256];
    if (rv_ascii_begins(url, "https://"))
        return true;
    show_host(url, host, sizeof host);
    for (size_t i = 0; i < sizeof here / sizeof here[0]; i++) {
        size_t length = strlen(here[i]);
        if (strncmp(host, here[i], length) == 0 && (host[length] == '\0' || host[length] == ':'))
            return true;
    }
    return false;
}

/* Read HF_ENDPOINT and HF_TOKEN, in the same way as Hugging Face's own tools. */
static RvStatus read_environment(Fetch *fetch, RvError *err)
{
    const char *endpoint = getenv("HF_ENDPOINT"), *token = getenv("HF_TOKEN");
    if (endpoint == NULL || endpoint[0] == '\0')
        endpoint = DEFAULT_ENDPOINT;
    RvStatus status = check_base("HF_ENDPOINT: ", endpoint, err);
    size_t length = length_without_slash(endpoint);
    if (status == RV_OK && length >= sizeof fetch->endpoint)
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "HF_ENDPOINT: address too long");
    if (status != RV_OK)
        return status;
    memcpy(fetch->endpoint, endpoint, length);
    fetch->endpoint[length] = '\0';
    fetch->token = token != NULL && token[0] != '\0' ? token : NULL;
    for (const char *at = fetch->token; at != NULL && *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~') // the message does not repeat it: it is a secret
            return rv_error_set(err, RV_ERROR_ARGUMENT, "HF_TOKEN: holds a character that no token has");
    }
    if (fetch->token != NULL && fetch->options->base_url == NULL && !is_private(fetch->endpoint)) {
        rv_log_line(&fetch->options->log, RV_LOG_WARNING,
                    "HF_TOKEN is not sent, as HF_ENDPOINT is an http:// address; give an https:// one");
        fetch->token = NULL;
    }
    return RV_OK;
}

/* Returns the revision at which a file is fetched: the table's, the one that was kept, or the branch. */
static const char *revision_of(const Fetch *fetch, const ModelFile *file)
{
    const char *kept = rv_model_record_commit(&fetch->record, file->repository);
    if (file->revision != NULL)
        return file->revision;
    return kept != NULL ? kept : BRANCH;
}

/* Write the index-th address of a file. Returns false after the last. A mirror replaces all other
 * addresses. */
static bool address_of(const Fetch *fetch, const ModelFile *file, size_t index, Address *out)
{
    const char *base = fetch->options->base_url;
    size_t size_bytes = sizeof out->url;
    int length = -1;
    *out = (Address){0};
    if (base != NULL && index == 0)
        length = snprintf(out->url, size_bytes, "%.*s/%s", (int)length_without_slash(base), base, file->name);
    else if (base == NULL && file->repository != NULL && index == 0)
        length = snprintf(out->url, size_bytes, "%s/%s/resolve/%s/%s", fetch->endpoint, file->repository,
                          revision_of(fetch, file), file->name);
    else if (base == NULL && file->repository == NULL && index < MODEL_ADDRESSES_MAX &&
             file->urls[index] != NULL)
        length = snprintf(out->url, size_bytes, "%s", file->urls[index]);
    out->at_endpoint = base == NULL && file->repository != NULL;
    return length > 0 && (size_t)length < size_bytes;
}

/* ---- one file ----------------------------------------------------------------------------------------- */

/* A file as it must be: what the table does not say of it is what was kept when it came. */
static ModelFile with_record(const ModelRecord *record, const ModelFile *file)
{
    ModelFile wanted = *file;
    const RecordFile *kept = rv_model_record_file(record, file->name);
    if (kept == NULL || (file->sha256 != NULL && strcmp(file->sha256, kept->sha256) != 0))
        return wanted;
    wanted.sha256 = kept->sha256;
    wanted.size_bytes = kept->size_bytes;
    return wanted;
}

static bool installed(const char *path, const ModelFile *file)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0 &&
           (file->size_bytes == 0 || (uint64_t)facts.st_size == file->size_bytes);
}

/* A file without a known or a kept digest counts as right if it exists: it was installed whole. */
static bool installed_and_right(const char *path, const ModelFile *file)
{
    char hex[65];
    return installed(path, file) && (file->sha256 == NULL || (rv_file_sha256(path, hex, NULL) == RV_OK &&
                                                              strcmp(hex, file->sha256) == 0));
}

static void note_failure(Fetch *fetch, RvStatus status, const RvError *failure)
{
    size_t used = strlen(fetch->failures);
    snprintf(fetch->failures + used, sizeof fetch->failures - used, "%s%s", used > 0 ? "; " : "",
             failure->message);
    fetch->failure_count++;
    fetch->last = status;
    fetch->untold = *failure;
}

/* The last failure is in the error that fetching ends with; those before it are told when the next address is tried. */
static void tell_failure(Fetch *fetch)
{
    if (fetch->untold.message[0] != '\0')
        rv_log_line(&fetch->options->log, RV_LOG_INFO, "%s", fetch->untold.message);
    fetch->untold = (RvError){0};
}

/* Forms share files. An address that has just failed is not tried again. */
static bool failed_before(const Fetch *fetch, const char *url)
{
    char shown[MODEL_PATH_SIZE];
    rv_file_show_url(url, shown, sizeof shown);
    const char *at = strstr(fetch->failures, shown);
    return at != NULL && at[strlen(shown)] == ':';
}

/* If neither the table nor the record says at which commit a repository is fetched, ask for the one that its
 * branch stands at, and keep it before anything is fetched: what is interrupted goes on at the same commit. */
static RvStatus pin(Fetch *fetch, const ModelFile *file, const char *folder, RvError *err)
{
    char commit[41];
    Address address;
    if (fetch->options->base_url != NULL || file->repository == NULL || file->revision != NULL ||
        rv_model_record_commit(&fetch->record, file->repository) != NULL ||
        !address_of(fetch, file, 0, &address) || failed_before(fetch, address.url))
        return RV_OK;
    Download download = {.url = address.url,
                         .name = file->name,
                         .token = address.at_endpoint ? fetch->token : NULL,
                         .options = fetch->options};
    RvStatus status = rv_model_ask_commit(&download, commit, err);
    if (status != RV_OK || commit[0] == '\0')
        return status;
    rv_log_line(&fetch->options->log, RV_LOG_INFO, "%s: at commit %s, which is kept", file->repository,
                commit);
    status = rv_model_record_put_commit(&fetch->record, file->repository, commit, err);
    return status == RV_OK ? rv_model_record_write(folder, &fetch->record, err) : status;
}

/* A mirror may serve another state of the repository than the one that was asked for. */
static void warn_of_commit(const Fetch *fetch, const ModelFile *file, const Downloaded *downloaded)
{
    const char *asked = file->repository != NULL ? revision_of(fetch, file) : "";
    if (fetch->options->base_url == NULL && rv_model_is_hex(asked, 40) && downloaded->commit[0] != '\0' &&
        strcmp(asked, downloaded->commit) != 0)
        rv_log_line(&fetch->options->log, RV_LOG_WARNING,
                    "%s of %s: the server states commit %s, and %s was asked for", file->name,
                    file->repository, downloaded->commit, asked);
}

/* Keep what came. */
static RvStatus keep(Fetch *fetch, const ModelFile *file, const Downloaded *downloaded, const char *folder,
                     RvError *err)
{
    bool open = fetch->options->base_url == NULL && file->repository != NULL && file->revision == NULL;
    RvStatus status = RV_OK;
    warn_of_commit(fetch, file, downloaded);
    if (open && rv_model_record_commit(&fetch->record, file->repository) == NULL) {
        if (downloaded->commit[0] != '\0')
            status = rv_model_record_put_commit(&fetch->record, file->repository, downloaded->commit, err);
        else
            rv_log_line(&fetch->options->log, RV_LOG_WARNING,
                        "%s: the server states no commit; what is fetched later may be of another one",
                        file->repository);
    }
    if (status == RV_OK)
        status = rv_model_record_put_file(&fetch->record, file->name, downloaded, err);
    return status == RV_OK ? rv_model_record_write(folder, &fetch->record, err) : status;
}

/* What came of a file whose digest was kept was compared with it; what it was compared with at first remains. */
static void restore_check(const Fetch *fetch, const ModelFile *file, Downloaded *downloaded)
{
    const RecordFile *kept = rv_model_record_file(&fetch->record, file->name);
    if (file->sha256 == NULL && kept != NULL)
        downloaded->check = kept->check;
}

/* A digest that was kept is not the publisher's word: the message says where it comes from. */
static void add_where_kept(const char *folder, RvError *failure)
{
    size_t used = strlen(failure->message);
    snprintf(
        failure->message + used, sizeof failure->message - used,
        " (size and SHA-256 were kept in %s/%s when the file first came; remove the model to take the new file)",
        folder, MODEL_RECORD_NAME);
}

/* Try the addresses of a file one after the other. *failed: none gave it. */
static RvStatus fetch_from_addresses(Fetch *fetch, const ModelFile *file, bool weights, const char *folder,
                                     const char *path, bool *failed, RvError *err)
{
    ModelFile wanted = with_record(&fetch->record, file);
    Address address;
    for (size_t i = 0; address_of(fetch, file, i, &address); i++) {
        RvError failure = {0};
        Downloaded downloaded = {0};
        bool worth_resuming = false;
        if (failed_before(fetch, address.url))
            continue;
        tell_failure(fetch);
        Download download = {.url = address.url,
                             .path = path,
                             .name = file->name,
                             .sha256 = wanted.sha256,
                             .size_bytes = wanted.size_bytes,
                             .max_bytes = weights ? DOWNLOAD_MAX_BYTES : DOWNLOAD_SMALL_MAX_BYTES,
                             .token = address.at_endpoint ? fetch->token : NULL,
                             .options = fetch->options,
                             .downloaded = &downloaded};
        RvStatus status = rv_model_download(&download, &worth_resuming, &failure);
        if (status == RV_OK) {
            restore_check(fetch, file, &downloaded);
            return keep(fetch, file, &downloaded, folder, err);
        }
        // A broken transfer that can be resumed is worth more than another copy from the beginning.
        if ((status != RV_ERROR_NETWORK && status != RV_ERROR_MISMATCH) || worth_resuming)
            return rv_error_wrap(err, status, &failure, "%s", failure.message);
        if (downloaded.is_other && file->sha256 == NULL && wanted.sha256 != NULL)
            add_where_kept(folder, &failure);
        note_failure(fetch, status, &failure);
    }
    *failed = true;
    return RV_OK;
}

/* *failed: no address returned the file, and another form of the model may succeed. */
static RvStatus fetch_file(Fetch *fetch, const ModelFile *file, bool weights, const char *folder,
                           bool *failed, RvError *err)
{
    char path[MODEL_PATH_SIZE];
    ModelFile wanted = with_record(&fetch->record, file);
    *failed = false;
    RvStatus status = rv_file_join(folder, file->name, path, sizeof path, err);
    if (status != RV_OK || installed_and_right(path, &wanted))
        return status;
    status = pin(fetch, file, folder, err);
    return status == RV_OK ? fetch_from_addresses(fetch, file, weights, folder, path, failed, err) : status;
}

/* ---- forms -------------------------------------------------------------------------------------------- */

/* known_bytes: of the missing files whose size is known; about_bytes: of the whole model, 0 if not known. */
static void describe_size(uint64_t about_bytes, uint64_t there_bytes, uint64_t known_bytes, size_t unknown,
                          char *text, size_t text_bytes)
{
    char size[32];
    bool about = unknown > 0 && about_bytes > there_bytes + known_bytes;
    rv_model_size_text(about ? about_bytes - there_bytes : known_bytes, size, sizeof size);
    if (known_bytes == 0 && !about)
        snprintf(text, text_bytes, "size not known before");
    else
        snprintf(text, text_bytes, "%s%s", about ? "about " : unknown > 0 ? "over " : "", size);
}

/* Report what will be downloaded, before it begins. */
static void announce(const Fetch *fetch, const ModelForm *form, const char *folder)
{
    char path[MODEL_PATH_SIZE], host[256] = "?", size[64] = "";
    Address address;
    uint64_t known_bytes = 0, there_bytes = 0;
    struct stat facts;
    size_t missing = 0, unknown = 0;
    for (size_t i = 0; i < form->file_count; i++) {
        ModelFile file = with_record(&fetch->record, &form->files[i]);
        if (rv_file_join(folder, file.name, path, sizeof path, NULL) == RV_OK && installed(path, &file)) {
            there_bytes += stat(path, &facts) == 0 ? (uint64_t)facts.st_size : 0;
            continue;
        }
        if (missing++ == 0 && address_of(fetch, &file, 0, &address) && failed_before(fetch, address.url))
            return; // the download itself reports the failure
        known_bytes += file.size_bytes;
        unknown += file.size_bytes == 0;
        if (address_of(fetch, &file, 0, &address))
            show_host(address.url, host, sizeof host);
    }
    if (missing == 0)
        return;
    describe_size(fetch->source->model.size_about_bytes, there_bytes, known_bytes, unknown, size,
                  sizeof size);
    rv_log_line(&fetch->options->log, RV_LOG_INFO, "%s: %zu file%s, %s, from %s to %s",
                fetch->source->model.name, missing, missing == 1 ? "" : "s", size, host, folder);
}

/* Remove the folder if nothing was downloaded to it. The record alone is worth nothing: it names a commit that gave
 * no file. */
static void remove_if_empty(const ModelForm *form, const char *folder)
{
    static const char *const endings[] = {"", ".part"};
    char name[256], path[MODEL_PATH_SIZE];
    for (size_t i = 0; i < 2 * form->file_count; i++) {
        snprintf(name, sizeof name, "%s%s", form->files[i / 2].name, endings[i % 2]);
        if (rv_file_join(folder, name, path, sizeof path, NULL) != RV_OK || access(path, F_OK) == 0)
            return;
    }
    if (rv_file_join(folder, MODEL_RECORD_NAME, path, sizeof path, NULL) == RV_OK)
        unlink(path);
    rmdir(folder); // succeeds only if nothing else lies there
}

static RvStatus fetch_form(Fetch *fetch, const ModelForm *form, bool *failed, RvError *err)
{
    char folder[MODEL_PATH_SIZE];
    *failed = false;
    RvStatus status = rv_model_form_folder(form, fetch->options->folder, folder, sizeof folder, err);
    if (status == RV_OK)
        status = rv_file_make_folders(folder, err);
    if (status == RV_OK)
        status = rv_model_record_read(folder, &fetch->record, err);
    if (status == RV_OK)
        announce(fetch, form, folder);
    for (size_t i = 0; i < form->file_count && status == RV_OK && !*failed; i++) {
        status = fetch_file(fetch, &form->files[i], i + 1 == form->file_count, folder, failed, err);
        *failed = *failed && !form->files[i].optional;
    }
    if (*failed)
        remove_if_empty(form, folder);
    return status;
}

/* Returns the form that is already installed and right, so that no other form is fetched; NULL if none is. */
static const ModelForm *form_that_is_there(const ModelSource *source, const char *folder)
{
    char path[MODEL_PATH_SIZE];
    for (size_t i = 0; i < source->form_count; i++) {
        if (rv_model_form_is_there(&source->forms[i], folder, path, sizeof path))
            return &source->forms[i];
    }
    return NULL;
}

static RvStatus set_failures(const Fetch *fetch, RvError *err)
{
    const char *name = fetch->source->model.name;
    if (fetch->failure_count == 1)
        return rv_error_set_hint(err, fetch->last, RV_HINT_MODEL_ADD, NULL, "%s: %s", name, fetch->failures);
    return rv_error_set_hint(err, fetch->last, RV_HINT_MODEL_ADD, NULL, "%s: no address gave it. Tried: %s",
                             name, fetch->failures);
}

RvStatus rv_model_source_fetch(const ModelSource *source, const RvFetchOptions *options, RvError *err)
{
    static const RvFetchOptions defaults;
    Fetch fetch = {.source = source, .options = options != NULL ? options : &defaults};
    bool failed = true;
    RvStatus status = RV_CHECK_RESERVED(RvFetchOptions, fetch.options, err);
    if (status == RV_OK)
        status = read_environment(&fetch, err);
    if (status == RV_OK && fetch.options->base_url != NULL)
        status = check_base("", fetch.options->base_url, err);
    if (status != RV_OK)
        return status;
    const ModelForm *there = form_that_is_there(source, fetch.options->folder);
    if (there != NULL) {
        status = fetch_form(&fetch, there, &failed, err);
        if (status != RV_OK || !failed)
            return status;
    }
    for (size_t i = 0; i < source->form_count && status == RV_OK && failed; i++) {
        if (&source->forms[i] != there)
            status = fetch_form(&fetch, &source->forms[i], &failed, err);
    }
    if (status != RV_OK || !failed)
        return status;
    return set_failures(&fetch, err);
}

RvStatus rv_model_fetch(const char *name, const RvFetchOptions *options, RvError *err)
{
    const ModelSource *source = rv_model_source(name);
    return source != NULL ? rv_model_source_fetch(source, options, err) : unknown_model(name, err);
}

/* ---- verifying ---------------------------------------------------------------------------------------- */

/* *unknown: nobody knew or stated a digest of it. It is compared with the one that was kept, if one was. */
static RvStatus verify_file(const ModelRecord *record, const ModelFile *file, const char *folder,
                            const char *model, bool *unknown, RvError *err)
{
    char path[MODEL_PATH_SIZE], hex[65];
    ModelFile wanted = with_record(record, file);
    const RecordFile *kept = rv_model_record_file(record, file->name);
    *unknown =
        file->sha256 == NULL && (kept == NULL || kept->check == CHECK_NOTHING || kept->check == CHECK_ADDED);
    RvStatus status = rv_file_join(folder, file->name, path, sizeof path, err);
    if (status == RV_OK)
        status = rv_file_sha256(path, hex, err);
    if (status == RV_ERROR_NOT_FOUND && file->optional)
        return RV_OK;
    if (status == RV_OK && wanted.sha256 != NULL && strcmp(hex, wanted.sha256) != 0)
        return rv_error_set_hint(err, RV_ERROR_MISMATCH, RV_HINT_MODEL_FETCH_AGAIN, model,
                                 "%s: SHA-256 is %s, not %s", path, hex, wanted.sha256);
    return status;
}

RvStatus rv_model_source_verify(const ModelSource *source, const char *folder, size_t *unknown_count,
                                RvError *err)
{
    char model_folder[MODEL_PATH_SIZE];
    ModelRecord record;
    size_t ignored;
    if (unknown_count == NULL)
        unknown_count = &ignored;
    *unknown_count = 0;
    const ModelForm *form = NULL;
    ModelFolders folders = {.count = 0};
    if (folder != NULL)
        form = form_that_is_there(source, folder);
    else
        rv_model_folders(&folders);
    for (size_t i = 0; i < folders.count && form == NULL; i++) {
        folder = folders.paths[i];
        form = form_that_is_there(source, folder);
    }
    if (form == NULL)
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_FETCH, source->model.name,
                                 "%s: not here", source->model.name);
    RvStatus status = rv_model_form_folder(form, folder, model_folder, sizeof model_folder, err);
    if (status == RV_OK)
        status = rv_model_record_read(model_folder, &record, err);
    for (size_t i = 0; i < form->file_count && status == RV_OK; i++) {
        bool unknown = false;
        status = verify_file(&record, &form->files[i], model_folder, source->model.name, &unknown, err);
        *unknown_count += unknown;
    }
    return status;
}

/* A model that was added under a name of its own: each file as it was then. */
static RvStatus verify_added(const char *name, const char *folder, size_t *unknown_count, RvError *err)
{
    char path[MODEL_PATH_SIZE], hex[65];
    ModelRecord record;
    RvStatus status = rv_model_record_read(folder, &record, err);
    if (status == RV_OK && record.file_count == 0)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: added by hand; nothing to compare with", name);
    for (size_t i = 0; i < record.file_count && status == RV_OK; i++) {
        const RecordFile *file = &record.files[i];
        status = rv_file_join(folder, file->name, path, sizeof path, err);
        if (status == RV_OK)
            status = rv_file_sha256(path, hex, err);
        if (status == RV_OK && strcmp(hex, file->sha256) != 0)
            status =
                rv_error_set(err, RV_ERROR_MISMATCH,
                             "%s: SHA-256 is %s, not %s as when it was added; remove the model and add it "
                             "again",
                             path, hex, file->sha256);
    }
    *unknown_count = record.file_count;
    return status;
}

RvStatus rv_model_verify(const char *name, const char *folder, size_t *unknown_count, RvError *err)
{
    const ModelSource *source = rv_model_source(name);
    ModelFolders folders = {.count = 0};
    char path[MODEL_PATH_SIZE];
    size_t ignored;
    if (source != NULL)
        return rv_model_source_verify(source, folder, unknown_count, err);
    if (!rv_model_is_plain_name(name))
        return unknown_model(name, err);
    if (folder == NULL)
        rv_model_folders(&folders);
    else
        snprintf(folders.paths[folders.count++], MODEL_PATH_SIZE, "%s", folder);
    for (size_t i = 0; i < folders.count; i++) {
        if (rv_file_join(folders.paths[i], name, path, sizeof path, NULL) == RV_OK && access(path, F_OK) == 0)
            return verify_added(name, path, unknown_count != NULL ? unknown_count : &ignored, err);
    }
    return unknown_model(name, err);
}
