/* SPDX-License-Identifier: MIT */
/* Tests of pixels/still/still_url.c: pictures from servers that behave well and from those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "http_server.h"
#include "pixels/picture.h"
#include "pixels/still/still_url.h"
#include "still_files.h"

/* gzip of the bytes. */
static void *packed(const Buffer *bytes, size_t *size_bytes)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, bytes->size_bytes);
    uint8_t *out = malloc(room);
    assert_non_null(out);
    stream.next_in = bytes->bytes;
    stream.avail_in = (unsigned)bytes->size_bytes;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *size_bytes = stream.total_out;
    deflateEnd(&stream);
    return out;
}

static void picture_load_reads_urls(void **state)
{
    Buffer good;
    read_data("rgba.png", &good);
    static const char page[] = "<html><body>This is a page, not a picture.</body></html>";
    size_t packed_bytes = 0;
    void *gzip = packed(&good, &packed_bytes);
    HttpFile files[] = {
        {.path = "/good.png", .bytes = good.bytes, .size_bytes = good.size_bytes, .behaviour = HTTP_GOOD},
        {.path = "/gzip.png", .bytes = gzip, .size_bytes = packed_bytes, .encoding = "gzip"},
        {.path = "/old.png", .bytes = good.bytes, .size_bytes = good.size_bytes, .behaviour = HTTP_NO_LENGTH},
        {.path = "/moved", .behaviour = HTTP_REDIRECT, .redirect_to = "/good.png"},
        {.path = "/round", .behaviour = HTTP_REDIRECT, .redirect_to = "/round"},
        {.path = "/file", .behaviour = HTTP_REDIRECT, .redirect_to = "file:///etc/hostname"},
        {.path = "/cut.png",
         .bytes = good.bytes,
         .size_bytes = good.size_bytes,
         .behaviour = HTTP_CUT,
         .cut_after = 99},
        {.path = "/closed.png", .behaviour = HTTP_FORBIDDEN},
        {.path = "/page.html", .bytes = page, .size_bytes = sizeof page - 1, .behaviour = HTTP_GOOD},
    };
    static const struct {
        const char *path;
        RvStatus status;
        const char *says;
    } cases[] = {
        {"/good.png", RV_OK, ""},
        {"/gzip.png", RV_OK, ""},
        {"/old.png", RV_OK, ""},
        {"/moved", RV_OK, ""},
        {"/round", RV_ERROR_NETWORK, "/round: the server sends from one address to the next more than"},
        {"/file", RV_ERROR_NETWORK, "/file: cannot be fetched"},
        {"/cut.png", RV_ERROR_NETWORK, "/cut.png: only "},
        {"/gone.png", RV_ERROR_NETWORK, "/gone.png: the server answers 404"},
        {"/closed.png", RV_ERROR_NETWORK, "/closed.png: the server answers 403"},
        {"/page.html", RV_ERROR_FORMAT, "/page.html: not a picture"},
    };
    HttpServer *server = http_server_start(files, sizeof files / sizeof files[0]);
    assert_non_null(server);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        char url[256];
        RvPicture *picture = NULL;
        RvError err = {0};
        http_server_url(server, cases[i / 2].path, url, sizeof url);
        if (i % 2 == 1)
            memcpy(url, "HTTP", 4);
        RvStatus status = rv_picture_load(url, NULL, &picture, &err);
        if (status != cases[i / 2].status || strstr(err.message, cases[i / 2].says) == NULL)
            fail_msg("%s: status %d, \"%s\"", cases[i / 2].path, status, err.message);
        if (status == RV_OK)
            assert_int_equal(picture->image.channel_count, 4);
        rv_picture_destroy(picture);
    }
    http_server_stop(server);
    rv_buffer_clear(&good);
    free(gzip);
}

/* Without a length, and where a little that comes unpacks to much. */
static void still_fetch_bounds_what_comes(void **state)
{
    Buffer zeros, body;
    RvError err = {0};
    size_t packed_bytes = 0;
    rv_buffer_init(&zeros, (size_t)1 << 23);
    assert_int_equal(rv_buffer_reserve(&zeros, (size_t)1 << 22, &err), RV_OK);
    memset(zeros.bytes, 0, (size_t)1 << 22);
    zeros.size_bytes = (size_t)1 << 22;
    void *gzip = packed(&zeros, &packed_bytes);
    assert_true(packed_bytes < 10000);
    HttpFile files[] = {
        {.path = "/endless", .bytes = "", .behaviour = HTTP_ENDLESS},
        {.path = "/bomb", .bytes = gzip, .size_bytes = packed_bytes, .encoding = "gzip"},
        {.path = "/large", .bytes = zeros.bytes, .size_bytes = zeros.size_bytes},
    };
    HttpServer *server = http_server_start(files, sizeof files / sizeof files[0]);
    assert_non_null(server);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char url[256];
        rv_buffer_init(&body, (size_t)1 << 20);
        http_server_url(server, files[i].path, url, sizeof url);
        RvStatus status = rv_still_fetch(url, url, NULL, &body, &err);
        if (status != RV_ERROR_MEMORY ||
            strstr(err.message, "pictures of at most 1048576 bytes are read") == NULL)
            fail_msg("%s: status %d, \"%s\"", files[i].path, status, err.message);
        rv_buffer_clear(&body);
    }
    http_server_stop(server);
    rv_buffer_clear(&zeros);
    free(gzip);
}

static bool third_time(void *user)
{
    return ++*(int *)user == 3;
}

static void picture_load_ends_when_it_is_cancelled(void **state)
{
    uint8_t bytes[64] = {0};
    int asked = 0;
    HttpFile file = {.path = "/never.png",
                     .bytes = bytes,
                     .size_bytes = sizeof bytes,
                     .behaviour = HTTP_STALL,
                     .cut_after = 8};
    HttpServer *server = http_server_start(&file, 1);
    assert_non_null(server);
    char url[256];
    RvPicture *picture = NULL;
    RvError err = {0};
    RvPictureOptions options = {.cancelled = third_time, .cancelled_user = &asked};
    http_server_url(server, file.path, url, sizeof url);
    assert_int_equal(rv_picture_load(url, &options, &picture, &err), RV_ERROR_CANCELLED);
    assert_non_null(strstr(err.message, "/never.png: cancelled"));
    assert_int_equal(asked, 3);
    assert_null(picture);
    http_server_stop(server);
}

static void picture_load_reports_a_dead_server(void **state)
{
    RvPicture *picture = NULL;
    RvError err = {0};
    // Port 1 of the loopback: nobody answers there.
    assert_int_equal(rv_picture_load("http://127.0.0.1:1/a.png", NULL, &picture, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "http://127.0.0.1:1/a.png"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_load_reads_urls),
        cmocka_unit_test(picture_load_ends_when_it_is_cancelled),
        cmocka_unit_test(picture_load_reports_a_dead_server),
        cmocka_unit_test(still_fetch_bounds_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
