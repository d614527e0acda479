/* SPDX-License-Identifier: MIT */
/* One trainable linear map y = W x: on a grid of tiles with an optimizer for each and
 * hardware-aware training around them, or digital.
 *
 * The public calls are for matrices on tiles alone; those below are for both. */
#ifndef AIMCI_MATRIX_H
#define AIMCI_MATRIX_H

#include <aimc/inference.h>
#include <aimc/matrix.h>

#include "inference/calibration.h"
#include "inference/hwa.h"
#include "optimizer/algorithm.h"
#include "tile/grid.h"

/* W in floating point, stored like a tile, with its gradient, which whoever trains it takes. Rows
 * of batches are ld_out and ld_in apart. */
typedef struct aimci_digital {
    aimc_context *ctx;
    size_t n_out, n_in, ld_out, ld_in;
    aimci_gemm *gemm;
    float *w, *gradient;
    size_t n_floats; /* of w and of gradient, padding included */
    float *scratch;  /* scratch_size floats for each slot */
    size_t scratch_size;
} aimci_digital;

aimc_status aimci_digital_create(aimc_context *ctx, size_t n_out, size_t n_in, size_t ld_out,
                                 size_t ld_in, aimci_digital **out);
void aimci_digital_destroy(aimci_digital *digital);
void aimci_digital_forward(const aimci_digital *digital, size_t n, const float *x, float *y);
void aimci_digital_backward(const aimci_digital *digital, size_t n, const float *d, float *z);
/* [n_out][n_in], packed */
void aimci_digital_get_gradient(const aimci_digital *digital, float *g);
/* gradient += sum d x' */
void aimci_digital_accumulate(aimci_digital *digital, size_t n, const float *x, const float *d);

/* Vectors of several passes, which one update is to be made of: rows of x and of d, packed. */
typedef struct aimci_kept {
    float *x, *d;
    size_t n, room;
    size_t before; /* n before the pass that is being kept */
} aimci_kept;

/* Rows of ld_x and ld_d behind those that are there; no memory: nothing changes. */
aimc_status aimci_keep(aimc_context *ctx, aimci_kept *kept, size_t n, const float *x, size_t n_x,
                       size_t ld_x, const float *d, size_t n_d, size_t ld_d);
void aimci_free_kept(aimc_context *ctx, aimci_kept *kept);

/* Values of the kind "layer". */
typedef struct aimci_layer_params {
    aimci_tile_params tile;
    bool analog_bias;
} aimci_layer_params;

struct aimc_matrix {
    aimc_context *ctx;
    size_t n_out, n_in;
    bool bias_line;         /* the last input is 1, and callers of the functions below, who
                                  * have n_in - 1 of them, do not give it */
    float *lined;           /* inputs with it, and gradients of them: [n_in] each */
    size_t n_lined;         /* vectors that fit */
    aimci_digital *digital; /* NULL: on tiles, and the rest is there */
    aimc_config *config;    /* of kind "tile" or "layer" */
    aimci_grid *grid;
    aimc_optimizer **optimizers; /* beside the grid's tiles; NULL: none */
    aimci_hwa *hwa;              /* NULL: nothing of that */
    aimci_calibration outputs;   /* how they are watched, while they are */
    float *gradients;            /* scaled gradients of a whole batch, where scales are not 1 */
    size_t n_gradients;          /* floats there */
    aimci_kept kept;             /* what steps left while they were asked to */
    bool keeping;
};

/* A digital matrix for batches whose rows are ld_out and ld_in apart. */
aimc_status aimci_matrix_create_digital(aimc_context *ctx, size_t n_out, size_t n_in, size_t ld_out,
                                        size_t ld_in, aimc_matrix **out);

/* On tiles. device NULL: that of the configuration; seed_fallback stands in for a seed that the
 * configuration does not give. */
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

/* Has the configuration, NULL: digital, the bias on devices? */
bool aimci_layer_has_analog_bias(const aimc_config *config);
/* n vectors of n_in - 1 inputs, packed with room for n_in, get their 1. */
void aimci_matrix_add_line(const aimc_matrix *matrix, size_t n, float *x);
/* Biases of a matrix that has a bias line. */
aimc_status aimci_matrix_get_bias(const aimc_matrix *matrix, float *b);
aimc_status aimci_matrix_set_bias(aimc_matrix *matrix, const float *b);

/* Products of batches; the strides of a digital matrix are those that it was made for. Backward
 * sees the inputs x of the forward pass, too: z is 0 where the range of inputs cut them off,
 * and the range may learn from them. */
aimc_status aimci_matrix_forward(aimc_matrix *matrix, size_t n, const float *x, size_t ld_x,
                                 float *y, size_t ld_y);
aimc_status aimci_matrix_backward(aimc_matrix *matrix, size_t n, const float *x, size_t ld_x,
                                  const float *d, size_t ld_d, float *z, size_t ld_z);

/* Update with a mini-batch, or with the parts of one in order, of 64 vectors or a multiple of
 * it but for the last. A digital matrix adds to its gradient instead, and lr does nothing. */
aimc_status aimci_matrix_step(aimc_matrix *matrix, const aimci_batch *batch, double lr);

/* One on tiles: let steps keep their vectors, or update again; update with what they kept. */
void aimci_matrix_keep(aimc_matrix *matrix, bool on);
aimc_status aimci_matrix_step_kept(aimc_matrix *matrix, double lr);

/* Ranges of ADCs of all tiles; 0: none has one. */
size_t aimci_matrix_n_adc_ranges(const aimc_matrix *matrix);
/* No: those of some tile wait for calibration. */
bool aimci_matrix_is_calibrated(const aimc_matrix *matrix);
/* Inputs and outputs are watched no longer; no range changes. */
void aimci_matrix_stop_watching(aimc_matrix *matrix);

bool aimci_matrix_is_programmed(const aimc_matrix *matrix);

/* Sum of two reports: counts added, errors and gains averaged over weights. */
void aimci_report_add(aimc_inference_report *sum, const aimc_inference_report *report);

/* State of a matrix on tiles under a prefix; a digital one is its weights. */
aimc_status aimci_matrix_put(const aimc_matrix *matrix, aimci_st_writer *writer,
                             const char *prefix);
aimc_status aimci_matrix_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                                 aimc_matrix **out);

#endif
