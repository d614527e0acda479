/* SPDX-License-Identifier: MIT */
/* What a read-out keeps: fixed errors, the running average, the position of its streams. */
#include <stdio.h>

#include "periphery/periphery.h"

enum { MAX_NAME = 160 };

static const char *named(char name[MAX_NAME], const char *prefix, const char *what)
{
    snprintf(name, MAX_NAME, "%s%s", prefix, what);
    return name;
}

aimc_status aimci_periphery_put(const aimci_periphery *p, uint64_t version, aimci_st_writer *writer,
                                const char *prefix)
{
    char name[MAX_NAME];
    const uint64_t streams[2] = {p->seed, p->n_vectors};
    aimc_status st =
        aimci_st_put(writer, named(name, prefix, "streams"), AIMCI_U64, 0, 2, 2, streams);
    if (!st)
        st = aimci_st_put(writer, named(name, prefix, "average"), AIMCI_F32, 0, 1, 1, &p->average);
    const uint64_t solved = aimci_column_sets_solved(p, version);
    if (!st && p->plan.may_solve)
        st = aimci_st_put(writer, named(name, prefix, "solved"), AIMCI_U64, 0, 1, 1, &solved);
    if (!st && p->adc_bounds && aimci_periphery_is_calibrated(p))
        st = aimci_st_put(writer, named(name, prefix, "adc_bounds"), AIMCI_F32, 0, p->plan.n_groups,
                          p->plan.n_groups, p->adc_bounds);
    if (!st && p->adc_lows && aimci_periphery_is_calibrated(p))
        st = aimci_st_put(writer, named(name, prefix, "adc_lows"), AIMCI_F32, 0, p->plan.n_groups,
                          p->plan.n_groups, p->adc_lows);
    aimci_fixed list[AIMCI_N_FIXED];
    const size_t n = aimci_periphery_fixed(p, list);
    for (size_t k = 0; k < n && !st; k++)
        st = aimci_st_put(writer, named(name, prefix, list[k].name), AIMCI_F32, list[k].rows,
                          list[k].cols, list[k].ld, list[k].data);
    return st;
}

/* Within the range that aimc_tile_set_fixed_error() takes. */
static aimc_status get_fixed(const aimci_fixed *f, const aimci_st_reader *reader, const char *name)
{
    const aimc_status st = aimci_st_get(reader, name, AIMCI_F32, f->rows, f->cols, f->ld, f->data);
    for (size_t r = 0; r < (f->rows ? f->rows : 1) && !st; r++)
        for (size_t k = 0; k < f->cols; k++)
            if (!(f->data[r * f->ld + k] >= f->min && f->data[r * f->ld + k] <= 1e30f))
                return aimci_fail(AIMC_ERR_FORMAT,
                                  "tensor '%s': value [%zu][%zu] is %g, out of range [%g, 1e30]",
                                  name, r, k, (double)f->data[r * f->ld + k], (double)f->min);
    return st;
}

/* As aimc_tile_set_output_limits() takes them; files from before it have no lower ends. */
static aimc_status restore_lows(aimci_periphery *p, const aimci_st_reader *reader, const char *name)
{
    const size_t n = p->plan.n_groups;
    aimc_status st = AIMC_OK;
    for (size_t g = 0; g < n; g++)
        p->adc_lows[g] = (float)(p->plan.nonideal_adc->params.low * (double)p->adc_bounds[g]);
    if (aimci_st_has(reader, name))
        st = aimci_st_get(reader, name, AIMCI_F32, 0, n, n, p->adc_lows);
    for (size_t g = 0; g < n && !st; g++)
        if (!(p->adc_lows[g] >= -1e30f && p->adc_lows[g] < p->adc_bounds[g] &&
              p->adc_bounds[g] <= 1e30f))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%s': value [%zu] is %g, and the upper end of the range %g",
                              name, g, (double)p->adc_lows[g], (double)p->adc_bounds[g]);
    return st;
}

/* As aimc_tile_set_output_ranges() takes them. */
static aimc_status restore_bounds(aimci_periphery *p, const aimci_st_reader *reader,
                                  const char *name)
{
    const size_t n = aimci_periphery_n_adc_ranges(p);
    if (!aimci_st_has(reader, name))
        return AIMC_OK;
    if (!n)
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': the read-out has no ADC with a range",
                          name);
    aimc_status st = aimci_periphery_make_adc_bounds(p);
    if (!st)
        st = aimci_st_get(reader, name, AIMCI_F32, 0, n, n, p->adc_bounds);
    for (size_t g = 0; g < n && !st && !p->adc_lows; g++)
        if (!(p->adc_bounds[g] >= 1e-30f && p->adc_bounds[g] <= 1e30f))
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%s': value [%zu] is %g, out of range [1e-30, 1e30]", name, g,
                              (double)p->adc_bounds[g]);
    return st;
}

aimc_status aimci_periphery_restore(aimci_periphery *p, uint64_t version,
                                    const aimci_st_reader *reader, const char *prefix)
{
    char name[MAX_NAME];
    uint64_t streams[2], solved = 0;
    float average;
    aimc_status st = aimci_st_get_counts(reader, named(name, prefix, "streams"), 2, 1, streams);
    if (!st)
        st = aimci_st_get(reader, named(name, prefix, "average"), AIMCI_F32, 0, 1, 1, &average);
    if (!st && !(average >= 0))
        st = aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': %g; at least 0 is needed", name,
                        (double)average);
    if (!st && p->plan.may_solve && aimci_st_has(reader, named(name, prefix, "solved")))
        st = aimci_st_get_counts(reader, name, 1, 0, &solved);
    if (!st)
        st = restore_bounds(p, reader, named(name, prefix, "adc_bounds"));
    if (!st && p->adc_lows && aimci_st_has(reader, name))
        st = restore_lows(p, reader, named(name, prefix, "adc_lows"));
    aimci_fixed list[AIMCI_N_FIXED];
    const size_t n = aimci_periphery_fixed(p, list);
    for (size_t k = 0; k < n && !st; k++)
        st = get_fixed(&list[k], reader, named(name, prefix, list[k].name));
    if (st)
        return st;
    p->seed = streams[0];
    p->n_vectors = streams[1];
    p->average = average;
    p->columns.n_solved = solved;
    p->columns.solved_version = version;
    aimci_periphery_draw_converters(p); /* their errors are not in the file: they follow the seed */
    aimci_periphery_changed(p);
    return AIMC_OK;
}
