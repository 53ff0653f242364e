/* SPDX-License-Identifier: MIT */
/* The ranked lists of the last searches. */
#include "ranked.h"

#include <pthread.h>
#include <stdlib.h>

#include "web_error.h"

#define LISTS_MAX 64
#define HITS_MAX 500000 // in all lists together

struct Ranked {
    pthread_mutex_t mutex;
    RankedList *lists[LISTS_MAX];
    size_t count, hit_count;
    uint64_t clock;
};

RvStatus ranked_create(Ranked **out, RvError *err)
{
    Ranked *ranked = calloc(1, sizeof *ranked);
    if (ranked == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&ranked->mutex, NULL);
    *out = ranked;
    return RV_OK;
}

/* With the mutex held. */
static void release(RankedList *list)
{
    if (--list->holders > 0)
        return;
    rv_hits_clear(&list->hits);
    free(list);
}

static void drop(Ranked *ranked, size_t at)
{
    ranked->hit_count -= ranked->lists[at]->hits.count;
    release(ranked->lists[at]);
    ranked->lists[at] = ranked->lists[--ranked->count];
}

void ranked_destroy(Ranked *ranked)
{
    if (ranked == NULL)
        return;
    while (ranked->count > 0)
        drop(ranked, 0);
    pthread_mutex_destroy(&ranked->mutex);
    free(ranked);
}

static void make_room(Ranked *ranked, const RankedList *list)
{
    for (size_t i = 0; i < ranked->count; i++) {
        if (ranked->lists[i]->query == list->query && ranked->lists[i]->state == list->state)
            drop(ranked, i--);
    }
    while (ranked->count == LISTS_MAX ||
           (ranked->count > 0 && ranked->hit_count + list->hits.count > HITS_MAX)) {
        size_t oldest = 0;
        for (size_t i = 1; i < ranked->count; i++) {
            if (ranked->lists[i]->used < ranked->lists[oldest]->used)
                oldest = i;
        }
        drop(ranked, oldest);
    }
}

RvStatus ranked_put(Ranked *ranked, uint64_t query, uint64_t state, RvHits *hits,
                    const RvSearchReport *report, RankedList **out, RvError *err)
{
    RankedList *list = calloc(1, sizeof *list);
    if (list == NULL) {
        rv_hits_clear(hits);
        return web_error_memory(err);
    }
    *list = (RankedList){.query = query, .state = state, .hits = *hits, .report = *report, .holders = 2};
    *hits = (RvHits){0};
    pthread_mutex_lock(&ranked->mutex);
    make_room(ranked, list);
    list->used = ++ranked->clock;
    ranked->lists[ranked->count++] = list;
    ranked->hit_count += list->hits.count;
    pthread_mutex_unlock(&ranked->mutex);
    *out = list;
    return RV_OK;
}

RankedList *ranked_get(Ranked *ranked, uint64_t query, uint64_t state)
{
    RankedList *found = NULL;
    pthread_mutex_lock(&ranked->mutex);
    for (size_t i = 0; i < ranked->count && found == NULL; i++) {
        if (ranked->lists[i]->query == query && ranked->lists[i]->state == state)
            found = ranked->lists[i];
    }
    if (found != NULL) {
        found->holders++;
        found->used = ++ranked->clock;
    }
    pthread_mutex_unlock(&ranked->mutex);
    return found;
}

void ranked_return(Ranked *ranked, RankedList *list)
{
    if (list == NULL)
        return;
    pthread_mutex_lock(&ranked->mutex);
    release(list);
    pthread_mutex_unlock(&ranked->mutex);
}
