/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: connecting and reconnecting; making the database if it is missing. */
#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>

#include "base/error.h"
#include "store/mysql/mysql_store.h"

#define CONNECT_TIMEOUT_S 10u
// Longer than any row: a picture, or the statement that made a table.
#define PACKET_MAX_BYTES ((unsigned long)STORE_MAX_PICTURE_BYTES + (1ul << 20))
#define CHALLENGE_PLUGINS "mysql_native_password,client_ed25519,parsec"

/* Apply tls=verify (the default for other machines), require (encrypted, but the server is not checked) or
 * off, and tls_ca=FILE. *verified: the server must prove its identity before anything is sent to it. */
static RvStatus set_tls(MysqlStore *store, my_bool *encrypt, bool *verified, RvError *err)
{
    const char *mode = rv_store_address_parameter(&store->address, "tls");
    const char *authority = rv_store_address_parameter(&store->address, "tls_ca");
    if (mode == NULL)
        mode = authority != NULL || !rv_store_is_this_machine(store->address.host) ? "verify" : "off";
    my_bool verify = strcmp(mode, "verify") == 0;
    *verified = verify;
    *encrypt = verify || strcmp(mode, "require") == 0;
    if (!*encrypt && strcmp(mode, "off") != 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: tls is %.40s; give verify, require or off",
                            store->base.uri, mode);
    mysql_options(store->connection, MYSQL_OPT_SSL_ENFORCE, encrypt);
    mysql_options(store->connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (authority != NULL)
        mysql_options(store->connection, MYSQL_OPT_SSL_CA, authority);
    return RV_OK;
}

/* A server chooses how the client authenticates, and may ask for the password itself. Unless the server has
 * proved its identity, or the address says auth=any, only those ways are allowed that answer a challenge and
 * never send the password. */
static RvStatus set_authentication(MysqlStore *store, bool verified, RvError *err)
{
    const char *mode = rv_store_address_parameter(&store->address, "auth");
    if (mode != NULL && strcmp(mode, "any") != 0 && strcmp(mode, "challenge") != 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: auth is %.40s; give challenge or any",
                            store->base.uri, mode);
    store->is_restricted = mode != NULL ? strcmp(mode, "challenge") == 0 : !verified;
    if (store->is_restricted)
        mysql_options(store->connection, MARIADB_OPT_RESTRICTED_AUTH, CHALLENGE_PLUGINS);
    return RV_OK;
}

static void set_limits(MysqlStore *store)
{
    unsigned connect_s = CONNECT_TIMEOUT_S, answer_s = (unsigned)store->answer_timeout_s, no_files = 0;
    unsigned long packet_bytes = PACKET_MAX_BYTES;
    mysql_options(store->connection, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    if (answer_s > 0) {
        mysql_options(store->connection, MYSQL_OPT_READ_TIMEOUT, &answer_s);
        mysql_options(store->connection, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
    }
    mysql_options(store->connection, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_bytes);
    mysql_options(store->connection, MYSQL_OPT_LOCAL_INFILE,
                  &no_files); // the server cannot ask for files of this machine
}

static RvStatus check_parameters(const MysqlStore *store, RvError *err)
{
    static const char *const known[] = {"tls", "tls_ca", "socket", "auth", "answer_timeout"};
    for (int i = 0; i < store->address.parameter_count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            found = found || strcmp(store->address.parameters[i].name, known[k]) == 0;
        if (!found)
            return rv_error_set(err, RV_ERROR_ARGUMENT,
                                "%s: unknown parameter %.60s; there are tls, tls_ca, socket, auth and "
                                "answer_timeout",
                                store->base.uri, store->address.parameters[i].name);
    }
    if (store->address.database == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: the address names no database; put /NAME behind the host", store->base.uri);
    return RV_OK;
}

static RvStatus no_encryption(const MysqlStore *store, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_NETWORK,
        "%s: the server does not encrypt; switch TLS on there, or give ?tls=off for a network "
        "that can be trusted",
        store->base.uri);
}

static RvStatus connect_failed(MysqlStore *store, RvError *err)
{
    unsigned number = mysql_errno(store->connection);
    if (store->is_restricted && number == CR_PLUGIN_NOT_ALLOWED)
        return rv_error_set(
            err, RV_ERROR_NETWORK,
            "%s: the server asks for the password itself, which it gets from reelvec only where "
            "TLS has verified who it is; give ?tls=verify, or ?auth=any with a server that can "
            "be trusted",
            store->base.uri);
    // The client's message if a server offers no TLS.
    if (number == CR_SSL_CONNECTION_ERROR &&
        strstr(mysql_error(store->connection), "does not support") != NULL)
        return no_encryption(store, err);
    return rv_mysql_fail(store, err);
}

/* Replace the connection by a new one. *number: the server's or the client's error. */
static RvStatus connect_to(MysqlStore *store, const char *database, unsigned *number, RvError *err)
{
    my_bool encrypt = 0;
    bool verified = false;
    const ServerAddress *address = &store->address;
    if (store->connection != NULL)
        mysql_close(store->connection);
    store->in_transaction = store->is_given_up = false;
    store->connection = mysql_init(NULL);
    if (store->connection == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory", store->base.uri);
    mysql_options(store->connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set_limits(store);
    RvStatus status = set_tls(store, &encrypt, &verified, err);
    if (status == RV_OK)
        status = set_authentication(store, verified, err);
    if (status != RV_OK)
        return status;
    // A host name means a network address, never a socket file of another server on this machine.
    const char *socket = rv_store_address_parameter(address, "socket");
    const char *host = address->host != NULL && strcmp(address->host, "localhost") == 0 && socket == NULL
                           ? "127.0.0.1"
                           : address->host;
    // Rows that an UPDATE found count as changed, even if they had the new values already.
    bool connected = mysql_real_connect(store->connection, host, address->user, address->password, database,
                                        (unsigned)address->port, socket, CLIENT_FOUND_ROWS) != NULL;
    *number = mysql_errno(store->connection);
    if (!connected)
        return connect_failed(store, err);
    rv_wire_keep_alive(mysql_get_socket(store->connection));
    // If the server offers no TLS, the client continues without it. By now it has only answered a challenge.
    if (encrypt && mysql_get_ssl_cipher(store->connection) == NULL)
        return no_encryption(store, err);
    return RV_OK;
}

static RvStatus ask_packet(MysqlStore *store, int64_t *packet, RvError *err)
{
    static const char sql[] = "SELECT @@max_allowed_packet";
    ServerAnswer answer = rv_answer(1, 1);
    bool began = false;
    *packet = 1 << 20;
    RvStatus status = rv_mysql_ask(store, sql, sizeof sql - 1, &answer, &began, err);
    if (status == RV_OK && rv_answer_value(&answer, 0, 0, NULL) != NULL)
        status = rv_answer_integer(&answer, &store->base, 0, 0, "answer", INT64_MIN, INT64_MAX, packet, err);
    rv_answer_clear(&answer);
    return status;
}

/* Settings of every connection of a store. */
static RvStatus prepare_session(MysqlStore *store, RvError *err)
{
    int64_t packet = 0;
    store->is_connecting = true;
    RvStatus status = store->dialect->check_server(store, err);
    if (status == RV_OK)
        status = ask_packet(store, &packet, err);
    store->is_connecting = false;
    store->max_packet_bytes = packet < (1 << 16) ? 1 << 16 : packet > (1 << 30) ? 1 << 30 : (size_t)packet;
    return status;
}

RvStatus rv_mysql_reconnect(MysqlStore *store, RvError *err)
{
    unsigned number = 0;
    RvStatus status = connect_to(store, store->address.database, &number, err);
    return status == RV_OK ? prepare_session(store, err) : status;
}

static RvStatus create_database(MysqlStore *store, RvError *err)
{
    unsigned number = 0;
    bool began = false;
    ServerAnswer unread = rv_answer_unread();
    RvStatus status = connect_to(store, NULL, &number, err);
    store->is_connecting = true;
    if (status == RV_OK)
        status = store->dialect->check_server(store, err);
    store->is_connecting = false;
    if (status == RV_OK && store->is_shared_tier)
        return rv_error_set(
            err, RV_ERROR_NOT_FOUND,
            "%s: no database %.100s on the server, and on the shared tier none can be made; give the "
            "one that belongs to the workspace",
            store->base.uri, store->address.database);
    // A name between back quotes: a back quote inside is doubled.
    Buffer sql;
    rv_buffer_init(&sql, 4096);
    if (status == RV_OK) {
        rv_buffer_append_format(&sql, err, "CREATE DATABASE IF NOT EXISTS `");
        for (const char *at = store->address.database; *at != '\0'; at++)
            rv_buffer_append(&sql, *at == '`' ? "``" : at, *at == '`' ? 2 : 1, err);
        status = rv_buffer_append_format(&sql, err, "`");
    }
    if (status == RV_OK)
        status = rv_mysql_ask(store, (const char *)sql.bytes, sql.size_bytes, &unread, &began, err);
    rv_buffer_clear(&sql);
    return status == RV_OK ? connect_to(store, store->address.database, &number, err) : status;
}

static RvStatus connect_first(MysqlStore *store, bool create, RvError *err)
{
    unsigned number = 0;
    RvStatus status = connect_to(store, store->address.database, &number, err);
    if (number == ER_BAD_DB_ERROR && create)
        status = create_database(store, err);
    else if (number == ER_BAD_DB_ERROR)
        status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_CREATE_LIBRARY, NULL,
                                   "%s: no database %.100s on the server", store->base.uri,
                                   store->address.database);
    return status == RV_OK ? prepare_session(store, err) : status;
}

RvStatus rv_mysql_connect(MysqlStore *store, const char *uri, bool create, RvError *err)
{
    RvStatus status = rv_store_parse_address(uri, store->base.uri, &store->address, err);
    if (status == RV_OK)
        status = check_parameters(store, err);
    if (status == RV_OK)
        status = rv_wire_parse_timeout(rv_store_address_parameter(&store->address, "answer_timeout"),
                                       store->base.uri, &store->answer_timeout_s, err);
    return status == RV_OK ? connect_first(store, create, err) : status;
}
