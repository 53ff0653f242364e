/* SPDX-License-Identifier: MIT */
/* Finding the files of a tokenizer beside a checkpoint. */
#ifndef RV_TOKENIZER_FILES_H
#define RV_TOKENIZER_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

#define TOKENIZER_PATH_BYTES 4096

/* Write the folder in which the tokenizer's files are: the checkpoint itself, or the folder of a weight file.
 * *is_folder: which of them (may be NULL). Errors: ARGUMENT (path too long). */
RvStatus rv_tokenizer_folder(const char *checkpoint_path, char folder[TOKENIZER_PATH_BYTES], bool *is_folder,
                             RvError *err);

/* Write folder/name into path. Returns true if that exists. */
bool rv_tokenizer_file(const char *folder, const char *name, char path[TOKENIZER_PATH_BYTES]);

#endif
