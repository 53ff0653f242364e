/* SPDX-License-Identifier: MIT */
/* What a query asks for: whether it can be answered, and how many frames it needs. */
#include "search/query_options.h"

#include <math.h>
#include <stdint.h>

#include "base/error.h"

// Moments are looked for around so many frames at first.
#define MOMENT_CANDIDATES_MIN 50
#define MOMENT_CANDIDATES_PER_HIT 10

static RvStatus check_terms(const QueryVector *terms, size_t term_count, int dimensions, RvError *err)
{
    if (term_count == 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "the query is empty; give a text, an image or a frame");
    for (size_t t = 0; t < term_count; t++) {
        const QueryVector *term = &terms[t];
        if (!isfinite(term->weight) || term->weight == 0)
            return rv_error_set(err, RV_ERROR_ARGUMENT,
                                "term %zu of the query has weight %g; give a number other than 0", t + 1,
                                term->weight);
        for (int i = 0; i < dimensions; i++) {
            if (!isfinite(term->vector[i]))
                return rv_error_set(err, RV_ERROR_ARGUMENT,
                                    "the vector of term %zu of the query is not finite", t + 1);
        }
    }
    return RV_OK;
}

size_t rv_query_part_count(const QueryVector *terms, size_t term_count)
{
    size_t last = 0;
    for (size_t t = 0; t < term_count; t++)
        last = terms[t].part > last ? terms[t].part : last;
    return last + 1;
}

static RvStatus check_parts(const QueryVector *terms, size_t term_count, RvError *err)
{
    bool named[RV_SEQUENCE_PARTS_MAX] = {false};
    for (size_t t = 0; t < term_count; t++) {
        if (terms[t].part >= RV_SEQUENCE_PARTS_MAX)
            return rv_error_set(err, RV_ERROR_ARGUMENT, "a sequence has at most %d parts",
                                RV_SEQUENCE_PARTS_MAX);
        named[terms[t].part] = true;
    }
    for (size_t part = 0, count = rv_query_part_count(terms, term_count); part < count; part++) {
        if (!named[part])
            return rv_error_set(err, RV_ERROR_ARGUMENT,
                                "part %zu of the sequence is empty; give it a text, an image or a frame",
                                part + 1);
    }
    return RV_OK;
}

/* What a sequence cannot be asked with. */
static RvStatus check_sequence(const RvSearchOptions *options, RvError *err)
{
    if (!isfinite(options->within_s) || options->within_s <= 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "the parts of a sequence cannot lie within %g s; give a number above 0",
                            options->within_s);
    if (options->fusion != RV_FUSION_MEAN)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "zscore and rrf do not rank sequences; use mean");
    if (options->scan == RV_SCAN_APPROXIMATE)
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "a sequence is compared with every frame; the approximate index is of no use to it");
    return RV_OK;
}

static bool is_unordered(const double *value)
{
    return value != NULL && isnan(*value);
}

static RvStatus check_options(const RvSearchOptions *options, RvError *err)
{
    if (is_unordered(options->min_score) || is_unordered(options->after_s) ||
        is_unordered(options->before_s) || !isfinite(options->moment_gap_s) || options->moment_gap_s < 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "a bound of the search (score, time or gap) is not a number");
    if (!isfinite(options->pad_s) || options->pad_s < 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "moments cannot be made longer by %g s", options->pad_s);
    if (options->pad_s > 0 && !options->moments)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "only moments can be made longer, not frames");
    if (!isfinite(options->timeout_s) || options->timeout_s < 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a search cannot be given %g s", options->timeout_s);
    if (options->after_s != NULL && options->before_s != NULL && *options->after_s > *options->before_s)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "nothing lies after %g s and before %g s; exchange the two", *options->after_s,
                            *options->before_s);
    if (options->fusion != RV_FUSION_MEAN && options->fusion != RV_FUSION_ZSCORE &&
        options->fusion != RV_FUSION_RRF)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "unknown fusion %d; use mean, zscore or rrf",
                            (int)options->fusion);
    if (options->scan != RV_SCAN_AUTO && options->scan != RV_SCAN_EXACT &&
        options->scan != RV_SCAN_APPROXIMATE)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "unknown way to scan %d", (int)options->scan);
    if (options->scan == RV_SCAN_APPROXIMATE && options->fusion != RV_FUSION_MEAN)
        return rv_error_set_hint(err, RV_ERROR_ARGUMENT, RV_HINT_MEAN_FUSION, NULL,
                                 "zscore and rrf look at every frame");
    return RV_OK;
}

RvStatus rv_query_check(const QueryVector *terms, size_t term_count, int dimensions,
                        const RvSearchOptions *options, RvError *err)
{
    RvStatus status = check_terms(terms, term_count, dimensions, err);
    if (status == RV_OK)
        status = check_parts(terms, term_count, err);
    if (status == RV_OK)
        status = check_options(options, err);
    return status == RV_OK && rv_query_part_count(terms, term_count) > 1 ? check_sequence(options, err)
                                                                         : status;
}

size_t rv_query_frames_wanted(const RvSearchOptions *options)
{
    if (!options->moments)
        return options->top;
    if (options->top > SIZE_MAX / MOMENT_CANDIDATES_PER_HIT)
        return SIZE_MAX;
    size_t count = options->top * MOMENT_CANDIDATES_PER_HIT;
    return count > MOMENT_CANDIDATES_MIN ? count : MOMENT_CANDIDATES_MIN;
}

RvStatus rv_query_status(const RvSearchOptions *options, RvStatus status, RvError *err)
{
    if (status != RV_OK && options->partial && err != NULL && err->hint == RV_HINT_PARTIAL)
        err->hint = RV_HINT_NONE;
    return status;
}
