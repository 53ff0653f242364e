/* SPDX-License-Identifier: MIT */
/* A server's address, kind://user:password@host:port/database?name=value, in parts. */
#ifndef RV_SERVER_ADDRESS_H
#define RV_SERVER_ADDRESS_H

#include <stdbool.h>

#include "reelvec/status.h"

#define ADDRESS_PARAMETERS_MAX 8

/* Strings are decoded (%40 is @) and owned; NULL if the address does not have the part. */
typedef struct ServerAddress {
    char *user, *password, *host, *database;
    int port; // 0: not given
    struct AddressParameter {
        char *name, *value;
    } parameters[ADDRESS_PARAMETERS_MAX];
    int parameter_count;
} ServerAddress;

/* Parse an address. show: the address as messages may show it (rv_store_uri_for_show). Errors: MEMORY;
 * ARGUMENT if it cannot be parsed, with a message that quotes nothing that may be a part of the password. */
RvStatus rv_store_parse_address(const char *uri, const char *show, ServerAddress *out, RvError *err);
void rv_store_clear_address(ServerAddress *address);
/* A parameter's value; NULL if it is not given. */
const char *rv_store_address_parameter(const ServerAddress *address, const char *name);

/* True if a host is certainly this machine: none, "localhost", a full address in 127.0.0.0/8, ::1, or the
 * path of a socket. Any other name is not. */
bool rv_store_is_this_machine(const char *host);

/* Remove name=value from the parameters of an address. *rest: the address without it. *value: decoded, or
 * NULL if the parameter is not there. Free both with free(). Errors: MEMORY; ARGUMENT for a broken escape. */
RvStatus rv_store_take_parameter(const char *uri, const char *show, const char *name, char **rest,
                                 char **value, RvError *err);

#endif
