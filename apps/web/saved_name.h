/* SPDX-License-Identifier: MIT */
/* Under which name a browser saves an answer. */
#ifndef RV_WEB_SAVED_NAME_H
#define RV_WEB_SAVED_NAME_H

#include <stdbool.h>

#include "reply.h"

/* Add Content-Disposition. attachment: to be saved, not shown. name: UTF-8, without folders. */
void saved_name_add(Reply *reply, bool attachment, const char *name);

/* A copy of a text that is good as a file's name anywhere: no slash, nothing that Windows refuses, nothing that makes it
 * look like another one, at most 121 bytes of whole characters. Empty: `otherwise`. Free with free(). NULL: no memory. */
char *saved_name_clean(const char *text, const char *otherwise);

#endif
