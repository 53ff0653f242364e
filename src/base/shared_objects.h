/* SPDX-License-Identifier: MIT */
/* Objects that several users share under a key: the first one makes it, the last one destroys it. */
#ifndef RV_SHARED_OBJECTS_H
#define RV_SHARED_OBJECTS_H

#include "reelvec/status.h"

/* Threads: any number may hold and release. */
typedef struct Shared Shared;

RvStatus rv_shared_create(Shared **out, RvError *err);
/* Nobody may hold an object any more. NULL is accepted. */
void rv_shared_destroy(Shared *shared);

/* The object of this key, to be released. If there is none, make(user) makes it; callers that come meanwhile
 * wait. key: copied. Errors: those of make, MEMORY. */
RvStatus rv_shared_hold(Shared *shared, const char *key,
                        RvStatus (*make)(void *user, void **out, RvError *err), void *user, void **out,
                        RvError *err);
/* destroy: called with the object if this was its last holder. */
void rv_shared_release(Shared *shared, void *object, void (*destroy)(void *object));

#endif
