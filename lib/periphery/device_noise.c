/* SPDX-License-Identifier: MIT */
/* Devices that are read have noise of their own, each and with every read. The sum of independent
 * normal numbers is one normal number, so an output draws it once, with the variance
 *
 *     v_i = sum_j V_ij z_j^2
 *
 * A device that stands beside each input and is subtracted from all outputs moves them together.
 * With bit slices the highest one has it all: its devices are the most weight. */
#include <math.h>
#include <string.h>

#include "periphery/array_stage.h"

double aimci_device_noise_share(const aimci_periphery *p, size_t k)
{
    if (p->is_perfect)
        return 1;
    const size_t slices = p->mapping.n_slices, slice = p->columns.list[k].slice;
    const double gain = aimci_cell_mapping_gain(&p->mapping, slice);
    return slice + 1 < slices ? 0 : (double)slices / ((double)p->columns.n * gain * gain);
}

/* sum_i half_i z_i, for a read whose inputs are the rows */
static double weighed_sum(const aimci_periphery *p, const float *half, const float *z)
{
    double sum = 0;
    for (size_t i = 0; i < p->n_in; i++)
        sum += (double)half[i] * (double)z[i];
    return sum;
}

/* Backward, each output has a shared device of its own. */
static void add_common_backward(const aimci_periphery *p, const aimci_device_noise *noise,
                                const float *z, float *power)
{
    const double sum = weighed_sum(p, noise->half, z);
    for (size_t j = 0; j < p->n_out; j++)
        power[j] += (float)((double)noise->common[j] * sum * sum);
}

/* Forward, those of all inputs are one number, which moves output i by half_i. */
static void add_common_forward(const aimci_periphery *p, const aimci_device_noise *noise,
                               double share, const float *z, float *y, const aimci_key *key)
{
    float one = 0;
    double variance = 0;
    for (size_t j = 0; j < p->n_in; j++)
        variance += (double)noise->common[j] * (double)z[j] * (double)z[j];
    const aimci_key other = {
        {key->k[1], key->k[2], key->k[3], key->k[0]}}; /* a stream of its own */
    const aimci_current draw = {.key = other, .noise = (float)sqrt(share * variance)};
    p->chain->current(&draw, &one, 1);
    for (size_t i = 0; i < p->n_out; i++)
        y[i] += noise->half[i] * one;
}

/* Variances of the outputs by devices of their own. */
static void own_power(const aimci_periphery *p, const aimci_read_array *array, size_t n,
                      const float *z, const aimci_read_scratch *s)
{
    const aimci_part square = {.op = AIMCI_PART_SQUARE};
    if (p->plan.draws_cells) {
        memset(s->power, 0, n * p->ld_out * sizeof *s->power);
        return;
    }
    for (size_t k = 0; k < n; k++)
        p->chain->part(&square, z + k * p->ld_in, s->derived + k * p->ld_in, p->n_in);
    aimci_array_stage_product(p, array, array->noise->variance, n, s->derived, s->power, s->gemm);
}

void aimci_device_noise_add(const aimci_periphery *p, const aimci_read_array *array, size_t set,
                            size_t n, const float *z, float *y, const aimci_read_scratch *s,
                            const aimci_key *keys)
{
    const aimci_device_noise *noise = array->noise;
    const double share = aimci_device_noise_share(p, set);
    if (share == 0 || (p->plan.draws_cells && !noise->common))
        return;
    own_power(p, array, n, z, s);
    for (size_t k = 0; k < n; k++) {
        float *const power = s->power + k * p->ld_out;
        if (noise->common && p->op != AIMCI_OP_FORWARD)
            add_common_backward(p, noise, z + k * p->ld_in, power);
        const aimci_current draw = {.key = keys[k], .noise = (float)sqrt(share), .power = power};
        p->chain->current(&draw, y + k * p->ld_out, p->n_out);
        if (noise->common && p->op == AIMCI_OP_FORWARD)
            add_common_forward(p, noise, share, z + k * p->ld_in, y + k * p->ld_out, &keys[k]);
    }
}
