/* SPDX-License-Identifier: MIT */
/* What a cell of a recurrent layer makes of a step. */
#ifndef AIMCI_RNN_LAWS_H
#define AIMCI_RNN_LAWS_H

#include <stdbool.h>
#include <stddef.h>

/* One sample in one step. Backward turns dh and dc, gradients of the states after the step,
 * into what reaches the states before it past the matrix, and gives the gradients da and db.
 *
 * A law with reset() has it called when b holds the first gates, and its last block of b is the
 * product with what reset() made of the state; reset_back() takes the gradient of that. */
typedef struct aimci_rnn_moment {
    size_t n; /* hidden_size */
    bool relu;
    const float *a, *b, *h0, *c0;
    float *h, *c, *gates;
    float *reset;         /* what the last block of gates sees instead of h0 */
    const float *d_reset; /* and its gradient */
    float *dh, *dc, *da, *db;
} aimci_rnn_moment;

typedef struct aimci_rnn_law {
    size_t n_gates,
        n_kept; /* rows of the weights, and numbers kept for backward, over hidden_size */
    bool has_cell;
    void (*forward)(const aimci_rnn_moment *m);
    void (*backward)(const aimci_rnn_moment *m);
    void (*reset)(const aimci_rnn_moment *m); /* NULL: all gates see h0 */
    void (*reset_back)(const aimci_rnn_moment *m);
} aimci_rnn_law;

extern const aimci_rnn_law aimci_law_rnn, aimci_law_gru, aimci_law_gru_before, aimci_law_lstm;

#endif
