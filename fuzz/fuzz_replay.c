/* SPDX-License-Identifier: MIT */
/* Runs a libFuzzer target without libFuzzer: over files, then over damaged copies of them with a fixed seed.
 *
 *     fuzz_NAME ROUNDS FOLDER        the files of FOLDER, by name
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

#define FILE_MAX_BYTES ((size_t)64 << 20)

static uint8_t *read_file(const char *path, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = file != NULL ? malloc(FILE_MAX_BYTES) : NULL;
    if (bytes == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    *size_bytes = fread(bytes, 1, FILE_MAX_BYTES, file);
    fclose(file);
    return bytes;
}

/* Damage sits mostly in the first bytes, where the headers are; now and then the end is cut off. */
static void run_damaged(const uint8_t *bytes, size_t size_bytes, uint64_t *random)
{
    size_t kept = rv_random_next(random) % 4 == 0 ? rv_random_next(random) % (size_bytes + 1) : size_bytes;
    uint8_t *copy = malloc(kept > 0 ? kept : 1);
    if (copy == NULL)
        exit(2);
    memcpy(copy, bytes, kept);
    size_t reach = rv_random_next(random) % 2 == 0 && kept > 4096 ? 4096 : kept;
    for (uint64_t i = 1 + rv_random_next(random) % 6; i > 0 && reach > 0; i--)
        copy[rv_random_next(random) % reach] = (uint8_t)rv_random_next(random);
    LLVMFuzzerTestOneInput(copy, kept);
    free(copy);
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argument_count, char **arguments)
{
    struct dirent **entries = NULL;
    if (argument_count != 3) {
        fprintf(stderr, "usage: %s ROUNDS FOLDER\n", arguments[0]);
        return 2;
    }
    int count = scandir(arguments[2], &entries, is_file, alphasort);
    if (count <= 0) {
        fprintf(stderr, "%s: no corpus there\n", arguments[2]);
        return 2;
    }
    uint64_t random = 7;
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        size_t size_bytes = 0;
        snprintf(path, sizeof path, "%s/%s", arguments[2], entries[i]->d_name);
        uint8_t *bytes = read_file(path, &size_bytes);
        LLVMFuzzerTestOneInput(bytes, size_bytes);
        for (int round = atoi(arguments[1]); round > 0; round--)
            run_damaged(bytes, size_bytes, &random);
        free(bytes);
        free(entries[i]);
    }
    free(entries);
    return 0;
}
