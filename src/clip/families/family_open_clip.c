/* SPDX-License-Identifier: MIT */
/* CLIP in open_clip's form: its configuration decides. */
#include "clip/families/family_config.h"
#include "clip/families/name_schemes.h"

static bool recognises(const FamilySource *source)
{
    return source->open_clip != NULL;
}

static RvStatus describe(const FamilySource *source, ModelSpec *out, RvError *err)
{
    return rv_config_read_open_clip(source->open_clip, source->config_path, out, err);
}

static const NameRule custom_text_names[] = {NAMES_CUSTOM_TEXT, NAMES_END};
static const NameRule timm_names[] = {NAMES_TIMM_VISION, NAMES_CUSTOM_TEXT, NAMES_END};
static const NameScheme openai = {.marks = {MARK_OPENAI, "token_embedding.weight"}};
static const NameScheme custom_text = {.marks = {MARK_OPENAI, MARK_CUSTOM_TEXT}, .rules = custom_text_names};
static const NameScheme timm = {.marks = {MARK_TIMM, MARK_CUSTOM_TEXT}, .rules = timm_names};
static const NameScheme *const schemes[] = {&openai, &custom_text, &timm, NULL};

const ModelFamily rv_family_open_clip = {
    .recognises = recognises,
    .describe = describe,
    .schemes = schemes,
};
