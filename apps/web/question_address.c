/* SPDX-License-Identifier: MIT */
/* The parameters of an address as a JSON body: ?text=a+dog&weight=0.5&frame=3@12.5&not=night&limit=50. A weight belongs
 * to the term before it, and what stands behind `then` to the next part of a sequence. */
#include "question_address.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum Kind { TERM, THEN, NUMBER, WHOLE, FLAG, TEXT, WEIGHT, IGNORED } Kind;

static const struct {
    const char *name;
    Kind kind;
} parameters[] = {
    {"text", TERM},    {"not", TERM},      {"picture", TERM},    {"frame", TERM},     {"url", TERM},
    {"then", THEN},    {"within", NUMBER}, {"pad", NUMBER},      {"weight", WEIGHT},  {"min_score", NUMBER},
    {"after", NUMBER}, {"before", NUMBER}, {"gap", NUMBER},      {"timeout", NUMBER}, {"limit", WHOLE},
    {"top", WHOLE},    {"video", WHOLE},   {"per_video", WHOLE}, {"part", WHOLE},     {"moments", FLAG},
    {"partial", FLAG}, {"fusion", TEXT},   {"scan", TEXT},       {"videos", TEXT},    {"group", TEXT},
    {"cursor", TEXT},  {"token", IGNORED},
};
#define PARAMETER_COUNT (sizeof parameters / sizeof parameters[0])

static json_t *refuse(Request *request, const char *name, const char *wanted)
{
    reply_error(&request->reply, 400, "bad_parameter", "%s has to be %s", name, wanted);
    return NULL;
}

static json_t *number_of(Request *request, const Parameter *parameter)
{
    char *end;
    double value = strtod(parameter->value, &end);
    bool plain = strspn(parameter->value, "0123456789.+-eE") == strlen(parameter->value);
    if (!plain || end == parameter->value || *end != '\0' || !isfinite(value))
        return refuse(request, parameter->name, "a number");
    return json_real(value);
}

static json_t *whole_of(Request *request, const Parameter *parameter)
{
    int64_t value;
    if (!request_parse_number(parameter->value, &value))
        return refuse(request, parameter->name, "a whole number");
    return json_integer(value);
}

static json_t *flag_of(Request *request, const Parameter *parameter)
{
    bool value = false;
    return request_flag(request, parameter->name, &value) ? json_boolean(value) : NULL;
}

/* VIDEO@SECONDS, or VIDEO:NUMBER. */
static json_t *frame_of(Request *request, const Parameter *parameter)
{
    char video[24];
    int64_t id, number;
    size_t length = strcspn(parameter->value, "@:");
    const char *rest = parameter->value + length;
    if (length < sizeof video) {
        memcpy(video, parameter->value, length);
        video[length] = '\0';
        if (*rest == ':' && request_parse_number(video, &id) && request_parse_number(rest + 1, &number))
            return json_pack("{s:{s:I, s:I}}", "frame", "video", (json_int_t)id, "number",
                             (json_int_t)number);
        if (*rest == '@' && request_parse_number(video, &id)) {
            json_t *time = number_of(request, &(Parameter){"frame", rest + 1});
            return time != NULL ? json_pack("{s:{s:I, s:o}}", "frame", "video", (json_int_t)id, "time", time)
                                : NULL;
        }
    }
    return refuse(request, "frame", "VIDEO@SECONDS or VIDEO:NUMBER");
}

static bool add_term(Request *request, const Parameter *parameter, int part, json_t *terms)
{
    json_t *term = NULL;
    if (strcmp(parameter->name, "frame") == 0)
        term = frame_of(request, parameter);
    else if (strcmp(parameter->name, "not") == 0)
        term = json_pack("{s:s, s:f}", "text", parameter->value, "weight", -1.0);
    else
        term = json_pack("{s:s}", parameter->name, parameter->value);
    if (term == NULL && request->reply.status == 0)
        reply_memory(&request->reply);
    if (term != NULL && part > 0)
        json_object_set_new(term, "part", json_integer(part));
    return term != NULL && json_array_append_new(terms, term) == 0;
}

/* Of a term with `not` the weight is how far away from it. */
static bool set_weight(Request *request, const Parameter *parameter, json_t *terms)
{
    size_t count = json_array_size(terms);
    json_t *term = count > 0 ? json_array_get(terms, count - 1) : NULL;
    json_t *value = number_of(request, parameter);
    if (value == NULL)
        return false;
    if (term == NULL) {
        json_decref(value);
        refuse(request, "weight", "behind the term that it belongs to");
        return false;
    }
    bool away = json_number_value(json_object_get(term, "weight")) < 0;
    json_object_set_new(term, "weight", json_real(away ? -json_real_value(value) : json_real_value(value)));
    json_decref(value);
    return true;
}

static bool add(Request *request, const Parameter *parameter, json_t *object, json_t *terms, int *part)
{
    size_t i = 0;
    while (i < PARAMETER_COUNT && strcmp(parameters[i].name, parameter->name) != 0)
        i++;
    if (i == PARAMETER_COUNT) {
        reply_error(&request->reply, 400, "bad_parameter", "there is no parameter %.40s", parameter->name);
        return false;
    }
    Kind kind = parameters[i].kind;
    if (kind == IGNORED)
        return true;
    if (kind == THEN)
        ++*part;
    if (kind == THEN && parameter->value[0] == '\0')
        return true;
    if (kind == THEN)
        return add_term(request, &(Parameter){"text", parameter->value}, *part, terms);
    if (kind == TERM)
        return add_term(request, parameter, *part, terms);
    if (kind == WEIGHT)
        return set_weight(request, parameter, terms);
    json_t *value = kind == NUMBER  ? number_of(request, parameter)
                    : kind == WHOLE ? whole_of(request, parameter)
                    : kind == FLAG  ? flag_of(request, parameter)
                                    : json_string(parameter->value);
    return value != NULL && json_object_set_new(object, parameter->name, value) == 0;
}

json_t *question_of_address(Request *request)
{
    json_t *object = json_object(), *terms = json_array();
    bool good = object != NULL && terms != NULL;
    int part = 0;
    for (size_t i = 0; i < request->parameter_count && good; i++)
        good = add(request, &request->parameters[i], object, terms, &part);
    if (good)
        good = json_object_set(object, "terms", terms) == 0;
    json_decref(terms);
    if (good)
        return object;
    json_decref(object);
    if (request->reply.status == 0)
        reply_memory(&request->reply);
    return NULL;
}
