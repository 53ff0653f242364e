/* SPDX-License-Identifier: MIT */
/* The pictures of tests/pixels/data, for the tests of stills. */
#ifndef RV_TESTS_STILL_FILES_H
#define RV_TESTS_STILL_FILES_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/file.h"

static inline void data_path(const char *name, char *path, size_t size_bytes)
{
    const char *source = getenv("REELVEC_SOURCE");
    snprintf(path, size_bytes, "%s/tests/pixels/data/%s", source != NULL ? source : ".", name);
}

static inline void read_data(const char *name, Buffer *out)
{
    char path[1024];
    RvError err = {0};
    data_path(name, path, sizeof path);
    rv_buffer_init(out, (size_t)1 << 20);
    if (rv_file_read(path, out, &err) != RV_OK)
        fail_msg("%s", err.message);
}

#endif
