/* SPDX-License-Identifier: MIT */
/* A trained network on programmed devices: accuracy over time, with and without compensation. */
#ifndef AIMC_TOOLS_DEPLOY_H
#define AIMC_TOOLS_DEPLOY_H

#include <aimc/aimc.h>

#include "args.h"
#include "data.h"
#include "json.h"

enum { DEPLOY_MAX_TIMES = 64 };

/* What the chip is. Texts are NULL where the library's default holds. */
struct deployment {
    const char *noise_model, *encoding, *compensation, *config, *readout;
    struct texts set; /* "field=value" of the configuration "inference" */
    double repeat, seed;
    size_t n_times;
    double times[DEPLOY_MAX_TIMES];
    bool quiet;
};

/* Mean and standard error over the repeats; NOT_GIVEN where one value has none. */
struct estimate {
    double mean, error;
};

struct deploy_row {
    double t;
    struct estimate plain, compensated, weight_error, gain;
};

struct deploy_result {
    struct deploy_row rows[DEPLOY_MAX_TIMES];
    size_t n_rows;
    bool compensated;
    double before;                     /* accuracy of the tiles before they are programmed */
    aimc_inference_report programming; /* of the last repeat */
};

/* "0,60,3600" into times. EXIT_GO_ON, or the exit code after a sentence. */
int deploy_parse_times(struct deployment *d, const char *text);

/* Configuration of kind "inference" from the options. */
int deploy_config(aimc_context *ctx, const struct deployment *d, aimc_config **config);

/* The noise model that the options name. */
int deploy_model(aimc_context *ctx, const struct deployment *d, aimc_noise_model **model);

/* Layers that are digital go onto tiles of ideal devices with the read-out asked for. */
int deploy_to_tiles(aimc_context *ctx, aimc_network *net, const char *readout);

/* Does the compensation want activations of real inputs? */
bool deploy_wants_inputs(const struct deployment *d);

/* Program, drift and read, repeat times. inputs: for the compensation, may be empty. */
int deploy_run(aimc_network *net, const struct deployment *d, const aimc_config *config,
               const struct samples *test, const struct samples *inputs,
               struct deploy_result *result);

void deploy_print(const struct deploy_result *result);
/* Accuracy over time. */
int deploy_plot(const char *path, const struct deploy_result *result);
void deploy_put_json(struct json *json, const struct deploy_result *result);

/* Mean and standard error of n values; of one value NOT_GIVEN. */
struct estimate estimate_of(const double *v, size_t n);

#endif
