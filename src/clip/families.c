/* SPDX-License-Identifier: MIT */
/* The table of families, and which of them a checkpoint belongs to. */
#include "clip/families.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* In the order in which they are asked. The last two take every configuration that no other one recognises,
 * and refuse what is no CLIP by its name. */
static const ModelFamily *const families[] = {
    &rv_family_pe_core, &rv_family_chinese_clip, &rv_family_xlm_roberta,
    &rv_family_siglip,  &rv_family_open_clip,    &rv_family_clip,
};

bool rv_families_know(const char *model_type)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (families[i]->model_type != NULL && strcmp(families[i]->model_type, model_type) == 0)
            return true;
    }
    return false;
}

void rv_families_list(char *text, size_t size_bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof families / sizeof families[0] && used < size_bytes; i++) {
        if (families[i]->model_type != NULL)
            used += (size_t)snprintf(text + used, size_bytes - used, "%s%s", used > 0 ? ", " : "",
                                     families[i]->model_type);
    }
}

RvStatus rv_families_describe(const FamilySource *source, const ModelFamily **family, ModelSpec *out,
                              RvError *err)
{
    const char *path = source->config_path != NULL ? source->config_path : source->path;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (!families[i]->recognises(source))
            continue;
        *family = families[i];
        RvStatus status = families[i]->describe(source, out, err);
        if (status != RV_OK)
            return status;
        rv_model_spec_complete(out);
        return rv_model_spec_check(out, path, err);
    }
    return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: a model of no kind that reelvec knows", path);
}
