/* SPDX-License-Identifier: MIT */
/* The whole program on a CUDA device (the fake one): what doctor says, and a device that fails while a video
 * is indexed. */
#include "program_run.h"

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){.name = "device", .clips = {"gop50_closed.mp4"}, .no_model = true});
}

/* Libraries of a driver with these settings (NULL: none of them); skips where the program has no kernels. */
static void use_driver(const char *variable, const char *value)
{
    const char *libraries = getenv("REELVEC_FAKE_CUDA"), *kernels = getenv("REELVEC_CUDA_KERNELS");
    if (libraries == NULL || kernels == NULL) {
        print_message("skipped: needs a program built with nvcc, and g++\n");
        skip();
    }
    setenv("REELVEC_CUDA_LIBRARIES", libraries, 1);
    unsetenv("FAKE_CUDA_DEVICES");
    unsetenv("FAKE_CUDA_DRIVER");
    unsetenv("FAKE_CUDA_FAIL_LAUNCH");
    if (variable != NULL)
        setenv(variable, value, 1);
}

static void doctor_says_whether_cuda_works(void **state)
{
    static const struct {
        const char *variable, *value, *line, *why;
    } cases[] = {
        {NULL, NULL, "CUDA        cuda:0 of 1: Fake GPU 0, 2.0 GiB, driver for CUDA 13.0, cuBLASLt 13.0\n",
         "works"},
        {"FAKE_CUDA_DEVICES", "0", "CUDA        off: cuda: no device: the NVIDIA driver is there", "no GPU"},
        {"FAKE_CUDA_DRIVER", "11010", "CUDA        off: cuda: the driver is too old", "an old driver"},
        {"REELVEC_CUDA_LIBRARIES", "/nonexistent", "CUDA        off: cuda: no driver", "no driver"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        use_driver(cases[i].variable, cases[i].value);
        RunResult result = RUN("doctor");
        assert_status(&result, 0);
        assert_holds(result.output, cases[i].line);
        run_clear(&result);
    }
}

static void device_is_refused_or_used_by_name(void **state)
{
    use_driver(NULL, NULL);
    program_need_clips();
    RunResult result = RUN("model", "info", fixture.model, "--device", "cuda", "--format", "json");
    assert_status(&result, 0);
    assert_holds(result.output,
                 "\"precision\": \"fast\", \"device\": \"cuda:0\", \"device_name\": \"Fake GPU 0\"");
    run_clear(&result);
    result = RUN("model", "info", fixture.model, "--device", "cuda:1");
    assert_status(&result, 1);
    assert_string_equal(result.errors,
                        "reelvec: cuda:1: no such device: this machine has 1, from cuda:0 on\n");
    run_clear(&result);
    result = RUN("model", "info", fixture.model, "--device", "gpu");
    assert_status(&result, 2);
    assert_holds(result.errors, "gpu: no such compute device; use auto, cpu, cuda or cuda:N");
    run_clear(&result);
}

static void index_finishes_on_the_cpu(void **state)
{
    char expected[1300];
    use_driver("FAKE_CUDA_FAIL_LAUNCH", "60"); // a run of the tower has some twenty kernels
    program_need_clips();
    RunResult result = RUN("index", fixture.clip, "--library", "cuda.db", "--model", fixture.model,
                           "--device", "cuda", "--batch", "3");
    assert_status(&result, 0);
    snprintf(expected, sizeof expected, "%s: 12 frames, 12 new (complete)\n", fixture.clip);
    assert_string_equal(result.output, expected);
    assert_holds(result.errors, "reelvec: warning: cuda:0 (Fake GPU 0): ");
    assert_holds(result.errors, "; pictures are embedded on the CPU from here on\n");
    run_clear(&result);
    result = RUN("verify", "--library", "cuda.db");
    assert_status(&result, 0);
    run_clear(&result);
}

/* A library with codes, by way of an index; one frame is wanted, as a few of twelve rows are scored at once.
 */
static void search_runs_there_when_told_to(void **state)
{
    (void)state;
    use_driver(NULL, NULL);
    program_need_clips();
    RunResult result =
        RUN("index", fixture.clip, "--library", "codes.db", "--model", fixture.model, "--device", "cpu");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("ann", "build", "--library", "codes.db");
    assert_status(&result, 0);
    run_clear(&result);
#define SEARCH                                                                                               \
    "search", "a number", "--library", "codes.db", "--model", fixture.model, "--top", "1", "--exact",        \
        "--device"
    RunResult expected = RUN(SEARCH, "cpu");
    assert_status(&expected, 0);
    result = RUN(SEARCH, "cuda");
    assert_status(&result, 0);
    assert_string_equal(result.output, expected.output);
    assert_null(strstr(result.errors, "reelvec:")); // AddressSanitizer has a remark of its own
    run_clear(&result);
    use_driver("FAKE_CUDA_FAIL_LAUNCH", "0");
    result = RUN(SEARCH, "cuda");
    assert_status(&result, 0);
    assert_string_equal(result.output, expected.output);
    assert_holds(result.errors, "reelvec: warning: codes.db: searched on the CPU: cuda:0 (Fake GPU 0): ");
    run_clear(&result);
    run_clear(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doctor_says_whether_cuda_works),
        cmocka_unit_test(device_is_refused_or_used_by_name),
        cmocka_unit_test(index_finishes_on_the_cpu),
        cmocka_unit_test(search_runs_there_when_told_to),
    };
    return cmocka_run_group_tests(tests, set_up_group, program_tear_down);
}
