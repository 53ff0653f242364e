/* SPDX-License-Identifier: MIT */
/* Tests of the family siglip against the embeddings of transformers' and open_clip's own code. */
#include "golden_inputs.h"

#include "clip/families.h"

#define TINY(layout, dtype)                                                                                  \
    {                                                                                                        \
        "siglip2", "siglip2-tiny", layout, dtype, NULL                                                       \
    }

static const GoldenModel hugging_face = TINY("hf", "F32"), open_clip = TINY("openclip", "F32");

static void family_siglip_equals_transformers(void **state)
{
    golden_model_check_levels(&hugging_face);
    golden_model_check_levels(&(GoldenModel)TINY("hf", "BF16"));
    golden_model_check_levels(&(GoldenModel)TINY("hf", "F16"));
}

static void family_siglip_equals_open_clip(void **state)
{
    golden_model_check_levels(&open_clip);
}

static void family_siglip_reads_texts_and_pictures_as_transformers(void **state)
{
    golden_inputs_check(&hugging_face);
}

/* open_clip cleans texts in another way, which shows in one of the texts. The golden rows are transformers' for
 * both layouts. */
static void family_siglip_reads_texts_and_pictures_as_open_clip(void **state)
{
    static const char changed[] = "CLOSE-UP",
                      canonical[] = "closeup 84497 tab here newline endi\xcc\x87stanbul";
    char path[4096];
    Checkpoint *checkpoint = NULL;
    Tokenizer *tokenizer = NULL, *lower = NULL;
    RvError err = {0};
    golden_model_ensure(&open_clip, path);
    assert_ok(rv_checkpoint_open(path, NULL, &checkpoint, &err), err);
    const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
    assert_int_equal(spec->tokenizer.cleaning, TEXT_CLEAN_CANONICALIZE);
    TokenizerSpec plain = spec->tokenizer;
    plain.cleaning = TEXT_CLEAN_LOWER;
    assert_ok(rv_tokenizer_open(path, &spec->tokenizer, spec->text.vocabulary_size, NULL, &tokenizer, &err),
              err);
    assert_ok(rv_tokenizer_open(path, &plain, spec->text.vocabulary_size, NULL, &lower, &err), err);
    json_t *golden = load_golden("golden_models/golden_siglip2.json"),
           *part = json_object_get(json_object_get(golden, "models"), "siglip2-tiny/openclip"),
           *texts = json_object_get(part, "texts");
    for (size_t i = 0; i < json_array_size(texts);) {
        const char *text = json_string_value(json_object_get(json_array_get(texts, i), "text"));
        if (strncmp(text, changed, sizeof changed - 1) != 0) {
            i++;
            continue;
        }
        int32_t *found = NULL, *wanted = NULL;
        size_t found_count = 0, wanted_count = 0;
        assert_ok(rv_tokenizer_encode(tokenizer, text, strlen(text), &found, &found_count, &err), err);
        assert_ok(rv_tokenizer_encode(lower, canonical, sizeof canonical - 1, &wanted, &wanted_count, &err),
                  err);
        assert_int_equal(found_count, wanted_count);
        assert_memory_equal(found, wanted, found_count * sizeof *found);
        free(found), free(wanted);
        json_array_remove(texts, i);
    }
    assert_int_equal(golden_check_rows(tokenizer, &spec->text, texts), 9);
    golden_check_input_first(spec, &open_clip, json_object_get(part, "images"));
    json_decref(golden);
    rv_tokenizer_close(lower);
    rv_tokenizer_close(tokenizer);
    rv_checkpoint_close(checkpoint);
}

static void family_siglip_equals_transformers_at_full_size(void **state)
{
    const char *wanted = getenv("REELVEC_SLOW_TESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        print_message("set REELVEC_SLOW_TESTS=1 for SigLIP 2 at full size, a model of 1.5 GB\n");
        skip();
    }
    const GoldenModel model = {"siglip2", "siglip2-b32", "hf", "F32", NULL};
    golden_model_check(&model, NULL, &golden_exact);
    golden_model_check(&model, NULL, &golden_fast);
    golden_model_remove(&model);
}

/* ---- settings ------------------------------------------------------------------------------------------ */

/* Describe a model by one configuration alone, which is the only file. */
static RvStatus describe(const char *text, bool is_open_clip, ModelSpec *spec, RvError *err)
{
    json_t *json = json_loads(text, 0, NULL);
    const ModelFamily *family = NULL;
    assert_non_null(json);
    const FamilySource source = {.path = "model",
                                 .folder = "/nonexistent",
                                 .config_path = "config",
                                 .hugging_face = is_open_clip ? NULL : json,
                                 .open_clip = is_open_clip ? json : NULL};
    RvStatus status = rv_families_describe(&source, &family, spec, err);
    json_decref(json);
    return status;
}

static void family_siglip_has_transformers_defaults(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    assert_ok(describe("{\"model_type\": \"siglip\"}", false, &spec, &err), err);
    assert_string_equal(spec.family, "siglip");
    assert_int_equal(spec.input.size, 224);
    assert_int_equal(spec.vision.patch_size, 16);
    assert_int_equal(spec.vision.tower.mlp_width, 3072);
    assert_int_equal(spec.vision.pool_heads, 12);
    assert_int_equal(spec.vision.pool_mlp_width, 3072);
    assert_int_equal(spec.text.tower.width, 768);
    assert_int_equal(spec.text.vocabulary_size, 32000);
    assert_int_equal(spec.text.context_length, 64);
    assert_int_equal(spec.dimensions, 768);
    assert_int_equal(spec.vision.tower.activation, ACTIVATION_GELU_TANH);
    assert_int_equal(spec.text.tower.activation, ACTIVATION_GELU_TANH);
    assert_true(spec.text.tower.epsilon == 1e-6f && spec.vision.tower.epsilon == 1e-6f);
    assert_true(spec.image_mean[0] == 0.5f && spec.image_deviation[2] == 0.5f);
    assert_int_equal(spec.tokenizer.cleaning, TEXT_CLEAN_SIGLIP);
    assert_ok(
        describe(
            "{\"model_type\": \"siglip\", \"text_config\": {\"vocab_size\": 256000, \"hidden_size\": 1152, "
            "\"num_attention_heads\": 16}, \"vision_config\": {\"hidden_size\": 1152, "
            "\"num_attention_heads\": 16, \"intermediate_size\": 4304, \"num_hidden_layers\": 27, "
            "\"patch_size\": 14, \"image_size\": 384}}",
            false, &spec, &err),
        err);
    assert_int_equal(rv_model_spec_picture_tokens(&spec), 27 * 27);
    assert_int_equal(spec.vision.pool_heads, 16);
    assert_int_equal(spec.tokenizer.kind, TOKENIZER_GEMMA);
    assert_int_equal(spec.tokenizer.cleaning, TEXT_CLEAN_LOWER);
    assert_int_equal(spec.input.filter, RESIZE_BILINEAR);
}

#define TEXT_1                                                                                                       \
    "\"text_cfg\": {\"context_length\": 64, \"vocab_size\": 32000, \"width\": 1152, \"heads\": 16, \"layers\": 27, " \
    "\"mlp_ratio\": 3.7362, \"no_causal_mask\": true, \"proj_bias\": true, \"pool_type\": \"last\", "                \
    "\"norm_kwargs\": {\"eps\": 1e-6}"
#define HEAD "\"timm_pool\": \"map\", \"timm_proj\": \"none\""

/* The configurations that open_clip has for its models; the kind of GELU hangs on timm's name. */
static void family_siglip_reads_open_clips_configurations(void **state)
{
    static const struct {
        const char *tower;
        int width, size, tokens;
        Activation activation;
    } cases[] = {
        {"vit_base_patch32_siglip_256", 768, 256, 64, ACTIVATION_GELU_TANH},
        {"vit_base_patch16_siglip_224", 768, 224, 196, ACTIVATION_GELU},
        {"vit_base_patch16_siglip_512", 768, 512, 1024, ACTIVATION_GELU},
        {"vit_large_patch16_siglip_384", 1024, 384, 576, ACTIVATION_GELU},
        {"vit_large_patch16_siglip_512", 1024, 512, 1024, ACTIVATION_GELU_TANH},
        {"vit_so400m_patch14_siglip_384", 1152, 384, 729, ACTIVATION_GELU},
        {"vit_so400m_patch16_siglip_256", 1152, 256, 256, ACTIVATION_GELU_TANH},
        {"vit_giantopt_patch16_siglip_384", 1536, 384, 576, ACTIVATION_GELU_TANH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[2048];
        ModelSpec spec;
        RvError err = {0};
        snprintf(
            text, sizeof text,
            "{\"model_cfg\": {\"embed_dim\": %d, \"init_logit_bias\": -10, \"custom_text\": true, "
            "\"vision_cfg\": {\"image_size\": %d, \"timm_model_name\": \"%s\", \"timm_model_pretrained\": "
            "false, " HEAD "}, " TEXT_1 "}}, \"preprocess_cfg\": {\"mean\": [0.5, 0.5, 0.5], \"std\": [0.5, "
            "0.5, 0.5], \"interpolation\": \"bicubic\", \"resize_mode\": \"squash\"}}",
            cases[i].width, cases[i].size, cases[i].tower);
        assert_ok(describe(text, true, &spec, &err), err);
        assert_int_equal(spec.vision.tower.width, cases[i].width);
        assert_int_equal(spec.vision.tower.mlp_width, cases[i].width == 1152 ? 4304 : 4 * cases[i].width);
        assert_int_equal(spec.vision.tower.activation, cases[i].activation);
        assert_int_equal(rv_model_spec_picture_tokens(&spec), cases[i].tokens);
        assert_int_equal(spec.text.tower.activation, ACTIVATION_GELU);
        assert_int_equal(spec.text.tower.mlp_width, 4304);
        assert_true(spec.text.tower.epsilon == 1e-6f && spec.vision.tower.epsilon == 1e-6f);
        assert_int_equal(spec.text.pad_token, 1);
        assert_int_equal(spec.tokenizer.kind, TOKENIZER_UNIGRAM);
        assert_int_equal(spec.tokenizer.cleaning, TEXT_CLEAN_WHITESPACE);
        assert_true(spec.input.mode == RESIZE_SQUASH && spec.input.filter == RESIZE_BICUBIC &&
                    !spec.input.rgb_first);
    }
}

/* SO400M-16-SigLIP-i18n-256, whose texts have no projection. */
static void family_siglip_reads_texts_without_projection(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    assert_ok(
        describe("{\"model_cfg\": {\"embed_dim\": 1152, \"init_logit_bias\": -10, \"custom_text\": true, "
                 "\"vision_cfg\": {\"image_size\": 256, \"timm_model_name\": "
                 "\"vit_so400m_patch16_siglip_256\", \"timm_model_pretrained\": false, " HEAD
                 "}, \"text_cfg\": {\"context_length\": 64, \"vocab_size\": 250000, \"hf_tokenizer_name\": "
                 "\"timm/ViT-B-16-SigLIP-i18n-256\", \"tokenizer_kwargs\": {\"clean\": \"canonicalize\"}, "
                 "\"width\": 1152, \"heads\": 16, \"layers\": 27, \"mlp_ratio\": 3.7362, "
                 "\"no_causal_mask\": true, \"proj_type\": \"none\", \"pool_type\": \"last\", "
                 "\"norm_kwargs\": {\"eps\": 1e-6}}}}",
                 true, &spec, &err),
        err);
    assert_int_equal(spec.text.projection, PROJECTION_NONE);
    assert_int_equal(spec.vision.projection, PROJECTION_NONE);
    assert_int_equal(spec.tokenizer.cleaning, TEXT_CLEAN_CANONICALIZE);
    assert_int_equal(spec.tokenizer.kind, TOKENIZER_UNIGRAM);
}

static void family_siglip_refuses_other_settings(void **state)
{
#define BASE "\"timm_model_name\": \"vit_base_patch16_siglip_224\""
#define MODEL(vision, text) "{\"model_cfg\": {\"vision_cfg\": {" vision "}, " text "}}}"
#define TEXT_OF(more)                                                                                        \
    "\"text_cfg\": {\"vocab_size\": 32000, \"no_causal_mask\": true, \"proj_bias\": true, \"pool_type\": \"last\"" more
    static const struct {
        const char *json, *message;
    } cases[] = {
        {"{\"model_type\": \"siglip2\"}", "NaFlex"},
        {"{\"model_type\": \"siglip\", \"vision_config\": {\"vision_use_head\": false}}", "vision_use_head"},
        {"{\"model_type\": \"siglip\", \"vision_config\": {\"num_channels\": 4}}", "num_channels"},
        {"{\"model_type\": \"siglip\", \"vision_config\": {\"hidden_act\": \"relu\"}}", "hidden_act"},
        {"{\"model_type\": \"siglip\", \"vision_config\": {\"image_size\": 15}}", "less than patch size 16"},
        {"{\"model_type\": \"siglip\", \"vision_config\": {\"image_size\": [224, 256]}}", "two sides"},
        {"{\"model_type\": \"siglip\", \"text_config\": {\"projection_size\": 512}}", "embeddings' 512"},
        {"{\"model_type\": \"siglip\", \"text_config\": {\"vocab_size\": 5000}}",
         "tokenizer_config.json: not there"},
        {MODEL("\"timm_model_name\": \"vit_base_patch16_siglip_gap_224\"", TEXT_1), "timm_model_name"},
        {MODEL("\"timm_model_name\": \"naflexvit_base_patch16_siglip\"", TEXT_1), "timm_model_name"},
        {MODEL(BASE ", \"timm_pool\": \"avg\", \"timm_proj\": \"none\"", TEXT_1), "timm_pool is not map"},
        {MODEL(BASE ", \"timm_pool\": \"map\", \"timm_proj\": \"linear\"", TEXT_1), "timm_proj is not none"},
        {MODEL(BASE ", \"timm_pool\": \"map\"", TEXT_1), "timm_proj is not none"},
        {MODEL(BASE ", " HEAD ", \"timm_model_kwargs\": {\"init_values\": 1}", TEXT_1), "init_values"},
        {MODEL(BASE ", " HEAD, "\"text_cfg\": {"), "no_causal_mask"},
        {MODEL(BASE ", " HEAD, "\"text_cfg\": {\"no_causal_mask\": true"), "proj_bias"},
        {MODEL(BASE ", " HEAD, "\"text_cfg\": {\"no_causal_mask\": true, \"proj_bias\": true"), "pool_type"},
        {MODEL(BASE ", " HEAD, TEXT_OF(", \"embed_cls\": true")), "embed_cls"},
        {MODEL(BASE ", " HEAD, TEXT_OF(", \"proj_type\": \"mlp\"")), "proj_type is neither"},
        {MODEL(BASE ", " HEAD, TEXT_OF(", \"proj_type\": \"none\", \"width\": 640, \"heads\": 10")),
         "nothing projects"},
        {MODEL(BASE ", " HEAD, TEXT_OF(", \"norm_kwargs\": {\"bias\": true}")), "bias"},
        {MODEL(BASE ", " HEAD, TEXT_OF(", \"act_kwargs\": {\"approximate\": \"fast\"}")), "approximate"},
        {MODEL(BASE ", " HEAD, TEXT_OF(", \"tokenizer_kwargs\": {\"clean\": \"lower\"}")), "clean"},
        {MODEL(BASE ", " HEAD, TEXT_OF(", \"tokenizer_kwargs\": {\"strip_sep_token\": true}")), "strip_sep"},
        {MODEL(BASE ", " HEAD,
               "\"text_cfg\": {\"no_causal_mask\": true, \"proj_bias\": true, \"pool_type\": \"last\", "
               "\"hf_tokenizer_name\": \"bert-base\""),
         "hf_tokenizer_name"},
        {"{\"model_cfg\": {\"quick_gelu\": true, \"vision_cfg\": {" BASE ", " HEAD "}, " TEXT_1 "}}}",
         "quick_gelu"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        RvStatus status = describe(cases[i].json, strstr(cases[i].json, "model_cfg") != NULL, &spec, &err);
        if (status == RV_OK || strstr(err.message, cases[i].message) == NULL ||
            strchr(err.message, '\n') != NULL)
            fail_msg("%s: %d %s", cases[i].json, status, err.message);
    }
}

/* ---- changed checkpoints ------------------------------------------------------------------------------- */

/* A copy of a golden checkpoint in which a text of one file is replaced by another. */
static void change(const GoldenModel *golden, const char *file, const char *from, const char *to,
                   char folder[4096])
{
    char source[4096], path[8300], command[16384];
    Buffer bytes;
    golden_model_ensure(golden, source);
    build_path("models/siglip-changed", folder, 4096);
    snprintf(command, sizeof command, "rm -rf '%s' && cp -r '%s' '%s'", folder, source, folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    read_scratch(path, &bytes);
    const uint8_t *found = memmem(bytes.bytes, bytes.size_bytes, from, strlen(from));
    assert_non_null(found);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    size_t before = (size_t)(found - bytes.bytes), after = bytes.size_bytes - before - strlen(from);
    assert_int_equal(fwrite(bytes.bytes, 1, before, out), before);
    assert_int_equal(fwrite(to, 1, strlen(to), out), strlen(to));
    assert_int_equal(fwrite(found + strlen(from), 1, after, out), after);
    assert_int_equal(fclose(out), 0);
    rv_buffer_clear(&bytes);
}

static RvStatus try_open(const char *path, RvError *err)
{
    Compute *compute = NULL;
    Checkpoint *checkpoint = NULL;
    ClipModel *model = NULL;
    assert_ok(rv_compute_open(&(ComputeOptions){.device = "cpu", .thread_count = 1}, &compute, err), *err);
    RvStatus status = rv_checkpoint_open(path, NULL, &checkpoint, err);
    if (status == RV_OK)
        status = rv_clip_open(checkpoint, compute, COMPUTE_FLOAT32, &model, err);
    rv_clip_close(model);
    rv_compute_close(compute);
    return status;
}

static void family_siglip_refuses_what_does_not_belong_together(void **state)
{
    static const struct {
        const char *why;
        const GoldenModel *golden;
        const char *file, *from, *to;
        RvStatus status;
        const char *message;
    } cases[] = {
        {"no probe", &hugging_face, "model.safetensors", "vision_model.head.probe", "vision_model.head.prob2",
         RV_ERROR_MISMATCH, "tensor vision_model.head.probe [144] is missing"},
        {"no query of the pooling", &open_clip, "open_clip_model.safetensors",
         "visual.trunk.attn_pool.q.weight", "visual.trunk.attn_pool.Q.weight", RV_ERROR_MISMATCH,
         "tensor visual.trunk.attn_pool.q.weight [144, 144] is missing"},
        {"no bias of the projection", &open_clip, "open_clip_model.safetensors", "text.text_projection.bias",
         "text.text_projection.Bias", RV_ERROR_MISMATCH, "tensor text.text_projection.bias [144] is missing"},
        {"no text tower", &open_clip, "open_clip_model.safetensors", "text.token_embedding.weight",
         "text.token_embeddinG.weight", RV_ERROR_MISMATCH, "text.token_embedding.weight"},
        {"wider texts", &hugging_face, "config.json", "\"hidden_size\": 128", "\"hidden_size\": 256",
         RV_ERROR_MISMATCH, "the configuration asks for"},
        {"fewer layers", &hugging_face, "config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2",
         RV_ERROR_UNSUPPORTED, "would not be used"},
        {"more positions", &hugging_face, "config.json", "\"image_size\": 160", "\"image_size\": 192",
         RV_ERROR_UNSUPPORTED, "size is not the model's 192"},
        {"another projection", &hugging_face, "config.json", "\"projection_size\": 144",
         "\"projection_size\": 128", RV_ERROR_FORMAT, "is not the embeddings' 128"},
        {"another space", &open_clip, "open_clip_config.json", "\"embed_dim\": 144,\n    \"init",
         "\"embed_dim\": 128,\n    \"init", RV_ERROR_FORMAT, "is not the embeddings' 128"},
        {"NaFlex", &hugging_face, "config.json", "\"model_type\": \"siglip\"", "\"model_type\": \"siglip2\"",
         RV_ERROR_UNSUPPORTED, "NaFlex"},
        {"NaFlex's pictures", &hugging_face, "preprocessor_config.json", "SiglipImageProcessor",
         "Siglip2ImageProcessor", RV_ERROR_UNSUPPORTED, "preprocessor_config.json: Siglip2ImageProcessor"},
        {"one side", &hugging_face, "preprocessor_config.json",
         "{\n    \"height\": 160,\n    \"width\": 160\n  }", "160", RV_ERROR_UNSUPPORTED,
         "preprocessor_config.json: size is one side, and nothing crops the other"},
        {"another tokenizer", &hugging_face, "tokenizer_config.json", "GemmaTokenizer", "BertTokenizer",
         RV_ERROR_UNSUPPORTED, "tokenizer_config.json: tokenizer_class is neither"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folder[4096];
        RvError err = {0};
        change(cases[i].golden, cases[i].file, cases[i].from, cases[i].to, folder);
        RvStatus status = try_open(folder, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL ||
            strchr(err.message, '\n') != NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
    }
}

/* A vocabulary of XLM-RoBERTa's kind in the place of Gemma's, and the other way round: SigLIP 1 has a unigram
 * one. */
static void family_siglip_refuses_a_tokenizer_of_another_family(void **state)
{
    static const char *const classes[] = {"GemmaTokenizer", "SiglipTokenizer"};
    static const char *const wrong[] = {"small_unigram", "small_bpe"};
    static const char *const said[] = {"has 1202 tokens, the model knows 2000",
                                       "is a BPE vocabulary, this model wants unigram"};
    for (size_t i = 0; i < 2; i++) {
        char folder[4096], name[128], vocabulary[4096], command[16384];
        Checkpoint *checkpoint = NULL;
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        change(&hugging_face, "tokenizer_config.json", "GemmaTokenizer", classes[i], folder);
        snprintf(name, sizeof name, "golden_models/%s.tokenizer.json", wrong[i]);
        assert_true(shared_path(name, vocabulary, sizeof vocabulary));
        snprintf(command, sizeof command, "cp -f '%s' '%s/tokenizer.json'", vocabulary, folder);
        assert_int_equal(system(command), 0);
        assert_ok(rv_checkpoint_open(folder, NULL, &checkpoint, &err), err);
        const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
        assert_int_equal(spec->text.pad_token, i);
        RvStatus status =
            rv_tokenizer_open(folder, &spec->tokenizer, spec->text.vocabulary_size, NULL, &tokenizer, &err);
        if (status != RV_ERROR_MISMATCH || strstr(err.message, said[i]) == NULL)
            fail_msg("%d %s", status, err.message);
        rv_checkpoint_close(checkpoint);
    }
}

/* SigLIP 1 ends and pads with token 1 and has none before the text. No original vocabulary is at hand, so this one
 * is made up. */
static void family_siglip_reads_texts_of_siglip_1(void **state)
{
    static const char vocabulary[] =
        "{\"added_tokens\": [], \"normalizer\": null, \"pre_tokenizer\": {\"type\": \"Metaspace\", "
        "\"replacement\": \"\u2581\", \"prepend_scheme\": \"always\", \"split\": true}, \"model\": {\"type\": "
        "\"Unigram\", \"unk_id\": 2, \"vocab\": [[\"<pad>\", 0], [\"</s>\", 0], [\"<unk>\", 0], [\"\u2581\", -3], "
        "[\"\u2581a\", -1], [\"\u2581cat\", -2], [\"s\", -3]]}}";
    static const struct {
        const char *text;
        int32_t tokens[6];
        size_t count;
    } cases[] = {{"A cat's", {4, 5, 6, 1}, 4}, {"- a", {3, 4, 1}, 3}, {"", {1}, 1}};
    char folder[4096], path[4200];
    Tokenizer *tokenizer = NULL;
    json_t *config = json_pack("{s:s}", "model_type", "siglip");
    const ModelFamily *family = NULL;
    ModelSpec spec;
    RvError err = {0};
    build_path("siglip-1", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    write_whole(path, vocabulary, sizeof vocabulary - 1);
    const FamilySource source = {
        .path = folder, .folder = folder, .config_path = "config.json", .hugging_face = config};
    assert_ok(rv_families_describe(&source, &family, &spec, &err), err);
    assert_int_equal(spec.text.pad_token, 1);
    assert_int_equal(spec.input.filter, RESIZE_BICUBIC);
    assert_ok(rv_tokenizer_open(folder, &spec.tokenizer, 7, NULL, &tokenizer, &err), err);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t *tokens = NULL;
        size_t count = 0;
        assert_ok(rv_tokenizer_encode(tokenizer, cases[i].text, strlen(cases[i].text), &tokens, &count, &err),
                  err);
        assert_int_equal(count, cases[i].count);
        assert_memory_equal(tokens, cases[i].tokens, count * sizeof *tokens);
        free(tokens);
    }
    rv_tokenizer_close(tokenizer);
    json_decref(config);
}

/* So400m/14 has pictures of 384 pixels and patches for 378: the rest is not seen. The same here with 165 pixels
 * instead of 160. */
static void family_siglip_does_not_see_what_is_beyond_the_last_patch(void **state)
{
    enum { SIZE = 160, WIDER = 165 };
    static const char *const name = "bottle_640x360.png";
    static uint8_t pixels[SIZE * SIZE * 3], wider[WIDER * WIDER * 3];
    char folder[4096], path[4096];
    Compute *compute = NULL;
    float embedding[2048];
    RvError err = {0};
    GoldenWorst worst = {.cosine = 1};
    const ModelInput input = {.size = SIZE};
    change(&hugging_face, "config.json", "\"image_size\": 160", "\"image_size\": 165", folder);
    snprintf(path, sizeof path, "%.4000s/preprocessor_config.json", folder);
    assert_int_equal(unlink(path), 0);
    golden_pixels(&input, &hugging_face, name, pixels);
    memset(wider, 200, sizeof wider);
    for (size_t y = 0; y < SIZE; y++)
        memcpy(wider + y * WIDER * 3, pixels + y * SIZE * 3, SIZE * 3);
    ClipModel *model = golden_model_open(folder, NULL, COMPUTE_FLOAT32, &compute);
    assert_ok(rv_clip_encode_images(model, wider, 1, embedding, &err), err);
    json_t *golden = load_golden("golden_models/golden_siglip2.json"),
           *images = json_object_get(json_object_get(json_object_get(golden, "models"), "siglip2-tiny/hf"),
                                     "images");
    golden_compare(name, embedding, json_object_get(json_object_get(images, name), "embedding"),
                   &golden_exact, &worst);
    json_decref(golden);
    rv_clip_close(model);
    rv_compute_close(compute);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(family_siglip_equals_transformers),
        cmocka_unit_test(family_siglip_equals_open_clip),
        cmocka_unit_test(family_siglip_reads_texts_and_pictures_as_transformers),
        cmocka_unit_test(family_siglip_reads_texts_and_pictures_as_open_clip),
        cmocka_unit_test(family_siglip_equals_transformers_at_full_size),
        cmocka_unit_test(family_siglip_has_transformers_defaults),
        cmocka_unit_test(family_siglip_reads_open_clips_configurations),
        cmocka_unit_test(family_siglip_reads_texts_without_projection),
        cmocka_unit_test(family_siglip_refuses_other_settings),
        cmocka_unit_test(family_siglip_refuses_what_does_not_belong_together),
        cmocka_unit_test(family_siglip_refuses_a_tokenizer_of_another_family),
        cmocka_unit_test(family_siglip_reads_texts_of_siglip_1),
        cmocka_unit_test(family_siglip_does_not_see_what_is_beyond_the_last_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
