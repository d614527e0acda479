/* SPDX-License-Identifier: MIT */
/* Cost models, layers and what they cost. */
#ifndef AIMCT_CHIP_UTIL_H
#define AIMCT_CHIP_UTIL_H

#include "test_util.h"

#define SETTINGS(...)                                                                              \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static inline aimc_cost_model *make(aimc_context *ctx, const char *name,
                                    const char *const settings[])
{
    aimc_config *config = NULL;
    aimc_cost_model *m = NULL;
    OK(aimc_config_create(ctx, name, &config));
    for (size_t i = 0; settings && settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    OK(aimc_cost_model_create(ctx, NULL, config, &m));
    aimc_config_destroy(config);
    return m;
}

static inline void near(double value, double expected, double tolerance)
{
    ck_assert_msg(fabs(value - expected) <= tolerance * fabs(expected) + 1e-300,
                  "%.9g, expected %.9g", value, expected);
}

static inline aimc_cost_layer layer(uint64_t n_out, uint64_t n_in, double vectors, uint32_t steps,
                                    uint32_t sets, uint32_t cells)
{
    return (aimc_cost_layer){.struct_size = sizeof(aimc_cost_layer),
                             .n_out = n_out,
                             .n_in = n_in,
                             .vectors = vectors,
                             .n_steps = steps,
                             .n_column_sets = sets,
                             .n_cells = cells};
}

static inline aimc_cost_events events_of(const aimc_cost_model *m, aimc_cost_layer l)
{
    aimc_cost_events e = {.struct_size = sizeof e};
    OK(aimc_cost_model_add_layer(m, &l, &e));
    return e;
}

static inline aimc_cost_report account(const aimc_cost_model *m, const aimc_cost_events *e)
{
    aimc_cost_report r = {.struct_size = sizeof r};
    OK(aimc_cost_model_account(m, e, &r));
    return r;
}

static inline aimc_cost_component component(const aimc_cost_model *m, const aimc_cost_events *e,
                                            const char *name)
{
    aimc_cost_component c = {.struct_size = sizeof c};
    for (size_t i = 0; i < aimc_cost_model_count_components(m); i++) {
        OK(aimc_cost_model_get_component(m, e, i, &c));
        if (strcmp(c.name, name) == 0)
            return c;
    }
    ck_abort_msg("no component %s", name);
    return c;
}

#endif
