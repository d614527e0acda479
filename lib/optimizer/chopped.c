/* SPDX-License-Identifier: MIT */
/* Chopped TTv2 (c-TTv2): the gradient reaches the fast array with signs that turn now and then, and
 * readings are turned back, so that a wrong zero of the fast array averages out.
 *
 *     H <- H + h s_k s_r z,  n = trunc(H) pulses to the slow array
 *     where n is not 0:  H <- momentum H            (forget_buffer)
 *                        H <- H - (1 - momentum) n  (otherwise)
 *
 * s_k is the sign of slice k, s_r that of element r. Rasch et al., Nat. Commun. 15:7133 (2024),
 * arXiv:2303.04721. */
#include "optimizer/transfer_fields.h"

static void pass_on(aimci_transfer *e, size_t k, size_t s, const float *z)
{
    const aimci_transfer_params *p = &e->params;
    const double gain = aimci_transfer_gain(e);
    float *buffer = e->matrices[k][0];
    int32_t *q = e->q + e->out_size;
    for (size_t r = 0; r < e->out_size; r++) {
        float *h = &buffer[aimci_transfer_index(e, s, r)];
        const double reading = e->chop_in[s] ^ e->chop_out[r] ? -(double)z[r] : (double)z[r];
        double o = (p->no_buffer ? 0 : (double)*h) + gain * reading;
        q[r] = aimci_transfer_count(e, o);
        if (q[r])
            o = p->forget_buffer ? p->momentum * o : o - (1 - p->momentum) * q[r];
        *h = aimci_finite_float(o);
    }
    aimci_transfer_write_counts(e, k + 1, s, q);
}

static const aimci_transfer_rule c_ttv2_rule = {
    .n_matrices = 1, .chopped = true, .pass_on = pass_on};

static const aimci_field fields[] = {
    AIMCI_TRANSFER_FIELDS(0, 0),
    AIMCI_TRANSFER_CHOP_FIELDS(1),
    AIMCI_TRANSFER_WRITE_FIELDS(0),
    AIMCI_FLAG(
        AIMCI_TP, no_buffer, 0,
        "forget the buffer before every reading: only single readings above the threshold count",
        AIMCI_T3_SRC),
};

AIMCI_DEFINE_KIND(c_ttv2, "optimizer",
                  "chopped Tiki-Taka v2: turning signs average a wrong zero away", AIMCI_T3_SRC,
                  fields, aimci_transfer_params, .n_children = 4);

AIMCI_TRANSFER_ALGORITHM(c_ttv2)
