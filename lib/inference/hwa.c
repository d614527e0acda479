/* SPDX-License-Identifier: MIT */
/* Hardware-aware training: the order of a mini-batch is
 *
 *     modified weights are drawn -> forward, backward -> update of the weights themselves
 *                                -> clip -> remap
 *
 * M. J. Rasch et al., arXiv:2302.08469 (2023). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "inference/hwa.h"
#include "kernels/dispatch.h"

#define SRC "M. J. Rasch et al., arXiv:2302.08469 (2023)"

static const aimci_field fields[] = {
    AIMCI_CHILD("modifier", 0, "modifier", "modifier", "weights that a mini-batch sees", SRC),
    AIMCI_CHILD("input_range", 1, "input_range", "input_range", "inputs of the converters", SRC),
    AIMCI_CHILD("output_scale", 2, "output_scale", "output_scale", "digital scales of the outputs",
                SRC),
    AIMCI_CHOICE(aimci_hwa_params, clip_type, 0, 3,
                 "NONE|FIXED_VALUE|LAYER_GAUSSIAN|AVERAGE_CHANNEL_MAX",
                 "how weights are clipped after each update", SRC),
    AIMCI_NUMBER(aimci_hwa_params, clip_fixed_value, 0, 0, 1e9, "weight",
                 "FIXED_VALUE: largest magnitude; LAYER_GAUSSIAN: at most this; 0: none", SRC),
    AIMCI_NUMBER(aimci_hwa_params, clip_sigma, 2.5, 0, 1e6, "1",
                 "LAYER_GAUSSIAN: largest magnitude in standard deviations of the weights", SRC),
    AIMCI_CHOICE(aimci_hwa_params, remap_type, 0, 2,
                 "NONE|LAYERWISE_SYMMETRIC|CHANNELWISE_SYMMETRIC",
                 "stretch weights to the top of their range after each update, the digital scales "
                 "taking it back",
                 SRC),
    AIMCI_NUMBER(aimci_hwa_params, remapped_wmax, 1, 1e-9, 1e9, "weight",
                 "largest magnitude after remapping", SRC),
    AIMCI_NUMBER(aimci_hwa_params, max_scale_range, 0, 0, 1e9, "1",
                 "CHANNELWISE: largest scale over the smallest; 0: no limit", SRC),
    AIMCI_NUMBER(aimci_hwa_params, max_scale_ref, 0, 0, 1e9, "1",
                 "CHANNELWISE: the smallest scale counts as at least this", SRC),
};

AIMCI_DEFINE_KIND(hwa, "hwa",
                  "hardware-aware training: modifiers, clipping, remapping, input range, output "
                  "scales",
                  SRC, fields, aimci_hwa_params, .n_children = 3);

/* ---- making --------------------------------------------------------------------------------- */

void aimci_hwa_destroy(aimci_hwa *h)
{
    if (!h)
        return;
    aimci_hwa_take_back(h);
    for (size_t k = 0; h->planes && k < aimci_grid_n_tiles(h->grid); k++)
        aimci_free(h->ctx, h->planes[k]);
    aimci_free(h->ctx, h->planes);
    aimci_free(h->ctx, h->x);
    aimci_free(h->ctx, h->scale_gradients);
    aimci_free(h->ctx, h->products);
    aimci_hwa_stop_watching(h);
    aimci_free(h->ctx, h);
}

static aimc_status check(const aimci_hwa *h)
{
    const aimci_hwa_params *p = h->params;
    const aimci_modifier *m = h->modifier;
    if (p->clip_type == AIMCI_CLIP_FIXED_VALUE && p->clip_fixed_value == 0)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "matrix_create: hwa.clip_type is FIXED_VALUE, but hwa.clip_fixed_value is 0");
    if (m->pcm_prob_at_reset + m->pcm_prob_at_gmax + m->pcm_prob_at_random > 1)
        return aimci_fail(AIMC_ERR_INVALID,
                          "matrix_create: the pcm_prob_... of hwa.modifier add up to more than 1");
    const bool writes = p->clip_type || p->remap_type;
    for (size_t k = 0; writes && k < aimci_grid_n_tiles(h->grid); k++)
        if (aimci_tile_is_composite(h->grid->tiles[k]))
            return aimci_fail(AIMC_ERR_UNSUPPORTED,
                              "matrix_create: hwa.clip_type and hwa.remap_type change weights that "
                              "'%s' composes of several arrays",
                              h->grid->tiles[k]->trainer.name);
    return AIMC_OK;
}

static aimc_status allocate_planes(aimci_hwa *h)
{
    const size_t n_tiles = aimci_grid_n_tiles(h->grid);
    h->planes = aimci_calloc(h->ctx, n_tiles, sizeof *h->planes);
    for (size_t k = 0; h->planes && k < n_tiles; k++) {
        const aimci_array *a = h->grid->tiles[k]->array;
        h->planes[k] = aimci_calloc(h->ctx, a->ld * a->n_in, sizeof *h->planes[k]);
        if (!h->planes[k])
            return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    }
    return h->planes ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
}

aimc_status aimci_hwa_create(aimci_grid *grid, const aimc_config *config, aimci_hwa **out)
{
    *out = NULL;
    if (!config)
        return AIMC_OK;
    aimci_hwa *h = aimci_calloc(grid->ctx, 1, sizeof *h);
    if (!h)
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_create: no memory");
    h->ctx = grid->ctx;
    h->grid = grid;
    h->params = config->values;
    h->modifier = aimci_config_child(config, "modifier")->values;
    h->range_params = aimci_config_child(config, "input_range")->values;
    h->scale_params = aimci_config_child(config, "output_scale")->values;
    h->has_range = h->range_params->enable;
    h->range = h->range_params->init_value;
    aimc_status st = check(h);
    if (!st && aimci_modifier_acts(h->modifier))
        st = allocate_planes(h);
    if (!st)
        st = aimci_hwa_make_scales(h);
    if (st) {
        aimci_hwa_destroy(h);
        return st;
    }
    *out = h;
    return AIMC_OK;
}

/* ---- modified weights ----------------------------------------------------------------------- */

static float largest_magnitude(const aimci_kernels *kernels, const aimci_array *a, const float *w)
{
    float top = 0;
    for (size_t j = 0; j < a->n_in; j++)
        top = fmaxf(top, kernels->absmax(w + j * a->ld, a->n_out));
    return top;
}

typedef struct modify_job {
    const aimci_kernels *kernels;
    const aimci_modifier *m;
    const aimci_array *array;
    const float *w;
    float *out;
    double top;
    aimci_key key;
} modify_job;

static void modify_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    const modify_job *job = arg;
    const aimci_array *a = job->array;
    const float *w = job->w + j * a->ld;
    float *out = job->out + j * a->ld;
    if (job->m->copy_last_column && j + 1 == a->n_in)
        memcpy(out, w, a->n_out * sizeof *out);
    else
        aimci_modify_line(job->kernels, job->m, job->top, &job->key, (uint32_t)j, w, out, a->n_out);
}

static void modify_tile(aimci_hwa *h, aimc_tile *t, float *out)
{
    modify_job job = {.kernels = aimci_kernels_get(aimc_context_get_cpu(h->ctx)),
                      .m = h->modifier,
                      .array = t->array,
                      .w = aimci_tile_own_weights(t),
                      .out = out};
    job.top = h->modifier->rel_to_actual_wmax
                  ? (double)largest_magnitude(job.kernels, t->array, job.w)
                  : h->modifier->assumed_wmax;
    job.top = fmax(job.top, 1e-30);
    job.key = aimci_random_key(t->seed, AIMCI_OP_MODIFY, 0, h->n_draws);
    aimci_parallel(h->ctx, t->array->n_in, modify_line, &job);
    aimci_tile_set_view(t, AIMCI_VIEW_READ, (aimci_weight_view){.weights = out});
}

static void draw(aimci_hwa *h, bool training)
{
    const bool skip = h->n_draws == 0 && training && !h->modifier->draw_first;
    for (size_t k = 0; h->planes && !skip && k < aimci_grid_n_tiles(h->grid); k++)
        if (!h->grid->tiles[k]->programmed.owner)
            modify_tile(h, h->grid->tiles[k], h->planes[k]);
    h->n_draws += training || h->planes;
    h->in_training = training;
}

void aimci_hwa_modify(aimci_hwa *h, bool training)
{
    if (!h)
        return;
    draw(h, training);
    if (training) {
        aimci_hwa_forget(h);
        aimci_hwa_forget_scales(h);
    }
}

void aimci_hwa_modify_again(aimci_hwa *h)
{
    if (h)
        draw(h, true);
}

void aimci_hwa_take_back(aimci_hwa *h)
{
    if (!h)
        return;
    for (size_t k = 0; h->planes && k < aimci_grid_n_tiles(h->grid); k++)
        aimci_tile_take_back_view(h->grid->tiles[k], AIMCI_VIEW_READ, h->planes[k]);
    h->in_training = false;
}

bool aimci_hwa_in_tests(const aimci_hwa *h)
{
    return h && h->planes && h->modifier->enable_during_test;
}

/* ---- after the update ----------------------------------------------------------------------- */

void aimci_hwa_updated(aimci_hwa *h)
{
    if (!h)
        return;
    aimci_hwa_take_back(h);
    if (h->params->clip_type)
        aimci_hwa_clip(h);
    if (h->params->remap_type)
        aimci_hwa_remap(h);
}

/* ---- state ---------------------------------------------------------------------------------- */

enum { SCALARS = 4 };

aimc_status aimci_hwa_put(const aimci_hwa *h, aimci_st_writer *writer, const char *prefix)
{
    if (!h)
        return AIMC_OK;
    char name[128];
    const double scalars[SCALARS] = {h->has_range, h->range, (double)h->n_seen, (double)h->n_draws};
    snprintf(name, sizeof name, "%shwa", prefix);
    return aimci_st_put(writer, name, AIMCI_F64, 0, SCALARS, SCALARS, scalars);
}

aimc_status aimci_hwa_restore(aimci_hwa *h, const aimci_st_reader *reader, const char *prefix)
{
    char name[128];
    double scalars[SCALARS];
    snprintf(name, sizeof name, "%shwa", prefix);
    if (!h || !aimci_st_has(reader, name))
        return AIMC_OK;
    const aimc_status st = aimci_st_get_scalars(reader, name, SCALARS, 2, 2, scalars);
    if (st)
        return st;
    if (scalars[0] != 0 && !(scalars[1] > 0))
        return aimci_fail(AIMC_ERR_FORMAT,
                          "tensor '%s': an input range of %g; more than 0 is needed", name,
                          scalars[1]);
    h->has_range = scalars[0] != 0;
    h->range = scalars[1];
    h->n_seen = (uint64_t)scalars[2];
    h->n_draws = (uint64_t)scalars[3];
    return AIMC_OK;
}
