/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/config.h"

/* ---- making and destroying ------------------------------------------------------------------ */

static void *field_at(void *values, const aimci_field *f)
{
    return (char *)values + f->offset;
}

static void store_number(void *values, const aimci_field *f, double v)
{
    void *at = field_at(values, f);
    switch (f->type) {
    case AIMC_FIELD_NUMBER:
        *(double *)at = v;
        break;
    case AIMC_FIELD_INTEGER:
        *(int64_t *)at = (int64_t)v;
        break;
    case AIMC_FIELD_FLAG:
        *(bool *)at = v != 0.0;
        break;
    case AIMC_FIELD_CHOICE:
        *(int32_t *)at = (int32_t)v;
        break;
    case AIMC_FIELD_LIST:
        *(aimci_list *)at = (aimci_list){.n = v != 0.0, .v = {v}};
        break;
    case AIMC_FIELD_CONFIG:
        break;
    }
}

void aimci_family_defaults(const aimci_family *family, void *values)
{
    memset(values, 0, family->size);
    for (size_t i = 0; i < family->n_fields; i++)
        store_number(values, &family->fields[i], family->fields[i].def);
}

void aimc_config_destroy(aimc_config *cfg)
{
    if (!cfg)
        return;
    aimc_context *ctx = cfg->ctx;
    if (cfg->children)
        for (size_t i = 0; i < cfg->family->n_children; i++)
            aimc_config_destroy(cfg->children[i]);
    aimci_free(ctx, cfg->children);
    aimci_free(ctx, cfg->set);
    aimci_free(ctx, cfg->values);
    aimci_free(ctx, cfg);
    aimci_context_unref(ctx);
}

/* A configuration of the family with default values and no children yet. */
static aimc_config *new_blank(aimc_context *ctx, const aimci_family *family)
{
    aimc_config *cfg = aimci_calloc(ctx, 1, sizeof *cfg);
    if (!cfg)
        return NULL;
    cfg->ctx = aimci_context_ref(ctx);
    cfg->family = family;
    cfg->values = aimci_calloc(ctx, 1, family->size + 1);
    cfg->set = aimci_calloc(ctx, family->n_fields + 1, 1);
    cfg->children = aimci_calloc(ctx, family->n_children + 1, sizeof(aimc_config *));
    if (!cfg->values || !cfg->set || !cfg->children) {
        aimc_config_destroy(cfg);
        return NULL;
    }
    aimci_family_defaults(family, cfg->values);
    return cfg;
}

static aimc_status make_children(aimc_config *cfg)
{
    for (size_t i = 0; i < cfg->family->n_fields; i++) {
        const aimci_field *f = &cfg->family->fields[i];
        if (f->type != AIMC_FIELD_CONFIG)
            continue;
        aimc_status st = aimc_config_new(cfg->ctx, f->kind, &cfg->children[f->offset]);
        if (st)
            return st;
    }
    return AIMC_OK;
}

aimc_status aimci_config_make(aimc_context *ctx, aimci_named named, aimc_config **out)
{
    aimc_config *cfg = new_blank(ctx, named.family);
    if (!cfg)
        return aimci_fail(AIMC_ERR_NOMEM, "config_new: no memory");
    aimc_status st = make_children(cfg);
    if (!st && named.preset)
        st = aimci_config_merge_json(cfg, named.preset->json, false);
    cfg->preset = named.preset;
    if (st) {
        aimc_config_destroy(cfg);
        return st;
    }
    *out = cfg;
    return AIMC_OK;
}

aimc_status aimc_config_new(aimc_context *ctx, const char *name, aimc_config **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "config_new: out is NULL");
    *out = NULL;
    if (!ctx || !name)
        return aimci_fail(AIMC_ERR_INVALID, "config_new: %s is NULL", ctx ? "name" : "ctx");
    aimci_named named;
    const aimc_status st = aimci_find_kind("config_new", name, &named);
    return st ? st : aimci_config_make(ctx, named, out);
}

aimc_status aimc_config_copy(const aimc_config *cfg, aimc_config **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "config_copy: out is NULL");
    *out = NULL;
    if (!cfg)
        return aimci_fail(AIMC_ERR_INVALID, "config_copy: cfg is NULL");
    aimc_config *copy = new_blank(cfg->ctx, cfg->family);
    if (!copy)
        return aimci_fail(AIMC_ERR_NOMEM, "config_copy: no memory");
    memcpy(copy->values, cfg->values, cfg->family->size);
    memcpy(copy->set, cfg->set, cfg->family->n_fields);
    copy->preset = cfg->preset;
    for (size_t i = 0; i < cfg->family->n_children; i++) {
        const aimc_status st = aimc_config_copy(cfg->children[i], &copy->children[i]);
        if (st) {
            aimc_config_destroy(copy);
            return st;
        }
    }
    *out = copy;
    return AIMC_OK;
}

const char *aimc_config_kind(const aimc_config *cfg)
{
    return cfg ? cfg->family->name : "";
}

const void *aimci_config_values(const aimc_config *cfg, const aimci_family *family)
{
    return cfg && cfg->family == family ? cfg->values : NULL;
}

const aimci_field *aimci_family_field(const aimci_family *family, const char *name)
{
    for (size_t i = 0; i < family->n_fields; i++)
        if (strcmp(family->fields[i].name, name) == 0)
            return &family->fields[i];
    return NULL;
}

const aimc_config *aimci_config_child(const aimc_config *cfg, const char *name)
{
    if (!cfg)
        return NULL;
    const aimci_field *f = aimci_family_field(cfg->family, name);
    return f && f->type == AIMC_FIELD_CONFIG ? cfg->children[f->offset] : NULL;
}

aimc_status aimci_config_override(aimc_config *base, const aimc_config *overrides)
{
    if (base->family != overrides->family)
        return aimci_fail(AIMC_ERR_INVALID, "configuration is of kind '%s', not '%s'",
                          overrides->family->name, base->family->name);
    for (size_t i = 0; i < base->family->n_fields; i++) {
        const aimci_field *f = &base->family->fields[i];
        if (f->type == AIMC_FIELD_CONFIG) {
            const aimc_status st =
                aimci_config_override(base->children[f->offset], overrides->children[f->offset]);
            if (st)
                return st;
        } else if (overrides->set[i]) {
            if (f->type == AIMC_FIELD_LIST)
                memcpy(field_at(base->values, f), field_at(overrides->values, f),
                       sizeof(aimci_list));
            else
                store_number(base->values, f, aimci_field_load(overrides, f));
            base->set[i] = 1;
        }
    }
    return AIMC_OK;
}

aimc_status aimci_config_resolve(aimc_context *ctx, const char *who, const char *name,
                                 const aimc_config *overrides, aimc_config **out)
{
    if (!name && !overrides)
        return aimci_fail(AIMC_ERR_INVALID, "%s: both name and configuration are NULL", who);
    if (!name)
        return aimc_config_copy(overrides, out);
    aimci_named named;
    aimc_config *config = NULL;
    aimc_status st = aimci_find_kind(who, name, &named);
    if (!st)
        st = aimci_config_make(ctx, named, &config);
    if (!st && overrides) {
        st = aimci_config_override(config, overrides);
        if (st)
            aimci_fail_within(st, "%s: ", who);
    }
    if (st)
        aimc_config_destroy(config);
    else
        *out = config;
    return st;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* Is there a field of this name somewhere below? Writes its dotted path. */
static bool find_below(const aimc_config *cfg, const char *name, aimci_text *path)
{
    for (size_t i = 0; i < cfg->family->n_fields; i++) {
        const aimci_field *f = &cfg->family->fields[i];
        if (f->type != AIMC_FIELD_CONFIG)
            continue;
        const aimc_config *child = cfg->children[f->offset];
        const size_t length = path->length;
        aimci_text_printf(path, "%s.", f->name);
        if (aimci_family_field(child->family, name)) {
            aimci_text_printf(path, "%s", name);
            return true;
        }
        if (find_below(child, name, path))
            return true;
        path->length = length;
    }
    return false;
}

static aimc_status unknown_field(const aimc_config *cfg, const char *who, const char *name)
{
    char below[128] = "";
    aimci_text path = {below, sizeof below, 0};
    if (find_below(cfg, name, &path))
        return aimci_fail(AIMC_ERR_INVALID, "%s: unknown field '%s' of %s; did you mean '%s'?", who,
                          name, cfg->family->name, below);
    aimci_nearest nearest = {NULL, 0};
    for (size_t i = 0; i < cfg->family->n_fields; i++)
        aimci_nearest_try(&nearest, name, cfg->family->fields[i].name);
    char hint[96];
    aimci_nearest_hint(&nearest, name, hint, sizeof hint);
    return aimci_fail(AIMC_ERR_INVALID, "%s: unknown field '%s' of %s%s", who, name,
                      cfg->family->name, hint);
}

/* Follow the dots: the configuration that holds the field, and the field. */
static aimc_status resolve(const char *who, const aimc_config *cfg, const char *path,
                           const aimc_config **holder, const aimci_field **field)
{
    const char *dot;
    while ((dot = strchr(path, '.')) != NULL) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        const aimc_config *child = aimci_config_child(cfg, name);
        if (!child)
            return unknown_field(cfg, who, name);
        cfg = child;
        path = dot + 1;
    }
    *field = aimci_family_field(cfg->family, path);
    if (!*field)
        return unknown_field(cfg, who, path);
    *holder = cfg;
    return AIMC_OK;
}

/* The same for a configuration that may be changed. */
static aimc_status resolve_mutable(const char *who, aimc_config *cfg, const char *path,
                                   aimc_config **holder, const aimci_field **field)
{
    if (!cfg || !path)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", who, cfg ? "name" : "cfg");
    const aimc_config *found = cfg;
    const aimc_status st = resolve(who, cfg, path, &found, field);
    *holder = (aimc_config *)(uintptr_t)found; /* lies inside cfg, which the caller may change */
    return st;
}

/* ---- values --------------------------------------------------------------------------------- */

static const char *type_name(aimc_field_type type)
{
    static const char *const names[] = {"a number", "an integer", "a flag",
                                        "a choice", "a list",     "a configuration"};
    return names[type];
}

static void mark_set(aimc_config *cfg, const aimci_field *f)
{
    cfg->set[f - cfg->family->fields] = 1;
}

static aimc_status out_of_range(const aimci_field *f, const char *path, double v)
{
    char text[3][32];
    aimci_format_double(text[0], v);
    aimci_format_double(text[1], f->min);
    aimci_format_double(text[2], f->max);
    return aimci_fail(AIMC_ERR_INVALID, "config_set: %s = %s is out of range [%s, %s]", path,
                      text[0], text[1], text[2]);
}

aimc_status aimci_field_store(aimc_config *cfg, const aimci_field *f, const char *path, double v)
{
    if (f->type == AIMC_FIELD_LIST || f->type == AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, not a number", path,
                          type_name(f->type));
    if (!(v >= f->min && v <= f->max))
        return out_of_range(f, path, v);
    if (f->type != AIMC_FIELD_NUMBER && v != floor(v))
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, %g is not", path,
                          type_name(f->type), v);
    store_number(cfg->values, f, v + 0.0); /* -0 is 0: as JSON it would be an integer */
    mark_set(cfg, f);
    return AIMC_OK;
}

bool aimci_choice_word(const char *choices, long index, char *buf, size_t size)
{
    const char *word = choices;
    while (index-- > 0) {
        word = strchr(word, '|');
        if (!word) {
            buf[0] = '\0';
            return false;
        }
        word++;
    }
    snprintf(buf, size, "%.*s", (int)strcspn(word, "|"), word);
    return true;
}

aimc_status aimci_field_store_word(aimc_config *cfg, const aimci_field *f, const char *path,
                                   const char *word)
{
    if (f->type == AIMC_FIELD_CONFIG)
        return aimci_config_replace_child(cfg, f, path, word);
    if (f->type != AIMC_FIELD_CHOICE)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, '%s' is not", path,
                          type_name(f->type), word);
    char candidate[48];
    for (long i = 0; aimci_choice_word(f->choices, i, candidate, sizeof candidate); i++) {
        if (strcmp(candidate, word) == 0)
            return aimci_field_store(cfg, f, path, (double)i);
    }
    return aimci_fail(AIMC_ERR_INVALID, "config_set: %s cannot be '%s'; allowed are %s", path, word,
                      f->choices);
}

aimc_status aimci_field_store_list(aimc_config *cfg, const aimci_field *f, const char *path,
                                   const double *v, size_t n)
{
    if (f->type != AIMC_FIELD_LIST)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, not a list", path,
                          type_name(f->type));
    if (n > AIMCI_LIST_MAX)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s has %zu values; at most %d are allowed",
                          path, n, AIMCI_LIST_MAX);
    for (size_t i = 0; i < n; i++)
        if (!(v[i] >= f->min && v[i] <= f->max))
            return out_of_range(f, path, v[i]);
    aimci_list *list = field_at(cfg->values, f);
    memset(list, 0, sizeof *list);
    list->n = n;
    for (size_t i = 0; i < n; i++)
        list->v[i] = v[i] + 0.0;
    mark_set(cfg, f);
    return AIMC_OK;
}

double aimci_field_load(const aimc_config *cfg, const aimci_field *f)
{
    const void *at = (const char *)cfg->values + f->offset;
    switch (f->type) {
    case AIMC_FIELD_NUMBER:
        return *(const double *)at;
    case AIMC_FIELD_INTEGER:
        return (double)*(const int64_t *)at;
    case AIMC_FIELD_FLAG:
        return *(const bool *)at ? 1.0 : 0.0;
    case AIMC_FIELD_CHOICE:
        return (double)*(const int32_t *)at;
    case AIMC_FIELD_LIST:
    case AIMC_FIELD_CONFIG:
        break;
    }
    return 0.0;
}

aimc_status aimci_config_replace_child(aimc_config *cfg, const aimci_field *f, const char *path,
                                       const char *kind)
{
    if (f->type != AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, not a configuration", path,
                          type_name(f->type));
    aimci_named named;
    aimc_status st = aimci_find_kind("config_set", kind, &named);
    if (st)
        return st;
    if (strcmp(named.family->category, f->choices) != 0)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s takes a %s; '%s' is a %s", path,
                          f->choices, kind, named.family->category);
    aimc_config *child = NULL;
    st = aimci_config_make(cfg->ctx, named, &child);
    if (st)
        return st;
    aimc_config_destroy(cfg->children[f->offset]);
    cfg->children[f->offset] = child;
    mark_set(cfg, f);
    return AIMC_OK;
}

/* ---- public access -------------------------------------------------------------------------- */

aimc_status aimc_config_set(aimc_config *cfg, const char *name, double value)
{
    aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    const aimc_status st = resolve_mutable("config_set", cfg, name, &holder, &field);
    return st ? st : aimci_field_store(holder, field, name, value);
}

aimc_status aimc_config_set_text(aimc_config *cfg, const char *name, const char *text)
{
    aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    const aimc_status st = resolve_mutable("config_set", cfg, name, &holder, &field);
    if (st)
        return st;
    if (!text)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: text of %s is NULL", name);
    /* words need no quotes here */
    const bool word =
        field->type == AIMC_FIELD_CHOICE || (field->type == AIMC_FIELD_CONFIG && text[0] != '{');
    return word ? aimci_field_store_word(holder, field, name, text)
                : aimci_field_parse(holder, field, name, text);
}

aimc_status aimc_config_set_list(aimc_config *cfg, const char *name, const double *values, size_t n)
{
    aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    const aimc_status st = resolve_mutable("config_set", cfg, name, &holder, &field);
    if (st)
        return st;
    if (!values && n)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: values of %s is NULL", name);
    return aimci_field_store_list(holder, field, name, values, n);
}

aimc_status aimc_config_get(const aimc_config *cfg, const char *name, double *value)
{
    if (!cfg || !name || !value)
        return aimci_fail(AIMC_ERR_INVALID, "config_get: NULL argument");
    const aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    const aimc_status st = resolve("config_get", cfg, name, &holder, &field);
    if (st)
        return st;
    if (field->type == AIMC_FIELD_LIST || field->type == AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_get: %s is %s, not a number", name,
                          type_name(field->type));
    *value = aimci_field_load(holder, field);
    return AIMC_OK;
}

aimc_status aimc_config_get_text(const aimc_config *cfg, const char *name, char *buf, size_t size,
                                 size_t *length)
{
    if (!cfg || !name || (!buf && size))
        return aimci_fail(AIMC_ERR_INVALID, "config_get_text: NULL argument");
    const aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    const aimc_status st = resolve("config_get_text", cfg, name, &holder, &field);
    if (st)
        return st;
    aimci_text text = {buf, size, 0};
    if (field->type == AIMC_FIELD_CHOICE) {
        char word[48];
        aimci_choice_word(field->choices, (long)aimci_field_load(holder, field), word, sizeof word);
        aimci_text_printf(&text, "%s", word);
    } else {
        aimci_field_emit(holder, field, &text);
    }
    if (length)
        *length = text.length;
    return AIMC_OK;
}

const aimc_config *aimc_config_nested(const aimc_config *cfg, const char *name)
{
    const aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    if (!cfg || !name || resolve("config_nested", cfg, name, &holder, &field) || !field ||
        field->type != AIMC_FIELD_CONFIG)
        return NULL;
    return holder->children[field->offset];
}

size_t aimc_config_field_count(const aimc_config *cfg)
{
    return cfg ? cfg->family->n_fields : 0;
}

aimc_status aimc_config_field_get(const aimc_config *cfg, size_t i, aimc_field_info *info)
{
    if (!cfg || !info)
        return aimci_fail(AIMC_ERR_INVALID, "config_field_get: NULL argument");
    if (i >= cfg->family->n_fields)
        return aimci_fail(AIMC_ERR_INVALID, "config_field_get: i = %zu of %zu fields", i,
                          cfg->family->n_fields);
    const aimci_field *f = &cfg->family->fields[i];
    const aimc_field_info ours = {.type = (int32_t)f->type,
                                  .name = f->name,
                                  .unit = f->unit,
                                  .doc = f->doc,
                                  .source = f->source,
                                  .choices = f->choices,
                                  .default_value = f->def,
                                  .min = f->min,
                                  .max = f->max};
    return aimci_struct_out("config_field_get", info, &ours, sizeof ours, 8);
}
