/* SPDX-License-Identifier: MIT */
/* Known models: where they are, fetching and checking them. The only part that goes to the network unasked
 * for a URL, and only in rv_model_fetch. */
#ifndef REELVEC_MODEL_H
#define REELVEC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvKnownModel {
    const char *name; /* "ViT-B/32" */
    const char *weights_url;
    const char *weights_sha256;
    int dimensions;
    int image_size;
} RvKnownModel;

/* Models that rv_model_fetch knows. *count entries; static storage. */
RV_API const RvKnownModel *rv_model_known(size_t *count);

/* Folder that fetched models live in ($XDG_DATA_HOME/reelvec/models). */
RV_API RvStatus rv_model_folder(char *path, size_t size_bytes, RvError *err);

/* Path of a model by name or path: an existing path is given back as it is, a known name gives the fetched
 * file; NOT_FOUND says how to fetch it. */
RV_API RvStatus rv_model_find(const char *name_or_path, char *path, size_t size_bytes, RvError *err);

typedef struct RvFetchProgress {
    const char *file;
    uint64_t bytes_done;
    uint64_t bytes_expected; /* 0: unknown */
    double elapsed_s;
} RvFetchProgress;

typedef struct RvFetchOptions {
    const char *base_url; /* NULL: the public addresses; else a mirror that has the same file names */
    const char *folder;   /* NULL: rv_model_folder() */
    bool (*progress)(void *user,
                     const RvFetchProgress *progress); /* false stops; the part stays for resuming */
    void *progress_user;
    int stall_timeout_s; /* give up when nothing arrives for so long; 0: 30 */
} RvFetchOptions;

/* Download weights and vocabulary, resuming what is there, check SHA-256, install atomically. */
RV_API RvStatus rv_model_fetch(const char *name, const RvFetchOptions *options, RvError *err);

/* Read an installed known model again and compare its SHA-256. MISMATCH when it differs. */
RV_API RvStatus rv_model_verify(const char *name, const char *folder, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
