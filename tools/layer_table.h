/* SPDX-License-Identifier: MIT */
/* Layers of a network that is only a table: a row each, with the columns n_out and n_in and any of
 * vectors, n_steps, n_column_sets, dac_bits, adc_bits, n_cells, n_conversions, pooled, copies. */
#ifndef AIMC_TOOLS_LAYER_TABLE_H
#define AIMC_TOOLS_LAYER_TABLE_H

#include "account.h"
#include "table.h"

struct layer_table {
    size_t n;
    aimc_cost_layer *layers; /* owned */
    uint32_t *copies;        /* owned */
    struct account *each;    /* owned; NULL until it was priced */
    struct account total;
};

/* EXIT_GO_ON, or the exit code after a sentence. */
int layer_table_read(aimc_context *ctx, const char *path, const struct table_options *options,
                     struct layer_table *table);
int layer_table_price(const aimc_cost_model *cost, struct layer_table *table);
void layer_table_free(struct layer_table *table);

#endif
