/* SPDX-License-Identifier: MIT */
/* Bytes that have several owners, so that an answer needs no copy of them. */
#ifndef RV_WEB_SHARED_BYTES_H
#define RV_WEB_SHARED_BYTES_H

#include <stddef.h>

/* A copy with one owner. NULL: no memory. */
void *shared_bytes_create(const void *bytes, size_t size_bytes);
/* One owner more. Returns the bytes. */
void *shared_bytes_hold(void *bytes);
/* One owner less; the last one frees them. NULL is accepted. */
void shared_bytes_release(void *bytes);

#endif
