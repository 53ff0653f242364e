/* SPDX-License-Identifier: MIT */
/* The file of a video of the library. */
#ifndef RV_WEB_MEDIA_FILE_H
#define RV_WEB_MEDIA_FILE_H

#include "asking.h"

typedef struct MediaFile {
    int fd;
    const char *type; // static: "video/mp4"
    uint64_t size_bytes;
    char etag[64]; // of the file as it is now
    char date[40]; // of its last change, as HTTP writes it
} MediaFile;

/* Open it. Returns false with an error in the reply: 404 (a URL, which has no file), 410 (it is gone), 403 (may not be
 * read, or is no video's). */
bool media_file_open(Request *request, const RvVideo *video, MediaFile *out);

#endif
