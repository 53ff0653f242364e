/* SPDX-License-Identifier: MIT */
/* The members of a JSON object in a request's body. What is wrong is an error in the reply: 400. */
#ifndef RV_WEB_MEMBERS_H
#define RV_WEB_MEMBERS_H

#include "request.h"

/* Every member of the object is one of those; ends with NULL. */
bool members_are_known(Request *request, const json_t *json, const char *const *names);

/* *out stays as it is if there is no such member, or null. The text is the body's, and has at most so many bytes. */
bool members_text(Request *request, const json_t *json, const char *name, size_t max_bytes, const char **out);

#endif
