/* SPDX-License-Identifier: MIT */
/* What the tests of whole runs share: a folder of their own, running the program in it, what it said. Include
 * it after <cmocka.h>. */
#ifndef RV_TESTS_PROGRAM_RUN_H
#define RV_TESTS_PROGRAM_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define PROGRAM_WORDS_MAX 20

/* In a test whose file has a `fixture` that says whether it could be made. */
#define SKIP_UNLESS_READY()                                                                                  \
    do {                                                                                                     \
        if (!fixture.ready)                                                                                  \
            skip();                                                                                          \
    } while (0)

/* A new folder below the build, named after the test, in which the program finds its data and its cache;
 * false where it cannot be made. */
static inline bool program_folder_make(const char *name, char *folder, size_t size_bytes)
{
    const char *build = getenv("REELVEC_BUILD");
    snprintf(folder, size_bytes, "%s/%s-XXXXXX", build != NULL ? build : "/tmp", name);
    if (mkdtemp(folder) == NULL)
        return false;
    setenv("XDG_DATA_HOME", folder, 1);
    setenv("XDG_CACHE_HOME", folder, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    return true;
}

/* 0 when it is gone. */
static inline int program_folder_remove(const char *folder)
{
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Run the program in the folder with these words, up to NULL; options (NULL: defaults) but for their folder.
 */
static inline RunResult program_run(const char *folder, const char *const *words, const RunOptions *options)
{
    const char *arguments[PROGRAM_WORDS_MAX + 2] = {getenv("REELVEC_PROGRAM")};
    assert_non_null(arguments[0]);
    for (size_t i = 0; i < PROGRAM_WORDS_MAX && words[i] != NULL; i++)
        arguments[i + 1] = words[i];
    RunOptions here = options != NULL ? *options : (RunOptions){0};
    here.folder = folder;
    return run_program(arguments, &here);
}

static inline void assert_status(const RunResult *result, int status)
{
    if (result->status != status)
        fail_msg("status %d, not %d\n%s%s", result->status, status, result->output, result->errors);
}

static inline size_t count_in(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static inline void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, text);
}

#endif
