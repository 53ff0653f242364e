/* SPDX-License-Identifier: MIT */
/* Write a checkpoint with generated weights, for the demo and for tests. */
#include <stdio.h>
#include <string.h>

#include "known_checkpoint.h"

static const char usage[] =
    "make_known_checkpoint tiny|vitb32 OUT_FOLDER [--dtype F32|F16|BF16]\n"
    "    [--layout huggingface|sharded|open_clip|bin|old_bin] [--vocab bpe_simple_vocab_16e6.txt.gz]\n"
    "Without --vocab: a vocabulary of 514 tokens, bytes only.\n";

/* Returns the index of a word in a list that ends with NULL; -1 if it is not there. */
static int find_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

int main(int argument_count, char **arguments)
{
    static const char *const configs[] = {"tiny", "vitb32", NULL}, *const types[] = {"F32", "F16", "BF16",
                                                                                     NULL};
    static const char *const layouts[] = {"huggingface", "sharded", "open_clip", "bin", "old_bin", NULL};
    KnownCheckpoint checkpoint = {0};
    int type = 0, layout = 0;
    bool good = argument_count >= 3 && argument_count % 2 == 1 && find_word(configs, arguments[1]) >= 0;
    for (int i = 3; i < argument_count && good; i += 2) {
        if (strcmp(arguments[i], "--dtype") == 0)
            type = find_word(types, arguments[i + 1]);
        else if (strcmp(arguments[i], "--layout") == 0)
            layout = find_word(layouts, arguments[i + 1]);
        else if (strcmp(arguments[i], "--vocab") == 0)
            checkpoint.vocabulary_gz = arguments[i + 1];
        else
            good = false;
    }
    if (!good || type < 0 || layout < 0) {
        fputs(usage, stderr);
        return 2;
    }
    checkpoint.config = arguments[1];
    checkpoint.type = (KnownType)type;
    checkpoint.layout = (KnownLayout)layout;
    return known_checkpoint_write(&checkpoint, arguments[2]) ? 0 : 1;
}
