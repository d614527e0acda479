/* SPDX-License-Identifier: MIT */
/* Hardware-aware training of a grid: modifiers, clipping, remapping, input range. Whoever owns the
 * grid calls these around its reads and updates; h NULL, nothing of that, is fine everywhere. */
#ifndef AIMCI_HWA_H
#define AIMCI_HWA_H

#include <aimc/inference.h>

#include "inference/modifier.h"
#include "tile/grid.h"

enum { AIMCI_CLIP_NONE, AIMCI_CLIP_FIXED_VALUE, AIMCI_CLIP_LAYER_GAUSSIAN, AIMCI_CLIP_CHANNEL_MAX };
enum { AIMCI_REMAP_NONE, AIMCI_REMAP_LAYERWISE, AIMCI_REMAP_CHANNELWISE };

typedef struct aimci_hwa_params {
    int32_t clip_type, remap_type;
    double clip_fixed_value, clip_sigma, remapped_wmax, max_scale_range, max_scale_ref;
} aimci_hwa_params;

typedef struct aimci_range_params {
    bool enable, learn_input_range, gradient_relative, manage_output_clipping;
    double init_value, init_std_alpha, decay, input_min_percentage, output_min_percentage;
    double gradient_scale;
    int64_t init_from_data;
} aimci_range_params;

typedef struct aimci_scale_params {
    bool learn, columnwise;
    double gradient_scale;
} aimci_scale_params;

typedef struct aimci_hwa {
    aimc_context *ctx;
    aimci_grid *grid;
    const aimci_hwa_params *params; /* these four live in the configuration */
    const aimci_modifier *modifier;
    const aimci_range_params *range_params;
    const aimci_scale_params *scale_params;
    double *scale_gradients; /* [in.parts][out.n] of factors on the grid's scales, of the mini-batch
                                at hand; NULL: they are not learned */
    float *products;         /* [outputs of a tile] */
    float **planes;          /* of each tile: modified weights; NULL: none needed */
    uint64_t n_draws;        /* mini-batches begun: selects the streams of the next */
    bool in_training;        /* between aimci_hwa_modify() and aimci_hwa_updated() */
    bool has_range;          /* inputs are clipped and scaled */
    double range;
    uint64_t n_seen; /* mini-batches that the range was initialised from */
    float *x;        /* clipped inputs of a whole batch */
    size_t n_x;      /* floats there */
    bool counting;   /* a mini-batch has begun: clipped_before is that of its begin */
    uint64_t clipped_before;
    double range_gradient, n_within; /* of the mini-batch at hand: sums of its parts */
    uint64_t n_inputs, n_vectors;    /* likewise */
    /* calibration: inputs are watched, not clipped */
    bool watching;
    int32_t method;
    double alpha, quantile, momentum, estimate;
    uint64_t n_batches;
    float *cache; /* magnitudes */
    size_t n_cache, cache_capacity;
    aimci_magnitudes *seen; /* of MEAN_SQUARE and ENTROPY */
} aimci_hwa;

/* v within -r ... r, -r where it is no number: fminf(fmaxf(v, -r), r) without their calls, which
 * would keep a loop from several lanes. */
static inline float aimci_within(float v, float r)
{
    const float above = v > -r ? v : -r;
    return above < r ? above : r;
}

/* config: of kind "hwa", kept alive by the caller; NULL: *out is NULL. The grid's optimizers are
 * bound before. */
aimc_status aimci_hwa_create(aimci_grid *grid, const aimc_config *config, aimci_hwa **out);
void aimci_hwa_destroy(aimci_hwa *h);

/* Inputs as the tiles are to see them: *x and *ld are replaced by clipped ones divided by the
 * range, outputs are to be multiplied by *factor. */
aimc_status aimci_hwa_inputs(aimci_hwa *h, size_t n, const float **x, size_t *ld, float *factor);

/* The same without the division, for an update. */
aimc_status aimci_hwa_clipped(aimci_hwa *h, size_t n, const float **x, size_t *ld);

/* The update is done: clip, remap, read the weights themselves again. */
void aimci_hwa_updated(aimci_hwa *h);

/* dx, the gradient of the clipped inputs x: the range notes it, then it is 0 where inputs were
 * clipped. A mini-batch may come in parts. */
void aimci_hwa_backward(aimci_hwa *h, size_t n, const float *x, size_t ld_x, float *dx,
                        size_t ld_dx);
/* Move the range by what was noted. */
void aimci_hwa_learn(aimci_hwa *h, double lr);
bool aimci_hwa_learns_range(const aimci_hwa *h);

/* Output scales (output_scale.c): room where they are learned, what gradients d of the outputs for
 * inputs x say of them, and moving them by it. */
aimc_status aimci_hwa_make_scales(aimci_hwa *h);
bool aimci_hwa_learns_scales(const aimci_hwa *h);
void aimci_hwa_note_scales(aimci_hwa *h, size_t n, const float *x, size_t ld_x, const float *d,
                           size_t ld_d);
void aimci_hwa_learn_scales(aimci_hwa *h, double lr);
void aimci_hwa_forget_scales(aimci_hwa *h);
bool aimci_hwa_in_tests(const aimci_hwa *h);

/* Draw modified weights, which reads see until aimci_hwa_take_back(); training: until the update.
 */
void aimci_hwa_modify(aimci_hwa *h, bool training);
void aimci_hwa_take_back(aimci_hwa *h);
/* Draw for training once more in the same mini-batch: what the range noted stays. */
void aimci_hwa_modify_again(aimci_hwa *h);

/* Range of the inputs; 0: there is none. */
double aimci_hwa_range(const aimci_hwa *h);
void aimci_hwa_set_range(aimci_hwa *h, double range);

/* Watch inputs, which are not clipped meanwhile, until aimci_hwa_take_range() sets the range from
 * them. config: NULL or of kind "calibration". */
aimc_status aimci_hwa_watch_inputs(aimci_hwa *h, const aimc_config *config);
aimc_status aimci_hwa_take_range(aimci_hwa *h);
void aimci_hwa_stop_watching(aimci_hwa *h);

aimc_status aimci_hwa_put(const aimci_hwa *h, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_hwa_restore(aimci_hwa *h, const aimci_st_reader *reader, const char *prefix);

/* ---- between the files of hardware-aware training ------------------------------------------- */

/* The next pass begins a mini-batch. */
void aimci_hwa_forget(aimci_hwa *h);

/* After an update: clip, then remap. */
void aimci_hwa_clip(aimci_hwa *h);
void aimci_hwa_remap(aimci_hwa *h);

#endif
