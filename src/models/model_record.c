/* SPDX-License-Identifier: MIT */
/* What was fetched: a file beside a model's files that keeps digests and commits. */
#include "models/model_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parse.h"
#include "models/model_answer.h"
#include "models/model_source.h"

#define FIELDS 5 // of the longest line
#define LINE_SIZE 512

static const char *const checks[] = {[CHECK_NOTHING] = "nothing",
                                     [CHECK_GIT] = "git",
                                     [CHECK_SERVER] = "server",
                                     [CHECK_KNOWN] = "known",
                                     [CHECK_ADDED] = "added"};

const RecordFile *rv_model_record_file(const ModelRecord *record, const char *name)
{
    for (size_t i = 0; i < record->file_count; i++) {
        if (strcmp(record->files[i].name, name) == 0)
            return &record->files[i];
    }
    return NULL;
}

const char *rv_model_record_commit(const ModelRecord *record, const char *repository)
{
    for (size_t i = 0; i < record->commit_count; i++) {
        if (strcmp(record->commits[i].repository, repository) == 0)
            return record->commits[i].commit;
    }
    return NULL;
}

RvStatus rv_model_record_put_file(ModelRecord *record, const char *name, const Downloaded *downloaded,
                                  RvError *err)
{
    const RecordFile *old = rv_model_record_file(record, name);
    if ((old == NULL && record->file_count == MODEL_RECORD_FILES) ||
        strlen(name) >= sizeof record->files[0].name)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: no room for it in %s", name, MODEL_RECORD_NAME);
    RecordFile *file = &record->files[old != NULL ? (size_t)(old - record->files) : record->file_count++];
    *file = (RecordFile){.size_bytes = downloaded->size_bytes, .check = downloaded->check};
    snprintf(file->name, sizeof file->name, "%s", name);
    memcpy(file->sha256, downloaded->sha256, sizeof file->sha256);
    return RV_OK;
}

RvStatus rv_model_record_put_commit(ModelRecord *record, const char *repository, const char *commit,
                                    RvError *err)
{
    size_t index = 0;
    while (index < record->commit_count && strcmp(record->commits[index].repository, repository) != 0)
        index++;
    if (index == MODEL_RECORD_COMMITS || strlen(repository) >= sizeof record->commits[0].repository)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: no room for it in %s", repository,
                            MODEL_RECORD_NAME);
    record->commit_count += index == record->commit_count;
    RecordCommit *entry = &record->commits[index];
    snprintf(entry->repository, sizeof entry->repository, "%s", repository);
    snprintf(entry->commit, sizeof entry->commit, "%s", commit);
    return RV_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static bool check_of(const char *text, ModelCheck *check)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (strcmp(text, checks[i]) == 0) {
            *check = (ModelCheck)i;
            return true;
        }
    }
    return false;
}

/* OWNER/NAME, as it may stand in an address. */
static bool is_repository(const char *text)
{
    const char *slash = strchr(text, '/');
    char owner[128];
    if (slash == NULL || (size_t)(slash - text) >= sizeof owner)
        return false;
    snprintf(owner, sizeof owner, "%.*s", (int)(slash - text), text);
    return rv_model_is_plain_name(owner) && rv_model_is_plain_name(slash + 1);
}

/* Take one line that was cut into its fields. Returns false if it is none of a record. */
static bool take_fields(ModelRecord *record, char *fields[FIELDS], size_t count)
{
    Downloaded file = {0};
    int64_t size_bytes = 0;
    if (count == 3 && strcmp(fields[0], "commit") == 0)
        return is_repository(fields[1]) && rv_model_is_hex(fields[2], 40) &&
               rv_model_record_commit(record, fields[1]) == NULL &&
               rv_model_record_put_commit(record, fields[1], fields[2], NULL) == RV_OK;
    if (count != 5 || strcmp(fields[0], "file") != 0 || !rv_model_is_plain_name(fields[1]) ||
        !rv_model_is_hex(fields[2], 64) || !rv_parse_int64(fields[3], 0, INT64_MAX, &size_bytes) ||
        !check_of(fields[4], &file.check) || rv_model_record_file(record, fields[1]) != NULL)
        return false;
    memcpy(file.sha256, fields[2], sizeof file.sha256);
    file.size_bytes = (uint64_t)size_bytes;
    return rv_model_record_put_file(record, fields[1], &file, NULL) == RV_OK;
}

static bool take_line(ModelRecord *record, const char *bytes, size_t size_bytes)
{
    char line[LINE_SIZE], *fields[FIELDS] = {0}, *rest = NULL;
    size_t count = 0;
    if (size_bytes >= sizeof line || memchr(bytes, '\0', size_bytes) != NULL)
        return false;
    memcpy(line, bytes, size_bytes);
    line[size_bytes] = '\0';
    if (line[0] == '#')
        return true;
    for (char *field = strtok_r(line, " ", &rest); field != NULL; field = strtok_r(NULL, " ", &rest)) {
        if (count == FIELDS)
            return false;
        fields[count++] = field;
    }
    return count == 0 || take_fields(record, fields, count);
}

RvStatus rv_model_record_parse(const char *path, const char *bytes, size_t size_bytes, ModelRecord *record,
                               RvError *err)
{
    *record = (ModelRecord){0};
    size_t number = 1;
    for (size_t at = 0; at < size_bytes; number++) {
        const char *end = memchr(bytes + at, '\n', size_bytes - at);
        size_t length = end != NULL ? (size_t)(end - bytes) - at : size_bytes - at;
        if (!take_line(record, bytes + at, length)) {
            *record = (ModelRecord){0};
            return rv_error_set(
                err, RV_ERROR_FORMAT,
                "%s: line %zu is none that reelvec wrote; delete the file to have the others compared "
                "only with what is known of them",
                path, number);
        }
        at += length + 1;
    }
    return RV_OK;
}

RvStatus rv_model_record_read(const char *folder, ModelRecord *record, RvError *err)
{
    char path[MODEL_PATH_SIZE];
    Buffer bytes;
    rv_buffer_init(&bytes, MODEL_RECORD_MAX_BYTES);
    *record = (ModelRecord){0};
    RvStatus status = rv_file_join(folder, MODEL_RECORD_NAME, path, sizeof path, err);
    if (status != RV_OK || rv_file_is_gone(path))
        return status;
    status = rv_file_read(path, &bytes, err);
    if (status == RV_OK)
        status = rv_model_record_parse(path, (const char *)bytes.bytes, bytes.size_bytes, record, err);
    rv_buffer_clear(&bytes);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static void print_record(FILE *file, const ModelRecord *record)
{
    fprintf(
        file,
        "# What was fetched or added, and what it was compared with. Later fetches and checks compare with this.\n");
    for (size_t i = 0; i < record->commit_count; i++)
        fprintf(file, "commit %s %s\n", record->commits[i].repository, record->commits[i].commit);
    for (size_t i = 0; i < record->file_count; i++) {
        const RecordFile *entry = &record->files[i];
        fprintf(file, "file %s %s %" PRIu64 " %s\n", entry->name, entry->sha256, entry->size_bytes,
                checks[entry->check]);
    }
}

RvStatus rv_model_record_write(const char *folder, const ModelRecord *record, RvError *err)
{
    char path[MODEL_PATH_SIZE], part[MODEL_PATH_SIZE];
    RvStatus status = rv_file_join(folder, MODEL_RECORD_NAME, path, sizeof path, err);
    if (status == RV_OK)
        status = rv_file_join(folder, "." MODEL_RECORD_NAME "-XXXXXX", part, sizeof part, err);
    if (status != RV_OK)
        return status;
    int fd = mkstemp(part);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        status = rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return status;
    }
    print_record(file, record);
    bool good = fflush(file) == 0 && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    int cause = errno;
    if (fclose(file) != 0 && good) {
        good = false;
        cause = errno;
    }
    if (good && rename(part, path) == 0)
        return RV_OK;
    cause = good ? errno : cause;
    unlink(part);
    return rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(cause));
}
