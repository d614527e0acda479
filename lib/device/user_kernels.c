/* SPDX-License-Identifier: MIT */
/* The loops around the functions of a user device: random numbers, pulse after pulse, bounds. */
#include "device/sampling.h"
#include "device/user_device.h"

AIMCI_INLINE size_t chunk_size(const aimci_word_line *line, size_t at)
{
    return line->n - at < AIMC_USER_CELLS ? line->n - at : AIMC_USER_CELLS;
}

AIMCI_INLINE void draw(aimci_user_chunk *chunk, aimci_normals *normals, aimci_stream *uniforms,
                       int n_normals, int n_uniforms)
{
    for (size_t i = 0; i < AIMC_USER_CELLS; i += AIMCI_LANES) {
        for (int k = 0; k < n_normals; k++)
            vf_store(chunk->normals[k] + i, aimci_normals_next(normals));
        for (int k = 0; k < n_uniforms; k++)
            vf_store(chunk->uniforms[k] + i, aimci_stream_uniform(uniforms));
    }
}

/* Bounds that are not finite or out of order are the mean ones, parameters not finite are 0. */
static void repair(const aimci_user_params *p, const aimc_user_cells *c)
{
    const float most = (float)AIMCI_HUGE;
    for (size_t i = 0; i < c->n; i++) {
        if (!(c->w_min[i] <= c->w_max[i] && c->w_min[i] >= -most && c->w_max[i] <= most)) {
            c->w_min[i] = (float)p->base.w_min;
            c->w_max[i] = (float)p->base.w_max;
        }
        for (uint32_t k = 0; k < c->n_parameters; k++)
            if (!(c->parameters[k][i] >= -most && c->parameters[k][i] <= most))
                c->parameters[k][i] = 0;
    }
}

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    const aimci_user_params *p = params;
    aimci_user_chunk chunk = {.direction = {0}};
    aimci_normals normals = {.stream = aimci_sampling_stream(sampling, AIMCI_SAMPLE_OWN)};
    aimci_stream uniforms = aimci_sampling_stream(sampling, AIMCI_SAMPLE_OWN + 1);
    aimci_fill(line->cell[AIMCI_CELL_MAX], (float)p->base.w_max, line->n);
    aimci_fill(line->cell[AIMCI_CELL_MIN], (float)p->base.w_min, line->n);
    aimci_fill(line->cell[AIMCI_CELL_UP], (float)p->base.dw_min, line->n);
    aimci_fill(line->cell[AIMCI_CELL_DOWN], (float)p->base.dw_min, line->n);
    for (size_t at = 0; p->user.populate && at < line->n; at += AIMC_USER_CELLS) {
        aimc_user_cells cells = aimci_user_cells_of(p, &chunk, chunk_size(line, at));
        draw(&chunk, &normals, &uniforms, AIMC_USER_NORMALS, AIMC_USER_UNIFORMS);
        cells.w_max = line->cell[AIMCI_CELL_MAX] + at;
        cells.w_min = line->cell[AIMCI_CELL_MIN] + at;
        for (uint32_t k = 0; k < cells.n_parameters; k++)
            cells.parameters[k] = line->cell[AIMCI_CELL_OWN + k] + at;
        p->user.populate(p->user.user, &cells);
        repair(p, &cells);
    }
}

/* What the caller's function may look at but not change is a copy. */
typedef struct given {
    float w_max[AIMC_USER_CELLS], w_min[AIMC_USER_CELLS];
    float own[AIMC_USER_PARAMETERS][AIMC_USER_CELLS];
} given;

static void give(given *g, const aimci_word_line *line, size_t at, aimc_user_cells *cells)
{
    const size_t size = cells->n * sizeof(float);
    memcpy(cells->w_max = g->w_max, line->cell[AIMCI_CELL_MAX] + at, size);
    memcpy(cells->w_min = g->w_min, line->cell[AIMCI_CELL_MIN] + at, size);
    for (uint32_t k = 0; k < cells->n_parameters; k++)
        memcpy(cells->parameters[k] = g->own[k], line->cell[AIMCI_CELL_OWN + k] + at, size);
}

/* Next pulse of each cell that has one left; how many have. */
AIMCI_INLINE size_t aim(aimci_user_chunk *chunk, const int32_t *count, int32_t pulse, size_t n)
{
    size_t active = 0;
    for (size_t i = 0; i < n; i++) {
        chunk->direction[i] = count[i] > pulse ? 1 : count[i] < -pulse ? -1 : 0;
        active += chunk->direction[i] != 0;
    }
    return active;
}

static void pulse(const void *params, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index)
{
    const aimci_user_params *p = params;
    aimci_user_chunk chunk = {.direction = {0}};
    given g;
    aimci_normals normals = {.stream = aimci_stream_open(key, 2 * index)};
    aimci_stream uniforms = aimci_stream_open(key, 2 * index + 1);
    for (size_t at = 0; at < line->n; at += AIMC_USER_CELLS) {
        const size_t n = chunk_size(line, at);
        float *w = line->p + at;
        for (int32_t k = 0; aim(&chunk, count + at, k, n); k++) {
            aimc_user_cells cells = aimci_user_cells_of(p, &chunk, n);
            give(&g, line, at, &cells);
            draw(&chunk, &normals, &uniforms, 2, 1);
            for (int extra = 2; extra < AIMC_USER_NORMALS; extra++)
                cells.normals[extra] = NULL;
            cells.uniforms[1] = NULL;
            memcpy(chunk.w, w, n * sizeof *w);
            p->user.pulse(p->user.user, &cells);
            for (size_t i = 0; i < n; i += AIMCI_LANES) {
                const vf old = vf_load(w + i), next = vf_load(chunk.w + i);
                const vf lo = vf_load(line->cell[AIMCI_CELL_MIN] + at + i);
                const vf hi = vf_load(line->cell[AIMCI_CELL_MAX] + at + i);
                const vm take = (vi_load(chunk.direction + i) != 0) & (next == next);
                vf_store(w + i, vf_select(take, vf_clip(next, lo, hi), old));
            }
        }
    }
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, user)
const aimci_device_kernels AIMCI_K(user) = {.populate = populate, .pulse = pulse};
