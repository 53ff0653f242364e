/* SPDX-License-Identifier: MIT */
/* What servers state about a file in the headers of their answers, over a chain of redirects.
 *
 * Hugging Face states, in the first answer of the chain: X-Repo-Commit (the commit that a branch stands at),
 * X-Linked-Size and X-Linked-Etag (of large files the SHA-256, of small ones git's name of the content), and in
 * ETag again git's name of a small file. Names of the headers: huggingface_hub, constants.py. */
#ifndef RV_MODELS_MODEL_ANSWER_H
#define RV_MODELS_MODEL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ModelAnswer {
    uint64_t range_start; // start of the range that a 206 answer contains; UINT64_MAX if it says none
    // The first that is stated in the chain counts; what is not stated is 0 or empty.
    uint64_t size_bytes; // of the whole file
    char sha256[65];
    char git_id[41]; // SHA-1 of git's blob
    char commit[41];
    // of the answer that is being read
    char etag[41];
    bool of_repository;
} ModelAnswer;

/* Take one line of an answer's headers, with its line end and without a NUL. */
void rv_model_answer_line(ModelAnswer *answer, const char *line, size_t size_bytes);

/* True if the text is count hexadecimal digits, in lower case, and nothing else. */
bool rv_model_is_hex(const char *text, size_t count);

#endif
