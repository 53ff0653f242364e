/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a library file: opened, listed, searched, verified, written to. Any status will
 * do, if a failure has a message. What a search gives lies in the library that was read. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "search/query.h"

#define DIMENSIONS_MAX 512
#define FILE_MAX_BYTES ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static bool check_picture(const uint8_t *jpeg, size_t size_bytes, int *width, int *height)
{
    *width = *height = size_bytes > 0 ? jpeg[0] + 1 : 1;
    return size_bytes > 0;
}

static RvStatus count_rows(void *user, const FrameBlock *block, RvError *err)
{
    (void)err;
    volatile float last = 0;
    for (size_t i = 0; i < block->count; i++)
        last = block->embeddings[i];
    (void)last;
    *(size_t *)user += block->count;
    return RV_OK;
}

static void count_fault(void *user, const char *line)
{
    if (line[0] == '\0')
        abort();
    ++*(size_t *)user;
}

static void check(RvStatus status, RvError *err)
{
    if (status != RV_OK && err->message[0] == '\0')
        abort(); // a failure without a message
    *err = (RvError){0};
}

static void search(Store *store, const ModelIdentity *model)
{
    float vector[DIMENSIONS_MAX] = {1};
    QueryVector term = {vector, 1};
    RvHits hits = {0};
    RvError err = {0};
    size_t rows = 0;
    RvSearchOptions options = {.top = 3};
    check(rv_store_scan(store, NULL, count_rows, &rows, &err), &err);
    RvStatus status = rv_search_frames(NULL, store, NULL, &term, 1, model->dimensions, &options, &hits, &err);
    if (status == RV_OK && hits.count > 3)
        abort();
    check(status, &err);
    for (size_t i = 0; i < hits.count; i++) {
        uint8_t *jpeg = NULL;
        size_t size_bytes = 0;
        if (hits.items[i].video == NULL)
            abort();
        check(rv_store_picture(store, hits.items[i].video_id, hits.items[i].frame_number, &jpeg, &size_bytes,
                               &err),
              &err);
        free(jpeg);
    }
    rv_hits_clear(&hits);
}

static void read_all(Store *store)
{
    RvVideos videos = {0};
    RvFrames frames = {0};
    RvLibraryInfo info;
    StoredVideo video = {0};
    ModelIdentity model = {0};
    RvError err = {0};
    char *note = NULL;
    bool found = false, present = false;
    size_t faults = 0;
    check(rv_store_identity(store, &model, &present, &err), &err);
    check(rv_store_list_videos(store, &videos, &err), &err);
    for (size_t i = 0; i < videos.count && i < 4; i++) {
        check(rv_store_frames(store, videos.items[i].video_id, &frames, &err), &err);
        rv_frames_clear(&frames);
        check(rv_store_find_path(store, videos.items[i].path, &video, &found, &err), &err);
        rv_stored_video_clear(&video);
        video = (StoredVideo){0};
    }
    rv_videos_clear(&videos);
    check(rv_store_get_note(store, STORE_NOTE_MODEL_PATH, &note, &err), &err);
    free(note);
    check(rv_store_info(store, check_picture, &info, &err), &err);
    if (present && model.dimensions <= DIMENSIONS_MAX)
        search(store, &model);
    check(rv_store_verify(store, check_picture, count_fault, &faults, &faults, &err), &err);
}

static void write_some(Store *store)
{
    VideoFacts facts = {.path = "/new.mp4",
                        .content_key = "sha256:01",
                        .codec = "h264",
                        .sampling = "interval:1",
                        .duration_s = 1,
                        .frame_rate = 25,
                        .width = 64,
                        .height = 64};
    ModelIdentity model = {0};
    float vector[DIMENSIONS_MAX] = {1};
    RvError err = {0};
    bool present = false;
    int64_t id = 0;
    FrameRecord frame = {1, 0.5, vector, (const uint8_t *)"x", 1};
    check(rv_store_identity(store, &model, &present, &err), &err);
    check(rv_store_begin_video(store, &facts, 0, &id, &err), &err);
    if (id > 0 && present && model.dimensions <= DIMENSIONS_MAX)
        check(rv_store_put_frames(store, id, &frame, 1, model.dimensions, &err), &err);
    if (id > 0)
        check(rv_store_finish_video(store, id, 1, &err), &err);
    check(rv_store_remove_video(store, 1, &err), &err);
}

/* A path in memory where there is such a folder. */
static const char *library_path(void)
{
    static char path[80];
    if (path[0] == '\0') {
        char folder[64] = "/dev/shm/reelvec-fuzz-XXXXXX";
        if (mkdtemp(folder) == NULL) {
            strcpy(folder, "/tmp/reelvec-fuzz-XXXXXX");
            if (mkdtemp(folder) == NULL)
                abort();
        }
        snprintf(path, sizeof path, "%s/l.db", folder);
    }
    return path;
}

static void remove_files(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", "-codes", "-codes-new"};
    char name[128];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(name, sizeof name, "%s%s", library_path(), suffixes[i]);
        unlink(name);
    }
    snprintf(name, sizeof name, "%s", library_path());
    *strrchr(name, '/') = '\0';
    rmdir(name); // the next run makes it again
}

static void open_and(void (*use)(Store *store), bool read_only)
{
    Store *store = NULL;
    RvError err = {0};
    StoreOptions options = {.read_only = read_only};
    RvStatus status = rv_store_open(library_path(), &options, &store, &err);
    if (status == RV_OK)
        use(store);
    check(status, &err);
    rv_store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    char folder[80];
    if (size_bytes > FILE_MAX_BYTES)
        return 0;
    snprintf(folder, sizeof folder, "%s", library_path());
    *strrchr(folder, '/') = '\0';
    mkdir(folder, 0700);
    int file = open(library_path(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, bytes, size_bytes) != (ssize_t)size_bytes)
        abort();
    // An old file: readers wait for the clock otherwise.
    futimens(file, (struct timespec[2]){{1000000000, 0}, {1000000000, 0}});
    close(file);
    open_and(read_all, true);
    open_and(write_some, false);
    open_and(read_all, true);
    remove_files();
    return 0;
}
