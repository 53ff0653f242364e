/* SPDX-License-Identifier: MIT */
/* Tests of the family pe_core: what its files must be, and which weights and settings are refused. */
#include "checkpoint/zip_builder.h"

#include <dirent.h>

#include "clip/clip_model.h"
#include "clip/families.h"
#include "torch_writer.h"

/* ---- weights without settings -------------------------------------------------------------------------- */

enum { WIDTH = 64, TEXT_WIDTH = 64, TENSORS_MAX = 64 };

/* The tensors of a PE-Core with one layer in each tower, 2 x 2 patches and embeddings of 32. */
typedef struct SmallModel {
    TorchTensor tensors[TENSORS_MAX];
    char names[TENSORS_MAX][96];
    size_t count;
} SmallModel;

static void add_tensor(SmallModel *model, const char *prefix, const char *name, const size_t *shape, int rank)
{
    assert_true(model->count < TENSORS_MAX);
    TorchTensor *tensor = &model->tensors[model->count];
    snprintf(model->names[model->count], sizeof model->names[0], "%s%s", prefix, name);
    *tensor = (TorchTensor){.name = model->names[model->count++], .storage = "Half", .rank = rank};
    tensor->element_count = 1;
    for (int i = rank - 1; i >= 0; i--) {
        tensor->shape[i] = shape[i];
        tensor->stride[i] = tensor->element_count;
        tensor->element_count *= shape[i];
    }
}

static void add_matrix(SmallModel *model, const char *prefix, const char *name, size_t rows, size_t columns)
{
    add_tensor(model, prefix, name, (const size_t[]){rows, columns}, 2);
}

static void add_vector(SmallModel *model, const char *prefix, const char *name, size_t length)
{
    add_tensor(model, prefix, name, &length, 1);
}

/* A linear layer with weight and bias, or with rows 0 a layer norm. */
static void add_pair(SmallModel *model, const char *prefix, const char *name, size_t rows, size_t columns)
{
    char whole[64];
    snprintf(whole, sizeof whole, "%s.weight", name);
    if (rows > 0)
        add_matrix(model, prefix, whole, rows, columns);
    else
        add_vector(model, prefix, whole, columns);
    snprintf(whole, sizeof whole, "%s.bias", name);
    add_vector(model, prefix, whole, rows > 0 ? rows : columns);
}

static void add_attention(SmallModel *model, const char *prefix, size_t width)
{
    add_matrix(model, prefix, "attn.in_proj_weight", 3 * width, width);
    add_vector(model, prefix, "attn.in_proj_bias", 3 * width);
    add_pair(model, prefix, "attn.out_proj", width, width);
    add_pair(model, prefix, "mlp.c_fc", 4 * width, width);
    add_pair(model, prefix, "mlp.c_proj", width, 4 * width);
}

static void fill_model(SmallModel *model, bool class_token, size_t width)
{
    *model = (SmallModel){0};
    add_tensor(model, "visual.", "conv1.weight", (const size_t[]){width, 3, 8, 8}, 4);
    if (class_token)
        add_vector(model, "visual.", "class_embedding", width);
    add_matrix(model, "visual.", "positional_embedding", class_token ? 5 : 4, width);
    add_pair(model, "visual.", "ln_pre", 0, width);
    add_attention(model, "visual.transformer.resblocks.0.", width);
    add_pair(model, "visual.transformer.resblocks.0.", "ln_1", 0, width);
    add_pair(model, "visual.transformer.resblocks.0.", "ln_2", 0, width);
    add_pair(model, "visual.", "ln_post", 0, width);
    add_tensor(model, "visual.", "attn_pool.probe", (const size_t[]){1, 1, width}, 3);
    add_attention(model, "visual.attn_pool.", width);
    add_pair(model, "visual.attn_pool.", "layernorm", 0, width);
    add_matrix(model, "visual.", "proj", width, 32);
    add_matrix(model, "", "token_embedding.weight", 514, TEXT_WIDTH);
    add_matrix(model, "", "positional_embedding", 32, TEXT_WIDTH);
    add_attention(model, "transformer.resblocks.0.", TEXT_WIDTH);
    add_pair(model, "transformer.resblocks.0.", "ln_1", 0, TEXT_WIDTH);
    add_pair(model, "transformer.resblocks.0.", "ln_2", 0, TEXT_WIDTH);
    add_pair(model, "", "ln_final", 0, TEXT_WIDTH);
    add_matrix(model, "", "text_projection", TEXT_WIDTH, 32);
    add_tensor(model, "", "logit_scale", NULL, 0);
}

static bool write_ones(FILE *file, void *context, size_t index)
{
    const SmallModel *model = context;
    for (size_t i = 0; i < model->tensors[index].element_count; i++) {
        fputc(0, file);
        fputc(0x3c, file);
    }
    return true;
}

static TorchTensor *find_tensor(SmallModel *model, const char *name)
{
    for (size_t i = 0; i < model->count; i++) {
        if (strcmp(model->names[i], name) == 0)
            return &model->tensors[i];
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

/* $REELVEC_BUILD/pe_core with nothing in it but what is made afterwards. */
static const char *scratch_folder(void)
{
    static char folder[2048];
    char command[4200];
    RvError err = {0};
    build_path("pe_core", folder, sizeof folder);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    assert_ok(rv_file_make_folders(folder, &err), err);
    return folder;
}

static const char *scratch_file(const char *name)
{
    static char path[2304];
    snprintf(path, sizeof path, "%s/%s", scratch_folder(), name);
    return path;
}

static void write_model(const char *path, SmallModel *model)
{
    assert_true(torch_write(path, false, model->tensors, model->count, write_ones, model));
}

static size_t open_file_count(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

static bool is_mapped(const char *path)
{
    char line[8192];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && !found && fgets(line, sizeof line, maps) != NULL)
        found = strstr(line, path) != NULL;
    if (maps != NULL)
        fclose(maps);
    return found;
}

/* Open weights as the encoder does, and run them if that succeeds. */
static RvStatus try_model(const char *path, RvError *err)
{
    Compute *compute = NULL;
    Checkpoint *checkpoint = NULL;
    ClipModel *model = NULL;
    static const uint8_t pixels[3 * 16 * 16];
    float embedding[32];
    assert_ok(rv_compute_open(&(ComputeOptions){.device = "cpu", .thread_count = 1}, &compute, err), *err);
    RvStatus status = rv_checkpoint_open(path, NULL, &checkpoint, err);
    if (status == RV_OK)
        status = rv_clip_open(checkpoint, compute, COMPUTE_FLOAT32, &model, err);
    if (status == RV_OK)
        status = rv_clip_encode_images(model, pixels, 1, embedding, err);
    rv_clip_close(model);
    rv_compute_close(compute);
    return status;
}

/* One line that names the file; afterwards nothing is open or mapped. */
static void expect_refused(const char *path, RvStatus wanted, const char *message)
{
    RvError err = {0};
    size_t open_files = open_file_count();
    RvStatus status = try_model(path, &err);
    if (status != wanted || strstr(err.message, message) == NULL || strchr(err.message, '\n') != NULL)
        fail_msg("%s: %d %s", message, status, err.message);
    assert_non_null(strstr(err.message, "/pe_core"));
    assert_false(is_mapped(path));
    assert_int_equal(open_file_count(), open_files);
}

static void weights_alone_tell_a_small_model(void **state)
{
    SmallModel model;
    RvError err = {0};
    for (int class_token = 0; class_token < 2; class_token++) {
        const char *path = scratch_file("PE-Core-X16-16.pt");
        Checkpoint *checkpoint = NULL;
        fill_model(&model, class_token != 0, 192);
        write_model(path, &model);
        assert_ok(try_model(path, &err), err);
        assert_ok(rv_checkpoint_open(path, NULL, &checkpoint, &err), err);
        const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
        assert_string_equal(rv_checkpoint_format(checkpoint), "facebook");
        assert_int_equal(spec->vision.tower.heads, class_token ? 3 : 2);
        assert_int_equal(spec->vision.pool_heads, 8);
        assert_int_equal(spec->vision.pool_mlp_width, 768);
        assert_int_equal(spec->input.size, 16);
        assert_int_equal(spec->text.context_length, 32);
        assert_true(spec->text.causal && !spec->text.pads && spec->vision.rotary);
        rv_checkpoint_close(checkpoint);
    }
}

static void weights_alone_with_missing_tensors_are_refused(void **state)
{
    SmallModel model;
    fill_model(&model, true, WIDTH);
    for (size_t missing = 0; missing < model.count; missing++) {
        SmallModel other = {0};
        RvError err = {0};
        const char *name = model.names[missing];
        // Without the class token it is a G, without the probe a CLIP, both with tensors of the other.
        bool says_other = strcmp(name, "visual.class_embedding") == 0 || strstr(name, "probe") != NULL;
        bool is_idle = strcmp(name, "logit_scale") == 0;
        for (size_t i = 0; i < model.count; i++) {
            if (i != missing) {
                other.tensors[other.count] = model.tensors[i];
                snprintf(other.names[other.count], sizeof other.names[0], "%s", model.names[i]);
                other.tensors[other.count].name = other.names[other.count];
                other.count++;
            }
        }
        const char *path = scratch_file("missing.pt");
        write_model(path, &other);
        RvStatus status = try_model(path, &err);
        if (is_idle ? status != RV_OK : status == RV_OK)
            fail_msg("without %s: %d %s", name, status, err.message);
        if (!is_idle && (strchr(err.message, '\n') != NULL || strstr(err.message, path) == NULL))
            fail_msg("without %s: %s", name, err.message);
        if (status == RV_ERROR_MISMATCH && !says_other && strstr(err.message, "tensor") == NULL)
            fail_msg("without %s: %s", name, err.message);
        assert_false(is_mapped(path));
    }
}

static void weights_alone_with_other_shapes_are_refused(void **state)
{
    static const struct {
        const char *name;
        int axis;
        size_t length;
        RvStatus status;
        const char *message;
    } cases[] = {
        {"visual.attn_pool.probe", 2, 32, RV_ERROR_MISMATCH, "visual.attn_pool.probe has shape [1, 1, 32]"},
        {"visual.attn_pool.attn.in_proj_weight", 0, 128, RV_ERROR_MISMATCH, "attn_pool.attn.in_proj_weight"},
        {"visual.attn_pool.mlp.c_fc.weight", 0, 128, RV_ERROR_MISMATCH,
         "attn_pool.mlp.c_fc.weight has shape"},
        {"visual.positional_embedding", 0, 6, RV_ERROR_MISMATCH,
         "visual.positional_embedding has shape [6, 64]"},
        {"visual.class_embedding", 0, 32, RV_ERROR_MISMATCH, "visual.class_embedding has shape"},
        {"visual.proj", 1, 31, RV_ERROR_MISMATCH, "visual.proj has shape [64, 31]"},
        {"visual.ln_pre.bias", 0, 63, RV_ERROR_MISMATCH, "visual.ln_pre.bias has shape"},
        {"positional_embedding", 1, 63, RV_ERROR_MISMATCH, "positional_embedding has shape"},
        {"positional_embedding", 0, 1, RV_ERROR_FORMAT, "context length 1"},
        {"ln_final.weight", 0, 96, RV_ERROR_UNSUPPORTED, "text tower is 96 wide"},
        {"visual.conv1.weight", 0, 100, RV_ERROR_UNSUPPORTED, "vision tower is 100 wide"},
        {"visual.conv1.weight", 0, 1280, RV_ERROR_UNSUPPORTED, "how wide the heads"},
        {"visual.conv1.weight", 3, 4, RV_ERROR_MISMATCH, "visual.conv1.weight has shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SmallModel model;
        fill_model(&model, true, WIDTH);
        TorchTensor *tensor = find_tensor(&model, cases[i].name);
        tensor->shape[cases[i].axis] = cases[i].length;
        tensor->element_count = 1;
        for (int axis = tensor->rank - 1; axis >= 0; axis--) {
            tensor->stride[axis] = tensor->element_count;
            tensor->element_count *= tensor->shape[axis];
        }
        const char *path = scratch_file("shapes.pt");
        write_model(path, &model);
        expect_refused(path, cases[i].status, cases[i].message);
    }
    // Nor does a G with another width than a multiple of its heads have some.
    SmallModel model;
    fill_model(&model, false, 128);
    const char *path = scratch_file("shapes.pt");
    write_model(path, &model);
    expect_refused(path, RV_ERROR_UNSUPPORTED,
                   "vision tower is 128 wide, but the heads of a PE-Core like this one are 96");
}

static void write_archive(const char *path, const void *pickle, size_t pickle_bytes)
{
    ZipBuilder zip;
    zip_begin(&zip);
    zip_add(&zip, "PE-Core-B16-224/data.pkl", pickle, pickle_bytes);
    zip_add(&zip, "PE-Core-B16-224/data/0", "\0\0\0\0\0\0\0\0", 8);
    zip_end(&zip);
    write_whole(path, (const char *)zip.file.bytes, zip.file.size_bytes);
    rv_buffer_clear(&zip.file);
}

#define PICKLE(literal) literal, sizeof literal - 1
#define PROBE_KEY "X\x16\0\0\0visual.attn_pool.probe"
#define STORAGE(count)                                                                                       \
    "(X\7\0\0\0storagectorch\nHalfStorage\nX\1\0\0\0"                                                        \
    "0X\3\0\0\0cpu" count "tQ"

static void hostile_pickles_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size_bytes;
        RvStatus status;
        const char *message, *why;
    } cases[] = {
        {PICKLE("\x80\x02"
                "cos\nsystem\n(X\x11\0\0\0touch pe_core.pwntR."),
         RV_ERROR_FORMAT, "", "a call"},
        {PICKLE("\x80\x02}(" PROBE_KEY "cos\nsystem\n(X\x11\0\0\0touch pe_core.pwntRu."), RV_ERROR_FORMAT, "",
         "a call in a tensor's place"},
        {PICKLE("\x80\x02}q\0X\1\0\0\0sh\0s."), RV_ERROR_FORMAT, "without end",
         "a dict that contains itself"},
        {PICKLE("\x80\x02}q\0" PROBE_KEY "h\0s."), RV_ERROR_FORMAT, "visual.conv1.weight is missing",
         "the same, in a tensor's place"},
        {PICKLE("\x80\x02]q\0h\0a."), RV_ERROR_FORMAT, "", "a list that contains itself"},
        {PICKLE("\x80\x02}(" PROBE_KEY "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE(
             "J\xff\xff\xff\x7f") "K\0(K\1K\1J\0\0\0\x40tK\1K\1K\1t\x89NtRu."),
         RV_ERROR_FORMAT, "", "a gigabyte in eight bytes"},
        {PICKLE("\x80\x02}(" PROBE_KEY), RV_ERROR_FORMAT, "", "cut off"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        const char *path = scratch_file("PE-Core-B16-224.pt");
        write_archive(path, cases[i].bytes, cases[i].size_bytes);
        RvStatus status = try_model(path, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL ||
            strchr(err.message, '\n') != NULL || strstr(err.message, path) == NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
        assert_false(is_mapped(path));
        assert_int_equal(access("pe_core.pwn", F_OK), -1);
    }
}

/* ---- settings ------------------------------------------------------------------------------------------ */

static void write_beside(const char *folder, const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_whole(path, text, strlen(text));
}

#define SETTINGS(vision)                                                                                           \
    "{\"model_cfg\": {\"embed_dim\": 32, \"custom_text\": true, \"vision_cfg\": " vision                           \
    ", \"text_cfg\": {\"context_length\": 32, \"vocab_size\": 514, \"width\": 64, \"heads\": 1, \"layers\": 1}}, " \
    "\"preprocess_cfg\": {\"mean\": [0.5, 0.5, 0.5], \"std\": [0.5, 0.5, 0.5], \"interpolation\": \"bilinear\", "  \
    "\"resize_mode\": \"squash\"}}"
#define NAMED_TOWER(name, side, more, sizes)                                                                 \
    "{\"image_size\": " side ", \"timm_model_name\": \"vit_pe_core_" name "\", \"timm_pool\": \"map\"" more  \
    ", \"timm_model_kwargs\": {\"img_size\": 16, \"patch_size\": 8, \"embed_dim\": 64, \"num_heads\": 1, "   \
    "\"depth\": 1" sizes "}}"
#define TOWER(side, more, sizes) NAMED_TOWER("base_patch16_224", side, more, sizes)

/* The authors' weights with open_clip's settings beside them: the settings decide, and must fit. */
static void settings_beside_the_weights_must_fit(void **state)
{
    static const struct {
        const char *settings;
        RvStatus status;
        const char *message;
    } cases[] = {
        {SETTINGS(TOWER("16", "", ", \"ref_feat_shape\": [2, 2]")), RV_OK, ""},
        {SETTINGS(TOWER("16", "", "")), RV_ERROR_UNSUPPORTED, "ref_feat_shape"},
        {SETTINGS(TOWER("16", "", ", \"ref_feat_shape\": [3, 3]")), RV_ERROR_UNSUPPORTED, "ref_feat_shape"},
        {SETTINGS(TOWER("16", "", ", \"ref_feat_shape\": [2, 3]")), RV_ERROR_UNSUPPORTED, "two sides"},
        {SETTINGS(TOWER("24", "", ", \"ref_feat_shape\": [2, 2]")), RV_ERROR_FORMAT, "image_size"},
        {SETTINGS(TOWER("16", ", \"timm_proj\": \"linear\"", ", \"ref_feat_shape\": [2, 2]")),
         RV_ERROR_UNSUPPORTED, "timm_proj"},
        {SETTINGS(TOWER("16", "", ", \"ref_feat_shape\": [2, 2], \"rope_grid_offset\": 2")),
         RV_ERROR_UNSUPPORTED, "rope_grid_offset"},
        {SETTINGS(TOWER("16", ", \"timm_patch_drop\": 0.5", ", \"ref_feat_shape\": [2, 2]")),
         RV_ERROR_UNSUPPORTED, "timm_patch_drop"},
        {SETTINGS(TOWER("16", "", ", \"ref_feat_shape\": [2, 2], \"mlp_ratio\": 3")), RV_ERROR_MISMATCH,
         "visual.transformer.resblocks.0.mlp.c_fc.weight"},
        {SETTINGS("{\"timm_model_name\": \"vit_pe_core_base_patch16_224\", \"timm_pool\": \"map\"}"),
         RV_ERROR_MISMATCH, "visual.conv1.weight"},
        {SETTINGS(
             NAMED_TOWER("gigantic_patch14_448", "16", "", ", \"ref_feat_shape\": [2, 2], \"mlp_ratio\": 4")),
         RV_ERROR_UNSUPPORTED, "visual.class_embedding"},
        {SETTINGS("{\"timm_model_name\": \"vit_pe_core_base_patch16_224\"}"), RV_ERROR_UNSUPPORTED,
         "timm_pool"},
        {SETTINGS("{\"timm_model_name\": \"vit_pe_core_huge_patch16_224\", \"timm_pool\": \"map\"}"),
         RV_ERROR_UNSUPPORTED, "timm_model_name"},
    };
    SmallModel model;
    fill_model(&model, true, WIDTH);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        char path[4096];
        const char *folder = scratch_folder();
        snprintf(path, sizeof path, "%s/weights.pt", folder);
        write_model(path, &model);
        write_beside(folder, "open_clip_config.json", cases[i].settings);
        if (cases[i].status == RV_OK)
            assert_ok(try_model(path, &err), err);
        else
            expect_refused(path, cases[i].status, cases[i].message);
    }
    // The settings of another kind of model.
    char path[4096];
    const char *folder = scratch_folder();
    snprintf(path, sizeof path, "%s/weights.pt", folder);
    write_model(path, &model);
    write_beside(folder, "config.json", "{\"model_type\": \"clip\"}");
    write_beside(folder, "preprocessor_config.json", "{}");
    expect_refused(path, RV_ERROR_MISMATCH, "visual.conv1.weight");
}

/* The published settings of open_clip name a model of timm and no sizes. Sizes: perception_models, config.py. */
static void settings_know_the_published_sizes(void **state)
{
    static const struct {
        const char *name;
        int side, patch_size, width, layers, heads, mlp_width;
        bool class_token;
    } cases[] = {
        {"vit_pe_core_tiny_patch16_384", 384, 16, 192, 12, 3, 768, true},
        {"vit_pe_core_small_patch16_384", 384, 16, 384, 12, 6, 1536, true},
        {"vit_pe_core_base_patch16_224", 224, 16, 768, 12, 12, 3072, true},
        {"vit_pe_core_large_patch14_336", 336, 14, 1024, 24, 16, 4096, true},
        {"vit_pe_core_gigantic_patch14_448", 448, 14, 1536, 50, 16, 8960, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        RvError err = {0};
        ModelSpec spec;
        const ModelFamily *family = NULL;
        snprintf(
            text, sizeof text,
            "{\"model_cfg\": {\"embed_dim\": 1024, \"vision_cfg\": {\"image_size\": %d, \"timm_model_name\": "
            "\"%s\", \"timm_model_pretrained\": false, \"timm_pool\": \"map\", \"timm_proj\": null}, \"text_cfg\": "
            "{\"context_length\": 32, \"vocab_size\": 49408, \"width\": 1024, \"heads\": 16, \"layers\": 24}, "
            "\"custom_text\": true}, \"preprocess_cfg\": {\"mean\": [0.5, 0.5, 0.5], \"std\": [0.5, 0.5, 0.5], "
            "\"interpolation\": \"bilinear\", \"resize_mode\": \"squash\"}}",
            cases[i].side, cases[i].name);
        json_t *json = json_loads(text, 0, NULL);
        assert_non_null(json);
        const FamilySource source = {.path = "m", .folder = "m", .config_path = "m", .open_clip = json};
        assert_ok(rv_families_describe(&source, &family, &spec, &err), err);
        assert_string_equal(spec.family, "pe_core");
        assert_int_equal(spec.vision.tower.width, cases[i].width);
        assert_int_equal(spec.vision.tower.layers, cases[i].layers);
        assert_int_equal(spec.vision.tower.heads, cases[i].heads);
        assert_int_equal(spec.vision.tower.mlp_width, cases[i].mlp_width);
        assert_int_equal(spec.vision.patch_size, cases[i].patch_size);
        assert_int_equal(spec.vision.class_token, cases[i].class_token);
        assert_int_equal(spec.vision.pool_mlp_width, 4 * cases[i].width);
        assert_int_equal(spec.vision.projection, PROJECTION_LINEAR);
        assert_int_equal(spec.text.tower.mlp_width, 4096);
        assert_int_equal(spec.input.filter, RESIZE_BILINEAR);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_alone_tell_a_small_model),
        cmocka_unit_test(weights_alone_with_missing_tensors_are_refused),
        cmocka_unit_test(weights_alone_with_other_shapes_are_refused),
        cmocka_unit_test(hostile_pickles_are_refused),
        cmocka_unit_test(settings_beside_the_weights_must_fit),
        cmocka_unit_test(settings_know_the_published_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
