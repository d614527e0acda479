/* SPDX-License-Identifier: MIT */
/* Configurations made, copied, merged and destroyed. */
#include <stdio.h>
#include <string.h>

#include "core/evidence.h"
#include "core/names.h"

/* ---- making and destroying ------------------------------------------------------------------ */

void aimci_kind_defaults(const aimci_kind *kind, void *values)
{
    memset(values, 0, kind->size);
    for (size_t i = 0; i < kind->n_fields; i++)
        aimci_field_put(values, &kind->fields[i], kind->fields[i].def);
}

void aimc_config_destroy(aimc_config *cfg)
{
    if (!cfg)
        return;
    aimc_context *ctx = cfg->ctx;
    if (cfg->children)
        for (size_t i = 0; i < cfg->kind->n_children; i++)
            aimc_config_destroy(cfg->children[i]);
    aimci_evidence_destroy(cfg);
    aimci_free(ctx, cfg->children);
    aimci_free(ctx, cfg->set);
    aimci_free(ctx, cfg->values);
    aimci_free(ctx, cfg);
    aimci_context_unref(ctx);
}

/* A configuration of the kind with default values and no children yet. */
static aimc_config *new_blank(aimc_context *ctx, const aimci_kind *kind)
{
    aimc_config *cfg = aimci_calloc(ctx, 1, sizeof *cfg);
    if (!cfg)
        return NULL;
    cfg->ctx = aimci_context_ref(ctx);
    cfg->kind = kind;
    cfg->values = aimci_calloc(ctx, 1, kind->size + 1);
    cfg->set = aimci_calloc(ctx, kind->n_fields + 1, 1);
    cfg->children = aimci_calloc(ctx, kind->n_children + 1, sizeof(aimc_config *));
    if (!cfg->values || !cfg->set || !cfg->children) {
        aimc_config_destroy(cfg);
        return NULL;
    }
    aimci_kind_defaults(kind, cfg->values);
    return cfg;
}

static aimc_status make_children(aimc_config *cfg)
{
    for (size_t i = 0; i < cfg->kind->n_fields; i++) {
        const aimci_field *f = &cfg->kind->fields[i];
        if (f->type != AIMC_FIELD_CONFIG)
            continue;
        aimc_status st = aimc_config_create(cfg->ctx, f->kind, &cfg->children[f->offset]);
        if (st)
            return st;
    }
    return AIMC_OK;
}

aimc_status aimci_config_make(aimc_context *ctx, aimci_named named, aimc_config **out)
{
    aimc_config *cfg = new_blank(ctx, named.kind);
    if (!cfg)
        return aimci_fail(AIMC_ERR_NOMEM, "config_create: no memory");
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

static bool is_file(const char *name)
{
    const size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static aimc_status config_of_file(aimc_context *ctx, const char *path, aimc_config **out)
{
    enum { MOST = 16 << 20 };
    char *text;
    aimc_status st = aimci_read_text(ctx, path, MOST, &text);
    if (st)
        return st;
    st = aimci_config_from_json(ctx, NULL, text, out);
    aimci_free(ctx, text);
    return st ? aimci_fail_within(st, "%s: ", path) : AIMC_OK;
}

/* Of a kind, a preset, or a file that ends in ".json" with a configuration of any kind. */
static aimc_status config_of_name(aimc_context *ctx, const char *caller, const char *name,
                                  aimc_config **out)
{
    aimci_named named;
    if (is_file(name)) {
        const aimc_status st = config_of_file(ctx, name, out);
        return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
    }
    const aimc_status st = aimci_find_kind(caller, name, &named);
    return st ? st : aimci_config_make(ctx, named, out);
}

aimc_status aimc_config_create(aimc_context *ctx, const char *name, aimc_config **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "config_create: out is NULL");
    *out = NULL;
    if (!ctx || !name)
        return aimci_fail(AIMC_ERR_INVALID, "config_create: %s is NULL", ctx ? "name" : "ctx");
    return config_of_name(ctx, "config_create", name, out);
}

aimc_status aimc_config_copy(const aimc_config *cfg, aimc_config **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "config_copy: out is NULL");
    *out = NULL;
    if (!cfg)
        return aimci_fail(AIMC_ERR_INVALID, "config_copy: cfg is NULL");
    aimc_config *copy = new_blank(cfg->ctx, cfg->kind);
    if (!copy)
        return aimci_fail(AIMC_ERR_NOMEM, "config_copy: no memory");
    memcpy(copy->values, cfg->values, cfg->kind->size);
    memcpy(copy->set, cfg->set, cfg->kind->n_fields);
    copy->preset = cfg->preset;
    aimc_status st = aimci_evidence_copy(cfg, copy);
    for (size_t i = 0; i < cfg->kind->n_children && !st; i++)
        st = aimc_config_copy(cfg->children[i], &copy->children[i]);
    if (st) {
        aimc_config_destroy(copy);
        return st;
    }
    *out = copy;
    return AIMC_OK;
}

/* ---- merging -------------------------------------------------------------------------------- */

static aimc_status override(aimc_config *base, const aimc_config *overrides);

/* A failure says in which nested configuration it was. */
static aimc_status in_field(aimc_status st, const char *name)
{
    return st ? aimci_fail_within(st, "%s: ", name) : AIMC_OK;
}

static aimc_status override_child(aimc_config *base, const aimci_field *f,
                                  const aimc_config *overrides, bool chosen)
{
    aimc_config **child = &base->children[f->offset];
    const aimc_config *given = overrides->children[f->offset];
    if (!chosen || (given->kind == (*child)->kind && !given->preset))
        return in_field(override(*child, given), f->name);
    aimc_config *copy = NULL;
    const aimc_status st = aimc_config_copy(given, &copy);
    if (st)
        return st;
    aimc_config_destroy(*child);
    *child = copy;
    base->set[f - base->kind->fields] = 1;
    return AIMC_OK;
}

/* Fields are matched by name: the values that a preset's device is overridden with may have been
 * given to one of another kind, the default of the field. */
static aimc_status override_field(aimc_config *base, const aimc_config *overrides,
                                  const aimci_field *given)
{
    const aimci_field *f = aimci_kind_field(base->kind, given->name);
    const bool chosen = overrides->set[given - overrides->kind->fields];
    if (given->type == AIMC_FIELD_CONFIG && f && f->type == AIMC_FIELD_CONFIG)
        return override_child(base, f, overrides, chosen);
    if (!chosen)
        return AIMC_OK;
    if (!f || f->type != given->type)
        return aimci_fail(AIMC_ERR_INVALID, "'%s' has no field '%s'", base->kind->name,
                          given->name);
    if (f->type != AIMC_FIELD_LIST) {
        const aimc_status st =
            aimci_field_store(base, f, f->name, aimci_field_load(overrides, given));
        return st ? st : aimci_evidence_put(base, f, aimci_evidence_of(overrides, given));
    }
    aimci_list *list = aimci_field_at(overrides->values, given);
    return aimci_field_store_list(base, f, f->name, aimci_list_numbers(list), list->n);
}

/* Every field that was set in overrides replaces that of base. */
static aimc_status override(aimc_config *base, const aimc_config *overrides)
{
    aimc_status st = AIMC_OK;
    for (size_t i = 0; i < overrides->kind->n_fields && !st; i++)
        st = override_field(base, overrides, &overrides->kind->fields[i]);
    return st;
}

aimc_status aimci_config_resolve(aimc_context *ctx, const char *caller, const char *name,
                                 const aimc_config *overrides, aimc_config **out)
{
    if (!name && !overrides)
        return aimci_fail(AIMC_ERR_INVALID, "%s: both name and configuration are NULL", caller);
    if (!name)
        return aimc_config_copy(overrides, out);
    aimc_config *config = NULL;
    aimc_status st = config_of_name(ctx, caller, name, &config);
    if (!st && overrides) {
        st = config->kind == overrides->kind
                 ? override(config, overrides)
                 : aimci_fail(AIMC_ERR_INVALID,
                              "configuration is of kind '%s', not '%s'; without a name it is taken "
                              "as it is",
                              overrides->kind->name, config->kind->name);
        if (st)
            aimci_fail_within(st, "%s: ", caller);
    }
    if (st)
        aimc_config_destroy(config);
    else
        *out = config;
    return st;
}

/* The dotted name of a field that was set somewhere in cfg, appended to path. */
static bool find_set(const aimc_config *cfg, aimci_text *path)
{
    for (size_t i = 0; i < cfg->kind->n_fields; i++) {
        const aimci_field *f = &cfg->kind->fields[i];
        const size_t length = path->length;
        aimci_text_printf(path, "%s%s", length ? "." : "", f->name);
        if (cfg->set[i] ||
            (f->type == AIMC_FIELD_CONFIG && find_set(cfg->children[f->offset], path)))
            return true;
        path->length = length;
    }
    return false;
}

/* A whole document was merged, and now another one takes its place: nobody misses single fields. */
static bool is_all_set(const aimc_config *cfg)
{
    for (size_t i = 0; i < cfg->kind->n_fields; i++)
        if (!cfg->set[i] && cfg->kind->fields[i].type != AIMC_FIELD_CONFIG)
            return false;
    return true;
}

void aimci_config_warn_of_loss(const aimc_config *cfg, const char *path, const char *kind)
{
    char name[160];
    aimci_text text = {name, sizeof name, 0};
    aimci_text_printf(&text, "%s", path);
    if (!is_all_set(cfg) && find_set(cfg, &text))
        aimci_log(cfg->ctx, AIMC_LOG_WARNING,
                  "config_set: %s = '%s' drops %s, which was set before; set %s first",
                  path[0] ? path : "kind", kind, name, path[0] ? path : "the kind");
}

aimc_status aimci_config_replace_child(aimc_config *cfg, const aimci_field *f, const char *path,
                                       const char *kind)
{
    if (f->type != AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, not a configuration", path,
                          aimci_field_type_name(f->type));
    aimc_config **child = &cfg->children[f->offset], *made = NULL;
    const aimc_status st = config_of_name(cfg->ctx, "config_set", kind, &made);
    if (st)
        return st;
    if (strcmp(made->kind->category, f->choices) != 0) {
        char where[192];
        snprintf(where, sizeof where, "config_set: %s", path);
        const aimci_kind *wrong = made->kind;
        aimc_config_destroy(made);
        return aimci_wrong_category(where, kind, wrong, f->choices);
    }
    if ((*child)->kind == made->kind && (*child)->preset == made->preset && !is_file(kind)) {
        aimc_config_destroy(made); /* it is there, perhaps with fields that were changed */
    } else {
        aimci_config_warn_of_loss(*child, path, kind);
        aimc_config_destroy(*child);
        *child = made;
    }
    cfg->set[f - cfg->kind->fields] = 1;
    return AIMC_OK;
}

aimc_status aimci_config_narrow(const aimc_config *cfg, const aimci_kind *kind, aimc_config **out)
{
    aimc_config *part = new_blank(cfg->ctx, kind);
    if (!part)
        return aimci_fail(AIMC_ERR_NOMEM, "config_copy: no memory");
    memcpy(part->values, cfg->values, kind->size);
    for (size_t i = 0; i < kind->n_fields; i++)
        part->set[i] =
            cfg->set[aimci_kind_field(cfg->kind, kind->fields[i].name) - cfg->kind->fields];
    for (size_t i = 0; i < kind->n_children; i++) {
        const aimc_status st = aimc_config_copy(cfg->children[i], &part->children[i]);
        if (st) {
            aimc_config_destroy(part);
            return st;
        }
    }
    *out = part;
    return AIMC_OK;
}

aimc_status aimci_config_set_child(aimc_config *cfg, const char *field, const aimc_config *child)
{
    const aimci_field *f = aimci_kind_field(cfg->kind, field);
    if (!f || f->type != AIMC_FIELD_CONFIG || strcmp(f->choices, child->kind->category) != 0)
        return aimci_fail(AIMC_ERR_INTERNAL, "'%s' has no nested '%s' of category '%s'",
                          cfg->kind->name, field, child->kind->category);
    aimc_config *copy = NULL;
    const aimc_status st = aimc_config_copy(child, &copy);
    if (st)
        return st;
    aimc_config_destroy(cfg->children[f->offset]);
    cfg->children[f->offset] = copy;
    cfg->set[f - cfg->kind->fields] = 1;
    return AIMC_OK;
}
