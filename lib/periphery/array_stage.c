/* SPDX-License-Identifier: MIT */
/* What the array makes of a prepared input: the product, the voltage drop along the wires, the
 * reference, the noise of the cells. They come in the order in which the current meets them: wires
 * take from the sum of the cells, the reference is subtracted where the wire ends, and noise is
 * added to what is left. Equations: docs/models/periphery.md. */
#include <math.h>

#include "periphery/array_stage.h"
#include "periphery/column_network.h"

/* ---- products ------------------------------------------------------------------------------- */

void aimci_array_stage_product(const aimci_periphery *p, const aimci_read_array *array,
                               const float *w, size_t n, const float *z, float *y, float *scratch)
{
    if (p->op == AIMCI_OP_FORWARD)
        aimci_gemm_forward(array->gemm, n, w, z, y);
    else
        aimci_gemm_backward(array->gemm, n, w, z, y, scratch);
}

/* Product of a matrix with what op makes of each input. */
static void derived_product(const aimci_periphery *p, const aimci_read_array *array,
                            const float *matrix, aimci_part_op op, size_t n, const float *z,
                            float *y, const aimci_read_scratch *s)
{
    const aimci_part part = {.op = op, .profile = p->plan.profile};
    for (size_t k = 0; k < n; k++)
        p->chain->part(&part, z + k * p->ld_in, s->derived + k * p->ld_in, p->n_in);
    aimci_array_stage_product(p, array, matrix, n, s->derived, y, s->gemm);
}

/* The plain product of one cycle, or the solution of its network; then the current that flows
 * without inputs, for as long as the inputs are on. */
static bool set_product(const aimci_periphery *p, const aimci_read_array *array,
                        const aimci_read_cycle *cycle, const float *w, size_t n, const float *z,
                        float *y, const aimci_read_scratch *s, const aimci_key *keys)
{
    const aimci_column_set *set = &p->columns.list[cycle->column_set];
    if (p->plan.is_nonlinear || p->columns.by_vector)
        return aimci_column_network_solve(p, array, set, n, z, y, s->slot, keys);
    aimci_array_stage_product(p, array, w, n, z, y, s->gemm);
    for (size_t k = 0; set->bias && k < n; k++)
        for (size_t i = 0; i < p->n_out; i++)
            y[k * p->ld_out + i] += (float)p->plan.full_drive * set->bias[i];
    return true;
}

/* ---- terms of one vector -------------------------------------------------------------------- */

/* Standard deviation of the noise of the cells, as far as all outputs share it; the kernel
 * multiplies it by sqrt(power) where it differs between them. An output draws it once: independent
 * normal noises of its cells add up to one normal number, whose variance is the sum of theirs. */
static float cell_noise(const aimci_periphery *p, const float *z)
{
    const double w_noise = p->params.w_noise;
    if (p->plan.cell_noise != AIMCI_WN_ADDITIVE_CONSTANT)
        return p->plan.cell_noise == AIMCI_WN_NONE ? 0.0f : (float)w_noise;
    double sum = 0;
    for (size_t j = 0; j < p->n_in; j++)
        sum += (double)z[j] * (double)z[j];
    return (float)(w_noise * sqrt(sum));
}

/* Current of an output whose cells are all at the conductance floor. */
static float floor_current(const aimci_periphery *p, const float *z)
{
    double sum = 0;
    for (size_t j = 0; j < p->n_in; j++)
        sum += (double)z[j];
    return (float)(-p->params.v_offset_w_min * sum);
}

/* The plan's current with what depends on vector k. sums: loads that do not depend on the inputs,
 * or NULL. */
static aimci_current current_of(const aimci_periphery *p, size_t k, const float *z,
                                const float *sums, const aimci_key *key,
                                const aimci_read_scratch *s)
{
    aimci_current c = p->plan.current;
    if (p->plan.has_drop) {
        c.dropped = s->dropped + k * p->ld_out;
        c.load = sums ? sums : s->load + k * p->ld_out;
    }
    if (c.has_reference && c.has_floor)
        c.reference = floor_current(p, z);
    c.key = *key;
    c.noise = cell_noise(p, z);
    c.power = p->plan.cell_noise == AIMCI_WN_PCM_READ ? s->power + k * p->ld_out : NULL;
    return c;
}

/* ---- one cycle ------------------------------------------------------------------------------ */

bool aimci_array_stage_read(const aimci_periphery *p, const aimci_read_array *array,
                            const aimci_read_cycle *cycle, size_t n, const float *z, float *y,
                            const aimci_read_scratch *s, const aimci_key *keys)
{
    const aimci_column_set *set = &p->columns.list[cycle->column_set];
    const bool minus = cycle->minus && set->minus;
    const float *w = minus ? set->minus : set->w ? set->w : array->w;
    const float *magnitude = minus ? set->minus_magnitude : set->magnitude;
    const float *sums = set->row_sums[minus]; /* there with ir_loading ALL */
    if (!set_product(p, array, cycle, w, n, z, y, s, keys))
        return false;
    if (!p->plan.has_stage)
        return true;
    if (p->plan.has_drop)
        derived_product(p, array, w, AIMCI_PART_TIMES, n, z, s->dropped, s);
    if (p->plan.has_drop && !sums)
        derived_product(p, array, magnitude, AIMCI_PART_MAGNITUDE, n, z, s->load, s);
    if (p->plan.cell_noise == AIMCI_WN_PCM_READ)
        derived_product(p, array, magnitude, AIMCI_PART_SQUARE, n, z, s->power, s);
    for (size_t k = 0; k < n; k++) {
        const aimci_current c = current_of(p, k, z + k * p->ld_in, sums, &keys[k], s);
        p->chain->current(&c, y + k * p->ld_out, p->n_out);
    }
    return true;
}
