/* SPDX-License-Identifier: MIT */
/* Whether CLIP's vocabulary is the model's own. Any vocabulary gives numbers that a larger model knows, and the wrong
 * ones show as bad hits only. */
#include "base/error.h"
#include "clip/tokenizer/vocabulary.h"

/* A table of tokens may have rows that no token of the files has: it was padded, or tokens were added. */
#define SPARE_SHARE 16
#define SPARE_MIN 64

static int32_t spare_rows(int vocabulary_size)
{
    return vocabulary_size / SPARE_SHARE > SPARE_MIN ? vocabulary_size / SPARE_SHARE : SPARE_MIN;
}

/* Returns the highest number that a text can have besides the end token. */
static int32_t highest_of_texts(const Vocabulary *vocabulary)
{
    int32_t highest = vocabulary->start_token;
    for (int i = 0; i < 256; i++) {
        if (vocabulary->byte_tokens[i] > highest)
            highest = vocabulary->byte_tokens[i];
        if (vocabulary->byte_end_tokens[i] > highest)
            highest = vocabulary->byte_end_tokens[i];
    }
    for (size_t i = 0; i < vocabulary->merges.slot_count; i++) {
        const BpeMerge *merge = &vocabulary->merges.slots[i];
        if (merge->left >= 0 && merge->merged > highest)
            highest = merge->merged;
    }
    return highest;
}

RvStatus rv_vocabulary_check_fit(const Vocabulary *vocabulary, const char *path, int32_t told_end,
                                 int vocabulary_size, RvError *err)
{
    int32_t end = vocabulary->end_token;
    if (told_end > 0 && told_end == end)
        return RV_OK;
    if (vocabulary->token_count < vocabulary_size - spare_rows(vocabulary_size))
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: has %d tokens, the model knows %d; take both from one model", path,
                            (int)vocabulary->token_count, vocabulary_size);
    if (told_end > 0)
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: <|endoftext|> is token %d, and eos_token_id of config.json is %d; take both "
                            "from one model",
                            path, (int)end, (int)told_end);
    // The original pools a text at its highest number.
    if (highest_of_texts(vocabulary) > end)
        return rv_error_set(
            err, RV_ERROR_MISMATCH,
            "%s: <|endoftext|> is token %d, and others of a text go up to %d; the model wants it "
            "to be the highest",
            path, (int)end, (int)highest_of_texts(vocabulary));
    return RV_OK;
}
