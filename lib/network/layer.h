/* SPDX-License-Identifier: MIT */
/* A layer of a network: one file, one of these tables. */
#ifndef AIMCI_LAYER_H
#define AIMCI_LAYER_H

#include <aimc/network.h>

#include "analog/matrix.h"

typedef struct aimci_layer aimci_layer;

/* Batches are packed rows with the leading dimension of their width. */
typedef struct aimci_layer_ops {
    const char *name;
    aimc_status (*forward)(aimci_layer *layer, size_t n, const float *x, float *y);
    /* dx = gradient of the inputs; not called on the first layer */
    aimc_status (*backward)(aimci_layer *layer, size_t n, const float *y, const float *dy,
                            float *dx);
    aimc_status (*step)(aimci_layer *layer, size_t n, const float *x, const float *dy, double lr);
    aimc_status (*put)(const aimci_layer *layer, aimci_st_writer *writer, const char *prefix);
    aimc_status (*restore)(aimci_layer *layer, aimci_st_reader *reader, const char *prefix);
    void (*describe)(const aimci_layer *layer, aimci_text *text);
    void (*destroy)(aimci_layer *layer);
} aimci_layer_ops;

struct aimci_layer {
    const aimci_layer_ops *ops;
    aimc_context *ctx;
    const aimci_kernels *kernels;
    size_t n_in, n_out;
    aimc_matrix *matrix; /* linear; NULL: the layer has none */
    float *b;            /* linear: [n_out] */
    int activation;      /* aimc_activation */
};

#define AIMCI_LAYER(name) extern const aimci_layer_ops aimci_layer_ops_##name;
#include "kinds.def"

/* A linear layer of n_in and n_out before its weights; config NULL: digital. */
aimc_status aimci_linear_create(aimci_layer *layer, const aimc_config *config, uint64_t seed);

/* What the layer computes: "linear", "tanh" ... */
const char *aimci_layer_op(const aimci_layer *layer);

/* Weights [n_out][n_in] and bias; either may be NULL. */
void aimci_linear_get(const aimci_layer *layer, float *w, float *b);
aimc_status aimci_linear_set(aimci_layer *layer, const float *w, const float *b);

/* The layer's matrix where it lies on tiles, else NULL. */
static inline aimc_matrix *aimci_layer_analog(const aimci_layer *layer)
{
    return layer->matrix && !aimci_matrix_is_digital(layer->matrix) ? layer->matrix : NULL;
}

struct aimc_network {
    aimc_context *ctx;
    uint64_t seed;
    aimci_layer *layers;
    size_t n_layers, capacity;
    bool used; /* layers may no longer be added */
    bool in_training;
    uint64_t n_batches, n_samples;
    uint64_t n_evaluated; /* samples looked at with fresh noise: selects the streams of the next */
    uint64_t n_stores;    /* times that weights went through a digital memory, likewise */
    size_t batch;         /* samples the buffers hold */
    float *buffers;
    float **values;      /* n_layers + 1: inputs, then each layer's outputs */
    float *gradients[2]; /* of a layer's outputs and inputs, in turn */
    char *note;
};

/* Check n vectors at x and copy them to where the first layer reads. */
aimc_status aimci_network_load_batch(const char *caller, aimc_network *net, size_t n,
                                     const float *x);

/* Room for one more layer, zeroed; the caller fills it and counts it in. */
aimc_status aimci_network_next(aimc_network *net, aimci_layer **out);

#endif
