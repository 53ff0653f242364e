/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/torch_legacy.c, on small files of that format, whole and broken; those of PyTorch
 * itself are in test_checkpoint_files.c. */
#include "clip_support.h"

#include "base/buffer.h"
#include "clip/checkpoint/torch_legacy.h"

#define MAGIC "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define VERSION "\x80\x02M\xe9\x03."
#define MACHINE "\x80\x02}X\x0d\0\0\0little_endian\x88s."
#define STORAGE(key, count, view)                                                                            \
    "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" key "X\3\0\0\0cpuK" count view "tQ"
#define TENSOR(storage, offset, shape, stride)                                                               \
    "ctorch._utils\n_rebuild_tensor_v2\n(" storage "K" offset "(" shape "t(" stride "t\x89NtR"
#define STATE                                                                                                \
    "\x80\x02}(X\1\0\0\0a" TENSOR(STORAGE("7", "\2", "N"), "\0", "K\2", "K\1") "X\1\0\0\0b" TENSOR(          \
        STORAGE("9", "\1", "N"), "\0", "K\1", "K\1") "u."
#define KEYS                                                                                                 \
    "\x80\x02](X\1\0\0\0"                                                                                    \
    "9"                                                                                                      \
    "X\1\0\0\0"                                                                                              \
    "7"                                                                                                      \
    "e."
#define STORED "\1\0\0\0\0\0\0\0\0\0\x80\x3f\2\0\0\0\0\0\0\0\0\0\0\x40\0\0\x40\x40"
#define BYTES(literal) literal, sizeof literal - 1

static const char good[] = MAGIC VERSION MACHINE STATE KEYS STORED;

/* From memory of exactly that size. */
static RvStatus read_copy(const void *bytes, size_t size_bytes, TensorTable *table, uint8_t **copy,
                          RvError *err)
{
    *table = (TensorTable){0};
    *copy = malloc(size_bytes + (size_bytes == 0));
    assert_non_null(*copy);
    memcpy(*copy, bytes, size_bytes);
    RvStatus status = rv_torch_legacy_read(*copy, size_bytes, "f.bin", table, err);
    return status == RV_OK ? rv_tensor_table_sort(table, err) : status;
}

static void torch_legacy_read_finds_storages_in_the_order_of_their_keys(void **state)
{
    TensorTable table;
    uint8_t *copy = NULL;
    RvError err = {0};
    float values[2];
    assert_true(rv_torch_legacy_looks_like((const uint8_t *)BYTES(good)));
    assert_ok(read_copy(BYTES(good), &table, &copy, &err), err);
    assert_int_equal(table.count, 2);
    rv_tensor_read(&rv_tensor_table_find(&table, "a")->tensor, 0, 2, values);
    assert_true(values[0] == 2 && values[1] == 3);
    rv_tensor_read(&rv_tensor_table_find(&table, "b")->tensor, 0, 1, values);
    assert_true(values[0] == 1);
    rv_tensor_table_clear(&table);
    free(copy);
}

/* A whole module: its class is no name but ('module', class, file, source). */
static void torch_legacy_read_knows_classes_of_modules(void **state)
{
    static const char module[] = MAGIC VERSION MACHINE
        "\x80\x02(X\6\0\0\0modulecclip.model\nCLIP\nNNtQ)\x81}(X\x0b\0\0\0_parameters}X\1\0\0\0a" TENSOR(
            STORAGE("7", "\1", "N"), "\0", "K\1", "K\1") "sX\x08\0\0\0_modules}ub."
                                                         "\x80\x02]X\1\0\0\0"
                                                         "7"
                                                         "a.\1\0\0\0\0\0\0\0\0\0\x80\x3f";
    TensorTable table;
    uint8_t *copy = NULL;
    RvError err = {0};
    assert_ok(read_copy(BYTES(module), &table, &copy, &err), err);
    assert_int_equal(table.count, 1);
    assert_non_null(rv_tensor_table_find(&table, "a"));
    rv_tensor_table_clear(&table);
    free(copy);
}

static void torch_legacy_looks_like_no_other_pickle(void **state)
{
    static const char framed[] =
        "\x80\x04\x95\x0d\0\0\0\0\0\0\0\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    assert_true(rv_torch_legacy_looks_like((const uint8_t *)BYTES(framed)));
    assert_false(rv_torch_legacy_looks_like((const uint8_t *)BYTES("\x80\x02}.")));
    assert_false(rv_torch_legacy_looks_like((const uint8_t *)good, 13));
    assert_false(rv_torch_legacy_looks_like((const uint8_t *)BYTES("PK\3\4")));
    assert_false(rv_torch_legacy_looks_like(NULL, 0));
}

static void torch_legacy_read_refuses(void **state)
{
    static const struct {
        const char *bytes;
        size_t size_bytes;
        RvStatus status;
        const char *message, *why;
    } cases[] = {
        {BYTES(MAGIC), RV_ERROR_FORMAT, "0 bytes", "the magic number alone"},
        {BYTES("\x80\x02K\1." VERSION MACHINE STATE KEYS STORED), RV_ERROR_FORMAT, "no magic",
         "another pickle first"},
        {BYTES(MAGIC "\x80\x02M\xe8\x03." MACHINE STATE KEYS STORED), RV_ERROR_FORMAT, "version",
         "version 1000"},
        {BYTES(MAGIC VERSION "\x80\x02}X\x0d\0\0\0little_endian\x89s." STATE KEYS STORED),
         RV_ERROR_UNSUPPORTED, "little-endian", "big-endian"},
        {BYTES(MAGIC VERSION MACHINE STATE "\x80\x02}." STORED), RV_ERROR_FORMAT, "no list",
         "a dict of keys"},
        {BYTES(MAGIC VERSION MACHINE STATE "\x80\x02]K\1a." STORED), RV_ERROR_FORMAT, "bad key",
         "a number for a key"},
        {BYTES(MAGIC VERSION MACHINE STATE "\x80\x02]X\1\0\0\0"
                                           "5"
                                           "a." STORED),
         RV_ERROR_FORMAT, "no tensor has", "a key that nobody has"},
        {BYTES(MAGIC VERSION MACHINE STATE "\x80\x02](X\1\0\0\0"
                                           "9"
                                           "X\1\0\0\0"
                                           "9"
                                           "e." STORED),
         RV_ERROR_FORMAT, "no tensor has", "a key twice"},
        {BYTES(MAGIC VERSION MACHINE STATE "\x80\x02]X\1\0\0\0"
                                           "9"
                                           "a." STORED),
         RV_ERROR_FORMAT, "its storage is missing", "a key too few"},
        {BYTES(MAGIC VERSION MACHINE STATE KEYS "\2\0\0\0\0\0\0\0\0\0\x80\x3f"), RV_ERROR_FORMAT,
         "two lengths", "a count that is not the tensor's"},
        {BYTES(MAGIC VERSION MACHINE STATE KEYS "\1\0\0\0"), RV_ERROR_FORMAT, "cut off", "half a count"},
        {BYTES(MAGIC VERSION MACHINE STATE KEYS "\1\0\0\0\0\0\0\0\0\0"), RV_ERROR_FORMAT, "cut off",
         "half a number"},
        {BYTES(MAGIC VERSION MACHINE "\x80\x02}X\1\0\0\0t" TENSOR(STORAGE("7", "\1", "(X\1\0\0\0vK\0K\1t"),
                                                                  "\0", "K\1", "K\1") "s." KEYS STORED),
         RV_ERROR_UNSUPPORTED, "before 0.4", "a view of a storage"},
        {BYTES(MAGIC VERSION MACHINE
               "\x80\x02}(X\1\0\0\0t" TENSOR(STORAGE("7", "\1", "N"), "\0", "K\1", "K\1") "X\1\0\0\0u" TENSOR(
                   STORAGE("7", "\2", "N"), "\0", "K\1", "K\1") "u." KEYS STORED),
         RV_ERROR_FORMAT, "two kinds", "a storage of two lengths"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorTable table;
        uint8_t *copy = NULL;
        RvError err = {0};
        RvStatus status = read_copy(cases[i].bytes, cases[i].size_bytes, &table, &copy, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
        rv_tensor_table_clear(&table);
        free(copy);
    }
}

/* A dict of 4,000 items that stands 4,000 times in another: 32 kB that would be looked at for a long time,
 * and 7 MB of the same kind for minutes. */
static void torch_legacy_read_bounds_shared_dicts(void **state)
{
    (void)state;
    enum { ITEMS = 4000 };
    static const char begin[] = MAGIC VERSION MACHINE "\x80\x02}(X\1\0\0\0aq\0}q\1(K\1q\2h\2";
    static const char key[] = "h\2h\2", end_of_inner[] = "u", item[] = "h\0h\1", end[] = "u.\x80\x02].";
    RvError err = {0};
    TensorTable table;
    uint8_t *copy = NULL;
    Buffer file;
    rv_buffer_init(&file, SIZE_MAX);
    assert_int_equal(rv_buffer_append(&file, BYTES(begin), &err), RV_OK);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(rv_buffer_append(&file, BYTES(key), &err), RV_OK);
    assert_int_equal(rv_buffer_append(&file, BYTES(end_of_inner), &err), RV_OK);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(rv_buffer_append(&file, BYTES(item), &err), RV_OK);
    assert_int_equal(rv_buffer_append(&file, BYTES(end), &err), RV_OK);
    assert_int_equal(read_copy(file.bytes, file.size_bytes, &table, &copy, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "without end"));
    rv_tensor_table_clear(&table);
    free(copy);
    rv_buffer_clear(&file);
}

static void torch_legacy_read_survives_damage(void **state)
{
    uint64_t random = 6;
    size_t refused = 0;
    for (int i = 0; i < 1000; i++) {
        size_t size_bytes = sizeof good - 1;
        uint8_t *damaged = damage((const uint8_t *)good, &size_bytes, &random);
        TensorTable table = {0};
        RvError err = {0};
        refused += rv_torch_legacy_read(damaged, size_bytes, "f", &table, &err) != RV_OK;
        for (size_t k = 0; k < table.count; k++) {
            float value;
            const Tensor *tensor = &table.items[k].tensor;
            if (table.items[k].fault == NULL && tensor->element_count > 0 && !tensor->strided)
                rv_tensor_read(tensor, tensor->element_count - 1, 1, &value);
        }
        rv_tensor_table_clear(&table);
        free(damaged);
    }
    assert_true(refused > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_legacy_read_finds_storages_in_the_order_of_their_keys),
        cmocka_unit_test(torch_legacy_read_knows_classes_of_modules),
        cmocka_unit_test(torch_legacy_looks_like_no_other_pickle),
        cmocka_unit_test(torch_legacy_read_refuses),
        cmocka_unit_test(torch_legacy_read_bounds_shared_dicts),
        cmocka_unit_test(torch_legacy_read_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
