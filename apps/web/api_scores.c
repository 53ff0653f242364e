/* SPDX-License-Identifier: MIT */
/* GET and POST /api/v1/videos/{id}/scores: how each frame of one video answers a query. */
#include <math.h>
#include <string.h>

#include "api.h"
#include "asking.h"
#include "context.h"
#include "metrics.h"
#include "question.h"

#define SCORE_STEP 1e-6 // finer than any difference that means something

static json_t *scores_json(const Asking *asking, const Question *question, const RvFrameScores *scores)
{
    json_t *numbers = json_array(), *times = json_array(), *values = json_array();
    double least = INFINITY, most = -INFINITY, end_s = 0;
    for (size_t i = 0; i < scores->count; i++) {
        const RvFrameScore *frame = &scores->items[i];
        json_array_append_new(numbers, json_integer(frame->frame_number));
        json_array_append_new(times, json_real(frame->time_s));
        json_array_append_new(values, json_real(round(frame->score / SCORE_STEP) * SCORE_STEP));
        least = fmin(least, frame->score);
        most = fmax(most, frame->score);
        end_s = frame->end_s;
    }
    json_t *address = asking_address(asking->request, "/api/v1/videos/%lld/frames/{number}.jpg?v=%016llx",
                                     (long long)asking->video->video_id,
                                     (unsigned long long)shelf_video_tag(asking->book, asking->video));
    return json_pack("{s:I, s:s, s:o, s:o, s:o, s:f, s:o, s:o, s:o}", "video",
                     (json_int_t)asking->video->video_id, "score_kind", question_score_kind(question),
                     "numbers", numbers, "times", times, "scores", values, "end", end_s, "least",
                     scores->count > 0 ? json_real(least) : json_null(), "most",
                     scores->count > 0 ? json_real(most) : json_null(), "picture", address);
}

void api_scores(Request *request, Reply *reply)
{
    Asking asking;
    Question question = {0};
    RvFrameScores scores = {0};
    RvError err = {0};
    if (asking_video(&asking, request) && question_read(&question, &asking, false) &&
        question_keep_part(&question, &asking)) {
        question.options.video_glob = NULL; // the video is that of the address
        metrics_count(request->server->metrics, METRICS_SEARCHES);
        RvStatus status = rv_library_video_scores(asking.book->library, request->server->encoder,
                                                  question.terms, question.term_count, &question.options,
                                                  asking.video->path, &scores, &err);
        if (status == RV_OK)
            reply_json(reply, 200, scores_json(&asking, &question, &scores));
        else
            reply_failure(reply, &err);
        reply_header(reply, "Cache-Control", "no-store");
        rv_frame_scores_clear(&scores);
    }
    question_clear(&question);
    asking_end(&asking);
}
