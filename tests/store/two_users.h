/* SPDX-License-Identifier: MIT */
/* One SQLite library in the hands of several processes and users. */
#ifndef RV_TESTS_TWO_USERS_H
#define RV_TESTS_TWO_USERS_H

#include <sys/stat.h>

#include "store/store.h"

#define BATCH 8

/* Users and a group that no account of the machine needs to have. */
enum { OWNER = 61001, COLLEAGUE = 61002, OWN_GROUP = 61003, OTHER_GROUP = 61004, SHARED_GROUP = 61005 };

RvStatus count_frames(Store *store, size_t *count, RvError *err);

/* Open, making the library if it is missing, put a batch behind the frames that are there, close. */
RvStatus write_batch(const char *path, RvError *err);

/* Open for reading only, count the frames, close. */
RvStatus read_frames(const char *path, size_t *count, RvError *err);

/* Of the library's file, or with a suffix of one beside it. facts_of fails the test if it is missing. */
struct stat facts_of(const char *path, const char *suffix);
bool is_there(const char *path, const char *suffix);

/* What a process does with the library at the path. Returns 0 if it succeeded. */
typedef int (*UserTask)(const char *path);

/* Run a task in a process of its own, for run_as as this user, in this group and the shared one. Returns what
 * the task returned. */
int run_apart(UserTask task, const char *path);
int run_as(int user, int group, mode_t mask, UserTask task, const char *path);

/* A task that holds the library open between its two halves, while the test does something else: hold_open
 * starts it and returns when it holds, let_go lets it go on and returns what it returned. The task calls hold
 * between its halves; false if the test is gone. */
void hold_open(int user, int group, UserTask task, const char *path);
int let_go(void);
bool hold(void);

/* What a task returns; a failure is printed. */
int say(RvStatus status, const RvError *error);

int write_task(const char *path);
int read_task(const char *path);

/* Writes, and ends without closing. */
int write_and_die_task(const char *path);

/* True if the test may act as other users; otherwise says so. */
bool be_root(void);

#endif
