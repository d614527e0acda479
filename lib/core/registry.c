/* SPDX-License-Identifier: MIT */
/* Names of kinds and presets. */
#include <stdio.h>
#include <string.h>

#include "core/config.h"

void aimci_nearest_try(aimci_nearest *nearest, const char *wanted, const char *candidate)
{
    const size_t distance = aimci_word_distance(wanted, candidate);
    if (!nearest->name || distance < nearest->distance) {
        nearest->name = candidate;
        nearest->distance = distance;
    }
}

void aimci_nearest_hint(const aimci_nearest *nearest, const char *wanted, char *buf, size_t size)
{
    buf[0] = '\0';
    /* a word that shares less than half its letters is no help */
    if (nearest->name && nearest->distance * 2 <= strlen(wanted) + 1)
        snprintf(buf, size, "; did you mean '%s'?", nearest->name);
}

bool aimci_among(const char *words, const char *name)
{
    const size_t n = strlen(name);
    for (const char *w = words; *w;) {
        const size_t length = strcspn(w, "|");
        if (length == n && strncmp(w, name, n) == 0)
            return true;
        w += length + (w[length] == '|');
    }
    return false;
}

/* Its number, or how many there are. */
static size_t find_registered(const char *name)
{
    size_t i = 0;
    while (i < aimci_n_registered && strcmp(aimci_registry[i].kind->name, name) != 0)
        i++;
    return i;
}

const void *aimci_ops_of(const aimci_kind *kind, const char *category)
{
    if (strcmp(kind->category, category) != 0)
        return NULL;
    for (size_t i = 0; i < aimci_n_registered; i++)
        if (aimci_registry[i].kind == kind)
            return aimci_registry[i].ops;
    return NULL;
}

/* Names are snake_case; a hyphen is as good. */
static void normalise(const char *name, char *buf, size_t size)
{
    snprintf(buf, size, "%s", name);
    for (char *c = buf; *c; c++)
        if (*c == '-')
            *c = '_';
}

/* Kinds first, then presets; or how many there are. */
static size_t find_index(const char *name)
{
    const size_t kind = find_registered(name);
    size_t i = 0;
    if (kind < aimci_n_registered)
        return kind;
    while (i < aimci_n_presets && strcmp(aimci_presets[i].name, name) != 0 &&
           !aimci_among(aimci_presets[i].aliases, name))
        i++;
    return aimci_n_registered + i;
}

/* The nearest name is looked for only where there is none: that takes a thousand times as long. */
static aimc_status find(const char *caller, const char *given, size_t *index)
{
    char name[96], hint[96];
    aimci_nearest nearest = {NULL, 0};
    normalise(given, name, sizeof name);
    const size_t found = find_index(name);
    if (found < aimc_preset_count()) {
        *index = found;
        return AIMC_OK;
    }
    for (size_t i = 0; i < aimci_n_registered; i++)
        aimci_nearest_try(&nearest, name, aimci_registry[i].kind->name);
    for (size_t i = 0; i < aimci_n_presets; i++)
        aimci_nearest_try(&nearest, name, aimci_presets[i].name);
    aimci_nearest_hint(&nearest, name, hint, sizeof hint);
    return aimci_fail(AIMC_ERR_INVALID, "%s: unknown name '%s'%s", caller, name, hint);
}

aimc_status aimc_preset_find(const char *name, size_t *index)
{
    if (!name || !index)
        return aimci_fail(AIMC_ERR_INVALID, "preset_find: NULL argument");
    return find("preset_find", name, index);
}

aimc_status aimci_find_kind(const char *caller, const char *name, aimci_named *out)
{
    size_t i;
    const aimc_status st = find(caller, name, &i);
    if (st)
        return st;
    out->preset = i < aimci_n_registered ? NULL : &aimci_presets[i - aimci_n_registered];
    i = out->preset ? find_registered(out->preset->kind) : i;
    out->kind = i < aimci_n_registered ? aimci_registry[i].kind : NULL;
    return out->kind
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INTERNAL, "%s: '%s' is of an unknown kind", caller, name);
}

size_t aimc_preset_count(void)
{
    return aimci_n_registered + aimci_n_presets;
}

aimc_status aimc_preset_get(size_t i, aimc_preset_info *info)
{
    if (!info)
        return aimci_fail(AIMC_ERR_INVALID, "preset_get: info is NULL");
    if (i >= aimc_preset_count())
        return aimci_fail(AIMC_ERR_INVALID, "preset_get: i = %zu of %zu", i, aimc_preset_count());
    aimc_preset_info ours = {0};
    if (i < aimci_n_registered) {
        const aimci_kind *f = aimci_registry[i].kind;
        ours = (aimc_preset_info){.name = f->name,
                                  .category = f->category,
                                  .kind = f->name,
                                  .doc = f->doc,
                                  .source = f->source,
                                  .aliases = ""};
    } else {
        const aimci_preset *p = &aimci_presets[i - aimci_n_registered];
        ours = (aimc_preset_info){.is_preset = 1,
                                  .name = p->name,
                                  .category = p->category,
                                  .kind = p->kind,
                                  .doc = p->doc,
                                  .source = p->source,
                                  .aliases = p->aliases};
    }
    return aimci_struct_out("preset_get", info, &ours, sizeof ours, 8);
}
