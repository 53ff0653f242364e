/* SPDX-License-Identifier: MIT */
/* What the tests of whole runs share: a folder of their own with a model and clips, running the program in
 * it, what it said. */
#ifndef RV_TESTS_PROGRAM_RUN_H
#define RV_TESTS_PROGRAM_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define PROGRAM_WORDS_MAX 20
#define PROGRAM_CLIPS_MAX 8

/* What a test program needs. */
typedef struct ProgramNeeds {
    const char *name; // of its folder
    const char *clips[PROGRAM_CLIPS_MAX];
    size_t indexed; // so many of the clips are indexed beforehand
    bool linked;    // the clips are in the folder `videos`, as 0-NAME, 1-NAME, ...
    bool library;   // REELVEC_LIBRARY is a file in the folder
    bool no_model;  // REELVEC_MODEL is not set
} ProgramNeeds;

/* One for the whole test program. */
typedef struct ProgramFixture {
    char folder[256], library[300], videos[300], model[1024], other_model[1024];
    char clips[PROGRAM_CLIPS_MAX][1100];
    const char *clip, *other_clip; // the first two
    bool ready;                    // model and clips could be made
} ProgramFixture;
extern ProgramFixture fixture;

/* For the setup of a group: a new folder below the build, in which the program finds its data and its cache,
 * and the rest. Returns -1 if that failed; what cannot be had on this machine is told by fixture.ready. */
int program_set_up(const ProgramNeeds *needs);

/* The teardown. */
int program_tear_down(void **state);

/* Skips the test unless model and clips are there. */
void program_need_clips(void);

/* A new folder and the variables for it; program_tear_down removes it. */
bool program_make_folder(const char *name);

/* Runs the program in the folder with these words, up to NULL; options (NULL: defaults) but for their folder.
 */
RunResult program_run(const char *const *words, const RunOptions *options);
#define RUN(...) program_run((const char *const[]){__VA_ARGS__, NULL}, NULL)

/* Runs a line of the shell in the folder; fails the test if it fails. */
void program_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

void assert_status(const RunResult *result, int status);
void assert_holds(const char *text, const char *part);
size_t count_in(const char *text, const char *part);

#endif
