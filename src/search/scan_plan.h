/* SPDX-License-Identifier: MIT */
/* Which way a query takes to the rows that count: this is the one place that decides. */
#ifndef RV_SEARCH_SCAN_PLAN_H
#define RV_SEARCH_SCAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/search.h"

typedef enum ScanWay {
    SCAN_NEAREST, // the database finds the rows
    SCAN_CODES,   // codes name the rows that may be among the best
    SCAN_ROWS     // every row
} ScanWay;

typedef enum NearestFact {
    NEAREST_NONE,    // this kind of library cannot
    NEAREST_OFFERED, // it can
    NEAREST_DECLINED // it was asked, and leaves this query to others
} NearestFact;

typedef enum CodeFact {
    CODES_UNSUPPORTED, // the kind of library keeps none, or searches have no index
    CODES_NONE,        // the library has none
    CODES_UNUSABLE,    // the library names codes, but the file is missing or damaged
    CODES_ODD_QUERY,   // the query is out of the range in which their bounds are proven
    CODES_READY,
    CODES_LEFT_OPEN, // they were scanned, and left too many rows open
    CODES_WRONG      // they were scanned, and are not those of the rows
} CodeFact;

typedef enum ListFact {
    LISTS_NONE, // there is no file
    LISTS_PRESENT,
    LISTS_UNFIT // a file that is damaged, or belongs to other codes
} ListFact;

typedef enum DeviceFact {
    DEVICE_NONE, // none was asked for
    DEVICE_ASKED,
    DEVICE_LEFT // the device does not take the codes, or has failed
} DeviceFact;

/* What is known about a query and its library. If a way was tried and did not lead to an answer, that is a fact
 * too, so that the next plan takes another way. */
typedef struct ScanFacts {
    RvScan scan;
    RvFusion fusion;
    bool is_sequence;
    size_t limit;   // how many of the best are kept; SIZE_MAX: all
    bool has_bound; // with a least score
    bool has_index; // NearestFact: the database has an approximate index
    NearestFact nearest;
    CodeFact codes;
    size_t code_rows; // that have codes
    ListFact lists;
    DeviceFact device;
} ScanFacts;

/* A reason completes the sentence "this way, because ...". */
typedef struct ScanPlan {
    ScanWay way;
    const char *reason;
    bool by_index;                            // of SCAN_NEAREST: through the database's approximate index
    bool on_device;                           // of SCAN_CODES: the first pass runs on the device
    bool by_lists;                            // of SCAN_CODES: only rows of some lists are looked at
    const char *lists_reason, *device_reason; // of SCAN_CODES: why, or why not
} ScanPlan;

void rv_scan_plan(const ScanFacts *facts, ScanPlan *out);

/* The way as users name it: "nearest", "codes", "rows". */
const char *rv_scan_way_name(ScanWay way);

#endif
