/* SPDX-License-Identifier: MIT */
/* Small pieces of text: numbers, times, sizes, names. */
#ifndef RV_CLI_TEXT_H
#define RV_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read a plain, finite decimal number with nothing after it. */
bool cli_text_parse_real(const char *text, double *out);

/* Read seconds from "12", "12.5", "1:02", "1:02:03.5". */
bool cli_text_parse_time(const char *text, double *seconds);

/* Write "0:01:02.5", rounded to tenths. */
void cli_text_time(double seconds, char *text, size_t size_bytes);

/* Write "0:01:02.5", and "0:01:02.520" if tenths do not tell the time. */
void cli_text_time_exact(double seconds, char *text, size_t size_bytes);

/* Write "1:02" or "1:02:03", rounded down. */
void cli_text_clock(double seconds, char *text, size_t size_bytes);

/* Write "17 bytes", "1.5 kB", "338 MB" in powers of 1000. */
void cli_text_bytes(int64_t size_bytes, char *text, size_t text_bytes);

/* Write "4,998", the same in every locale. */
void cli_text_count(size_t count, char *text, size_t size_bytes);

/* Write "41.2 frames/s", "0.25 frames/s". */
void cli_text_rate(double frames_per_s, char *text, size_t size_bytes);

/* Returns the last part of a path or URL, or the whole if there is none; points into it. */
const char *cli_text_last_part(const char *path);

/* Returns what to open for a picture named on the command line: standard input for "-", otherwise the name
 * itself. */
const char *cli_text_picture(const char *name);

/* Returns a copy that may be shown: valid UTF-8 (other bytes become U+FFFD; control characters, and those
 * that change the order of others, become '?'), with web addresses without user and password. Returns NULL if
 * memory is refused. Free with free(). */
char *cli_text_clean(const char *text);

/* Returns how many bytes the character takes with which the text begins if cli_text_clean replaces it by '?';
 * otherwise 0. */
size_t cli_text_control(const char *text);

/* Returns the columns that valid UTF-8 takes on a terminal. */
size_t cli_text_width(const char *text);

/* Returns a copy of valid UTF-8 with `cut_count` characters in its middle replaced by "..." (U+2026), keeping
 * at least one on each side. Free with free(). */
char *cli_text_shorten(const char *text, size_t cut_count);

/* Returns a copy of valid UTF-8 that takes at most `columns` (at least 1) on a terminal. If it is longer, the
 * copy is "..." (U+2026) and the end of the text. Free with free(). */
char *cli_text_keep_end(const char *text, size_t columns);

/* Returns the number of characters of valid UTF-8. */
size_t cli_text_characters(const char *text);

#endif
