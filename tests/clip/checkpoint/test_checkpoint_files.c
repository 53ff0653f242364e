/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/checkpoint_files.c: files that PyTorch itself wrote, shards of them, and views of
 * one storage. */
#include "clip_support.h"

#include "clip/checkpoint/checkpoint_files.h"
#include "torch_writer.h"

/* What cannot serve as a weight has no values to compare, but its name, type and shape. */
static void compare_tensor(const char *label, const NamedTensor *found, const json_t *wanted)
{
    static const struct {
        const char *name, *here;
        WeightType type;
    } types[] = {
        {"float32", NULL, WEIGHT_F32},   {"float16", NULL, WEIGHT_F16},
        {"bfloat16", NULL, WEIGHT_BF16}, {"float64", "F64", WEIGHT_F32},
        {"int64", "I64", WEIGHT_F32},    {"int32", "I32", WEIGHT_F32},
        {"uint8", "U8", WEIGHT_F32},     {"bool", "is of type BOOL", WEIGHT_F32},
    };
    const char *type = json_string_value(json_object_get(wanted, "dtype"));
    const json_t *shape = json_object_get(wanted, "shape"), *values = json_object_get(wanted, "values");
    if (found == NULL)
        fail_msg("%s: is not there", label);
    assert_int_equal(found->tensor.rank, json_array_size(shape));
    for (size_t i = 0; i < json_array_size(shape); i++)
        assert_int_equal(found->tensor.shape[i], json_integer_value(json_array_get(shape, i)));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, type) != 0)
            continue;
        if ((found->fault == NULL) != (types[i].here == NULL) ||
            (found->fault != NULL && strstr(found->fault, types[i].here) == NULL))
            fail_msg("%s: %s %s", label, type, found->fault);
        if (found->fault == NULL)
            assert_int_equal(found->tensor.type, types[i].type);
    }
    for (size_t i = 0; i < json_array_size(values) && found->fault == NULL; i++) {
        float value = 0;
        RvError err = {0};
        assert_ok(rv_tensor_fetch(&found->tensor, i, 1, &value, &err), err);
        if (fabs(value - json_number_value(json_array_get(values, i))) > 0)
            fail_msg("%s: value %zu is %g", label, i, value);
    }
}

/* State dicts, all types, views with strides, nested, a parameter, the older format, protocol 4. */
static void weight_files_open_reads_what_torch_wrote(void **state)
{
    require_golden("golden_models/pt_samples/expected.json");
    json_t *expected = load_golden("golden_models/pt_samples/expected.json"), *tensors, *tensor;
    const char *file, *name;
    size_t files_read = 0;
    json_object_foreach(json_object_get(expected, "files"), file, tensors)
    {
        char relative[256], path[4096];
        WeightFiles files;
        RvError err = {0};
        snprintf(relative, sizeof relative, "golden_models/pt_samples/%s", file);
        assert_true(shared_path(relative, path, sizeof path));
        assert_ok(rv_weight_files_open(path, NULL, &files, &err), err);
        assert_int_equal(files.tensors.count, json_object_size(tensors));
        json_object_foreach(tensors, name, tensor)
        {
            char label[512];
            snprintf(label, sizeof label, "%s %s", file, name);
            compare_tensor(label, rv_tensor_table_find(&files.tensors, name), tensor);
        }
        rv_weight_files_close(&files);
        files_read++;
    }
    assert_int_equal(files_read, 7);
    json_decref(expected);
}

static bool write_ramp(FILE *file, void *context, size_t index)
{
    (void)index;
    for (int i = 0; i < 6; i++) {
        float value = (float)(*(int *)context + i);
        fwrite(&value, sizeof value, 1, file);
    }
    return true;
}

/* Shards in both of PyTorch's formats, of one turned tensor and one that is not. */
static void weight_files_open_reads_shards_of_every_format(void **state)
{
    static const TorchTensor turned = {
        .name = "a", .storage = "Float", .rank = 2, .shape = {3, 2}, .stride = {1, 3}, .element_count = 6};
    static const TorchTensor plain = {
        .name = "b", .storage = "Float", .rank = 1, .shape = {6}, .stride = {1}, .element_count = 6};
    static const char index[] = "{\"weight_map\": {\"a\": \"s-1.bin\", \"b\": \"s-2.bin\"}}";
    static const float wanted[6] = {10, 13, 11, 14, 12, 15};
    char folder[4000], path[4096];
    float values[6];
    int first = 10;
    WeightFiles files;
    RvError err = {0};
    build_path("torch-shards", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(path, sizeof path, "%s/s-1.bin", folder);
    assert_true(torch_write(path, true, &turned, 1, write_ramp, &first));
    snprintf(path, sizeof path, "%s/s-2.bin", folder);
    assert_true(torch_write(path, false, &plain, 1, write_ramp, &first));
    snprintf(path, sizeof path, "%s/pytorch_model.bin.index.json", folder);
    write_whole(path, index, sizeof index - 1);
    assert_ok(rv_weight_files_open(path, NULL, &files, &err), err);
    assert_ok(rv_tensor_fetch(&rv_tensor_table_find(&files.tensors, "a")->tensor, 0, 6, values, &err), err);
    assert_memory_equal(values, wanted, sizeof wanted);
    assert_ok(rv_tensor_fetch(&rv_tensor_table_find(&files.tensors, "b")->tensor, 5, 1, values, &err), err);
    assert_true(values[0] == 15);
    rv_weight_files_close(&files);
}

enum { VIEWS = 1000, SIDE = 250 };

/* A thousand views of one storage of SIDE * SIDE elements. */
static void assert_views_are_refused(const char *view, size_t view_bytes)
{
    Buffer file;
    char path[4096];
    WeightFiles files;
    RvError err = {0};
    rv_buffer_init(&file, 1 << 20);
    // The storage stands in the memo as the value of a key.
    static const char first[] =
        "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}("
        "X\1\0\0\0s(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
        "0"
        "X\3\0\0\0cpuJ\x24\xf4\0\0NtQq\0";
    assert_ok(rv_buffer_append(&file, first, sizeof first - 1, &err), err);
    for (int i = 0; i < VIEWS; i++) {
        char name[16];
        memcpy(name, "X\4\0\0\0", 5);
        snprintf(name + 5, sizeof name - 5, "%04d", i);
        assert_ok(rv_buffer_append(&file, name, 9, &err), err);
        assert_ok(rv_buffer_append(&file, view, view_bytes, &err), err);
    }
    static const char tail[] = "u.\x80\x02]X\1\0\0\0"
                               "0"
                               "a.\x24\xf4\0\0\0\0\0\0";
    assert_ok(rv_buffer_append(&file, tail, sizeof tail - 1, &err), err);
    static const uint8_t zeros[SIDE * SIDE * sizeof(float)];
    assert_ok(rv_buffer_append(&file, zeros, sizeof zeros, &err), err);
    build_path("views.bin", path, sizeof path);
    write_whole(path, file.bytes, file.size_bytes);
    rv_buffer_clear(&file);
    assert_int_equal(rv_weight_files_open(path, NULL, &files, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "views of one another"));
}

/* Each view of the whole storage, gathered, would be a thousand times the file. Each view of two elements
 * that lie at the storage's two ends would be a thousand times the time. */
static void weight_files_open_bounds_what_it_gathers(void **state)
{
    (void)state;
    static const char whole[] = "ctorch._utils\n_rebuild_tensor_v2\n(h\0K\0(K\xfaK\xfat(K\1K\xfat\x89NtR";
    static const char ends[] = "ctorch._utils\n_rebuild_tensor_v2\n(h\0K\0(K\2t(J\x20\xf4\0\0t\x89NtR";
    assert_views_are_refused(whole, sizeof whole - 1);
    assert_views_are_refused(ends, sizeof ends - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weight_files_open_reads_what_torch_wrote),
        cmocka_unit_test(weight_files_open_reads_shards_of_every_format),
        cmocka_unit_test(weight_files_open_bounds_what_it_gathers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
