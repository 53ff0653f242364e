/* SPDX-License-Identifier: MIT */
/* What the name of a file may not have, so that it is one on every system and looks like what it is. */
#ifndef RV_NAMING_FILE_NAME_H
#define RV_NAMING_FILE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the character takes with which the UTF-8 text begins if no name should have it: a control, one that
 * Windows refuses, a mark that turns the direction of what follows, so that "gpj.exe" looks like "exe.jpg". 0: it may be
 * there, or the text is at its end. */
size_t rv_file_name_bad(const char *text);

/* Is it the name of a device of Windows, which no file may have there, whatever its ending is? */
bool rv_file_name_is_device(const char *name);

/* A text that is the same for names that are one where files are not told apart by case, or by how accents are written
 * (Windows, macOS). The caller frees it; NULL: no memory. */
char *rv_file_name_key(const char *name);

#endif
