/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: the address in libpq's form, and the protection that reelvec adds if it names none.
 *
 * libpq's own default, sslmode=prefer, sends a password to any server that answers, in clear if the server
 * asks for that. The rule here is the same as for MariaDB: other machines must show a certificate for their
 * name, unless the address (or PGSSLMODE) says otherwise. If the server has shown no certificate, the password
 * itself is not sent (require_auth, which libpq has since version 16). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/parse.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/server_address.h"

#define CONNECT_TIMEOUT_S "10"
#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number
#define REQUIRE_AUTH_VERSION 160000 // of libpq, for require_auth and sslrootcert=system

void rv_postgres_add_parameter(PostgresParameters *parameters, const char *name, const char *value)
{
    if (parameters->count < POSTGRES_PARAMETERS_MAX) {
        parameters->names[parameters->count] = name;
        parameters->values[parameters->count++] = value;
    }
}

void rv_postgres_clear_parameters(PostgresParameters *parameters)
{
    PQconninfoFree(parameters->options);
    *parameters = (PostgresParameters){0};
}

/* Our own message, because libpq's messages about an address may quote a part of the password. */
static RvStatus bad_address(const Store *base, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_ARGUMENT,
        "%s: not an address that can be read; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
        "and %%40 for @, %%3A for :, %%2F for /, %%25 for %% inside user and password",
        base->uri);
}

static const char *given(const PostgresParameters *parameters, const char *name)
{
    for (int i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->names[i], name) == 0)
            return parameters->values[i];
    }
    return NULL;
}

/* Returns a setting from the address, else from the environment. */
static const char *setting(const PostgresParameters *parameters, const char *name, const char *variable)
{
    const char *value = given(parameters, name);
    value = value != NULL ? value : getenv(variable);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* ---- whom the password may reach ---------------------------------------------------------------------- */

/* True if all hosts of a list are this machine. '@' begins the name of a socket without a file. */
static bool are_here(const char *hosts)
{
    char host[256];
    for (const char *at = hosts; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        if (length >= sizeof host)
            return false;
        memcpy(host, at, length);
        host[length] = '\0';
        if (host[0] != '@' && !rv_store_is_this_machine(host))
            return false;
        at += length + (at[length] == ',');
    }
    return true;
}

/* A service file may name host and sslmode. libpq reads it when a connection begins, and sends nothing before
 * that. */
static bool service_is_settled(const PostgresParameters *parameters)
{
    PostgresParameters copy = *parameters;
    copy.names[copy.count] = copy.values[copy.count] = NULL;
    PGconn *probe = PQconnectStartParams(copy.names, copy.values, 0);
    PQconninfoOption *options = probe != NULL ? PQconninfo(probe) : NULL;
    bool settled = false;
    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
        if (option->val == NULL)
            continue;
        if (strcmp(option->keyword, "sslmode") == 0 && strcmp(option->val, "prefer") != 0)
            settled = true;
        if ((strcmp(option->keyword, "hostaddr") == 0 || strcmp(option->keyword, "host") == 0) &&
            option->val[0] != '\0' && are_here(option->val))
            settled = true;
    }
    PQconninfoFree(options);
    PQfinish(probe);
    return settled;
}

/* True if the connection leaves this machine and no setting says how it is protected. */
static bool needs_protection(const PostgresParameters *parameters)
{
    if (setting(parameters, "sslmode", "PGSSLMODE") != NULL)
        return false;
    const char *address = setting(parameters, "hostaddr", "PGHOSTADDR");
    const char *host = setting(parameters, "host", "PGHOST");
    if (setting(parameters, "service", "PGSERVICE") != NULL && given(parameters, "host") == NULL &&
        given(parameters, "hostaddr") == NULL)
        return !service_is_settled(parameters);
    return !are_here(address != NULL ? address : host);
}

/* Returns the certificate authorities that the machine trusts, if the user has none for PostgreSQL. */
static const char *root_certificates(void)
{
    static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
    char own[4096];
    const char *home = getenv("HOME");
    if (home != NULL && snprintf(own, sizeof own, "%s/.postgresql/root.crt", home) < (int)sizeof own &&
        access(own, R_OK) == 0)
        return NULL; // libpq's default
    if (PQlibVersion() >= REQUIRE_AUTH_VERSION)
        return "system";
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++) {
        if (access(bundles[i], R_OK) == 0)
            return bundles[i];
    }
    return NULL;
}

static void protect_password(PostgresParameters *parameters)
{
    if (needs_protection(parameters)) {
        const char *authorities = setting(parameters, "sslrootcert", "PGSSLROOTCERT");
        authorities = authorities != NULL ? authorities : root_certificates();
        rv_postgres_add_parameter(parameters, "sslmode", "verify-full");
        if (authorities != NULL)
            rv_postgres_add_parameter(parameters, "sslrootcert", authorities);
    }
    const char *mode = setting(parameters, "sslmode", "PGSSLMODE");
    bool verified = mode != NULL && strcmp(mode, "verify-full") == 0;
    if (!verified && PQlibVersion() >= REQUIRE_AUTH_VERSION &&
        setting(parameters, "require_auth", "PGREQUIREAUTH") == NULL)
        rv_postgres_add_parameter(parameters, "require_auth", "!password");
}

/* ---- parsing ------------------------------------------------------------------------------------------ */

static bool take_options(PostgresParameters *out)
{
    bool good = true;
    for (PQconninfoOption *option = out->options; option->keyword != NULL; option++) {
        const char *value = option->val;
        int64_t port = 0;
        if (value == NULL)
            continue;
        if (strcmp(option->keyword, "host") == 0 && strchr(value, '@') != NULL && value[0] != '@')
            good = false;
        if (strcmp(option->keyword, "port") == 0 && strchr(value, ',') == NULL && value[0] != '\0' &&
            !rv_parse_int64(value, 1, 65535, &port))
            good = false;
        if (strcmp(option->keyword, "dbname") == 0)
            out->database = value;
        rv_postgres_add_parameter(out, option->keyword, value);
    }
    return good;
}

static void add_defaults(PostgresParameters *out)
{
    static const struct {
        const char *name, *value;
    } defaults[] = {{"connect_timeout", CONNECT_TIMEOUT_S},
                    {"keepalives_idle", TEXT_OF(WIRE_KEEPALIVE_IDLE_S)},
                    {"keepalives_interval", TEXT_OF(WIRE_KEEPALIVE_INTERVAL_S)},
                    {"keepalives_count", TEXT_OF(WIRE_KEEPALIVE_COUNT)},
                    {"tcp_user_timeout", TEXT_OF(WIRE_USER_TIMEOUT_MS)}};
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (given(out, defaults[i].name) == NULL)
            rv_postgres_add_parameter(out, defaults[i].name, defaults[i].value);
    }
    protect_password(out);
    rv_postgres_add_parameter(out, "client_encoding", "UTF8");
    rv_postgres_add_parameter(out, "fallback_application_name", "reelvec");
}

RvStatus rv_postgres_parse_address(const Store *base, const char *uri, PostgresParameters *out, RvError *err)
{
    char *rest = NULL, *timeout = NULL;
    *out = (PostgresParameters){0};
    RvStatus status = rv_store_take_parameter(uri, base->uri, "answer_timeout", &rest, &timeout, err);
    if (status == RV_OK)
        status = rv_wire_parse_timeout(timeout, base->uri, &out->answer_timeout_s, err);
    if (status == RV_OK) {
        out->options = PQconninfoParse(rest, NULL);
        if (out->options == NULL || !take_options(out))
            status = bad_address(base, err);
    }
    free(rest);
    free(timeout);
    if (status == RV_OK)
        add_defaults(out);
    else
        rv_postgres_clear_parameters(out);
    return status;
}
