/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a still picture of whatever kind they begin as, stored and upright, and resized
 * for a model in one of the ways. */
#include <stdlib.h>
#include <string.h>

#include "pixels/model_input.h"
#include "pixels/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

/* Large claims in small files take long and show nothing new. */
#define RESIZED_MAX_PIXELS ((size_t)1 << 22)

/* A GIF's canvas costs nothing in the file. */
static bool claims_much(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes > 10 && memcmp(bytes, "GIF8", 4) == 0 &&
           (size_t)(bytes[6] | bytes[7] << 8) * (size_t)(bytes[8] | bytes[9] << 8) > RESIZED_MAX_PIXELS;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    enum { SIDE = 16 };
    static uint8_t input[SIDE * SIDE * 3];
    if (claims_much(bytes, size_bytes))
        return 0;
    for (int stored = 0; stored < 2; stored++) {
        RvPicture *picture = NULL;
        RvError err = {0};
        RvPictureOptions options = {.no_exif_rotation = stored == 1};
        RvStatus status = rv_picture_decode(bytes, size_bytes, &options, &picture, &err);
        if ((status == RV_OK) != (picture != NULL) || (status != RV_OK && err.message[0] == '\0'))
            abort(); // a failure without a message, or a picture of one
        if (status == RV_ERROR_INTERNAL || status == RV_ERROR_ARGUMENT)
            abort(); // the file's fault is not ours or the caller's
        if (picture == NULL)
            return 0;
        RvImage image = rv_picture_image(picture);
        // Damaged copies are of many lengths.
        ModelInput how = {SIDE, size_bytes % 3, size_bytes / 3 % 2, stored == 1};
        if ((size_t)image.width * (size_t)image.height <= RESIZED_MAX_PIXELS &&
            rv_model_input_make(&how, &image, input, &err) != RV_OK)
            abort();
        rv_picture_destroy(picture);
    }
    return 0;
}
