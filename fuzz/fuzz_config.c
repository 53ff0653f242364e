/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as every configuration file of a checkpoint. What is accepted must be a model that
 * can be computed: numbers inside rv_model_spec_check's bounds, finite ones for pictures.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/clip and src/base. */
#include <math.h>
#include <stdlib.h>

#include "clip/families/family_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static bool is_positive(float value)
{
    return value > 0 && isfinite(value);
}

static void judge(RvStatus status, const ModelSpec *spec, const RvError *err)
{
    if (status != RV_OK) {
        if (err->message[0] == '\0')
            abort(); // a failure without a message
        return;
    }
    if (rv_model_spec_check(spec, "fuzz", NULL) != RV_OK || !is_positive(spec->vision.tower.epsilon) ||
        !is_positive(spec->text.tower.epsilon))
        abort();
    for (int i = 0; i < 3; i++) {
        if (!isfinite(spec->image_mean[i]) || !isfinite(1 / spec->image_deviation[i]))
            abort();
    }
}

/* The folder does not exist: there are no other files beside the configuration. */
static void describe(const json_t *hugging_face, const json_t *open_clip)
{
    const FamilySource source = {.path = "fuzz",
                                 .folder = "/nonexistent/fuzz",
                                 .config_path = "fuzz",
                                 .hugging_face = hugging_face,
                                 .open_clip = open_clip};
    const ModelFamily *family = NULL;
    ModelSpec spec;
    RvError err = {0};
    RvStatus status = rv_families_describe(&source, &family, &spec, &err);
    judge(status, &spec, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    json_t *json = NULL;
    RvError err = {0};
    ModelSpec spec;
    RvStatus status = rv_json_parse(bytes, size_bytes, "fuzz", "", &json, &err);
    if (status != RV_OK) {
        if (err.message[0] == '\0')
            abort();
        return 0;
    }
    describe(json, NULL);
    describe(NULL, json);
    // On top of a model, as the pictures' settings come.
    rv_config_read_hugging_face(NULL, "fuzz", &spec, NULL);
    rv_model_spec_complete(&spec);
    status = rv_config_read_pictures(json, "fuzz", &rv_clip_pictures, &spec, &err);
    judge(status, &spec, &err);
    json_decref(json);
    return 0;
}
