/* SPDX-License-Identifier: MIT */
/* Models by name: which are known, fetching, adding and checking them, finding them on disk. rv_model_fetch
 * is the only function of reelvec that uses the network without being given a URL. */
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
    const char *weights_sha256; /* of that file; NULL: not known, so the server's word is taken and kept */
    uint64_t size_bytes;        /* of all files; 0: not known */
    int dimensions;
    int image_size;
    const char *languages; /* the languages of its texts: "English", "Chinese", "many" */
    const char *
        revision; /* the commit that is fetched; NULL: not known, the first fetch asks for the current one and
                              keeps it */
    uint64_t size_about_bytes; /* size_bytes, or if that is not known computed from the model's shape */
    const char *licence;       /* of the weights, as their publisher's repository says: "MIT", "Apache-2.0" */
    const char *licence_note;  /* what else holds; NULL: nothing */
    /* What others measured, in percent; 0: not published. Of captions, how many find their own picture first: COCO's
     * 5,000 in English, COCO-CN's in Chinese; or their own video: MSR-VTT 1kA. Of ImageNet's pictures, how many get
     * their class without training. */
    double coco_recall, coco_cn_recall, msrvtt_recall, imagenet_accuracy;
    const char *accuracy_source; /* who published these figures, and where */
    const char *msrvtt_source; /* likewise for MSR-VTT's; NULL: it is not published, or by accuracy_source */
} RvKnownModel;

/* Threads: any number of calls at once. Callbacks run on the caller's thread. */

/* The models that rv_model_fetch knows, by index; NULL after the last. Static storage. */
RV_API const RvKnownModel *rv_model_known(size_t index);

/* The folder of fetched and added models ($XDG_DATA_HOME/reelvec/models). */
RV_API RvStatus rv_model_folder(char *path, size_t size_bytes, RvError *err);

/* Find a model by name or path. path[size_bytes] is the checkpoint of an added model of that name, an
 * existing path unchanged (of a folder whose only weights are one .pt or .pth that file), or the fetched
 * checkpoint of a known name. Names are looked for in rv_model_folder(), then in the folders of all users of the
 * machine: PREFIX/share/reelvec/models of the installation, and DIR/reelvec/models for each DIR of $XDG_DATA_DIRS.
 * Errors: NOT_FOUND, with a message that says how to fetch it. */
RV_API RvStatus rv_model_find(const char *name_or_path, char *path, size_t size_bytes, RvError *err);

/* Call `added` for each model of the models folder that is not a known one, in the order of names, then for those
 * of all users of the machine whose names are not there. If it returns false, the call stops. */
RV_API RvStatus rv_model_each_added(bool (*added)(void *user, const char *name, const char *path), void *user,
                                    RvError *err);

/* Find the checkpoint that a library names: at `place`, else under its name in the models folder, else
 * anywhere in that folder. A checkpoint whose weights have another SHA-256 is never returned, and the name is
 * never used as a path. place: the absolute path of the checkpoint when the library was made, or NULL; it is
 * ignored if it is neither a regular file nor a folder. Errors: NOT_FOUND, with a message that says how to
 * get the model. */
RV_API RvStatus rv_model_locate(const char *name, const char *weights_sha256, const char *place, char *path,
                                size_t size_bytes, RvError *err);

/* What a library's tables tell of its model, for programs that read them without reelvec. */
typedef struct RvStoredModel {
    const char *name, *weights_sha256; /* library.model_name, library.weights_sha256 */
    int preprocess_version; /* library.preprocess_version; 0: not known, nothing but the weights is compared */
    const char *details;    /* the note "model"; NULL if there is none */
    const char *place;      /* the note "model_path"; NULL if there is none */
    uint64_t reserved[8];
} RvStoredModel;

/* As rv_model_locate, but a checkpoint with these weights that is used in another way is not taken: with other
 * preprocessing, with another kind of tokenizer. Errors: NOT_FOUND, with a message that names such a checkpoint. */
RV_API RvStatus rv_model_locate_stored(const RvStoredModel *stored, char *path, size_t size_bytes,
                                       RvError *err);

typedef struct RvFetchProgress {
    const char *file;
    uint64_t bytes_done;
    uint64_t bytes_expected; /* 0: unknown */
    double elapsed_s;
} RvFetchProgress;

typedef struct RvFetchOptions {
    const char *base_url; /* NULL: the public addresses; else a mirror with the same file names */
    const char *folder;   /* NULL: rv_model_folder() */
    /* Return false to stop; what has come is kept for resuming. */
    bool (*progress)(void *user, const RvFetchProgress *progress);
    void *progress_user;
    int stall_timeout_s; /* give up if nothing arrives for this time; 0: 30 */
    /* INFO: each file, its address and size, before it is fetched. WARNING: an address that failed, a file
     * without a known SHA-256. */
    RvLog log;
    uint64_t reserved[8];
} RvFetchOptions;

/* Download the files of a known model, check sizes and SHA-256, and install them atomically. If no SHA-256 is known,
 * the file is compared with the one that the server states (Hugging Face's X-Linked-Etag, of small files git's name of
 * their content). What came, and at which commit, is kept in fetched.txt beside the files, and every later fetch
 * compares with it. An interrupted download is resumed. Every file is tried at each of its public addresses; if all fail, the next form in
 * which the model is published is tried. The environment variable HF_ENDPOINT replaces
 * https://huggingface.co. HF_TOKEN is sent to that endpoint only, and only if it is https:// or on this
 * machine. libcurl's variables set proxies. Errors: NOT_FOUND (no known name), NETWORK, MISMATCH, CANCELLED,
 * BUSY, IO, ARGUMENT. */
RV_API RvStatus rv_model_fetch(const char *name, const RvFetchOptions *options, RvError *err);

/* Read the files of an installed known or an added model and compare their SHA-256 with the known or the kept
 * one. *unknown_count (may be NULL): the files of which nobody stated a digest when they came or were added.
 * Errors: MISMATCH if one differs, NOT_FOUND if one or the model is not there, or no digest was kept, FORMAT if
 * fetched.txt is damaged. */
RV_API RvStatus rv_model_verify(const char *name, const char *folder, size_t *unknown_count, RvError *err);

typedef struct RvAddOptions {
    const char *name;   /* NULL: the known one of these weights, else the folder's or the file's name */
    const char *folder; /* NULL: rv_model_folder() */
    bool link;          /* symbolic links instead of copies */
    RvLog log;
    uint64_t reserved[8];
} RvAddOptions;

/* Put a checkpoint that was downloaded by hand into the models folder. paths: a folder, or files one by one;
 * the other files of a checkpoint are taken from the folder of the weight file. Weights with a known SHA-256
 * get their known name. The checkpoint is opened and embeds a text first; copies are then compared with what
 * was opened. name[size_bytes]: the name that the model got. Errors: ARGUMENT, NOT_FOUND, IO, MISMATCH, those
 * of rv_encoder_open. */
RV_API RvStatus rv_model_add(const char *const *paths, size_t path_count, const RvAddOptions *options,
                             char *name, size_t size_bytes, RvError *err);

/* Delete all forms of a fetched or added model from the models folder; of one that is a link there, the link. A folder
 * that holds something else than the model's files is left as it is (IO). Errors: NOT_FOUND, IO, MEMORY. */
RV_API RvStatus rv_model_remove(const char *name, const char *folder, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
