/* SPDX-License-Identifier: MIT */
#include "core/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const basis_words[] = {"", "published", "derived", "assumed"};
enum { N_BASES = sizeof basis_words / sizeof basis_words[0] };

/* ---- in and out ----------------------------------------------------------------------------- */

static aimc_status read_basis(const json_t *value, const char *path, aimc_basis *basis)
{
    const char *word = json_string_value(value);
    for (int k = 1; word && k < N_BASES; k++) {
        if (strcmp(word, basis_words[k]) == 0) {
            *basis = (aimc_basis)k;
            return AIMC_OK;
        }
    }
    return aimci_fail(AIMC_ERR_INVALID,
                      "config_set: basis of %s is %s%s%s; allowed are published, derived, assumed",
                      path, word ? "'" : "", word ? word : "not a word", word ? "'" : "");
}

static aimc_status read_source(const json_t *value, const char *path, aimci_evidence *evidence)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) >= sizeof evidence->source)
        return aimci_fail(AIMC_ERR_INVALID,
                          "config_set: source of %s is not a text of at most %zu bytes", path,
                          sizeof evidence->source - 1);
    snprintf(evidence->source, sizeof evidence->source, "%s", text);
    return AIMC_OK;
}

static aimc_status read_number(const json_t *value, const char *path, const char *key, double *out)
{
    if (!json_is_number(value))
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s of %s is not a number", key, path);
    *out = json_number_value(value);
    return AIMC_OK;
}

static aimc_status read_member(const char *key, const json_t *item, const char *path, double *value,
                               aimci_evidence *e)
{
    if (strcmp(key, "value") == 0)
        return read_number(item, path, key, value);
    if (strcmp(key, "low") == 0)
        return read_number(item, path, key, &e->low);
    if (strcmp(key, "high") == 0)
        return read_number(item, path, key, &e->high);
    if (strcmp(key, "basis") == 0)
        return read_basis(item, path, &e->basis);
    if (strcmp(key, "source") == 0)
        return read_source(item, path, e);
    return aimci_fail(
        AIMC_ERR_INVALID,
        "config_set: unknown member '%s' of %s: a number with its evidence has value, "
        "low, high, basis, source",
        key, path);
}

aimc_status aimci_evidence_read(const json_t *object, const char *path, double *value,
                                aimci_evidence *evidence)
{
    const char *key;
    json_t *item, *members = json_incref((json_t *)(uintptr_t)object); /* nothing is changed */
    aimc_status st = AIMC_OK;
    *evidence = (aimci_evidence){.low = (double)NAN, .high = (double)NAN};
    *value = (double)NAN;
    json_object_foreach(members, key, item)
    {
        if (!st)
            st = read_member(key, item, path, value, evidence);
    }
    json_decref(members);
    if (st)
        return st;
    if (isnan(*value) || evidence->basis == AIMC_BASIS_NONE)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s has no %s", path,
                          isnan(*value) ? "value" : "basis");
    if (isnan(evidence->low))
        evidence->low = *value;
    if (isnan(evidence->high))
        evidence->high = *value;
    if (!(evidence->low <= *value && *value <= evidence->high))
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s = %g is not within %g ... %g", path,
                          *value, evidence->low, evidence->high);
    return AIMC_OK;
}

static void emit_text(const char *source, aimci_text *text)
{
    for (const char *c = source; *c; c++) {
        if ((unsigned char)*c < 0x20)
            aimci_text_printf(text, "\\u%04x", (unsigned)*c);
        else
            aimci_text_printf(text, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    }
}

void aimci_evidence_emit(double value, const aimci_evidence *e, aimci_text *text)
{
    char number[3][32];
    aimci_format_double(number[0], value);
    aimci_format_double(number[1], e->low);
    aimci_format_double(number[2], e->high);
    aimci_text_printf(
        text, "{\"value\": %s, \"low\": %s, \"high\": %s, \"basis\": \"%s\", \"source\": \"",
        number[0], number[1], number[2], basis_words[e->basis]);
    emit_text(e->source, text);
    aimci_text_printf(text, "\"}");
}

/* ---- with the fields of a configuration ----------------------------------------------------- */

const aimci_evidence *aimci_evidence_of(const aimc_config *cfg, const aimci_field *f)
{
    return cfg->evidence ? cfg->evidence[f - cfg->kind->fields] : NULL;
}

aimc_status aimci_evidence_put(aimc_config *cfg, const aimci_field *f, const aimci_evidence *e)
{
    if (!cfg->evidence && !e)
        return AIMC_OK;
    if (!cfg->evidence)
        cfg->evidence = aimci_calloc(cfg->ctx, cfg->kind->n_fields, sizeof(aimci_evidence *));
    aimci_evidence *kept = e && cfg->evidence ? aimci_calloc(cfg->ctx, 1, sizeof *kept) : NULL;
    if (e && !kept)
        return aimci_fail(AIMC_ERR_NOMEM, "config_set: no memory");
    aimci_evidence **place = &cfg->evidence[f - cfg->kind->fields];
    aimci_free(cfg->ctx, *place);
    *place = kept;
    if (kept)
        *kept = *e;
    return AIMC_OK;
}

aimc_status aimci_evidence_copy(const aimc_config *from, aimc_config *to)
{
    aimc_status st = AIMC_OK;
    for (size_t i = 0; from->evidence && i < from->kind->n_fields && !st; i++)
        st = aimci_evidence_put(to, &to->kind->fields[i], from->evidence[i]);
    return st;
}

void aimci_evidence_destroy(aimc_config *cfg)
{
    for (size_t i = 0; cfg->evidence && i < cfg->kind->n_fields; i++)
        aimci_free(cfg->ctx, cfg->evidence[i]);
    aimci_free(cfg->ctx, cfg->evidence);
    cfg->evidence = NULL;
}

aimc_status aimc_config_get_evidence(const aimc_config *cfg, const char *name,
                                     aimc_evidence *evidence)
{
    const aimc_config *holder = NULL;
    const aimci_field *field = NULL;
    if (!cfg || !name || !evidence)
        return aimci_fail(AIMC_ERR_INVALID, "config_get_evidence: NULL argument");
    const aimc_status st = aimci_config_look("config_get_evidence", cfg, name, &holder, &field);
    if (st)
        return st;
    const aimci_evidence *e = aimci_evidence_of(holder, field);
    const bool number = field->type == AIMC_FIELD_NUMBER || field->type == AIMC_FIELD_INTEGER;
    const double value = number ? aimci_field_load(holder, field) : (double)NAN;
    const aimc_evidence ours = {.basis = (int32_t)(e ? e->basis : AIMC_BASIS_NONE),
                                .low = e ? e->low : value,
                                .high = e ? e->high : value,
                                .source = e ? e->source : field->source};
    return aimci_struct_out("config_get_evidence", evidence, &ours, sizeof ours, 8);
}
