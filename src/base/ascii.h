/* SPDX-License-Identifier: MIT */
/* Comparing words of ASCII, with regard to case and without, the same in every locale. strcasecmp depends on the
 * locale: in Turkish, "AVI" and "avi" differ. */
#ifndef RV_BASE_ASCII_H
#define RV_BASE_ASCII_H

#include <stdbool.h>

/* True if both have the same length and differ at most in case. */
bool rv_ascii_equal(const char *left, const char *right);

/* True if text begins with `beginning`, regardless of case. */
bool rv_ascii_begins(const char *text, const char *beginning);

/* True if text ends in `ending`, regardless of case; also if it has nothing before it. */
bool rv_ascii_ends(const char *text, const char *ending);

/* The same, byte by byte. */
bool rv_text_ends(const char *text, const char *ending);

#endif
