/* SPDX-License-Identifier: MIT */
/* CLIP in Hugging Face's form, and weights without a configuration, which are taken as OpenAI's. Radford et
 * al. 2021. */
#include "base/error.h"
#include "clip/families/family_config.h"
#include "clip/families/name_schemes.h"

static bool recognises(const FamilySource *source)
{
    return source->open_clip == NULL;
}

static RvStatus describe(const FamilySource *source, ModelSpec *out, RvError *err)
{
    if (source->hugging_face != NULL) {
        RvStatus status = rv_config_read_hugging_face(source->hugging_face, source->config_path, out, err);
        return status == RV_OK ? rv_config_load_pictures(source, &rv_clip_pictures, out, err) : status;
    }
    // What the shapes do not tell is as in OpenAI's models, whose own files hold their sizes as tensors.
    RvStatus status = rv_config_from_shapes(source->tensors, source->path, out, err);
    if (status == RV_OK && rv_tensor_table_find(source->tensors, "input_resolution") == NULL)
        rv_log_line(
            source->log, RV_LOG_WARNING,
            "%s: no configuration beside it; taken as one of OpenAI's models (QuickGELU, heads of 64, "
            "OpenAI's mean and deviation of pictures); if it is another, put its open_clip_config.json into "
            "%s",
            source->path, source->folder);
    return status;
}

static const NameRule hugging_face_names[] = {NAMES_HF_VISION, NAMES_HF_TEXT, NAMES_END};
static const NameRule custom_text_names[] = {NAMES_CUSTOM_TEXT, NAMES_END};
static const NameScheme openai = {.marks = {MARK_OPENAI, "token_embedding.weight"}};
static const NameScheme custom_text = {.marks = {MARK_OPENAI, MARK_CUSTOM_TEXT}, .rules = custom_text_names};
static const NameScheme hugging_face = {.marks = {MARK_HF}, .rules = hugging_face_names};
static const NameScheme *const schemes[] = {&openai, &custom_text, &hugging_face, NULL};

const ModelFamily rv_family_clip = {
    .model_type = "clip",
    .bare_format = "openai",
    .recognises = recognises,
    .describe = describe,
    .schemes = schemes,
};
