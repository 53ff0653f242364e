/* SPDX-License-Identifier: MIT */
/* A text that a test made, compared with a file of the sources. */
#ifndef RV_TESTS_GOLDEN_H
#define RV_TESTS_GOLDEN_H

/* file: under tests/. Lines of the file that begin with '#' are comments; lines that begin with "== " begin a
 * scene. If the texts differ, the test fails, and the first difference is printed with its scene. With
 * REELVEC_WRITE_GOLDEN=1 in the environment the file is written instead: head, then the text. */
void golden_compare(const char *file, const char *head, char *text);

#endif
