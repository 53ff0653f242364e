/* SPDX-License-Identifier: MIT */
/* What an encoder says of its model is had while another thread embeds with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "known_checkpoint.h"
#include "reelvec/reelvec.h"

enum { SIZE = 64, DIMENSIONS = 96, PICTURES = 1000, ASKED = 5, ROUNDS = 10 };

typedef struct Embedding {
    RvEncoder *encoder;
    atomic_bool begun, ended;
    RvStatus status;
} Embedding;

static void *embed(void *argument)
{
    Embedding *embedding = argument;
    uint8_t *inputs = calloc(PICTURES, (size_t)SIZE * SIZE * 3);
    float *embeddings = calloc(PICTURES, DIMENSIONS * sizeof *embeddings);
    atomic_store(&embedding->begun, true);
    embedding->status =
        inputs != NULL && embeddings != NULL
            ? rv_encoder_encode_inputs(embedding->encoder, inputs, PICTURES, RV_LENGTH_ONE, embeddings, NULL)
            : RV_ERROR_MEMORY;
    atomic_store(&embedding->ended, true);
    free(embeddings);
    free(inputs);
    return NULL;
}

/* How often it was answered before the pictures were embedded. Who had to wait for that is answered once at most,
 * before it began. */
static size_t count_answers(RvEncoder *encoder)
{
    Embedding embedding = {.encoder = encoder};
    const char *details = NULL;
    size_t count = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, embed, &embedding), 0);
    while (!atomic_load(&embedding.ended)) {
        bool begun = atomic_load(&embedding.begun);
        assert_int_equal(rv_encoder_details(encoder, &details, NULL), RV_OK);
        assert_non_null(details);
        count += begun && !atomic_load(&embedding.ended);
        usleep(1000);
    }
    pthread_join(thread, NULL);
    assert_int_equal(embedding.status, RV_OK);
    return count;
}

static void details_do_not_wait_for_pictures(void **state)
{
    (void)state;
    char path[4096];
    const char *details = NULL;
    RvEncoder *encoder = NULL;
    RvError err = {0};
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    const RvEncoderOptions options = {.thread_count = 1, .device = "cpu"};
    if (rv_encoder_open(path, &options, &encoder, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(rv_encoder_details(encoder, &details, &err), RV_OK);
    size_t most = 0;
    for (int round = 0; round < ROUNDS && most < ASKED;
         round++) { // a busy machine may give no turn to one of them
        size_t count = count_answers(encoder);
        most = count > most ? count : most;
    }
    assert_true(most >= ASKED);
    rv_encoder_close(encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(details_do_not_wait_for_pictures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
