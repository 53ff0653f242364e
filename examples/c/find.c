/* SPDX-License-Identifier: MIT */
/* Index a video and print its best moments for a text:
 *
 *     cc find.c -o find $(pkg-config --cflags --libs reelvec)
 *     ./find demo library.db video.mp4 "a rocket"
 *
 * The first argument is a model: a name that `reelvec model list` shows, or a folder. */
#include <stdio.h>

#include <reelvec/reelvec.h>

static int fail(const RvError *err)
{
    fprintf(stderr, "find: %s\n", err->message);
    return 1;
}

static RvStatus find(RvLibrary *library, RvEncoder *encoder, const char *video, const char *text,
                     RvError *err)
{
    RvTerm term = {.kind = RV_TERM_TEXT, .value = text, .weight = 1};
    RvSearchOptions options = {.top = 3, .moments = true};
    RvHits hits = {0};
    RvStatus status = rv_library_index(library, encoder, video, NULL, NULL, err);
    if (status == RV_OK)
        status = rv_library_search(library, encoder, &term, 1, &options, &hits, err);
    for (size_t i = 0; i < hits.count; i++)
        printf("%.4f  %8.2f s to %8.2f s  %s\n", hits.items[i].score, hits.items[i].start_s,
               hits.items[i].end_s, hits.items[i].video);
    rv_hits_clear(&hits);
    return status;
}

int main(int argument_count, char **arguments)
{
    RvLibraryOptions options = {.mode = RV_OPEN_CREATE};
    RvEncoder *encoder = NULL;
    RvLibrary *library = NULL;
    RvError err = {0};
    if (argument_count != 5) {
        fprintf(stderr, "usage: find MODEL LIBRARY VIDEO TEXT\n");
        return 2;
    }
    RvStatus status = rv_encoder_open(arguments[1], NULL, &encoder, &err);
    if (status == RV_OK)
        status = rv_library_open(arguments[2], &options, &library, &err);
    if (status == RV_OK)
        status = find(library, encoder, arguments[3], arguments[4], &err);
    rv_library_close(library);
    rv_encoder_close(encoder);
    return status == RV_OK ? 0 : fail(&err);
}
