/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as the stored JPEG of a frame. */
#include <stdlib.h>

#include "pixels/picture.h"
#include "pixels/thumbnail.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    int width = 0, height = 0;
    RvPicture *picture = NULL;
    RvError err = {0};
    RvStatus size_status = rv_thumbnail_size(bytes, size_bytes, &width, &height, &err);
    if (size_status != RV_OK && err.message[0] == '\0')
        abort(); // a failure without a message
    err.message[0] = '\0';
    RvStatus status = rv_thumbnail_decode(bytes, size_bytes, &picture, &err);
    if ((status == RV_OK) != (picture != NULL) || (status != RV_OK && err.message[0] == '\0'))
        abort();
    if (picture != NULL &&
        (size_status != RV_OK || picture->image.width != width || picture->image.height != height))
        abort(); // the header alone says something else
    rv_picture_destroy(picture);
    return 0;
}
