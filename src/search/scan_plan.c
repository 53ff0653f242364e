/* SPDX-License-Identifier: MIT */
/* Which way a query takes to the rows that count: this is the one place that decides.
 *
 *     the first line that is true decides                                   way
 *     the fusion is zscore or rrf                                           ROWS
 *     the database finds rows itself, and few are wanted                    NEAREST, by its index if it has one
 *     there are no usable codes for this query, or many rows are wanted     ROWS
 *     the query is a sequence                                               CODES
 *     a device was asked for, and lists were not                            CODES, on the device
 *     there are lists that fit, and they were asked for or are worth it     CODES, of some lists
 *     otherwise                                                             CODES
 *
 * If a way does not lead to an answer, that changes a fact, and the plan is made again. */
#include "search/scan_plan.h"

#include <stdint.h>

#include "search/codes/code_scan.h"
#include "search/ivf/ivf.h"

const char *rv_scan_way_name(ScanWay way)
{
    static const char *const names[] = {"nearest", "codes", "rows"};
    return names[way];
}

static const char *why_no_codes(const ScanFacts *facts)
{
    static const char *const reasons[] = {
        [CODES_UNSUPPORTED] = "this kind of library has no codes",
        [CODES_NONE] = "the library has no codes; those who may write make them from 20,000 frames on",
        [CODES_UNUSABLE] = "its codes cannot be used",
        [CODES_ODD_QUERY] = "codes prove nothing about the numbers of this query",
        [CODES_READY] = NULL,
        [CODES_LEFT_OPEN] = "so many frames may be among the best that reading all of them is faster",
        [CODES_WRONG] = "its codes are not those of its frames",
    };
    if (facts->codes == CODES_READY && !rv_code_scan_pays(facts->code_rows, facts->limit, facts->has_bound))
        return "so many frames are wanted that reading all of them is faster";
    return reasons[facts->codes];
}

static void plan_device(const ScanFacts *facts, ScanPlan *plan)
{
    if (facts->is_sequence)
        plan->device_reason =
            facts->device == DEVICE_NONE ? "no device was asked for" : "the processor searches for sequences";
    else if (facts->device == DEVICE_NONE)
        plan->device_reason = "no device was asked for";
    else if (facts->device == DEVICE_LEFT)
        plan->device_reason = "the device does not take the codes, or has failed";
    else if (facts->scan == RV_SCAN_APPROXIMATE)
        plan->device_reason = "the approximate index was asked for";
    else
        plan->device_reason = "a device was asked for";
    plan->on_device =
        facts->device == DEVICE_ASKED && !facts->is_sequence && facts->scan != RV_SCAN_APPROXIMATE;
}

static void plan_lists(const ScanFacts *facts, ScanPlan *plan)
{
    bool asked = facts->scan == RV_SCAN_APPROXIMATE;
    if (facts->is_sequence)
        plan->lists_reason = "a sequence is compared with every frame";
    else if (facts->lists == LISTS_NONE)
        plan->lists_reason = "there is no approximate index";
    else if (facts->lists == LISTS_UNFIT)
        plan->lists_reason = "the approximate index cannot be used";
    else if (facts->scan == RV_SCAN_EXACT)
        plan->lists_reason = "every frame was asked for";
    else if (plan->on_device)
        plan->lists_reason = "the device looks at every frame";
    else if (facts->limit == SIZE_MAX)
        plan->lists_reason = "lists serve to find few frames";
    else if (!asked && facts->code_rows < LISTS_MIN_ROWS)
        plan->lists_reason = "looking at every frame is fast in a library of this size";
    else {
        plan->lists_reason = asked ? "the approximate index was asked for" : "the library is large";
        plan->by_lists = true;
    }
}

void rv_scan_plan(const ScanFacts *facts, ScanPlan *out)
{
    *out = (ScanPlan){.way = SCAN_ROWS};
    if (facts->fusion != RV_FUSION_MEAN) {
        out->reason = "zscore and rrf need the score of every frame";
        return;
    }
    if (facts->nearest == NEAREST_OFFERED && facts->limit <= STORE_NEAREST_MAX) {
        out->way = SCAN_NEAREST;
        out->by_index = facts->has_index && facts->scan != RV_SCAN_EXACT;
        out->reason = out->by_index ? "the database has an approximate index"
                      : facts->scan == RV_SCAN_EXACT
                          ? "every frame was asked for, and the database finds few rows itself"
                          : "the database finds few rows itself";
        return;
    }
    out->reason = facts->nearest == NEAREST_DECLINED ? "the database leaves this query to a scan of its rows"
                                                     : why_no_codes(facts);
    if (out->reason != NULL)
        return;
    out->way = SCAN_CODES;
    out->reason = "the library has codes";
    plan_device(facts, out);
    plan_lists(facts, out);
}
