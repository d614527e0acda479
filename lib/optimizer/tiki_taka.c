/* SPDX-License-Identifier: MIT */
/* Tiki-Taka (TTv1): readings of the fast array are written straight onto the next one, by pulse
 * trains whose mean is
 *
 *     A_{k+1}[slice] += lr_T rd(A_k[slice]).
 *
 * Gokmen and Haensch, Front. Neurosci. 14:103 (2020). With gamma > 0, or several arrays, it is
 * residual learning: Wu et al., arXiv:2502.06309 (2025); Li et al., arXiv:2510.02516 (2025). */
#include "optimizer/transfer_fields.h"

static void pass_on(aimci_transfer *e, size_t k, size_t s, const float *z)
{
    aimci_transfer_write(e, k + 1, s, z, aimci_transfer_rate(e, k));
}

static const aimci_transfer_rule tiki_taka_rule = {.pass_on = pass_on};

static const aimci_field fields[] = {
    AIMCI_TRANSFER_FIELDS(1, 1),
    AIMCI_TRANSFER_HOP_FIELDS,
    AIMCI_CHILD("transfer_update", 1, "update", "update", "pulses of the write", AIMCI_TT_SRC),
    AIMCI_NUMBER(AIMCI_TP, with_reset_prob, 0, 0, 1, "probability",
                 "reset the cells of a slice after it was read", AIMCI_TT_SRC),
};

AIMCI_DEFINE_KIND(tiki_taka, "optimizer",
                  "Tiki-Taka (TTv1): gradient on a fast array, read and written to a slow one",
                  AIMCI_TT_SRC, fields, aimci_transfer_params, .n_children = 4);

AIMCI_TRANSFER_ALGORITHM(tiki_taka)
