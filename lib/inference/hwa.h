/* SPDX-License-Identifier: MIT */
/* Hardware-aware training of a grid: modifiers, clipping, remapping, input range. */
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

extern const aimci_family aimci_family_hwa, aimci_family_input_range;

struct aimci_hwa {
    aimc_context *ctx;
    const aimci_hwa_params *params; /* these three live in the grid's configuration */
    const aimci_modifier *modifier;
    const aimci_range_params *range_params;
    float **planes;   /* of each tile: modified weights; NULL: none needed */
    uint64_t n_draws; /* mini-batches begun: selects the streams of the next */
    bool in_training; /* between aimc_grid_modify() and aimc_grid_step() */
    bool has_range;   /* inputs are clipped and scaled */
    double range;
    uint64_t n_seen; /* mini-batches that the range was initialised from */
    float *x;        /* clipped inputs of a whole batch */
    size_t n_x;      /* floats there */
    uint64_t clipped_before;
    /* calibration: inputs are watched, not clipped */
    bool watching;
    int32_t method;
    double alpha, quantile, momentum, estimate;
    uint64_t n_batches;
    float *cache; /* magnitudes */
    size_t n_cache, cache_capacity;
};

/* After an update: clip, then remap. */
void aimci_hwa_clip(aimc_grid *grid);
void aimci_hwa_remap(aimc_grid *grid);

/* Calibration sees a batch of inputs. */
aimc_status aimci_hwa_watch(aimc_grid *grid, size_t n, const float *x, size_t ld);

#endif
