/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint.c and clip/checkpoint/checkpoint_files.c on folders of every layout,
 * whole and broken. */
#include "clip_support.h"

#include <unistd.h>

#include "clip/clip_model.h"
#include "known_checkpoint.h"

static const char weights[] = "model.safetensors";

static Checkpoint *open_known(const char *name)
{
    char path[4096];
    RvError err = {0};
    Checkpoint *checkpoint = NULL;
    assert_true(known_checkpoint_ensure(name, path, sizeof path));
    assert_ok(rv_checkpoint_open(path, NULL, &checkpoint, &err), err);
    return checkpoint;
}

static void link_file(const char *checkpoint, const char *file, const char *folder, const char *name)
{
    char from[4096], to[4200];
    assert_true(known_checkpoint_ensure(checkpoint, from, sizeof from));
    snprintf(to, sizeof to, "%s/%s", folder, name);
    snprintf(from + strlen(from), sizeof from - strlen(from), "/%s", file);
    assert_int_equal(symlink(from, to), 0);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_whole(path, text, strlen(text));
}

static void unlink_file(const char *folder, const char *name)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

static void expect_failure(const char *path, RvStatus wanted, const char *message)
{
    Checkpoint *checkpoint = NULL;
    RvError err = {0};
    RvStatus status = rv_checkpoint_open(path, NULL, &checkpoint, &err);
    if (status != wanted || strstr(err.message, message) == NULL || checkpoint != NULL)
        fail_msg("%s: %d %s", path, status, err.message);
}

static void checkpoint_open_knows_every_layout(void **state)
{
    static const struct {
        const char *name, *format;
        WeightType type;
    } cases[] = {
        {"tiny-bytes", "huggingface", WEIGHT_F32},        {"tiny-f16-bytes", "huggingface", WEIGHT_F16},
        {"tiny-bf16-bytes", "huggingface", WEIGHT_BF16},  {"tiny-sharded-bytes", "huggingface", WEIGHT_F32},
        {"tiny-openclip-bytes", "open_clip", WEIGHT_F32}, {"tiny-bin-bytes", "huggingface", WEIGHT_F32},
        {"tiny-oldbin-bytes", "huggingface", WEIGHT_F32}, {"tiny-f16-bin-bytes", "huggingface", WEIGHT_F16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Checkpoint *checkpoint = open_known(cases[i].name);
        assert_string_equal(rv_checkpoint_format(checkpoint), cases[i].format);
        assert_int_equal(rv_checkpoint_weight_type(checkpoint), cases[i].type);
        // Of the closed formula: 819,328 in the towers and tables, and 514 rows of 64.
        assert_int_equal(rv_checkpoint_parameter_count(checkpoint), 852289);
        const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
        assert_int_equal(spec->vision.tower.width, 128);
        assert_int_equal(spec->vision.tower.mlp_width, 512);
        assert_int_equal(spec->text.tower.heads, 1);
        assert_int_equal(spec->text.vocabulary_size, 514);
        assert_int_equal(spec->dimensions, 96);
        assert_int_equal(spec->vision.tower.activation, ACTIVATION_QUICK_GELU);
        rv_checkpoint_close(checkpoint);
    }
}

static void checkpoint_read_gives_the_same_in_every_layout(void **state)
{
    static const struct {
        const char *name;
        size_t shape[TENSOR_MAX_RANK];
        int rank;
    } tensors[] = {
        {"visual.conv1.weight", {128, 3, 16, 16}, 4},
        {"visual.proj", {128, 96}, 2},
        {"text_projection", {64, 96}, 2},
        {"transformer.resblocks.1.attn.in_proj_weight", {192, 64}, 2},
        {"visual.transformer.resblocks.2.attn.in_proj_bias", {384}, 1},
        {"visual.transformer.resblocks.0.mlp.c_proj.weight", {128, 512}, 2},
        {"visual.ln_pre.weight", {128}, 1},
        {"token_embedding.weight", {514, 64}, 2},
    };
    Checkpoint *plain = open_known("tiny-openclip-bytes"); // OpenAI's own names
    Checkpoint *others[] = {open_known("tiny-bytes"), open_known("tiny-sharded-bytes"),
                            open_known("tiny-bin-bytes"), open_known("tiny-oldbin-bytes")};
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        size_t count = 1;
        for (int k = 0; k < tensors[i].rank; k++)
            count *= tensors[i].shape[k];
        float *wanted = malloc(count * sizeof *wanted), *found = malloc(count * sizeof *found);
        assert_true(wanted != NULL && found != NULL);
        RvError err = {0};
        assert_ok(rv_checkpoint_read(plain, tensors[i].name, tensors[i].shape, tensors[i].rank, wanted, &err),
                  err);
        for (size_t k = 0; k < 4; k++) {
            assert_ok(rv_checkpoint_read(others[k], tensors[i].name, tensors[i].shape, tensors[i].rank, found,
                                         &err),
                      err);
            assert_memory_equal(found, wanted, count * sizeof *found);
        }
        free(wanted);
        free(found);
    }
    rv_checkpoint_close(plain);
    for (size_t k = 0; k < 4; k++)
        rv_checkpoint_close(others[k]);
}

static void checkpoint_check_names_tensor_and_shapes(void **state)
{
    Checkpoint *checkpoint = open_known("tiny-bytes");
    RvError err = {0};
    assert_int_equal(rv_checkpoint_check(checkpoint, "visual.proj", (const size_t[]){128, 97}, 2, &err),
                     RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "visual_projection.weight has shape [96, 128]"));
    assert_non_null(strstr(err.message, "[97, 128]"));
    assert_int_equal(rv_checkpoint_check(checkpoint, "visual.proj", (const size_t[]){128}, 1, &err),
                     RV_ERROR_MISMATCH);
    assert_int_equal(
        rv_checkpoint_check(checkpoint, "transformer.resblocks.2.ln_1.weight", (const size_t[]){64}, 1, &err),
        RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "text_model.encoder.layers.2.layer_norm1.weight [64] is missing"));
    assert_null(rv_checkpoint_tensor(checkpoint, "text_projection")); // stored turned round
    assert_int_equal(rv_checkpoint_tensor(checkpoint, "token_embedding.weight")->shape[0], 514);
    rv_checkpoint_close(checkpoint);
}

static void checkpoint_sha256_is_that_of_the_file(void **state)
{
    char path[4096], wanted[65], found[65];
    RvError err = {0};
    Checkpoint *checkpoint = open_known("tiny-bytes");
    assert_ok(rv_checkpoint_sha256(checkpoint, found, &err), err);
    snprintf(path, sizeof path, "%s/%s", rv_checkpoint_path(checkpoint), weights);
    assert_ok(rv_file_sha256(path, wanted, &err), err);
    assert_string_equal(found, wanted);
    rv_checkpoint_close(checkpoint);
    checkpoint = open_known("tiny-sharded-bytes");
    assert_ok(rv_checkpoint_sha256(checkpoint, found, &err), err);
    assert_string_not_equal(found, wanted);
    rv_checkpoint_close(checkpoint);
}

/* A weight that changed on its way is a weight all the same; the archive knows better. */
static void checkpoint_sha256_compares_an_archives_checksums(void **state)
{
    char path[4096], found[65];
    RvError err = {0};
    Checkpoint *checkpoint = open_known("tiny-bin-bytes");
    assert_ok(rv_checkpoint_sha256(checkpoint, found, &err), err);
    const char *folder = make_scratch_folder("damaged-bin"), *source = rv_checkpoint_path(checkpoint);
    char command[9000];
    snprintf(command, sizeof command,
             "cp '%s/config.json' '%s/pytorch_model.bin' '%s/' && chmod u+w '%s/pytorch_model.bin'", source,
             source, folder, folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/pytorch_model.bin", folder);
    rv_checkpoint_close(checkpoint);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    fseek(file, ftell(file) / 2, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, -1, SEEK_CUR);
    fputc(byte ^ 1, file);
    fclose(file);
    for (int turn = 0; turn < 2; turn++) {
        assert_ok(rv_checkpoint_open(folder, NULL, &checkpoint, &err), err);
        assert_int_equal(rv_checkpoint_sha256(checkpoint, found, &err), RV_ERROR_FORMAT);
        assert_non_null(strstr(err.message, "pytorch_model.bin: checksum of "));
        assert_non_null(strstr(err.message, " is wrong; fetch the file again"));
        rv_checkpoint_close(checkpoint);
    }
}

static void checkpoint_open_says_what_is_wrong_with_a_folder(void **state)
{
    const char *folder = make_scratch_folder("no-checkpoint");
    expect_failure("/nonexistent/model", RV_ERROR_NOT_FOUND, "/nonexistent/model");
    expect_failure(folder, RV_ERROR_FORMAT, "no checkpoint in this folder");
    char link[4200];
    snprintf(link, sizeof link, "%s/model.safetensors", folder);
    assert_int_equal(symlink("/nonexistent/model.safetensors", link), 0);
    expect_failure(folder, RV_ERROR_NOT_FOUND,
                   "model.safetensors: a link to a file that is gone; put it back");
    unlink(link);
    write_file(folder, "pytorch_model.bin", "");
    write_file(folder, "config.json", "{}");
    expect_failure(folder, RV_ERROR_FORMAT, "pytorch_model.bin: not a checkpoint");
    write_file(folder, weights, "");
    expect_failure(folder, RV_ERROR_FORMAT, "model.safetensors: not a checkpoint");
    write_file(folder, weights, "version https://git-lfs.github.com/spec/v1\noid sha256:00\n");
    expect_failure(folder, RV_ERROR_FORMAT, "git lfs pull");

    folder = make_scratch_folder("no-config");
    link_file("tiny-bytes", weights, folder, weights);
    expect_failure(folder, RV_ERROR_NOT_FOUND, "config.json: not there");
    write_file(folder, "config.json", "{\"model_type\": \"bert\"}");
    expect_failure(folder, RV_ERROR_UNSUPPORTED, "model_type");
}

static void checkpoint_open_says_what_is_wrong_with_a_file(void **state)
{
    char path[4200];
    const char *folder = make_scratch_folder("no-archive");
    static const struct {
        const char *name, *text;
        RvStatus status;
        const char *message;
    } cases[] = {
        {"empty.pt", "", RV_ERROR_FORMAT, "not a checkpoint"},
        {"text.pt", "hello", RV_ERROR_FORMAT, "not a checkpoint"},
        {"old.pt", "\x80\x02\x8a\x0a", RV_ERROR_FORMAT, "not a checkpoint"},
        {"cut.pt", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", RV_ERROR_FORMAT, "cut off"},
        {"half.pt", "PK\3\4 and then nothing", RV_ERROR_FORMAT, "damaged archive"},
        {"model.safetensors", "hello", RV_ERROR_FORMAT, "not a checkpoint"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file(folder, cases[i].name, cases[i].text);
        snprintf(path, sizeof path, "%s/%s", folder, cases[i].name);
        expect_failure(path, cases[i].status, cases[i].message);
    }
    expect_failure("/dev/null", RV_ERROR_FORMAT, "not a regular file");
}

static void checkpoint_open_takes_a_bare_file_of_openais_names(void **state)
{
    Checkpoint *checkpoint = NULL;
    RvError err = {0};
    const char *folder = make_scratch_folder("bare");
    link_file("tiny-openclip-bytes", "open_clip_model.safetensors", folder, weights);
    assert_ok(rv_checkpoint_open(folder, NULL, &checkpoint, &err), err);
    const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
    assert_int_equal(spec->input.size, 64);
    assert_int_equal(spec->vision.tower.layers, 3);
    assert_int_equal(spec->vision.tower.heads, 2);
    assert_int_equal(spec->text.tower.layers, 2);
    assert_int_equal(spec->text.tower.mlp_width, 256);
    assert_int_equal(spec->text.context_length, 77);
    rv_checkpoint_close(checkpoint);
}

static Checkpoint *open_logged(const char *folder, const char *name, LogLines *lines)
{
    char path[4300];
    RvError err = {0};
    Checkpoint *checkpoint = NULL;
    const RvLog log = log_into(lines);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(rv_checkpoint_open(path, &log, &checkpoint, &err), err);
    return checkpoint;
}

/* A weight file that is named itself has the configuration that lies beside it, whatever its ending. */
static void checkpoint_open_takes_the_configuration_beside_a_file(void **state)
{
    static const char gelu[] = "{\"model_cfg\": {\"embed_dim\": 96, \"vision_cfg\": {\"image_size\": 64, "
                               "\"layers\": 3, \"width\": 128, "
                               "\"head_width\": 32, \"patch_size\": 16}, \"text_cfg\": {\"vocab_size\": 514, "
                               "\"width\": 64, \"heads\": 2, "
                               "\"layers\": 2}}, \"preprocess_cfg\": {\"mean\": [0.5, 0.5, 0.5]}}";
    static const char *const names[] = {"epoch_5.pt", "open_clip_pytorch_model.bin", "x.pth",
                                        "y.safetensors"};
    LogLines lines;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *folder = make_scratch_folder("named");
        link_file("tiny-openclip-bytes", "open_clip_model.safetensors", folder, names[i]);
        Checkpoint *checkpoint = open_logged(folder, names[i], &lines);
        assert_int_equal(rv_checkpoint_spec(checkpoint)->text.tower.activation, ACTIVATION_QUICK_GELU);
        assert_non_null(strstr(lines.text, "QuickGELU")); // a guess, and said to be one
        assert_string_equal(rv_checkpoint_format(checkpoint), "openai");
        rv_checkpoint_close(checkpoint);
        write_file(folder, "open_clip_config.json", gelu);
        checkpoint = open_logged(folder, names[i], &lines);
        const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
        assert_int_equal(spec->vision.tower.activation, ACTIVATION_GELU);
        assert_int_equal(spec->vision.tower.heads, 4);
        assert_true(spec->image_mean[1] == 0.5f);
        assert_string_equal(rv_checkpoint_format(checkpoint), "open_clip");
        assert_int_equal(lines.count, 0);
        rv_checkpoint_close(checkpoint);
    }
    const char *folder = make_scratch_folder("named");
    link_file("tiny-bin-bytes", "pytorch_model.bin", folder, "pytorch_model.bin");
    char path[4200];
    snprintf(path, sizeof path, "%s/pytorch_model.bin", folder);
    expect_failure(path, RV_ERROR_NOT_FOUND, "config.json: not there");
    link_file("tiny-bytes", "config.json", folder, "config.json");
    Checkpoint *checkpoint = open_logged(folder, "pytorch_model.bin", &lines);
    assert_string_equal(rv_checkpoint_format(checkpoint), "huggingface");
    assert_non_null(strstr(lines.text, "no preprocessor_config.json"));
    rv_checkpoint_close(checkpoint);
}

/* timm's repositories: its own tower beside open_clip's model. Hugging Face's config.json says what it is. */
static void checkpoint_open_finds_the_clip_beside_another_model(void **state)
{
    LogLines lines;
    const char *folder = make_scratch_folder("timm");
    link_file("tiny-openclip-bytes", "open_clip_model.safetensors", folder, "open_clip_model.safetensors");
    link_file("tiny-openclip-bytes", "open_clip_config.json", folder, "open_clip_config.json");
    write_file(folder, "config.json",
               "{\"architecture\": \"vit_base_patch32_clip_224\", \"num_classes\": 512}");
    write_file(folder, weights, "timm's tower");
    Checkpoint *checkpoint = open_logged(folder, "", &lines);
    assert_string_equal(rv_checkpoint_format(checkpoint), "open_clip");
    rv_checkpoint_close(checkpoint);
    unlink_file(folder, "open_clip_config.json");
    unlink_file(folder, "open_clip_model.safetensors");
    expect_failure(folder, RV_ERROR_UNSUPPORTED, "architecture is a model of timm");

    folder = make_scratch_folder("both"); // as LAION's repositories: Hugging Face's files and open_clip's
    link_file("tiny-bin-bytes", "pytorch_model.bin", folder, "pytorch_model.bin");
    link_file("tiny-bytes", "config.json", folder, "config.json");
    link_file("tiny-bytes", "preprocessor_config.json", folder, "preprocessor_config.json");
    write_file(folder, "open_clip_config.json", "{}");
    write_file(folder, "open_clip_pytorch_model.bin", "");
    checkpoint = open_logged(folder, "", &lines);
    assert_string_equal(rv_checkpoint_format(checkpoint), "huggingface");
    assert_int_equal(lines.count, 0);
    rv_checkpoint_close(checkpoint);
}

/* A configuration with fewer layers than the weights have computes something else. */
static void checkpoint_open_refuses_unused_tensors(void **state)
{
    char path[4096], text[4096];
    Buffer json;
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    strcat(path, "/config.json");
    read_scratch(path, &json);
    const char *at = strstr((const char *)json.bytes, "\"num_hidden_layers\": 3");
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s\"num_hidden_layers\": 2%s", (int)(at - (const char *)json.bytes),
             (const char *)json.bytes, at + 22);
    rv_buffer_clear(&json);
    const char *folder = make_scratch_folder("fewer-layers");
    link_file("tiny-bytes", weights, folder, weights);
    write_file(folder, "config.json", text);
    expect_failure(folder, RV_ERROR_UNSUPPORTED,
                   "vision_model.encoder.layers.2.layer_norm1.bias and 15 more");
}

static void checkpoint_open_refuses_bad_shard_indexes(void **state)
{
    static const struct {
        const char *index;
        RvStatus status;
        const char *message;
    } cases[] = {
        {"{}", RV_ERROR_FORMAT, "no weight_map"},
        {"{\"weight_map\": {\"a\": 1}}", RV_ERROR_FORMAT, "in no file"},
        {"{\"weight_map\": {\"a\": \"../x.safetensors\"}}", RV_ERROR_FORMAT, "in no file"},
        {"{\"weight_map\": {\"a\": \"/etc/passwd\"}}", RV_ERROR_FORMAT, "in no file"},
        {"{\"weight_map\": {\"a\": \"absent.safetensors\"}}", RV_ERROR_NOT_FOUND, "absent.safetensors"},
        {"{\"weight_map\": {\"a\": \"whole.safetensors\"}}", RV_ERROR_FORMAT,
         "a is not in whole.safetensors"},
        {"{\"weight_map\": {\"a\": \"whole.safetensors\", \"b\": \"copy.safetensors\"}}", RV_ERROR_FORMAT,
         "twice"},
    };
    const char *folder = make_scratch_folder("shards");
    write_file(folder, "config.json", "{}");
    link_file("tiny-bytes", weights, folder, "whole.safetensors");
    link_file("tiny-bytes", weights, folder, "copy.safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file(folder, "model.safetensors.index.json", cases[i].index);
        expect_failure(folder, cases[i].status, cases[i].message);
    }
}

/* The configuration of another model: the first tensor that does not fit is named, by rv_clip_open. */
static void clip_open_refuses_a_configuration_of_another_model(void **state)
{
    static const struct {
        const char *old, *new, *message;
    } cases[] = {
        {"\"image_size\": 64", "\"image_size\": 80", "position_embedding.weight has shape [17, 128]"},
        {"\"patch_size\": 16", "\"patch_size\": 32", "patch_embedding.weight"},
        {"\"vocab_size\": 514", "\"vocab_size\": 515", "asks for [515, 64]"},
        {"\"projection_dim\": 96", "\"projection_dim\": 95", "visual_projection.weight"},
        {"\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", "layers.3"},
        {"\"intermediate_size\": 256", "\"intermediate_size\": 128", "mlp.fc1.weight"},
    };
    char path[4096];
    Buffer json;
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    strcat(path, "/config.json");
    read_scratch(path, &json);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *at = strstr((const char *)json.bytes, cases[i].old);
        assert_non_null(at);
        char text[4096];
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - (const char *)json.bytes),
                 (const char *)json.bytes, cases[i].new, at + strlen(cases[i].old));
        const char *folder = make_scratch_folder("other-config");
        link_file("tiny-bytes", weights, folder, weights);
        write_file(folder, "config.json", text);
        Checkpoint *checkpoint = NULL;
        Compute *compute = NULL;
        ClipModel *model = NULL;
        RvError err = {0};
        assert_ok(rv_compute_open(&(ComputeOptions){.thread_count = 1}, &compute, &err), err);
        assert_ok(rv_checkpoint_open(folder, NULL, &checkpoint, &err), err);
        RvStatus status = rv_clip_open(checkpoint, compute, COMPUTE_FLOAT32, &model, &err);
        if (status != RV_ERROR_MISMATCH || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].new, status, err.message);
        rv_compute_close(compute);
    }
    rv_buffer_clear(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint_open_knows_every_layout),
        cmocka_unit_test(checkpoint_read_gives_the_same_in_every_layout),
        cmocka_unit_test(checkpoint_check_names_tensor_and_shapes),
        cmocka_unit_test(checkpoint_sha256_is_that_of_the_file),
        cmocka_unit_test(checkpoint_sha256_compares_an_archives_checksums),
        cmocka_unit_test(checkpoint_open_says_what_is_wrong_with_a_folder),
        cmocka_unit_test(checkpoint_open_says_what_is_wrong_with_a_file),
        cmocka_unit_test(checkpoint_open_takes_a_bare_file_of_openais_names),
        cmocka_unit_test(checkpoint_open_takes_the_configuration_beside_a_file),
        cmocka_unit_test(checkpoint_open_finds_the_clip_beside_another_model),
        cmocka_unit_test(checkpoint_open_refuses_unused_tensors),
        cmocka_unit_test(checkpoint_open_refuses_bad_shard_indexes),
        cmocka_unit_test(clip_open_refuses_a_configuration_of_another_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
