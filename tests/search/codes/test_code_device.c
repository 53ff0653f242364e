/* SPDX-License-Identifier: MIT */
/* Codes on a device: what is kept between searches, memory that is short, devices that fail or answer wrongly, damaged
 * codes. Whatever happens, the hits are those of the rows. That searches on a device find what others find
 * for all kinds of rows and changes is the run `codes_on_device` of test_codes. */
#include "codes_support.h"

#include "cuda_in_tests.h"

#define DIMENSIONS 48
#define ROWS 2000

/* A library with codes and a device to search it, and its rows alone. */
typedef struct Device {
    Fixture *fixture;
    FakeCuda *fake;
    Store *store, *rows;
    LogCount log;
    float vector[DIMENSIONS];
    uint64_t seed;
} Device;

static void add_random(Device *device, const char *path, size_t count)
{
    float *rows = malloc(count * DIMENSIONS * sizeof *rows);
    assert_non_null(rows);
    fill_random(&device->seed, rows, count * DIMENSIONS, 1);
    add_rows(device->store, path, rows, count, DIMENSIONS);
    assert_ok(update_codes(device->store, 1, err));
    free(rows);
}

static void open_device(void **state, const char *name, Device *device)
{
    *device = (Device){.fixture = *state, .fake = fake_cuda_state(), .seed = 3};
    device->store = open_codes_store(device->fixture->path, false, &device->log);
    add_random(device, "/m.mp4", ROWS);
    fill_random(&device->seed, device->vector, DIMENSIONS, 1);
    device->rows = open_rows(device->fixture->path);
    assert_ok(give_index(device->store, name, (RvLog){count_line, &device->log}, err));
}

static void close_device(Device *device)
{
    close_codes_store(device->store);
    close_codes_store(device->rows);
    assert_int_equal(device->fake->allocations, 0);
    fake_cuda_state(); // what was set to fail
}

/* Checks that the hits are those of the rows; returns how many kernels ran. */
static size_t search(Device *device, const RvSearchOptions *options, const char *why)
{
    size_t before = device->fake->launches;
    assert_codes_change_nothing(device->store, device->rows, device->vector, DIMENSIONS, options, why);
    return device->fake->launches - before;
}

/* Searches once and checks which processor the report names. */
static void assert_reported(Device *device, bool on_device, const char *reason)
{
    RvSearchReport report = {0};
    RvSearchOptions options = {.report = &report};
    QueryVector term = {device->vector, 1};
    RvHits hits = {0};
    assert_ok(rv_search_frames(index_of(device->store), device->store, NULL, &term, 1, DIMENSIONS, &options,
                               &hits, err));
    rv_hits_clear(&hits);
    assert_string_equal(report.way, "codes");
    assert_int_equal(report.on_device, on_device);
    assert_non_null(strstr(report.device_reason, reason));
}

static void refresh_rows(Device *device)
{
    close_codes_store(device->rows);
    forget_rows(device->fixture->path);
    device->rows = open_rows(device->fixture->path);
}

static void names_are_checked_and_missing_devices_reported(void **state)
{
    static const struct {
        const char *name;
        int devices;
        RvStatus use, search;
        const char *why;
    } cases[] = {
        {"gpu", 1, RV_ERROR_ARGUMENT, RV_OK, "no such name"},
        {"cuda:1", 1, RV_OK, RV_ERROR_UNSUPPORTED, "no such number"},
        {"cuda", 0, RV_OK, RV_ERROR_UNSUPPORTED, "no GPU"},
        {"auto", 0, RV_OK, RV_OK, "no GPU, and none asked for"},
        {"cpu", 1, RV_OK, RV_OK, "none asked for"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Device device;
        RvError err = {0};
        RvHits hits = {0};
        open_device(state, "cpu", &device);
        QueryVector term = {device.vector, 1};
        device.fake->device_count = cases[i].devices;
        unsetenv("REELVEC_DEVICE");
        if (give_index(device.store, cases[i].name, (RvLog){count_line, &device.log}, &err) != cases[i].use)
            fail_msg("%s: %s", cases[i].why, err.message);
        RvStatus status = rv_search_frames(index_of(device.store), device.store, NULL, &term, 1, DIMENSIONS,
                                           NULL, &hits, &err);
        if (status != cases[i].search || hits.count != (status == RV_OK ? 5 : 0))
            fail_msg("%s: %d %s", cases[i].why, (int)status, err.message);
        assert_int_equal(device.log.lines, 0);
        rv_hits_clear(&hits);
        close_device(&device);
        unlink(((Fixture *)*state)->path);
        forget_rows(((Fixture *)*state)->path);
    }
}

static void segments_stay_on_the_device(void **state)
{
    Device device;
    open_device(state, "cuda", &device);
    assert_true(search(&device, NULL, "the first search") > 0);
    size_t allocations = device.fake->allocation_calls;
    assert_true(search(&device, NULL, "the second") > 0);
    assert_int_equal(device.fake->allocation_calls, allocations);
    add_random(&device, "/b.mp4", 300);
    refresh_rows(&device);
    // One segment more is one piece of memory more.
    assert_true(search(&device, NULL, "after an addition") > 0);
    assert_int_equal(device.fake->allocation_calls, allocations + 1);
    // Codes that were made again are sent again, and the old ones are freed.
    assert_ok(rv_store_remove_video(device.store, 1, err));
    assert_ok(update_codes(device.store, 1, err));
    refresh_rows(&device);
    size_t alive = device.fake->allocations;
    assert_true(search(&device, NULL, "after a rebuild") > 0);
    assert_true(device.fake->allocations <= alive);
    assert_int_equal(device.log.lines, 0);
    close_device(&device);
}

static void short_memory_means_the_processor(void **state)
{
    Device device;
    open_device(state, "cuda", &device);
    device.fake->memory_bytes = device.fake->used_bytes + 100000; // the codes alone take 128,000
    assert_int_equal(search(&device, NULL, "no room"), 0);
    assert_int_equal(device.log.lines, 1);
    assert_non_null(strstr(device.log.last, "searched on the CPU"));
    assert_non_null(strstr(device.log.last, "searching 2000 frames there needs"));
    assert_int_equal(search(&device, NULL, "no room again"), 0);
    assert_int_equal(device.log.lines, 1);
    // Other codes are tried again.
    device.fake->memory_bytes = (size_t)1 << 31;
    add_random(&device, "/b.mp4", 300);
    refresh_rows(&device);
    assert_true(search(&device, NULL, "room") > 0);
    close_device(&device);
}

/* Every kernel, copy and allocation in turn. */
static void a_failing_device_loses_nothing(void **state)
{
    Device device;
    size_t failures = 0;
    for (int what = 0; what < 3; what++) {
        bool failed = true;
        for (long call = 0; failed; call++) {
            open_device(state, "cuda", &device);
            long *left = what == 0   ? &device.fake->fail_launch
                         : what == 1 ? &device.fake->fail_copy
                                     : &device.fake->fail_alloc;
            *left = call;
            search(&device, NULL, "while the device fails");
            failed = *left == FAKE_NEVER;
            *left = FAKE_NEVER;
            assert_int_equal(device.log.lines, failed ? 1 : 0);
            search(&device, NULL, "afterwards");
            assert_int_equal(device.log.lines, failed ? 1 : 0);
            failures += failed;
            close_device(&device);
            unlink(device.fixture->path);
            forget_rows(device.fixture->path);
        }
    }
    assert_true(failures >= 10);
}

static void damaged_codes_are_not_sent(void **state)
{
    Device device;
    char path[4400];
    open_device(state, "cuda", &device);
    close_codes_store(device.store);
    snprintf(path, sizeof path, "%s" CODES_SUFFIX, device.fixture->path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 20000, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, 20000, SEEK_SET), 0);
    fputc(byte ^ 1, file);
    fclose(file);
    device.store = open_codes_store(device.fixture->path, false, &device.log);
    assert_ok(give_index(device.store, "cuda", (RvLog){count_line, &device.log}, err));
    assert_int_equal(search(&device, NULL, "damaged codes"), 0);
    assert_int_equal(device.log.lines, 1);
    assert_non_null(strstr(device.log.last, "a checksum is wrong"));
    close_device(&device);
}

/* The codes arrive with other bits than they were sent with. */
static void a_device_with_wrong_answers_is_left(void **state)
{
    Device device;
    open_device(state, "cuda", &device);
    device.fake->spoil_upload = 0;
    assert_true(search(&device, NULL, "with spoilt codes") > 0);
    assert_int_equal(device.log.lines, 1);
    assert_non_null(strstr(device.log.last, "it gave scores that the codes do not have"));
    assert_int_equal(search(&device, NULL, "afterwards"), 0);
    close_device(&device);
}

static void the_report_names_the_processor_that_answered(void **state)
{
    Device device;
    open_device(state, "cuda", &device);
    assert_reported(&device, true, "a device was asked for");
    device.fake->fail_launch = 0;
    assert_reported(&device, false, "the device failed");
    device.fake->fail_launch = FAKE_NEVER;
    assert_reported(&device, false, "or has failed");
    assert_ok(give_index(device.store, "cpu", (RvLog){count_line, &device.log}, err));
    assert_reported(&device, false, "no device was asked for");
    close_device(&device);
}

static void lists_that_are_asked_for_are_used(void **state)
{
    Device device;
    RvHits hits = {0};
    open_device(state, "cuda", &device);
    QueryVector term = {device.vector, 1};
    assert_ok(rv_search_index_build(index_of(device.store), device.store, NULL, &(RvAnnOptions){0}, err));
    size_t before = device.fake->launches;
    RvSearchOptions options = {.scan = RV_SCAN_APPROXIMATE};
    assert_ok(rv_search_frames(index_of(device.store), device.store, NULL, &term, 1, DIMENSIONS, &options,
                               &hits, err));
    assert_int_equal(hits.count, 5);
    assert_int_equal(device.fake->launches, before);
    assert_true(search(&device, NULL, "without") > 0);
    rv_hits_clear(&hits);
    close_device(&device);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(names_are_checked_and_missing_devices_reported),
        CASE(segments_stay_on_the_device),
        CASE(short_memory_means_the_processor),
        CASE(a_failing_device_loses_nothing),
        CASE(damaged_codes_are_not_sent),
        CASE(a_device_with_wrong_answers_is_left),
        CASE(the_report_names_the_processor_that_answered),
        CASE(lists_that_are_asked_for_are_used),
    };
    return cmocka_run_group_tests_name("code_device", tests, NULL, NULL);
}
