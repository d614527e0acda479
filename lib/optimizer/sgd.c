/* SPDX-License-Identifier: MIT */
/* Plain analog SGD: the outer product of each sample goes to the devices as pulses; ideal devices
 * take it exactly.
 *
 * Gokmen and Vlasov, Front. Neurosci. 10:333 (2016). */
#include <string.h>

#include "optimizer/algorithm.h"

typedef struct sgd {
    aimci_pulser *pulser; /* NULL on an ideal device */
    float *x, *d;         /* packed vectors for the exact update */
} sgd;

static const aimci_field fields[] = {
    AIMCI_CHILD("update", 0, "update", "update", "pulse trains",
                "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)"),
};

extern const aimci_family aimci_family_sgd;
const aimci_family aimci_family_sgd = {
    .name = "sgd",
    .category = "optimizer",
    .doc = "stochastic gradient descent by parallel pulsed outer products",
    .source = "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)",
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = 0,
    .n_children = 1,
};

static aimc_status create(void *state, aimc_tile *tile, const aimc_config *config)
{
    sgd *s = state;
    const aimci_array *a = tile->array;
    if (a->device->model->pulsed)
        return aimci_pulser_create(
            tile->ctx,
            aimci_config_values(aimci_config_child(config, "update"), &aimci_family_update),
            a->n_out, a->n_in, &s->pulser);
    s->x = aimci_calloc(tile->ctx, AIMCI_GEMM_MAX_BATCH * aimci_leading_dimension(a->n_in),
                        sizeof(float));
    s->d = aimci_calloc(tile->ctx, AIMCI_GEMM_MAX_BATCH * aimci_leading_dimension(a->n_out),
                        sizeof(float));
    return s->x && s->d ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
}

static void destroy(void *state, aimc_context *ctx)
{
    sgd *s = state;
    aimci_pulser_destroy(s->pulser);
    aimci_free(ctx, s->x);
    aimci_free(ctx, s->d);
}

static void exact_update(sgd *s, aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                         const float *d, size_t ld_d, double lr)
{
    aimci_array *a = tile->array;
    const size_t ld_in = aimci_leading_dimension(a->n_in);
    const size_t ld_out = aimci_leading_dimension(a->n_out);
    for (size_t first = 0; first < n; first += AIMCI_GEMM_MAX_BATCH) {
        const size_t m = aimci_min_size(AIMCI_GEMM_MAX_BATCH, n - first);
        for (size_t b = 0; b < m; b++) {
            memcpy(s->x + b * ld_in, x + (first + b) * ld_x, a->n_in * sizeof *x);
            memcpy(s->d + b * ld_out, d + (first + b) * ld_d, a->n_out * sizeof *d);
        }
        aimci_gemm_update(tile->gemm, m, (float)-lr, a->w, s->d, s->x);
    }
    a->n_updates += n;
    tile->counters.updates += n;
}

static void step(void *state, aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                 const float *d, size_t ld_d, double lr)
{
    sgd *s = state;
    if (s->pulser)
        aimci_pulser_update(s->pulser, tile->array, tile->array->device->info.granularity, n, x,
                            ld_x, d, ld_d, lr, &tile->counters);
    else
        exact_update(s, tile, n, x, ld_x, d, ld_d, lr);
    aimci_array_upkeep(tile->array);
}

extern const aimci_algorithm aimci_algorithm_sgd;
const aimci_algorithm aimci_algorithm_sgd = {
    .family = &aimci_family_sgd,
    .state_size = sizeof(sgd),
    .create = create,
    .destroy = destroy,
    .step = step,
};
