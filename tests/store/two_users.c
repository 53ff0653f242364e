/* SPDX-License-Identifier: MIT */
/* One SQLite library in the hands of several processes and users. */
#include "two_users.h"

#include <grp.h>
#include <sys/wait.h>

#include "store_support.h"

static const StoreOptions create_options = {.create = true};
static const StoreOptions read_options = {.read_only = true};

static RvStatus count_block(void *user, const FrameBlock *block, RvError *err)
{
    (void)err;
    *(size_t *)user += block->count;
    return RV_OK;
}

RvStatus count_frames(Store *store, size_t *count, RvError *err)
{
    *count = 0;
    return rv_store_scan(store, NULL, count_block, count, err);
}

RvStatus write_batch(const char *path, RvError *err)
{
    Store *store = NULL;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    VideoFacts facts = test_facts("/a.mp4");
    StoredVideo row = {0};
    bool found = false;
    int64_t id = 0;
    size_t count = 0;
    RvStatus status = rv_store_open(path, &create_options, &store, err);
    if (status == RV_OK)
        status = rv_store_require_identity(store, &model, err);
    if (status == RV_OK)
        status = rv_store_find_path(store, "/a.mp4", &row, &found, err);
    id = row.video.video_id;
    rv_stored_video_clear(&row);
    if (status == RV_OK && !found)
        status = rv_store_begin_video(store, &facts, 0, &id, err);
    if (status == RV_OK)
        status = count_frames(store, &count, err);
    if (status == RV_OK)
        status = put_test_frames(store, id, (int64_t)count + 1, BATCH, TEST_DIMENSIONS, err);
    rv_store_close(store);
    return status;
}

RvStatus read_frames(const char *path, size_t *count, RvError *err)
{
    Store *store = NULL;
    RvStatus status = rv_store_open(path, &read_options, &store, err);
    if (status == RV_OK)
        status = count_frames(store, count, err);
    rv_store_close(store);
    return status;
}

struct stat facts_of(const char *path, const char *suffix)
{
    char name[4300];
    struct stat facts;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    if (stat(name, &facts) != 0)
        fail_msg("%s is not there", name);
    return facts;
}

bool is_there(const char *path, const char *suffix)
{
    char name[4300];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

/* ---- processes ---------------------------------------------------------------------------------------- */

/* A child that runs the task as this user, in this group and the shared one. */
static pid_t start_as(int user, int group, mode_t mask, UserTask task, const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        gid_t groups[] = {SHARED_GROUP};
        if (setgroups(1, groups) != 0 || setresgid((gid_t)group, (gid_t)group, (gid_t)group) != 0 ||
            setresuid((uid_t)user, (uid_t)user, (uid_t)user) != 0)
            _exit(99);
        umask(mask);
        _exit(task(path));
    }
    return child;
}

/* What the child's task returned. */
static int end_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int run_apart(UserTask task, const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(task(path));
    return end_of(child);
}

int run_as(int user, int group, mode_t mask, UserTask task, const char *path)
{
    return end_of(start_as(user, group, mask, task, path));
}

/* A task that holds the library open between its two halves, while the test does something else. */
typedef struct Holder {
    pid_t child;
    int reached[2], go_on[2]; // pipes
} Holder;

static Holder holder;

bool hold(void)
{
    char byte;
    close(holder.go_on[1]);
    return write(holder.reached[1], "x", 1) == 1 && read(holder.go_on[0], &byte, 1) == 1;
}

void hold_open(int user, int group, UserTask task, const char *path)
{
    char byte;
    assert_int_equal(pipe(holder.reached), 0);
    assert_int_equal(pipe(holder.go_on), 0);
    holder.child = start_as(user, group, 022, task, path);
    close(holder.reached[1]);
    assert_int_equal(read(holder.reached[0], &byte, 1), 1);
}

int let_go(void)
{
    assert_int_equal(write(holder.go_on[1], "x", 1), 1);
    close(holder.reached[0]);
    close(holder.go_on[0]);
    close(holder.go_on[1]);
    return end_of(holder.child);
}

int say(RvStatus status, const RvError *error)
{
    if (status != RV_OK)
        fprintf(stderr, "    %s\n", error->message);
    return status == RV_OK ? 0 : 1;
}

int write_task(const char *path)
{
    RvError error = {0};
    return say(write_batch(path, &error), &error);
}

int read_task(const char *path)
{
    RvError error = {0};
    size_t count = 0;
    return say(read_frames(path, &count, &error), &error);
}
int write_and_die_task(const char *path)
{
    Store *store = NULL;
    RvError error = {0};
    RvStatus status = write_batch(path, &error);
    if (status == RV_OK)
        status = rv_store_open(path, NULL, &store, &error);
    if (status == RV_OK)
        status = put_test_frames(store, 1, 5 * BATCH + 1, 1, TEST_DIMENSIONS, &error);
    return say(status, &error); // not closed: the files stay
}

bool be_root(void)
{
    if (geteuid() == 0)
        return true;
    print_message("needs root, to act as two users\n");
    return false;
}
