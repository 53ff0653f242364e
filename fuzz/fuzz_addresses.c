/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as a server's address. Its parts are read, and what messages show of it holds no
 * password.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address and the sources of src/store. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql/server_address.h"
#include "store/sql/text_escape.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

/* What was read as the password, if it is more than a few signs that stand elsewhere too, is not shown. */
static void check_shown(const char *uri, const char *shown, const char *message)
{
    const char *colon = strchr(uri + 3, ':');
    ServerAddress address;
    if (strlen(shown) > strlen(uri) + 3)
        abort();
    if (rv_store_parse_address(uri, shown, &address, NULL) != RV_OK)
        return;
    const char *password = address.password;
    if (password != NULL && colon != NULL && strlen(password) > 5 && strchr(uri, '%') == NULL) {
        const char *first = strstr(uri, password);
        bool once = first != NULL && strstr(first + 1, password) == NULL;
        if (once && (strstr(shown, password) != NULL || strstr(message, password) != NULL))
            abort();
    }
    rv_store_clear_address(&address);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes > 4096)
        return 0;
    char *uri = calloc(1, size_bytes + 8), *rest = NULL, *value = NULL, *shown = NULL;
    RvError err = {0};
    ServerAddress address;
    if (uri == NULL)
        abort();
    memcpy(uri, bytes, size_bytes);
    if ((shown = rv_store_uri_for_show(uri, NULL)) == NULL)
        abort();
    if (rv_store_parse_address(uri, shown, &address, &err) == RV_OK)
        rv_store_is_this_machine(address.host);
    rv_store_clear_address(&address);
    if (strstr(uri, "://") != NULL && uri[0] != '.') // "./": a path, whatever it looks like
        check_shown(uri, shown, err.message);
    if (rv_store_take_parameter(uri, shown, "answer_timeout", &rest, &value, &err) == RV_OK &&
        value == NULL && strcmp(rest, uri) != 0)
        abort();
    free(rest);
    free(value);
    free(shown);
    free(uri);
    return 0;
}
