/* SPDX-License-Identifier: MIT */
/* Mixed precision: the gradient is accumulated digitally and written to the devices in whole
 * pulses.
 *
 *     chi <- chi + lr Q(d) Q(x)'
 *     n = trunc(chi / eps) pulses,  chi <- chi - n eps
 *
 * Momentum and weight decay act on what goes into chi, and in this way reach the devices:
 *
 *     v <- momentum v + d x'
 *     chi <- chi + lr (v + weight_decay W)
 *
 * Nandakumar et al., Front. Neurosci. 14:406 (2020). */
#include <math.h>
#include <string.h>

#include "optimizer/chi.h"

static const aimci_field fields[] = {
    AIMCI_CHI_FIELDS(0, 0, 0, 1),
    AIMCI_NUMBER(AIMCI_CP, transfer_lr, 1, 0, 1e30, "1",
                 "scale of the write alone; chi is charged in full", AIMCI_MP_SRC),
    AIMCI_NUMBER(AIMCI_CP, momentum, 0, 0, 0.999999, "1",
                 "share of the last gradients that stays in the next", AIMCI_MP_SRC),
    AIMCI_NUMBER(AIMCI_CP, weight_decay, 0, 0, 1e6, "1",
                 "share of the weight added to the gradient", AIMCI_MP_SRC),
};

AIMCI_DEFINE_KIND(mixed_precision, "optimizer",
                  "digital gradient accumulation, whole pulses to the devices", AIMCI_MP_SRC,
                  fields, aimci_chi_params, .n_children = 1);

/* A vector as it is, or rounded to 2 floor(bins/2) + 1 levels of its own range. */
static void pack(aimci_chi *c, int side, const float *v, uint64_t index, float *out)
{
    const aimci_chi_side *s = &c->sides[side];
    if (s->half == 0) {
        memcpy(out, v, s->n * sizeof *v);
        return;
    }
    double largest = 0;
    for (size_t i = 0; i < s->n; i++)
        largest = fmax(largest, fabs((double)v[i]));
    const double width = largest / s->half;
    aimci_chi_quantize(c, side, v, width, index, out);
    for (size_t i = 0; i < s->n; i++)
        out[i] = (float)((double)out[i] * width);
}

static bool charge(const aimci_chi *c, double lr, aimci_chi_charge *out)
{
    (void)lr; /* is in chi */
    *out = (aimci_chi_charge){.threshold = c->eps, .taken = c->eps};
    return true;
}

static const aimci_chi_rule mixed_precision_rule = {.pack = pack, .charge = charge};

AIMCI_CHI_ALGORITHM(mixed_precision)
