/* SPDX-License-Identifier: MIT */
/* kill -9 at random moments of indexing, then a rerun: the library verifies and equals one that was never
 * killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "library_fixture.h"

#define KILLS 12
#define KILLS_SLOW 100 // with REELVEC_SLOW_TESTS=1

/* The child opens everything itself: neither threads nor database handles survive a fork. */
static void index_and_exit(const Fixture *fixture)
{
    RvLibraryOptions library_options = {.mode = RV_OPEN_CREATE};
    RvIndexOptions options = {.batch_size = 1};
    RvLibrary *library = NULL;
    RvIndexReport report;
    RvEncoder *encoder = fixture_open_encoder(FIXTURE_MODEL);
    bool good = rv_library_open(fixture->library_path, &library_options, &library, NULL) == RV_OK &&
                rv_library_index(library, encoder, fixture->video, &options, &report, NULL) == RV_OK;
    rv_library_close(library);
    rv_encoder_close(encoder);
    _exit(good ? 0 : 1);
}

/* Run the child and kill it after delay_s (negative: let it finish). True when it finished by itself. */
static bool run_child(const Fixture *fixture, double delay_s)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        index_and_exit(fixture);
    return !fixture_end_child(child, delay_s);
}

static void remove_library(const Fixture *fixture)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s%s", fixture->library_path, endings[i]);
        unlink(path);
    }
}

static void verify_and_compare(Fixture *fixture)
{
    RvLibraryOptions options = {.mode = RV_OPEN_WRITE};
    RvError err = {0};
    size_t fault_count = 99;
    if (rv_library_open(fixture->library_path, &options, &fixture->library, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(rv_library_verify(fixture->library, fixture_print_fault, NULL, &fault_count, NULL),
                     RV_OK);
    assert_int_equal(fault_count, 0);
    RvVideos videos = {0};
    assert_int_equal(rv_library_list(fixture->library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 1);
    assert_string_equal(videos.items[0].state_name, "complete");
    int64_t video_id = videos.items[0].video_id;
    rv_videos_clear(&videos);
    fixture_assert_same_frames(fixture, video_id);
    rv_library_close(fixture->library);
    fixture->library = NULL;
}

static void a_killed_run_loses_nothing_that_a_rerun_does_not_bring_back(void **state)
{
    Fixture *fixture = *state;
    rv_library_close(fixture->library);
    fixture->library = NULL;
    remove_library(fixture);
    double start_s = rv_clock_s();
    assert_true(run_child(fixture, -1));
    double whole_s = rv_clock_s() - start_s;
    int kills = getenv("REELVEC_SLOW_TESTS") != NULL ? KILLS_SLOW : KILLS;
    int killed = 0;
    srand(20240601);
    for (int i = 0; i < kills; i++) {
        remove_library(fixture);
        killed += !run_child(fixture, whole_s * rand() / RAND_MAX);
        assert_true(run_child(fixture, -1));
        verify_and_compare(fixture);
    }
    print_message("%d of %d runs were killed before their end\n", killed, kills);
    assert_true(killed > kills / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_killed_run_loses_nothing_that_a_rerun_does_not_bring_back,
                                        fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
