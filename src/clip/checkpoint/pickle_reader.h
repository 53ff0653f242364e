/* SPDX-License-Identifier: MIT */
/* Python's pickle format read as plain data. Nothing is imported, called or executed. */
#ifndef RV_PICKLE_READER_H
#define RV_PICKLE_READER_H

#include <stdbool.h>

#include "clip/checkpoint/pickle_value.h"
#include "reelvec/status.h"

/* Read a pickle of protocol 2 to 5. Values borrow text from `bytes`. They may contain each other in circles,
 * so code that walks them must bound the depth. path is for messages. Release *out with rv_pickle_clear.
 * Errors: FORMAT (also for every opcode that checkpoints do not need), MEMORY. Source: Python's
 * pickletools. */
RvStatus rv_pickle_read(const uint8_t *bytes, size_t size_bytes, const char *path, Pickle *out, RvError *err);
void rv_pickle_clear(Pickle *pickle);

/* True if the text equals `wanted`. */
bool rv_pickle_text_is(PickleText text, const char *wanted);

/* True if the value is the name `module`.`name`. */
bool rv_pickle_is_global(const PickleValue *value, const char *module, const char *name);

#endif
