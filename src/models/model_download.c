/* SPDX-License-Identifier: MIT */
/* One file from a web server to the disk: resumed, checked, installed whole or not at all. */
#include "models/model_download.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/web.h"
#include "models/model_answer.h"
#include "models/model_part.h"
#include "models/model_source.h"

#define DEFAULT_STALL_TIMEOUT_S 30
#define MAX_REDIRECTS 5L

/* One file being downloaded: the part on disk, and the running request. */
typedef struct Transfer {
    const Download *download;
    const char *shown; // the address without its password, for messages
    CURL *curl;
    int fd;              // the part file
    uint64_t size_bytes; // current size of the part
    ModelAnswer answer;  // what the servers have stated
    bool body_began;
    bool cancelled;
    // the part cannot be continued: nothing shows whether old and new bytes belong to the same file
    bool start_again;
    bool states_another; // the server states another SHA-256 than the caller knows
    RvStatus status;     // status of writing
    double began_s;
    RvError *err;
} Transfer;

/* Returns the SHA-256 that the file must have, from the caller or otherwise from the server; NULL if
 * unknown. */
static const char *wanted_sha256(const Transfer *transfer)
{
    if (transfer->download->sha256 != NULL)
        return transfer->download->sha256;
    return transfer->answer.sha256[0] != '\0' ? transfer->answer.sha256 : NULL;
}

/* Returns what the file will be compared with. */
static ModelCheck wanted_check(const Transfer *transfer)
{
    if (transfer->download->sha256 != NULL)
        return CHECK_KNOWN;
    if (transfer->answer.sha256[0] != '\0')
        return CHECK_SERVER;
    return transfer->answer.git_id[0] != '\0' ? CHECK_GIT : CHECK_NOTHING;
}

static uint64_t wanted_bytes(const Transfer *transfer)
{
    return transfer->download->size_bytes > 0 ? transfer->download->size_bytes : transfer->answer.size_bytes;
}

static size_t take_header(char *line, size_t item_bytes, size_t count, void *user)
{
    Transfer *transfer = user;
    rv_model_answer_line(&transfer->answer, line, item_bytes * count);
    return item_bytes * count;
}

static RvStatus empty_part(Transfer *transfer)
{
    if (ftruncate(transfer->fd, 0) != 0 || lseek(transfer->fd, 0, SEEK_SET) != 0)
        return rv_error_set(transfer->err, RV_ERROR_IO, "%s.part: %s", transfer->download->path,
                            strerror(errno));
    transfer->size_bytes = 0;
    return RV_OK;
}

/* Fail if the file system reports less room than the rest needs. */
static RvStatus check_room(const Transfer *transfer, uint64_t rest_bytes)
{
    struct statvfs room;
    if (fstatvfs(transfer->fd, &room) != 0 || room.f_blocks == 0)
        return RV_OK;
    uint64_t free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
    if (rest_bytes <= free_bytes)
        return RV_OK;
    char rest[32], free_room[32];
    rv_model_size_text(rest_bytes, rest, sizeof rest);
    rv_model_size_text(free_bytes, free_room, sizeof free_room);
    return rv_error_set(transfer->err, RV_ERROR_IO,
                        "%s.part: %s are still to come and the disk has room for %s; make room, or set "
                        "XDG_DATA_HOME to a folder on another disk",
                        transfer->download->path, rest, free_room);
}

/* Returns the number of bytes that may be received: the exact size if the caller knows it; otherwise the size
 * by the server, up to the caller's maximum. */
static uint64_t size_limit(const Transfer *transfer)
{
    const Download *download = transfer->download;
    if (download->size_bytes > 0)
        return download->size_bytes;
    uint64_t said = transfer->answer.size_bytes;
    return said > 0 && said < download->max_bytes ? said : download->max_bytes;
}

/* The server has another file than the caller wants. */
static void note_other_file(const Transfer *transfer)
{
    if (transfer->download->downloaded != NULL)
        transfer->download->downloaded->is_other = true;
}

/* Check the answer's size plus the bytes that stay: it must equal the known size, and there must be room on
 * disk. */
static RvStatus check_size(const Transfer *transfer, uint64_t stay_bytes)
{
    curl_off_t length = -1;
    curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    uint64_t wanted = wanted_bytes(transfer), total = stay_bytes + (length > 0 ? (uint64_t)length : 0);
    if (length < 0)
        return RV_OK; // not announced; take_body counts the bytes
    if (wanted > 0 && total != wanted) {
        note_other_file(transfer);
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the server has %" PRIu64 " bytes, the file has %" PRIu64
                            "; try another address",
                            transfer->shown, total, wanted);
    }
    if (total > size_limit(transfer))
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the server has %" PRIu64 " bytes; no more than %" PRIu64 " are taken",
                            transfer->shown, total, size_limit(transfer));
    char size[32];
    rv_model_size_text(total, size, sizeof size);
    if (transfer->download->size_bytes == 0)
        rv_log_line(&transfer->download->options->log, RV_LOG_INFO, "%s: %s", transfer->download->name, size);
    return check_room(transfer, (uint64_t)length);
}

/* A server that states another SHA-256 than the caller knows has another file: nothing of it is taken. */
static RvStatus check_stated(Transfer *transfer)
{
    const char *known = transfer->download->sha256, *stated = transfer->answer.sha256;
    transfer->states_another = known != NULL && stated[0] != '\0' && strcmp(known, stated) != 0;
    if (!transfer->states_another)
        return transfer->status;
    note_other_file(transfer);
    transfer->status = rv_error_set(
        transfer->err, RV_ERROR_MISMATCH,
        "%s: the server states the SHA-256 %s, the file's is %s; nothing was taken; try another address",
        transfer->shown, stated, known);
    return transfer->status;
}

/* True if there is a part, and nothing will show whether it and what follows belong together. An empty part has
 * nothing to start again from, whatever the server answers. */
static bool cannot_continue(const Transfer *transfer)
{
    return transfer->size_bytes > 0 && wanted_check(transfer) == CHECK_NOTHING;
}

/* Decide where the body goes: behind the part (206 that begins there), or to its beginning (200: the server
 * does not support ranges). */
static bool begin_body(Transfer *transfer)
{
    long answer = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer);
    transfer->body_began = true;
    if (check_stated(transfer) != RV_OK)
        return false;
    if (answer == 206 && transfer->answer.range_start == transfer->size_bytes) {
        transfer->start_again = cannot_continue(transfer);
        if (!transfer->start_again)
            transfer->status = check_size(transfer, transfer->size_bytes);
    } else if (answer == 200) {
        // checked before the part is truncated: a page that is not the file must not cost the part
        transfer->status = check_size(transfer, 0);
        if (transfer->status == RV_OK)
            transfer->status = empty_part(transfer);
    } else {
        return false;
    }
    return transfer->status == RV_OK && !transfer->start_again;
}

// curl's callback for the answer's bytes: write them behind the part. A result other than the size makes curl
// stop; the reason is then in transfer->status.
static size_t take_body(char *bytes, size_t item_bytes, size_t count, void *user)
{
    Transfer *transfer = user;
    size_t size_bytes = item_bytes * count;
    if (!transfer->body_began && !begin_body(transfer))
        return 0;
    uint64_t limit = size_limit(transfer);
    if (transfer->size_bytes > limit || size_bytes > limit - transfer->size_bytes) {
        note_other_file(transfer);
        transfer->status = rv_error_set(
            transfer->err, RV_ERROR_MISMATCH,
            "%s: the server sends more than %" PRIu64 " bytes; try another address", transfer->shown, limit);
        return 0;
    }
    for (size_t done = 0; done < size_bytes;) {
        ssize_t written = write(transfer->fd, bytes + done, size_bytes - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            transfer->status =
                rv_error_set(transfer->err, RV_ERROR_IO,
                             "%s.part: %s; make room and run the command again, it goes on from here",
                             transfer->download->path, strerror(errno));
            return 0;
        }
        done += (size_t)written;
        transfer->size_bytes += (size_t)written;
    }
    return size_bytes;
}

/* curl calls this at least once a second, also while nothing arrives. */
static int report_progress(void *user, curl_off_t expected, curl_off_t done, curl_off_t up_expected,
                           curl_off_t up_done)
{
    (void)up_expected, (void)up_done;
    Transfer *transfer = user;
    const RvFetchOptions *options = transfer->download->options;
    if (options->progress == NULL)
        return 0;
    uint64_t before = transfer->size_bytes >= (uint64_t)done ? transfer->size_bytes - (uint64_t)done : 0;
    RvFetchProgress progress = {
        .file = transfer->download->name,
        .bytes_done = transfer->size_bytes,
        .bytes_expected = expected > 0 && transfer->body_began ? before + (uint64_t)expected : 0,
        .elapsed_s = rv_clock_s() - transfer->began_s,
    };
    transfer->cancelled = !options->progress(options->progress_user, &progress);
    return transfer->cancelled ? 1 : 0;
}

static long stall_timeout_s(const Download *download)
{
    return download->options->stall_timeout_s > 0 ? download->options->stall_timeout_s
                                                  : DEFAULT_STALL_TIMEOUT_S;
}

static void set_options(Transfer *transfer, const char *range)
{
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_RANGE, range);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, report_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    if (transfer->download->token != NULL) { // curl does not send it to hosts that a redirect leads to
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, transfer->download->token);
    }
}

// Turn curl's result and the status of HTTP into an error, or RV_OK if the part may be complete. start_again
// is set if the part cannot be continued.
static RvStatus judge_answer(Transfer *transfer, CURLcode result)
{
    const char *url = transfer->shown;
    long answer = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer);
    if (transfer->status != RV_OK || transfer->start_again)
        return transfer->status;
    if (transfer->cancelled)
        return rv_error_set(transfer->err, RV_ERROR_CANCELLED, "%s: stopped; run the command again to go on",
                            transfer->download->name);
    // 416: the server has nothing behind the part. Its content decides whether it is complete.
    if (answer == 416) {
        transfer->start_again = cannot_continue(transfer);
        return RV_OK;
    }
    if (answer == 401 || answer == 403)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK, "%s: the server answered %ld%s", url, answer,
                            transfer->download->token != NULL ? " to the token in HF_TOKEN" : "");
    if (answer >= 300)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK, "%s: the server answered %ld", url, answer);
    if (answer == 206 && transfer->answer.range_start != UINT64_MAX && result == CURLE_WRITE_ERROR)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the server sent another part than was asked for", url);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: nothing arrived for %ld s; run the command again to go on from %" PRIu64
                            " bytes",
                            url, stall_timeout_s(transfer->download), transfer->size_bytes);
    if (result != CURLE_OK && transfer->body_began)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the connection broke after %" PRIu64
                            " bytes; run the command again to go on",
                            url, transfer->size_bytes);
    if (result != CURLE_OK)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK, "%s: %s", url, curl_easy_strerror(result));
    return RV_OK;
}

/* Complete the part, or keep what has arrived. */
static RvStatus transfer_rest(Transfer *transfer)
{
    char range[32];
    snprintf(range, sizeof range, "%" PRIu64 "-", transfer->size_bytes);
    transfer->answer.range_start = UINT64_MAX;
    transfer->body_began = false;
    transfer->curl = rv_web_request(&(WebRequest){.url = transfer->download->url,
                                                  .keeps_to_https = true,
                                                  .redirects_max = MAX_REDIRECTS,
                                                  .silence_s = stall_timeout_s(transfer->download)});
    if (transfer->curl == NULL)
        return rv_error_set(transfer->err, RV_ERROR_MEMORY, "cannot start a download");
    set_options(transfer, transfer->size_bytes > 0 ? range : NULL);
    CURLcode result = curl_easy_perform(transfer->curl);
    RvStatus status = judge_answer(transfer, result);
    curl_easy_cleanup(transfer->curl);
    transfer->curl = NULL;
    return status;
}

static RvStatus install(const Transfer *transfer, const char *part)
{
    const char *path = transfer->download->path;
    if (fsync(transfer->fd) != 0 || rename(part, path) != 0)
        return rv_error_set(transfer->err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    rv_model_sync_folder_of(path);
    return RV_OK;
}

/* Compare the part's size (a server may break off without an error) and its digest. *good: both are as wanted.
 * hex: the part's SHA-256. */
static RvStatus compare_part(const Transfer *transfer, const char *part, char hex[65], bool *good)
{
    ModelCheck check = wanted_check(transfer);
    char git_id[41] = "";
    RvStatus status = rv_file_sha256(part, hex, transfer->err);
    if (status == RV_OK && check == CHECK_GIT)
        status = rv_file_git_id(part, git_id, transfer->err);
    *good =
        status == RV_OK && (wanted_bytes(transfer) == 0 || transfer->size_bytes == wanted_bytes(transfer));
    if (check == CHECK_NOTHING)
        *good = *good && transfer->size_bytes > 0;
    else if (check == CHECK_GIT)
        *good = *good && strcmp(git_id, transfer->answer.git_id) == 0;
    else
        *good = *good && strcmp(hex, wanted_sha256(transfer)) == 0;
    return status;
}

static void tell_downloaded(const Transfer *transfer, const char *sha256)
{
    Downloaded *downloaded = transfer->download->downloaded;
    if (downloaded == NULL)
        return;
    *downloaded = (Downloaded){.size_bytes = transfer->size_bytes, .check = wanted_check(transfer)};
    memcpy(downloaded->sha256, sha256, sizeof downloaded->sha256);
    memcpy(downloaded->commit, transfer->answer.commit, sizeof downloaded->commit);
}

static RvStatus set_wrong_content(const Transfer *transfer, const char *sha256)
{
    const char *wanted = wanted_sha256(transfer);
    bool git = wanted_check(transfer) == CHECK_GIT;
    note_other_file(transfer);
    return rv_error_set(transfer->err, RV_ERROR_MISMATCH,
                        "%s: what the server sent has %" PRIu64
                        " bytes and SHA-256 %s, not %s%s; deleted; try another address",
                        transfer->shown, transfer->size_bytes, sha256, git ? "those of git's " : "",
                        wanted != NULL ? wanted : (git ? transfer->answer.git_id : "those of the file"));
}

/* Download and compare. If a part of an earlier call leads to a wrong file, the download starts afresh
 * once. */
static RvStatus fetch_checked(Transfer *transfer, const char *part, bool *wrong)
{
    const Download *download = transfer->download;
    if (download->size_bytes > 0 && transfer->size_bytes > download->size_bytes) {
        RvStatus status = empty_part(transfer);
        if (status != RV_OK)
            return status;
    }
    for (;;) {
        bool resumed = transfer->size_bytes > 0, good = false;
        uint64_t size_before = transfer->size_bytes;
        RvStatus status = transfer_rest(transfer);
        if (transfer->start_again) {
            transfer->start_again = false;
            status = empty_part(transfer);
            if (status != RV_OK)
                return status;
            continue;
        }
        *wrong = status == RV_ERROR_MISMATCH && !transfer->states_another;
        char hex[65];
        if (status == RV_OK)
            status = compare_part(transfer, part, hex, &good);
        if (status == RV_OK && good)
            tell_downloaded(transfer, hex);
        if (status != RV_OK || good)
            return status;
        bool kept_earlier_bytes = resumed && transfer->size_bytes >= size_before;
        if (!kept_earlier_bytes || (status = empty_part(transfer)) != RV_OK) {
            *wrong = true;
            return set_wrong_content(transfer, hex);
        }
    }
}

/* True if another process has completed the file since the caller looked. */
static bool is_finished(const Download *download, uint64_t *size_bytes)
{
    char hex[65];
    struct stat facts;
    if (download->sha256 == NULL || rv_file_sha256(download->path, hex, NULL) != RV_OK ||
        strcmp(hex, download->sha256) != 0 || stat(download->path, &facts) != 0)
        return false;
    *size_bytes = (uint64_t)facts.st_size;
    return true;
}

static RvStatus run_transfer(Transfer *transfer, const char *part, bool *wrong)
{
    const Download *download = transfer->download;
    off_t end = lseek(transfer->fd, 0, SEEK_END);
    transfer->size_bytes = end > 0 ? (uint64_t)end : 0;
    if (download->size_bytes > transfer->size_bytes) {
        RvStatus status = check_room(transfer, download->size_bytes - transfer->size_bytes);
        if (status != RV_OK)
            return status;
    }
    RvStatus status = fetch_checked(transfer, part, wrong);
    if (status == RV_OK && wanted_check(transfer) == CHECK_NOTHING)
        rv_log_line(&download->options->log, RV_LOG_WARNING,
                    "%s: no SHA-256 is known for it; it is what %s sent", download->name, transfer->shown);
    return status == RV_OK ? install(transfer, part) : status;
}

RvStatus rv_model_download(const Download *download, bool *worth_resuming, RvError *err)
{
    char part[MODEL_PATH_SIZE], shown[MODEL_PATH_SIZE];
    *worth_resuming = false;
    int length = snprintf(part, sizeof part, "%s.part", download->path);
    if (length < 0 || (size_t)length >= sizeof part)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", download->path);
    rv_file_show_url(download->url, shown, sizeof shown);
    Transfer transfer = {.download = download, .shown = shown, .fd = -1, .err = err};
    transfer.began_s = rv_clock_s();
    RvStatus status = rv_model_part_open(part, &transfer.fd, err);
    if (status != RV_OK)
        return status;
    if (is_finished(download, &transfer.size_bytes)) {
        tell_downloaded(&transfer, download->sha256);
        unlink(part);
        close(transfer.fd);
        return RV_OK;
    }
    bool wrong = false;
    status = run_transfer(&transfer, part, &wrong);
    if (wrong || (status != RV_OK && transfer.size_bytes == 0))
        unlink(part);
    *worth_resuming = status != RV_OK && !wrong && !transfer.states_another && transfer.size_bytes > 0;
    close(transfer.fd);
    return status;
}

/* ---- asking for a commit ------------------------------------------------------------------------------ */

/* Ends the request once the commit is known: where the file itself lies need not be asked. */
static size_t take_commit(char *line, size_t item_bytes, size_t count, void *user)
{
    Transfer *transfer = user;
    size_t size_bytes = take_header(line, item_bytes, count, user);
    return transfer->answer.commit[0] != '\0' ? 0 : size_bytes;
}

RvStatus rv_model_ask_commit(const Download *download, char commit[41], RvError *err)
{
    char shown[MODEL_PATH_SIZE];
    rv_file_show_url(download->url, shown, sizeof shown);
    Transfer transfer = {.download = download, .shown = shown, .fd = -1, .err = err, .began_s = rv_clock_s()};
    commit[0] = '\0';
    transfer.curl = rv_web_request(&(WebRequest){.url = download->url,
                                                 .keeps_to_https = true,
                                                 .redirects_max = MAX_REDIRECTS,
                                                 .silence_s = stall_timeout_s(download)});
    if (transfer.curl == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "cannot start a download");
    set_options(&transfer, NULL);
    curl_easy_setopt(transfer.curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(transfer.curl, CURLOPT_HEADERFUNCTION, take_commit);
    curl_easy_perform(transfer.curl);
    curl_easy_cleanup(transfer.curl);
    if (transfer.cancelled)
        return rv_error_set(err, RV_ERROR_CANCELLED, "%s: stopped; run the command again to go on",
                            download->name);
    memcpy(commit, transfer.answer.commit, sizeof transfer.answer.commit);
    return RV_OK;
}
