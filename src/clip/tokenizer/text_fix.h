/* SPDX-License-Identifier: MIT */
/* The effect of the original's `ftfy` step on texts that people type. */
#ifndef RV_TEXT_FIX_H
#define RV_TEXT_FIX_H

#include "base/buffer.h"

/* Append the text after ftfy.fix_text of ftfy 6 (the input is valid UTF-8), except for its repair of wrongly
 * decoded text ("mojibake"): complete HTML references are replaced unless a '<' came before, C1 controls
 * become Windows-1252, Latin ligatures are split, full and half width become the usual width, quotes are
 * straightened, line breaks become "\n", terminal colours and control characters are removed, and the result
 * is NFC. Errors: MEMORY. */
RvStatus rv_text_fix(const char *text, size_t size_bytes, Buffer *out, RvError *err);

#endif
