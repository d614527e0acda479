/* SPDX-License-Identifier: MIT */
/* TTv2: a digital buffer H between the arrays collects readings until they are worth a pulse.
 *
 *     H <- H + eta z,  theta = thres_scale g_{k+1}
 *     n = trunc(H / theta) pulses to the next array
 *     where n is not 0:  H <- momentum H                  (forget_buffer)
 *                        H <- H - (1 - momentum) n theta  (otherwise)
 *
 * Gokmen, Front. Artif. Intell. 4:699148 (2021). */
#include <math.h>

#include "optimizer/transfer_fields.h"

static void pass_on(aimci_transfer *e, size_t k, size_t s, const float *z)
{
    const aimci_transfer_params *p = &e->params;
    const double share = e->gamma[k] > 0 && e->gamma[k + 1] > 0 ? e->gamma[k] / e->gamma[k + 1] : 1;
    const double gain = fabs(aimci_transfer_rate(e, k) * share);
    const double theta = p->thres_scale * e->granularity[k + 1];
    float *buffer = e->matrices[k][0];
    int32_t *q = e->q + e->out_size;
    for (size_t r = 0; r < e->out_size; r++) {
        float *h = &buffer[aimci_transfer_index(e, s, r)];
        double o = (double)*h + gain * (double)z[r];
        q[r] = aimci_transfer_count(e, o / theta);
        if (q[r] && p->forget_buffer)
            o *= p->momentum;
        else if (q[r])
            o -= (1 - p->momentum) * q[r] * theta;
        *h = aimci_finite_float(o);
    }
    aimci_transfer_write_counts(e, k + 1, s, q);
}

static const aimci_transfer_rule ttv2_rule = {.n_matrices = 1, .pass_on = pass_on};

static const aimci_field fields[] = {
    AIMCI_TRANSFER_FIELDS(1, 1),
    AIMCI_TRANSFER_HOP_FIELDS,
    AIMCI_TRANSFER_WRITE_FIELDS(0.1),
    AIMCI_NUMBER(AIMCI_TP, thres_scale, 1, 1e-30, 1e30, "granularity of the receiver",
                 "buffer threshold", AIMCI_T2_SRC),
};

AIMCI_DEFINE_KIND(ttv2, "optimizer",
                  "Tiki-Taka v2: a digital buffer between the fast and the slow array",
                  AIMCI_T2_SRC, fields, aimci_transfer_params, .n_children = 4);

AIMCI_TRANSFER_ALGORITHM(ttv2)
