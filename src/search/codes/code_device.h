/* SPDX-License-Identifier: MIT */
/* A library's codes in the memory of a compute device, for the first pass of searches. */
#ifndef RV_CODE_DEVICE_H
#define RV_CODE_DEVICE_H

#include "search/codes/code_job.h"

typedef struct CodeDevice CodeDevice;

typedef struct CodeDeviceRow {
    uint32_t segment, row;
} CodeDeviceRow;

/* name: as ComputeOptions.device. *out: NULL where that device leaves searches to the CPU. Errors:
 * UNSUPPORTED, MEMORY. */
RvStatus rv_code_device_open(const char *name, const RvLog *log, CodeDevice **out, RvError *err);
void rv_code_device_close(CodeDevice *device); // NULL is accepted

/* Bring the copy in line with the file: segments that it has are kept, checksums of what goes there are
 * checked. *damaged: one is wrong. Errors: MEMORY (there is no room; nothing of the file is there then),
 * UNSUPPORTED (a shape that the device does not take), IO (the device has failed). */
RvStatus rv_code_device_load(CodeDevice *device, CodeFile *file, ThreadPool *pool, bool *damaged,
                             RvError *err);

/* Score the rows of the job's file, which was loaded. best [*count], borrowed: of each block of rows the
 * highest lower bound of a row that counts. false: the device has failed. */
bool rv_code_device_score(CodeDevice *device, const CodeScan *job, const float **best, size_t *count);
/* Afterwards: the rows that may reach the threshold, borrowed. false: they are too many for this to be of
 * use, or the device has failed. */
bool rv_code_device_above(CodeDevice *device, double threshold, const CodeDeviceRow **rows, size_t *count);

/* What is found wrong with its answers counts as a failure. */
void rv_code_device_distrust(CodeDevice *device, const char *reason);
/* Why the device has failed in a search; NULL: it has not. */
const char *rv_code_device_failure(const CodeDevice *device);

#endif
