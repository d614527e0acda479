/* SPDX-License-Identifier: MIT */
/* What the array makes of a prepared input: the product, the voltage drop along the wires, the
 * reference, the noise of the cells. Equations: docs/models/periphery.md. */
#include <math.h>

#include "kernels/stream.h"
#include "periphery/periphery.h"

/* ---- making --------------------------------------------------------------------------------- */

/* 1 + asymmetry xi, drawn once for each cell */
static bool draw_polarity(aimci_periphery *p)
{
    p->fixed.polarity = aimci_calloc(p->ctx, p->ld * p->n_cols, sizeof *p->fixed.polarity);
    if (!p->fixed.polarity)
        return false;
    const aimci_key key = aimci_random_key(p->seed, AIMCI_OP_PERIPHERY, (uint32_t)p->op, 3);
    for (size_t j = 0; j < p->n_cols; j++) {
        aimci_normals normals = {.stream = aimci_stream_open(&key, (uint32_t)j)};
        for (size_t i = 0; i < p->n_rows; i += AIMCI_LANES) {
            const vf xi = aimci_normals_next(&normals);
            vf_store(p->fixed.polarity + j * p->ld + i,
                     1.0f + xi * (float)p->params.w_read_asymmetry_dtod);
        }
    }
    return true;
}

/* 1 - (1 - j / n)^2 with j counted from the end that is read: the share of the whole drop that a
 * line with evenly spread currents has at cell j. */
static bool make_profile(aimci_periphery *p)
{
    p->profile = aimci_calloc(p->ctx, p->ld_in, sizeof *p->profile);
    for (size_t j = 0; p->profile && j < p->n_in; j++) {
        const double far = 1 - (double)j / (double)p->n_in;
        p->profile[j] = (float)(1 - far * far);
    }
    return p->profile != NULL;
}

aimc_status aimci_array_stage_create(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    if (p->is_perfect)
        return AIMC_OK;
    const bool noisy = q->w_noise > 0;
    const bool reference = q->v_offset_std > 0 || q->r_series > 0;
    p->has_drop = q->ir_drop > 0;
    p->has_stage = p->has_drop || reference || noisy;
    if (!noisy)
        p->params.w_noise_type = AIMCI_WN_NONE;
    if ((p->has_drop && !make_profile(p)) || (q->w_read_asymmetry_dtod > 0 && !draw_polarity(p)))
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    const aimc_status st = aimci_planes_create(p);
    if (st)
        return st;
    const double ratio = q->wire_resistance_per_cell > 0
                             ? 1 / (q->wire_resistance_per_cell * q->g_max)
                             : q->ir_drop_g_ratio;
    p->current = (aimci_current){.load_scale = (float)((double)p->n_in / ratio),
                                 .ir_drop = (float)q->ir_drop,
                                 .cubic = q->ir_drop_amplitude == AIMCI_AMPLITUDE_CUBIC,
                                 .has_reference = reference,
                                 .has_floor = q->v_offset_w_min < 0,
                                 .offsets = p->fixed.offsets,
                                 .r_series = (float)q->r_series,
                                 .r_max = (float)q->r_series_max_total};
    return AIMC_OK;
}

void aimci_array_stage_destroy(aimci_periphery *p)
{
    aimci_planes_destroy(p);
    aimci_free(p->ctx, p->profile);
}

/* ---- reading -------------------------------------------------------------------------------- */

void aimci_read_product(const aimci_periphery *p, const aimci_read_array *array, const float *w,
                        size_t n, const float *z, float *y, float *scratch)
{
    if (p->op == AIMCI_OP_FORWARD)
        aimci_gemm_forward(array->gemm, n, w, z, y);
    else
        aimci_gemm_backward(array->gemm, n, w, z, y, scratch);
}

/* Product of a plane with what op makes of each input. */
static void derived_product(const aimci_periphery *p, const aimci_read_array *array,
                            const float *plane, aimci_part_op op, size_t n, const float *z,
                            float *y, const aimci_read_scratch *s)
{
    const aimci_part part = {.op = op, .profile = p->profile};
    for (size_t k = 0; k < n; k++)
        p->chain->part(&part, z + k * p->ld_in, s->derived + k * p->ld_in, p->n_in);
    aimci_read_product(p, array, plane, n, s->derived, y, s->gemm);
}

/* Standard deviation of the noise of the cells, as far as all outputs share it; the kernel
 * multiplies it by sqrt(power) where it differs between them. */
static float cell_noise(const aimci_periphery *p, const float *z)
{
    const double w_noise = p->params.w_noise;
    if (p->params.w_noise_type != AIMCI_WN_ADDITIVE_CONSTANT)
        return p->params.w_noise_type == AIMCI_WN_NONE ? 0.0f : (float)w_noise;
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

/* The plain product of one part, or the solution of its network; then the current that flows
 * without inputs, for as long as the inputs are on. */
static bool plane_product(const aimci_periphery *p, const aimci_read_array *array,
                          const aimci_read_part *part, const float *w, size_t n, const float *z,
                          float *y, const aimci_read_scratch *s)
{
    const aimci_read_plane *d = &p->planes[part->plane];
    if (p->bends)
        return aimci_planes_solve(p, d, n, z, y, s->slot);
    aimci_read_product(p, array, w, n, z, y, s->gemm);
    for (size_t k = 0; d->bias && k < n; k++)
        for (size_t i = 0; i < p->n_out; i++)
            y[k * p->ld_out + i] += part->window * d->bias[i];
    return true;
}

bool aimci_array_stage_read(const aimci_periphery *p, const aimci_read_array *array,
                            const aimci_read_part *part, size_t n, const float *z, float *y,
                            const aimci_read_scratch *s, const aimci_key *keys)
{
    const aimci_read_plane *d = &p->planes[part->plane];
    const bool minus = part->minus && d->minus;
    const float *w = minus ? d->minus : d->w ? d->w : array->w;
    const float *magnitude = minus ? d->minus_magnitude : d->magnitude;
    if (!plane_product(p, array, part, w, n, z, y, s))
        return false;
    if (!p->has_stage)
        return true;
    const bool all = p->has_drop && p->params.ir_loading == AIMCI_LOADING_ALL;
    const bool power = p->params.w_noise_type == AIMCI_WN_PCM_READ;
    if (p->has_drop)
        derived_product(p, array, w, AIMCI_PART_TIMES, n, z, s->dropped, s);
    if (p->has_drop && !all)
        derived_product(p, array, magnitude, AIMCI_PART_MAGNITUDE, n, z, s->load, s);
    if (power)
        derived_product(p, array, magnitude, AIMCI_PART_SQUARE, n, z, s->power, s);
    for (size_t k = 0; k < n; k++) {
        aimci_current c = p->current;
        if (p->has_drop) {
            c.dropped = s->dropped + k * p->ld_out;
            c.load = all ? d->row_sums[minus] : s->load + k * p->ld_out;
        }
        if (c.has_reference && c.has_floor)
            c.reference = floor_current(p, z + k * p->ld_in);
        c.key = keys[k];
        c.noise = cell_noise(p, z + k * p->ld_in);
        c.power = power ? s->power + k * p->ld_out : NULL;
        p->chain->current(&c, y + k * p->ld_out, p->n_out);
    }
    return true;
}
