/* SPDX-License-Identifier: MIT */
/* The bytes of a picture from a web server, bounded in size and time. */
#ifndef RV_STILL_URL_H
#define RV_STILL_URL_H

#include "base/buffer.h"

/* Append what an http(s) address answers, over redirects and with compression undone, up to the buffer's
 * maximum; after 30 s without a byte, or 120 s in all, it gives up. name: what messages call it, without a
 * password. Errors: NETWORK, MEMORY. */
RvStatus rv_still_fetch(const char *url, const char *name, Buffer *out, RvError *err);

#endif
