/* SPDX-License-Identifier: MIT */
/* The library as it is now. An opened library goes on with the file that it has opened, so the file at its path is
 * looked at by every request: if it is another one, that is opened, and the old one is closed when its last request has
 * ended. */
#include "shelf.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "naming/same_file.h"
#include "tag_hash.h"
#include "web_clock.h"
#include "web_error.h"

struct Shelf {
    char *uri;
    RvLibraryOptions options;
    RvEncoder *encoder; // borrowed; NULL: there is none
    bool remote, in_memory;
    pthread_mutex_t mutex;         // of book and videos
    pthread_mutex_t reading_mutex; // held while the videos are read, so that one request reads them for all
    ShelfBook *book;               // NULL: none is open
    struct stat file;              // of the book, as it was opened
    ShelfVideos *videos;           // of the book
};

/* ---- small things ------------------------------------------------------------------------------------- */

static uint64_t identity_of(const char *uri, const struct stat *file)
{
    uint64_t hash = tag_hash_text(TAG_HASH_START, uri);
    hash = tag_hash_number(hash, (int64_t)file->st_dev);
    return tag_hash_number(hash, (int64_t)file->st_ino);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static RvStatus put(Shelf *shelf, RvLibrary *library, bool borrowed, const struct stat *file, RvError *err)
{
    ShelfBook *book = calloc(1, sizeof *book);
    if (book == NULL)
        return web_error_memory(err);
    *book = (ShelfBook){
        .library = library, .identity = identity_of(shelf->uri, file), .holders = 1, .borrowed = borrowed};
    shelf->book = book;
    shelf->file = *file;
    return RV_OK;
}

/* Returns why the library is not of the server's model; NULL if it is, or if that cannot be found out now. Free with
 * free(). Who replaces a library by one of another model learns it here: no request but a search would fail. */
static char *find_other_model(const Shelf *shelf, ShelfBook *book)
{
    char line[RV_ERROR_MESSAGE_SIZE + 256];
    RvError err = {0};
    const RvLog *log = &shelf->options.log;
    if (rv_library_check_encoder(book->library, shelf->encoder, &err) != RV_ERROR_MISMATCH)
        return NULL;
    if (!book->told && log->write != NULL) {
        snprintf(line, sizeof line,
                 "%s; searches are refused until a library of the server's model is here, or the server is "
                 "started again with the library's own, which it takes if none is named",
                 err.message);
        log->write(log->user, RV_LOG_WARNING, line);
    }
    book->told = true;
    return strdup(err.message);
}

RvStatus shelf_create(const char *uri, const RvLibraryOptions *options, RvLibrary *first, RvEncoder *encoder,
                      Shelf **out, RvError *err)
{
    Shelf *shelf = calloc(1, sizeof *shelf);
    struct stat file = {0};
    if (shelf == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&shelf->mutex, NULL);
    pthread_mutex_init(&shelf->reading_mutex, NULL);
    shelf->uri = strdup(uri);
    shelf->options = *options;
    shelf->options.mode = RV_OPEN_READ;
    shelf->encoder = encoder;
    shelf->remote = strstr(uri, "://") != NULL;
    shelf->in_memory = strncmp(uri, "memory:", 7) == 0;
    RvStatus status = shelf->uri != NULL ? RV_OK : web_error_memory(err);
    if (status == RV_OK && first != NULL) {
        if (!shelf->remote && stat(uri, &file) != 0)
            file = (struct stat){0};
        status = put(shelf, first, true, &file, err);
        if (status == RV_OK)
            free(find_other_model(shelf, shelf->book));
    }
    if (status == RV_OK)
        *out = shelf;
    else
        shelf_destroy(shelf);
    return status;
}

bool shelf_is_remote(const Shelf *shelf)
{
    return shelf->remote;
}

const char *shelf_uri(const Shelf *shelf)
{
    return shelf->uri;
}

/* ---- borrowing ---------------------------------------------------------------------------------------- */

/* With the mutex held, as of the next functions. */
static void drop_videos(ShelfVideos *videos)
{
    if (videos == NULL || --videos->holders > 0)
        return;
    rv_videos_clear(&videos->videos);
    free(videos->by_id);
    free(videos->other_model);
    free(videos);
}

static void drop_book(ShelfBook *book)
{
    if (book == NULL || --book->holders > 0)
        return;
    if (!book->borrowed)
        rv_library_close(book->library);
    free(book);
}

static void take_away(Shelf *shelf)
{
    drop_videos(shelf->videos);
    drop_book(shelf->book);
    shelf->videos = NULL;
    shelf->book = NULL;
}

static RvStatus open_book(Shelf *shelf, const struct stat *file, RvError *err)
{
    RvLibrary *library = NULL;
    RvStatus status = rv_library_open(shelf->uri, &shelf->options, &library, err);
    if (status == RV_OK)
        status = put(shelf, library, false, file, err);
    if (status != RV_OK && shelf->book == NULL)
        rv_library_close(library);
    return status;
}

RvStatus shelf_borrow(Shelf *shelf, ShelfBook **out, RvError *err)
{
    RvStatus status = RV_OK;
    struct stat file = {0};
    bool local = !shelf->remote && !shelf->in_memory;
    *out = NULL;
    bool there = !local || stat(shelf->uri, &file) == 0; // not with the mutex: a disk may not answer
    pthread_mutex_lock(&shelf->mutex);
    if (shelf->book != NULL && local && (!there || !rv_same_file(&file, &shelf->file)))
        take_away(shelf);
    if (!there)
        status = web_error(err, RV_ERROR_NOT_FOUND, "%s: there is no library (any more)", shelf->uri);
    else if (shelf->book == NULL)
        status = open_book(shelf, &file, err);
    if (status == RV_OK) {
        shelf->book->holders++;
        *out = shelf->book;
    }
    pthread_mutex_unlock(&shelf->mutex);
    return status;
}

void shelf_return(Shelf *shelf, ShelfBook *book)
{
    pthread_mutex_lock(&shelf->mutex);
    drop_book(book);
    pthread_mutex_unlock(&shelf->mutex);
}

void shelf_destroy(Shelf *shelf)
{
    if (shelf == NULL)
        return;
    take_away(shelf);
    pthread_mutex_destroy(&shelf->mutex);
    pthread_mutex_destroy(&shelf->reading_mutex);
    free(shelf->uri);
    free(shelf);
}

/* ---- videos ------------------------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    int64_t left = (*(const RvVideo *const *)a)->video_id, right = (*(const RvVideo *const *)b)->video_id;
    return (left > right) - (left < right);
}

static void add_up(ShelfVideos *videos, const ShelfBook *book)
{
    videos->state = tag_hash_number(TAG_HASH_START, (int64_t)book->identity);
    for (size_t i = 0; i < videos->videos.count; i++) {
        const RvVideo *video = &videos->videos.items[i];
        videos->by_id[i] = video;
        videos->frame_count += video->frame_count;
        videos->complete_count += video->state == RV_VIDEO_COMPLETE;
        videos->failed_count += video->state == RV_VIDEO_FAILED;
        videos->indexing_count += video->state == RV_VIDEO_INDEXING;
        videos->state = tag_hash_number(videos->state, video->video_id);
        videos->state = tag_hash_number(videos->state, video->frame_count);
        videos->state = tag_hash_number(videos->state, video->state);
        videos->state = tag_hash_text(videos->state, video->path);
    }
    if (videos->videos.count > 1)
        qsort(videos->by_id, videos->videos.count, sizeof *videos->by_id, compare_ids);
}

/* With the reading_mutex held. */
static RvStatus read_videos(const Shelf *shelf, ShelfBook *book, ShelfVideos **out, RvError *err)
{
    ShelfVideos *videos = calloc(1, sizeof *videos);
    if (videos == NULL)
        return web_error_memory(err);
    videos->read_s = web_clock_s();
    RvStatus status = rv_library_list(book->library, NULL, &videos->videos, err);
    if (status == RV_OK)
        status = rv_library_length(book->library, &videos->length, err);
    if (status == RV_OK) {
        videos->by_id = calloc(videos->videos.count + 1, sizeof *videos->by_id);
        status = videos->by_id != NULL ? RV_OK : web_error_memory(err);
    }
    if (status != RV_OK) {
        rv_videos_clear(&videos->videos);
        free(videos);
        return status;
    }
    add_up(videos, book);
    videos->other_model = find_other_model(shelf, book);
    videos->holders = 1;
    *out = videos;
    return RV_OK;
}

static ShelfVideos *take_fresh(Shelf *shelf, const ShelfBook *book, double since_s)
{
    ShelfVideos *videos = NULL;
    pthread_mutex_lock(&shelf->mutex);
    if (shelf->videos != NULL && shelf->book == book && shelf->videos->read_s >= since_s) {
        videos = shelf->videos;
        videos->holders++;
    }
    pthread_mutex_unlock(&shelf->mutex);
    return videos;
}

RvStatus shelf_videos(Shelf *shelf, ShelfBook *book, double age_s, ShelfVideos **out, RvError *err)
{
    RvStatus status = RV_OK;
    double since_s = web_clock_s() - age_s;
    *out = take_fresh(shelf, book, since_s);
    if (*out != NULL)
        return RV_OK;
    pthread_mutex_lock(&shelf->reading_mutex);
    *out = take_fresh(shelf, book, since_s); // somebody else may have read them meanwhile
    if (*out == NULL)
        status = read_videos(shelf, book, out, err);
    if (status == RV_OK) {
        pthread_mutex_lock(&shelf->mutex);
        if (shelf->book == book && shelf->videos != *out) {
            drop_videos(shelf->videos);
            shelf->videos = *out;
            (*out)->holders++;
        }
        pthread_mutex_unlock(&shelf->mutex);
    }
    pthread_mutex_unlock(&shelf->reading_mutex);
    return status;
}

ShelfVideos *shelf_last_videos(Shelf *shelf)
{
    pthread_mutex_lock(&shelf->mutex);
    ShelfVideos *videos = shelf->videos;
    if (videos != NULL)
        videos->holders++;
    pthread_mutex_unlock(&shelf->mutex);
    return videos;
}

void shelf_return_videos(Shelf *shelf, ShelfVideos *videos)
{
    pthread_mutex_lock(&shelf->mutex);
    drop_videos(videos);
    pthread_mutex_unlock(&shelf->mutex);
}

const RvVideo *shelf_video(const ShelfVideos *videos, int64_t video_id)
{
    const RvVideo key = {.video_id = video_id}, *wanted = &key;
    const RvVideo **found = videos->videos.count > 0 ? bsearch(&wanted, videos->by_id, videos->videos.count,
                                                               sizeof *videos->by_id, compare_ids)
                                                     : NULL;
    return found != NULL ? *found : NULL;
}

uint64_t shelf_video_tag(const ShelfBook *book, const RvVideo *video)
{
    uint64_t tag = tag_hash_number(TAG_HASH_START, (int64_t)book->identity);
    tag = tag_hash_number(tag, video->video_id);
    tag = tag_hash_text(tag, video->path);
    tag = tag_hash_text(tag, video->content_key);
    return tag_hash_text(tag, video->sampling);
}
