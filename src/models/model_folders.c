/* SPDX-License-Identifier: MIT */
/* Where models lie: the user's own folder, and those of all users of the machine, which only installers write to.
 *
 *     $XDG_DATA_HOME/reelvec/models        of the user, or ~/.local/share/reelvec/models
 *     PREFIX/share/reelvec/models          of the installation that this library belongs to
 *     DIR/reelvec/models                   for each DIR of $XDG_DATA_DIRS, or /usr/local/share and /usr/share
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "models/model_source.h"

RvStatus rv_model_folder(char *path, size_t size_bytes, RvError *err)
{
    char data_folder[MODEL_PATH_SIZE];
    RvStatus status = rv_file_data_folder(data_folder, sizeof data_folder, err);
    return status == RV_OK ? rv_file_join(data_folder, "models", path, size_bytes, err) : status;
}

/* Add a folder that exists, unless it is there under another name. */
static void add_existing(ModelFolders *folders, const char *path)
{
    char real[PATH_MAX];
    struct stat facts;
    if (folders->count == MODEL_FOLDERS_MAX || realpath(path, real) == NULL || stat(real, &facts) != 0 ||
        !S_ISDIR(facts.st_mode))
        return;
    for (size_t i = 0; i < folders->count; i++) {
        if (strcmp(folders->paths[i], real) == 0)
            return;
    }
    snprintf(folders->paths[folders->count++], MODEL_PATH_SIZE, "%s", real);
}

/* The installation is found from the library's own file, so that it may be moved as a whole. */
static void add_of_installation(ModelFolders *folders)
{
    Dl_info library;
    char real[PATH_MAX], path[2 * MODEL_PATH_SIZE];
    if (REELVEC_MODELS_FROM_LIBRARY[0] == '/') {
        add_existing(folders, REELVEC_MODELS_FROM_LIBRARY);
        return;
    }
    if (dladdr((const void *)(uintptr_t)rv_model_folder, &library) == 0 || library.dli_fname == NULL ||
        realpath(library.dli_fname, real) == NULL)
        return;
    *strrchr(real, '/') = '\0';
    snprintf(path, sizeof path, "%s/%s", real, REELVEC_MODELS_FROM_LIBRARY);
    add_existing(folders, path);
}

static void add_of_system(ModelFolders *folders)
{
    const char *bases = getenv("XDG_DATA_DIRS");
    char path[2 * MODEL_PATH_SIZE];
    if (bases == NULL || bases[0] == '\0')
        bases = "/usr/local/share:/usr/share"; // as the XDG Base Directory Specification says
    while (*bases != '\0') {
        size_t length = strcspn(bases, ":");
        if (bases[0] == '/' && length < MODEL_PATH_SIZE) { // others are to be ignored, it says too
            snprintf(path, sizeof path, "%.*s/reelvec/models", (int)length, bases);
            add_existing(folders, path);
        }
        bases += length + (bases[length] == ':');
    }
}

void rv_model_folders(ModelFolders *folders)
{
    folders->count = 0;
    if (rv_model_folder(folders->paths[0], MODEL_PATH_SIZE, NULL) == RV_OK)
        folders->count = 1; // as it is spelled, and also if it does not exist yet
    add_of_installation(folders);
    add_of_system(folders);
}
