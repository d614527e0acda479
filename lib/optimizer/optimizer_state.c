/* SPDX-License-Identifier: MIT */
/* State of an optimizer: saved with its tile, restored, and looked at while it trains. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "optimizer/algorithm.h"

/* ---- for algorithms ------------------------------------------------------------------------- */

aimci_state_tensor *aimci_state_add(aimci_state_tensors *tensors, const char *name, ...)
{
    assert(tensors->n < AIMCI_MAX_TENSORS);
    aimci_state_tensor *t = &tensors->each[tensors->n++];
    *t = (aimci_state_tensor){.n = 0};
    va_list values;
    va_start(values, name);
    vsnprintf(t->name, sizeof t->name, name, values);
    va_end(values);
    return t;
}

void aimci_state_add_vector(aimci_state_tensors *tensors, const char *name, void *vector,
                            aimci_dtype dtype, size_t n)
{
    aimci_state_tensor *t = aimci_state_add(tensors, "%s", name);
    t->vector = vector;
    t->dtype = dtype;
    t->n = n;
}

/* ---- files ---------------------------------------------------------------------------------- */

static void list_tensors(const aimc_optimizer *o, aimci_state_tensors *tensors)
{
    tensors->n = 0;
    if (o->ops->tensors)
        o->ops->tensors(o->state, tensors);
}

static aimc_status put_tensor(const aimc_optimizer *o, const aimci_state_tensor *t,
                              aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    const aimci_array *a = o->array;
    snprintf(name, sizeof name, "%.100s%.23s%s", prefix, t->name, t->array ? "." : "");
    if (t->array)
        return aimci_array_put(t->array, writer, name);
    if (t->matrix)
        return aimci_st_put(writer, name, AIMCI_F32, a->n_in, a->n_out, a->ld, t->matrix);
    return aimci_st_put(writer, name, t->dtype, 0, t->n, t->n, t->vector);
}

/* Flags are -1, 0 or 1, and counts are not negative: they turn signs and find slices. */
static aimc_status check_integers(const char *name, const aimci_state_tensor *t)
{
    const bool flags = t->dtype == AIMCI_I32;
    const int64_t low = flags ? -1 : 0, high = flags ? 1 : INT64_MAX / 4;
    for (size_t i = 0; (flags || t->dtype == AIMCI_I64) && i < t->n; i++) {
        const int64_t v = flags ? ((const int32_t *)t->vector)[i] : ((const int64_t *)t->vector)[i];
        if (v < low || v > high)
            return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': value %zu is %" PRId64, name, i, v);
    }
    return AIMC_OK;
}

static aimc_status get_tensor(const aimc_optimizer *o, const aimci_state_tensor *t,
                              const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    const aimci_array *a = o->array;
    snprintf(name, sizeof name, "%.100s%.23s%s", prefix, t->name, t->array ? "." : "");
    if (t->array)
        return aimci_array_restore(t->array, reader, name);
    if (t->matrix)
        return aimci_st_get(reader, name, AIMCI_F32, a->n_in, a->n_out, a->ld, t->matrix);
    if (t->dtype == AIMCI_U64)
        return aimci_st_get_counts(reader, name, t->n, 0, t->vector);
    const aimc_status st = aimci_st_get(reader, name, t->dtype, 0, t->n, t->n, t->vector);
    return st ? st : check_integers(name, t);
}

aimc_status aimci_optimizer_put(const aimc_optimizer *o, aimci_st_writer *writer,
                                const char *prefix)
{
    aimci_state_tensors tensors;
    list_tensors(o, &tensors);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < tensors.n && !st; k++)
        st = put_tensor(o, &tensors.each[k], writer, prefix);
    return st;
}

aimc_status aimci_optimizer_restore(aimc_optimizer *o, const aimci_st_reader *reader,
                                    const char *prefix)
{
    aimci_state_tensors tensors;
    list_tensors(o, &tensors);
    aimc_status st = AIMC_OK;
    for (size_t k = 0; k < tensors.n && !st; k++)
        st = get_tensor(o, &tensors.each[k], reader, prefix);
    if (!st && o->ops->recompose)
        o->ops->recompose(o->state);
    return st;
}

/* ---- live view ------------------------------------------------------------------------------ */

/* Is t the one that is looked for? index counts down. */
static bool is_wanted(const aimci_state_tensor *t, size_t *index, const char *name)
{
    return name ? strcmp(t->name, name) == 0 : (*index)-- == 0;
}

/* The counted pulses of an array's devices: "fast0.pulses", of unit cells "fast0.pulses_1". */
static bool find_pulses(const aimci_state_tensor *t, size_t *index, const char *name,
                        aimci_state_tensor *out)
{
    for (size_t i = 0; t->array && i < t->array->n_parameters; i++) {
        const aimci_named_parameter *plane = &t->array->parameters[i];
        if (strncmp(plane->name, "pulses", 6) != 0)
            continue;
        aimci_state_tensor pulses = {.matrix = plane->data};
        snprintf(pulses.name, sizeof pulses.name, "%.20s.%.20s", t->name, plane->name);
        if (!is_wanted(&pulses, index, name))
            continue;
        *out = pulses;
        return true;
    }
    return false;
}

/* Matrices of the state by number: arrays and digital matrices, not vectors. */
static bool nth_matrix(const aimc_optimizer *o, size_t index, const char *name,
                       aimci_state_tensor *out)
{
    aimci_state_tensors tensors = {.n = 0};
    if (o && o->tile)
        list_tensors(o, &tensors);
    for (size_t k = 0; k < tensors.n; k++) {
        const aimci_state_tensor *t = &tensors.each[k];
        if (!t->array && !t->matrix)
            continue;
        if (is_wanted(t, &index, name)) {
            *out = *t;
            return true;
        }
        if (find_pulses(t, &index, name, out))
            return true;
    }
    return false;
}

size_t aimc_optimizer_count_matrices(const aimc_optimizer *o)
{
    size_t n = 0;
    aimci_state_tensor t;
    while (nth_matrix(o, n, NULL, &t))
        n++;
    return n;
}

size_t aimc_optimizer_get_matrix_name(const aimc_optimizer *o, size_t i, char *buf, size_t size)
{
    aimci_state_tensor t = {.name = ""};
    aimci_text text = {buf, size, 0};
    (void)nth_matrix(o, i, NULL, &t);
    aimci_text_printf(&text, "%s", t.name);
    return text.length;
}

aimc_status aimc_optimizer_get_matrix(const aimc_optimizer *o, const char *name, float *value,
                                      size_t ld)
{
    if (!o || !name || !value)
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_get_matrix: NULL argument");
    aimci_state_tensor t;
    if (!nth_matrix(o, 0, name, &t))
        return aimci_fail(AIMC_ERR_INVALID, "optimizer_get_matrix: '%s' has no matrix '%s'",
                          o->ops->kind->name, name);
    const aimci_array *a = o->array;
    if (ld < a->n_in)
        return aimci_fail(AIMC_ERR_SHAPE, "optimizer_get_matrix: ld = %zu is less than n_in = %zu",
                          ld, a->n_in);
    aimci_array_get(a, t.array ? t.array->w : t.matrix, value, ld);
    return AIMC_OK;
}
