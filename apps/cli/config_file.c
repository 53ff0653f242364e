/* SPDX-License-Identifier: MIT */
/* The user's settings file: values of options that neither the command line nor a variable gives. */
#include "config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "suggest.h"
#include "toml_read.h"

#define SIZE_MAX_BYTES (1 << 20)
#define MAX_NAMES 128

typedef struct ConfigValue {
    char *table, *key, *text;
    TomlKind kind;
    bool in_list;
    int line;
    bool applied;
} ConfigValue;

struct CliConfig {
    char path[4096];
    ConfigValue *items;
    size_t count, capacity;
};

/* Options that a variable sets too: the variable goes before the file. */
static const char *const variables[][2] = {
    {"library", "REELVEC_LIBRARY"}, {"model", "REELVEC_MODEL"},   {"precision", "REELVEC_PRECISION"},
    {"device", "REELVEC_DEVICE"},   {"player", "REELVEC_PLAYER"},
};

/* Terms of a query: a query is asked, not set. */
static const char *const terms[] = {"text", "image", "like", "not", "then"};

bool cli_config_path(char *path, size_t size_bytes)
{
    const char *named = getenv("REELVEC_CONFIG"), *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length = -1;
    if (named != NULL)
        length = snprintf(path, size_bytes, "%s", named);
    else if (base != NULL && base[0] == '/') // others are to be ignored, says the specification
        length = snprintf(path, size_bytes, "%s/reelvec/config.toml", base);
    else if (home != NULL && home[0] != '\0')
        length = snprintf(path, size_bytes, "%s/.config/reelvec/config.toml", home);
    return length > 0 && (size_t)length < size_bytes;
}

void cli_config_free(CliConfig *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->count; i++) {
        free(config->items[i].table);
        free(config->items[i].key);
        free(config->items[i].text);
    }
    free(config->items);
    free(config);
}

static bool keep_value(void *user, const TomlValue *value)
{
    CliConfig *config = user;
    if (config->count == config->capacity) {
        size_t capacity = config->capacity > 0 ? 2 * config->capacity : 16;
        ConfigValue *items = reallocarray(config->items, capacity, sizeof *items);
        if (items == NULL)
            return false;
        config->items = items;
        config->capacity = capacity;
    }
    ConfigValue *item = &config->items[config->count++];
    *item = (ConfigValue){.table = strdup(value->table),
                          .key = strdup(value->key),
                          .text = strdup(value->text),
                          .kind = value->kind,
                          .in_list = value->in_list,
                          .line = value->line};
    return item->table != NULL && item->key != NULL && item->text != NULL;
}

static const CliOption *find_option(const CliCommand *command, const char *name)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (strcmp(command->options[i].name, name) == 0)
            return &command->options[i];
    }
    return NULL;
}

/* "search.top"; dots in place of spaces, as in the file. */
static void write_name(const ConfigValue *value, char *name, size_t size_bytes)
{
    snprintf(name, size_bytes, "%s%s%s", value->table, value->table[0] != '\0' ? "." : "", value->key);
    for (char *space = name; (space = strchr(space, ' ')) != NULL;)
        *space = '.';
}

static RvStatus refuse(const CliConfig *config, const ConfigValue *value, const char *why,
                       const char *closest, RvError *err)
{
    char name[128];
    write_name(value, name, sizeof name);
    if (closest != NULL)
        return cli_error(err, RV_ERROR_ARGUMENT, "%s:%d: %s: %s; did you mean %s?", config->path, value->line,
                         name, why, closest);
    return cli_error(err, RV_ERROR_ARGUMENT, "%s:%d: %s: %s", config->path, value->line, name, why);
}

static RvStatus check_kind(const CliConfig *config, const ConfigValue *value, const CliOption *option,
                           RvError *err)
{
    bool optional = option->argument != NULL && strncmp(option->argument, "[=", 2) == 0;
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        if (option->kind == CLI_LIST && strcmp(option->name, terms[i]) == 0)
            return refuse(config, value, "is part of a query and cannot be set", NULL, err);
    }
    if (value->in_list && option->kind != CLI_LIST)
        return refuse(config, value, "takes one value, not a list", NULL, err);
    if (value->kind == TOML_OTHER)
        return refuse(config, value, "needs a text in quotes, a number, or true or false", NULL, err);
    if (option->kind == CLI_FLAG && value->kind != TOML_FLAG)
        return refuse(config, value, "needs true or false", NULL, err);
    if (option->kind != CLI_FLAG && value->kind == TOML_FLAG && !optional)
        return refuse(config, value, "needs a value, not true or false", NULL, err);
    return RV_OK;
}

static size_t add_name(const char **names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return count;
    }
    if (count < MAX_NAMES)
        names[count++] = name;
    return count;
}

/* Outside of tables any option of any command may stand; in a table those of its command. */
static RvStatus check_value(const CliConfig *config, const ConfigValue *value, RvError *err)
{
    const char *names[MAX_NAMES], *tables[MAX_NAMES];
    size_t name_count = 0, table_count = 0;
    const CliOption *option = NULL;
    bool known = value->table[0] == '\0';
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        bool meant = value->table[0] == '\0' || strcmp((*command)->name, value->table) == 0;
        known = known || meant;
        table_count = add_name(tables, table_count, (*command)->name);
        for (size_t i = 0; meant && i < (*command)->option_count; i++)
            name_count = add_name(names, name_count, (*command)->options[i].name);
        if (meant && option == NULL)
            option = find_option(*command, value->key);
    }
    if (!known)
        return refuse(config, value, "no command is called so",
                      cli_suggest(value->table, tables, table_count), err);
    if (option == NULL)
        return refuse(config, value,
                      value->table[0] == '\0' ? "no command has such an option" : "it has no such option",
                      cli_suggest(value->key, names, name_count), err);
    return check_kind(config, value, option, err);
}

static RvStatus read_text(CliConfig *config, char **text, size_t *size_bytes, RvError *err)
{
    struct stat about;
    FILE *file = fopen(config->path, "rb");
    int cause = errno;
    if (file == NULL && (cause == ENOENT || cause == ENOTDIR) && getenv("REELVEC_CONFIG") == NULL)
        return RV_OK;
    if (file == NULL)
        return cli_error(err, RV_ERROR_IO, "%s: %s", config->path, strerror(cause));
    if (fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode)) {
        fclose(file);
        return cli_error(err, RV_ERROR_IO, "%s: is a folder, not a settings file", config->path);
    }
    *text = malloc(SIZE_MAX_BYTES + 1);
    if (*text != NULL)
        *size_bytes = fread(*text, 1, SIZE_MAX_BYTES + 1, file);
    bool good = !ferror(file);
    fclose(file);
    if (*text == NULL)
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    if (!good)
        return cli_error(err, RV_ERROR_IO, "%s: cannot be read", config->path);
    if (*size_bytes > SIZE_MAX_BYTES)
        return cli_error(err, RV_ERROR_ARGUMENT, "%s: is larger than 1 MB, which no settings file is",
                         config->path);
    return RV_OK;
}

static RvStatus read_values(CliConfig *config, RvError *err)
{
    char *text = NULL, message[400];
    size_t size_bytes = 0;
    int line = 0;
    RvStatus status = read_text(config, &text, &size_bytes, err);
    if (status == RV_OK && text != NULL &&
        !cli_toml_read(text, size_bytes, keep_value, config, message, sizeof message, &line)) {
        status = line > 0 ? cli_error(err, RV_ERROR_ARGUMENT, "%s:%d: %s", config->path, line, message)
                          : cli_error(err, RV_ERROR_ARGUMENT, "%s: %s", config->path,
                                      message[0] != '\0' ? message : "out of memory");
    }
    free(text);
    for (size_t i = 0; i < config->count && status == RV_OK; i++)
        status = check_value(config, &config->items[i], err);
    return status;
}

RvStatus cli_config_read(CliConfig **out, RvError *err)
{
    char path[4096];
    *out = NULL;
    if (!cli_config_path(path, sizeof path))
        return RV_OK;
    CliConfig *config = calloc(1, sizeof *config);
    if (config == NULL)
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    snprintf(config->path, sizeof config->path, "%s", path);
    RvStatus status = read_values(config, err);
    if (status == RV_OK && config->count > 0)
        *out = config;
    else
        cli_config_free(config);
    return status;
}

/* ---- what counts -------------------------------------------------------------------------------------------- */

static bool variable_goes_before(const char *name)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = strcmp(variables[i][0], name) == 0 ? getenv(variables[i][1]) : NULL;
        if (value != NULL && value[0] != '\0')
            return true;
    }
    return false;
}

/* Returns the table whose values of this option count for the command: its own before "", NULL for none. */
static const char *table_of(const CliConfig *config, const CliCommand *command, const char *name)
{
    const char *table = NULL;
    for (size_t i = 0; i < config->count; i++) {
        const ConfigValue *value = &config->items[i];
        if (strcmp(value->key, name) != 0)
            continue;
        if (strcmp(value->table, command->name) == 0)
            return value->table;
        if (value->table[0] == '\0')
            table = value->table;
    }
    return table;
}

/* Take one value into the settings. */
static RvStatus take_value(const CliConfig *config, ConfigValue *value, const CliOption *option,
                           void *settings, CliValues *values, RvError *err)
{
    RvError inner = {0};
    const char *text = value->text;
    value->applied = true;
    if (value->kind == TOML_FLAG && strcmp(value->text, "false") == 0)
        return RV_OK;
    if (value->kind == TOML_FLAG)
        text = NULL;
    RvStatus status = cli_option_take(option, text, settings, values, &inner);
    if (status == RV_OK)
        return RV_OK;
    return cli_error(err, status, "%s:%d: %s", config->path, value->line, inner.message);
}

RvStatus cli_config_apply(CliConfig *config, const CliCommand *command, void *settings, CliValues *values,
                          RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; config != NULL && i < config->count; i++)
        config->items[i].applied = false;
    for (size_t i = 0; config != NULL && i < command->option_count && status == RV_OK; i++) {
        const CliOption *option = &command->options[i];
        const char *table = table_of(config, command, option->name);
        if (table == NULL || (values->given & (UINT64_C(1) << i)) != 0 || variable_goes_before(option->name))
            continue;
        for (size_t item = 0; item < config->count && status == RV_OK; item++) {
            ConfigValue *value = &config->items[item];
            if (strcmp(value->key, option->name) == 0 && strcmp(value->table, table) == 0)
                status = take_value(config, value, option, settings, values, err);
        }
    }
    return status;
}

void cli_config_list(const CliConfig *config, bool applied, char *text, size_t size_bytes)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; config != NULL && i < config->count && at < size_bytes; i++) {
        const ConfigValue *value = &config->items[i];
        bool again = i > 0 && value->in_list && value[-1].in_list && strcmp(value->key, value[-1].key) == 0 &&
                     strcmp(value->table, value[-1].table) == 0;
        char name[128];
        if (again || (applied && !value->applied))
            continue;
        write_name(value, name, sizeof name);
        at += (size_t)snprintf(text + at, size_bytes - at, "%s%s", at > 0 ? ", " : "", name);
    }
}
