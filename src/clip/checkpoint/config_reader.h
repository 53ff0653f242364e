/* SPDX-License-Identifier: MIT */
/* Values out of configuration files: the first failure is kept, so that a run of reads needs one check. */
#ifndef RV_CONFIG_READER_H
#define RV_CONFIG_READER_H

#include "clip/checkpoint/checkpoint_config.h"
#include "clip/checkpoint/json_file.h"

/* A file and the first failure in it. Sections may be NULL: then all keys are missing. A key that is missing
 * or null gives the fallback. */
typedef struct ConfigReader {
    const char *path;
    RvStatus status; // of the first failure; RV_OK
    RvError *err;
} ConfigReader;

/* Keep "PATH: KEY WHAT" as the failure, unless there is one. */
void rv_config_fail(ConfigReader *reader, RvStatus status, const char *key, const char *what);

/* A whole number from 1 to 2^24. */
int rv_config_read_int(ConfigReader *reader, const json_t *section, const char *key, int fallback);

/* The same, or a list of two equal ones, [224, 224]. */
int rv_config_read_side(ConfigReader *reader, const json_t *section, const char *key, int fallback);

/* Less than this is no positive number here: neither float nor its inverse would be finite and above 0. */
#define CONFIG_POSITIVE_MIN 1e-30

/* A finite positive number. */
double rv_config_read_double(ConfigReader *reader, const json_t *section, const char *key, double fallback);
bool rv_config_read_bool(ConfigReader *reader, const json_t *section, const char *key, bool fallback);
const char *rv_config_read_string(ConfigReader *reader, const json_t *section, const char *key,
                                  const char *fallback);

/* Three finite numbers above `minimum`; out stays as it is where the key is missing. */
void rv_config_read_triple(ConfigReader *reader, const json_t *section, const char *key, double minimum,
                           float out[3]);

/* A configuration with OpenAI's pictures, QuickGELU and an epsilon of 1e-5. */
ClipConfig rv_config_empty(void);

/* The JSON of folder/name; path gets its path. */
RvStatus rv_config_load(const char *folder, const char *name, char path[4096], json_t **out, RvError *err);

#endif
