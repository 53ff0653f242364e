/* SPDX-License-Identifier: MIT */
/* Models by name: which are known, fetching, adding and checking them, finding them on disk. The only part
 * that goes to the network unasked for a URL, and only in rv_model_fetch. */
#ifndef REELVEC_MODEL_H
#define REELVEC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvKnownModel {
    const char *name;           /* "ViT-B/32" */
    const char *repository;     /* where it is published at Hugging Face: "openai/clip-vit-base-patch32" */
    const char *weights_url;    /* the address that is tried first, at the public endpoint */
    const char *weights_sha256; /* of the file there; NULL: not known, so that it cannot be compared */
    uint64_t size_bytes;        /* of all files; 0: not known */
    int dimensions;
    int image_size;
    const char *languages; /* that its texts may be in: "English" */
} RvKnownModel;

/* Threads: any number of calls at once. Callbacks run on the caller's thread. */

/* Models that rv_model_fetch knows; NULL behind the last. Static storage. */
RV_API const RvKnownModel *rv_model_known(size_t index);

/* Folder that fetched and added models live in ($XDG_DATA_HOME/reelvec/models). */
RV_API RvStatus rv_model_folder(char *path, size_t size_bytes, RvError *err);

/* Path of a model by name or path: the checkpoint of an added model of that name, an existing path unchanged,
 * or the fetched checkpoint of a known name; NOT_FOUND says how to fetch it. */
RV_API RvStatus rv_model_find(const char *name_or_path, char *path, size_t size_bytes, RvError *err);

/* The models of the models folder that are no known ones, by name. Return false from `added` to stop. */
RV_API RvStatus rv_model_each_added(bool (*added)(void *user, const char *name, const char *path), void *user,
                                    RvError *err);

/* The checkpoint that a library names: at its place, under its name in the models folder, else anywhere in
 * that folder. A checkpoint whose weights have another SHA-256 is never returned, and no name is taken as a
 * path. place: where the checkpoint was when the library was made, an absolute path, or NULL; anything else
 * there than a regular file or a folder is left alone. Errors: NOT_FOUND says how to get the model. */
RV_API RvStatus rv_model_locate(const char *name, const char *weights_sha256, const char *place, char *path,
                                size_t size_bytes, RvError *err);

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
    int stall_timeout_s; /* give up if nothing arrives for so long; 0: 30 */
    RvLog log; /* INFO: what comes from where and how large it is, before it comes; WARNING: an address that
                  failed, a file that nothing is known to compare with */
    uint64_t reserved[8];
} RvFetchOptions;

/* Download the files of a known model, resuming what is there, check sizes and SHA-256, install atomically.
 * Every file is tried at each of its public addresses, then the next form in which the model is published.
 * HF_ENDPOINT names another endpoint than https://huggingface.co, HF_TOKEN is sent to the endpoint, if that
 * is https:// or on this machine, and to nobody else; proxies as libcurl reads them from the environment.
 * Errors: NOT_FOUND (no known name), NETWORK, MISMATCH, CANCELLED, BUSY, IO, ARGUMENT. */
RV_API RvStatus rv_model_fetch(const char *name, const RvFetchOptions *options, RvError *err);

/* Read an installed known model again and compare its SHA-256. MISMATCH when it differs. *unknown_count (may
 * be NULL): files that nothing is known to compare with. */
RV_API RvStatus rv_model_verify(const char *name, const char *folder, size_t *unknown_count, RvError *err);

typedef struct RvAddOptions {
    const char *name;   /* NULL: the known one of these weights, else the folder's or the file's name */
    const char *folder; /* NULL: rv_model_folder() */
    bool link;          /* symbolic links instead of copies */
    RvLog log;
    uint64_t reserved[8];
} RvAddOptions;

/* Put a checkpoint that was got by hand into the models folder: a folder, or its files one by one; of the
 * folder that a weight file lies in, what else belongs to a checkpoint comes along. Weights with a known
 * SHA-256 get their known name. It is opened first, a text is embedded, and copies are compared with what was
 * opened. name[size_bytes]: what it is called now. Errors: ARGUMENT, NOT_FOUND, IO, MISMATCH, those of
 * rv_encoder_open. */
RV_API RvStatus rv_model_add(const char *const *paths, size_t path_count, const RvAddOptions *options,
                             char *name, size_t size_bytes, RvError *err);

/* Delete a fetched or added model, all of its forms, from the models folder. Errors: NOT_FOUND, IO. */
RV_API RvStatus rv_model_remove(const char *name, const char *folder, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
