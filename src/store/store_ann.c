/* SPDX-License-Identifier: MIT */
/* The approximate index: the part that is the same for all kinds of database (kinds, settings, messages). */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/parse.h"
#include "store/store_backend.h"

static RvStatus no_index(const Store *store, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_UNSUPPORTED,
        "%s: approximate indexes are not available in libraries of this kind (%s); search looks at "
        "every frame",
        store->uri, store->backend->name);
}

/* Write the names of the kinds, for a message. */
static void list_kinds(const AnnKind *kinds, char *text, size_t size_bytes)
{
    text[0] = '\0';
    for (size_t i = 0; kinds[i].name != NULL; i++) {
        size_t length = strlen(text);
        snprintf(text + length, size_bytes - length, "%s%s", i > 0 ? ", " : "", kinds[i].name);
    }
}

static RvStatus choose_kind(const Store *store, const char *name, int dimensions, const AnnKind **out,
                            RvError *err)
{
    const AnnKind *kind = store->backend->ann_kinds;
    char names[256];
    list_kinds(kind, names, sizeof names);
    while (kind->name != NULL &&
           (name != NULL ? strcmp(kind->name, name) != 0 : kind->max_dimensions < dimensions))
        kind++;
    if (kind->name == NULL && name != NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: no index of kind %.100s; there are %s", store->uri,
                            name, names);
    if (kind->name == NULL || kind->max_dimensions < dimensions)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: an index of kind %s takes up to %d dimensions, the model "
                            "gives %d",
                            store->uri, name != NULL ? name : store->backend->ann_kinds[0].name,
                            kind->name != NULL ? kind->max_dimensions
                                               : store->backend->ann_kinds[0].max_dimensions,
                            dimensions);
    *out = kind;
    return RV_OK;
}

static RvStatus take_setting(const Store *store, const char *text, size_t length, AnnRequest *request,
                             RvError *err)
{
    char setting[80];
    const struct AnnSettingRange *range = request->kind->settings;
    int64_t value = 0;
    snprintf(setting, sizeof setting, "%.*s", (int)(length < sizeof setting ? length : sizeof setting - 1),
             text);
    char *equals = strchr(setting, '=');
    if (equals != NULL)
        *equals = '\0';
    while (range->name != NULL && strcmp(range->name, setting) != 0)
        range++;
    if (range->name == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: an index of kind %s has no setting %s", store->uri,
                            request->kind->name, setting);
    if (equals == NULL || !rv_parse_int64(equals + 1, range->min, range->max, &value))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: %s needs a value from %lld to %lld, as in %s=%lld",
                            store->uri, setting, (long long)range->min, (long long)range->max, setting,
                            (long long)range->min);
    for (size_t i = 0; i < request->setting_count; i++) {
        if (request->settings[i].name == range->name)
            return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: %s is given twice", store->uri, setting);
    }
    request->settings[request->setting_count++] = (struct AnnSetting){range->name, value};
    return RV_OK;
}

/* Parse settings such as "m=16,ef_construction=64". */
static RvStatus take_settings(const Store *store, const char *text, AnnRequest *request, RvError *err)
{
    RvStatus status = RV_OK;
    while (status == RV_OK && text != NULL && text[0] != '\0') {
        size_t length = strcspn(text, ",");
        status = take_setting(store, text, length, request, err);
        text += length + (text[length] == ',');
    }
    return status;
}

RvStatus rv_store_ann_request(Store *store, const RvAnnOptions *options, AnnRequest *out, RvError *err)
{
    *out = (AnnRequest){0};
    if (store->backend->ann_kinds == NULL)
        return no_index(store, err);
    if (store->read_only)
        return rv_store_read_only_refuses(store, err);
    ModelIdentity identity = {0};
    bool present = false;
    RvStatus status = rv_store_identity(store, &identity, &present, err);
    if (status == RV_OK && !present)
        status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_INDEX, NULL, "%s: the library is empty",
                                   store->uri);
    if (status == RV_OK)
        status = choose_kind(store, options->kind, identity.dimensions, &out->kind, err);
    return status == RV_OK ? take_settings(store, options->settings, out, err) : status;
}

bool rv_store_ann_is_derived(const Store *store)
{
    return store->backend->ann_kinds != NULL && store->backend->ann_build == NULL;
}

RvStatus rv_store_ann_build(Store *store, const RvAnnOptions *options, RvError *err)
{
    AnnRequest request;
    if (store->backend->ann_build == NULL)
        return no_index(store, err);
    RvStatus status = rv_store_ann_request(store, options, &request, err);
    return status == RV_OK ? store->backend->ann_build(store, &request, err) : status;
}

RvStatus rv_store_ann_drop(Store *store, bool *dropped, RvError *err)
{
    *dropped = false;
    if (store->backend->ann_drop == NULL)
        return no_index(store, err);
    if (store->read_only)
        return rv_store_read_only_refuses(store, err);
    return store->backend->ann_drop(store, dropped, err);
}

static RvStatus look_at_index(Store *store, RvAnnInfo *out, RvError *err)
{
    *out = (RvAnnInfo){0};
    return store->backend->ann_info != NULL ? store->backend->ann_info(store, out, err) : RV_OK;
}

RvStatus rv_store_ann_present(Store *store, bool *present, RvError *err)
{
    RvAnnInfo info;
    RvStatus status = look_at_index(store, &info, err);
    *present = status == RV_OK && info.present;
    return status;
}

RvStatus rv_store_ann_info(Store *store, RvAnnInfo *out, RvError *err)
{
    RvStatus status = look_at_index(store, out, err);
    if (status == RV_OK && out->present && store->backend->ann_size_bytes != NULL)
        status = store->backend->ann_size_bytes(store, &out->size_bytes, err);
    out->automatic = out->present;
    return status;
}
