/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/evidence.h"
#include "core/json.h"

/* ---- out ------------------------------------------------------------------------------------ */

static void emit_list(aimci_list *list, aimci_text *text)
{
    const double *v = aimci_list_numbers(list);
    aimci_text_printf(text, "[");
    for (size_t i = 0; i < list->n; i++) {
        char number[32];
        aimci_format_double(number, v[i]);
        aimci_text_printf(text, "%s%s", i ? ", " : "", number);
    }
    aimci_text_printf(text, "]");
}

static void emit_config(const aimc_config *cfg, aimci_text *text);

static void emit_number(double v, const aimci_evidence *evidence, aimci_text *text)
{
    char number[32];
    aimci_format_double(number, v);
    if (evidence)
        aimci_evidence_emit(v, evidence, text);
    else
        aimci_text_printf(text, "%s", number);
}

void aimci_field_emit(const aimc_config *cfg, const aimci_field *f, aimci_text *text)
{
    char word[64];
    const double v = aimci_field_load(cfg, f);
    switch (f->type) {
    case AIMC_FIELD_NUMBER:
    case AIMC_FIELD_INTEGER:
        emit_number(v, aimci_evidence_of(cfg, f), text);
        break;
    case AIMC_FIELD_FLAG:
        aimci_text_printf(text, "%s", v != 0.0 ? "true" : "false");
        break;
    case AIMC_FIELD_CHOICE:
        aimci_choice_word(f->choices, (long)v, word, sizeof word);
        aimci_text_printf(text, "\"%s\"", word);
        break;
    case AIMC_FIELD_LIST:
        emit_list(aimci_field_at(cfg->values, f), text);
        break;
    case AIMC_FIELD_CONFIG:
        emit_config(cfg->children[f->offset], text);
        break;
    }
}

/* What is off, and was not there in versions before, is left out of documents. */
static bool is_silent(const aimc_config *cfg, const aimci_field *f)
{
    if (f->type != AIMC_FIELD_CONFIG || !cfg->children[f->offset]->kind->tacit)
        return false;
    const aimc_config *child = cfg->children[f->offset];
    bool silent = true;
    for (size_t i = 0; i < child->kind->n_fields; i++) {
        const aimci_field *of_child = &child->kind->fields[i];
        silent &= aimci_field_load(child, of_child) == of_child->def &&
                  !aimci_evidence_of(child, of_child);
    }
    return silent;
}

static void emit_config(const aimc_config *cfg, aimci_text *text)
{
    aimci_text_printf(text, "{\"kind\": \"%s\"", cfg->kind->name);
    for (size_t i = 0; i < cfg->kind->n_fields; i++) {
        const aimci_field *f = &cfg->kind->fields[i];
        if (is_silent(cfg, f))
            continue;
        aimci_text_printf(text, ", \"%s\": ", f->name);
        aimci_field_emit(cfg, f, text);
    }
    aimci_text_printf(text, "}");
}

size_t aimc_config_to_json(const aimc_config *cfg, char *buf, size_t size)
{
    aimci_text text = {buf, size, 0};
    if (cfg)
        emit_config(cfg, &text);
    return text.length;
}

/* ---- in ------------------------------------------------------------------------------------- */

static aimc_status merge_object(aimc_config *cfg, const json_t *object, const char *path);

static aimc_status store_array(aimc_config *cfg, const aimci_field *f, const char *path,
                               const json_t *array)
{
    double v[AIMCI_LONG_LIST_MAX];
    const size_t n = json_array_size(array);
    for (size_t i = 0; i < n && i < aimci_field_most(f); i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_number(item))
            return aimci_fail(AIMC_ERR_INVALID, "config_set: value %zu of %s is not a number", i,
                              path);
        v[i] = json_number_value(item);
    }
    return aimci_field_store_list(cfg, f, path, v, n);
}

/* The word under "kind"; NULL: there is none. */
static aimc_status read_kind(const json_t *object, const char *path, const char **kind)
{
    const json_t *value = json_object_get(object, "kind");
    *kind = json_string_value(value);
    return *kind || !value ? AIMC_OK
                           : aimci_fail(AIMC_ERR_INVALID, "config_parse: %s%skind is not a name",
                                        path, path[0] ? "." : "");
}

static aimc_status store_with_evidence(aimc_config *cfg, const aimci_field *f, const char *path,
                                       const json_t *object)
{
    double value;
    aimci_evidence evidence;
    aimc_status st = aimci_evidence_read(object, path, &value, &evidence);
    if (!st)
        st = aimci_field_store(cfg, f, path, value);
    return st ? st : aimci_evidence_put(cfg, f, &evidence);
}

/* In a document a name is that of a kind or a preset: a file that was read opens no other. */
static aimc_status put_named(aimc_config *cfg, const aimci_field *f, const char *path,
                             const char *name)
{
    aimci_named named;
    const aimc_status st = aimci_find_kind("config_parse", name, &named);
    return st ? st : aimci_config_replace_child(cfg, f, path, name);
}

/* A nested object: "kind" first, because it replaces what the others are merged into. */
static aimc_status store_object(aimc_config *cfg, const aimci_field *f, const char *path,
                                const json_t *object)
{
    if (f->type == AIMC_FIELD_NUMBER || f->type == AIMC_FIELD_INTEGER)
        return store_with_evidence(cfg, f, path, object);
    if (f->type != AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is not a configuration", path);
    const char *kind;
    aimc_status st = read_kind(object, path, &kind);
    if (!st && kind)
        st = put_named(cfg, f, path, kind);
    return st ? st : merge_object(cfg->children[f->offset], object, path);
}

static aimc_status store_value(aimc_config *cfg, const aimci_field *f, const char *path,
                               const json_t *value)
{
    if (json_is_number(value))
        return aimci_field_store(cfg, f, path, json_number_value(value));
    if (json_is_boolean(value) && f->type == AIMC_FIELD_FLAG)
        return aimci_field_store(cfg, f, path, json_is_true(value) ? 1.0 : 0.0);
    if (json_is_string(value) && f->type == AIMC_FIELD_CONFIG)
        return put_named(cfg, f, path, json_string_value(value));
    if (json_is_string(value))
        return aimci_field_store_word(cfg, f, path, json_string_value(value));
    if (json_is_array(value))
        return store_array(cfg, f, path, value);
    if (json_is_object(value))
        return store_object(cfg, f, path, value);
    return aimci_fail(AIMC_ERR_INVALID, "config_set: %s cannot take this value", path);
}

/* One member of an object. Its name may have dots in it, as everywhere. */
static aimc_status store_member(aimc_config *cfg, const char *key, const json_t *value,
                                const char *prefix)
{
    char path[160];
    aimc_config *holder = NULL;
    const aimci_field *f = NULL;
    snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] ? "." : "", key);
    const aimc_status st = aimci_config_find("config_parse", cfg, key, &holder, &f);
    return st ? st : store_value(holder, f, path, value);
}

/* Dotted names come last: what they name may be replaced by another member of the same object. */
static aimc_status merge_object(aimc_config *cfg, const json_t *object, const char *prefix)
{
    const char *key;
    json_t *value;
    /* the iterator needs a non-const pointer and changes nothing */
    json_t *mutable_object = json_incref((json_t *)(uintptr_t)object);
    aimc_status st = AIMC_OK;
    for (int dotted = 0; dotted < 2; dotted++)
        json_object_foreach(mutable_object, key, value)
        {
            if (!st && strcmp(key, "kind") != 0 && (strchr(key, '.') != NULL) == dotted)
                st = store_member(cfg, key, value, prefix);
        }
    json_decref(mutable_object);
    return st;
}

/* The whole document's "kind" may name the configuration's own kind or a preset of it. */
static aimc_status restart_from_kind(aimc_config **cfg, const json_t *object)
{
    const char *kind;
    aimc_status st = read_kind(object, "", &kind);
    if (st || !kind)
        return st;
    aimci_named named;
    st = aimci_find_kind("config_parse", kind, &named);
    if (st)
        return st;
    if (named.kind != (*cfg)->kind)
        return aimci_fail(AIMC_ERR_INVALID,
                          "config_parse: kind '%s' in a configuration of kind '%s'", kind,
                          (*cfg)->kind->name);
    if (!named.preset || named.preset == (*cfg)->preset)
        return AIMC_OK;
    aimci_config_warn_of_loss(*cfg, "", kind);
    aimc_config *fresh;
    st = aimci_config_make((*cfg)->ctx, named, &fresh);
    if (st)
        return st;
    aimc_config_destroy(*cfg);
    *cfg = fresh;
    return AIMC_OK;
}

static void swap_content(aimc_config *a, aimc_config *b)
{
    const aimc_config tmp = *a;
    *a = *b;
    *b = tmp;
}

static void clear_set(aimc_config *cfg)
{
    memset(cfg->set, 0, cfg->kind->n_fields);
    for (size_t i = 0; i < cfg->kind->n_children; i++)
        clear_set(cfg->children[i]);
}

static aimc_status check_object(const json_t *value)
{
    return json_is_object(value) ? AIMC_OK
                                 : aimci_fail(AIMC_ERR_FORMAT, "config_parse: not a JSON object");
}

/* All or nothing: works on a copy. */
static aimc_status merge(aimc_config *cfg, const json_t *value, bool mark)
{
    aimc_config *copy = NULL;
    aimc_status st = check_object(value);
    if (!st)
        st = aimc_config_copy(cfg, &copy);
    if (!st)
        st = restart_from_kind(&copy, value);
    if (!st)
        st = merge_object(copy, value, "");
    if (!st) {
        if (!mark)
            clear_set(copy);
        swap_content(cfg, copy);
    }
    aimc_config_destroy(copy);
    return st;
}

aimc_status aimci_config_merge_value(aimc_config *cfg, const json_t *value)
{
    return merge(cfg, value, true);
}

aimc_status aimci_config_merge_json(aimc_config *cfg, const char *json, bool mark)
{
    json_t *root = NULL;
    aimc_status st = aimci_json_read(cfg->ctx, "config_parse", json, strlen(json), &root);
    if (!st)
        st = merge(cfg, root, mark);
    json_decref(root);
    return st;
}

aimc_status aimci_field_parse(aimc_config *cfg, const aimci_field *f, const char *path,
                              const char *text)
{
    json_t *value = NULL;
    aimc_status st = aimci_json_read(cfg->ctx, "config_set", text, strlen(text), &value);
    if (st == AIMC_ERR_FORMAT)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: '%s' is not a value for %s", text, path);
    if (!st)
        st = store_value(cfg, f, path, value);
    json_decref(value);
    return st;
}

aimc_status aimc_config_parse(aimc_config *cfg, const char *json)
{
    if (!cfg || !json)
        return aimci_fail(AIMC_ERR_INVALID, "config_parse: %s is NULL", cfg ? "json" : "cfg");
    if (strncmp(json, "\xEF\xBB\xBF", 3) == 0)
        json += 3; /* a byte-order mark, as editors on Windows write it */
    return aimci_config_merge_json(cfg, json, true);
}

aimc_status aimci_config_from_value(aimc_context *ctx, const char *category, const json_t *value,
                                    aimc_config **out)
{
    aimci_named named;
    aimc_config *cfg = NULL;
    aimc_status st = check_object(value);
    if (st)
        return st;
    const char *kind = json_string_value(json_object_get(value, "kind"));
    st = kind ? aimci_find_kind("config_parse", kind, &named)
              : aimci_fail(AIMC_ERR_FORMAT, "configuration without a kind");
    if (!st && category && strcmp(named.kind->category, category) != 0)
        st = aimci_wrong_category("config_parse", kind, named.kind, category);
    if (!st)
        st = aimci_config_make(ctx, named, &cfg);
    if (!st)
        st = merge(cfg, value, true);
    if (st) {
        aimc_config_destroy(cfg);
        return st == AIMC_ERR_INVALID ? aimci_fail_within(AIMC_ERR_FORMAT, "configuration: ") : st;
    }
    *out = cfg;
    return AIMC_OK;
}

aimc_status aimci_config_from_json(aimc_context *ctx, const char *category, const char *json,
                                   aimc_config **out)
{
    json_t *root = NULL;
    aimc_status st = aimci_json_read(ctx, "config_parse", json, strlen(json), &root);
    if (!st)
        st = aimci_config_from_value(ctx, category, root, out);
    json_decref(root);
    return st;
}
