/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/torch_archive.c, on archives made here; those of PyTorch itself are in
 * test_clip_model.c. */
#include "zip_builder.h"

#include "clip/checkpoint/torch_archive.h"

#define PICKLE(literal) literal, sizeof literal - 1
#define STORAGE(type, key, count)                                                                            \
    "(X\7\0\0\0storagectorch\n" type "Storage\nX\1\0\0\0" key "X\3\0\0\0cpuK" count "tQ"
#define TENSOR(storage, offset, shape, stride)                                                               \
    "ctorch._utils\n_rebuild_tensor_v2\n(" storage "K" offset "(" shape "t(" stride "t\x89NtR"
#define HEAD "\x80\x02}("
#define TAIL "u."

/* The archive m/ with this pickle, and storage 0 of sixteen bytes 0, 1, ... */
static void make_archive(ZipBuilder *zip, const void *pickle, size_t pickle_bytes)
{
    uint8_t data[16];
    for (int i = 0; i < 16; i++)
        data[i] = (uint8_t)i;
    zip_begin(zip);
    zip_add(zip, "m/data.pkl", pickle, pickle_bytes);
    zip_add(zip, "m/data/0", data, sizeof data);
    zip_add(zip, "m/version", "3\n", 2);
    zip_end(zip);
}

static RvStatus read_archive(const void *pickle, size_t pickle_bytes, TensorTable *table, ZipBuilder *zip,
                             RvError *err)
{
    *table = (TensorTable){0};
    make_archive(zip, pickle, pickle_bytes);
    RvStatus status = rv_torch_archive_read(zip->file.bytes, zip->file.size_bytes, "f.pt", table, err);
    return status == RV_OK ? rv_tensor_table_sort(table, err) : status;
}

/* {'visual': <object with {'w': F32[2, 1] at 2, 'h': F16[3] at 0}>, 'n': 7}. */
static const char nested[] =
    HEAD "X\6\0\0\0visualc__torch__\nM\n)\x81}("
         "X\1\0\0\0w" TENSOR(STORAGE("Float", "0", "\4"), "\2", "K\2K\1", "K\1K\1") "X\1\0\0\0h" TENSOR(
             STORAGE("Half", "0", "\x08"), "\0", "K\3", "K\1") "ubX\1\0\0\0nK\7" TAIL;

static void torch_archive_read_names_tensors_by_their_path(void **state)
{
    TensorTable table;
    ZipBuilder zip;
    RvError err = {0};
    assert_ok(read_archive(PICKLE(nested), &table, &zip, &err), err);
    assert_int_equal(table.count, 2);
    const NamedTensor *w = rv_tensor_table_find(&table, "visual.w"),
                      *h = rv_tensor_table_find(&table, "visual.h");
    assert_int_equal(w->tensor.type, WEIGHT_F32);
    assert_int_equal(w->tensor.shape[0], 2);
    assert_int_equal(w->tensor.bytes[0], 8);
    assert_int_equal(h->tensor.type, WEIGHT_F16);
    assert_int_equal(h->tensor.element_count, 3);
    rv_tensor_table_clear(&table);
    rv_buffer_clear(&zip.file);
}

/* A view that is turned round, a column, and a slice with gaps: they keep their strides. */
static void torch_archive_read_keeps_strides(void **state)
{
    static const struct {
        const char *pickle;
        size_t pickle_bytes, rank, shape[2], stride[2], first;
    } cases[] = {
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "K\2K\2", "K\1K\2") TAIL),
         2,
         {2, 2},
         {1, 2},
         0},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\1", "K\2", "K\2") TAIL),
         1,
         {2},
         {2},
         1},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "K\2", "K\0") TAIL),
         1,
         {2},
         {0},
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorTable table;
        ZipBuilder zip;
        RvError err = {0};
        assert_ok(read_archive(cases[i].pickle, cases[i].pickle_bytes, &table, &zip, &err), err);
        const Tensor *tensor = &table.items[0].tensor;
        assert_null(table.items[0].fault);
        assert_true(tensor->strided);
        for (size_t k = 0; k < cases[i].rank; k++) {
            assert_int_equal(tensor->shape[k], cases[i].shape[k]);
            assert_int_equal(tensor->stride[k], cases[i].stride[k]);
        }
        assert_int_equal(tensor->bytes[0], 4 * cases[i].first);
        rv_tensor_table_clear(&table);
        rv_buffer_clear(&zip.file);
    }
}

/* A pickled module keeps its parameters in dicts of their own; other attributes are no weights. */
static void torch_archive_read_knows_whole_modules(void **state)
{
    static const char module[] =
        "\x80\x02"
        "cclip.model\nCLIP\n)\x81}("
        "X\x0b\0\0\0_parametersccollections\nOrderedDict\n)R"
        "X\1\0\0\0pctorch._utils\n_rebuild_parameter\n(" TENSOR(
            STORAGE("Float", "0", "\4"), "\0", "K\1",
            "K\1") "\x88NtRs"
                   "X\x08\0\0\0_buffersccollections\nOrderedDict\n)R"
                   "X\x09\0\0\0attn_mask" TENSOR(
                       STORAGE("Float", "0", "\4"), "\0", "K\1",
                       "K\1") "X\x08\0\0\0_modulesccollections\nOrderedDict\n)R"
                              "X\6\0\0\0visualcclip.model\nVisual\n)\x81}("
                              "X\x0b\0\0\0_parametersccollections\nOrderedDict\n)R"
                              "X\4\0\0\0projctorch._utils\n_rebuild_parameter\n(" TENSOR(
                                  STORAGE("Float", "0", "\4"), "\1", "K\2",
                                  "K\1") "\x88NtRs"
                                         "X\x08\0\0\0_modules}ubsub.";
    TensorTable table;
    ZipBuilder zip;
    RvError err = {0};
    assert_ok(read_archive(PICKLE(module), &table, &zip, &err), err);
    assert_int_equal(table.count, 2);
    assert_non_null(rv_tensor_table_find(&table, "p"));
    assert_int_equal(rv_tensor_table_find(&table, "visual.proj")->tensor.bytes[0], 4);
    rv_tensor_table_clear(&table);
    rv_buffer_clear(&zip.file);
}

static void torch_archive_read_marks_what_cannot_serve(void **state)
{
    static const struct {
        const char *pickle;
        size_t pickle_bytes;
        const char *fault;
    } cases[] = {
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "K\3K\2", "K\0K\1") TAIL),
         "repeats its elements"},
        {PICKLE(HEAD "X\1\0\0\0tctorch._utils\n_rebuild_qtensor\n(NtR" TAIL), "quantized"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Long", "0", "\2"), "\0", "K\2", "K\1") TAIL), "I64"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "K\1K\1K\1K\1K\1",
                                         "K\1K\1K\1K\1K\1") TAIL),
         "four dimensions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorTable table;
        ZipBuilder zip;
        RvError err = {0};
        assert_ok(read_archive(cases[i].pickle, cases[i].pickle_bytes, &table, &zip, &err), err);
        assert_non_null(table.items[0].fault);
        assert_non_null(strstr(table.items[0].fault, cases[i].fault));
        rv_tensor_table_clear(&table);
        rv_buffer_clear(&zip.file);
    }
}

static void torch_archive_read_refuses(void **state)
{
    static const struct {
        const char *pickle;
        size_t pickle_bytes;
        const char *message, *why;
    } cases[] = {
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\5"), "\0", "K\1", "K\1") TAIL), "cut off",
         "a storage longer than its entry"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\1", "K\4", "K\1") TAIL),
         "past the end", "a tensor that leaves its storage"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "K\2K\2", "K\1K\3") TAIL),
         "past the end", "strides that leave the storage"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "K\2", "J\xff\xff\xff\xff") TAIL),
         "impossible shape", "a negative stride"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "9", "\4"), "\0", "K\1", "K\1") TAIL), "no entry",
         "a storage that is not there"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Queer", "0", "\4"), "\0", "K\1", "K\1") TAIL),
         "unknown storage", "a type that nobody knows"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR("N", "\0", "K\1", "K\1") TAIL), "no storage", "None for a storage"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "J\xff\xff\xff\xff", "K\1") TAIL),
         "impossible shape", "a negative side"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0",
                                         "\x8a\7\0\0\0\0\0\0\1\x8a\7\0\0\0\0\0\0\1", "K\1K\1") TAIL),
         "impossible shape", "an overflow"},
        {PICKLE(HEAD "X\1\0\0\0t" TENSOR(STORAGE("Float", "0", "\4"), "\0", "K\1", "") TAIL), "no shape",
         "no strides"},
        {PICKLE("\x80\x02}q\0X\1\0\0\0sh\0s."), "without end", "a dict that contains itself"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorTable table;
        ZipBuilder zip;
        RvError err = {0};
        RvStatus status = read_archive(cases[i].pickle, cases[i].pickle_bytes, &table, &zip, &err);
        if (status != RV_ERROR_FORMAT || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
        rv_tensor_table_clear(&table);
        rv_buffer_clear(&zip.file);
    }
}

/* A dict whose two values are one dict, whose two values are one dict, ... : 2^30 paths in 500 bytes. */
static void torch_archive_read_bounds_its_walk(void **state)
{
    Buffer pickle;
    TensorTable table;
    ZipBuilder zip;
    RvError err = {0};
    rv_buffer_init(&pickle, 4096);
    assert_ok(rv_buffer_append(&pickle, "\x80\x02}q\0", 5, &err), err);
    for (uint8_t i = 1; i <= 30; i++) {
        const uint8_t step[] = {'}', 'q', i,   '(',
                                'X', 1,   0,   0,
                                0,   'a', 'h', (uint8_t)(i - 1),
                                'X', 1,   0,   0,
                                0,   'b', 'h', (uint8_t)(i - 1),
                                'u'};
        assert_ok(rv_buffer_append(&pickle, step, sizeof step, &err), err);
    }
    assert_ok(rv_buffer_append(&pickle, ".", 1, &err), err);
    assert_int_equal(read_archive(pickle.bytes, pickle.size_bytes, &table, &zip, &err), RV_ERROR_FORMAT);
    rv_tensor_table_clear(&table);
    rv_buffer_clear(&zip.file);
    rv_buffer_clear(&pickle);
}

static void torch_archive_read_checks_the_archive(void **state)
{
    TensorTable table = {0};
    ZipBuilder zip;
    RvError err = {0};
    make_archive(&zip, PICKLE(nested));
    zip.file.bytes[60] ^= 1; // inside the pickle
    assert_int_equal(rv_torch_archive_read(zip.file.bytes, zip.file.size_bytes, "f", &table, &err),
                     RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "checksum"));
    rv_buffer_clear(&zip.file);

    zip_begin(&zip);
    zip_add(&zip, "readme.txt", "hello", 5);
    zip_end(&zip);
    assert_int_equal(rv_torch_archive_read(zip.file.bytes, zip.file.size_bytes, "f", &table, &err),
                     RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "none of PyTorch's"));
    rv_buffer_clear(&zip.file);

    zip_begin(&zip);
    zip_add(&zip, "m/data.pkl", PICKLE("\x80\x02}."));
    zip_add(&zip, "m/byteorder", "big", 3);
    zip_end(&zip);
    assert_int_equal(rv_torch_archive_read(zip.file.bytes, zip.file.size_bytes, "f", &table, &err),
                     RV_ERROR_UNSUPPORTED);
    rv_buffer_clear(&zip.file);
}

static RvStatus verify_file(const Buffer *archive, RvError *err)
{
    char path[4096];
    MappedFile map;
    build_path("verified.pt", path, sizeof path);
    write_whole(path, archive->bytes, archive->size_bytes);
    assert_ok(rv_file_map(path, &map, err), *err);
    const TensorSource source = {.path = path, .map = &map};
    RvStatus status = rv_torch_archive_verify(&source, err);
    rv_file_unmap(&map);
    return status;
}

/* Of every entry, but for those that have no checksum. */
static void torch_archive_verify_compares_checksums(void **state)
{
    ZipBuilder zip;
    RvError err = {0};
    make_archive(&zip, PICKLE(nested));
    assert_ok(verify_file(&zip.file, &err), err);
    const uint8_t *data = memmem(zip.file.bytes, zip.file.size_bytes, "\0\1\2\3\4\5\6\7", 8);
    assert_non_null(data);
    zip.file.bytes[data - zip.file.bytes + 9] ^= 1;
    assert_int_equal(verify_file(&zip.file, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "verified.pt: checksum of m/data/0 is wrong; fetch the file again"));
    // The second name of the entry is in the directory, 46 bytes behind the record's beginning.
    uint8_t *name = memmem(data, (size_t)(zip.file.bytes + zip.file.size_bytes - data), "m/data/0", 8);
    assert_non_null(name);
    memset(name - 46 + 16, 0, 4);
    assert_ok(verify_file(&zip.file, &err), err);
    rv_buffer_clear(&zip.file);
}

/* The pickle is damaged before its checksum is made, so that the damage reaches the reader. */
static void torch_archive_read_survives_damage(void **state)
{
    uint64_t random = 5;
    size_t refused = 0;
    for (int i = 0; i < 600; i++) {
        size_t pickle_bytes = sizeof nested - 1;
        uint8_t *damaged = damage((const uint8_t *)nested, &pickle_bytes, &random);
        TensorTable table;
        ZipBuilder zip;
        RvError err = {0};
        RvStatus status = read_archive(damaged, pickle_bytes, &table, &zip, &err);
        for (size_t k = 0; k < table.count; k++) {
            float value;
            if (table.items[k].fault == NULL && table.items[k].tensor.element_count > 0)
                rv_tensor_read(&table.items[k].tensor, table.items[k].tensor.element_count - 1, 1, &value);
        }
        refused += status != RV_OK;
        rv_tensor_table_clear(&table);
        rv_buffer_clear(&zip.file);
        free(damaged);
    }
    assert_true(refused > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_archive_read_names_tensors_by_their_path),
        cmocka_unit_test(torch_archive_read_keeps_strides),
        cmocka_unit_test(torch_archive_read_knows_whole_modules),
        cmocka_unit_test(torch_archive_read_marks_what_cannot_serve),
        cmocka_unit_test(torch_archive_read_refuses),
        cmocka_unit_test(torch_archive_read_bounds_its_walk),
        cmocka_unit_test(torch_archive_read_checks_the_archive),
        cmocka_unit_test(torch_archive_verify_compares_checksums),
        cmocka_unit_test(torch_archive_read_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
