/* SPDX-License-Identifier: MIT */
/* Indexing a video from file to library, split by stage.
 *     bench_index MODEL VIDEO [VIDEO ...]
 * For each video: wall seconds, and the seconds that decoding, pixels (both on the decoding thread),
 * embedding and storing took. The library is a file in $TMPDIR (default /tmp) that is removed afterwards. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench_support.h"

static void index_one(RvEncoder *encoder, const char *video)
{
    char path[4096];
    const char *folder = getenv("TMPDIR");
    RvLibraryOptions library_options = {.mode = RV_OPEN_CREATE};
    RvIndexOptions options = {0};
    RvIndexReport report;
    RvLibrary *library = NULL;
    RvError err = {0};
    snprintf(path, sizeof path, "%s/bench-index-%ld.db", folder != NULL ? folder : "/tmp", (long)getpid());
    bench_check(rv_library_open(path, &library_options, &library, &err), &err);
    bench_check(rv_library_index(library, encoder, video, &options, &report, &err), &err);
    rv_library_close(library);
    unlink(path);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %zu frames in %.2f s (%.1f/s); decode %.2f, pixels %.2f, embed %.2f, store %.3f; peak memory "
           "%ld MB\n",
           video, report.frame_count, report.total_s, (double)report.frame_count / report.total_s,
           report.decode_s, report.pixels_s, report.embed_s, report.store_s, usage.ru_maxrss / 1024);
}

int main(int argument_count, char **arguments)
{
    if (argument_count < 3)
        bench_fail("usage: bench_index MODEL VIDEO [VIDEO ...]");
    RvEncoder *encoder = NULL;
    RvError err = {0};
    const char *sha256;
    bench_check(rv_encoder_open(arguments[1], NULL, &encoder, &err), &err);
    // The first call loads, hashes and packs the weights, which is not measured.
    size_t side = (size_t)rv_encoder_info(encoder)->image_size;
    uint8_t *input = bench_must(calloc(side * side, 3));
    float *embedding = bench_must(calloc((size_t)rv_encoder_info(encoder)->dimensions, sizeof *embedding));
    bench_check(rv_encoder_weights_sha256(encoder, &sha256, &err), &err);
    bench_check(rv_encoder_encode_inputs(encoder, input, 1, RV_LENGTH_MODEL, embedding, &err), &err);
    free(input);
    free(embedding);
    for (int i = 2; i < argument_count; i++)
        index_one(encoder, arguments[i]);
    rv_encoder_close(encoder);
    return 0;
}
