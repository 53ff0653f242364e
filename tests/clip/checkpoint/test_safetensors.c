/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/safetensors.c. */
#include "clip_support.h"

#include "clip/checkpoint/safetensors.h"

/* Length, header and `data_bytes` bytes 0, 1, 2, ... in memory of exactly that size. */
static uint8_t *make_file(const char *header, size_t data_bytes, size_t *size_bytes)
{
    size_t header_bytes = strlen(header);
    *size_bytes = 8 + header_bytes + data_bytes;
    uint8_t *bytes = calloc(*size_bytes, 1);
    assert_non_null(bytes);
    bytes[0] = (uint8_t)header_bytes;
    bytes[1] = (uint8_t)(header_bytes >> 8);
    memcpy(bytes + 8, header, header_bytes);
    for (size_t i = 0; i < data_bytes; i++)
        bytes[8 + header_bytes + i] = (uint8_t)i;
    return bytes;
}

static const char good_header[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                                  "\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                                  "\"b\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[8,10]},"
                                  "\"c\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[10,18]}}";

static void safetensors_read_gives_types_shapes_and_places(void **state)
{
    size_t size_bytes;
    uint8_t *bytes = make_file(good_header, 18, &size_bytes);
    TensorTable table = {0};
    RvError err = {0};
    assert_ok(rv_safetensors_read(bytes, size_bytes, "f", &table, &err), err);
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    const NamedTensor *a = rv_tensor_table_find(&table, "a"), *b = rv_tensor_table_find(&table, "b");
    const NamedTensor *c = rv_tensor_table_find(&table, "c");
    assert_int_equal(a->tensor.type, WEIGHT_F32);
    assert_int_equal(a->tensor.rank, 2);
    assert_int_equal(a->tensor.shape[0], 2);
    assert_int_equal(a->tensor.bytes[0], 0);
    assert_int_equal(b->tensor.rank, 0);
    assert_int_equal(b->tensor.element_count, 1);
    assert_int_equal(b->tensor.bytes[0], 8);
    assert_null(b->fault);
    assert_non_null(c->fault);
    rv_tensor_table_clear(&table);
    free(bytes);
}

#define TENSOR(name, type, shape, offsets)                                                                   \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void safetensors_read_refuses_bad_headers(void **state)
{
    static const struct {
        const char *header;
        size_t data_bytes;
        const char *message, *why;
    } cases[] = {
        {"{}", 1, "after the last tensor", "bytes that belong to nothing"},
        {"[]", 0, "not a safetensors", "no object"},
        {"{\"a\":1}", 0, "unknown type", "a tensor that is a number"},
        {"{", 0, "not a safetensors", "shorter than any header"},
        {"{\"a\"", 0, "damaged", "no JSON"},
        {"{" TENSOR("a", "F31", "[1]", "[0,4]") "}", 4, "unknown type", "no such type"},
        {"{" TENSOR("a", "F32", "[1]", "[0,8]") "}", 8, "disagree", "more bytes than elements"},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "}", 4, "past the end", "file cut off"},
        {"{" TENSOR("a", "F32", "[-1]", "[0,4]") "}", 4, "impossible shape", "negative side"},
        {"{" TENSOR("a", "F32", "[4294967296,4294967296]", "[0,0]") "}", 0, "impossible shape", "overflow"},
        {"{" TENSOR("a", "F32", "[4611686018427387905]", "[0,4]") "}", 4, "disagree", "overflow in bytes"},
        {"{" TENSOR("a", "F32", "[1.5]", "[0,4]") "}", 4, "impossible shape", "a fraction"},
        {"{" TENSOR("a", "F32", "[1]", "[4,0]") "}", 4, "impossible data_offsets", "end before begin"},
        {"{" TENSOR("a", "F32", "[1]", "[0]") "}", 4, "impossible data_offsets", "one offset"},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("b", "F32", "[1]", "[2,6]") "}", 6, "overlaps",
         "overlap"},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("b", "F32", "[1]", "[5,9]") "}", 9, "follow",
         "a hole"},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("a", "F32", "[1]", "[4,8]") "}", 8, "duplicate",
         "twice"},
        {"{" TENSOR("", "F32", "[1]", "[0,4]") "}", 4, "name has 0 bytes", "empty name"},
        {"{" TENSOR("a\\u0000b", "F32", "[1]", "[0,4]") "}", 4, "damaged", "NUL in a name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size_bytes;
        uint8_t *bytes = make_file(cases[i].header, cases[i].data_bytes, &size_bytes);
        TensorTable table = {0};
        RvError err = {0};
        RvStatus status = rv_safetensors_read(bytes, size_bytes, "f", &table, &err);
        if (status != RV_ERROR_FORMAT || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
        rv_tensor_table_clear(&table);
        free(bytes);
    }
}

static void safetensors_read_refuses_deep_json(void **state)
{
    enum { DEPTH = 100000 };
    static char header[DEPTH + 8] = "{\"a\":";
    size_t size_bytes;
    memset(header + 5, '[', DEPTH);
    uint8_t *bytes = make_file(header, 0, &size_bytes);
    bytes[2] = (uint8_t)(strlen(header) >> 16);
    TensorTable table = {0};
    RvError err = {0};
    assert_int_equal(rv_safetensors_read(bytes, size_bytes, "f", &table, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "depth"));
    free(bytes);
}

static void safetensors_read_survives_damage(void **state)
{
    size_t size_bytes, refused = 0;
    uint64_t random = 1;
    uint8_t *bytes = make_file(good_header, 18, &size_bytes);
    for (int i = 0; i < 600; i++) {
        size_t damaged_bytes = size_bytes;
        uint8_t *damaged = damage(bytes, &damaged_bytes, &random);
        TensorTable table = {0};
        RvError err = {0};
        RvStatus status = rv_safetensors_read(damaged, damaged_bytes, "f", &table, &err);
        for (size_t k = 0; status == RV_OK && k < table.count; k++) {
            float value;
            if (table.items[k].fault == NULL && table.items[k].tensor.element_count > 0)
                rv_tensor_read(&table.items[k].tensor, table.items[k].tensor.element_count - 1, 1, &value);
        }
        refused += status != RV_OK;
        rv_tensor_table_clear(&table);
        free(damaged);
    }
    assert_true(refused > 300);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safetensors_read_gives_types_shapes_and_places),
        cmocka_unit_test(safetensors_read_refuses_bad_headers),
        cmocka_unit_test(safetensors_read_refuses_deep_json),
        cmocka_unit_test(safetensors_read_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
