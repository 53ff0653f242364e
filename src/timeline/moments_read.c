/* SPDX-License-Identifier: MIT */
/* Lists of moments, as searches print them and as people write them: which form a text has, and what makes a
 * moment. */
#include "timeline/moments_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/moment_frames.h"
#include "base/parse.h"

#define TIME_MAX_S 1e9
#define SHOWN_BYTES 60 // of a text, in messages

/* ---- words -------------------------------------------------------------------------------------------- */

/* Of the words for one fact the first counts. */
static const struct {
    const char *text;
    MomentField field;
} words[] = {
    {"video", MOMENT_VIDEO},     {"file", MOMENT_VIDEO},  {"path", MOMENT_VIDEO}, {"url", MOMENT_VIDEO},
    {"source", MOMENT_VIDEO},    {"name", MOMENT_NAME},   {"title", MOMENT_NAME}, {"label", MOMENT_NAME},
    {"query", MOMENT_NAME},      {"start", MOMENT_START}, {"in", MOMENT_START},   {"from", MOMENT_START},
    {"end", MOMENT_END},         {"out", MOMENT_END},     {"to", MOMENT_END},     {"length", MOMENT_LENGTH},
    {"duration", MOMENT_LENGTH}, {"time", MOMENT_TIME},   {"at", MOMENT_TIME},    {"score", MOMENT_SCORE},
};
#define WORD_COUNT (sizeof words / sizeof words[0])

bool rv_moment_word(const char *text, MomentWord *word)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (!rv_ascii_equal(text, words[i].text))
            continue;
        *word = (MomentWord){words[i].field, (int)i};
        return true;
    }
    return false;
}

/* ---- facts -------------------------------------------------------------------------------------------- */

static bool counts(const MomentFacts *facts, MomentWord word)
{
    return !facts->given[word.field] || word.rank < facts->ranks[word.field];
}

static void note(MomentFacts *facts, MomentWord word)
{
    facts->given[word.field] = true;
    facts->ranks[word.field] = word.rank;
}

RvStatus rv_moment_number(MomentFacts *facts, MomentWord word, double number, const char *where, RvError *err)
{
    if (word.field == MOMENT_VIDEO || word.field == MOMENT_NAME)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s must be a text", where, words[word.rank].text);
    bool possible = word.field == MOMENT_SCORE ? isfinite(number) : number >= 0 && number <= TIME_MAX_S;
    if (!possible)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s is %g; it must be a %s", where,
                            words[word.rank].text, number,
                            word.field == MOMENT_SCORE ? "number" : "time in seconds, 0 or more");
    if (counts(facts, word)) {
        note(facts, word);
        facts->numbers[word.field] = number;
    }
    return RV_OK;
}

RvStatus rv_moment_text(MomentFacts *facts, MomentWord word, const char *text, const char *where,
                        RvError *err)
{
    if (text[0] == '\0')
        return RV_OK;
    if (word.field == MOMENT_VIDEO || word.field == MOMENT_NAME) {
        if (counts(facts, word)) {
            note(facts, word);
            facts->texts[word.field] = text;
        }
        return RV_OK;
    }
    double number = 0;
    bool good = word.field == MOMENT_SCORE ? rv_parse_double(text, -HUGE_VAL, HUGE_VAL, &number)
                                           : rv_parse_time(text, &number);
    if (!good)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s is '%.*s'%s; write %s", where,
                            words[word.rank].text, SHOWN_BYTES, text, strlen(text) > SHOWN_BYTES ? "..." : "",
                            word.field == MOMENT_SCORE ? "a number" : "seconds or h:mm:ss.mmm");
    return rv_moment_number(facts, word, number, where, err);
}

/* ---- moments ------------------------------------------------------------------------------------------ */

/* A single frame, known by its time alone or by a moment without length, lasts a second. */
static RvStatus read_span(const MomentFacts *facts, RvMoment *moment, const char *where, RvError *err)
{
    const bool *given = facts->given;
    if (!given[MOMENT_START] && !given[MOMENT_TIME])
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: has neither start nor time", where);
    moment->start_s = facts->numbers[given[MOMENT_START] ? MOMENT_START : MOMENT_TIME];
    moment->end_s = given[MOMENT_END]      ? facts->numbers[MOMENT_END]
                    : given[MOMENT_LENGTH] ? moment->start_s + facts->numbers[MOMENT_LENGTH]
                                           : moment->start_s;
    if (moment->end_s < moment->start_s)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: ends at %.9g, before it starts at %.9g", where,
                            moment->end_s, moment->start_s);
    if (moment->end_s == moment->start_s)
        moment->end_s += MOMENT_FRAME_S;
    moment->time_s = given[MOMENT_TIME] ? facts->numbers[MOMENT_TIME] : moment->start_s;
    moment->score = given[MOMENT_SCORE] ? facts->numbers[MOMENT_SCORE] : NAN;
    return RV_OK;
}

RvStatus rv_moment_add(MomentList *list, const MomentFacts *facts, const char *where, RvError *err)
{
    RvMoments *moments = &list->moments;
    RvMoment moment = {0};
    RvStatus status = read_span(facts, &moment, where, err);
    if (status != RV_OK)
        return status;
    if (moments->count >= MOMENTS_MAX)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: more than %d moments", where, MOMENTS_MAX);
    RvMoment *items =
        rv_mem_grow(moments->items, &list->capacity, moments->count + 1, sizeof *moments->items, err);
    if (items == NULL)
        return RV_ERROR_MEMORY;
    moments->items = items;
    char *video = facts->given[MOMENT_VIDEO] ? rv_mem_copy_string(facts->texts[MOMENT_VIDEO], err) : NULL;
    char *name = facts->given[MOMENT_NAME] ? rv_mem_copy_string(facts->texts[MOMENT_NAME], err) : NULL;
    if ((facts->given[MOMENT_VIDEO] && video == NULL) || (facts->given[MOMENT_NAME] && name == NULL)) {
        free(video);
        free(name);
        return RV_ERROR_MEMORY;
    }
    moment.video = video;
    moment.name = name;
    items[moments->count++] = moment;
    return RV_OK;
}

void rv_moments_clear(RvMoments *moments)
{
    for (size_t i = 0; i < moments->count; i++) {
        free((char *)moments->items[i].video);
        free((char *)moments->items[i].name);
    }
    free(moments->items);
    *moments = (RvMoments){0};
}

/* ---- forms -------------------------------------------------------------------------------------------- */

static RvStatus check_text(const char *text, size_t size_bytes, RvError *err)
{
    if (size_bytes > MOMENTS_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_MEMORY, "has more than %zu MiB, which is no list of moments",
                            MOMENTS_MAX_BYTES >> 20);
    if (size_bytes >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return rv_error_set(err, RV_ERROR_FORMAT, "is UTF-16; save it as UTF-8");
    if (memchr(text, '\0', size_bytes) != NULL)
        return rv_error_set(err, RV_ERROR_FORMAT, "holds NUL bytes, so it is no text");
    return RV_OK;
}

RvStatus rv_moments_read(const char *text, size_t size_bytes, RvMoments *out, RvError *err)
{
    MomentList list = {0};
    *out = (RvMoments){0};
    text = text != NULL ? text : "";
    RvStatus status = check_text(text, size_bytes, err);
    if (status != RV_OK)
        return status;
    if (size_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size_bytes -= 3;
    }
    size_t blank = 0;
    while (blank < size_bytes && strchr(" \t\r\n", text[blank]) != NULL)
        blank++;
    bool json = blank < size_bytes && (text[blank] == '{' || text[blank] == '[');
    status = json ? rv_moments_read_json(text, size_bytes, &list, err)
                  : rv_moments_read_csv(text, size_bytes, &list, err);
    if (status == RV_OK && list.moments.count == 0)
        status = rv_error_set(err, RV_ERROR_FORMAT, "holds no moments");
    if (status != RV_OK)
        rv_moments_clear(&list.moments);
    *out = list.moments;
    return status;
}
