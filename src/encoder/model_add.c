/* SPDX-License-Identifier: MIT */
/* A checkpoint that was downloaded by hand is checked and copied into the models folder.
 *
 * The files are first linked, by symbolic links, into a new hidden folder beside the others, and opened
 * there. Only then is each link replaced by a copy and the folder renamed to its final name. The model is
 * therefore installed whole or not at all. A process that makes such a folder holds a lock on it. A folder
 * that is not locked was left by a process that was killed; the next process removes it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "models/model_record.h"
#include "models/model_source.h"
#include "reelvec/encoder.h"

#define COPY_CHUNK_BYTES ((size_t)64 << 20)
#define STAGING_PREFIX ".adding-"
#define STAGING_MIN_AGE_S 60 // younger folders may not be locked yet

typedef struct Adding {
    const RvAddOptions *options;
    char models[MODEL_PATH_SIZE];  // the models folder
    char staging[MODEL_PATH_SIZE]; // the new folder
    int lock;                      // descriptor of the staging folder; -1 for none
    size_t file_count;
    char suggested[256]; // name of the folder or the weight file
    char sha256[65];
    int dimensions, image_size;
    RvError *err;
} Adding;

/* ---- which files -------------------------------------------------------------------------------------- */

static bool is_weights(const char *name)
{
    static const char *const endings[] = {".safetensors", ".bin", ".pt", ".pth"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (rv_text_ends(name, endings[i]))
            return true;
    }
    return false;
}

/* The small files beside the weights, by their usual names. */
static bool is_companion(const char *name)
{
    static const char *const names[] = {"config.json",
                                        "preprocessor_config.json",
                                        "processor_config.json",
                                        "open_clip_config.json",
                                        "tokenizer.json",
                                        "tokenizer_config.json",
                                        "vocab.json",
                                        "merges.txt",
                                        "special_tokens_map.json",
                                        "vocab.txt",
                                        "tokenizer.model",
                                        "spiece.model",
                                        "added_tokens.json",
                                        "sentencepiece.bpe.model",
                                        "bpe_simple_vocab_16e6.txt.gz"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- staging ------------------------------------------------------------------------------------------ */

/* What another file of this name links to is in the new folder already: only the same file may be named twice. */
static RvStatus check_same(const Adding *adding, const char *path, const char *target, const char *link_path)
{
    char there[PATH_MAX];
    ssize_t length = readlink(link_path, there, sizeof there - 1);
    there[length > 0 ? length : 0] = '\0';
    if (strcmp(there, target) == 0)
        return RV_OK;
    return rv_error_set(adding->err, RV_ERROR_ARGUMENT,
                        "%.1000s and %.1000s: two files of one name; name one", there, path);
}

/* Link the file into the new folder. beside: it was not named itself; an existing name is left as it is. */
static RvStatus stage(Adding *adding, const char *path, bool beside)
{
    char target[PATH_MAX], link_path[MODEL_PATH_SIZE];
    struct stat facts;
    const char *name = last_part(path);
    if (realpath(path, target) == NULL)
        return rv_error_set(adding->err, errno == ENOENT ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: %s", path,
                            strerror(errno));
    if (stat(target, &facts) != 0 || !S_ISREG(facts.st_mode))
        return rv_error_set(adding->err, RV_ERROR_FORMAT, "%s: not a regular file", path);
    RvStatus status = rv_file_join(adding->staging, name, link_path, sizeof link_path, adding->err);
    if (status != RV_OK)
        return status;
    if (symlink(target, link_path) != 0 && errno == EEXIST)
        return beside ? RV_OK : check_same(adding, path, target, link_path);
    if (lstat(link_path, &facts) != 0 || !S_ISLNK(facts.st_mode))
        return rv_error_set(adding->err, RV_ERROR_IO, "%s: %s", link_path, strerror(errno));
    adding->file_count++;
    return RV_OK;
}

/* Stage the files of a folder that belong to a checkpoint. */
static RvStatus stage_folder(Adding *adding, const char *folder, bool weights)
{
    char path[MODEL_PATH_SIZE];
    bool safe = false;
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return rv_error_set(adding->err, RV_ERROR_IO, "%s: cannot read the folder: %s", folder,
                            strerror(errno));
    for (int i = 0; i < count; i++)
        safe = safe || rv_text_ends(entries[i]->d_name, ".safetensors");
    RvStatus status = RV_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        // If the weights exist twice, as safetensors and as a pickle, only the first is copied.
        bool wanted = is_companion(name) ||
                      (weights && (rv_text_ends(name, ".index.json") ||
                                   (is_weights(name) && (!safe || rv_text_ends(name, ".safetensors")))));
        if (status == RV_OK && wanted && name[0] != '.') {
            status = rv_file_join(folder, name, path, sizeof path, adding->err);
            if (status == RV_OK)
                status = stage(adding, path, true);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Stage the small files beside weights. */
static RvStatus stage_beside(Adding *adding, const char *path)
{
    char folder[MODEL_PATH_SIZE];
    const char *name = last_part(path);
    if (!is_weights(name))
        return RV_OK;
    if (adding->suggested[0] == '\0')
        snprintf(adding->suggested, sizeof adding->suggested, "%.*s", (int)(strrchr(name, '.') - name), name);
    snprintf(folder, sizeof folder, "%.*s", name == path ? 1 : (int)(name - path), name == path ? "." : path);
    return stage_folder(adding, folder, false);
}

// Link the files of the model into the staging folder: those of one folder, or single files with their
// companions. Suggests a name by the folder or the weight file.
static RvStatus stage_all(Adding *adding, const char *const *paths, size_t path_count)
{
    struct stat facts;
    char whole[PATH_MAX];
    RvStatus status = RV_OK;
    if (path_count == 1 && stat(paths[0], &facts) == 0 && S_ISDIR(facts.st_mode)) {
        if (realpath(paths[0], whole) == NULL)
            return rv_error_set(adding->err, RV_ERROR_IO, "%s: %s", paths[0], strerror(errno));
        snprintf(adding->suggested, sizeof adding->suggested, "%.*s", (int)sizeof adding->suggested - 1,
                 last_part(whole));
        status = stage_folder(adding, paths[0], true);
    } else {
        for (size_t i = 0; i < path_count && status == RV_OK; i++) {
            if (stat(paths[i], &facts) == 0 && S_ISDIR(facts.st_mode))
                status = rv_error_set(adding->err, RV_ERROR_ARGUMENT,
                                      "%s: a folder; give one folder, or the files of one model", paths[i]);
            else
                status = stage(adding, paths[i], false);
        }
        // After all that were named: of two of one name the named one is taken.
        for (size_t i = 0; i < path_count && status == RV_OK; i++)
            status = stage_beside(adding, paths[i]);
    }
    if (status == RV_OK && adding->file_count == 0)
        status = rv_error_set(adding->err, RV_ERROR_FORMAT,
                              "%s: nothing in it belongs to a checkpoint; wanted its weights (.safetensors, "
                              ".bin or .pt), configuration and vocabulary",
                              paths[0]);
    return status;
}

/* ---- checking ----------------------------------------------------------------------------------------- */

/* Messages of the reader name the hidden folder. Replace it by the path that the caller gave. */
static RvStatus explain(const Adding *adding, const char *shown, RvStatus status, const RvError *cause)
{
    size_t length = strlen(adding->staging);
    struct stat facts;
    const char *slash = strrchr(shown, '/');
    if (strncmp(cause->message, adding->staging, length) != 0)
        return rv_error_wrap(adding->err, status, cause, "%s: %s", shown, cause->message);
    if (stat(shown, &facts) == 0 && S_ISDIR(facts.st_mode))
        return rv_error_wrap(adding->err, status, cause, "%s%s", shown, cause->message + length);
    return rv_error_wrap(adding->err, status, cause, "%.*s%s", slash != NULL ? (int)(slash - shown) : 1,
                         slash != NULL ? shown : ".", cause->message + length);
}

/* Embed a text and an image: damaged weights of either tower produce values that are not finite. */
static RvStatus try_both_towers(RvEncoder *encoder, RvError *err)
{
    static const uint8_t grey[] = {0, 85, 170, 255};
    const RvImage picture = {.pixels_u8 = grey, .width = 2, .height = 2, .channel_count = 1, .row_stride = 2};
    float *embedding = rv_mem_alloc((size_t)rv_encoder_info(encoder)->dimensions, sizeof *embedding, err);
    if (embedding == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = rv_encoder_encode_text(encoder, "a", 1, RV_LENGTH_ONE, embedding, err);
    if (status == RV_OK)
        status = rv_encoder_encode_images(encoder, &picture, 1, RV_LENGTH_ONE, embedding, err);
    free(embedding);
    return status;
}

// Open the staged checkpoint on the CPU, embed a text and an image, and note digest and shapes. Errors name
// the path that the caller gave.
static RvStatus check(Adding *adding, const char *shown)
{
    char path[MODEL_PATH_SIZE];
    RvEncoder *encoder = NULL;
    RvError cause = {0};
    const char *sha256 = NULL;
    RvEncoderOptions options = {.device = "cpu", .log = adding->options->log};
    RvStatus status = rv_model_check_single(adding->staging, &cause);
    if (status != RV_OK)
        return explain(adding, shown, status, &cause);
    if (!rv_model_checkpoint_in(adding->staging, path, sizeof path))
        return rv_error_set(adding->err, RV_ERROR_FORMAT,
                            "%s: no weights there; wanted a .safetensors, .bin or .pt file", shown);
    status = rv_encoder_open(path, &options, &encoder, &cause);
    if (status == RV_OK)
        status = try_both_towers(encoder, &cause);
    if (status == RV_OK)
        status = rv_encoder_weights_sha256(encoder, &sha256, &cause);
    if (status == RV_OK)
        snprintf(adding->sha256, sizeof adding->sha256, "%s", sha256);
    if (status == RV_OK) {
        adding->dimensions = rv_encoder_info(encoder)->dimensions;
        adding->image_size = rv_encoder_info(encoder)->image_size;
    }
    rv_encoder_close(encoder);
    return status == RV_OK ? RV_OK : explain(adding, shown, status, &cause);
}

/* ---- copying ------------------------------------------------------------------------------------------ */

/* Copy everything from one descriptor to another. Errors: IO with errno set and no message. */
static RvStatus copy_bytes(int from, int to)
{
    // The kernel copies, or shares the blocks if the file system supports it.
    for (;;) {
        ssize_t copied = copy_file_range(from, NULL, to, NULL, COPY_CHUNK_BYTES, 0);
        if (copied == 0)
            return RV_OK;
        if (copied < 0 && errno == EINTR)
            continue;
        if (copied < 0)
            break;
    }
    if (errno != EXDEV && errno != ENOSYS && errno != EINVAL && errno != EOPNOTSUPP && errno != EPERM)
        return RV_ERROR_IO;
    char buffer[1 << 16];
    for (;;) {
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 ? RV_OK : RV_ERROR_IO;
        for (ssize_t done = 0; done < got;) {
            ssize_t written = write(to, buffer + done, (size_t)(got - done));
            if (written < 0 && errno != EINTR)
                return RV_ERROR_IO;
            done += written > 0 ? written : 0;
        }
    }
}

/* Replace the link by a copy of its target. */
static RvStatus copy_file(const Adding *adding, const char *name)
{
    char path[MODEL_PATH_SIZE], part[MODEL_PATH_SIZE];
    RvStatus status = rv_file_join(adding->staging, name, path, sizeof path, adding->err);
    if (status == RV_OK && (size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        status = rv_error_set(adding->err, RV_ERROR_ARGUMENT, "%s: path too long", path);
    if (status != RV_OK)
        return status;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int to = from >= 0 ? open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644) : -1;
    if (from < 0 || to < 0 || copy_bytes(from, to) != RV_OK || fsync(to) != 0 || rename(part, path) != 0)
        status = rv_error_set(adding->err, RV_ERROR_IO, "%s: cannot be copied to %s: %s", name,
                              adding->models, strerror(errno));
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return status;
}

static RvStatus copy_all(const Adding *adding)
{
    struct dirent **entries = NULL;
    int count = scandir(adding->staging, &entries, NULL, alphasort);
    RvStatus status = count < 0
                          ? rv_error_set(adding->err, RV_ERROR_IO, "%s: %s", adding->staging, strerror(errno))
                          : RV_OK;
    for (int i = 0; i < count; i++) {
        if (status == RV_OK && entries[i]->d_name[0] != '.')
            status = copy_file(adding, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Keep what every file is now, for model verify. *partly: not of all of them. */
static RvStatus keep_digest(const Adding *adding, const char *name, ModelRecord *record, bool *partly)
{
    char path[MODEL_PATH_SIZE];
    Downloaded file = {.check = CHECK_ADDED};
    struct stat facts;
    RvStatus status = rv_file_join(adding->staging, name, path, sizeof path, adding->err);
    if (status == RV_OK && (!rv_model_is_plain_name(name) || record->file_count == MODEL_RECORD_FILES)) {
        *partly = true;
        return RV_OK;
    }
    if (status == RV_OK && stat(path, &facts) != 0)
        status = rv_error_set(adding->err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    if (status == RV_OK)
        status = rv_file_sha256(path, file.sha256, adding->err);
    if (status != RV_OK)
        return status;
    file.size_bytes = (uint64_t)facts.st_size;
    return rv_model_record_put_file(record, name, &file, adding->err);
}

static RvStatus keep_digests(const Adding *adding)
{
    ModelRecord record = {0};
    bool partly = false;
    struct dirent **entries = NULL;
    int count = scandir(adding->staging, &entries, NULL, alphasort);
    RvStatus status = count < 0
                          ? rv_error_set(adding->err, RV_ERROR_IO, "%s: %s", adding->staging, strerror(errno))
                          : RV_OK;
    for (int i = 0; i < count; i++) {
        if (status == RV_OK && entries[i]->d_name[0] != '.' &&
            strcmp(entries[i]->d_name, MODEL_RECORD_NAME) != 0)
            status = keep_digest(adding, entries[i]->d_name, &record, &partly);
        free(entries[i]);
    }
    free(entries);
    if (partly)
        rv_log_line(
            &adding->options->log, RV_LOG_WARNING,
            "more than %d files, or names with other characters than letters, digits and . _ - + @: not "
            "all can be verified later",
            MODEL_RECORD_FILES);
    return status == RV_OK ? rv_model_record_write(adding->staging, &record, adding->err) : status;
}

/* ---- naming ------------------------------------------------------------------------------------------- */

/* Returns a form of the named model whose digest is not known and whose file name and shapes fit these
 * weights, or NULL. */
static const ModelForm *may_be(const Adding *adding, const ModelSource *named)
{
    char path[MODEL_PATH_SIZE];
    for (size_t i = 0; i < named->form_count; i++) {
        const ModelForm *form = &named->forms[i];
        const ModelFile *weights = &form->files[form->file_count - 1];
        if (weights->sha256 == NULL && named->model.dimensions == adding->dimensions &&
            named->model.image_size == adding->image_size &&
            rv_file_join(adding->staging, weights->name, path, sizeof path, NULL) == RV_OK &&
            access(path, F_OK) == 0)
            return form;
    }
    return NULL;
}

static RvStatus take_form(const Adding *adding, const ModelSource *source, const ModelForm *form,
                          bool certain, char *folder, char *name, size_t size_bytes)
{
    if (!certain)
        rv_log_line(&adding->options->log, RV_LOG_WARNING,
                    "no SHA-256 is known of %s in this form; it is taken for it by its name and shape",
                    source->model.name);
    snprintf(folder, MODEL_PATH_SIZE, "%s", form->folder);
    snprintf(name, size_bytes, "%s", source->model.name);
    return RV_OK;
}

/* Choose the folder's name and the model's name. A known name is reserved for its own weights, as far as
 * their digest is known. If only the name of the download suggests it and the digest contradicts, the name is
 * made from the digest. */
static RvStatus choose_name(const Adding *adding, char *folder, char *name, size_t size_bytes)
{
    const ModelForm *form = NULL;
    const ModelSource *known = rv_model_source_of_weights(adding->sha256, &form);
    const char *asked = adding->options->name, *wanted = asked != NULL ? asked : adding->suggested;
    const ModelSource *named = rv_model_source(wanted);
    if (known != NULL && (asked == NULL || named == known))
        return take_form(adding, known, form, true, folder, name, size_bytes);
    if (named != NULL && known == NULL && (form = may_be(adding, named)) != NULL)
        return take_form(adding, named, form, false, folder, name, size_bytes);
    if (named != NULL && asked != NULL)
        return rv_error_set_hint(
            adding->err, RV_ERROR_MISMATCH, RV_HINT_MODEL_NAME, NULL,
            "%s: a known model's name, and these are not its weights (SHA-256 %s); give another one", wanted,
            adding->sha256);
    if (!rv_model_is_plain_name(wanted))
        return rv_error_set_hint(adding->err, RV_ERROR_ARGUMENT, RV_HINT_MODEL_NAME, NULL,
                                 "'%s' cannot be a model's name; give one of letters, digits and . _ - + @",
                                 wanted);
    if (named != NULL)
        snprintf(folder, MODEL_PATH_SIZE, "%.100s-%.8s", wanted, adding->sha256);
    else
        snprintf(folder, MODEL_PATH_SIZE, "%s", wanted);
    snprintf(name, size_bytes, "%s", folder);
    return RV_OK;
}

/* Delete everything in the hidden folder, which no one else uses. */
static void discard(const char *staging)
{
    char path[MODEL_PATH_SIZE];
    struct dirent **entries = NULL;
    int count = scandir(staging, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        if (rv_file_join(staging, entries[i]->d_name, path, sizeof path, NULL) == RV_OK)
            unlink(path);
        free(entries[i]);
    }
    free(entries);
    rmdir(staging);
}

static int lock_folder(const char *folder)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        close(descriptor);
        descriptor = -1;
    }
    return descriptor;
}

static int is_staging(const struct dirent *entry)
{
    return strncmp(entry->d_name, STAGING_PREFIX, strlen(STAGING_PREFIX)) == 0;
}

/* Remove the folders of processes that were killed. */
static void sweep(const char *models)
{
    char path[MODEL_PATH_SIZE];
    struct dirent **entries = NULL;
    struct stat facts;
    int count = scandir(models, &entries, is_staging, NULL);
    for (int i = 0; i < count; i++) {
        int descriptor = -1;
        if (rv_file_join(models, entries[i]->d_name, path, sizeof path, NULL) == RV_OK)
            descriptor = lock_folder(path);
        if (descriptor >= 0 && fstat(descriptor, &facts) == 0 &&
            time(NULL) - facts.st_mtime >= STAGING_MIN_AGE_S)
            discard(path);
        if (descriptor >= 0)
            close(descriptor);
        free(entries[i]);
    }
    free(entries);
}

/* True if the same weights are already installed under this name: nothing is left to do. */
static bool is_there(const Adding *adding, const char *folder)
{
    char path[MODEL_PATH_SIZE];
    RvEncoder *encoder = NULL;
    const char *sha256 = NULL;
    RvEncoderOptions options = {.thread_count = 1, .device = "cpu"};
    bool same = rv_model_checkpoint_in(folder, path, sizeof path) &&
                rv_encoder_open(path, &options, &encoder, NULL) == RV_OK &&
                rv_encoder_weights_sha256(encoder, &sha256, NULL) == RV_OK &&
                strcmp(sha256, adding->sha256) == 0;
    rv_encoder_close(encoder);
    return same;
}

static RvStatus install(Adding *adding, const char *folder, const char *name)
{
    char path[MODEL_PATH_SIZE];
    RvStatus status = rv_file_join(adding->models, folder, path, sizeof path, adding->err);
    if (status != RV_OK || rename(adding->staging, path) == 0)
        return status;
    bool taken = errno == ENOTEMPTY || errno == EEXIST;
    if (taken && is_there(adding, path)) {
        discard(adding->staging);
        return RV_OK;
    }
    if (taken)
        return rv_error_set_hint(adding->err, RV_ERROR_ARGUMENT, RV_HINT_MODEL_REPLACE, name,
                                 "%s: there is a model of this name already", name);
    return rv_error_set(adding->err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
}

static RvStatus make_staging(Adding *adding)
{
    sweep(adding->models);
    RvStatus status = rv_file_join(adding->models, STAGING_PREFIX "XXXXXX", adding->staging,
                                   sizeof adding->staging, adding->err);
    if (status == RV_OK && (mkdtemp(adding->staging) == NULL || chmod(adding->staging, 0755) != 0))
        return rv_error_set(adding->err, RV_ERROR_IO, "%s: %s", adding->staging, strerror(errno));
    adding->lock = status == RV_OK ? lock_folder(adding->staging) : -1;
    return status;
}

RvStatus rv_model_add(const char *const *paths, size_t path_count, const RvAddOptions *options, char *name,
                      size_t size_bytes, RvError *err)
{
    static const RvAddOptions defaults;
    Adding adding = {.options = options != NULL ? options : &defaults, .err = err};
    char folder[MODEL_PATH_SIZE] = "";
    if (RV_CHECK_RESERVED(RvAddOptions, adding.options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    if (path_count == 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "no file and no folder to add");
    RvStatus status =
        adding.options->folder == NULL ? rv_model_folder(adding.models, sizeof adding.models, err) : RV_OK;
    if (adding.options->folder != NULL)
        snprintf(adding.models, sizeof adding.models, "%s", adding.options->folder);
    if (status == RV_OK)
        status = rv_file_make_folders(adding.models, err);
    if (status == RV_OK)
        status = make_staging(&adding);
    if (status != RV_OK)
        return status;
    status = stage_all(&adding, paths, path_count);
    if (status == RV_OK)
        status = check(&adding, paths[0]);
    if (status == RV_OK)
        status = choose_name(&adding, folder, name, size_bytes);
    if (status == RV_OK && !adding.options->link) {
        char opened[65];
        memcpy(opened, adding.sha256, sizeof opened);
        status = copy_all(&adding);
        if (status == RV_OK)
            status = check(&adding, paths[0]);
        if (status == RV_OK && strcmp(opened, adding.sha256) != 0)
            status = rv_error_set(err, RV_ERROR_MISMATCH, "%s: changed while it was copied", paths[0]);
    }
    if (status == RV_OK)
        status = keep_digests(&adding);
    if (status == RV_OK)
        status = install(&adding, folder, name);
    if (status != RV_OK)
        discard(adding.staging);
    if (adding.lock >= 0)
        close(adding.lock);
    return status;
}
