/* SPDX-License-Identifier: MIT */
/* A request: its address in parts, its parameters, its body as JSON. */
#include "request.h"

#include <math.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "web_clock.h"
#include "web_error.h"

#define PEEK_S 0.02
#define TAG_BYTES 160 // the longest tag, in quotation marks

/* ---- the address -------------------------------------------------------------------------------------- */

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Number of bytes of a UTF-8 character, or 0 if it is none or a control character. */
static size_t character_size(const unsigned char *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC0 ? 2 : 0;
    if (size == 1)
        return (at[0] >= 0x20 || at[0] == '\t' || at[0] == '\n' || at[0] == '\r') && at[0] != 0x7F ? 1 : 0;
    if (size == 0 || at[0] > 0xF4)
        return 0;
    uint32_t code = at[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3Fu);
    }
    bool valid = code >= least[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return valid ? size : 0;
}

static bool is_text(const char *text)
{
    for (size_t size; *text != '\0'; text += size) {
        size = character_size((const unsigned char *)text);
        if (size == 0)
            return false;
    }
    return true;
}

/* Decode in place; plus is a space in parameters. Returns false if it is not UTF-8 text afterwards. */
static bool decode(char *text, bool plus)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '%') {
            *to++ = plus && *from == '+' ? ' ' : *from;
            continue;
        }
        int high = hex_value(from[1]), low = high < 0 ? -1 : hex_value(from[2]);
        if (low < 0 || high * 16 + low == 0)
            return false;
        *to++ = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    return is_text(text);
}

static RvStatus read_parameters(Request *request, char *text, RvError *err)
{
    size_t count = 1;
    for (const char *at = text; *at != '\0'; at++)
        count += *at == '&';
    if (count > REQUEST_PARAMETERS_MAX)
        return web_error(err, RV_ERROR_ARGUMENT, "the address has more than %d parameters",
                         REQUEST_PARAMETERS_MAX);
    request->parameters = calloc(count, sizeof *request->parameters);
    if (request->parameters == NULL)
        return web_error_memory(err);
    for (char *part, *rest = text; (part = strsep(&rest, "&")) != NULL;) {
        if (*part == '\0')
            continue;
        char *value = strchr(part, '=');
        if (value != NULL)
            *value++ = '\0';
        else
            value = part + strlen(part);
        if (!decode(part, true) || !decode(value, true))
            return web_error(err, RV_ERROR_ARGUMENT, "a parameter of the address is not UTF-8 text");
        request->parameters[request->parameter_count++] = (Parameter){part, value};
    }
    return RV_OK;
}

RvStatus request_read_address(Request *request, const char *raw, RvError *err)
{
    if (raw == NULL || raw[0] != '/')
        return web_error(err, RV_ERROR_ARGUMENT, "the address does not begin with a slash");
    request->text = strdup(raw);
    if (request->text == NULL)
        return web_error_memory(err);
    for (const char *at = request->text; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || *at == '\\')
            return web_error(err, RV_ERROR_ARGUMENT, "the address has a character that has to be encoded");
    }
    char *question = strchr(request->text, '?');
    request->path = request->text;
    if (question == NULL)
        return RV_OK;
    *question = '\0';
    return read_parameters(request, question + 1, err);
}

void request_clear(Request *request)
{
    reply_clear(&request->reply);
    free(request->text);
    free(request->value_text);
    free(request->parameters);
    free(request->body);
    request->text = request->value_text = NULL;
    request->parameters = NULL;
    request->body = NULL;
}

/* ---- parameters --------------------------------------------------------------------------------------- */

const char *request_parameter(const Request *request, const char *name)
{
    for (size_t i = 0; i < request->parameter_count; i++) {
        if (strcmp(request->parameters[i].name, name) == 0)
            return request->parameters[i].value;
    }
    return NULL;
}

bool request_parse_number(const char *text, int64_t *out)
{
    int64_t value = 0;
    if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return false;
    }
    *out = value;
    return true;
}

bool request_whole(Request *request, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const char *text = request_parameter(request, name);
    int64_t value;
    if (text == NULL)
        return true;
    if (!request_parse_number(text, &value) || value < min || value > max) {
        reply_error(&request->reply, 400, "bad_parameter", "%s has to be a whole number from %lld to %lld",
                    name, (long long)min, (long long)max);
        return false;
    }
    *out = value;
    return true;
}

bool request_real(Request *request, const char *name, double min, double max, bool *given, double *out)
{
    const char *text = request_parameter(request, name);
    if (text == NULL)
        return true;
    char *end;
    bool plain = strspn(text, "0123456789.+-eE") == strlen(text);
    double value = strtod(text, &end);
    if (!plain || end == text || *end != '\0' || !isfinite(value) || value < min || value > max) {
        reply_error(&request->reply, 400, "bad_parameter", "%s has to be a number from %g to %g", name, min,
                    max);
        return false;
    }
    *given = true;
    *out = value;
    return true;
}

bool request_flag(Request *request, const char *name, bool *out)
{
    static const char *const yes[] = {"", "1", "true", "yes"}, *const no[] = {"0", "false", "no"};
    const char *text = request_parameter(request, name);
    if (text == NULL)
        return true;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(text, yes[i]) == 0)
            return *out = true;
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (strcmp(text, no[i]) == 0) {
            *out = false;
            return true;
        }
    }
    reply_error(&request->reply, 400, "bad_parameter", "%s has to be true or false", name);
    return false;
}

const char *request_value(const Request *request, const char *name)
{
    for (size_t i = 0; i < request->value_count; i++) {
        if (strcmp(request->values[i].name, name) == 0)
            return request->values[i].value;
    }
    return "";
}

bool request_number(const Request *request, const char *name, int64_t *out)
{
    return request_parse_number(request_value(request, name), out) && *out > 0;
}

const char *request_header(const Request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

typedef struct Lines {
    const char *name;
    size_t count;
} Lines;

static enum MHD_Result count_line(void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
    Lines *lines = user;
    (void)kind;
    (void)value;
    lines->count += strcasecmp(name, lines->name) == 0;
    return MHD_YES;
}

bool request_knows(const Request *request, const char *etag)
{
    const char *known = request_header(request, "If-None-Match");
    char quoted[TAG_BYTES];
    snprintf(quoted, sizeof quoted, "\"%s\"", etag);
    return known != NULL && strstr(known, quoted) != NULL;
}

size_t request_header_lines(const Request *request, const char *name)
{
    Lines lines = {.name = name};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_line, &lines);
    return lines.count;
}

/* ---- the body ----------------------------------------------------------------------------------------- */

json_t *request_json(Request *request)
{
    json_error_t fault;
    const char *type = request_header(request, "Content-Type");
    if (type == NULL || strncasecmp(type, "application/json", 16) != 0) {
        reply_error(&request->reply, 415, "not_json", "the body has to be application/json");
        return NULL;
    }
    if (request->body_bytes == 0) {
        reply_error(&request->reply, 400, "bad_json", "the body is empty; it has to be a JSON object");
        return NULL;
    }
    json_t *value =
        json_loadb((const char *)request->body, request->body_bytes, JSON_REJECT_DUPLICATES, &fault);
    if (value == NULL && (json_error_code(&fault) == json_error_null_character ||
                          json_error_code(&fault) == json_error_null_byte_in_key)) {
        reply_error(&request->reply, 400, "bad_json",
                    "a text of the body has the character U+0000, which no text may have");
        return NULL;
    }
    if (value == NULL) {
        reply_error(&request->reply, 400, "bad_json", "the body is no JSON object: line %d: %s", fault.line,
                    fault.text);
        return NULL;
    }
    if (!json_is_object(value)) {
        json_decref(value);
        reply_error(&request->reply, 400, "bad_json", "the body is no JSON object");
        return NULL;
    }
    return value;
}

bool request_client_gone(void *user)
{
    Request *request = user;
    double now_s = web_clock_s();
    if (atomic_load(&request->server->cancels))
        request->given_up = true;
    if (request->given_up)
        return true;
    if (request->gone || now_s - request->peeked_s < PEEK_S)
        return request->gone;
    request->peeked_s = now_s;
    request->gone = clients_has_gone(request->client->fd);
    return request->gone;
}
