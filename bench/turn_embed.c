/* SPDX-License-Identifier: MIT */
/* Pictures to embeddings through the public interface, measured in turn.
 *     turn_embed MODEL PICTURES BATCH THREADS float32|fast
 * PICTURES: uint8[n, side, side, 3]; each call takes the next BATCH of them. REELVEC_DEVICE chooses the
 * device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reelvec/reelvec.h"
#include "turns.h"

typedef struct Job {
    RvEncoder *encoder;
    const uint8_t *pictures;
    size_t picture_count, picture_bytes, dimensions, batch, next;
    float *embeddings;
} Job;

static void encode(Job *job, size_t first)
{
    RvError err = {0};
    if (rv_encoder_encode_inputs(job->encoder, job->pictures + first * job->picture_bytes, job->batch, true,
                                 job->embeddings, &err) != RV_OK)
        turns_fail("turn_embed", err.message);
}

static void work(void *context)
{
    Job *job = context;
    if (job->next + job->batch > job->picture_count)
        job->next = 0;
    encode(job, job->next);
    job->next += job->batch;
}

/* A device that was replaced would be measured as if it were the one asked for. */
static void refuse_warning(void *user, RvLogLevel level, const char *message)
{
    if (level <= RV_LOG_WARNING)
        turns_fail("turn_embed", message);
}

static void answer(void *context)
{
    Job *job = context;
    encode(job, 0);
    for (size_t i = 0; i < job->batch * job->dimensions; i++)
        printf("%.9g ", job->embeddings[i]);
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 6)
        turns_fail("usage", "turn_embed MODEL PICTURES BATCH THREADS float32|fast");
    Job job = {.batch = (size_t)atoi(arguments[3])};
    bool fast = strcmp(arguments[5], "fast") == 0;
    RvEncoderOptions options = {.log.write = refuse_warning,
                                .thread_count = atoi(arguments[4]),
                                .precision = fast ? RV_PRECISION_FAST : RV_PRECISION_FLOAT32};
    RvError err = {0};
    size_t size_bytes;
    job.pictures = turns_read_file(arguments[2], &size_bytes);
    if (rv_encoder_open(arguments[1], &options, &job.encoder, &err) != RV_OK)
        turns_fail("turn_embed", err.message);
    const RvModelInfo *model = rv_encoder_info(job.encoder);
    job.picture_bytes = (size_t)model->image_size * (size_t)model->image_size * 3;
    job.picture_count = size_bytes / job.picture_bytes;
    job.dimensions = (size_t)model->dimensions;
    job.embeddings = calloc(job.batch * job.dimensions, sizeof *job.embeddings);
    if (job.embeddings == NULL || job.batch < 1 || job.picture_count < job.batch)
        turns_fail("turn_embed", "fewer pictures than a batch");
    work(&job); // packs the weights
    turns_serve(&(Turns){.work = work, .answer = answer, .context = &job, .window_s = 0.4});
    rv_encoder_close(job.encoder);
    return 0;
}
