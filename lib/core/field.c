/* SPDX-License-Identifier: MIT */
/* The value of one field: checked, stored, loaded. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/evidence.h"

void *aimci_field_at(void *values, const aimci_field *f)
{
    return (char *)values + f->offset;
}

void aimci_field_put(void *values, const aimci_field *f, double v)
{
    void *at = aimci_field_at(values, f);
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

const char *aimci_field_type_name(aimc_field_type type)
{
    static const char *const names[] = {"a number", "an integer", "a flag",
                                        "a choice", "a list",     "a configuration"};
    return names[type];
}

static void mark_set(aimc_config *cfg, const aimci_field *f)
{
    cfg->set[f - cfg->kind->fields] = 1;
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
    if (f->type == AIMC_FIELD_LIST) /* of one number */
        return aimci_field_store_list(cfg, f, path, &v, 1);
    if (f->type == AIMC_FIELD_CONFIG)
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, not a number", path,
                          aimci_field_type_name(f->type));
    if (!(v >= f->min && v <= f->max))
        return out_of_range(f, path, v);
    if (f->type != AIMC_FIELD_NUMBER && v != floor(v))
        return aimci_fail(AIMC_ERR_INVALID, "config_set: %s is %s, %g is not", path,
                          aimci_field_type_name(f->type), v);
    aimci_field_put(cfg->values, f, v + 0.0); /* -0 is 0: as JSON it would be an integer */
    mark_set(cfg, f);
    return aimci_evidence_put(cfg, f, NULL); /* that of the value before */
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
                          aimci_field_type_name(f->type), word);
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
                          aimci_field_type_name(f->type));
    if (n > aimci_field_most(f))
        return aimci_fail(AIMC_ERR_INVALID,
                          "config_set: %s has %zu values; at most %zu are allowed", path, n,
                          aimci_field_most(f));
    for (size_t i = 0; i < n; i++)
        if (!(v[i] >= f->min && v[i] <= f->max))
            return out_of_range(f, path, v[i]);
    aimci_list *list = aimci_field_at(cfg->values, f);
    double *numbers = aimci_list_numbers(list);
    memset(numbers, 0, aimci_field_most(f) * sizeof *numbers);
    list->n = n;
    for (size_t i = 0; i < n; i++)
        numbers[i] = v[i] + 0.0;
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
