/* SPDX-License-Identifier: MIT */
/* Comparing words of ASCII without regard to case, the same in every locale: strcasecmp in a Turkish one says
 * that "AVI" and "avi" differ. */
#ifndef RV_BASE_ASCII_H
#define RV_BASE_ASCII_H

#include <stdbool.h>

bool rv_ascii_equal(const char *left, const char *right);
bool rv_ascii_begins(const char *text, const char *beginning);

#endif
