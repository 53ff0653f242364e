/* SPDX-License-Identifier: MIT */
/* A library's codes in the memory of a compute device, for the first pass of searches. */
#ifndef RV_CODE_DEVICE_H
#define RV_CODE_DEVICE_H

#include "search/codes/code_job.h"

typedef struct CodeDevice CodeDevice;

typedef struct CodeDeviceRow {
    uint32_t segment, row;
} CodeDeviceRow;

/* name: as ComputeOptions.device. *out is NULL if that device does not search. Errors:
 * UNSUPPORTED, MEMORY. */
RvStatus rv_code_device_open(const char *name, CodeDevice **out, RvError *err);
void rv_code_device_close(CodeDevice *device); // NULL is accepted

/* Bring the copy in line with the file: segments that it has are kept, checksums of what goes there are
 * checked. *damaged: one is wrong. Errors: MEMORY (there is no room; nothing of the file is there then),
 * UNSUPPORTED (a shape that the device does not take), IO (the device has failed). */
RvStatus rv_code_device_load(CodeDevice *device, CodeFile *file, ThreadPool *pool, bool *damaged,
                             RvError *err);

/* Score the rows of the job's file, which was loaded. best [*count], borrowed: of each block of rows the
 * highest lower bound of a row that counts. false: the device has failed. */
bool rv_code_device_score(CodeDevice *device, const CodeScan *job, const float **best, size_t *count);
/* After rv_code_device_score: the rows that may reach the threshold, borrowed. Returns false if they are so many
 * that this is of no use, or if the device has failed. */
bool rv_code_device_above(CodeDevice *device, double threshold, const CodeDeviceRow **rows, size_t *count);

/* Record that an answer of the device was found to be wrong, which counts as a failure. */
void rv_code_device_reject(CodeDevice *device, const char *reason);
/* Returns why the device has failed in a search, or NULL if it has not. */
const char *rv_code_device_failure(const CodeDevice *device);

#endif
