/* SPDX-License-Identifier: MIT */
/* What a mini-batch of hardware-aware training sees instead of the weights. */
#ifndef AIMCI_MODIFIER_H
#define AIMCI_MODIFIER_H

#include "core/config.h"
#include "core/random.h"
#include "kernels/kernels.h"

enum {
    AIMCI_MODIFY_NONE,
    AIMCI_MODIFY_DISCRETIZE,
    AIMCI_MODIFY_MULT_NORMAL,
    AIMCI_MODIFY_ADD_NORMAL,
    AIMCI_MODIFY_DISCRETIZE_ADD_NORMAL,
    AIMCI_MODIFY_DOREFA,
    AIMCI_MODIFY_POLY,
    AIMCI_MODIFY_PROG_NOISE,
    AIMCI_MODIFY_DROP_CONNECT,
    AIMCI_MODIFY_PCM_NOISE
};

typedef struct aimci_modifier {
    int32_t type;
    bool rel_to_actual_wmax, sto_round, copy_last_column, draw_first, enable_during_test;
    double assumed_wmax, std_dev, res, dorefa_clip, g_max, pdrop;
    double pcm_zero_thres, pcm_t_inference, pcm_prob_at_reset, pcm_prob_at_gmax, pcm_prob_at_random;
    aimci_list coeffs;
} aimci_modifier;

/* Does it change anything? */
static inline bool aimci_modifier_acts(const aimci_modifier *m)
{
    return m->type != AIMCI_MODIFY_NONE || m->pdrop > 0;
}

/* out[n], other memory, = modified w[n] of one line; top: the A of the formulas. */
void aimci_modify_line(const aimci_kernels *kernels, const aimci_modifier *m, double top,
                       const aimci_key *key, uint32_t line, const float *w, float *out, size_t n);

#endif
