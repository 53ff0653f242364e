/* SPDX-License-Identifier: MIT */
/* Options that were made for a newer reelvec: every call refuses them and says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reelvec/reelvec.h"

// The last member of each, so that a check of the first alone would not do.
#define NEWER(type)                                                                                          \
    {                                                                                                        \
        .reserved = { [sizeof((type *)0)->reserved / sizeof(uint64_t) - 1] = 1 }                             \
    }

static RvError err;

static void expect_refused(RvStatus status, const char *what)
{
    if (status != RV_ERROR_ARGUMENT || strstr(err.message, "made for a newer reelvec") == NULL ||
        strstr(err.message, what) != err.message)
        fail_msg("%s: status %d, %s", what, status, err.message);
    err = (RvError){0};
}

static bool take_frame(void *user, const RvVideoFrame *frame)
{
    (void)user;
    (void)frame;
    return true;
}

static void options_without_a_library_are_refused(void **state)
{
    (void)state;
    RvEncoderOptions encoder = NEWER(RvEncoderOptions);
    RvPictureOptions picture = NEWER(RvPictureOptions);
    RvSourceOptions source = NEWER(RvSourceOptions);
    RvSamplingOptions sampling = NEWER(RvSamplingOptions);
    RvFetchOptions fetch = NEWER(RvFetchOptions);
    RvAddOptions add = NEWER(RvAddOptions);
    RvLibraryOptions library = NEWER(RvLibraryOptions);
    RvStoredModel stored = NEWER(RvStoredModel);
    RvEncoder *no_encoder;
    RvPicture *no_picture;
    RvLibrary *no_library;
    RvSources sources;
    char name[128];
    const char *path = "/nowhere";
    expect_refused(rv_encoder_open("/nowhere", &encoder, &no_encoder, &err), "RvEncoderOptions");
    expect_refused(rv_picture_decode("GIF89a", 6, &picture, &no_picture, &err), "RvPictureOptions");
    expect_refused(rv_sources_find("/nowhere", &source, &sources, &err), "RvSourceOptions");
    expect_refused(rv_video_sample("/nowhere", &sampling, 0, take_frame, NULL, (RvLog){0}, &err),
                   "RvSamplingOptions");
    expect_refused(rv_model_fetch("ViT-B/32", &fetch, &err), "RvFetchOptions");
    expect_refused(rv_model_add(&path, 1, &add, name, sizeof name, &err), "RvAddOptions");
    expect_refused(rv_library_open("memory:", &library, &no_library, &err), "RvLibraryOptions");
    expect_refused(rv_model_locate_stored(&stored, name, sizeof name, &err), "RvStoredModel");
    expect_refused(rv_encoder_check_stored(NULL, "library", &stored, &err), "RvStoredModel");
}

static RvIndexNext next_none(void *user, int slot, RvIndexItem *item)
{
    (void)user;
    (void)slot;
    (void)item;
    return RV_NEXT_END;
}

static void options_of_a_library_are_refused(void **state)
{
    (void)state;
    RvIndexOptions index = NEWER(RvIndexOptions);
    RvIndexOptions sampled = {.sampling = NEWER(RvSamplingOptions)};
    RvIndexList newer_list = NEWER(RvIndexList), list = {.next = next_none};
    RvSearchOptions search = NEWER(RvSearchOptions);
    RvAnnOptions ann = NEWER(RvAnnOptions);
    RvCopyOptions copy = NEWER(RvCopyOptions);
    RvReembedOptions reembed = NEWER(RvReembedOptions);
    RvQueueJob job = {0};
    RvHits hits;
    RvTerm term = {.kind = RV_TERM_TEXT, .value = "a red car", .weight = 1};
    RvLibrary *library = NULL;
    RvLibraryOptions create = {.mode = RV_OPEN_CREATE};
    assert_int_equal(rv_library_open("memory:", &create, &library, &err), RV_OK);
    expect_refused(rv_library_index(library, NULL, "/nowhere", &index, NULL, &err), "RvIndexOptions");
    expect_refused(rv_library_index_list(library, NULL, &list, &sampled, &err), "RvSamplingOptions");
    expect_refused(rv_library_index_list(library, NULL, &newer_list, NULL, &err), "RvIndexList");
    expect_refused(rv_library_queue_add(library, NULL, &index, &err), "RvIndexOptions");
    expect_refused(rv_library_queue_take(library, &index, 1, &job, NULL, &err), "RvIndexOptions");
    expect_refused(rv_library_search(library, NULL, &term, 1, &search, &hits, &err), "RvSearchOptions");
    expect_refused(rv_library_ann_build(library, &ann, &err), "RvAnnOptions");
    expect_refused(rv_library_copy(library, library, &copy, NULL, &err), "RvCopyOptions");
    expect_refused(rv_library_reembed(library, library, NULL, &reembed, NULL, &err), "RvReembedOptions");
    rv_library_close(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_without_a_library_are_refused),
        cmocka_unit_test(options_of_a_library_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
