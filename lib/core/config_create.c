/* SPDX-License-Identifier: MIT */
/* Configurations made, copied, merged and destroyed. */
#include <stdio.h>
#include <string.h>

#include "core/config.h"

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

aimc_status aimc_config_create(aimc_context *ctx, const char *name, aimc_config **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "config_create: out is NULL");
    *out = NULL;
    if (!ctx || !name)
        return aimci_fail(AIMC_ERR_INVALID, "config_create: %s is NULL", ctx ? "name" : "ctx");
    aimci_named named;
    const aimc_status st = aimci_find_kind("config_create", name, &named);
    return st ? st : aimci_config_make(ctx, named, out);
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
    for (size_t i = 0; i < cfg->kind->n_children; i++) {
        const aimc_status st = aimc_config_copy(cfg->children[i], &copy->children[i]);
        if (st) {
            aimc_config_destroy(copy);
            return st;
        }
    }
    *out = copy;
    return AIMC_OK;
}

/* ---- merging -------------------------------------------------------------------------------- */

/* Every field of base that was set in overrides, which is of the same kind, takes that value. */
static aimc_status override(aimc_config *base, const aimc_config *overrides)
{
    if (base->kind != overrides->kind)
        return aimci_fail(AIMC_ERR_INVALID, "configuration is of kind '%s', not '%s'",
                          overrides->kind->name, base->kind->name);
    for (size_t i = 0; i < base->kind->n_fields; i++) {
        const aimci_field *f = &base->kind->fields[i];
        if (f->type == AIMC_FIELD_CONFIG) {
            const aimc_status st =
                override(base->children[f->offset], overrides->children[f->offset]);
            if (st)
                return st;
        } else if (overrides->set[i]) {
            if (f->type == AIMC_FIELD_LIST)
                memcpy(aimci_field_at(base->values, f), aimci_field_at(overrides->values, f),
                       sizeof(aimci_list));
            else
                aimci_field_put(base->values, f, aimci_field_load(overrides, f));
            base->set[i] = 1;
        }
    }
    return AIMC_OK;
}

aimc_status aimci_config_resolve(aimc_context *ctx, const char *caller, const char *name,
                                 const aimc_config *overrides, aimc_config **out)
{
    if (!name && !overrides)
        return aimci_fail(AIMC_ERR_INVALID, "%s: both name and configuration are NULL", caller);
    if (!name)
        return aimc_config_copy(overrides, out);
    aimci_named named;
    aimc_config *config = NULL;
    aimc_status st = aimci_find_kind(caller, name, &named);
    if (!st)
        st = aimci_config_make(ctx, named, &config);
    if (!st && overrides) {
        st = override(config, overrides);
        if (st)
            aimci_fail_within(st, "%s: ", caller);
    }
    if (st)
        aimc_config_destroy(config);
    else
        *out = config;
    return st;
}

aimc_status aimci_config_replace_child(aimc_config *cfg, const aimci_field *f, const char *path,
                                       const char *kind)
{
    if (f->type != AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, not a configuration", path,
                          aimci_field_type_name(f->type));
    aimci_named named;
    aimc_status st = aimci_find_kind("config_set", kind, &named);
    if (st)
        return st;
    if (strcmp(named.kind->category, f->choices) != 0) {
        char where[192];
        snprintf(where, sizeof where, "config_set: %s", path);
        return aimci_wrong_category(where, kind, named.kind, f->choices);
    }
    aimc_config *child = NULL;
    st = aimci_config_make(cfg->ctx, named, &child);
    if (st)
        return st;
    aimc_config_destroy(cfg->children[f->offset]);
    cfg->children[f->offset] = child;
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
