/* SPDX-License-Identifier: MIT */
/* Names of hosts. */
#ifndef RV_WEB_HOST_NAMES_H
#define RV_WEB_HOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

typedef struct HostNames HostNames; // a set; case does not count

RvStatus host_names_create(HostNames **out, RvError *err);
void host_names_destroy(HostNames *names);
/* name: a host's name or address, [::1] too. Errors: ARGUMENT, MEMORY. */
RvStatus host_names_add(HostNames *names, const char *name, RvError *err);
bool host_names_has(const HostNames *names, const char *host);

/* Cut "name[:port]" or "[address][:port]" to the name or address, in lower case and without a final full stop. Returns
 * false if it is neither. */
bool host_of_text(const char *text, char *host, size_t size_bytes);

#endif
