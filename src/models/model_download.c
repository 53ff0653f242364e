/* SPDX-License-Identifier: MIT */
/* One file from a web server to the disk: resumed, checked, installed whole or not at all. */
#include "models/model_download.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/web.h"
#include "models/model_source.h"

#define DEFAULT_STALL_TIMEOUT_S 30
#define MAX_REDIRECTS 5L

/* One file being downloaded: the part on disk, and the running request. */
typedef struct Transfer {
    const Download *download;
    const char *shown; // the address without its password, for messages
    CURL *curl;
    int fd;                 // the part file
    uint64_t size_bytes;    // current size of the part
    uint64_t range_start;   // start of the range that a 206 answer contains, by its header
    uint64_t linked_bytes;  // size of the whole file, from the first server that names it; 0 if none does
    char linked_sha256[65]; // likewise its SHA-256; empty if none does
    bool body_began;
    bool cancelled;
    // the part cannot be continued: nothing shows whether old and new bytes belong to the same file
    bool start_again;
    RvStatus status; // status of writing
    double began_s;
    RvError *err;
} Transfer;

/* Returns the digest that the file must have, from the caller or otherwise from the server; NULL if
 * unknown. */
static const char *wanted_sha256(const Transfer *transfer)
{
    if (transfer->download->sha256 != NULL)
        return transfer->download->sha256;
    return transfer->linked_sha256[0] != '\0' ? transfer->linked_sha256 : NULL;
}

static uint64_t wanted_bytes(const Transfer *transfer)
{
    return transfer->download->size_bytes > 0 ? transfer->download->size_bytes : transfer->linked_bytes;
}

/* Returns the value of the header `name` if the line is that header, else NULL. */
static const char *header_value(const char *line, size_t size_bytes, const char *name)
{
    size_t length = strlen(name);
    return size_bytes > length && strncasecmp(line, name, length) == 0 ? line + length : NULL;
}

/* Accepts 64 hexadecimal digits in quotation marks, ignores anything else. */
static void take_linked_sha256(Transfer *transfer, const char *value)
{
    char hex[65];
    if (transfer->linked_sha256[0] != '\0' || sscanf(value, " \"%64[0-9a-f]\"", hex) != 1 ||
        strlen(hex) != 64)
        return;
    memcpy(transfer->linked_sha256, hex, sizeof hex);
}

/* A line ends in CR LF, which is where parsing of numbers stops. */
static size_t take_header(char *line, size_t item_bytes, size_t count, void *user)
{
    Transfer *transfer = user;
    size_t size_bytes = item_bytes * count;
    const char *value;
    // In a chain of redirects every answer begins with its status line.
    if (size_bytes >= 5 && strncmp(line, "HTTP/", 5) == 0)
        transfer->range_start = UINT64_MAX;
    else if ((value = header_value(line, size_bytes, "content-range: bytes ")) != NULL)
        transfer->range_start = strtoull(value, NULL, 10);
    else if ((value = header_value(line, size_bytes, "x-linked-size:")) != NULL &&
             transfer->linked_bytes == 0)
        transfer->linked_bytes = strtoull(value, NULL, 10);
    else if ((value = header_value(line, size_bytes, "x-linked-etag:")) != NULL)
        take_linked_sha256(transfer, value);
    return size_bytes;
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
    return rv_error_set(transfer->err, RV_ERROR_IO,
                        "%s.part: %.1f MB are still to come and the disk has room for %.1f MB; make room, or "
                        "set XDG_DATA_HOME to a folder on another disk",
                        transfer->download->path, (double)rest_bytes / 1e6, (double)free_bytes / 1e6);
}

/* Returns the number of bytes that may be received: the exact size if the caller knows it; otherwise the size
 * by the server, up to the caller's maximum. */
static uint64_t size_limit(const Transfer *transfer)
{
    const Download *download = transfer->download;
    if (download->size_bytes > 0)
        return download->size_bytes;
    uint64_t said = transfer->linked_bytes;
    return said > 0 && said < download->max_bytes ? said : download->max_bytes;
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
    if (wanted > 0 && total != wanted)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the server has %" PRIu64 " bytes, the file has %" PRIu64
                            "; try another address",
                            transfer->shown, total, wanted);
    if (total > size_limit(transfer))
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the server has %" PRIu64 " bytes; no more than %" PRIu64 " are taken",
                            transfer->shown, total, size_limit(transfer));
    if (transfer->download->size_bytes == 0)
        rv_log_line(&transfer->download->options->log, RV_LOG_INFO, "%s: %.1f MB", transfer->download->name,
                    (double)total / 1e6);
    return check_room(transfer, (uint64_t)length);
}

/* Decide where the body goes: behind the part (206 that begins there), or to its beginning (200: the server
 * does not support ranges). */
static bool begin_body(Transfer *transfer)
{
    long answer = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer);
    transfer->body_began = true;
    if (answer == 206 && transfer->range_start == transfer->size_bytes) {
        transfer->start_again = wanted_sha256(transfer) == NULL;
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
        transfer->start_again = wanted_sha256(transfer) == NULL;
        return RV_OK;
    }
    if (answer == 401 || answer == 403)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK, "%s: the server answered %ld%s", url, answer,
                            transfer->download->token != NULL ? " to the token in HF_TOKEN" : "");
    if (answer >= 300)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK, "%s: the server answered %ld", url, answer);
    if (answer == 206 && transfer->range_start != UINT64_MAX && result == CURLE_WRITE_ERROR)
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
    transfer->range_start = UINT64_MAX;
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

/* A part must be a plain file without other names: writing through a link would write somewhere else. */
static RvStatus check_part(const char *part, const struct stat *facts, RvError *err)
{
    if (S_ISREG(facts->st_mode) && facts->st_nlink == 1)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_IO, "%s: %s; delete it", part,
                        S_ISREG(facts->st_mode) ? "has a second name (a hard link)" : "not a plain file");
}

// Open PATH.part and lock it. Errors: BUSY if another process holds the lock, IO if the name is not a plain
// file of its own.
static RvStatus open_part(const char *part, int *fd_out, RvError *err)
{
    // If the part was installed or deleted between open and lock, it is not the file to write to. Try again.
    for (int attempt = 0; attempt < 10; attempt++) {
        int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
        if (fd < 0 && errno == ELOOP)
            return rv_error_set(err, RV_ERROR_IO, "%s: a symbolic link; delete it", part);
        if (fd < 0)
            return rv_error_set(err, RV_ERROR_IO, "%s: %s", part, strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(fd);
            return rv_error_set(err, RV_ERROR_BUSY, "%s: another reelvec is fetching this file; wait for it",
                                part);
        }
        struct stat opened, named;
        if (fstat(fd, &opened) == 0 && lstat(part, &named) == 0 && opened.st_ino == named.st_ino &&
            opened.st_dev == named.st_dev) {
            RvStatus status = check_part(part, &opened, err);
            if (status != RV_OK)
                close(fd);
            else
                *fd_out = fd;
            return status;
        }
        close(fd);
    }
    return rv_error_set(err, RV_ERROR_BUSY, "%s: other processes keep replacing this file", part);
}

static void sync_folder_of(const char *path)
{
    char folder[MODEL_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) : 1,
             slash != NULL ? path : ".");
    int fd = open(folder[0] != '\0' ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd); // if the file system does not support it, the rename is only less durable
    close(fd);
}

static RvStatus install(const Transfer *transfer, const char *part)
{
    const char *path = transfer->download->path;
    if (fsync(transfer->fd) != 0 || rename(part, path) != 0)
        return rv_error_set(transfer->err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    sync_folder_of(path);
    return RV_OK;
}

/* Compare the part's size (a server may break off without an error) and digest. *good: both are as wanted.
 * hex: the part's digest. */
static RvStatus compare_part(const Transfer *transfer, const char *part, char hex[65], bool *good)
{
    const char *sha256 = wanted_sha256(transfer);
    RvStatus status = rv_file_sha256(part, hex, transfer->err);
    *good = status == RV_OK &&
            (wanted_bytes(transfer) == 0 || transfer->size_bytes == wanted_bytes(transfer)) &&
            (sha256 != NULL ? strcmp(hex, sha256) == 0 : transfer->size_bytes > 0);
    return status;
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
        *wrong = status == RV_ERROR_MISMATCH;
        char hex[65];
        if (status == RV_OK)
            status = compare_part(transfer, part, hex, &good);
        if (status != RV_OK || good)
            return status;
        bool kept_earlier_bytes = resumed && transfer->size_bytes >= size_before;
        if (!kept_earlier_bytes || (status = empty_part(transfer)) != RV_OK) {
            const char *sha256 = wanted_sha256(transfer);
            *wrong = true;
            return rv_error_set(
                transfer->err, RV_ERROR_MISMATCH,
                "%s: what the server sent has %" PRIu64 " bytes and SHA-256 %s, not %s; deleted; try another "
                "address",
                transfer->shown, transfer->size_bytes, hex, sha256 != NULL ? sha256 : "those of the file");
        }
    }
}

/* True if another process has completed the file while this one waited for the lock. */
static bool is_finished(const Download *download)
{
    char hex[65];
    return download->sha256 != NULL && rv_file_sha256(download->path, hex, NULL) == RV_OK &&
           strcmp(hex, download->sha256) == 0;
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
    if (status == RV_OK && wanted_sha256(transfer) == NULL)
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
    RvStatus status = open_part(part, &transfer.fd, err);
    if (status != RV_OK)
        return status;
    if (is_finished(download)) {
        unlink(part);
        close(transfer.fd);
        return RV_OK;
    }
    bool wrong = false;
    status = run_transfer(&transfer, part, &wrong);
    if (wrong || (status != RV_OK && transfer.size_bytes == 0))
        unlink(part);
    *worth_resuming = status != RV_OK && !wrong && transfer.size_bytes > 0;
    close(transfer.fd);
    return status;
}
