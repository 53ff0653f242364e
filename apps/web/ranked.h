/* SPDX-License-Identifier: MIT */
/* The ranked lists of the last searches, so that their further pages come from the same list, at once. */
#ifndef RV_WEB_RANKED_H
#define RV_WEB_RANKED_H

#include <stdint.h>

#include "reelvec/search.h"

typedef struct Ranked Ranked;

typedef struct RankedList {
    uint64_t query, state; // digests of what was asked, and of the library then
    RvHits hits;
    RvSearchReport report;
    // of ranked.c
    int holders;
    uint64_t used;
} RankedList;

RvStatus ranked_create(Ranked **out, RvError *err);
void ranked_destroy(Ranked *ranked);

/* Takes the hits, also if it fails. Errors: MEMORY. */
RvStatus ranked_put(Ranked *ranked, uint64_t query, uint64_t state, RvHits *hits,
                    const RvSearchReport *report, RankedList **out, RvError *err);
/* NULL: it is not kept (any more). */
RankedList *ranked_get(Ranked *ranked, uint64_t query, uint64_t state);
void ranked_return(Ranked *ranked, RankedList *list); // NULL is accepted

#endif
