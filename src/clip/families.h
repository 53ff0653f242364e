/* SPDX-License-Identifier: MIT */
/* The families of models that are known: how a checkpoint is recognised, described, and what its tensors are
 * called. */
#ifndef RV_FAMILIES_H
#define RV_FAMILIES_H

#include <jansson.h>

#include "clip/checkpoint/tensor_names.h"
#include "clip/model_spec.h"
#include "reelvec/log.h"

/* What there is of a checkpoint when its family is looked for. At most one of the two configurations is
 * given: the one that belongs to the weights. */
typedef struct FamilySource {
    const char *path;           // what was opened, for messages about weights
    const char *folder;         // of the configuration; other files in it may be read
    const char *config_path;    // of the configuration; NULL: there is none
    const json_t *hugging_face; // config.json, or NULL
    const json_t *open_clip;    // open_clip_config.json, or NULL
    const TensorTable *tensors; // NULL if the configuration is read before the weights are opened
    const RvLog *log;
} FamilySource;

typedef struct ModelFamily {
    const char *model_type;  // of its config.json; NULL: none of its checkpoints has one
    const char *bare_format; // RvModelInfo.format of weights without configuration; NULL: there are none
    bool (*recognises)(const FamilySource *source);
    /* Fill the spec; it is completed and checked afterwards. Nothing may be guessed: what the engine does not
     * have is refused by its name. Errors: NOT_FOUND, FORMAT, UNSUPPORTED, and those of reading files. */
    RvStatus (*describe)(const FamilySource *source, ModelSpec *out, RvError *err);
    const NameScheme *const
        *schemes; // the last is NULL; the first whose mark is there tells the names of the tensors
    const char *const
        *idle; // names and beginnings ("bert.pooler.*") of tensors that nothing reads; NULL: none
} ModelFamily;

/* One per file of families/; families.c asks them in its order. */
extern const ModelFamily rv_family_chinese_clip, rv_family_pe_core, rv_family_xlm_roberta, rv_family_siglip,
    rv_family_open_clip, rv_family_clip;

/* Find the family of a checkpoint and describe it: completed and checked. Errors: as ModelFamily.describe;
 * UNSUPPORTED also if no family recognises it. */
RvStatus rv_families_describe(const FamilySource *source, const ModelFamily **family, ModelSpec *out,
                              RvError *err);

/* True if a family has config.json files with this model_type. */
bool rv_families_know(const char *model_type);

/* Write all of these: "chinese_clip, siglip, clip". */
void rv_families_list(char *text, size_t size_bytes);

#endif
