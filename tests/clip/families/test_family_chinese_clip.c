/* SPDX-License-Identifier: MIT */
/* Tests of the family chinese_clip against the embeddings of transformers' and OFA-Sys's own code. */
#include "golden_inputs.h"

#include <unistd.h>

#include "clip/families/family_config.h"

#define HUGGING_FACE(model, dtype)                                                                           \
    {                                                                                                        \
        "chineseclip", model, "hf", dtype, NULL                                                              \
    }
#define OFA(dtype)                                                                                           \
    {                                                                                                        \
        "chineseclip", "chineseclip-tiny", "ofa", dtype, "clip_cn.pt"                                        \
    }

static void family_chinese_clip_equals_the_originals(void **state)
{
    static const GoldenModel models[] = {HUGGING_FACE("chineseclip-tiny", "F32"), OFA("F32"), OFA("F16")};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        golden_model_check_levels(&models[i]);
}

static void family_chinese_clip_reads_texts_and_pictures_as_the_originals(void **state)
{
    golden_inputs_check(&(GoldenModel)HUGGING_FACE("chineseclip-tiny", "F32"));
    golden_inputs_check(&(GoldenModel)OFA("F32"));
}

static void family_chinese_clip_equals_the_original_at_full_size(void **state)
{
    const char *wanted = getenv("REELVEC_SLOW_TESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        print_message("set REELVEC_SLOW_TESTS=1 for Chinese-CLIP at full size, a model of 0.8 GB\n");
        skip();
    }
    const GoldenModel model = HUGGING_FACE("chineseclip-b16", "F32");
    golden_model_check(&model, NULL, &golden_exact);
    golden_model_check(&model, NULL, &golden_fast);
    golden_inputs_check(&model);
    golden_model_remove(&model);
}

/* ---- what a configuration says ------------------------------------------------------------------------- */

static RvStatus describe_json(const char *text, const char *pictures, ModelSpec *spec, RvError *err)
{
    char folder[4096], path[4200];
    const ModelFamily *family = NULL;
    build_path("chinese-config", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, err), *err);
    snprintf(path, sizeof path, "%s/preprocessor_config.json", folder);
    unlink(path);
    if (pictures != NULL)
        write_whole(path, pictures, strlen(pictures));
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    const FamilySource source = {
        .path = folder, .folder = folder, .config_path = "config.json", .hugging_face = json};
    RvStatus status = rv_families_describe(&source, &family, spec, err);
    if (status == RV_OK)
        assert_ptr_equal(family, &rv_family_chinese_clip);
    json_decref(json);
    return status;
}

static void family_chinese_clip_has_transformers_defaults(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    assert_ok(describe_json("{\"model_type\": \"chinese_clip\"}", NULL, &spec, &err), err);
    assert_int_equal(spec.text.vocabulary_size, 30522);
    assert_int_equal(spec.text.position_rows, 512);
    assert_int_equal(spec.text.token_types, 2);
    assert_int_equal(spec.text.context_length, 52);
    assert_int_equal(spec.text.tower.activation, ACTIVATION_GELU);
    assert_true(spec.text.tower.epsilon == 1e-12f && spec.vision.tower.epsilon == 1e-5f);
    assert_int_equal(spec.vision.tower.activation, ACTIVATION_QUICK_GELU);
    assert_int_equal(spec.vision.patch_size, 32);
    assert_int_equal(spec.dimensions, 512);
    assert_int_equal(spec.input.mode, RESIZE_SQUASH);
    assert_int_equal(spec.input.filter, RESIZE_BICUBIC);
    // The settings of pictures may ask for a crop all the same.
    assert_ok(describe_json("{\"model_type\": \"chinese_clip\"}", "{\"size\": {\"shortest_edge\": 224}}",
                            &spec, &err),
              err);
    assert_int_equal(spec.input.mode, RESIZE_SHORTEST);
}

static void family_chinese_clip_refuses_other_settings(void **state)
{
#define TEXT(members) "{\"model_type\": \"chinese_clip\", \"text_config\": {" members "}}"
    static const struct {
        const char *json, *pictures;
        RvStatus status;
        const char *says;
    } cases[] = {
        {TEXT("\"position_embedding_type\": \"relative_key\""), NULL, RV_ERROR_UNSUPPORTED,
         "position_embedding_type"},
        {TEXT("\"is_decoder\": true"), NULL, RV_ERROR_UNSUPPORTED, "is_decoder"},
        {TEXT("\"add_cross_attention\": true"), NULL, RV_ERROR_UNSUPPORTED, "add_cross_attention"},
        {TEXT("\"hidden_act\": \"gelu_new\""), NULL, RV_ERROR_UNSUPPORTED, "hidden_act"},
        {TEXT("\"layer_norm_eps\": 0"), NULL, RV_ERROR_FORMAT, "layer_norm_eps"},
        {TEXT("\"max_position_embeddings\": 51"), NULL, RV_ERROR_FORMAT, "too few for 52 tokens"},
        {TEXT("\"num_attention_heads\": 7"), NULL, RV_ERROR_FORMAT, "multiple of its number of heads"},
        {TEXT("\"type_vocab_size\": -1"), NULL, RV_ERROR_FORMAT, "type_vocab_size"},
        {"{\"model_type\": \"chinese_clip\", \"vision_config\": {\"num_channels\": 1}}", NULL,
         RV_ERROR_UNSUPPORTED, "num_channels"},
        {"{\"model_type\": \"chinese_clip\", \"vision_config\": {\"patch_size\": 15}}", NULL, RV_ERROR_FORMAT,
         "patch size 15"},
        {"{\"model_type\": \"chinese_clip\"}", "{\"feature_extractor_type\": \"CLIPFeatureExtractor\"}",
         RV_ERROR_UNSUPPORTED, "CLIPFeatureExtractor"},
        {"{\"model_type\": \"chinese_clip\"}", "{\"size\": {\"height\": 336, \"width\": 336}}",
         RV_ERROR_UNSUPPORTED, "size is not the model's 224"},
        {"{\"model_type\": \"chinese_clip_text_model\"}", NULL, RV_ERROR_UNSUPPORTED, "model_type"},
    };
#undef TEXT
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        RvStatus status = describe_json(cases[i].json, cases[i].pictures, &spec, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL ||
            strchr(err.message, '\n') != NULL)
            fail_msg("%s: %d %s", cases[i].json, (int)status, err.message);
    }
}

/* What tokenizer_config.json may say of BERT's tokenizer. */
static void family_chinese_clip_refuses_other_tokenizers(void **state)
{
    static const struct {
        const char *json;
        RvStatus status;
        const char *says;
    } cases[] = {
        {"{\"do_lower_case\": true, \"tokenize_chinese_chars\": true, \"strip_accents\": null}", RV_OK, ""},
        {"{\"strip_accents\": true, \"do_basic_tokenize\": true, \"tokenizer_class\": \"BertTokenizer\"}",
         RV_OK, ""},
        {"{\"do_lower_case\": false}", RV_ERROR_UNSUPPORTED, "tokenizer_config.json: do_lower_case is false"},
        {"{\"tokenize_chinese_chars\": false}", RV_ERROR_UNSUPPORTED, "tokenize_chinese_chars is false"},
        {"{\"strip_accents\": false}", RV_ERROR_UNSUPPORTED, "strip_accents is false"},
        {"{\"do_basic_tokenize\": false}", RV_ERROR_UNSUPPORTED, "do_basic_tokenize is false"},
        {"{\"strip_accents\": 0}", RV_ERROR_FORMAT, "strip_accents is neither"},
        {"{", RV_ERROR_FORMAT, "tokenizer_config.json"},
    };
    char path[4200];
    build_path("chinese-config/tokenizer_config.json", path, sizeof path);
    unlink(path); // of a run that was stopped
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        assert_ok(describe_json("{\"model_type\": \"chinese_clip\"}", NULL, &spec, &err), err);
        write_whole(path, cases[i].json, strlen(cases[i].json));
        RvStatus status = describe_json("{\"model_type\": \"chinese_clip\"}", NULL, &spec, &err);
        unlink(path);
        if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: %d %s", cases[i].json, (int)status, err.message);
    }
}

/* ---- what shapes say ----------------------------------------------------------------------------------- */

typedef struct Shape {
    const char *name;
    int rank;
    size_t sides[4];
} Shape;

static RvStatus describe_shapes(const Shape *shapes, size_t count, ModelSpec *spec, RvError *err)
{
    TensorTable table = {0};
    const ModelFamily *family = NULL;
    for (size_t i = 0; i < count; i++) {
        Tensor tensor = {.rank = shapes[i].rank};
        memcpy(tensor.shape, shapes[i].sides, sizeof shapes[i].sides);
        assert_ok(rv_tensor_table_add(&table, shapes[i].name, &tensor, "m.pt", NULL, err), *err);
    }
    assert_ok(rv_tensor_table_sort(&table, err), *err);
    const FamilySource source = {.path = "m.pt", .folder = ".", .tensors = &table};
    RvStatus status = rv_families_describe(&source, &family, spec, err);
    if (status == RV_OK)
        assert_ptr_equal(family, &rv_family_chinese_clip);
    rv_tensor_table_clear(&table);
    return status;
}

#define WORDS "bert.embeddings.word_embeddings.weight"
#define QUERY(layer) "bert.encoder.layer." layer ".attention.self.query.weight"

/* The shapes of ViT-H-14 with RoBERTa-wwm-ext-large, but for most of the layers. */
static const Shape huge[] = {
    {"visual.conv1.weight", 4, {1280, 3, 14, 14}},
    {"visual.positional_embedding", 2, {257, 1280}},
    {"visual.transformer.resblocks.0.attn.in_proj_weight", 2, {3840, 1280}},
    {"visual.transformer.resblocks.0.mlp.c_fc.weight", 2, {5120, 1280}},
    {"visual.proj", 2, {1280, 1024}},
    {WORDS, 2, {21128, 1024}},
    {"bert.embeddings.position_embeddings.weight", 2, {512, 1024}},
    {"bert.embeddings.token_type_embeddings.weight", 2, {2, 1024}},
    {QUERY("0"), 2, {1024, 1024}},
    {QUERY("1"), 2, {1024, 1024}},
    {"bert.encoder.layer.0.intermediate.dense.weight", 2, {4096, 1024}},
};
#define HUGE_COUNT (sizeof huge / sizeof huge[0])

static void family_chinese_clip_knows_the_heads_of_each_size(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    assert_ok(describe_shapes(huge, HUGE_COUNT, &spec, &err), err);
    assert_int_equal(spec.vision.tower.heads, 16); // of 80
    assert_int_equal(spec.vision.tower.mlp_width, 5120);
    assert_int_equal(spec.input.size, 224);
    assert_false(spec.input.rgb_first);
    assert_int_equal(spec.dimensions, 1024);
    assert_int_equal(spec.text.tower.heads, 16); // of 64
    assert_int_equal(spec.text.tower.layers, 2);
    assert_int_equal(spec.text.tower.mlp_width, 4096);
    assert_int_equal(spec.text.vocabulary_size, 21128);
    assert_int_equal(spec.text.position_rows, 512);
    assert_int_equal(spec.text.token_types, 2);
}

static void family_chinese_clip_refuses_other_shapes(void **state)
{
    static const struct {
        size_t without; // index in huge
        Shape more;
        RvStatus status;
        const char *says;
    } cases[] = {
        {1, {"visual.layer1.0.conv1.weight", 4, {64, 64, 1, 1}}, RV_ERROR_UNSUPPORTED, "ResNet"},
        {0, {"x", 1, {1}}, RV_ERROR_FORMAT, "visual.conv1.weight is missing"},
        {2, {"x", 1, {1}}, RV_ERROR_FORMAT, "number of layers of the vision tower is 0"},
        {8, {"x", 1, {1}}, RV_ERROR_FORMAT, "number of layers of the text tower is 0"},
        {6,
         {"bert.embeddings.position_embeddings.weight", 2, {51, 1024}},
         RV_ERROR_FORMAT,
         "51 text positions from 0 on are too few for 52 tokens"},
        {5, {WORDS, 2, {21128, 1030}}, RV_ERROR_FORMAT, "multiple of its number of heads"},
        {5, {WORDS, 1, {21128}}, RV_ERROR_FORMAT, "width of the text tower is 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Shape shapes[HUGE_COUNT];
        ModelSpec spec;
        RvError err = {0};
        memcpy(shapes, huge, sizeof shapes);
        shapes[cases[i].without] = cases[i].more;
        RvStatus status = describe_shapes(shapes, HUGE_COUNT, &spec, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL ||
            strchr(err.message, '\n') != NULL)
            fail_msg("%s: %d %s", cases[i].says, (int)status, err.message);
    }
}

/* ---- files that do not belong together ----------------------------------------------------------------- */

/* A folder with what belongs to a golden model, as links, but for one file whose text is changed. Both texts have
 * one length. */
static void make_changed(const char *golden_folder, const char *file, const char *from, const char *to,
                         char folder[4096])
{
    static const char edit[] =
        "import sys, zipfile as z\n"
        "a, b, x, y = z.ZipFile(sys.argv[1]), z.ZipFile(sys.argv[2], 'w'), *sys.argv[3:]\n"
        "for i in a.infolist(): b.writestr(i, a.read(i).replace(x.encode(), y.encode()))\n"
        "b.close()";
    char path[8192], command[32768];
    Buffer bytes;
    build_path("chinese-changed", folder, 4096);
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir -p '%s' && ln -s '%s'/* '%s' && rm -f '%s/%s'",
             folder, folder, golden_folder, folder, folder, file);
    assert_int_equal(system(command), 0);
    if (from == NULL)
        return;
    if (strstr(file, ".pt") != NULL) { // an archive, with checksums
        snprintf(command, sizeof command, "/usr/bin/python3 -c \"%s\" '%s/%s' '%s/%s' '%s' '%s'", edit,
                 golden_folder, file, folder, file, from, to);
        assert_int_equal(system(command), 0);
        return;
    }
    snprintf(path, sizeof path, "%s/%s", golden_folder, file);
    read_scratch(path, &bytes);
    size_t length = strlen(from), found = 0;
    assert_int_equal(strlen(to), length);
    for (size_t at = 0; at + length <= bytes.size_bytes && found == 0; at++) {
        if (memcmp(bytes.bytes + at, from, length) == 0) {
            memcpy(bytes.bytes + at, to, length);
            found = 1;
        }
    }
    assert_int_equal(found, 1);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    write_whole(path, bytes.bytes, bytes.size_bytes);
    rv_buffer_clear(&bytes);
}

/* Open model and tokenizer, as the encoder does. */
static RvStatus open_all(const char *path, RvError *err)
{
    Compute *compute = NULL;
    Checkpoint *checkpoint = NULL;
    ClipModel *model = NULL;
    Tokenizer *tokenizer = NULL;
    assert_ok(rv_compute_open(&(ComputeOptions){.device = "cpu", .thread_count = 1}, &compute, err), *err);
    RvStatus status = rv_checkpoint_open(path, NULL, &checkpoint, err);
    if (status == RV_OK)
        status = rv_clip_open(checkpoint, compute, COMPUTE_FLOAT32, &model, err);
    if (status == RV_OK) {
        const ModelSpec *spec = rv_clip_spec(model);
        status = rv_tokenizer_open(path, &spec->tokenizer, spec->text.vocabulary_size, NULL, &tokenizer, err);
    }
    rv_tokenizer_close(tokenizer);
    rv_clip_close(model);
    rv_compute_close(compute);
    return status;
}

static void family_chinese_clip_refuses_files_that_do_not_fit(void **state)
{
    static const GoldenModel hugging_face = HUGGING_FACE("chineseclip-tiny", "F32"), ofa = OFA("F32");
    static const struct {
        const GoldenModel *golden;
        const char *file, *from, *to;
        RvStatus status;
        const char *says;
    } cases[] = {
        {&hugging_face, "model.safetensors", "text_projection.weight", "text_projection.weighx",
         RV_ERROR_MISMATCH, "tensor text_projection.weight [80, 192] is missing"},
        {&hugging_face, "model.safetensors", "\"shape\": [80, 192]", "\"shape\": [192, 80]",
         RV_ERROR_MISMATCH,
         "text_projection.weight has shape [192, 80], the configuration asks for [80, 192]"},
        {&hugging_face, "config.json", "\"intermediate_size\": 320", "\"intermediate_size\": 321",
         RV_ERROR_MISMATCH, "intermediate.dense.weight has shape [320, 192]"},
        {&hugging_face, "config.json", "\"vocab_size\": 21128", "\"vocab_size\": 21127", RV_ERROR_MISMATCH,
         "word_embeddings.weight has shape [21128, 192]"},
        {&hugging_face, "config.json", "\"type_vocab_size\": 2", "\"type_vocab_size\": 1", RV_ERROR_MISMATCH,
         "token_type_embeddings.weight has shape [2, 192]"},
        {&hugging_face, "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1",
         RV_ERROR_UNSUPPORTED, "would not be used"},
        {&hugging_face, "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
         RV_ERROR_MISMATCH, "is missing"},
        {&hugging_face, "vocab.txt", NULL, NULL, RV_ERROR_NOT_FOUND, "wanted vocab.txt"},
        {&hugging_face, "vocab.txt", "\n[unused50]\n[unused51]\n", "\n[unused50]-[unused51]\n",
         RV_ERROR_MISMATCH, "vocab.txt: has 21127 tokens, the model knows 21128"},
        {&hugging_face, "vocab.txt", "[unused50]", "[unused\n50", RV_ERROR_MISMATCH, "vocab.txt"},
        {&hugging_face, "vocab.txt", "[CLS]", "<cls>", RV_ERROR_FORMAT, "not BERT's vocabulary"},
        {&ofa, "clip_cn.pt", "module.text_projection", "module.text_projectiom", RV_ERROR_MISMATCH,
         "tensor text_projection [192, 80] is missing"},
        {&ofa, "clip_cn.pt", "module.bert.encoder.layer.1.intermediate.dense.bias",
         "module.bert.encoder.layer.1.intermediate.dense.bius", RV_ERROR_MISMATCH,
         "layer.1.intermediate.dense.bias [320] is missing"},
        {&ofa, "vocab.txt", NULL, NULL, RV_ERROR_NOT_FOUND, "wanted vocab.txt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[4096], folder[4096], opened[4200];
        RvError err = {0};
        golden_model_ensure(cases[i].golden, path);
        if (cases[i].golden->weights != NULL)
            *strrchr(path, '/') = '\0';
        make_changed(path, cases[i].file, cases[i].from, cases[i].to, folder);
        const char *weights = cases[i].golden->weights;
        snprintf(opened, sizeof opened, "%.4000s%s%.100s", folder, weights != NULL ? "/" : "",
                 weights != NULL ? weights : "");
        RvStatus status = open_all(opened, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL ||
            strchr(err.message, '\n') != NULL || strstr(err.message, "chinese-changed") == NULL)
            fail_msg("%s, %s: %d %s", cases[i].file, cases[i].to != NULL ? cases[i].to : "missing",
                     (int)status, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(family_chinese_clip_equals_the_originals),
        cmocka_unit_test(family_chinese_clip_reads_texts_and_pictures_as_the_originals),
        cmocka_unit_test(family_chinese_clip_equals_the_original_at_full_size),
        cmocka_unit_test(family_chinese_clip_has_transformers_defaults),
        cmocka_unit_test(family_chinese_clip_refuses_other_settings),
        cmocka_unit_test(family_chinese_clip_refuses_other_tokenizers),
        cmocka_unit_test(family_chinese_clip_knows_the_heads_of_each_size),
        cmocka_unit_test(family_chinese_clip_refuses_other_shapes),
        cmocka_unit_test(family_chinese_clip_refuses_files_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
