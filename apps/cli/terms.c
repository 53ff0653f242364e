/* SPDX-License-Identifier: MIT */
/* The terms of a query as people write them. */
#include "terms.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

#define MAX_WEIGHT 1e6

const char *cli_term_weight(const char *text, double *weight)
{
    char number[32];
    size_t colon = strcspn(text, ":");
    *weight = 1;
    if (colon == 0 || colon >= sizeof number || text[colon] == '\0' || text[colon + 1] == '\0')
        return text;
    memcpy(number, text, colon);
    number[colon] = '\0';
    double value = 0;
    if (strpbrk(number, "eE+") != NULL || !cli_text_parse_real(number, &value))
        return text;
    *weight = value;
    return text + colon + 1;
}

/* If a digit follows the colon, it is part of the text: 4:3 screen, 12:30 noon, 2:1 victory. */
static const char *weight_of_text(const char *text, double *weight)
{
    const char *rest = cli_term_weight(text, weight);
    if (rest != text && isdigit((unsigned char)rest[0])) {
        *weight = 1;
        return text;
    }
    return rest;
}

bool cli_term_is_weighted(const char *text)
{
    double weight = 1;
    return weight_of_text(text, &weight) != text;
}

bool cli_term_is_file(const char *text)
{
    struct stat facts;
    return strchr(cli_text_last_part(text), '.') != NULL && stat(text, &facts) == 0 && S_ISREG(facts.st_mode);
}

static bool blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static RvStatus no_place(const char *option, const char *value, RvError *err)
{
    return cli_error(err, RV_ERROR_ARGUMENT, "--%s: '%s' is not VIDEO@TIME, as in holiday.mp4@1:23", option,
                     value);
}

RvStatus cli_term_split_place(const char *option, const char *value, char **video, double *time_s,
                              RvError *err)
{
    const char *at = strrchr(value, '@');
    *video = NULL;
    if (at == NULL || at == value || !cli_text_parse_time(at + 1, time_s))
        return no_place(option, value, err);
    *video = strndup(value, (size_t)(at - value));
    return *video != NULL ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
}

RvStatus cli_term_parse(const char *option, const char *value, RvTerm *term, char **storage, RvError *err)
{
    const char *name = option != NULL ? option : "text";
    double weight = 1;
    const char *rest = value;
    if (strcmp(name, "text") == 0 || strcmp(name, "then") == 0 || strcmp(name, "not") == 0)
        rest = option != NULL ? weight_of_text(value, &weight) : value;
    else if (strcmp(name, "image") != 0 || !cli_term_is_file(value))
        rest = cli_term_weight(value, &weight);
    *term = (RvTerm){.value = rest};
    *storage = NULL;
    if (blank(rest))
        return cli_error(err, RV_ERROR_ARGUMENT, "the query is empty; say what to look for");
    if (weight == 0 || fabs(weight) > MAX_WEIGHT)
        return cli_error(err, RV_ERROR_ARGUMENT, "--%s: '%s' has a weight of 0 or beyond %g", name, value,
                         MAX_WEIGHT);
    bool negative = strcmp(name, "not") == 0;
    if (negative && weight < 0)
        return cli_error(err, RV_ERROR_ARGUMENT, "--not: '%s' has a negative weight already", value);
    term->weight = negative ? -weight : weight;
    if (strcmp(name, "image") == 0) {
        term->kind = RV_TERM_IMAGE_FILE;
        term->value = cli_text_picture(rest);
    } else {
        term->kind = strcmp(name, "like") == 0 ? RV_TERM_FRAME : RV_TERM_TEXT;
    }
    if (term->kind != RV_TERM_FRAME)
        return RV_OK;
    RvStatus status = cli_term_split_place(name, rest, storage, &term->time_s, err);
    term->value = *storage;
    return status == RV_ERROR_ARGUMENT ? no_place(name, value, err)
                                       : status; // as it was written, with its weight
}

/* The name is cleaned before it is shortened, because an address may have nothing after its host. */
static void write_last_part(const char *name, FILE *out)
{
    char *clean = cli_text_clean(name);
    fputs(clean != NULL ? cli_text_last_part(clean) : "?", out);
    free(clean);
}

static void describe_term(const RvTerm *term, bool first, FILE *out)
{
    double weight = fabs(term->weight);
    if (!first || term->weight < 0)
        fputs(term->weight < 0 ? (first ? "\xe2\x88\x92 " : " \xe2\x88\x92 ") : " + ", out);
    if (weight != 1)
        fprintf(out, "%g \xc3\x97 ", weight);
    if (term->kind == RV_TERM_TEXT) {
        fprintf(out, "\xe2\x80\x9c%s\xe2\x80\x9d", term->value);
    } else if (term->kind == RV_TERM_FRAME) {
        char time[32];
        cli_text_time(term->time_s, time, sizeof time);
        write_last_part(term->value, out);
        fprintf(out, " at %s", time);
    } else {
        write_last_part(term->value, out);
    }
}

char *cli_terms_describe(const RvTerm *terms, size_t count)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || terms[i].part != terms[i - 1].part;
        if (i > 0 && first)
            fputs(", then ", out);
        describe_term(&terms[i], first, out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
