/* SPDX-License-Identifier: MIT */
/* One trainable linear map y = W x: on a grid of tiles with an optimizer for each and
 * hardware-aware training around them, or digital.
 *
 * The public calls are for matrices on tiles alone; those below are for both. */
#ifndef AIMCI_MATRIX_H
#define AIMCI_MATRIX_H

#include <aimc/inference.h>
#include <aimc/matrix.h>

#include "inference/hwa.h"
#include "tile/grid.h"

/* Everything of an analog layer: extends "tile". */
extern const aimci_family aimci_family_layer;

/* W in floating point, stored like a tile. Batches are packed rows with the leading dimension of
 * their width. */
typedef struct aimci_digital {
    aimc_context *ctx;
    size_t n_out, n_in;
    aimci_gemm *gemm;
    float *w;
    float *scratch; /* scratch_size floats for each slot */
    size_t scratch_size;
} aimci_digital;

aimc_status aimci_digital_create(aimc_context *ctx, size_t n_out, size_t n_in, aimci_digital **out);
void aimci_digital_destroy(aimci_digital *digital);
void aimci_digital_forward(const aimci_digital *digital, size_t n, const float *x, float *y);
void aimci_digital_backward(const aimci_digital *digital, size_t n, const float *d, float *z);
void aimci_digital_step(aimci_digital *digital, size_t n, const float *x, const float *d,
                        double lr);

struct aimc_matrix {
    aimc_context *ctx;
    size_t n_out, n_in;
    aimci_digital *digital; /* NULL: on tiles, and the rest is there */
    aimc_config *config;    /* of kind "tile" or "layer" */
    aimci_grid *grid;
    aimc_optimizer **optimizers; /* beside the grid's tiles; NULL: none */
    aimci_hwa *hwa;              /* NULL: nothing of that */
    float *gradients;            /* scaled gradients of a whole batch, where scales are not 1 */
    size_t n_gradients;          /* floats there */
};

/* config NULL: digital. Else device NULL: that of the configuration; seed_fallback stands in for a
 * seed that the configuration does not give. */
aimc_status aimci_matrix_create(aimc_context *ctx, const aimc_device *device, size_t n_out,
                                size_t n_in, const aimc_config *config, uint64_t seed_fallback,
                                aimc_matrix **out);

/* The configuration's optimizer for every tile, and its hardware-aware training, where it says so.
 */
aimc_status aimci_matrix_bind_training(aimc_matrix *matrix);

bool aimci_matrix_is_digital(const aimc_matrix *matrix);

/* Weights [n_out][n_in], packed. */
void aimci_matrix_get(const aimc_matrix *matrix, float *w);
void aimci_matrix_set(aimc_matrix *matrix, const float *w);

/* Batches are packed rows with the leading dimension of their width. */
aimc_status aimci_matrix_forward(aimc_matrix *matrix, size_t n, const float *x, float *y);
aimc_status aimci_matrix_backward(aimc_matrix *matrix, size_t n, const float *d, float *z);
aimc_status aimci_matrix_step(aimc_matrix *matrix, size_t n, const float *x, const float *d,
                              double lr);

bool aimci_matrix_is_programmed(const aimc_matrix *matrix);

/* Sum of two reports: counts added, errors and gains averaged over weights. */
void aimci_report_add(aimc_inference_report *sum, const aimc_inference_report *report);

/* State under a prefix. After a failure *out is NULL or to be destroyed. */
aimc_status aimci_matrix_put(const aimc_matrix *matrix, aimci_st_writer *writer,
                             const char *prefix);
aimc_status aimci_matrix_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                                 aimc_matrix **out);

#endif
