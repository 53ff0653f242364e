/* SPDX-License-Identifier: MIT */
/* A server's address, kind://user:password@host:port/database?name=value, in parts. */
#ifndef RV_SERVER_ADDRESS_H
#define RV_SERVER_ADDRESS_H

#include <stdbool.h>

#include "reelvec/status.h"

#define ADDRESS_PARAMETERS_MAX 8

/* Strings are decoded (%40 is @) and owned; NULL if the address does not say. */
typedef struct ServerAddress {
    char *user, *password, *host, *database;
    int port; // 0: not given
    struct AddressParameter {
        char *name, *value;
    } parameters[ADDRESS_PARAMETERS_MAX];
    int parameter_count;
} ServerAddress;

/* show: the address as messages may name it (rv_store_uri_for_show). ARGUMENT if it cannot be read; the
 * message quotes nothing that may be a part of the password. */
RvStatus rv_store_parse_address(const char *uri, const char *show, ServerAddress *out, RvError *err);
void rv_store_clear_address(ServerAddress *address);
/* A parameter's value; NULL if it is not given. */
const char *rv_store_address_parameter(const ServerAddress *address, const char *name);

/* Whether a host is this machine for sure: none, "localhost", 127.0.0.0/8 or ::1 as addresses in full, or the
 * path of a socket. A name that only looks like one is not. */
bool rv_store_is_this_machine(const char *host);

/* Take name=value out of the parameters of an address. *rest: the address without it; *value: decoded, NULL
 * where it is not there. Both are to be freed. ARGUMENT for a broken escape. */
RvStatus rv_store_take_parameter(const char *uri, const char *show, const char *name, char **rest,
                                 char **value, RvError *err);

#endif
