/* SPDX-License-Identifier: MIT */
/* Names of clips, from a template. */
#ifndef RV_CUT_CLIP_NAME_H
#define RV_CUT_CLIP_NAME_H

#include <stddef.h>

#include "reelvec/timeline.h"

#define CLIP_NAME_DEFAULT "{video}_{start}-{end}"

/* Make the name of moment `number` (from 1) of `count`, without folder and ending: one that any file system takes. See
 * RvCutOptions.name. Free with free(). Errors: ARGUMENT (an unknown word between braces, a '/', nothing left), MEMORY. */
RvStatus rv_clip_name(const char *name_template, const RvMoment *moment, size_t number, size_t count,
                      char **out, RvError *err);

#endif
