/* SPDX-License-Identifier: MIT */
/* The best chains by way of the codes: few rows are read. */
#ifndef RV_SEARCH_SEQUENCE_CODES_H
#define RV_SEARCH_SEQUENCE_CODES_H

#include "search/scan_codes.h"
#include "search/sequence_job.h"
#include "search/sequence_track.h"

/* codes: opened with the job's videos and times, facts->codes is CODES_READY. If *done is false, out is empty, and
 * facts->codes says why all rows must be read instead. *scored_count: rows that were read. Errors: CANCELLED, FORMAT,
 * MEMORY, those of reading. */
RvStatus rv_sequence_by_codes(const SequenceJob *job, CodeSearch *codes, ScanFacts *facts, RankedChains *out,
                              size_t *scored_count, bool *done, RvError *err);

#endif
