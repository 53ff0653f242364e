/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as every configuration file of a checkpoint. What is accepted must be a model that
 * can be computed: numbers inside rv_config_check's bounds, finite ones for pictures.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/clip and src/base. */
#include <math.h>
#include <stdlib.h>

#include "clip/checkpoint/checkpoint_config.h"
#include "clip/checkpoint/json_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static void judge(RvStatus status, const ClipConfig *config, const RvError *err)
{
    if (status != RV_OK) {
        if (err->message[0] == '\0')
            abort(); // a failure without a message
        return;
    }
    if (rv_config_check(config, "fuzz", NULL) != RV_OK || !(config->layer_norm_epsilon > 0))
        abort();
    for (int i = 0; i < 3; i++) {
        if (!isfinite(config->image_mean[i]) || !isfinite(1 / config->image_deviation[i]))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static const ClipConfig defaults = {.image_size = 224, .image_deviation = {1, 1, 1}};
    json_t *json = NULL;
    RvError err = {0};
    ClipConfig config;
    RvStatus status = rv_json_parse(bytes, size_bytes, "fuzz", "", &json, &err);
    if (status != RV_OK) {
        judge(status, &defaults, &err);
        return 0;
    }
    status = rv_config_read_hugging_face(json, "fuzz", &config, &err);
    judge(status, &config, &err);
    // On top of a model, as the pictures' settings come.
    if (status != RV_OK)
        rv_config_read_hugging_face(NULL, "fuzz", &config, NULL);
    status = rv_config_read_pictures(json, "fuzz", &config, &err);
    judge(status, &config, &err);
    status = rv_config_read_open_clip(json, "fuzz", &config, &err);
    judge(status, &config, &err);
    json_decref(json);
    return 0;
}
