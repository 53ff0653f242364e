/* SPDX-License-Identifier: MIT */
/* Tokens of a text while it is cut into pieces. */
#ifndef RV_TOKEN_LIST_H
#define RV_TOKEN_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

/* Zeroed at first. Free tokens with free(). */
typedef struct TokenList {
    int32_t *tokens;
    size_t count, capacity;
} TokenList;

/* Errors: MEMORY. */
static inline RvStatus rv_token_list_add(TokenList *list, int32_t token, RvError *err)
{
    if (list->count == list->capacity) {
        int32_t *grown = rv_mem_grow(list->tokens, &list->capacity, list->count + 1, sizeof *grown, err);
        if (grown == NULL)
            return RV_ERROR_MEMORY;
        list->tokens = grown;
    }
    list->tokens[list->count++] = token;
    return RV_OK;
}

#endif
