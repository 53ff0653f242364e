/* SPDX-License-Identifier: MIT */
/* Elements out of a file: every type, ranges across pieces, and a file that shrinks while it is in use. */
#include "clip_support.h"

#include <unistd.h>

#include "clip/checkpoint/tensor_source.h"
#include "clip/checkpoint/tensor_table.h"

#define ELEMENTS 20000 // more than one piece of 16-bit elements

typedef struct Source {
    char path[64];
    MappedFile map;
    TensorSource source;
} Source;

static void open_source(const void *bytes, size_t size_bytes, Source *out)
{
    RvError err = {0};
    snprintf(out->path, sizeof out->path, "tensor-source-%ld", (long)getpid());
    write_whole(out->path, bytes, size_bytes);
    assert_ok(rv_file_map(out->path, &out->map, &err), err);
    out->source = (TensorSource){.path = out->path, .map = &out->map};
}

static void close_source(Source *source)
{
    rv_file_unmap(&source->map);
    unlink(source->path);
}

static void tensor_fetch_gives_what_memory_gives(void **state)
{
    static const struct {
        WeightType type;
        size_t first, count;
        const char *why;
    } cases[] = {
        {WEIGHT_F32, 0, ELEMENTS, "all of F32"},       {WEIGHT_F32, 777, 3, "a few of F32"},
        {WEIGHT_F16, 0, ELEMENTS, "pieces of F16"},    {WEIGHT_F16, ELEMENTS - 1, 1, "the last of F16"},
        {WEIGHT_BF16, 1, ELEMENTS - 1, "odd of BF16"}, {WEIGHT_BF16, 5, 0, "none"},
    };
    static uint8_t bytes[4 * ELEMENTS + 1];
    static float wanted[ELEMENTS], found[ELEMENTS];
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint64_t random = 7;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(next_random(&random) % 64); // no NaN in any type
        Source source;
        open_source(bytes, sizeof bytes, &source);
        Tensor memory = {.type = cases[c].type, .bytes = bytes + 1};
        Tensor file = {.type = cases[c].type, .bytes = source.map.bytes + 1, .source = &source.source};
        RvError err = {0};
        rv_tensor_read(&memory, cases[c].first, cases[c].count, wanted);
        assert_ok(rv_tensor_fetch(&file, cases[c].first, cases[c].count, found, &err), err);
        if (memcmp(wanted, found, cases[c].count * sizeof *found) != 0)
            fail_msg("%s", cases[c].why);
        close_source(&source);
    }
}

static void tensor_fetch_refuses_a_file_that_shrank(void **state)
{
    static float values[ELEMENTS], found[ELEMENTS];
    static const WeightType types[] = {WEIGHT_F32, WEIGHT_F16, WEIGHT_BF16};
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        Source source;
        RvError err = {0};
        open_source(values, sizeof values, &source);
        Tensor tensor = {.type = types[t], .bytes = source.map.bytes, .source = &source.source};
        assert_ok(rv_tensor_fetch(&tensor, 0, ELEMENTS, found, &err), err);
        assert_int_equal(truncate(source.path, 100), 0);
        assert_int_equal(rv_tensor_fetch(&tensor, 0, ELEMENTS, found, &err), RV_ERROR_FORMAT);
        assert_non_null(strstr(err.message, source.path));
        assert_ok(rv_tensor_fetch(&tensor, 0, 20, found, &err), err);
        close_source(&source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensor_fetch_gives_what_memory_gives),
        cmocka_unit_test(tensor_fetch_refuses_a_file_that_shrank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
