/* SPDX-License-Identifier: MIT */
/* GET and POST /api/v1/search. A ranked list is found once; its pages are cut out of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "asking.h"
#include "context.h"
#include "metrics.h"
#include "question.h"
#include "ranked.h"
#include "video_json.h"
#include "web_clock.h"

/* A page that grows: its hits, and the videos that they are of. */
typedef struct Page {
    const Asking *asking;
    const RankedList *list;
    json_t *hits, *videos;
    int64_t *video_ids; // of `videos`
    size_t video_count;
} Page;

/* ---- hits --------------------------------------------------------------------------------------------- */

static void name_video(Page *page, const RvVideo *video)
{
    for (size_t i = 0; i < page->video_count; i++) {
        if (page->video_ids[i] == video->video_id)
            return;
    }
    page->video_ids[page->video_count++] = video->video_id;
    json_array_append_new(page->videos, video_json(page->asking, video, false));
}

static json_t *hit_json(const Page *page, const RvHit *hit, const RvVideo *video)
{
    json_t *json = json_pack("{s:I, s:I, s:f, s:f, s:f, s:f, s:o}", "video", (json_int_t)hit->video_id,
                             "frame", (json_int_t)hit->frame_number, "time", hit->time_s, "score", hit->score,
                             "start", hit->start_s, "end", hit->end_s, "picture",
                             asking_picture(page->asking, video, hit->frame_number));
    json_t *parts = hit->part_count > 0 ? json_array() : NULL;
    for (size_t i = 0; i < hit->part_count; i++) {
        const RvHitPart *part = &hit->parts[i];
        json_array_append_new(parts,
                              json_pack("{s:I, s:f, s:f, s:o}", "frame", (json_int_t)part->frame_number,
                                        "time", part->time_s, "score", part->score, "picture",
                                        asking_picture(page->asking, video, part->frame_number)));
    }
    if (parts != NULL)
        json_object_set_new(json, "parts", parts);
    return json;
}

/* Returns how many hits were looked at: those of videos that are gone since are left out. */
static size_t fill_plain(Page *page, size_t first, size_t limit)
{
    size_t i = first;
    for (; i < page->list->hits.count && json_array_size(page->hits) < limit; i++) {
        const RvHit *hit = &page->list->hits.items[i];
        const RvVideo *video = shelf_video(page->asking->videos, hit->video_id);
        if (video == NULL)
            continue;
        name_video(page, video);
        json_array_append_new(page->hits, hit_json(page, hit, video));
    }
    return i - first;
}

/* ---- hits by video ------------------------------------------------------------------------------------ */

typedef struct Place {
    int64_t video_id;
    size_t hit; // its place in the list
} Place;

typedef struct Group {
    int64_t video_id;
    const Place *places; // of its hits, the best first
    size_t count;
} Group;

static int compare_places(const void *a, const void *b)
{
    const Place *left = a, *right = b;
    return left->video_id != right->video_id
               ? (left->video_id > right->video_id) - (left->video_id < right->video_id)
               : (left->hit > right->hit) - (left->hit < right->hit);
}

static int compare_groups(const void *a, const void *b)
{
    size_t left = ((const Group *)a)->places->hit, right = ((const Group *)b)->places->hit;
    return (left > right) - (left < right);
}

/* One for each video, by its best hit. places: [hits->count], filled. Returns how many there are. */
static size_t find_groups(const RvHits *hits, Place *places, Group *groups)
{
    size_t count = 0;
    for (size_t i = 0; i < hits->count; i++)
        places[i] = (Place){hits->items[i].video_id, i};
    qsort(places, hits->count, sizeof *places, compare_places);
    for (size_t i = 0; i < hits->count; i++) {
        if (count == 0 || groups[count - 1].video_id != places[i].video_id)
            groups[count++] = (Group){places[i].video_id, &places[i], 0};
        groups[count - 1].count++;
    }
    qsort(groups, count, sizeof *groups, compare_groups);
    return count;
}

static json_t *group_json(const Page *page, const Group *group, const RvVideo *video, size_t most)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < group->count && i < most; i++)
        json_array_append_new(shown, hit_json(page, &page->list->hits.items[group->places[i].hit], video));
    return json_pack("{s:I, s:I, s:o}", "video", (json_int_t)group->video_id, "count",
                     (json_int_t)group->count, "hits", shown);
}

/* *looked: how many groups were looked at; *total: of all. Returns false if there is no memory. */
static bool fill_groups(Page *page, size_t first, const Question *question, size_t *looked, size_t *total)
{
    const RvHits *hits = &page->list->hits;
    Place *places = calloc(hits->count + 1, sizeof *places);
    Group *groups = calloc(hits->count + 1, sizeof *groups);
    size_t i = first;
    bool good = places != NULL && groups != NULL;
    *total = good ? find_groups(hits, places, groups) : 0;
    for (; i < *total && json_array_size(page->hits) < (size_t)question->limit; i++) {
        const RvVideo *video = shelf_video(page->asking->videos, groups[i].video_id);
        if (video == NULL)
            continue;
        name_video(page, video);
        json_array_append_new(page->hits, group_json(page, &groups[i], video, (size_t)question->per_video));
    }
    free(places);
    free(groups);
    *looked = i - first;
    return good;
}

/* ---- the answer --------------------------------------------------------------------------------------- */

static json_t *report_json(const RvSearchReport *report)
{
    return json_pack("{s:s, s:s, s:b, s:I, s:I}", "way", report->way, "reason", report->reason, "by_index",
                     report->by_index, "frames_compared", (json_int_t)report->frames_scored,
                     "videos_unreachable", (json_int_t)report->videos_unreachable);
}

static void answer(const Asking *asking, const Question *question, const RankedList *list, double start_s)
{
    Reply *reply = &asking->request->reply;
    Page page = {.asking = asking, .list = list, .hits = json_array(), .videos = json_array()};
    size_t first = question->has_cursor ? (size_t)question->cursor.offset : 0, total = list->hits.count,
           looked = 0;
    // A page has at most one video for each hit or group.
    page.video_ids = calloc((size_t)question->limit, sizeof *page.video_ids);
    bool good = page.video_ids != NULL;
    if (good && question->by_video)
        good = fill_groups(&page, first, question, &looked, &total);
    else if (good)
        looked = fill_plain(&page, first, (size_t)question->limit);
    if (!good) {
        json_decref(page.hits);
        json_decref(page.videos);
        free(page.video_ids);
        reply_memory(reply);
        return;
    }
    json_t *next = json_null();
    if (first < total && looked < total - first) {
        char text[CURSOR_SIZE];
        cursor_write(&(Cursor){list->state, first + looked, list->query}, text);
        next = json_string(text);
    }
    reply_json(reply, 200,
               json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:f}", "score_kind",
                         question_score_kind(question), "score_order", "descending",
                         question->by_video ? "groups" : "hits", page.hits, "videos", page.videos, "next",
                         next, "total", (json_int_t)total, "searched", report_json(&list->report), "ms",
                         (web_clock_s() - start_s) * 1e3));
    reply_header(reply, "Cache-Control", "no-store");
    free(page.video_ids);
}

/* A video may have come since the videos were read. */
static bool name_all(Asking *asking, const RvHits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (shelf_video(asking->videos, hits->items[i].video_id) == NULL)
            return asking_again(asking, 0);
    }
    return true;
}

/* NULL, with an error in the reply. */
static RankedList *search(Asking *asking, Question *question)
{
    WebServer *server = asking->request->server;
    RvHits hits = {0};
    RvError err = {0};
    RankedList *list = NULL;
    RvSearchReport report = {.way = "", .reason = ""};
    question->options.report = &report;
    metrics_count(server->metrics, METRICS_SEARCHES);
    RvStatus status = rv_library_search(asking->book->library, server->encoder, question->terms,
                                        question->term_count, &question->options, &hits, &err);
    if (status == RV_OK && !name_all(asking, &hits)) {
        rv_hits_clear(&hits);
        return NULL;
    }
    if (status == RV_OK)
        status =
            ranked_put(server->ranked, question->digest, asking->videos->state, &hits, &report, &list, &err);
    if (status != RV_OK)
        reply_failure(&asking->request->reply, &err);
    return list;
}

static RankedList *find_list(Asking *asking, Question *question)
{
    WebServer *server = asking->request->server;
    const Cursor *cursor = &question->cursor;
    if (!question->has_cursor)
        return search(asking, question);
    if (cursor->query != question->digest) {
        reply_error(&asking->request->reply, 400, "bad_cursor", "the cursor is that of another query");
        return NULL;
    }
    RankedList *list = ranked_get(server->ranked, cursor->query, cursor->state);
    metrics_count(server->metrics, list != NULL ? METRICS_RANKED_HIT : METRICS_RANKED_MISS);
    if (list != NULL)
        return list;
    if (cursor->state == asking->videos->state)
        return search(asking, question);
    reply_error(&asking->request->reply, 410, "cursor_expired",
                "the library has changed since the first page; search again");
    return NULL;
}

void api_search(Request *request, Reply *reply)
{
    double start_s = web_clock_s();
    Asking asking;
    Question question = {0};
    (void)reply;
    if (asking_videos(&asking, request) && question_read(&question, &asking, true)) {
        RankedList *list = find_list(&asking, &question);
        if (list != NULL)
            answer(&asking, &question, list, start_s);
        ranked_return(request->server->ranked, list);
    }
    question_clear(&question);
    asking_end(&asking);
}
