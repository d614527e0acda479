/* SPDX-License-Identifier: MIT */
/* Configurations read and changed by the names of their fields. */
#include <stdio.h>
#include <string.h>

#include "core/config.h"

/* ---- kinds ---------------------------------------------------------------------------------- */

const char *aimc_config_get_kind(const aimc_config *cfg)
{
    return cfg ? cfg->kind->name : "";
}

/* Is it of this kind, or of one that extends it? cfg NULL: no. */
static bool is_of(const aimc_config *cfg, const aimci_kind *kind)
{
    const aimci_kind *f = cfg ? cfg->kind : NULL;
    while (f && f != kind)
        f = f->extends;
    return f != NULL;
}

aimc_status aimci_config_expect(const char *caller, const aimc_config *cfg, const aimci_kind *kind)
{
    if (!cfg || is_of(cfg, kind))
        return AIMC_OK;
    char others[96] = "";
    aimci_text text = {others, sizeof others, 0};
    for (size_t i = 0; i < aimci_n_registered; i++)
        if (aimci_registry[i].kind->extends == kind)
            aimci_text_printf(&text, " or '%s'", aimci_registry[i].kind->name);
    return aimci_fail(AIMC_ERR_INVALID, "%s: configuration is of kind '%s'; '%s'%s is needed",
                      caller, cfg->kind->name, kind->name, others);
}

/* "an optimizer", "a noise model" */
static void put_noun(aimci_text *text, const char *category)
{
    aimci_text_printf(text, "%s ", strchr("aeiou", category[0]) ? "an" : "a");
    for (const char *c = category; *c; c++)
        aimci_text_printf(text, "%c", *c == '_' ? ' ' : *c);
}

aimc_status aimci_wrong_category(const char *caller, const char *name, const aimci_kind *kind,
                                 const char *wanted)
{
    char sentence[448] = "";
    aimci_text text = {sentence, sizeof sentence, 0};
    aimci_text_printf(&text, "'%s' is ", name);
    put_noun(&text, kind->category);
    aimci_text_printf(&text, ", not ");
    put_noun(&text, wanted);
    const char *before = "; there are ";
    for (size_t i = 0; i < aimci_n_registered; i++) {
        if (strcmp(aimci_registry[i].kind->category, wanted) != 0)
            continue;
        aimci_text_printf(&text, "%s%s", before, aimci_registry[i].kind->name);
        before = ", ";
    }
    return aimci_fail(AIMC_ERR_INVALID, "%s: %s", caller, sentence);
}

const void *aimci_config_values(const aimc_config *cfg, const aimci_kind *kind)
{
    return is_of(cfg, kind) ? cfg->values : NULL;
}

void aimci_config_read(const aimc_config *cfg, const aimci_kind *kind, void *values)
{
    const void *given = aimci_config_values(cfg, kind);
    if (given)
        memcpy(values, given, kind->size);
    else
        aimci_kind_defaults(kind, values);
}

const aimci_field *aimci_kind_field(const aimci_kind *kind, const char *name)
{
    for (size_t i = 0; i < kind->n_fields; i++)
        if (strcmp(kind->fields[i].name, name) == 0)
            return &kind->fields[i];
    return NULL;
}

const aimc_config *aimci_config_child(const aimc_config *cfg, const char *name)
{
    if (!cfg)
        return NULL;
    const aimci_field *f = aimci_kind_field(cfg->kind, name);
    return f && f->type == AIMC_FIELD_CONFIG ? cfg->children[f->offset] : NULL;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* Is there a field of this name somewhere below? Writes its dotted path. */
static bool find_below(const aimc_config *cfg, const char *name, aimci_text *path)
{
    for (size_t i = 0; i < cfg->kind->n_fields; i++) {
        const aimci_field *f = &cfg->kind->fields[i];
        if (f->type != AIMC_FIELD_CONFIG)
            continue;
        const aimc_config *child = cfg->children[f->offset];
        const size_t length = path->length;
        aimci_text_printf(path, "%s.", f->name);
        if (aimci_kind_field(child->kind, name)) {
            aimci_text_printf(path, "%s", name);
            return true;
        }
        if (find_below(child, name, path))
            return true;
        path->length = length;
    }
    return false;
}

static aimc_status unknown_field(const aimc_config *cfg, const char *caller, const char *name)
{
    if (!cfg->kind->n_fields)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: unknown field '%s': '%s' has none; \"kind\" names another one first",
                          caller, name, cfg->kind->name);
    char below[128] = "";
    aimci_text path = {below, sizeof below, 0};
    if (find_below(cfg, name, &path))
        return aimci_fail(AIMC_ERR_INVALID, "%s: unknown field '%s' of %s; did you mean '%s'?",
                          caller, name, cfg->kind->name, below);
    aimci_nearest nearest = {NULL, 0};
    for (size_t i = 0; i < cfg->kind->n_fields; i++)
        aimci_nearest_try(&nearest, name, cfg->kind->fields[i].name);
    char hint[96];
    aimci_nearest_hint(&nearest, name, hint, sizeof hint);
    return aimci_fail(AIMC_ERR_INVALID, "%s: unknown field '%s' of %s%s", caller, name,
                      cfg->kind->name, hint);
}

/* Follow the dots: the configuration that holds the field, and the field. */
aimc_status aimci_config_look(const char *caller, const aimc_config *cfg, const char *path,
                              const aimc_config **holder, const aimci_field **field)
{
    const char *dot;
    while ((dot = strchr(path, '.')) != NULL) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        const aimc_config *child = aimci_config_child(cfg, name);
        if (!child)
            return unknown_field(cfg, caller, name);
        cfg = child;
        path = dot + 1;
    }
    *field = aimci_kind_field(cfg->kind, path);
    if (!*field)
        return unknown_field(cfg, caller, path);
    *holder = cfg;
    return AIMC_OK;
}

/* The same for a configuration that may be changed. */
aimc_status aimci_config_find(const char *caller, aimc_config *cfg, const char *path,
                              aimc_config **holder, const aimci_field **field)
{
    if (!cfg || !path)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, cfg ? "name" : "cfg");
    const aimc_config *found = cfg;
    const aimc_status st = aimci_config_look(caller, cfg, path, &found, field);
    *holder = (aimc_config *)(uintptr_t)found; /* lies inside cfg, which the caller may change */
    return st;
}

/* ---- public access -------------------------------------------------------------------------- */

aimc_status aimc_config_set(aimc_config *cfg, const char *name, double value)
{
    aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    const aimc_status st = aimci_config_find("config_set", cfg, name, &holder, &field);
    return st ? st : aimci_field_store(holder, field, name, value);
}

aimc_status aimc_config_set_text(aimc_config *cfg, const char *name, const char *text)
{
    aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    const aimc_status st = aimci_config_find("config_set", cfg, name, &holder, &field);
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
    const aimc_status st = aimci_config_find("config_set", cfg, name, &holder, &field);
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
    const aimc_status st = aimci_config_look("config_get", cfg, name, &holder, &field);
    if (st)
        return st;
    if (field->type == AIMC_FIELD_LIST || field->type == AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_get: %s is %s, not a number", name,
                          aimci_field_type_name(field->type));
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
    const aimc_status st = aimci_config_look("config_get_text", cfg, name, &holder, &field);
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

const aimc_config *aimc_config_get_nested(const aimc_config *cfg, const char *name)
{
    const aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    if (!cfg || !name || aimci_config_look("config_get_nested", cfg, name, &holder, &field) ||
        !field || field->type != AIMC_FIELD_CONFIG)
        return NULL;
    return holder->children[field->offset];
}

size_t aimc_config_count_fields(const aimc_config *cfg)
{
    return cfg ? cfg->kind->n_fields : 0;
}

aimc_status aimc_config_get_field(const aimc_config *cfg, size_t i, aimc_field_info *info)
{
    if (!cfg || !info)
        return aimci_fail(AIMC_ERR_INVALID, "config_get_field: NULL argument");
    if (i >= cfg->kind->n_fields)
        return aimci_fail(AIMC_ERR_INVALID, "config_get_field: i = %zu of %zu fields", i,
                          cfg->kind->n_fields);
    const aimci_field *f = &cfg->kind->fields[i];
    const aimc_field_info ours = {.type = (int32_t)f->type,
                                  .name = f->name,
                                  .unit = f->unit,
                                  .doc = f->doc,
                                  .source = f->source,
                                  .choices = f->choices,
                                  .default_value = f->def,
                                  .min = f->min,
                                  .max = f->max};
    return aimci_struct_out("config_get_field", info, &ours, sizeof ours, 8);
}
