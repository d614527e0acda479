/* SPDX-License-Identifier: MIT */
/* Mixed precision with an integer accumulator: x and d are quantised by running maxima M, chi
 * counts their products, and the learning rate enters through the threshold alone.
 *
 *     w = M / floor(bins / 2)  on both sides
 *     chi <- chi + q_d q_x'
 *     theta = max(round(eps / (lr w_d w_x)), 1)
 *     n = trunc(chi / theta) pulses,  chi <- chi - round((1 - momentum_chi) theta n)
 *
 * Nandakumar et al., Front. Neurosci. 14:406 (2020). Integers up to 2^24 are exact in the floats
 * that hold them. */
#include <math.h>

#include "optimizer/chi.h"

static const aimci_field fields[] = {
    AIMCI_CHI_FIELDS(5, 3, 3, 0),
    AIMCI_NUMBER(AIMCI_CP, momentum_chi, 0, 0, 1, "1",
                 "share of a transferred count that stays in chi", AIMCI_MP_SRC),
    AIMCI_NUMBER(AIMCI_CP, momentum_nm, 0.9, 0, 1, "1", "memory of the running maxima, per vector",
                 AIMCI_MP_SRC),
};

AIMCI_DEFINE_KIND(mixed_precision_int, "optimizer", "mixed precision with an integer accumulator",
                  AIMCI_MP_SRC, fields, aimci_chi_params, .n_children = 1);

static void follow(double *maximum, const float *v, size_t n, double memory)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)v[i]));
    if (largest > 0)
        *maximum = *maximum < 0 ? largest : memory * *maximum + (1 - memory) * largest;
}

static double width_of(const aimci_chi *c, int side)
{
    return c->maxima[side] / c->sides[side].half;
}

static void pack(aimci_chi *c, int side, const float *v, uint64_t index, float *out)
{
    follow(&c->maxima[side], v, c->sides[side].n, c->params.momentum_nm);
    aimci_chi_quantize(c, side, v, width_of(c, side), index, out);
}

static bool charge(const aimci_chi *c, double lr, aimci_chi_charge *out)
{
    if (!(lr > 0 && c->maxima[0] > 0 && c->maxima[1] > 0))
        return false;
    const double widths = width_of(c, AIMCI_CHI_INPUTS) * width_of(c, AIMCI_CHI_GRADIENTS);
    const double theta = fmax(rint(c->eps / (lr * widths)), 1);
    *out = (aimci_chi_charge){theta, (1 - c->params.momentum_chi) * theta, true};
    return true;
}

static const aimci_chi_rule mixed_precision_int_rule = {
    .integers = true, .pack = pack, .charge = charge};

AIMCI_CHI_ALGORITHM(mixed_precision_int)
