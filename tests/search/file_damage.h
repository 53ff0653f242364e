/* SPDX-License-Identifier: MIT */
/* A file whose bytes a test changes again and again, and one whose writer is killed. */
#ifndef RV_TESTS_FILE_DAMAGE_H
#define RV_TESTS_FILE_DAMAGE_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "whole_file.h"

typedef struct FileDamage {
    const char *path; // borrowed
    uint8_t *whole;   // the bytes of the undamaged file
    size_t size;
    uint64_t seed;
} FileDamage;

static inline FileDamage read_undamaged(const char *path, uint64_t seed)
{
    FileDamage damage = {.path = path, .seed = seed};
    damage.whole = read_whole(path, &damage.size);
    return damage;
}

/* The file as it was, but for one random bit in [from, from + span). */
static inline void flip_a_bit(FileDamage *damage, size_t from, size_t span)
{
    uint8_t *byte = &damage->whole[from + next_random(&damage->seed) % span], before = *byte;
    *byte ^= (uint8_t)(1 << next_random(&damage->seed) % 8);
    write_whole(damage->path, damage->whole, damage->size);
    *byte = before;
}

/* Let work(path, a seed) run in a process of its own, which never ends by itself, and kill it within range_us
 * microseconds after the first 3 ms. */
static inline void kill_at_some_moment(void (*work)(const char *path, uint64_t seed), const char *path,
                                       int round, useconds_t range_us, uint64_t *seed)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        work(path, next_random(seed) + (uint64_t)round);
    usleep(3000 + (useconds_t)(next_random(seed) % range_us));
    kill(child, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); // not one of its own failures
}

/* The file as it was, but shorter: empty, or cut at a random place. */
static inline void cut_short(FileDamage *damage, bool empty)
{
    write_whole(damage->path, damage->whole, empty ? 0 : next_random(&damage->seed) % damage->size);
}

#endif
