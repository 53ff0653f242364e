/* SPDX-License-Identifier: MIT */
/* The library as it is now: another process may index into it, replace it or remove it while it is served. */
#ifndef RV_WEB_SHELF_H
#define RV_WEB_SHELF_H

#include <stdbool.h>
#include <stdint.h>

#include "reelvec/reelvec.h"

typedef struct Shelf Shelf;

/* An opened library; valid until it is given back. */
typedef struct ShelfBook {
    RvLibrary *library;
    uint64_t identity; // differs from that of any other library that was at this address
    // of shelf.c
    int holders;
    bool borrowed; // somebody else closes it
    bool told;     // that it is of another model
} ShelfBook;

/* The videos at one moment. */
typedef struct ShelfVideos {
    RvVideos videos;       // by path
    const RvVideo **by_id; // by id
    uint64_t state;        // differs if any video, or what is in it, does
    int64_t frame_count, complete_count, failed_count, indexing_count;
    RvLength length;   // of the library's embeddings
    char *other_model; // what the library's and the server's are, if they differ; NULL: it can be searched
    double read_s;
    int holders;
} ShelfVideos;

/* uri: of the library. first: opened, or NULL. encoder: of the server, or NULL; a library of another model is told of
 * once, in the log of the options. Errors: MEMORY. */
RvStatus shelf_create(const char *uri, const RvLibraryOptions *options, RvLibrary *first, RvEncoder *encoder,
                      Shelf **out, RvError *err);
void shelf_destroy(Shelf *shelf); // nothing may be borrowed

/* True if the library is on a server. */
bool shelf_is_remote(const Shelf *shelf);
/* As messages show it. */
const char *shelf_uri(const Shelf *shelf);

/* The library that is at the address now. Errors: NOT_FOUND (it is not there, or not any more), those of
 * rv_library_open. */
RvStatus shelf_borrow(Shelf *shelf, ShelfBook **out, RvError *err);
void shelf_return(Shelf *shelf, ShelfBook *book); // NULL is accepted

/* The videos, at most so old: SHELF_FRESH_S is enough where a video that has just come may be missing. Errors: those
 * of rv_library_list. */
#define SHELF_FRESH_S 0.5
RvStatus shelf_videos(Shelf *shelf, ShelfBook *book, double age_s, ShelfVideos **out, RvError *err);
/* Those that were read last, however long ago; NULL: none were. Never waits for the library. */
ShelfVideos *shelf_last_videos(Shelf *shelf);
void shelf_return_videos(Shelf *shelf, ShelfVideos *videos); // NULL is accepted

/* NULL: there is none. */
const RvVideo *shelf_video(const ShelfVideos *videos, int64_t video_id);

/* What frames of a video look like does not change as long as this does not. */
uint64_t shelf_video_tag(const ShelfBook *book, const RvVideo *video);

#endif
