/* SPDX-License-Identifier: MIT */
/* Small pieces of text: numbers, times, sizes, names. */
#ifndef RV_CLI_TEXT_H
#define RV_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A plain, finite decimal number and nothing behind it. */
bool cli_text_parse_real(const char *text, double *out);

/* Seconds from "12", "12.5", "1:02", "1:02:03.5". */
bool cli_text_parse_time(const char *text, double *seconds);

/* "0:01:02.5"; rounded to tenths. */
void cli_text_time(double seconds, char *text, size_t size_bytes);

/* "1:02" or "1:02:03" as on a clock; rounded down. */
void cli_text_clock(double seconds, char *text, size_t size_bytes);

/* "17 bytes", "1.5 kB", "338 MB" in powers of 1000. */
void cli_text_bytes(int64_t size_bytes, char *text, size_t text_bytes);

/* "4,998" in every locale. */
void cli_text_count(size_t count, char *text, size_t size_bytes);

/* "41.2 frames/s", "0.25 frames/s". */
void cli_text_rate(double frames_per_s, char *text, size_t size_bytes);

/* The last part of a path or URL (the whole where there is none); points into it. */
const char *cli_text_last_part(const char *path);

/* What to open for a picture named on the command line: standard input for "-", else the name itself. */
const char *cli_text_picture(const char *name);

/* A copy that may be shown: in valid UTF-8 (what is not becomes U+FFFD; control characters become '?', those
 * that turn the order of others too), and with web addresses without user and password. NULL without memory.
 * To be freed. */
char *cli_text_clean(const char *text);

/* Columns that valid UTF-8 takes on a terminal. */
size_t cli_text_width(const char *text);

/* A copy of valid UTF-8 without `cut_count` characters in its middle, "..." (U+2026) in their place, keeping
 * at least one on each side. To be freed. */
char *cli_text_shorten(const char *text, size_t cut_count);

/* A copy of valid UTF-8 that takes at most `columns` (at least 1) on a terminal: where it is longer, "..."
 * (U+2026) and its end. To be freed. */
char *cli_text_keep_end(const char *text, size_t columns);

/* Characters of valid UTF-8. */
size_t cli_text_characters(const char *text);

#endif
