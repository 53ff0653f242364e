/* SPDX-License-Identifier: MIT */
/* What the tests of re-embedding share: an old library, the new model, runs of the call, and comparing the
 * libraries. */
#ifndef RV_TESTS_REEMBED_CASE_H
#define RV_TESTS_REEMBED_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library_fixture.h"

#define VIDEOS 4
#define PATH_BYTES 300
#define LINES_BYTES 8192

/* The fixture's library is the old one. The videos are sampled in four ways, and the order of their ids is not
 * that of their paths. */
typedef struct Case {
    Fixture *fixture;
    RvEncoder *new_model;
    char videos[VIDEOS][PATH_BYTES];
    char new_path[PATH_BYTES], fresh_path[PATH_BYTES];
    RvReembedReport report;
    char left_out[LINES_BYTES];
    int hints[VIDEOS];
    size_t left_out_count;
    RvError err;
} Case;

/* cmocka's setup and teardown; *state is the Case. Nothing is indexed yet. */
int reembed_setup(void **state);
int reembed_teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, reembed_setup, reembed_teardown)

/* The videos into a library, each with its sampling; the old one with the old model; a fresh one with the new
 * model, which is what re-embedding should make. */
void index_all(Case *test, RvLibrary *library, RvEncoder *encoder);
void index_old(Case *test);
void index_fresh(Case *test);

/* Re-embed into a library, or into the file new_path. reembed fails the test if the call fails. options: NULL
 * for defaults. What was left out is noted in the case, unless the options have a user. */
RvStatus reembed_to(Case *test, RvLibrary *to, const RvReembedOptions *options);
RvStatus try_reembed(Case *test, const RvReembedOptions *options);
void reembed(Case *test, const RvReembedOptions *options);
void remove_new(const Case *test);

void assert_report(const Case *test, size_t embedded, size_t pictures, size_t present, size_t left_out);
void assert_refused(Case *test, RvStatus status, RvStatus wanted, const char *part);
void assert_left_out(const Case *test, const char *part);

/* For RvReembedOptions.progress. */
typedef struct Stop {
    size_t at;
    size_t calls;
} Stop;
bool stop_at(void *user, const RvCopyProgress *progress);

#define VIDEO_COLUMNS                                                                                        \
    "video_id, path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, "     \
    "sampling, state"
#define ROWS(schema, columns)                                                                                \
    "SELECT " columns " FROM " schema ".videos LEFT JOIN " schema                                            \
    ".frames USING (video_id) LEFT JOIN " schema ".frame_pictures USING (video_id, frame_number)"
#define COMPARE(columns)                                                                                     \
    "SELECT (SELECT count(*) FROM (" ROWS("main", columns) " EXCEPT " ROWS(                                  \
        "ref", columns) ")) + (SELECT count(*) FROM (" ROWS("ref", columns) " EXCEPT " ROWS("main",          \
                                                                                            columns) "))"

/* The number that a statement on the library (main) and another one (ref) yields. */
int64_t query(const char *path, const char *other, const char *sql);
/* Ids, videos, frame numbers, times and pictures are equal; embeddings are not. */
void assert_same_but_for_embeddings(const char *path, const char *other);
void assert_same(const char *path, const char *other);
void assert_no_faults(const char *path);
void change_old(Case *test, const char *sql);
void change_library(const char *path, const char *sql);
/* The only video of this name. Clear *videos. */
RvVideo *find_video(RvLibrary *library, const char *path, RvVideos *videos);

#endif
