/* SPDX-License-Identifier: MIT */
/* aimc device advise: what a device is good for, by the rules of docs/training-guide.md and by
 * short runs. aimc device compare: two or more side by side. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "conditions.h"
#include "data.h"
#include "json.h"
#include "model.h"
#include "plot.h"
#include "report.h"
#include "run.h"
#include "train.h"

/* ---- figures -------------------------------------------------------------------------------- */

enum { MOST_COMPARED = 6 };

struct figures {
    const char *name;
    char model[64];
    aimc_device_info info;
    double noise;             /* of a pulse, in steps; NaN: the model has none */
    double write;             /* of a write, in steps */
    double asymmetry;         /* of the steps at weight 0: (up - down) / (up + down) */
    double zero;              /* symmetry point, in shares of the range from its middle */
    double spread;            /* of the steps from device to device, relative */
    struct conditions pulses; /* measured ones, where it has them */
};

static double field(const aimc_config *config, const char *name)
{
    double value = 0;
    return aimc_config_get(config, name, &value) == AIMC_OK ? value : NOT_GIVEN;
}

static int figures_of(aimc_context *ctx, const char *name, struct figures *f)
{
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    aimc_preset_info preset;
    int rc = model_find_preset(ctx, name, &preset);
    if (rc != EXIT_GO_ON)
        return rc;
    if (strcmp(preset.category, "device") != 0)
        return fail_usage("%s is of the kind '%s', not a device", name, preset.category);
    *f = (struct figures){.name = name, .info = {.struct_size = (uint32_t)sizeof f->info}};
    if (aimc_device_create(ctx, name, NULL, &device) != AIMC_OK ||
        aimc_device_get_info(device, &f->info) != AIMC_OK ||
        aimc_device_get_config(device, &config) != AIMC_OK) {
        rc = fail_library();
    } else {
        const aimc_device_info *i = &f->info;
        snprintf(f->model, sizeof f->model, "%s", aimc_device_get_model(device));
        f->noise = field(config, "dw_min_std");
        f->write = field(config, "write_noise_std");
        f->spread = field(config, "dw_min_dtod");
        f->asymmetry =
            (i->step_up_at_0 - i->step_down_at_0) / (i->step_up_at_0 + i->step_down_at_0);
        f->zero = (i->symmetry_point - 0.5 * (i->w_max + i->w_min)) / (i->w_max - i->w_min);
        rc = conditions_of(ctx, config, &f->pulses);
        if (f->pulses.n[0] > 0)
            f->noise = (f->pulses.now[0].noise + f->pulses.now[1].noise) / 2;
    }
    aimc_config_destroy(config);
    aimc_device_unref(device);
    return rc;
}

/* ---- rules ---------------------------------------------------------------------------------- */

/* docs/training-guide.md: which algorithm, and why. */
static const char *rule(const struct figures *f, const char **why)
{
    const bool few = f->info.num_states < 100;
    if (f->info.is_ideal) {
        *why = "the device is ideal";
        return "sgd";
    }
    if (fabs(f->asymmetry) < 0.02 && f->info.num_states > 1000 && !(f->noise > 1)) {
        *why = "more than 1000 states, steps alike in both directions, noise below the step";
        return "sgd";
    }
    if (!(fabs(f->zero) < 0.1)) {
        *why = "the symmetry point is not known to a tenth of the range";
        return "agad";
    }
    *why = few ? "few states, and a symmetry point near the middle"
               : "asymmetric steps, and a symmetry point near the middle";
    return "c_ttv2";
}

/* ---- short runs ----------------------------------------------------------------------------- */

static const char *const algorithms[] = {"sgd", "c_ttv2", "agad", "mixed_precision"};
enum { N_ALGORITHMS = 4 };

static int try_one(const char *device, const char *algorithm, double epochs,
                   const struct dataset *data, double *accuracy)
{
    struct run run = RUN_UNKNOWN;
    const struct tweaks tweaks = {.config = NULL};
    aimc_context *ctx = NULL;
    struct training t = {.run = &run, .data = data, .label = "", .quiet = true, .until = NOT_GIVEN};
    run.data = "digits";
    run.device = device;
    run.algorithm = algorithm;
    run.epochs = epochs;
    run_fill_defaults(&run);
    run.n_train = (double)data->train.n;
    int rc = model_context(run.seed, NOT_GIVEN, &ctx);
    if (rc == EXIT_GO_ON)
        rc = model_build(ctx, &run, &tweaks, data, true, &t.net);
    if (rc == EXIT_GO_ON)
        rc = train(&t);
    *accuracy = t.test_accuracy;
    aimc_network_destroy(t.net);
    train_free(&t);
    aimc_context_destroy(ctx);
    return rc;
}

/* Accuracy of each algorithm; epochs 0: none. */
static int try_all(const char *device, double epochs, double accuracy[N_ALGORITHMS])
{
    struct dataset data = {0};
    int rc = epochs > 0 ? data_load("digits", 0, DATA_TRAIN | DATA_TEST, &data) : EXIT_GO_ON;
    for (int k = 0; k < N_ALGORITHMS && rc == EXIT_GO_ON; k++) {
        accuracy[k] = NOT_GIVEN;
        if (epochs > 0)
            rc = try_one(device, algorithms[k], epochs, &data, &accuracy[k]);
    }
    data_free(&data);
    return rc;
}

/* ---- output --------------------------------------------------------------------------------- */

static const struct row {
    const char *name, *key, *meaning;
} rows[] = {
    {"granularity", "granularity", "weight units a pulse"},
    {"states", "num_states", "range over granularity"},
    {"asymmetry", "asymmetry", "(up - down) / (up + down) at weight 0"},
    {"symmetry point", "symmetry_point", "weight units"},
    {"noise of a pulse", "noise", "steps"},
    {"noise of a write", "write_noise", "steps"},
    {"spread of steps", "spread", "relative, device to device"},
    {"lower bound", "w_min", "weight units"},
    {"upper bound", "w_max", "weight units"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static double value_of(const struct figures *f, size_t row)
{
    const double values[N_ROWS] = {f->info.granularity,
                                   f->info.num_states,
                                   f->asymmetry,
                                   f->info.symmetry_point,
                                   f->noise,
                                   f->write,
                                   f->spread,
                                   f->info.w_min,
                                   f->info.w_max};
    return values[row];
}

static void put_figures(struct json *json, const struct figures *f)
{
    json_put_text(json, "device", f->name);
    json_put_text(json, "model", f->model);
    for (size_t k = 0; k < N_ROWS; k++)
        json_put_number(json, rows[k].key, value_of(f, k));
}

static void print_figures(const struct figures *f, size_t n)
{
    printf("%-18s", "");
    for (size_t i = 0; i < n; i++)
        printf(" %24s", f[i].name);
    printf("\n%-18s", "model");
    for (size_t i = 0; i < n; i++)
        printf(" %24s", f[i].model);
    printf("\n");
    for (size_t k = 0; k < N_ROWS; k++) {
        printf("%-18s", rows[k].name);
        for (size_t i = 0; i < n; i++) {
            char text[32] = "none";
            if (isfinite(value_of(&f[i], k)))
                snprintf(text, sizeof text, "%.5g", value_of(&f[i], k));
            printf(" %24s", text);
        }
        printf("   %s\n", rows[k].meaning);
    }
}

static void tell_json(const struct figures *f, const char *algorithm, const char *why,
                      const double *accuracy, double epochs)
{
    struct json json;
    json_begin(&json, stdout);
    put_figures(&json, f);
    conditions_put(&f->pulses, &json);
    json_put_text(&json, "algorithm", algorithm);
    json_put_text(&json, "why", why);
    json_put_number(&json, "epochs", epochs);
    json_open(&json, "digits", '{');
    for (int k = 0; k < N_ALGORITHMS; k++)
        json_put_number(&json, algorithms[k], accuracy[k]);
    json_close(&json, '}');
    json_end(&json);
}

static void tell_text(const struct figures *f, const char *algorithm, const char *why,
                      const double *accuracy, double epochs)
{
    int best = 0;
    print_figures(f, 1);
    conditions_print(&f->pulses, f->name);
    printf("\nby the rules of docs/training-guide.md: %s, because of %s\n", algorithm, why);
    if (!(epochs > 0))
        return;
    printf("\ndigits, %g epochs, settings that suit the device\n", epochs);
    for (int k = 0; k < N_ALGORITHMS; k++) {
        printf("  %-18s %.4f\n", algorithms[k], accuracy[k]);
        best = accuracy[k] > accuracy[best] ? k : best;
    }
    printf("\n  aimc train --device %s --algorithm %s\n", f->name, algorithms[best]);
}

/* ---- plot ----------------------------------------------------------------------------------- */

enum { SIDE = 16, POINTS = 60 }; /* 256 devices; readings of each direction */

struct curve {
    double x[2 * POINTS + 1], y[2 * POINTS + 1];
};

static int read_mean(const aimc_tile *tile, double *mean)
{
    float w[SIDE * SIDE];
    double sum = 0;
    if (aimc_tile_get_weights(tile, w, SIDE) != AIMC_OK)
        return fail_library();
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        sum += (double)w[i];
    *mean = sum / (SIDE * SIDE);
    return EXIT_GO_ON;
}

/* From the lower bounds up and down again, one and a half times as many pulses each way as the mean
 * device has states. */
static int sweep(aimc_tile *tile, double states, struct curve *c)
{
    const double each = fmin(fmax(ceil(1.5 * states / POINTS), 1), 1e6);
    int32_t pulses[SIDE * SIDE];
    for (size_t k = 0; k <= 2 * (size_t)POINTS; k++) {
        const double n = k == 0 ? -fmin(2 * POINTS * each, 1e6) : k <= POINTS ? each : -each;
        for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
            pulses[i] = (int32_t)n;
        if (aimc_tile_pulse(tile, pulses, SIDE) != AIMC_OK)
            return fail_library();
        c->x[k] = (double)k * each / states;
        if (read_mean(tile, &c->y[k]) != EXIT_GO_ON)
            return EXIT_FAILED;
    }
    return EXIT_GO_ON;
}

static int curve_of(aimc_context *ctx, const struct figures *f, struct curve *c)
{
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    const double states = f->info.num_states;
    int rc = EXIT_GO_ON;
    if (f->info.is_ideal || !isfinite(states))
        return fail_usage("--plot: %s has no number of states that pulses go through", f->name);
    if (aimc_device_create(ctx, f->name, NULL, &device) != AIMC_OK ||
        aimc_tile_create(device, SIDE, SIDE, NULL, &tile) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON)
        rc = sweep(tile, states, c);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    return rc;
}

static int plot_curves(aimc_context *ctx, const char *path, const struct figures *f, size_t n)
{
    struct plot_series series[MOST_COMPARED];
    static struct curve curves[MOST_COMPARED];
    int rc = EXIT_GO_ON;
    for (size_t i = 0; i < n && rc == EXIT_GO_ON; i++) {
        rc = curve_of(ctx, &f[i], &curves[i]);
        series[i] =
            (struct plot_series){f[i].name, curves[i].x, curves[i].y, 2 * POINTS + 1, false};
    }
    const struct plot plot = {"mean of 256 devices", "pulses / number of states, up then down",
                              "weight", series, n};
    if (rc == EXIT_GO_ON)
        rc = plot_write(path, &plot);
    return rc;
}

/* ---- commands ------------------------------------------------------------------------------- */

int cmd_advise(int argc, char **argv)
{
    const char *name = NULL;
    double epochs = 5;
    bool json = false;
    const struct arg args[] = {
        {"epochs", ARG_INTEGER, &epochs, "N",
         "epochs of each short run on digits, 0: none (default: 5)", 0, 1000},
        {"json", ARG_FLAG, &json, "", "print one JSON object instead of text", 0, 0},
    };
    const struct arg_spec spec = {
        .usage = "NAME [options]",
        .summary =
            "Which algorithm suits a device: its figures, the rules, and short runs on digits.",
        .example = "  aimc device advise mydevice.json\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &name,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    struct figures f;
    double accuracy[N_ALGORITHMS];
    aimc_context *ctx = NULL;
    int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    rc = model_context(NOT_GIVEN, 1, &ctx);
    if (rc == EXIT_GO_ON)
        rc = figures_of(ctx, name, &f);
    if (rc == EXIT_GO_ON)
        rc = try_all(name, epochs, accuracy);
    if (rc == EXIT_GO_ON) {
        const char *why, *algorithm = rule(&f, &why);
        (json ? tell_json : tell_text)(&f, algorithm, why, accuracy, epochs);
    }
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_compare(int argc, char **argv)
{
    const char *names[MOST_COMPARED] = {NULL}, *plot = NULL;
    struct figures f[MOST_COMPARED];
    bool json = false;
    size_t n = 0;
    const struct arg args[] = {
        {"plot", ARG_TEXT, &plot, "FILE",
         "write a plot of their mean weights under pulses up and down:\n"
         "name.svg or .png",
         0, 0},
        {"json", ARG_FLAG, &json, "", "print one JSON object instead of text", 0, 0}};
    const struct arg_spec spec = {
        .usage = "NAME NAME... [options]",
        .summary = "Figures of devices side by side.",
        .example = "  aimc device compare mydevice.json reram_es\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = names,
        .min_positionals = 2,
        .max_positionals = MOST_COMPARED,
    };
    aimc_context *ctx = NULL;
    int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    rc = plot_check_name(plot);
    if (rc == EXIT_GO_ON)
        rc = model_context(NOT_GIVEN, 1, &ctx);
    for (; rc == EXIT_GO_ON && n < MOST_COMPARED && names[n] != NULL; n++)
        rc = figures_of(ctx, names[n], &f[n]);
    if (rc == EXIT_GO_ON && plot != NULL)
        rc = plot_curves(ctx, plot, f, n);
    if (rc == EXIT_GO_ON && json) {
        struct json out;
        json_begin(&out, stdout);
        json_open(&out, "devices", '[');
        for (size_t i = 0; i < n; i++) {
            json_open(&out, NULL, '{');
            put_figures(&out, &f[i]);
            json_close(&out, '}');
        }
        json_close(&out, ']');
        json_end(&out);
    } else if (rc == EXIT_GO_ON) {
        print_figures(f, n);
    }
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}
