/* SPDX-License-Identifier: MIT */
/* What was fetched or added: a file beside a model's files that keeps the digest of each and the commits they come from, for
 * what the table of known models does not say. Later fetches and verifying compare with it.
 *
 *     # a comment
 *     commit REPOSITORY COMMIT
 *     file NAME SHA-256 BYTES CHECK
 *
 * COMMIT: 40 hexadecimal digits, of a repository whose revision the table leaves open; what is missing is fetched at
 * it. CHECK: what the file was compared with when it came: "known", "server", "git" or "nothing";
 * "added": it was added by hand. */
#ifndef RV_MODELS_MODEL_RECORD_H
#define RV_MODELS_MODEL_RECORD_H

#include "models/model_download.h"

#define MODEL_RECORD_NAME "fetched.txt"
#define MODEL_RECORD_MAX_BYTES ((size_t)32 << 10)
#define MODEL_RECORD_FILES 64
#define MODEL_RECORD_COMMITS 4

typedef struct RecordFile {
    char name[128];
    char sha256[65];
    uint64_t size_bytes;
    ModelCheck check;
} RecordFile;

typedef struct RecordCommit {
    char repository[128];
    char commit[41];
} RecordCommit;

/* Zeroed it is empty. */
typedef struct ModelRecord {
    RecordFile files[MODEL_RECORD_FILES];
    size_t file_count;
    RecordCommit commits[MODEL_RECORD_COMMITS];
    size_t commit_count;
} ModelRecord;

/* Read the record of a model's folder; it is empty if there is none. Errors: FORMAT, IO, MEMORY. */
RvStatus rv_model_record_read(const char *folder, ModelRecord *record, RvError *err);

/* The same from bytes. path: the file that messages name. */
RvStatus rv_model_record_parse(const char *path, const char *bytes, size_t size_bytes, ModelRecord *record,
                               RvError *err);

/* Replace the record of a folder, whole or not at all. Errors: IO, ARGUMENT. */
RvStatus rv_model_record_write(const char *folder, const ModelRecord *record, RvError *err);

/* Put a file or a commit in, in the place of an older one of that name. Errors: ARGUMENT if there is no room. */
RvStatus rv_model_record_put_file(ModelRecord *record, const char *name, const Downloaded *downloaded,
                                  RvError *err);
RvStatus rv_model_record_put_commit(ModelRecord *record, const char *repository, const char *commit,
                                    RvError *err);

/* Return NULL if there is none. Borrowed from the record. */
const RecordFile *rv_model_record_file(const ModelRecord *record, const char *name);
const char *rv_model_record_commit(const ModelRecord *record, const char *repository);

#endif
