/* SPDX-License-Identifier: MIT */
/* The way of a query, by what is known of it and of the library: each row of the plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "search/ivf/ivf.h"
#include "search/scan_plan.h"

#define MANY LISTS_MIN_ROWS
#define NEAREST_MAX STORE_NEAREST_MAX

static const struct {
    ScanFacts facts;
    ScanWay way;
    bool by_index, on_device, by_lists;
    const char *reason; // words of it
    const char *why;
} cases[] = {
    {{.fusion = RV_FUSION_ZSCORE, .codes = CODES_READY, .code_rows = MANY, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "every frame",
     "zscore needs all scores"},
    {{.fusion = RV_FUSION_RRF, .nearest = NEAREST_OFFERED, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "every frame",
     "and so does rrf"},
    {{.nearest = NEAREST_OFFERED, .limit = 5},
     SCAN_NEAREST,
     false,
     false,
     false,
     "finds few rows",
     "a database that finds rows"},
    {{.nearest = NEAREST_OFFERED, .has_index = true, .limit = 5},
     SCAN_NEAREST,
     true,
     false,
     false,
     "approximate index",
     "and has an index"},
    {{.nearest = NEAREST_OFFERED, .has_index = true, .limit = 5, .scan = RV_SCAN_APPROXIMATE},
     SCAN_NEAREST,
     true,
     false,
     false,
     "approximate index",
     "which was asked for"},
    {{.nearest = NEAREST_OFFERED, .has_index = true, .limit = 5, .scan = RV_SCAN_EXACT},
     SCAN_NEAREST,
     false,
     false,
     false,
     "every frame was asked for, and",
     "or was not"},
    {{.nearest = NEAREST_OFFERED, .limit = 5, .scan = RV_SCAN_EXACT},
     SCAN_NEAREST,
     false,
     false,
     false,
     "every frame was asked for, and",
     "an index is not looked for then"},
    {{.nearest = NEAREST_OFFERED, .limit = NEAREST_MAX},
     SCAN_NEAREST,
     false,
     false,
     false,
     "finds few rows",
     "as many as it may be asked for"},
    {{.nearest = NEAREST_OFFERED, .limit = NEAREST_MAX + 1},
     SCAN_ROWS,
     false,
     false,
     false,
     "no codes",
     "one more"},
    {{.nearest = NEAREST_OFFERED, .limit = SIZE_MAX, .has_bound = true},
     SCAN_ROWS,
     false,
     false,
     false,
     "no codes",
     "all from a score up"},
    {{.nearest = NEAREST_DECLINED, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "leaves this query",
     "it was asked in vain"},
    {{.codes = CODES_UNSUPPORTED, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "kind of library",
     "no codes here"},
    {{.codes = CODES_NONE, .limit = 5}, SCAN_ROWS, false, false, false, "20,000 frames", "no codes yet"},
    {{.codes = CODES_UNUSABLE, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "cannot be used",
     "a damaged file"},
    {{.codes = CODES_ODD_QUERY, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "numbers",
     "a vector of huge numbers"},
    {{.codes = CODES_READY, .code_rows = 1000, .limit = 125},
     SCAN_CODES,
     false,
     false,
     false,
     "has codes",
     "an eighth of the rows"},
    {{.codes = CODES_READY, .code_rows = 1000, .limit = 126},
     SCAN_ROWS,
     false,
     false,
     false,
     "are wanted",
     "one more than that"},
    {{.codes = CODES_READY, .code_rows = 1000, .limit = SIZE_MAX},
     SCAN_ROWS,
     false,
     false,
     false,
     "are wanted",
     "all rows"},
    {{.codes = CODES_READY, .code_rows = 1000, .limit = SIZE_MAX, .has_bound = true},
     SCAN_CODES,
     false,
     false,
     false,
     "has codes",
     "all from a score up"},
    {{.codes = CODES_LEFT_OPEN, .code_rows = MANY, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "may be among the best",
     "the codes told too little"},
    {{.codes = CODES_WRONG, .code_rows = MANY, .limit = 5},
     SCAN_ROWS,
     false,
     false,
     false,
     "not those of",
     "the codes were damaged"},
    {{.codes = CODES_READY, .code_rows = MANY, .limit = 5, .lists = LISTS_PRESENT},
     SCAN_CODES,
     false,
     false,
     true,
     "has codes",
     "lists pay"},
    {{.codes = CODES_READY, .code_rows = MANY - 1, .limit = 5, .lists = LISTS_PRESENT},
     SCAN_CODES,
     false,
     false,
     false,
     "has codes",
     "lists do not pay yet"},
    {{.codes = CODES_READY,
      .code_rows = 1000,
      .limit = 5,
      .lists = LISTS_PRESENT,
      .scan = RV_SCAN_APPROXIMATE},
     SCAN_CODES,
     false,
     false,
     true,
     "has codes",
     "lists that were asked for"},
    {{.codes = CODES_READY, .code_rows = MANY, .limit = 5, .lists = LISTS_PRESENT, .scan = RV_SCAN_EXACT},
     SCAN_CODES,
     false,
     false,
     false,
     "has codes",
     "every frame was asked for"},
    {{.codes = CODES_READY, .code_rows = MANY, .limit = 5, .lists = LISTS_UNFIT, .scan = RV_SCAN_APPROXIMATE},
     SCAN_CODES,
     false,
     false,
     false,
     "has codes",
     "lists of other codes"},
    {{.codes = CODES_READY, .code_rows = MANY, .limit = SIZE_MAX, .has_bound = true, .lists = LISTS_PRESENT},
     SCAN_CODES,
     false,
     false,
     false,
     "has codes",
     "lists find few rows only"},
    {{.codes = CODES_READY, .code_rows = MANY, .limit = 5, .lists = LISTS_PRESENT, .device = DEVICE_ASKED},
     SCAN_CODES,
     false,
     true,
     false,
     "has codes",
     "a device before lists"},
    {{.codes = CODES_READY,
      .code_rows = MANY,
      .limit = 5,
      .lists = LISTS_PRESENT,
      .device = DEVICE_ASKED,
      .scan = RV_SCAN_APPROXIMATE},
     SCAN_CODES,
     false,
     false,
     true,
     "has codes",
     "but not if lists were asked for"},
    {{.codes = CODES_READY, .code_rows = MANY, .limit = 5, .lists = LISTS_PRESENT, .device = DEVICE_LEFT},
     SCAN_CODES,
     false,
     false,
     true,
     "has codes",
     "a device without room"},
    {{.codes = CODES_READY, .code_rows = 1000, .limit = 5, .device = DEVICE_ASKED, .scan = RV_SCAN_EXACT},
     SCAN_CODES,
     false,
     true,
     false,
     "has codes",
     "every frame, on the device"},
    {{.is_sequence = true,
      .codes = CODES_READY,
      .code_rows = MANY,
      .limit = 10,
      .lists = LISTS_PRESENT,
      .device = DEVICE_ASKED},
     SCAN_CODES,
     false,
     false,
     false,
     "has codes",
     "a sequence: every frame, by the processor"},
    {{.is_sequence = true, .codes = CODES_NONE, .limit = 10},
     SCAN_ROWS,
     false,
     false,
     false,
     "no codes",
     "a sequence without codes"},
};

static void plan_follows_its_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ScanPlan plan;
        rv_scan_plan(&cases[i].facts, &plan);
        if (plan.way != cases[i].way || plan.by_index != cases[i].by_index ||
            plan.on_device != cases[i].on_device || plan.by_lists != cases[i].by_lists)
            fail_msg("%s: %s%s%s%s", cases[i].why, rv_scan_way_name(plan.way),
                     plan.by_index ? " by index" : "", plan.on_device ? " on device" : "",
                     plan.by_lists ? " by lists" : "");
        if (plan.reason == NULL || strstr(plan.reason, cases[i].reason) == NULL)
            fail_msg("%s: %s", cases[i].why, plan.reason);
        bool codes = plan.way == SCAN_CODES;
        assert_true((plan.lists_reason != NULL) == codes && (plan.device_reason != NULL) == codes);
    }
}

/* Facts only get worse when a way was tried in vain, so the search for a way ends at the rows. */
static void ways_that_fail_lead_to_the_rows(void **state)
{
    (void)state;
    ScanFacts facts = {.codes = CODES_READY,
                       .code_rows = MANY,
                       .limit = 5,
                       .nearest = NEAREST_OFFERED,
                       .lists = LISTS_PRESENT,
                       .device = DEVICE_ASKED};
    ScanPlan plan;
    int steps = 0;
    for (rv_scan_plan(&facts, &plan); plan.way != SCAN_ROWS; rv_scan_plan(&facts, &plan), steps++) {
        if (plan.way == SCAN_NEAREST)
            facts.nearest = NEAREST_NONE;
        else if (plan.on_device)
            facts.device = DEVICE_LEFT;
        else if (plan.by_lists)
            facts.lists = LISTS_UNFIT;
        else
            facts.codes = CODES_WRONG;
    }
    assert_int_equal(steps, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_follows_its_table),
        cmocka_unit_test(ways_that_fail_lead_to_the_rows),
    };
    return cmocka_run_group_tests_name("scan_plan", tests, NULL, NULL);
}
