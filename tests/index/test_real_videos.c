/* SPDX-License-Identifier: MIT */
/* The main job on the real videos with a model of ViT-B/32's shape: numbers of frames, and pictures that were
 * cut from a video with another program find the second they were cut at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library_fixture.h"
#include "shared.h"

#if defined(__SANITIZE_ADDRESS__)
#define REAL_MODEL "tiny-bytes" // ViT-B/32 takes minutes under the sanitizers
#define MODEL_TELLS_SECONDS_APART 0
#else
#define REAL_MODEL "vitb32-bytes"
#define MODEL_TELLS_SECONDS_APART 1
#endif

static const struct {
    const char *name;
    size_t frame_count;
} real_videos[] = {
    {"videos/bottle-detection.mp4", 39},
    {"videos/car-detection.mp4", 30},
};

typedef struct RealFixture {
    char folder[128];
    RvLibrary *library;
    RvEncoder *encoder;
} RealFixture;

static int setup(void **state)
{
    char path[2048];
    RvLibraryOptions options = {.mode = RV_OPEN_CREATE};
    RvError err = {0};
    RealFixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    *state = fixture;
    if (!shared_path(real_videos[0].name, path, sizeof path))
        return 0; // the tests skip themselves
    strcpy(fixture->folder, "/tmp/reelvec-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    setenv("XDG_CACHE_HOME", fixture->folder, 1);
    snprintf(path, sizeof path, "%s/library.db", fixture->folder);
    if (rv_library_open(path, &options, &fixture->library, &err) != RV_OK)
        fail_msg("%s", err.message);
    fixture->encoder = fixture_open_encoder(REAL_MODEL);
    return 0;
}

static int teardown(void **state)
{
    RealFixture *fixture = *state;
    char command[256];
    rv_library_close(fixture->library);
    rv_encoder_close(fixture->encoder);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    int result = fixture->folder[0] != '\0' ? system(command) : 0;
    free(fixture);
    return result;
}

static void require_videos(const RealFixture *fixture)
{
    if (fixture->library == NULL) {
        print_message("no real videos; set REELVEC_SHARED to a folder that has them\n");
        skip();
    }
}

static void index_takes_one_frame_per_whole_second(void **state)
{
    RealFixture *fixture = *state;
    require_videos(fixture);
    for (size_t i = 0; i < sizeof real_videos / sizeof real_videos[0]; i++) {
        char path[2048];
        RvIndexReport report;
        RvError err = {0};
        assert_true(shared_path(real_videos[i].name, path, sizeof path));
        if (rv_library_index(fixture->library, fixture->encoder, path, NULL, &report, &err) != RV_OK)
            fail_msg("%s", err.message);
        assert_int_equal(report.frame_count, real_videos[i].frame_count);
    }
}

/* Ten seconds of the bottle video in which something moves. */
static void a_picture_cut_at_a_second_finds_its_frame(void **state)
{
    static const int seconds[] = {0, 2, 4, 6, 8, 10, 13, 15, 17, 19};
    RealFixture *fixture = *state;
    require_videos(fixture);
    if (!MODEL_TELLS_SECONDS_APART) {
        print_message("needs a model of ViT-B/32's size: use a build without -Db_sanitize\n");
        skip();
    }
    if (system("command -v ffmpeg >/dev/null") != 0) {
        print_message("needs the package ffmpeg\n");
        skip();
    }
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        char video[2048], picture[256], command[4096];
        RvHits hits;
        RvError err = {0};
        assert_true(shared_path(real_videos[0].name, video, sizeof video));
        snprintf(picture, sizeof picture, "%s/cut.png", fixture->folder);
        snprintf(command, sizeof command, "ffmpeg -v error -y -ss %d -i '%s' -frames:v 1 '%s' </dev/null",
                 seconds[i], video, picture);
        assert_int_equal(system(command), 0);
        RvTerm term = {.kind = RV_TERM_IMAGE_FILE, .value = picture, .weight = 1};
        if (rv_library_search(fixture->library, fixture->encoder, &term, 1, NULL, &hits, &err) != RV_OK)
            fail_msg("%s", err.message);
        assert_int_equal(hits.items[0].frame_number, seconds[i] + 1);
        assert_true(hits.items[0].score >= 0.99);
        rv_hits_clear(&hits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_takes_one_frame_per_whole_second),
        cmocka_unit_test(a_picture_cut_at_a_second_finds_its_frame),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
