/* SPDX-License-Identifier: MIT */
/* Values from configuration files. The first failure is kept, so that one check after several reads is
 * enough. */
#ifndef RV_CONFIG_READER_H
#define RV_CONFIG_READER_H

#include <stdbool.h>

#include "clip/checkpoint/json_file.h"

/* A file and the first failure in it. A section may be NULL: all its keys are then missing. If a key is
 * missing or null, the reading functions return the fallback. */
typedef struct ConfigReader {
    const char *path;
    RvStatus status; // status of the first failure; RV_OK if there was none
    RvError *err;
    /* The program that the file is for does not take null for a missing key: null is a failure where a number or a
     * text is wanted, and false where a bool is, as Python's None. */
    bool null_is_a_value;
} ConfigReader;

/* Keep "PATH: KEY WHAT" as the failure, unless there already is one. */
void rv_config_fail(ConfigReader *reader, RvStatus status, const char *key, const char *what);

/* Returns the object under a key, or NULL if it is missing or null. Other values are a failure. */
const json_t *rv_config_section(ConfigReader *reader, const json_t *parent, const char *key);

/* Returns a whole number from 1 to 2^24. Other values are a failure. */
int rv_config_read_int(ConfigReader *reader, const json_t *section, const char *key, int fallback);

/* The same, or a list of two equal numbers, [224, 224]. */
int rv_config_read_side(ConfigReader *reader, const json_t *section, const char *key, int fallback);

/* A smaller number is not accepted as positive: the float or its inverse would not be finite and above 0. */
#define CONFIG_POSITIVE_MIN 1e-30

/* Returns a finite positive number. Other values are a failure. */
double rv_config_read_double(ConfigReader *reader, const json_t *section, const char *key, double fallback);

/* The same up to 1: with a larger epsilon layer norms would leave nothing of what they norm. */
#define CONFIG_EPSILON_MAX 1
double rv_config_read_epsilon(ConfigReader *reader, const json_t *section, const char *key, double fallback);

bool rv_config_read_bool(ConfigReader *reader, const json_t *section, const char *key, bool fallback);
const char *rv_config_read_string(ConfigReader *reader, const json_t *section, const char *key,
                                  const char *fallback);

/* Read three numbers above `minimum` and of a size below 1e6. out is unchanged if the key is missing. */
void rv_config_read_triple(ConfigReader *reader, const json_t *section, const char *key, double minimum,
                           float out[3]);

/* True for values that request nothing: null, false, "" and {}. */
bool rv_config_is_neutral(const json_t *value);

/* A key of the section that is neither known nor neutral is a failure. The last of `known` is NULL. */
void rv_config_refuse_unknown(ConfigReader *reader, const json_t *section, const char *const *known);

/* Read the JSON of folder/name; its path is written into path. Release *out with json_decref. Errors:
 * NOT_FOUND, IO, FORMAT, MEMORY. */
RvStatus rv_config_load(const char *folder, const char *name, char path[4096], json_t **out, RvError *err);

#endif
