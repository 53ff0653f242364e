/* SPDX-License-Identifier: MIT */
/* Finding the files of a tokenizer beside a checkpoint. */
#include "clip/tokenizer/tokenizer_files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

RvStatus rv_tokenizer_folder(const char *checkpoint_path, char folder[TOKENIZER_PATH_BYTES], bool *is_folder,
                             RvError *err)
{
    struct stat facts;
    bool found_folder = stat(checkpoint_path, &facts) == 0 && S_ISDIR(facts.st_mode);
    const char *slash = strrchr(checkpoint_path, '/');
    int length = found_folder    ? (int)strlen(checkpoint_path)
                 : slash != NULL ? (int)(slash - checkpoint_path)
                                 : 0;
    if (length >= TOKENIZER_PATH_BYTES)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", checkpoint_path);
    snprintf(folder, TOKENIZER_PATH_BYTES, "%.*s", length, checkpoint_path);
    if (!found_folder && length == 0)
        snprintf(folder, TOKENIZER_PATH_BYTES, "%s", slash != NULL ? "/" : ".");
    if (is_folder != NULL)
        *is_folder = found_folder;
    return RV_OK;
}

bool rv_tokenizer_file(const char *folder, const char *name, char path[TOKENIZER_PATH_BYTES])
{
    return rv_file_join(folder, name, path, TOKENIZER_PATH_BYTES, NULL) == RV_OK && access(path, F_OK) == 0;
}
