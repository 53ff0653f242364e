/* SPDX-License-Identifier: MIT */
/* Comparing words of ASCII without regard to case, the same in every locale. strcasecmp depends on the
 * locale: in Turkish, "AVI" and "avi" differ. */
#ifndef RV_BASE_ASCII_H
#define RV_BASE_ASCII_H

#include <stdbool.h>
/* True if both have the same length and differ at most in case. */

/* True if text begins with `beginning`, regardless of case. */
bool rv_ascii_equal(const char *left, const char *right);
bool rv_ascii_begins(const char *text, const char *beginning);

#endif
