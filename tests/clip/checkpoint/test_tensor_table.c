/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/tensor_table.c. */
#include "clip_support.h"

#include "clip/checkpoint/tensor_table.h"

static void tensor_read_widens_halves_exactly(void **state)
{
    static const struct {
        uint16_t bits;
        float value;
        const char *why;
    } cases[] = {
        {0x0000, 0.0f, "zero"},
        {0x8000, -0.0f, "negative zero"},
        {0x3c00, 1.0f, "one"},
        {0xc000, -2.0f, "minus two"},
        {0x7bff, 65504.0f, "largest"},
        {0x0001, 0x1p-24f, "smallest subnormal"},
        {0x03ff, 0x1.ff8p-15f, "largest subnormal"},
        {0x0400, 0x1p-14f, "smallest normal"},
        {0x7c00, INFINITY, "infinity"},
        {0xfc00, -INFINITY, "minus infinity"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Tensor tensor = {.type = WEIGHT_F16, .bytes = (const uint8_t *)&cases[i].bits};
        float value;
        rv_tensor_read(&tensor, 0, 1, &value);
        if (memcmp(&value, &cases[i].value, sizeof value) != 0)
            fail_msg("%s: %04x gave %g", cases[i].why, cases[i].bits, value);
    }
    uint16_t nan_bits = 0x7e01;
    float value;
    rv_tensor_read(&(Tensor){.type = WEIGHT_F16, .bytes = (const uint8_t *)&nan_bits}, 0, 1, &value);
    assert_true(isnan(value));
}

static void tensor_read_takes_ranges_of_unaligned_bytes(void **state)
{
    uint8_t bytes[32];
    const float values[3] = {1.5f, -2.25f, 1e-30f};
    memcpy(bytes + 1, values, sizeof values);
    float out[2];
    rv_tensor_read(&(Tensor){.type = WEIGHT_F32, .bytes = bytes + 1}, 1, 2, out);
    assert_memory_equal(out, values + 1, sizeof out);
    const uint16_t brain[2] = {0x3f80, 0xc0a0};
    memcpy(bytes + 1, brain, sizeof brain);
    rv_tensor_read(&(Tensor){.type = WEIGHT_BF16, .bytes = bytes + 1}, 0, 2, out);
    assert_true(out[0] == 1.0f && out[1] == -5.0f);
}

static void tensor_table_finds_what_was_added(void **state)
{
    TensorTable table = {0};
    RvError err = {0};
    char name[16];
    for (int i = 999; i >= 0; i--) {
        snprintf(name, sizeof name, "t%d", i);
        assert_ok(rv_tensor_table_add(&table, name, &(Tensor){.element_count = (size_t)i}, "f", NULL, &err),
                  err);
    }
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "t%d", i);
        assert_int_equal(rv_tensor_table_find(&table, name)->tensor.element_count, i);
    }
    assert_null(rv_tensor_table_find(&table, "t1000"));
    assert_ok(rv_tensor_table_add(&table, "t7", &(Tensor){0}, "other", NULL, &err), err);
    assert_int_equal(rv_tensor_table_sort(&table, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "t7"));
    rv_tensor_table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensor_read_widens_halves_exactly),
        cmocka_unit_test(tensor_read_takes_ranges_of_unaligned_bytes),
        cmocka_unit_test(tensor_table_finds_what_was_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
