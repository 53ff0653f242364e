/* SPDX-License-Identifier: MIT */
/* What shifts a model's embeddings besides its weights, in one line. */
#include "encoder/model_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clip/tokenizer/clip_tokenizer.h"
#include "encoder/encoder_info.h"

static const char *const cleanings[] = {[TEXT_CLEAN_KIND] = "",
                                        [TEXT_CLEAN_LOWER] = " lower",
                                        [TEXT_CLEAN_CANONICALIZE] = " canonicalize",
                                        [TEXT_CLEAN_WHITESPACE] = " whitespace",
                                        [TEXT_CLEAN_SIGLIP] = " siglip"};

__attribute__((format(printf, 2, 3))) static void append(ModelIdentity *out, const char *format, ...)
{
    size_t used = strlen(out->details);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->details + used, sizeof out->details - used, format, arguments);
    va_end(arguments);
}

/* The caller's locale may write a comma. */
static void append_number(ModelIdentity *out, const char *before, int digits, float value)
{
    size_t first = strlen(out->details);
    append(out, "%s%.*g", before, digits, (double)value);
    for (char *at = out->details + first + strlen(before); *at != '\0'; at++) {
        if (*at == ',')
            *at = '.';
    }
}

/* Nine digits give a float back. */
static void append_numbers(ModelIdentity *out, const char *before, const float values[3])
{
    append_number(out, before, 9, values[0]);
    append_number(out, " ", 9, values[1]);
    append_number(out, " ", 9, values[2]);
}

/* What settings say of the towers and no shape of the weights shows. Always written: a key that is left out is not
 * compared. */
static void append_towers(const ModelSpec *spec, ModelIdentity *out)
{
    append(out, "; heads=%d %d", spec->vision.tower.heads, spec->text.tower.heads);
    if (spec->vision.pooling == VISION_POOL_ATTENTION)
        append(out, " %d", spec->vision.pool_heads);
    append_number(out, "; epsilon=", 6, spec->vision.tower.epsilon);
    append_number(out, " ", 6, spec->text.tower.epsilon);
}

static RvStatus append_tokenizer(const Checkpoint *checkpoint, const RvModelInfo *info, ModelIdentity *out,
                                 RvError *err)
{
    const TokenizerSpec *spec = &rv_checkpoint_spec(checkpoint)->tokenizer;
    char sha256[65];
    append(out, "; tokenizer=%s%s", info->tokenizer, cleanings[spec->cleaning]);
    RvStatus status =
        rv_tokenizer_sha256(rv_checkpoint_path(checkpoint), spec, info->vocabulary_size, sha256, err);
    if (status == RV_OK && sha256[0] != '\0')
        append(out, "; tokenizer_sha256=%s", sha256);
    return status;
}

RvStatus rv_model_words(const Checkpoint *checkpoint, ModelIdentity *out, RvError *err)
{
    const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
    const ModelInput *input = &spec->input;
    RvModelInfo info = {0};
    bool is_plain = strcmp(spec->family, "clip") == 0 && spec->tokenizer.kind == TOKENIZER_CLIP &&
                    input->mode == RESIZE_SHORTEST && input->filter == RESIZE_BICUBIC && !input->rgb_first;
    out->details[0] = '\0';
    rv_encoder_info_of_model(checkpoint, &info);
    out->preprocess_version = is_plain ? STORE_PREPROCESS_VERSION
                                       : STORE_PREPROCESS_DETAILED + 100 * (int)input->mode +
                                             10 * (int)input->filter + input->rgb_first;
    append(out, "family=%s; activation=%s %s; preprocessing=%s %s%s", info.family, info.activation,
           info.text_activation, info.resize, info.resize_filter, input->rgb_first ? " rgb-first" : "");
    append_numbers(out, "; normalisation=", info.image_mean);
    append_numbers(out, ", ", info.image_deviation);
    append(out, "; mask=%s", info.text_mask);
    append_towers(spec, out);
    return append_tokenizer(checkpoint, &info, out, err);
}
