/* SPDX-License-Identifier: MIT */
/* AGAD: chopped transfer against a reference that is measured on the way. While a chopper rests,
 * the mean of the readings is followed; when it turns, that mean becomes the reference of the new
 * phase.
 *
 *     ref <- mu  at the first read after a turn
 *     H <- H + h s_k s_r (z - ref),  n = trunc(H) pulses to the slow array
 *     mu <- mu + beta (z - mu),  beta = min(tail / N, 1)
 *     N = max(ceil(1 / in_chop_prob), 2)  sweeps to a phase
 *
 * A constant offset of z is in mu as well, so it drops out. The first phase has no reference yet:
 * nothing is written before sweep N + 1. Rasch et al., Nat. Commun. 15:7133 (2024). */
#include <math.h>

#include "optimizer/transfer_fields.h"

/* Reads since the last turn, of a regular chopper. */
static double reads_in_phase(const aimci_transfer *e)
{
    return (double)(e->progress[AIMCI_SWEEP] % aimci_transfer_chop_period(e) + 1);
}

/* What stays in the buffer after n pulses were sent. The cap limits the backlog that builds up
 * while counts exceed the longest train. */
static double consume(const aimci_transfer *e, double o, int32_t n)
{
    const aimci_transfer_params *p = &e->params;
    if (p->forget_buffer)
        return p->momentum * o;
    o -= (1 - p->momentum) * n;
    const double cap = p->buffer_cap * (double)e->slow_update.desired_bl;
    return cap > 0 ? fmax(fmin(o, cap), -cap) : o;
}

/* Do the means of two phases differ by more than chance? Both are running means of weight beta, so
 * each has a variance of v beta / (2 - beta). */
static bool is_significant(double difference, double variance, double beta, double gate)
{
    return difference * difference >= gate * gate * 2 * variance * beta / (2 - beta);
}

static void pass_on(aimci_transfer *e, size_t k, size_t s, const float *z)
{
    const aimci_transfer_params *p = &e->params;
    const int64_t period = aimci_transfer_chop_period(e);
    const double beta = fmin(p->tail_weightening / (double)period, 1);
    double gain = aimci_transfer_gain(e);
    if (p->correct_accumulation)
        gain /= fmin(reads_in_phase(e), 1 / e->granularity[0]);
    const bool turned = e->switched[s];
    e->switched[s] = 0;
    int32_t *q = e->q + e->out_size;
    for (size_t r = 0; r < e->out_size; r++) {
        const size_t at = aimci_transfer_index(e, s, r);
        float *h = &e->matrices[k][0][at], *mean = &e->matrices[k][1][at];
        float *reference = &e->matrices[k][2][at];
        if (turned)
            *reference = *mean;
        const double difference = (double)z[r] - (double)*reference;
        double o = (double)*h + gain * (e->chop_in[s] ^ e->chop_out[r] ? -difference : difference);
        q[r] = aimci_transfer_count(e, o);
        if (q[r])
            o = consume(e, o, q[r]);
        if (p->significance > 0) {
            float *variance = &e->matrices[k][3][at];
            const double away = (double)z[r] - (double)*mean;
            *variance += (float)(beta * (away * away - (double)*variance));
            if (!is_significant((double)*mean - (double)*reference, (double)*variance, beta,
                                p->significance)) {
                q[r] = 0;
                o = (double)*h;
            }
        }
        *h = aimci_finite_float(o);
        *mean = (float)((double)*mean + beta * ((double)z[r] - (double)*mean));
    }
    if (e->progress[AIMCI_SWEEP] > period)
        aimci_transfer_write_counts(e, k + 1, s, q);
}

static const aimci_transfer_rule agad_rule = {.n_matrices = 3, .chopped = true, .pass_on = pass_on};

static const aimci_field fields[] = {
    AIMCI_TRANSFER_FIELDS(0, 0),
    AIMCI_TRANSFER_CHOP_FIELDS(0),
    AIMCI_TRANSFER_WRITE_FIELDS(0),
    AIMCI_NUMBER(AIMCI_TP, tail_weightening, 5, 1e-9, 1e9, "1",
                 "weight of the end of a phase in its mean; larger is shorter", AIMCI_T3_SRC),
    AIMCI_NUMBER(AIMCI_TP, buffer_cap, 0, 0, 1e9, "desired_bl",
                 "limit of the buffer when it is not forgotten; 0: none", AIMCI_T3_SRC),
    AIMCI_NUMBER(AIMCI_TP, significance, 0, 0, 1e6, "standard errors",
                 "pass readings on only where the running mean differs from the reference by more "
                 "than this; 0: always",
                 AIMCI_T3_SRC),
    AIMCI_FLAG(AIMCI_TP, correct_accumulation, 0,
               "divide the gain by the reads since the last turn (regular choppers)", AIMCI_T3_SRC),
};

AIMCI_DEFINE_KIND(agad, "optimizer", "chopped transfer with a dynamic reference", AIMCI_T3_SRC,
                  fields, aimci_transfer_params, .n_children = 4);

AIMCI_TRANSFER_ALGORITHM(agad)
