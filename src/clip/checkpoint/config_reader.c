/* SPDX-License-Identifier: MIT */
/* Values from configuration files. The first failure is kept, so that one check after several reads is
 * enough. */
#include "clip/checkpoint/config_reader.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

#define CONFIG_MAX_BYTES ((size_t)4 << 20)

RvStatus rv_config_load(const char *folder, const char *name, char path[4096], json_t **out, RvError *err)
{
    RvStatus status = rv_file_join(folder, name, path, 4096, err);
    return status == RV_OK ? rv_json_file_read(path, CONFIG_MAX_BYTES, out, err) : status;
}

void rv_config_fail(ConfigReader *reader, RvStatus status, const char *key, const char *what)
{
    if (reader->status == RV_OK)
        reader->status = rv_error_set(reader->err, status, "%s: %.100s %s", reader->path, key, what);
}

/* Returns the value of a key, or NULL if it is missing, or null where that means the same. */
static const json_t *find(const ConfigReader *reader, const json_t *section, const char *key)
{
    const json_t *value = json_object_get(section, key);
    return json_is_null(value) && !reader->null_is_a_value ? NULL : value;
}

const json_t *rv_config_section(ConfigReader *reader, const json_t *parent, const char *key)
{
    const json_t *value = json_object_get(parent, key);
    if (json_is_object(value))
        return value;
    if (value != NULL && !json_is_null(value))
        rv_config_fail(reader, RV_ERROR_FORMAT, key, "is not an object, {...}");
    return NULL;
}

static bool is_size(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 1 && json_integer_value(value) <= 1 << 24;
}

int rv_config_read_int(ConfigReader *reader, const json_t *section, const char *key, int fallback)
{
    const json_t *value = find(reader, section, key);
    if (value != NULL && !is_size(value))
        rv_config_fail(reader, RV_ERROR_FORMAT, key, "is not a whole number from 1 to 16777216");
    return is_size(value) ? (int)json_integer_value(value) : fallback;
}

int rv_config_read_side(ConfigReader *reader, const json_t *section, const char *key, int fallback)
{
    const json_t *value = find(reader, section, key);
    if (json_array_size(value) == 2) {
        const json_t *first = json_array_get(value, 0), *second = json_array_get(value, 1);
        if (is_size(first) && is_size(second) && json_integer_value(first) != json_integer_value(second))
            rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key, "has two sides; reelvec feeds square pictures");
        else if (is_size(first) && is_size(second))
            return (int)json_integer_value(first);
    }
    return rv_config_read_int(reader, section, key, fallback);
}

double rv_config_read_double(ConfigReader *reader, const json_t *section, const char *key, double fallback)
{
    const json_t *value = find(reader, section, key);
    if (value == NULL)
        return fallback;
    if (!json_is_number(value) || !isfinite(json_number_value(value)) ||
        json_number_value(value) < CONFIG_POSITIVE_MIN) {
        rv_config_fail(reader, RV_ERROR_FORMAT, key, "is not a positive number");
        return fallback;
    }
    return json_number_value(value);
}

double rv_config_read_epsilon(ConfigReader *reader, const json_t *section, const char *key, double fallback)
{
    double epsilon = rv_config_read_double(reader, section, key, fallback);
    if (epsilon > CONFIG_EPSILON_MAX)
        rv_config_fail(reader, RV_ERROR_FORMAT, key, "is more than 1, which no epsilon of layer norms is");
    return epsilon;
}

bool rv_config_read_bool(ConfigReader *reader, const json_t *section, const char *key, bool fallback)
{
    const json_t *value = find(reader, section, key);
    if (json_is_null(value))
        return false;
    if (value != NULL && !json_is_boolean(value))
        rv_config_fail(reader, RV_ERROR_FORMAT, key, "is neither true nor false");
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

const char *rv_config_read_string(ConfigReader *reader, const json_t *section, const char *key,
                                  const char *fallback)
{
    const json_t *value = find(reader, section, key);
    if (value != NULL && !json_is_string(value))
        rv_config_fail(reader, RV_ERROR_FORMAT, key, "is not a text");
    return json_is_string(value) ? json_string_value(value) : fallback;
}

void rv_config_read_triple(ConfigReader *reader, const json_t *section, const char *key, double minimum,
                           float out[3])
{
    const json_t *value = find(reader, section, key);
    for (size_t i = 0; value != NULL && i < 3; i++) {
        const json_t *item = json_array_get(value, i);
        double number = json_number_value(item);
        const char *fault = NULL;
        if (json_array_size(value) != 3 || !json_is_number(item))
            fault = "is not a list of three numbers, for red, green and blue";
        else if (!(fabs(number) < 1e6))
            fault = "has a number that is 1000000 or more";
        else if (number <= minimum)
            fault = number <= 0 ? "has a number that is not positive" : "has a number that is too small";
        if (fault != NULL) {
            rv_config_fail(reader, RV_ERROR_FORMAT, key, fault);
            return;
        }
        out[i] = (float)number;
    }
}

bool rv_config_is_neutral(const json_t *value)
{
    const char *text = json_string_value(value);
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (text != NULL && text[0] == '\0') || (json_is_object(value) && json_object_size(value) == 0);
}

void rv_config_refuse_unknown(ConfigReader *reader, const json_t *section, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section, key, value)
    {
        bool is_known = rv_config_is_neutral(value);
        for (size_t i = 0; known[i] != NULL; i++)
            is_known = is_known || strcmp(known[i], key) == 0;
        if (!is_known)
            rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key,
                           "is not known to reelvec; the model would be another");
    }
}
