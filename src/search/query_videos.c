/* SPDX-License-Identifier: MIT */
/* Which videos a query looks at. */
#include <stdlib.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "search/query_state.h"
#include "store/video_name.h"

static RvStatus check_model(const Query *query, bool *present, RvError *err)
{
    ModelIdentity identity = {0};
    RvStatus status = rv_store_identity(query->store, &identity, present, err);
    if (status == RV_OK && *present && identity.dimensions != query->dimensions)
        status = rv_error_set_hint(err, RV_ERROR_MISMATCH, RV_HINT_MODEL_OR_LIBRARY, identity.name,
                                   "%s: holds %d-dimension embeddings of %s, the query has %d",
                                   rv_store_uri(query->store), identity.dimensions, identity.name,
                                   query->dimensions);
    return status;
}

static int compare_place_ids(const void *a, const void *b)
{
    int64_t left = ((const VideoPlace *)a)->video_id, right = ((const VideoPlace *)b)->video_id;
    return (left > right) - (left < right);
}

/* Take away the videos that cannot be read now. Those that remain are named to the database: a list of the
 * others would have it ask all machines. */
static RvStatus leave_out_unreachable(Query *query, RvError *err)
{
    int64_t *ids = NULL;
    size_t count = 0, kept = 0;
    RvStatus status =
        rv_store_unreachable(query->store, query->video_ids, query->place_count, &ids, &count, err);
    for (size_t i = 0; status == RV_OK && i < query->place_count; i++) {
        size_t at = rv_find_first(ids, count, sizeof *ids, 0, query->video_ids[i]);
        if (at < count && ids[at] == query->video_ids[i])
            continue;
        query->video_ids[kept] = query->video_ids[i];
        query->places[kept++] = query->places[i];
    }
    query->place_count = kept;
    query->unreachable_count = count;
    free(ids);
    return status;
}

static RvStatus choose_videos(Query *query, RvError *err)
{
    RvStatus status = rv_store_list_paths(query->store, &query->videos, err);
    if (status != RV_OK)
        return status;
    query->places = rv_mem_alloc(query->videos.count, sizeof *query->places, err);
    query->video_ids = rv_mem_alloc(query->videos.count, sizeof *query->video_ids, err);
    bool *chosen = rv_mem_alloc(query->videos.count + 1, sizeof *chosen, err);
    if (query->places == NULL || query->video_ids == NULL || chosen == NULL) {
        free(chosen);
        return RV_ERROR_MEMORY;
    }
    RvNaming naming = RV_NAMED_NONE;
    query->matched_count = rv_video_name_choose(query->options.video_glob, &query->videos, chosen, &naming);
    for (size_t i = 0; i < query->videos.count; i++) {
        if (chosen[i])
            query->places[query->place_count++] = (VideoPlace){query->videos.items[i].video_id, (uint32_t)i};
    }
    free(chosen);
    if (query->place_count > 1)
        qsort(query->places, query->place_count, sizeof *query->places, compare_place_ids);
    for (size_t i = 0; i < query->place_count; i++)
        query->video_ids[i] = query->places[i].video_id;
    if (query->options.partial)
        status = leave_out_unreachable(query, err);
    query->has_filter = query->options.video_glob != NULL || query->unreachable_count > 0;
    return status;
}

/* As rv_query_begin. */
static RvStatus check_rest(const Query *query, bool *wanted, RvError *err)
{
    *wanted = query->unreachable_count == 0 || query->place_count > 0;
    if (*wanted || query->matched_count == 0)
        return RV_OK;
    if (query->matched_count == 1)
        return rv_error_set(
            err, RV_ERROR_NETWORK,
            "%s: the video that matches is on a machine that does not answer; run the command again when it does",
            rv_store_uri(query->store));
    return rv_error_set(
        err, RV_ERROR_NETWORK,
        "%s: all %zu videos that match are on machines that do not answer; run the command again "
        "when they do",
        rv_store_uri(query->store), query->matched_count);
}

RvStatus rv_query_begin(Query *query, bool *wanted, RvError *err)
{
    bool present = false;
    *wanted = false;
    RvStatus status = check_model(query, &present, err);
    if (status == RV_OK && present)
        status = choose_videos(query, err);
    if (status == RV_OK && present)
        status = check_rest(query, wanted, err);
    return status;
}
