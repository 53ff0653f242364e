/* SPDX-License-Identifier: MIT */
/* What the original's `ftfy` step makes of a text that people type. */
#ifndef RV_TEXT_FIX_H
#define RV_TEXT_FIX_H

#include "base/buffer.h"

/* Append what ftfy.fix_text of ftfy 6 makes of the text (valid UTF-8), but for its repair of text that was
 * decoded wrongly ("mojibake"): whole HTML references unless a '<' came before, C1 controls to Windows-1252,
 * Latin ligatures apart, full and half width to the usual one, straight quotes, line breaks to "\n", no
 * terminal colours and control characters, NFC. Errors: MEMORY. */
RvStatus rv_text_fix(const char *text, size_t size_bytes, Buffer *out, RvError *err);

#endif
