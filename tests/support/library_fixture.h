/* SPDX-License-Identifier: MIT */
/* A scratch folder with two videos, an SQLite library and the generated model. */
#ifndef RV_TESTS_LIBRARY_FIXTURE_H
#define RV_TESTS_LIBRARY_FIXTURE_H

#include <stdint.h>
#include <sys/types.h>

#include "reelvec/reelvec.h"

/* The two generated clips, and their frames at one frame per second. */
#define FIXTURE_CLIP "gop250_closed.mp4"
#define FIXTURE_FRAMES 12
#define FIXTURE_OTHER_CLIP "plain.mp4"
#define FIXTURE_OTHER_FRAMES 4

#define FIXTURE_MODEL "tiny-bytes"
#define FIXTURE_OTHER_MODEL "tiny-f16-bytes" // other weight bytes, so another model

typedef struct Fixture {
    char folder[128];
    char library_path[256];
    char video[256];       // "clip.mp4" in the folder
    char other_video[256]; // "other.mp4"
    RvLibrary *library;
    RvEncoder *encoder;
} Fixture;

/* Makes the library if it is not there yet. */
RvLibrary *fixture_open_library(const char *path);

/* cmocka's setup and teardown; *state is the Fixture. Skips the test if the clips cannot be made. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Open a generated checkpoint (FIXTURE_MODEL or FIXTURE_OTHER_MODEL) with two threads. */
RvEncoder *fixture_open_encoder(const char *name);

void fixture_write_file(const char *path, const char *text);
void fixture_copy_file(const char *from, const char *to);
void fixture_print_fault(void *user, const char *line);

/* Wait for a child process of the test, and send it SIGKILL after delay_s (negative: wait for its end).
 * Returns true if it was killed. Fails the test if the child itself failed. */
bool fixture_end_child(pid_t child, double delay_s);

/* Fails unless the video's frames (times, embeddings, pictures) are byte-identical to those of an
 * uninterrupted run into a new library. */
void fixture_assert_same_frames(Fixture *fixture, int64_t video_id);

#endif
