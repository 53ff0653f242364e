/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a server's answer, read as every kind of row that reelvec asks servers for.
 *
 * Byte 0: columns, byte 1: how the rows are read; then values, each a length byte (255: NULL) and so many
 * bytes. With libFuzzer: clang -fsanitize=fuzzer,address -DREELVEC_WITH_POSTGRES -DREELVEC_WITH_MYSQL and the
 * sources of src/store. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql/server_answer.h"
#include "store/sql/sql_model.h"
#include "store/sql/sql_video.h"
#ifdef REELVEC_WITH_POSTGRES
#include "store/postgres/postgres_store.h"
#endif
#ifdef REELVEC_WITH_MYSQL
#include "store/mysql/mysql_store.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

#define MAX_ROWS 64
#define JOB_COLUMNS 5

static const Store named = {.uri = "fuzz"};

/* A failure has a message of one line, and nothing else fails. */
static void check(RvStatus status, const RvError *err)
{
    if (status == RV_OK)
        return;
    if (err->message[0] == '\0')
        abort();
    for (const char *at = err->message; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20)
            abort();
    }
}

static RvStatus fill(ServerAnswer *answer, const uint8_t *bytes, size_t size_bytes, RvError *err)
{
    size_t columns = size_bytes > 0 ? bytes[0] % 20u : 0, at = 2, count = 0;
    RvStatus status = rv_answer_begin(answer, &named, columns, err);
    for (size_t i = 0; status == RV_OK && i < columns; i++)
        status = rv_answer_add(answer, &named, "column", 6, err);
    while (status == RV_OK && columns > 0 && at < size_bytes) {
        size_t left = size_bytes - at - 1, length = bytes[at] < left ? bytes[at] : left;
        bool null = bytes[at] == 255;
        status = rv_answer_add(answer, &named, null ? NULL : bytes + at + 1, null ? 0 : length, err);
        at += 1 + (null ? 0 : length);
        if (status == RV_OK && ++count % columns == 0)
            status = rv_answer_end_row(answer, &named, err);
    }
    return status;
}

/* Rows of jobs: no value is longer than its bytes. */
static RvStatus take_job(void *user, const SqlRow *row, RvError *err)
{
    (void)err;
    for (size_t i = 0; i < JOB_COLUMNS; i++) {
        const char *text = rv_sql_written(&row->values[i]);
        *(size_t *)user += text != NULL ? strlen(text) : 0;
    }
    return RV_OK;
}

static RvStatus take_video(void *user, const SqlRow *row, RvError *err)
{
    StoredVideo video = {0};
    (void)user;
    RvStatus status = rv_sql_read_video(row, &video, err);
    rv_stored_video_clear(&video);
    return status;
}

static RvStatus take_model(void *user, const SqlRow *row, RvError *err)
{
    ModelIdentity *model = user;
    bool present = false;
    RvStatus status = rv_sql_read_identity(row, model, &present, err);
    if (present && (memchr(model->name, '\0', sizeof model->name) == NULL || model->dimensions < 1))
        abort();
    return status;
}

/* Rows of frames: a fault, or what lies within the bounds. */
static void check_frame(const FrameRow *frame)
{
    volatile unsigned char last = 0;
    if (frame->fault != NULL)
        return;
    if (frame->video_id < 1 || frame->frame_number < 1 || !(frame->time_s >= 0))
        abort();
    for (size_t i = 0; i < frame->embedding_bytes; i++)
        last = ((const unsigned char *)frame->embedding)[i];
    (void)last;
}

static void read_frames(const ServerAnswer *answer)
{
    for (size_t row = 0; row <= answer->rows; row++) {
#ifdef REELVEC_WITH_MYSQL
        FrameRow mysql = rv_mysql_frame_row(answer, row);
        check_frame(&mysql);
#endif
#ifdef REELVEC_WITH_POSTGRES
        static float values[POSTGRES_MAX_DIMENSIONS];
        FrameRow postgres = rv_postgres_frame_row(answer, row, values);
        check_frame(&postgres);
#endif
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static const size_t columns[] = {sizeof SQL_VIDEO_COLUMNS - 1, sizeof SQL_MODEL_COLUMNS - 1,
                                     ANSWER_LIBRARY_COUNT, JOB_COLUMNS, 4};
    if (size_bytes < 2 || size_bytes > 1 << 20)
        return 0;
    int kind = bytes[1] % 5;
    ServerAnswer answer = rv_answer(columns[kind], MAX_ROWS);
    RvError err = {0};
    ModelIdentity model = {0};
    size_t sum = 0;
    RvStatus status = fill(&answer, bytes, size_bytes, &err);
    check(status, &err);
    // Rows that were complete are read also after a failure: readers may look at any.
    if (kind == 0)
        check(rv_answer_read(&answer, &named, &(SqlReader){.row = take_video}, NULL, &err), &err);
    else if (kind == 1)
        check(rv_answer_read(&answer, &named, &(SqlReader){.row = take_model, .user = &model}, NULL, &err),
              &err);
    else if (kind == 2)
        check(rv_answer_library(&answer, &(Store){.uri = "fuzz"}, 2, &err), &err);
    else if (kind == 3)
        check(rv_answer_read(&answer, &named, &(SqlReader){.row = take_job, .user = &sum}, NULL, &err), &err);
    else
        read_frames(&answer);
    rv_answer_clear(&answer);
    return 0;
}
