/* SPDX-License-Identifier: MIT */
/* Noise models by name and settings, for the tests of lib/inference. */
#ifndef AIMCT_NOISE_TEST_H
#define AIMCT_NOISE_TEST_H

#include "inference/noise.h"
#include "kernels/dispatch.h"
#include "test_util.h"

/* settings: "a=1;b=[2, 3]" or "" */
static inline aimc_config *noise_config(aimc_context *ctx, const char *name, const char *settings)
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, name, &config));
    while (*settings) {
        char field[64], value[512];
        const size_t eq = strcspn(settings, "="), end = strcspn(settings, ";");
        snprintf(field, sizeof field, "%.*s", (int)eq, settings);
        snprintf(value, sizeof value, "%.*s", (int)(end - eq - 1), settings + eq + 1);
        OK(aimc_config_set_text(config, field, value));
        settings += end + (settings[end] == ';');
    }
    return config;
}

static inline aimc_noise_model *noise_model(aimc_context *ctx, const char *name,
                                            const char *settings)
{
    aimc_config *config = noise_config(ctx, name, settings);
    aimc_noise_model *m = NULL;
    OK(aimc_noise_model_create(ctx, NULL, config, &m));
    aimc_config_destroy(config);
    return m;
}

/* One device with the normals given: what is programmed, kept and read. */
typedef struct one_device {
    double programmed, state, read;
} one_device;

static inline one_device run_one(const aimc_noise_model *m, double target, float z_program,
                                 float z_state, double t, float z_read)
{
    float g = (float)target, programmed = 0, state = 0, read = 0;
    const aimci_devices d = {aimci_kernels_get(0), 1, &g, &programmed, &state, 1};
    m->ops->program(m->params, &d, &z_program);
    if (m->ops->state)
        m->ops->state(m->params, &d, &z_state);
    if (t > 0 || !m->ops->programmed_at_0)
        m->ops->read(m->params, &d, t, &z_read, &read);
    else
        read = programmed;
    return (one_device){(double)programmed, (double)state, (double)read};
}

#endif
