/* SPDX-License-Identifier: MIT */
/* How much of the disk a model takes. */
#ifndef RV_CLI_FOLDER_SIZE_H
#define RV_CLI_FOLDER_SIZE_H

#include <stdint.h>

/* Returns the bytes of the regular files in a folder, or in the folder that a file lies in; links count as what they
 * point to. Returns 0 if the folder cannot be read. */
int64_t cli_folder_size(const char *path);

#endif
