/* SPDX-License-Identifier: MIT */
#include "kernels/stream.h"
#include "periphery/periphery.h"

/* Streams of the errors, so that switching one on does not change the others. The converters'
 * follow: periphery.c. */
enum { NOISES, NONLINEARITY, OFFSETS, POLARITY };

static aimci_key key_of(const aimci_periphery *p, uint64_t which)
{
    return aimci_random_key(p->seed, AIMCI_OP_PERIPHERY, (uint32_t)p->op, which);
}

static aimc_status no_memory(void)
{
    return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
}

/* x_i = |base (1 + spread xi_i)|, or max(spread xi_i, 0) when base is 0 */
static aimc_status draw(const aimci_periphery *p, uint64_t which, double base, double spread,
                        float **out)
{
    float *x = aimci_calloc(p->ctx, p->ld_out, sizeof *x);
    if (!x)
        return no_memory();
    const aimci_key key = key_of(p, which);
    aimci_normals normals = {.stream = aimci_stream_open(&key, 0)};
    for (size_t i = 0; i < p->ld_out; i += AIMCI_LANES) {
        const vf xi = aimci_normals_next(&normals) * (float)spread;
        vf_store(x + i, base > 0 ? vf_abs((1.0f + xi) * (float)base) : vf_max(xi, vf_set(0.0f)));
    }
    *out = x;
    return AIMC_OK;
}

/* 1 + asymmetry xi for each cell; a stream for each column of the matrix as it lies in memory. */
static aimc_status draw_polarity(aimci_periphery *p)
{
    float *polarity = aimci_calloc(p->ctx, p->ld * p->n_cols, sizeof *polarity);
    if (!polarity)
        return no_memory();
    const aimci_key key = key_of(p, POLARITY);
    const float asymmetry = (float)p->params.w_read_asymmetry_dtod;
    for (size_t j = 0; j < p->n_cols; j++) {
        aimci_normals normals = {.stream = aimci_stream_open(&key, (uint32_t)j)};
        for (size_t i = 0; i < p->n_rows; i += AIMCI_LANES)
            vf_store(polarity + j * p->ld + i, 1.0f + aimci_normals_next(&normals) * asymmetry);
    }
    p->fixed.polarity = polarity;
    return AIMC_OK;
}

aimc_status aimci_fixed_errors_draw(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    aimc_status st = AIMC_OK;
    if (p->is_perfect)
        return st;
    if (q->out_noise > 0 && q->out_noise_std > 0)
        st = draw(p, NOISES, q->out_noise, q->out_noise_std, &p->fixed.noises);
    if (!st && q->out_nonlinearity > 0 && q->out_nonlinearity_std > 0)
        st = draw(p, NONLINEARITY, q->out_nonlinearity / q->out_bound, q->out_nonlinearity_std,
                  &p->fixed.nonlinearity);
    if (!st && q->v_offset_std > 0)
        st = draw(p, OFFSETS, 0, q->v_offset_std, &p->fixed.offsets);
    if (!st && q->w_read_asymmetry_dtod > 0)
        st = draw_polarity(p);
    return st;
}

void aimci_fixed_errors_destroy(const aimci_periphery *p)
{
    aimci_free(p->ctx, p->fixed.noises);
    aimci_free(p->ctx, p->fixed.nonlinearity);
    aimci_free(p->ctx, p->fixed.offsets);
    aimci_free(p->ctx, p->fixed.polarity);
}

/* ---- as others see them --------------------------------------------------------------------- */

size_t aimci_periphery_fixed(const aimci_periphery *p, aimci_fixed list[AIMCI_N_FIXED])
{
    const aimci_fixed all[AIMCI_N_FIXED] = {
        {"out_noises", p->fixed.noises, 0, p->n_out, p->n_out, 0},
        {"out_nonlinearity", p->fixed.nonlinearity, 0, p->n_out, p->n_out, 0},
        {"v_offsets", p->fixed.offsets, 0, p->n_out, p->n_out, 0},
        {"read_polarity", p->fixed.polarity, p->n_cols, p->n_rows, p->ld, -1e30f},
    };
    size_t n = 0;
    for (size_t k = 0; k < AIMCI_N_FIXED; k++)
        if (all[k].data)
            list[n++] = all[k];
    return n;
}

/* The column sets hold weights times the polarity, and the gain follows the coefficients. */
void aimci_periphery_changed(aimci_periphery *p)
{
    p->columns.version = p->columns.cells_version = 0;
    aimci_read_plan_recompress(p);
}
