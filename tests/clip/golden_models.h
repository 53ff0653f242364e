/* SPDX-License-Identifier: MIT */
/* The golden values of newer families: models that $REELVEC_SHARED/golden_models/make_model.py writes into
 * $REELVEC_BUILD/models when a test first needs them, and what their original code computes of pictures and
 * texts. */
#ifndef RV_TESTS_GOLDEN_MODELS_H
#define RV_TESTS_GOLDEN_MODELS_H

#include "clip_support.h"

#include "clip/clip_model.h"
#include "reelvec/image.h"

/* One model in one layout, as golden_FAMILY.json names it. */
typedef struct GoldenModel {
    const char *family; // of the golden file
    const char *model, *layout;
    const char *dtype;   // "F32", "F16", "BF16": of the weights
    const char *weights; // file to open; NULL: the folder
} GoldenModel;

/* Bounds of one comparison. difference: of the wanted vector's largest magnitude; 0: not asked. */
typedef struct GoldenBounds {
    double difference, cosine;
    ComputePrecision precision;
} GoldenBounds;

static const GoldenBounds golden_exact = {2e-4, 0.999999, COMPUTE_FLOAT32};
static const GoldenBounds golden_fast = {0, 0.9999, COMPUTE_FAST};

/* The checkpoint's path; made if it is not there. Skips where the generator or numpy is missing. */
static inline void golden_model_ensure(const GoldenModel *golden, char path[4096])
{
    char name[256], folder[2048], part[2100], maker[2048], command[24576];
    require_golden("golden_models/make_model.py");
    assert_true(shared_path("golden_models/make_model.py", maker, sizeof maker));
    if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
        print_message("needs numpy: install python3-numpy\n");
        skip();
    }
    snprintf(name, sizeof name, "models/%s-%s-%s", golden->model, golden->layout, golden->dtype);
    build_path(name, folder, sizeof folder);
    // Made beside its place and moved there, so that an interrupted run leaves nothing half-made, and two runs at
    // once do not meet: the first that is ready wins.
    snprintf(part, sizeof part, "%.2000s.part.%ld", folder, (long)getpid());
    int length = snprintf(
        command, sizeof command,
        "test -d '%s' || { mkdir -p '%s' && /usr/bin/python3 '%s' '%s' '%s' --layout '%s' --dtype '%s' && "
        "{ mv -T '%s' '%s' 2>/dev/null || { rm -r '%s' && test -d '%s'; }; }; }",
        folder, part, maker, golden->model, part, golden->layout, golden->dtype, part, folder, part, folder);
    assert_in_range(length, 1, sizeof command - 1);
    assert_int_equal(system(command), 0);
    const char *weights = golden->weights != NULL ? golden->weights : "";
    snprintf(path, 4096, "%s%s%.200s", folder, weights[0] != '\0' ? "/" : "", weights);
}

/* Delete a checkpoint that is too large to stay. */
static inline void golden_model_remove(const GoldenModel *golden)
{
    char name[256], folder[2048], command[4096];
    snprintf(name, sizeof name, "models/%s-%s-%s", golden->model, golden->layout, golden->dtype);
    build_path(name, folder, sizeof folder);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* kernels: value for REELVEC_CPU, NULL for the best. */
static inline ClipModel *golden_model_open(const char *path, const char *kernels, ComputePrecision precision,
                                           Compute **compute)
{
    Checkpoint *checkpoint = NULL;
    ClipModel *model = NULL;
    RvError err = {0};
    if (kernels != NULL)
        setenv("REELVEC_CPU", kernels, 1);
    else
        unsetenv("REELVEC_CPU");
    assert_ok(rv_compute_open(&(ComputeOptions){.device = "cpu", .thread_count = 2}, compute, &err), err);
    assert_ok(rv_checkpoint_open(path, NULL, &checkpoint, &err), err);
    assert_ok(rv_clip_open(checkpoint, *compute, precision, &model, &err), err);
    return model;
}

/* The worst that was seen of a model. */
typedef struct GoldenWorst {
    double difference, cosine;
    size_t count;
} GoldenWorst;

static inline void golden_compare(const char *label, const float *found, const json_t *wanted,
                                  const GoldenBounds *bounds, GoldenWorst *worst)
{
    double largest = 0, difference = 0, dot = 0, found_square = 0, wanted_square = 0;
    assert_true(json_array_size(wanted) > 0);
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        double w = json_number_value(json_array_get(wanted, i)), f = found[i];
        largest = fmax(largest, fabs(w));
        difference = fmax(difference, fabs(w - f));
        dot += w * f;
        found_square += f * f;
        wanted_square += w * w;
    }
    double cosine = dot / sqrt(found_square * wanted_square), relative = difference / largest;
    worst->difference = fmax(worst->difference, relative);
    worst->cosine = fmin(worst->cosine, cosine);
    worst->count++;
    if (!(cosine >= bounds->cosine) || (bounds->difference > 0 && !(relative <= bounds->difference)))
        fail_msg("%s: cosine %.9f, difference %g", label, cosine, relative);
}

/* The model's input of each golden picture that is no JPEG, to the byte: Pillow's own decoder differs in
 * those. */
static inline void golden_check_pixels(const ClipModel *model, json_t *golden)
{
    const ModelInput *input = &rv_clip_spec(model)->input;
    const size_t size_bytes = 3 * (size_t)input->size * (size_t)input->size;
    uint8_t *pixels = malloc(size_bytes);
    const char *name;
    json_t *row;
    size_t count = 0;
    assert_non_null(pixels);
    json_object_foreach(json_object_get(golden, "images"), name, row)
    {
        char relative[512], path[4096], hex[65];
        RvPicture *picture = NULL;
        RvError err = {0};
        if (strstr(name, ".jpg") != NULL)
            continue;
        snprintf(relative, sizeof relative, "golden/images/%s", name);
        assert_true(shared_path(relative, path, sizeof path));
        assert_ok(rv_picture_load(path, NULL, &picture, &err), err);
        const RvImage image = rv_picture_image(picture);
        assert_ok(rv_model_input_make(input, &image, pixels, &err), err);
        Sha256 *sha = NULL;
        assert_ok(rv_sha256_create(&sha, &err), err);
        rv_sha256_update(sha, pixels, size_bytes);
        rv_sha256_finish(sha, hex);
        if (strcmp(hex, json_string_value(json_object_get(row, "pixels_sha256"))) != 0)
            fail_msg("%s: other pixels than the original's", name);
        rv_picture_destroy(picture);
        count++;
    }
    assert_true(count > 0);
    free(pixels);
}

/* The golden rows are padded; the model is given the tokens before the padding. */
static inline size_t golden_tokens(const json_t *row, int32_t pad_token, int32_t tokens[128])
{
    size_t count = json_array_size(row), used = 0;
    assert_in_range(count, 2, 128);
    for (size_t i = 0; i < count; i++) {
        tokens[i] = (int32_t)json_integer_value(json_array_get(row, i));
        if (tokens[i] != pad_token)
            used = i + 1;
    }
    return used;
}

static inline void golden_check_texts(ClipModel *model, const json_t *golden, const GoldenBounds *bounds,
                                      GoldenWorst *worst)
{
    size_t i;
    json_t *row;
    float embedding[2048];
    json_array_foreach(json_object_get(golden, "texts"), i, row)
    {
        int32_t tokens[128];
        char label[64];
        RvError err = {0};
        size_t count =
            golden_tokens(json_object_get(row, "tokens"), rv_clip_spec(model)->text.pad_token, tokens);
        snprintf(label, sizeof label, "text %zu", i);
        assert_ok(rv_clip_encode_text(model, tokens, count, embedding, &err), err);
        golden_compare(label, embedding, json_object_get(row, "embedding"), bounds, worst);
    }
}

/* The picture as the model takes it: golden_models/pixels/FILE.MODEL-LAYOUT.png, which the models of real size do
 * not have; theirs are made here. */
static inline void golden_pixels(const ModelInput *input, const GoldenModel *which, const char *name,
                                 uint8_t *pixels)
{
    char relative[512], path[4096];
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_true(shared_path("golden_models/pixels", path, sizeof path));
    size_t used = strlen(path);
    snprintf(path + used, sizeof path - used, "/%s.%s-%s.png", name, which->model, which->layout);
    if (access(path, R_OK) != 0) {
        snprintf(relative, sizeof relative, "golden/images/%s", name);
        assert_true(shared_path(relative, path, sizeof path));
    }
    assert_ok(rv_picture_load(path, NULL, &picture, &err), err);
    const RvImage image = rv_picture_image(picture);
    assert_ok(rv_model_input_make(input, &image, pixels, &err), err); // of a square of its size: a copy
    rv_picture_destroy(picture);
}

static inline void golden_check_images(ClipModel *model, const GoldenModel *which, json_t *golden,
                                       const GoldenBounds *bounds, GoldenWorst *worst)
{
    const char *name;
    json_t *row;
    float embedding[2048];
    const ModelInput *input = &rv_clip_spec(model)->input;
    uint8_t *pixels = malloc(3 * (size_t)input->size * (size_t)input->size);
    assert_non_null(pixels);
    json_object_foreach(json_object_get(golden, "images"), name, row)
    {
        RvError err = {0};
        golden_pixels(input, which, name, pixels);
        assert_ok(rv_clip_encode_images(model, pixels, 1, embedding, &err), err);
        golden_compare(name, embedding, json_object_get(row, "embedding"), bounds, worst);
    }
    free(pixels);
}

/* All golden embeddings of a model, with these kernels (NULL: the best). */
static inline void golden_model_check(const GoldenModel *which, const char *kernels,
                                      const GoldenBounds *bounds)
{
    char path[4096], file[128], key[128];
    golden_model_ensure(which, path);
    snprintf(file, sizeof file, "golden_models/golden_%s.json", which->family);
    snprintf(key, sizeof key, "%s/%s%s%s", which->model, which->layout,
             strcmp(which->dtype, "F32") != 0 ? "@" : "",
             strcmp(which->dtype, "F32") != 0 ? which->dtype : "");
    json_t *golden = load_golden(file), *part = json_object_get(json_object_get(golden, "models"), key);
    assert_non_null(part);
    Compute *compute = NULL;
    ClipModel *model = golden_model_open(path, kernels, bounds->precision, &compute);
    GoldenWorst worst = {.cosine = 1};
    golden_check_texts(model, part, bounds, &worst);
    golden_check_images(model, which, part, bounds, &worst);
    golden_check_pixels(model, part);
    print_message("%s, %s%s: %zu embeddings, largest difference %.1e, lowest cosine 1 - %.1e\n", key,
                  rv_compute_kernels(compute), bounds->precision == COMPUTE_FAST ? " fast" : "", worst.count,
                  worst.difference, 1 - worst.cosine);
    rv_clip_close(model);
    rv_compute_close(compute);
    json_decref(golden);
}

/* The same in float32 and the fast precision on every level of the CPU. */
static inline void golden_model_check_levels(const GoldenModel *which)
{
    static const char *const levels[] = {"scalar", "avx2", "avx512", NULL};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        golden_model_check(which, levels[i], &golden_exact);
        golden_model_check(which, levels[i], &golden_fast);
    }
}

#endif
