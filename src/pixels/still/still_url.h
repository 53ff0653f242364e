/* SPDX-License-Identifier: MIT */
/* The bytes of a picture from a web server, bounded in size and time. */
#ifndef RV_STILL_URL_H
#define RV_STILL_URL_H

#include "base/buffer.h"
#include "reelvec/image.h"

/* Append the decompressed answer of an http(s) address, up to the buffer's maximum. Redirects are followed.
 * The call fails after 30 s without a byte, or 120 s in all. name: the address in messages, without a
 * password. options: may end it early; may be NULL. Errors: NETWORK, MEMORY, CANCELLED. */
RvStatus rv_still_fetch(const char *url, const char *name, const RvPictureOptions *options, Buffer *out,
                        RvError *err);

#endif
