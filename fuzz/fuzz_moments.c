/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a list of moments, and the beginning of them as a rate. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/timecode.h"
#include "reelvec/timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

#define RATE_BYTES 24

/* Moments have a length and times that are numbers. */
static void check_moments(const RvMoments *moments)
{
    for (size_t i = 0; i < moments->count; i++) {
        const RvMoment *moment = &moments->items[i];
        if (!(moment->start_s >= 0) || !(moment->end_s > moment->start_s) || !isfinite(moment->end_s) ||
            !isfinite(moment->time_s) || isinf(moment->score) ||
            (moment->video != NULL && moment->video[0] == '\0') ||
            (moment->name != NULL && moment->name[0] == '\0'))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    RvMoments moments;
    RvError err = {0};
    RvRate rate;
    char text[RATE_BYTES + 1] = "";
    RvStatus status = rv_moments_read((const char *)bytes, size_bytes, &moments, &err);
    if (status == RV_OK ? moments.count == 0 : err.message[0] == '\0' || moments.items != NULL)
        abort();
    check_moments(&moments);
    rv_moments_clear(&moments);
    memcpy(text, bytes, size_bytes < RATE_BYTES ? size_bytes : RATE_BYTES);
    if (rv_rate_read(text, &rate) && !rv_rate_is_valid(rate))
        abort();
    return 0;
}
