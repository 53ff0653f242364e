/* SPDX-License-Identifier: MIT */
/* One file from a web server to the disk: resumed, checked, installed whole or not at all. */
#include "models/model_download.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "models/model_source.h"
#include "reelvec/reelvec.h"

#define DEFAULT_STALL_TIMEOUT_S 30
#define MAX_REDIRECTS 5

/* One request. */
typedef struct Transfer {
    const Download *download;
    CURL *curl;
    int fd;               // the part
    uint64_t size_bytes;  // of the part now
    uint64_t range_start; // where the server says that a 206 answer begins
    bool body_began;
    bool cancelled;
    RvStatus status; // of writing
    double began_s;
    RvError *err;
} Transfer;

static size_t take_header(char *line, size_t item_bytes, size_t count, void *user)
{
    Transfer *transfer = user;
    size_t size_bytes = item_bytes * count;
    static const char name[] = "content-range: bytes ";
    // Every answer of a chain of redirects begins with its status line.
    if (size_bytes >= 5 && strncmp(line, "HTTP/", 5) == 0)
        transfer->range_start = UINT64_MAX;
    if (size_bytes >= sizeof name && strncasecmp(line, name, sizeof name - 1) == 0)
        transfer->range_start =
            strtoull(line + sizeof name - 1, NULL, 10); // a line ends in CR LF, so it stops
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

/* Where the body belongs: behind the part (206 that begins there), or at its beginning (200: no ranges here).
 */
static bool begin_body(Transfer *transfer)
{
    long answer = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer);
    transfer->body_began = true;
    if (answer == 206 && transfer->range_start == transfer->size_bytes)
        return true;
    if (answer != 200)
        return false;
    transfer->status = empty_part(transfer);
    return transfer->status == RV_OK;
}

static size_t take_body(char *bytes, size_t item_bytes, size_t count, void *user)
{
    Transfer *transfer = user;
    size_t size_bytes = item_bytes * count;
    if (!transfer->body_began && !begin_body(transfer))
        return 0;
    if (size_bytes > DOWNLOAD_MAX_BYTES - transfer->size_bytes) {
        transfer->status =
            rv_error_set(transfer->err, RV_ERROR_NETWORK, "%s: the server sends more than %" PRIu64 " bytes",
                         transfer->download->url, (uint64_t)DOWNLOAD_MAX_BYTES);
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
        .bytes_expected = expected > 0 ? before + (uint64_t)expected : 0,
        .elapsed_s = rv_clock_s() - transfer->began_s,
    };
    transfer->cancelled = !options->progress(options->progress_user, &progress);
    return transfer->cancelled ? 1 : 0;
}

static void set_protocols(CURL *curl, const char *url)
{
    bool secure = strncasecmp(url, "https:", 6) == 0;
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, secure ? "https" : "http");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS,
                     (long)(secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static long stall_timeout_s(const Download *download)
{
    return download->options->stall_timeout_s > 0 ? download->options->stall_timeout_s
                                                  : DEFAULT_STALL_TIMEOUT_S;
}

static void set_options(Transfer *transfer, const char *range)
{
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_URL, transfer->download->url);
    set_protocols(curl, transfer->download->url);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "reelvec/" REELVEC_VERSION);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, stall_timeout_s(transfer->download));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall_timeout_s(transfer->download));
    curl_easy_setopt(curl, CURLOPT_RANGE, range);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, report_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    // The certificates that the curl command would take; needed behind proxies that have their own.
    const char *certificates = getenv("CURL_CA_BUNDLE");
    if (certificates == NULL)
        certificates = getenv("SSL_CERT_FILE");
    if (certificates != NULL && certificates[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, certificates);
}

static RvStatus judge_answer(const Transfer *transfer, CURLcode result)
{
    const char *url = transfer->download->url;
    long answer = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer);
    if (transfer->status != RV_OK)
        return transfer->status;
    if (transfer->cancelled)
        return rv_error_set(transfer->err, RV_ERROR_CANCELLED, "%s: stopped; run the command again to go on",
                            transfer->download->name);
    // 416: nothing behind the part. Its content decides whether it is all.
    if (answer == 416)
        return RV_OK;
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

/* Bring the part to its whole length, or keep what has come. */
static RvStatus transfer_rest(Transfer *transfer)
{
    char range[32];
    snprintf(range, sizeof range, "%" PRIu64 "-", transfer->size_bytes);
    transfer->range_start = UINT64_MAX;
    transfer->body_began = false;
    transfer->curl = curl_easy_init();
    if (transfer->curl == NULL)
        return rv_error_set(transfer->err, RV_ERROR_MEMORY, "cannot start a download");
    set_options(transfer, transfer->size_bytes > 0 ? range : NULL);
    CURLcode result = curl_easy_perform(transfer->curl);
    RvStatus status = judge_answer(transfer, result);
    curl_easy_cleanup(transfer->curl);
    transfer->curl = NULL;
    return status;
}

static RvStatus open_part(const char *part, int *fd_out, RvError *err)
{
    // A part that was installed or deleted between open and lock is not the one to write to: once more.
    for (int attempt = 0; attempt < 10; attempt++) {
        int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
            return rv_error_set(err, RV_ERROR_IO, "%s: %s", part, strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(fd);
            return rv_error_set(err, RV_ERROR_BUSY, "%s: another reelvec is fetching this file; wait for it",
                                part);
        }
        struct stat opened, named;
        if (fstat(fd, &opened) == 0 && stat(part, &named) == 0 && opened.st_ino == named.st_ino &&
            opened.st_dev == named.st_dev) {
            *fd_out = fd;
            return RV_OK;
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
    fsync(fd); // where the file system cannot, the rename is only less durable
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

/* Download and compare; a part of an earlier call that leads to a wrong file gets one fresh start. */
static RvStatus fetch_checked(Transfer *transfer, const char *part, bool *wrong)
{
    const Download *download = transfer->download;
    for (;;) {
        bool resumed = transfer->size_bytes > 0;
        uint64_t size_before = transfer->size_bytes;
        RvStatus status = transfer_rest(transfer);
        if (status != RV_OK)
            return status;
        char hex[65];
        status = rv_file_sha256(part, hex, transfer->err);
        if (status != RV_OK)
            return status;
        if (strcmp(hex, download->sha256) == 0)
            return RV_OK;
        bool kept_earlier_bytes = resumed && transfer->size_bytes >= size_before;
        if (!kept_earlier_bytes || (status = empty_part(transfer)) != RV_OK) {
            *wrong = true;
            return rv_error_set(
                transfer->err, RV_ERROR_MISMATCH,
                "%s: SHA-256 of what the server sent is %s, not %s; deleted; try another address",
                download->url, hex, download->sha256);
        }
    }
}

RvStatus rv_model_download(const Download *download, RvError *err)
{
    char part[MODEL_PATH_SIZE], hex[65];
    int length = snprintf(part, sizeof part, "%s.part", download->path);
    if (length < 0 || (size_t)length >= sizeof part)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", download->path);
    Transfer transfer = {.download = download, .fd = -1, .err = err};
    transfer.began_s = rv_clock_s();
    RvStatus status = open_part(part, &transfer.fd, err);
    if (status != RV_OK)
        return status;
    // Somebody else may have finished it while this process waited for its turn.
    if (rv_file_sha256(download->path, hex, NULL) == RV_OK && strcmp(hex, download->sha256) == 0) {
        unlink(part);
        close(transfer.fd);
        return RV_OK;
    }
    off_t end = lseek(transfer.fd, 0, SEEK_END);
    transfer.size_bytes = end > 0 ? (uint64_t)end : 0;
    bool wrong = false;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    status = fetch_checked(&transfer, part, &wrong);
    curl_global_cleanup();
    if (status == RV_OK)
        status = install(&transfer, part);
    if (wrong || (status != RV_OK && transfer.size_bytes == 0))
        unlink(part);
    close(transfer.fd);
    return status;
}
