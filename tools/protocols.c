/* SPDX-License-Identifier: MIT */
/* The protocols of 'aimc study'. */
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "study.h"

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Exact products on tiles: what one non-ideality is switched on in. */
#define EXACT                                                                                      \
    "device=ideal", "forward.inp_res=-1", "forward.out_res=-1", "forward.out_noise=0",             \
        "forward.out_bound=0", "forward.bound_management=NONE", "backward=perfect_io",             \
        "mapping.weight_scaling_omega=1"

/* ---- recover: a spread of devices, and what helps ------------------------------------------- */

/* One network programmed as single devices and as pairs. */
static int single_and_pair(struct study *s, aimc_network *net, const char *single, const char *pair)
{
    char spread[64];
    snprintf(spread, sizeof spread, "noise_model.prog_magnitude=%.6g", s->spread);
    int rc = EXIT_GO_ON;
    if (single != NULL)
        rc = study_program(s, net,
                           SETTINGS("noise_model=generic_noise", spread, "encoding=single_device"),
                           0, single);
    if (rc == EXIT_GO_ON && pair != NULL)
        rc = study_program(
            s, net, SETTINGS("noise_model=generic_noise", spread, "encoding=single_pair"), 0, pair);
    return rc;
}

/* Retrained with the noise that the encoding makes of the spread, relative to the largest
 * weight. */
static int retrained(struct study *s, double noise, const char *label, const char *single,
                     const char *pair)
{
    aimc_network *net = NULL;
    char std[64];
    snprintf(std, sizeof std, "hwa.modifier.std_dev=%.6g", noise);
    int rc =
        study_on_tiles(s, "layer",
                       SETTINGS("device=ideal", "forward=standard_io", "backward=perfect_io",
                                "mapping.weight_scaling_omega=1", "hwa.modifier.type=ADD_NORMAL",
                                std, "hwa.clip_type=LAYER_GAUSSIAN", "hwa.clip_sigma=2.5",
                                "hwa.remap_type=LAYERWISE_SYMMETRIC"),
                       false, &net);
    if (rc == EXIT_GO_ON)
        rc = study_retrain(s, net, label);
    if (rc == EXIT_GO_ON)
        rc = single_and_pair(s, net, single, pair);
    aimc_network_destroy(net);
    return rc;
}

int study_recover(struct study *s)
{
    aimc_network *net = NULL;
    int rc = study_on_tiles(s, "layer",
                            SETTINGS("device=ideal", "forward=standard_io", "backward=perfect_io",
                                     "mapping.weight_scaling_omega=1"),
                            false, &net);
    if (rc == EXIT_GO_ON)
        rc = study_measure(s, net, "on tiles, exact weights");
    if (rc == EXIT_GO_ON)
        rc = single_and_pair(s, net, "single devices", "differential pairs");
    aimc_network_destroy(net);
    if (rc == EXIT_GO_ON) /* u = 2 (g - ...) / D */
        rc = retrained(s, 2 * s->spread, "single devices: ", "retrained, single devices", NULL);
    if (rc == EXIT_GO_ON) /* u = (g+ - g-) / D */
        rc = retrained(s, 1.4142 * s->spread, "pairs: ", NULL, "retrained, differential pairs");
    return rc;
}

/* ---- AnalogNAS: baseline, quantised, noisy, analog, drifted --------------------------------- */

static const double protocol_times[] = {0, 60, 3600, 86400, 2592000};

static int drift_rows(struct study *s, aimc_network *net, const char *plain,
                      const char *compensated)
{
    int rc = EXIT_GO_ON;
    for (size_t k = 0; k < 5 && rc == EXIT_GO_ON; k++) {
        rc = study_program(s, net, SETTINGS("noise_model=pcm_like"), protocol_times[k], plain);
        if (rc == EXIT_GO_ON)
            rc = study_program(s, net,
                               SETTINGS("noise_model=pcm_like", "compensation.method=GLOBAL",
                                        "compensation.n_vectors=256"),
                               protocol_times[k], compensated);
    }
    return rc;
}

#define QUIET_8_BIT                                                                                \
    "forward.out_noise=0", "hwa.clip_type=NONE", "hwa.modifier.type=DISCRETIZE",                   \
        "hwa.modifier.res=127", "hwa.modifier.enable_during_test=true"

static int quantised(struct study *s, const char *name, bool retrain)
{
    aimc_network *net = NULL;
    int rc = study_on_tiles(s, "analognas", SETTINGS(QUIET_8_BIT), !retrain, &net);
    if (rc == EXIT_GO_ON && retrain)
        rc = study_retrain(s, net, "quantisation-aware: ");
    if (rc == EXIT_GO_ON)
        rc = study_measure(s, net, name);
    aimc_network_destroy(net);
    return rc;
}

int study_analognas(struct study *s)
{
    aimc_network *net = NULL;
    int rc = quantised(s, "post-training quantisation, 8 bit", false);
    if (rc == EXIT_GO_ON)
        rc = quantised(s, "quantisation-aware training, 8 bit", true);
    if (rc == EXIT_GO_ON)
        rc = study_on_tiles(s, "analognas", NULL, true, &net);
    if (rc == EXIT_GO_ON)
        rc = drift_rows(s, net, "noisy", "noisy, compensated");
    aimc_network_destroy(net);
    net = NULL;
    if (rc == EXIT_GO_ON)
        rc = study_on_tiles(s, "analognas", s->set, false, &net);
    if (rc == EXIT_GO_ON)
        rc = study_retrain(s, net, "hardware-aware: ");
    if (rc == EXIT_GO_ON)
        rc = drift_rows(s, net, "hardware-aware", "hardware-aware, compensated");
    aimc_network_destroy(net);
    return rc;
}

/* ---- ablation: one non-ideality at a time --------------------------------------------------- */

enum { MAX_FIELDS = 5 };

struct ablation {
    const char *name;
    const char *read[MAX_FIELDS];    /* of the layer, after EXACT */
    const char *program[MAX_FIELDS]; /* of the programming; none: not programmed */
    double t;
};

#define EIGHT_BITS "0.003937007874015748"
#define NO_NOISE   "noise_model.prog_noise_scale=0", "noise_model.read_noise_scale=0"

static const struct ablation ablations[] = {
    {"DAC of 8 bits", {"forward.inp_res=" EIGHT_BITS}, {NULL}, 0},
    {"ADC of 8 bits, bound 10", {"forward.out_res=" EIGHT_BITS, "forward.out_bound=10"}, {NULL}, 0},
    {"the same with bound management",
     {"forward.out_res=" EIGHT_BITS, "forward.out_bound=10", "forward.bound_management=ITERATIVE"},
     {NULL},
     0},
    {"output noise 0.04", {"forward.out_noise=0.04"}, {NULL}, 0},
    {"read noise of weights 0.0175",
     {"forward.w_noise=0.0175", "forward.w_noise_type=PCM_READ"},
     {NULL},
     0},
    {"voltage drop", {"forward.ir_drop=1"}, {NULL}, 0},
    {"output non-linearity 0.1",
     {"forward.out_nonlinearity=0.1", "forward.out_bound=12"},
     {NULL},
     0},
    {"programming noise, PCM",
     {NULL},
     {"noise_model=pcm_like", "noise_model.read_noise_scale=0", "noise_model.drift_scale=0"},
     0},
    {"1/f read noise, PCM",
     {NULL},
     {"noise_model=pcm_like", "noise_model.prog_noise_scale=0", "noise_model.drift_scale=0"},
     0},
    {"drift, PCM", {NULL}, {"noise_model=pcm_like", NO_NOISE}, 86400},
    {"drift, PCM, compensated",
     {NULL},
     {"noise_model=pcm_like", NO_NOISE, "compensation.method=GLOBAL"},
     86400},
    {"1 % of devices stuck low", {NULL}, {"noise_model=generic_noise", "faults.stuck_low=0.01"}, 0},
    {"1 % of devices stuck high",
     {NULL},
     {"noise_model=generic_noise", "faults.stuck_high=0.01"},
     0},
    {"all: standard read-out, PCM",
     {"forward=standard_io"},
     {"noise_model=pcm_like", "compensation.method=GLOBAL"},
     86400},
};

/* The exact read-out, without the fields of one that the ablation replaces as a whole. */
static size_t exact_but(const struct ablation *a, const char *settings[])
{
    static const char *const exact[] = {EXACT};
    const bool replaced = a->read[0] != NULL && strncmp(a->read[0], "forward=", 8) == 0;
    size_t n = 0;
    for (size_t k = 0; k < sizeof exact / sizeof exact[0]; k++)
        if (!replaced || strncmp(exact[k], "forward.", 8) != 0)
            settings[n++] = exact[k];
    return n;
}

static int ablate(struct study *s, const struct ablation *a)
{
    const char *settings[32] = {NULL};
    size_t n = exact_but(a, settings);
    for (size_t k = 0; k < MAX_FIELDS && a->read[k] != NULL; k++)
        settings[n++] = a->read[k];
    const char *program[MAX_FIELDS + 1] = {NULL};
    memcpy(program, a->program, sizeof a->program);
    aimc_network *net = NULL;
    int rc = study_on_tiles(s, "layer", settings, false, &net);
    if (rc == EXIT_GO_ON)
        rc = program[0] != NULL ? study_program(s, net, program, a->t, a->name)
                                : study_measure(s, net, a->name);
    aimc_network_destroy(net);
    return rc;
}

/* Digital weights in a memory that flips bits. */
static int ablate_storage(struct study *s, const char *code, const char *name)
{
    double accuracy[256];
    const size_t n = s->repeat < 256 ? (size_t)s->repeat : 256;
    aimc_config *config = NULL;
    if (aimc_config_create(s->ctx, "storage", &config) != AIMC_OK ||
        aimc_config_set(config, "bit_error_rate", 1e-3) != AIMC_OK ||
        aimc_config_set_text(config, "code", code) != AIMC_OK)
        return fail_library();
    int rc = EXIT_GO_ON;
    for (size_t i = 0; i < n && rc == EXIT_GO_ON; i++) {
        aimc_network *net = NULL;
        rc = study_copy(s, &net);
        if (rc == EXIT_GO_ON && (aimc_config_set(config, "seed", (double)i) != AIMC_OK ||
                                 aimc_network_store(net, config, NULL) != AIMC_OK ||
                                 aimc_network_evaluate(net, s->test.n, s->test.x, s->test.labels,
                                                       &accuracy[i]) != AIMC_OK))
            rc = fail_library();
        aimc_network_destroy(net);
    }
    if (rc == EXIT_GO_ON)
        study_add(s, name, NOT_GIVEN, estimate_of(accuracy, n));
    aimc_config_destroy(config);
    return rc;
}

int study_ablation(struct study *s)
{
    int rc = EXIT_GO_ON;
    for (size_t k = 0; k < sizeof ablations / sizeof ablations[0] && rc == EXIT_GO_ON; k++)
        rc = ablate(s, &ablations[k]);
    if (rc == EXIT_GO_ON)
        rc = ablate_storage(s, "NONE", "digital memory, bit errors 1e-3");
    if (rc == EXIT_GO_ON)
        rc = ablate_storage(s, "PARITY", "the same with parity (12.5 % more bits)");
    if (rc == EXIT_GO_ON)
        rc = ablate_storage(s, "SECDED", "the same with SECDED (12.5 % more bits)");
    if (rc == EXIT_GO_ON)
        rc = ablate_storage(s, "TMR", "the same with three copies");
    return rc;
}
