/* SPDX-License-Identifier: MIT */
/* Input activity: for every read sum_j a(x_j) sum_i g_ij, with a = |x| (pulse widths) and x^2
 * (amplitudes). The conductance of each word line is summed once and kept until the weights change,
 * so that a read costs one pass over its inputs.
 *
 * Sums are fixed-point integers, so that they depend neither on threads nor on batches. */
#include <math.h>
#include <string.h>

#include <aimc/tile.h>

#include "periphery/periphery.h"

static uint64_t fixed_point(double v)
{
    return (uint64_t)fmin(v * AIMC_ACTIVITY_ONE + 0.5, 0x1p63);
}

aimc_status aimci_activity_enable(aimci_periphery *p, bool on)
{
    if (on && !p->word_lines.sums) {
        p->word_lines.sums = aimci_calloc(p->ctx, p->n_in, sizeof *p->word_lines.sums);
        if (!p->word_lines.sums)
            return aimci_fail(AIMC_ERR_NOMEM, "no memory for sums of %zu word lines", p->n_in);
        p->word_lines.version = 0;
    }
    if (!on) {
        aimci_free(p->ctx, p->word_lines.sums);
        p->word_lines.sums = NULL;
    }
    return AIMC_OK;
}

void aimci_activity_refresh(aimci_periphery *p, const aimci_read_array *array)
{
    if (!p->word_lines.sums || (array->version && array->version == p->word_lines.version))
        return;
    const float *g = array->g ? array->g : array->w;
    const bool forward = p->op == AIMCI_OP_FORWARD;
    memset(p->word_lines.sums, 0, p->n_in * sizeof *p->word_lines.sums);
    for (size_t j = 0; j < p->n_cols; j++) { /* as it lies in memory */
        double sum = 0;
        for (size_t i = 0; forward && i < p->n_rows; i++)
            sum += (double)fabsf(g[j * p->ld + i]);
        for (size_t i = 0; !forward && i < p->n_rows; i++)
            p->word_lines.sums[i] += (double)fabsf(g[j * p->ld + i]);
        if (forward)
            p->word_lines.sums[j] = sum;
    }
    p->word_lines.version = array->version;
}

void aimci_activity_count(const aimci_periphery *p, size_t n, const float *z, double full,
                          aimci_readout_counts *counts)
{
    if (!p->word_lines.sums)
        return;
    const double scale = 1 / full;
    for (size_t k = 0; k < n; k++) {
        double width = 0, square = 0, g_width = 0, g_square = 0;
        size_t driven = 0;
        for (size_t j = 0; j < p->n_in; j++) {
            double a = fabs((double)z[k * p->ld_in + j]) * scale;
            a = a < 1 ? a : 1;
            driven += a > 0;
            width += a;
            square += a * a;
            g_width += a * p->word_lines.sums[j];
            g_square += a * a * p->word_lines.sums[j];
        }
        counts->activity.inputs += driven;
        counts->activity.cells += fixed_point(width * (double)p->n_out);
        counts->activity.cells_squared += fixed_point(square * (double)p->n_out);
        counts->activity.weight += fixed_point(g_width);
        counts->activity.weight_squared += fixed_point(g_square);
    }
    counts->activity.reads += n;
}

void aimci_activity_count_word_line(const float *g, size_t n, uint64_t reads,
                                    aimci_readout_counts *counts)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)fabsf(g[i]);
    const uint64_t cells = reads * fixed_point((double)n), weight = reads * fixed_point(sum);
    const aimci_activity one = {.reads = reads,
                                .inputs = reads,
                                .cells = cells,
                                .cells_squared = cells,
                                .weight = weight,
                                .weight_squared = weight};
    aimci_activity_add(&counts->activity, &one);
}

void aimci_activity_add(aimci_activity *sum, const aimci_activity *other)
{
    sum->reads += other->reads;
    sum->inputs += other->inputs;
    sum->cells += other->cells;
    sum->cells_squared += other->cells_squared;
    sum->weight += other->weight;
    sum->weight_squared += other->weight_squared;
}
