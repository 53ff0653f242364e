/* SPDX-License-Identifier: MIT */
/* Opening: what is a video, what is not, files, addresses, names that look like something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clips.h"
#include "http_server.h"
#include "video/frame_stream.h"
#include "video/video_reader.h"
#include "whole_file.h"

static RvStatus try_open(const char *path, RvError *err)
{
    VideoReader *reader = NULL;
    RvStatus status = rv_video_open(path, NULL, &reader, err);
    assert_int_equal(status == RV_OK, reader != NULL);
    rv_video_close(reader);
    return status;
}

static void open_refuses_what_is_no_video(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        RvStatus status;
        const char *says;
    } cases[] = {
        {"none.mp4", RV_ERROR_NOT_FOUND, "no such file"},
        {"plain.mp4/none", RV_ERROR_NOT_FOUND, "no such file"},
        {"", RV_ERROR_FORMAT, "is a folder"},
        {"empty.mp4", RV_ERROR_FORMAT, "is empty"},
        {"text.txt", RV_ERROR_FORMAT, "not a video"},
        {"noise.mp4", RV_ERROR_FORMAT, "not a video"},
        {"cut_no_index.mp4", RV_ERROR_FORMAT, "without its index"},
        {"audio_only.mp3", RV_ERROR_UNSUPPORTED, "has no video stream"},
        {"audio_only.wav", RV_ERROR_UNSUPPORTED, "has no video stream"},
        {"cover.mp3", RV_ERROR_UNSUPPORTED, "has no video stream"},
        {"cover_audio.m4a", RV_ERROR_UNSUPPORTED, "has no video stream"},
        {"cover.png", RV_ERROR_FORMAT, "is a picture"},
        {"still.jpg", RV_ERROR_FORMAT, "is a picture"},
        {"list.ffconcat", RV_ERROR_FORMAT, "is a playlist"},
        {"list.m3u8", RV_ERROR_FORMAT, "is a playlist"},
        {"dolby_vision_5.mp4", RV_ERROR_UNSUPPORTED, "Dolby Vision profile 5"},
    };
    char path[2048];
    if (!clip_path("plain.mp4", path, sizeof path))
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        clip_path(cases[i].clip, path, sizeof path);
        RvError err = {0};
        RvStatus status = try_open(path, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL ||
            strncmp(err.message, path, strlen(path)) != 0)
            fail_msg("%s: status %d, '%s'", cases[i].clip, status, err.message);
        assert_null(strchr(err.message, '\n'));
    }
}

static void open_refuses_a_pipe_without_waiting(void **state)
{
    (void)state;
    char path[2048];
    build_path("video-test-pipe", path, sizeof path);
    remove(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    RvError err = {0};
    assert_int_equal(try_open(path, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "regular file"));
    remove(path);
}

static void too_late(int number)
{
    static const char text[] = "still waiting after 20 s\n";
    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(1);
}

// Whatever stands in a file named like a video, what it names is never opened: here a pipe, which nobody ever
// writes to.
static void open_reaches_nothing_from_a_file_in_disguise(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"ffconcat version 1.0\nfile video-test-pipe.sub\n", "is a playlist"},
        {"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nvideo-test-pipe.sub\n#EXT-X-ENDLIST\n",
         "is a playlist"},
        {"<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
         "profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"><Period><AdaptationSet><Representation id=\"1\">"
         "<BaseURL>video-test-pipe.sub</BaseURL></Representation></AdaptationSet></Period></MPD>\n",
         "is a playlist"},
        {"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
         "a=rtpmap:96 H264/90000\n",
         "is a playlist"},
        {"# VobSub index file, v7\n", "cannot be read as a video"}, // reads NAME.sub beside itself
    };
    char path[2048], pipe_path[2048];
    build_path("video-test-pipe.idx", path, sizeof path);
    build_path("video-test-pipe.sub", pipe_path, sizeof pipe_path);
    remove(pipe_path);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    signal(SIGALRM, too_late);
    alarm(20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_whole(path, cases[i].text, strlen(cases[i].text));
        RvError err = {0};
        RvStatus status = try_open(path, &err);
        if (status != RV_ERROR_FORMAT || strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu: status %d, %s", i, status, err.message);
    }
    alarm(0);
    remove(path);
    remove(pipe_path);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, count, out), count);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void open_takes_names_as_they_are(void **state)
{
    (void)state;
    // FFmpeg itself would see protocols, sequences of pictures and options in these.
    static const char *const names[] = {"http:video-test.mp4", "video-test-%03d.mp4", "video test?#.mp4",
                                        "concat:video-test|a", "video-test-no-ending"};
    char source[2048], path[2048];
    if (!clip_path("plain.mp4", source, sizeof source))
        skip();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        build_path(names[i], path, sizeof path);
        copy_file(source, path);
        RvError err = {0};
        RvStatus status = try_open(path, &err);
        remove(path);
        if (status != RV_OK)
            fail_msg("%s: %s", names[i], err.message);
    }
}

static void open_reaches_nothing_from_a_hostile_playlist(void **state)
{
    (void)state;
    static const char playlist[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    HttpFile files[] = {{.path = "/list.m3u8",
                         .bytes = playlist,
                         .size_bytes = sizeof playlist - 1,
                         .media_type = "application/vnd.apple.mpegurl"}};
    HttpServer *server = http_server_start(files, 1);
    assert_non_null(server);
    char url[256];
    http_server_url(server, "/list.m3u8", url, sizeof url);
    RvError err = {0};
    assert_int_not_equal(try_open(url, &err), RV_OK);
    http_server_stop(server);
}

static uint8_t *read_clip(const char *name, size_t *size_bytes)
{
    char path[2048];
    if (!clip_path(name, path, sizeof path))
        return NULL;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size_bytes = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size_bytes);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size_bytes, file), *size_bytes);
    fclose(file);
    return bytes;
}

static bool want_all(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return true;
}

static size_t count_frames(VideoReader *reader, RvStatus *status, RvError *err)
{
    FrameStreamOptions options = {.wanted = want_all};
    FrameStream *stream;
    TimedFrame frame = {0};
    size_t count = 0;
    bool end = false;
    *status = rv_frames_open(reader, &options, &stream, err);
    while (*status == RV_OK && !end) {
        *status = rv_frames_next(stream, &frame, &end, err);
        count += *status == RV_OK && !end ? 1 : 0;
    }
    rv_frame_clear(&frame.frame);
    rv_frames_close(stream);
    return count;
}

static void open_reads_addresses(void **state)
{
    (void)state;
    size_t size_bytes;
    uint8_t *bytes = read_clip("plain.mp4", &size_bytes); // its index stands at the end
    if (bytes == NULL)
        skip();
    HttpFile files[] = {
        {.path = "/good.mp4", .bytes = bytes, .size_bytes = size_bytes},
        {.path = "/missing.mp4", .bytes = bytes, .size_bytes = size_bytes, .behaviour = HTTP_MISSING},
        {.path = "/forbidden.mp4", .bytes = bytes, .size_bytes = size_bytes, .behaviour = HTTP_FORBIDDEN},
        {.path = "/text.mp4", .bytes = "hello, this is no video", .size_bytes = 23},
        {.path = "/moved.mp4", .behaviour = HTTP_REDIRECT, .redirect_to = "/good.mp4"},
    };
    static const struct {
        const char *path;
        RvStatus status;
    } cases[] = {{"/good.mp4", RV_OK},
                 {"/missing.mp4", RV_ERROR_NETWORK},
                 {"/forbidden.mp4", RV_ERROR_NETWORK},
                 {"/text.mp4", RV_ERROR_FORMAT},
                 {"/moved.mp4", RV_OK}};
    HttpServer *server = http_server_start(files, sizeof files / sizeof files[0]);
    assert_non_null(server);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char url[256];
        http_server_url(server, cases[i].path, url, sizeof url);
        VideoReader *reader = NULL;
        RvError err = {0};
        RvStatus status = rv_video_open(url, NULL, &reader, &err);
        if (status != cases[i].status || (status != RV_OK && strncmp(err.message, url, strlen(url)) != 0))
            fail_msg("%s: status %d, %s", cases[i].path, status, err.message);
        if (status == RV_OK) {
            assert_int_equal(count_frames(reader, &status, &err), 100);
            assert_int_equal(status, RV_OK);
        }
        rv_video_close(reader);
    }
    http_server_stop(server);
    free(bytes);
    RvError err = {0};
    assert_int_equal(try_open("http://127.0.0.1:1/none.mp4", &err), RV_ERROR_NETWORK); // nobody listens there
}

static void open_knows_what_servers_say(void **state)
{
    (void)state;
    size_t size_bytes;
    uint8_t *bytes = read_clip("plain.mp4", &size_bytes);
    if (bytes == NULL)
        skip();
    HttpFile files[] = {
        {.path = "/good.mp4", .bytes = bytes, .size_bytes = size_bytes},
        {.path = "/broken.mp4", .behaviour = HTTP_BROKEN},
        {.path = "/endless.mp4", .behaviour = HTTP_ENDLESS},
    };
    static const struct {
        const char *before, *path;
        RvStatus status;
        const char *says;
    } cases[] = {
        {"HTTP://", "/good.mp4", RV_OK, ""},
        {"http://user:s3cret@", "/good.mp4", RV_OK, ""},
        {"http://user:s3cret@", "/none.mp4", RV_ERROR_NETWORK, "404"},
        {"http://", "/broken.mp4", RV_ERROR_NETWORK,
         "5XX Server Error reply; the fault lies with the server"},
        {"http://", "/endless.mp4", RV_ERROR_NETWORK, "without the beginning of a video"},
    };
    HttpServer *server = http_server_start(files, sizeof files / sizeof files[0]);
    assert_non_null(server);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char url[256], address[300];
        http_server_url(server, cases[i].path, url, sizeof url);
        snprintf(address, sizeof address, "%s%s", cases[i].before, url + strlen("http://"));
        RvError err = {0};
        RvStatus status = try_open(address, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL ||
            strstr(err.message, "s3cret") != NULL)
            fail_msg("%s: status %d, %s", address, status, err.message);
    }
    http_server_stop(server);
    free(bytes);
}

static void next_misses_no_piece_of_a_playlist(void **state)
{
    (void)state;
    static const char playlist[] =
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n"
        "#EXT-X-DISCONTINUITY\n#EXTINF:4,\nb.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\nc.ts\n"
        "#EXT-X-ENDLIST\n";
    size_t size_bytes;
    uint8_t *bytes = read_clip("plain.ts", &size_bytes);
    if (bytes == NULL)
        skip();
    HttpFile files[] = {
        {.path = "/list.m3u8",
         .bytes = playlist,
         .size_bytes = sizeof playlist - 1,
         .media_type = "application/vnd.apple.mpegurl"},
        {.path = "/a.ts", .bytes = bytes, .size_bytes = size_bytes},
        {.path = "/b.ts", .bytes = bytes, .size_bytes = size_bytes},
        {.path = "/c.ts", .bytes = bytes, .size_bytes = size_bytes},
    };
    static const struct {
        HttpBehaviour second;
        RvStatus status;
    } cases[] = {{HTTP_GOOD, RV_OK}, {HTTP_MISSING, RV_ERROR_NETWORK}, {HTTP_CUT_WHOLE, RV_ERROR_NETWORK}};
    HttpServer *server = http_server_start(files, sizeof files / sizeof files[0]);
    assert_non_null(server);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char url[256];
        VideoReader *reader = NULL;
        RvError err = {0};
        files[2].behaviour = cases[i].second;
        files[2].cut_after = size_bytes / 2;
        http_server_url(server, "/list.m3u8", url, sizeof url);
        RvStatus status = rv_video_open(url, NULL, &reader, &err);
        if (status == RV_OK) {
            assert_int_equal(rv_video_info(reader)->size_bytes, 0); // not the playlist's
            count_frames(reader, &status, &err);
        }
        if (status != cases[i].status)
            fail_msg("case %zu: status %d, %s", i, status, err.message);
        rv_video_close(reader);
    }
    http_server_stop(server);
    free(bytes);
}

static bool is_cancelled(void *user)
{
    return *(volatile bool *)user;
}

typedef struct Warnings {
    int count;
} Warnings;

static void count_warning(void *user, RvLogLevel level, const char *message)
{
    Warnings *warnings = user;
    warnings->count += level == RV_LOG_WARNING && message[0] != '\0' ? 1 : 0;
}

static void next_keeps_what_came_before_the_connection_broke(void **state)
{
    (void)state;
    size_t size_bytes;
    uint8_t *bytes = read_clip("plain.ts", &size_bytes);
    if (bytes == NULL)
        skip();
    HttpFile files[] = {{.path = "/cut.ts",
                         .bytes = bytes,
                         .size_bytes = size_bytes,
                         .behaviour = HTTP_CUT_ONCE,
                         .cut_after = size_bytes / 2}};
    HttpServer *server = http_server_start(files, 1);
    assert_non_null(server);
    char url[256];
    http_server_url(server, "/cut.ts", url, sizeof url);
    VideoReader *reader = NULL;
    RvError err = {0};
    RvStatus status = rv_video_open(url, NULL, &reader, &err);
    if (status != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(count_frames(reader, &status, &err), 100); // taken up again where it broke
    assert_int_equal(status, RV_OK);
    rv_video_close(reader);
    http_server_stop(server);
    free(bytes);
}

static void open_can_be_cancelled_while_the_server_is_silent(void **state)
{
    (void)state;
    HttpFile files[] = {{.path = "/slow.mp4",
                         .bytes = "????????????????",
                         .size_bytes = 16,
                         .behaviour = HTTP_STALL,
                         .cut_after = 4}};
    HttpServer *server = http_server_start(files, 1);
    assert_non_null(server);
    char url[256];
    http_server_url(server, "/slow.mp4", url, sizeof url);
    bool cancelled = true;
    VideoOptions options = {.cancelled = is_cancelled, .cancelled_user = &cancelled};
    VideoReader *reader = NULL;
    RvError err = {0};
    assert_int_equal(rv_video_open(url, &options, &reader, &err), RV_ERROR_CANCELLED);
    http_server_stop(server);
}

static void open_warns_once_of_a_jumping_clock(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("jump_back.ts", path, sizeof path))
        skip();
    Warnings warnings = {0};
    VideoOptions options = {.log = {.write = count_warning, .user = &warnings}};
    VideoReader *reader = NULL;
    RvError err = {0};
    RvStatus status = rv_video_open(path, &options, &reader, &err);
    assert_int_equal(status, RV_OK);
    assert_int_equal(count_frames(reader, &status, &err), 100);
    assert_int_equal(warnings.count, 1);
    rv_video_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_refuses_what_is_no_video),
        cmocka_unit_test(open_refuses_a_pipe_without_waiting),
        cmocka_unit_test(open_reaches_nothing_from_a_file_in_disguise),
        cmocka_unit_test(open_knows_what_servers_say),
        cmocka_unit_test(next_misses_no_piece_of_a_playlist),
        cmocka_unit_test(open_takes_names_as_they_are),
        cmocka_unit_test(open_reaches_nothing_from_a_hostile_playlist),
        cmocka_unit_test(open_reads_addresses),
        cmocka_unit_test(next_keeps_what_came_before_the_connection_broke),
        cmocka_unit_test(open_can_be_cancelled_while_the_server_is_silent),
        cmocka_unit_test(open_warns_once_of_a_jumping_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
