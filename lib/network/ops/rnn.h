/* SPDX-License-Identifier: MIT */
/* Recurrent layers: what making them (rnn.c) and passes over them (rnn_run.c) share. */
#ifndef AIMCI_RNN_H
#define AIMCI_RNN_H

#include "network/ops/ops.h"
#include "network/ops/rnn_laws.h"

typedef struct aimci_rnn_params {
    int64_t hidden_size, num_layers;
    double dropout;
    bool bidirectional, reverse, bias, reset_after;
    int32_t nonlinearity;
} aimci_rnn_params;

/* One direction of one layer. */
typedef struct aimci_rnn_cell {
    size_t layer, direction, n_in;
    bool backwards;
    float *h, *c;             /* [length + 1][n][hidden_size] */
    float *gates;             /* [length][n][kept] */
    float *reset;             /* r h of a law that resets first, [length][n][hidden_size] */
    float *d_input, *d_state; /* gradients of a [n][length][gates], of b [length][n][gates] */
} aimci_rnn_cell;

typedef struct aimci_rnn {
    const aimci_rnn_law *law;
    size_t n_state; /* matrices of the state of a cell: one, or one for each block of gates */
    size_t length, n_hidden, n_gates, n_kept, n_layers, n_directions, n_cells;
    aimci_rnn_cell *cells;
    float **y, **keep;   /* of each layer but the last: outputs, and factors of dropout */
    float *a, *b;        /* [n][length][gates], [n][gates] */
    float *dh, *dc, *z;  /* [n][hidden_size] */
    float *d_y[2], *d_x; /* gradients of outputs of two layers, and of inputs of one direction */
    float *pool;         /* where all of them lie */
    size_t room;         /* samples that fit */
    bool trains;         /* buffers of gradients are there */
} aimci_rnn;

/* The matrix of the input of cell k, after which those of its state come. */
static inline size_t aimci_rnn_matrix(const aimci_rnn *s, size_t k)
{
    return k * (1 + s->n_state);
}

/* "weight_ih_l0_reverse" */
const char *aimci_rnn_name(const char *what, const aimci_rnn_cell *c, char *buf, size_t size);

aimc_status aimci_rnn_forward(aimci_node *node, const aimci_run *run);
aimc_status aimci_rnn_backward(aimci_node *node, const aimci_run *run);
aimc_status aimci_rnn_step(aimci_node *node, const aimci_run *run, double lr);
size_t aimci_rnn_vectors(aimci_node *node, const aimci_run *run, size_t k, size_t first, size_t n,
                         float *x);

#endif
