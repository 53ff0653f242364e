/* SPDX-License-Identifier: MIT */
/* Tests of models/model_download.c against a local server that is not always kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "http_server.h"
#include "models/model_download.h"
#include "whole_file.h"

#define FILE_BYTES 100000

typedef struct Fixture {
    char folder[256], path[300], part[320], url[200], sha256[65];
    uint8_t bytes[FILE_BYTES];
    HttpFile files[2];
    HttpServer *server;
    RvFetchOptions options;
    Download download;
    bool worth_resuming;
} Fixture;

static long size_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? (long)facts.st_size : -1;
}

static int set_up(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    const char *build = getenv("REELVEC_BUILD");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/download-XXXXXX", build != NULL ? build : "/tmp");
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/weights.pt", fixture->folder);
    snprintf(fixture->part, sizeof fixture->part, "%s.part", fixture->path);
    for (size_t i = 0; i < FILE_BYTES; i++)
        fixture->bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    write_whole(fixture->path, fixture->bytes, FILE_BYTES);
    rv_file_sha256(fixture->path, fixture->sha256, NULL);
    unlink(fixture->path);
    fixture->files[0] = (HttpFile){.path = "/weights.pt", .bytes = fixture->bytes, .size_bytes = FILE_BYTES};
    fixture->files[1] =
        (HttpFile){.path = "/moved.pt", .behaviour = HTTP_REDIRECT, .redirect_to = "/weights.pt"};
    fixture->server = http_server_start(fixture->files, 2);
    if (fixture->server == NULL)
        return -1;
    http_server_url(fixture->server, "/weights.pt", fixture->url, sizeof fixture->url);
    fixture->options.stall_timeout_s = 1;
    fixture->download = (Download){.url = fixture->url,
                                   .path = fixture->path,
                                   .name = "weights.pt",
                                   .sha256 = fixture->sha256,
                                   .max_bytes = DOWNLOAD_MAX_BYTES,
                                   .options = &fixture->options};
    return 0;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    http_server_stop(fixture->server);
    unlink(fixture->path);
    unlink(fixture->part);
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static void assert_installed(const Fixture *fixture)
{
    char hex[65];
    assert_int_equal(rv_file_sha256(fixture->path, hex, NULL), RV_OK);
    assert_string_equal(hex, fixture->sha256);
    assert_int_equal(size_of(fixture->part), -1);
}

static void download_installs_a_good_file(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_OK);
    assert_installed(fixture);
    struct stat facts;
    assert_int_equal(stat(fixture->path, &facts), 0);
    assert_int_equal(facts.st_mode & 0400, 0400);
}

static void download_follows_a_redirect(void **state)
{
    Fixture *fixture = *state;
    http_server_url(fixture->server, "/moved.pt", fixture->url, sizeof fixture->url);
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, NULL), RV_OK);
    assert_installed(fixture);
}

static void download_resumes_after_a_cut(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->files[0].behaviour = HTTP_CUT_ONCE;
    fixture->files[0].cut_after = 40000;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "run the command again to go on"));
    assert_int_equal(size_of(fixture->path), -1);
    assert_int_equal(size_of(fixture->part), 40000);
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_OK);
    assert_int_equal(fixture->files[0].last_start, 40000);
    assert_installed(fixture);
}

/* How the server answers, what lies there before, what comes out. */
static void download_ends_well_or_says_why(void **state)
{
    static const struct {
        HttpBehaviour behaviour;
        size_t cut_after;
        long part_before; // -1: none; good bytes
        bool part_is_wrong;
        RvStatus status;
        long part_after; // -1: none
        int requests;
        const char *message;
        const char *why;
    } cases[] = {
        {HTTP_GOOD, 0, 1234, false, RV_OK, -1, 1, NULL, "a part is continued"},
        {HTTP_IGNORE_RANGE, 0, 1234, false, RV_OK, -1, 1, NULL, "200 instead of 206: from the beginning"},
        {HTTP_GOOD, 0, FILE_BYTES, false, RV_OK, -1, 1, NULL, "416 on a complete part"},
        {HTTP_GOOD, 0, 5000, true, RV_OK, -1, 2, NULL, "a wrong part gets one fresh start"},
        {HTTP_GOOD, 0, FILE_BYTES + 77, true, RV_OK, -1, 2, NULL, "a part longer than the file"},
        {HTTP_WRONG_RANGE, 0, 5000, false, RV_ERROR_NETWORK, 5000, 1, "another part",
         "206 from another place"},
        {HTTP_MISSING, 0, -1, false, RV_ERROR_NETWORK, -1, 1, "answered 404", "404 leaves nothing behind"},
        {HTTP_MISSING, 0, 500, false, RV_ERROR_NETWORK, 500, 1, "answered 404", "404 keeps the part"},
        {HTTP_FORBIDDEN, 0, -1, false, RV_ERROR_NETWORK, -1, 1, "answered 403", "403"},
        {HTTP_CUT, 0, -1, false, RV_ERROR_NETWORK, -1, 1, "", "cut before the first byte"},
        {HTTP_CUT, 70000, -1, false, RV_ERROR_NETWORK, 70000, 1, "connection broke after 70000", "cut"},
        {HTTP_STALL, 30000, -1, false, RV_ERROR_NETWORK, 30000, 1, "nothing arrived for 1 s", "stall"},
    };
    Fixture *fixture = *state;
    static uint8_t wrong[FILE_BYTES + 77];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        unlink(fixture->path);
        unlink(fixture->part);
        if (cases[i].part_before >= 0)
            write_whole(fixture->part, cases[i].part_is_wrong ? wrong : fixture->bytes,
                        (size_t)cases[i].part_before);
        fixture->files[0].behaviour = cases[i].behaviour;
        fixture->files[0].cut_after = cases[i].cut_after;
        fixture->files[0].request_count = 0;
        RvStatus status = rv_model_download(&fixture->download, &fixture->worth_resuming, &err);
        if (status != cases[i].status || size_of(fixture->part) != cases[i].part_after ||
            fixture->files[0].request_count != cases[i].requests)
            fail_msg("%s: status %d (%s), part %ld, %d requests", cases[i].why, status, err.message,
                     size_of(fixture->part), fixture->files[0].request_count);
        if (status == RV_OK)
            assert_installed(fixture);
        else
            assert_int_equal(size_of(fixture->path), -1);
        if (cases[i].message != NULL && strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].why, err.message);
    }
}

static void download_deletes_wrong_content(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    write_whole(fixture->path, "the old one", 11);
    fixture->bytes[50000] ^= 1;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err),
                     RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "SHA-256"));
    assert_int_equal(size_of(fixture->part), -1);
    assert_int_equal(size_of(fixture->path), 11); // what was there before is untouched
}

static bool stop_at_once(void *user, const RvFetchProgress *progress)
{
    int *calls = user;
    assert_string_equal(progress->file, "weights.pt");
    return ++*calls < 1;
}

static void download_keeps_the_part_when_cancelled(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    int calls = 0;
    write_whole(fixture->part, fixture->bytes, 777);
    fixture->options.progress = stop_at_once;
    fixture->options.progress_user = &calls;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err),
                     RV_ERROR_CANCELLED);
    assert_true(calls > 0);
    assert_true(size_of(fixture->part) >= 777);
    fixture->options.progress = NULL;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_OK);
    assert_installed(fixture);
}

static bool remember_last(void *user, const RvFetchProgress *progress)
{
    *(RvFetchProgress *)user = *progress;
    return true;
}

static void download_progress_counts_the_whole_file(void **state)
{
    Fixture *fixture = *state;
    RvFetchProgress last = {0};
    write_whole(fixture->part, fixture->bytes, 60000);
    fixture->options.progress = remember_last;
    fixture->options.progress_user = &last;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, NULL), RV_OK);
    assert_int_equal(last.bytes_done, FILE_BYTES);
    assert_int_equal(last.bytes_expected, FILE_BYTES);
}

static void download_refuses_a_part_in_use(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    write_whole(fixture->part, fixture->bytes, 10);
    int fd = open(fixture->part, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_BUSY);
    assert_int_equal(fixture->files[0].request_count, 0);
    close(fd);
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_OK);
}

/* What a file is when nothing is known of it beforehand, and what of a server's word counts. */
static void download_without_a_digest_takes_the_servers_word(void **state)
{
    static const char other[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    Fixture *fixture = *state;
    RvError err = {0};
    struct {
        const char *linked;
        long part_before;
        bool part_is_wrong;
        RvStatus status;
        int requests;
        const char *why;
    } cases[] = {
        {NULL, -1, false, RV_OK, 1, "nothing is known, nothing is there: taken as it comes"},
        {NULL, 5000, true, RV_OK, 2, "a part that nothing can be compared with is not continued"},
        {NULL, FILE_BYTES, true, RV_OK, 2, "nor is one that looks whole"},
        {fixture->sha256, -1, false, RV_OK, 1, "the server's digest is right"},
        {fixture->sha256, 5000, false, RV_OK, 1, "with one, a part is continued"},
        {fixture->sha256, 5000, true, RV_OK, 2, "a wrong part is found out"},
        {other, -1, false, RV_ERROR_MISMATCH, 1, "the server's digest is another"},
    };
    static uint8_t wrong[FILE_BYTES];
    fixture->download.sha256 = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unlink(fixture->path);
        unlink(fixture->part);
        if (cases[i].part_before >= 0)
            write_whole(fixture->part, cases[i].part_is_wrong ? wrong : fixture->bytes,
                        (size_t)cases[i].part_before);
        fixture->files[0].linked_sha256 = cases[i].linked;
        fixture->files[0].request_count = 0;
        RvStatus status = rv_model_download(&fixture->download, &fixture->worth_resuming, &err);
        if (status != cases[i].status || fixture->files[0].request_count != cases[i].requests)
            fail_msg("%s: status %d (%s), %d requests", cases[i].why, status, err.message,
                     fixture->files[0].request_count);
        if (status == RV_OK)
            assert_installed(fixture);
    }
}

/* Git names the content of a small file; an ETag is such a name only where a repository answers. */
static void download_takes_gits_name_of_a_small_file(void **state)
{
    static const char other[] = "0123456789abcdef0123456789abcdef01234567";
    static const char commit[] = "89abcdef0123456789abcdef0123456789abcdef";
    Fixture *fixture = *state;
    char git_id[41], quoted[64], weak[64], wrong_etag[64];
    write_whole(fixture->path, fixture->bytes, FILE_BYTES);
    assert_int_equal(rv_file_git_id(fixture->path, git_id, NULL), RV_OK);
    snprintf(quoted, sizeof quoted, "\"%s\"", git_id);
    snprintf(weak, sizeof weak, "W/\"%s\"", git_id);
    snprintf(wrong_etag, sizeof wrong_etag, "\"%s\"", other);
    const struct {
        const char *linked, *etag, *commit;
        RvStatus status;
        ModelCheck check;
        const char *why;
    } cases[] = {
        {git_id, NULL, NULL, RV_OK, CHECK_GIT, "X-Linked-ETag with git's name"},
        {NULL, quoted, commit, RV_OK, CHECK_GIT, "the repository's ETag"},
        {NULL, weak, commit, RV_OK, CHECK_GIT, "marked as weak"},
        {NULL, wrong_etag, NULL, RV_OK, CHECK_NOTHING,
         "a server that is no repository uses ETag as it likes"},
        {fixture->sha256, wrong_etag, commit, RV_OK, CHECK_SERVER, "of a large file the pointer's name"},
        {other, NULL, commit, RV_ERROR_MISMATCH, 0, "git's name of something else"},
        {NULL, wrong_etag, commit, RV_ERROR_MISMATCH, 0, "the same in ETag"},
        {"0123", NULL, commit, RV_OK, CHECK_NOTHING, "no digest at all"},
    };
    fixture->download.sha256 = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        Downloaded downloaded = {0};
        unlink(fixture->path);
        fixture->download.downloaded = &downloaded;
        fixture->files[0].linked_sha256 = cases[i].linked;
        fixture->files[0].etag = cases[i].etag;
        fixture->files[0].commit = cases[i].commit;
        RvStatus status = rv_model_download(&fixture->download, &fixture->worth_resuming, &err);
        if (status != cases[i].status || (status == RV_OK && downloaded.check != cases[i].check))
            fail_msg("%s: status %d (%s), check %d", cases[i].why, status, err.message, downloaded.check);
        if (status != RV_OK) {
            assert_non_null(strstr(err.message, "not those of git's 0123456789abcdef"));
            assert_int_equal(size_of(fixture->part), -1);
            continue;
        }
        assert_installed(fixture);
        assert_string_equal(downloaded.sha256, fixture->sha256);
        assert_string_equal(downloaded.commit, cases[i].commit != NULL ? commit : "");
        assert_int_equal(downloaded.size_bytes, FILE_BYTES);
    }
}

/* As Hugging Face sends a large file: the first answer states digest and commit and leads to a content server, whose
 * own ETag is nothing to compare with. What was interrupted goes on through the same redirect. */
static void download_reads_what_the_redirecting_server_states(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    Downloaded downloaded = {0};
    fixture->download.sha256 = NULL;
    fixture->download.downloaded = &downloaded;
    fixture->files[1].linked_sha256 = fixture->sha256;
    fixture->files[1].commit = "89abcdef0123456789abcdef0123456789abcdef";
    fixture->files[0].etag = "\"0123456789abcdef0123456789abcdef01234567\"";
    fixture->files[0].behaviour = HTTP_CUT_ONCE;
    fixture->files[0].cut_after = 70000;
    http_server_url(fixture->server, "/moved.pt", fixture->url, sizeof fixture->url);
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_NETWORK);
    assert_true(fixture->worth_resuming);
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_OK);
    assert_int_equal(fixture->files[0].last_start, 70000);
    assert_installed(fixture);
    assert_int_equal(downloaded.check, CHECK_SERVER);
    assert_string_equal(downloaded.commit, fixture->files[1].commit);
}

/* A server that has another file says so before it sends it. */
static void download_takes_nothing_where_another_digest_is_stated(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    write_whole(fixture->part, fixture->bytes, 5000);
    fixture->files[0].linked_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err),
                     RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "the server states the SHA-256 0123456789abcdef"));
    assert_false(fixture->worth_resuming); // here it is not
    assert_int_equal(size_of(fixture->part), 5000);
    assert_int_equal(size_of(fixture->path), -1);
}

/* A known size is the most that is taken, and a page in the place of the file does not cost the part. */
static void download_takes_no_more_than_the_size(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->download.size_bytes = FILE_BYTES;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_OK);
    unlink(fixture->path);
    write_whole(fixture->part, fixture->bytes, 1000);
    fixture->download.size_bytes = FILE_BYTES - 1;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "the server has 100000 bytes, the file has 99999"));
    assert_int_equal(size_of(fixture->part), 1000);
    assert_true(fixture->worth_resuming);
    // Where the server does not say, what comes is counted.
    fixture->files[0].behaviour = HTTP_UNKNOWN_SIZE;
    unlink(fixture->part);
    fixture->download.size_bytes = 60000;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err),
                     RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "sends more than 60000 bytes"));
    assert_int_equal(size_of(fixture->part), -1);
    assert_int_equal(size_of(fixture->path), -1);
}

/* A part that nothing can be compared with is given up once; a server that answers the fresh start in the same way is
 * not asked for ever. */
static void download_starts_afresh_only_once(void **state)
{
    static const struct {
        HttpBehaviour behaviour;
        long part_before; // -1: none
        RvStatus status;
        int requests;
        const char *why;
    } cases[] = {
        {HTTP_ALWAYS_416, -1, RV_ERROR_MISMATCH, 1, "416 without a range"},
        {HTTP_ALWAYS_416, 5000, RV_ERROR_MISMATCH, 2, "416 to a part, and to the fresh start"},
        {HTTP_ALWAYS_206, -1, RV_OK, 1, "a part from the beginning without a range"},
        {HTTP_ALWAYS_206, 5000, RV_OK, 2, "a part to a part, and to the fresh start"},
        {HTTP_GOOD, 5000, RV_OK, 2, "a part of an unknown file"},
    };
    Fixture *fixture = *state;
    fixture->download.sha256 = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        unlink(fixture->path);
        unlink(fixture->part);
        if (cases[i].part_before >= 0)
            write_whole(fixture->part, fixture->bytes, (size_t)cases[i].part_before);
        fixture->files[0].behaviour = cases[i].behaviour;
        fixture->files[0].request_count = 0;
        RvStatus status = rv_model_download(&fixture->download, &fixture->worth_resuming, &err);
        if (status != cases[i].status || fixture->files[0].request_count != cases[i].requests)
            fail_msg("%s: status %d (%s), %d requests", cases[i].why, status, err.message,
                     fixture->files[0].request_count);
        assert_int_equal(size_of(fixture->part), -1);
        if (status == RV_OK)
            assert_installed(fixture);
    }
}

/* Another process has completed the file meanwhile: it is told of as if it had come now. */
static void download_takes_what_came_meanwhile(void **state)
{
    Fixture *fixture = *state;
    Downloaded downloaded = {0};
    write_whole(fixture->path, fixture->bytes, FILE_BYTES);
    fixture->download.downloaded = &downloaded;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, NULL), RV_OK);
    assert_int_equal(fixture->files[0].request_count, 0);
    assert_int_equal(downloaded.size_bytes, FILE_BYTES);
    assert_int_equal(downloaded.check, CHECK_KNOWN);
    assert_string_equal(downloaded.sha256, fixture->sha256);
}

/* Of a size that only the server knows there is a bound too, said beforehand or not. */
static void download_takes_no_more_than_the_bound(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->download.sha256 = NULL;
    fixture->download.max_bytes = FILE_BYTES - 1;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "no more than 99999 are taken"));
    fixture->files[0].behaviour = HTTP_UNKNOWN_SIZE;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err),
                     RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "sends more than 99999 bytes"));
    assert_int_equal(size_of(fixture->part), -1);
    fixture->download.max_bytes = FILE_BYTES;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_OK);
    assert_installed(fixture);
}

static void download_asks_for_room_first(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->download.size_bytes = (uint64_t)1 << 60;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "the disk has room for"));
    assert_int_equal(fixture->files[0].request_count, 0);
    assert_int_equal(size_of(fixture->part), -1);
}

/* Writing goes nowhere but into the part: whatever else lies there under its name is refused and left. */
static void download_writes_through_no_link(void **state)
{
    Fixture *fixture = *state;
    char victim[320];
    snprintf(victim, sizeof victim, "%s/victim", fixture->folder);
    for (int kind = 0; kind < 4; kind++) {
        RvError err = {0};
        unlink(fixture->part);
        unlink(victim);
        if (kind != 1)
            write_whole(victim, "mine", 4);
        if (kind < 2)
            assert_int_equal(symlink(victim, fixture->part), 0); // 1: to what does not exist
        else if (kind == 2)
            assert_int_equal(link(victim, fixture->part), 0);
        else
            assert_int_equal(mkfifo(fixture->part, 0600), 0);
        assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_IO);
        assert_non_null(strstr(err.message, "delete it"));
        assert_int_equal(size_of(victim), kind == 1 ? -1 : 4);
        assert_int_equal(size_of(fixture->path), -1);
        assert_int_equal(fixture->files[0].request_count, 0);
    }
    unlink(victim);
}

static void download_goes_through_a_proxy(void **state)
{
    Fixture *fixture = *state;
    char proxy[200];
    http_server_url(fixture->server, "", proxy, sizeof proxy);
    fixture->files[0].path = "http://nowhere.invalid/weights.pt"; // what a proxy is asked for
    fixture->download.url = "http://nowhere.invalid/weights.pt";
    setenv("http_proxy", proxy, 1);
    RvError err = {0};
    RvStatus status = rv_model_download(&fixture->download, &fixture->worth_resuming, &err);
    unsetenv("http_proxy");
    if (status != RV_OK)
        fail_msg("%s", err.message);
    assert_installed(fixture);
    assert_int_equal(fixture->files[0].request_count, 1);
}

/* The token is for the host of the address; another one, which a redirect leads to, never sees it. */
static void download_gives_its_token_to_one_host(void **state)
{
    Fixture *fixture = *state;
    HttpFile elsewhere = {.path = "/weights.pt", .bytes = fixture->bytes, .size_bytes = FILE_BYTES};
    HttpServer *other = http_server_start(&elsewhere, 1);
    char url[200];
    assert_non_null(other);
    http_server_url(other, "/weights.pt", url, sizeof url);
    fixture->files[1].redirect_to = url;
    http_server_url(fixture->server, "/moved.pt", fixture->url, sizeof fixture->url);
    fixture->download.token = "hf_secret";
    RvError err = {0};
    RvStatus status = rv_model_download(&fixture->download, &fixture->worth_resuming, &err);
    http_server_stop(other);
    assert_int_equal(status, RV_OK);
    assert_string_equal(fixture->files[1].authorization, "Bearer hf_secret");
    assert_int_equal(elsewhere.request_count, 1);
    assert_string_equal(elsewhere.authorization, "");
}

static void download_reports_an_unwritable_folder(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->download.path = "/proc/reelvec/weights.pt";
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "/proc/reelvec/weights.pt.part"));
}

static void download_reports_a_server_that_is_not_there(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    http_server_stop(fixture->server);
    fixture->server = NULL;
    assert_int_equal(rv_model_download(&fixture->download, &fixture->worth_resuming, &err), RV_ERROR_NETWORK);
    assert_int_equal(size_of(fixture->part), -1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(download_installs_a_good_file),
        CASE(download_follows_a_redirect),
        CASE(download_resumes_after_a_cut),
        CASE(download_ends_well_or_says_why),
        CASE(download_deletes_wrong_content),
        CASE(download_keeps_the_part_when_cancelled),
        CASE(download_progress_counts_the_whole_file),
        CASE(download_refuses_a_part_in_use),
        CASE(download_without_a_digest_takes_the_servers_word),
        CASE(download_takes_gits_name_of_a_small_file),
        CASE(download_reads_what_the_redirecting_server_states),
        CASE(download_takes_nothing_where_another_digest_is_stated),
        CASE(download_takes_no_more_than_the_size),
        CASE(download_takes_no_more_than_the_bound),
        CASE(download_starts_afresh_only_once),
        CASE(download_takes_what_came_meanwhile),
        CASE(download_asks_for_room_first),
        CASE(download_writes_through_no_link),
        CASE(download_goes_through_a_proxy),
        CASE(download_gives_its_token_to_one_host),
        CASE(download_reports_an_unwritable_folder),
        CASE(download_reports_a_server_that_is_not_there),
    };
    return cmocka_run_group_tests_name("models/model_download", tests, NULL, NULL);
}
