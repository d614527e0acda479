/* SPDX-License-Identifier: MIT */
/* Plain analog SGD: the outer product of each sample goes to the devices as pulses.
 *
 * Gokmen and Vlasov, Front. Neurosci. 10:333 (2016). */
#include "optimizer/algorithm.h"

#define SRC "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)"

typedef struct sgd {
    aimci_array *array; /* the tile's */
    aimci_pulser *pulser;
} sgd;

static const aimci_field fields[] = {
    AIMCI_CHILD("update", 0, "update", "update", "pulse trains", SRC),
};

const aimci_kind aimci_kind_sgd = {
    .name = "sgd",
    .category = "optimizer",
    .doc = "stochastic gradient descent by parallel pulsed outer products",
    .source = SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .n_children = 1,
};

static aimc_status create(void *state, aimc_tile *tile, const aimc_config *config)
{
    sgd *s = state;
    s->array = tile->array;
    return aimci_pulser_for_tile(
        tile, aimci_config_values(aimci_config_child(config, "update"), &aimci_kind_update),
        &s->pulser);
}

static void destroy(void *state, aimc_context *ctx)
{
    (void)ctx;
    aimci_pulser_destroy(((sgd *)state)->pulser);
}

static void step(void *state, aimc_tile *tile, const aimci_batch *b, double lr)
{
    const sgd *s = state;
    aimci_pulser_update(s->pulser, s->array, s->array->device->info.granularity, b->n, b->x,
                        b->ld_x, b->d, b->ld_d, lr, &tile->counters);
    if (aimci_batch_ends(b))
        aimci_array_relax(s->array, &tile->counters);
}

const aimci_algorithm_ops aimci_algorithm_ops_sgd = {
    .kind = &aimci_kind_sgd,
    .state_size = sizeof(sgd),
    .create = create,
    .destroy = destroy,
    .step = step,
};
