/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy.h"
#include "model.h"
#include "plot.h"
#include "progress.h"
#include "report.h"

enum { CALIBRATION_INPUTS = 256 };

/* ---- options -------------------------------------------------------------------------------- */

int deploy_parse_times(struct deployment *d, const char *text)
{
    d->n_times = 0;
    while (d->n_times < DEPLOY_MAX_TIMES) {
        char word[40];
        const size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
                 text);
        if (length >= sizeof word || !number_of_text(word, &d->times[d->n_times]))
            return fail_usage("--drift: '%s' is not a number of seconds", word);
        if (d->times[d->n_times] < 0)
            return fail_usage("--drift: %s s is before the end of programming", word);
        d->n_times++;
        if (text[length] == '\0')
            return EXIT_GO_ON;
        text += length + 1;
    }
    return fail_usage("--drift: at most %d times", DEPLOY_MAX_TIMES);
}

static int set_text(aimc_config *config, const char *option, const char *field, const char *value)
{
    if (value == NULL || aimc_config_set_text(config, field, value) == AIMC_OK)
        return EXIT_GO_ON;
    return fail_usage("--%s %s: %s", option, value, library_sentence());
}

int deploy_config(aimc_context *ctx, const struct deployment *d, aimc_config **config)
{
    if (aimc_config_create(ctx, "inference", config) != AIMC_OK)
        return fail_library();
    int rc = set_text(*config, "program", "noise_model", d->noise_model);
    if (rc == EXIT_GO_ON)
        rc = set_text(*config, "encoding", "encoding", d->encoding);
    if (rc == EXIT_GO_ON)
        rc = set_text(*config, "compensation", "compensation.method", d->compensation);
    if (rc == EXIT_GO_ON && d->config != NULL && aimc_config_load(*config, d->config) != AIMC_OK)
        rc = fail("--config %s: %s", d->config, library_sentence());
    if (rc == EXIT_GO_ON)
        rc = model_set_fields(*config, "set", &d->set);
    if (rc == EXIT_GO_ON)
        return rc;
    aimc_config_destroy(*config);
    *config = NULL;
    return rc;
}

int deploy_model(aimc_context *ctx, const struct deployment *d, aimc_noise_model **model)
{
    aimc_config *config = NULL;
    int rc = deploy_config(ctx, d, &config);
    if (rc == EXIT_GO_ON &&
        aimc_noise_model_create(ctx, NULL, aimc_config_get_nested(config, "noise_model"), model) !=
            AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

static bool is_kind(const aimc_config *config, const char *a, const char *b)
{
    char kind[32];
    if (aimc_config_get_text(config, "compensation.method", kind, sizeof kind, NULL) != AIMC_OK)
        return false;
    return strcmp(kind, a) == 0 || strcmp(kind, b) == 0;
}

bool deploy_wants_inputs(const struct deployment *d)
{
    return d->compensation != NULL &&
           (strcmp(d->compensation, "REFIT") == 0 || strcmp(d->compensation, "BATCH_NORM") == 0);
}

int deploy_to_tiles(aimc_context *ctx, aimc_network *net, const char *readout)
{
    aimc_config *layer = NULL;
    if (aimc_config_create(ctx, "layer", &layer) != AIMC_OK)
        return fail_library();
    int rc = set_text(layer, "device", "device", "ideal");
    if (rc == EXIT_GO_ON)
        rc = set_text(layer, "readout", "forward", readout != NULL ? readout : "standard_io");
    if (rc == EXIT_GO_ON)
        rc = set_text(layer, "set", "mapping.weight_scaling_omega", "1");
    if (rc == EXIT_GO_ON)
        rc = set_text(layer, "set", "mapping.weight_scaling_columnwise", "true");
    if (rc == EXIT_GO_ON && aimc_network_convert_to_analog(net, layer) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(layer);
    return rc;
}

/* ---- runs ----------------------------------------------------------------------------------- */

struct estimate estimate_of(const double *v, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (v[i] - mean) * (v[i] - mean);
    return (struct estimate){mean, n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : NOT_GIVEN};
}

/* Values of every time and repeat: [quantity][time][repeat] */
enum { PLAIN, COMPENSATED, WEIGHT_ERROR, GAIN, QUANTITIES };

struct runs {
    size_t n_times, n_repeats;
    double *v;
};

static double *at(const struct runs *r, size_t quantity, size_t time)
{
    return r->v + (quantity * r->n_times + time) * r->n_repeats;
}

/* With new read noise each time, so that chips differ in all that they would differ in. */
static int measure(aimc_network *net, const struct samples *test, double *accuracy)
{
    return aimc_network_evaluate_repeat(net, test->n, test->x, test->labels, 1, accuracy, NULL) ==
                   AIMC_OK
               ? EXIT_GO_ON
               : fail_library();
}

static int run_time(aimc_network *net, double t, bool compensate, const struct samples *test,
                    const struct samples *inputs, const struct runs *r, size_t time, size_t repeat)
{
    aimc_inference_report report = {.struct_size = (uint32_t)sizeof report};
    if (aimc_network_drift_programmed(net, t, &report) != AIMC_OK)
        return fail_library();
    int rc = measure(net, test, &at(r, PLAIN, time)[repeat]);
    at(r, COMPENSATED, time)[repeat] = at(r, PLAIN, time)[repeat];
    if (rc == EXIT_GO_ON && compensate) {
        const size_t n = inputs->n < CALIBRATION_INPUTS ? inputs->n : CALIBRATION_INPUTS;
        if (aimc_network_compensate(net, n, n > 0 ? inputs->x : NULL, &report) != AIMC_OK)
            return fail_library();
        rc = measure(net, test, &at(r, COMPENSATED, time)[repeat]);
    }
    at(r, WEIGHT_ERROR, time)[repeat] = report.weight_error;
    at(r, GAIN, time)[repeat] = report.gain_mean;
    return rc;
}

static int run_repeat(aimc_network *net, const struct deployment *d, aimc_config *config,
                      const struct samples *test, const struct samples *inputs,
                      const struct runs *r, size_t repeat, struct deploy_result *result)
{
    result->programming = (aimc_inference_report){.struct_size = sizeof result->programming};
    if (aimc_config_set(config, "seed", d->seed + (double)repeat) != AIMC_OK ||
        aimc_network_program(net, config, &result->programming) != AIMC_OK)
        return fail_library();
    int rc = EXIT_GO_ON;
    for (size_t k = 0; k < d->n_times && rc == EXIT_GO_ON; k++)
        rc = run_time(net, d->times[k], result->compensated, test, inputs, r, k, repeat);
    return rc;
}

static void summarise(const struct deployment *d, const struct runs *r,
                      struct deploy_result *result)
{
    result->n_rows = d->n_times;
    for (size_t k = 0; k < d->n_times; k++)
        result->rows[k] =
            (struct deploy_row){d->times[k], estimate_of(at(r, PLAIN, k), r->n_repeats),
                                estimate_of(at(r, COMPENSATED, k), r->n_repeats),
                                estimate_of(at(r, WEIGHT_ERROR, k), r->n_repeats),
                                estimate_of(at(r, GAIN, k), r->n_repeats)};
}

int deploy_run(aimc_network *net, const struct deployment *d, const aimc_config *config,
               const struct samples *test, const struct samples *inputs,
               struct deploy_result *result)
{
    struct runs r = {.n_times = d->n_times, .n_repeats = (size_t)d->repeat};
    struct progress progress;
    aimc_config *seeded = NULL;
    r.v = calloc(QUANTITIES * r.n_times * r.n_repeats, sizeof *r.v);
    if (r.v == NULL)
        return fail("no memory");
    result->compensated = !is_kind(config, "NONE", "");
    progress_start(&progress, r.n_repeats, d->quiet);
    progress_label(&progress, "programmed");
    int rc = measure(net, test, &result->before);
    if (rc == EXIT_GO_ON && aimc_config_copy(config, &seeded) != AIMC_OK)
        rc = fail_library();
    for (size_t i = 0; i < r.n_repeats && rc == EXIT_GO_ON; i++) {
        rc = run_repeat(net, d, seeded, test, inputs, &r, i, result);
        progress_add(&progress, 1);
    }
    progress_clear();
    if (rc == EXIT_GO_ON)
        summarise(d, &r, result);
    aimc_config_destroy(seeded);
    free(r.v);
    return rc;
}

/* ---- result --------------------------------------------------------------------------------- */

void deploy_print(const struct deploy_result *result)
{
    printf("before programming %.4f\n\n", result->before);
    printf("       t (s)   accuracy    +-      %s weight error\n",
           result->compensated ? "compensated  +-       gain  " : "");
    for (size_t k = 0; k < result->n_rows; k++) {
        const struct deploy_row *r = &result->rows[k];
        char error[32];
        printf("%12.6g   %.4f   %-6s", r->t, r->plain.mean,
               text_of_spread(error, 'f', 4, r->plain.error));
        if (result->compensated)
            printf("   %.4f   %-6s   %.3f", r->compensated.mean,
                   text_of_spread(error, 'f', 4, r->compensated.error), r->gain.mean);
        printf("   %.4f\n", r->weight_error.mean);
    }
}

void deploy_put_json(struct json *json, const struct deploy_result *result)
{
    const aimc_inference_report *p = &result->programming;
    json_put_number(json, "accuracy_before", result->before);
    json_open(json, "programming", '{');
    json_put_integer(json, "weights", p->n_weights);
    json_put_integer(json, "devices", p->n_devices);
    json_put_integer(json, "faulty", p->n_faulty);
    json_put_integer(json, "pulses", p->pulses);
    json_put_integer(json, "verify_reads", p->verify_reads);
    json_put_integer(json, "unconverged", p->unconverged);
    json_put_number(json, "write_time_s", p->write_time_s);
    json_close(json, '}');
    json_open(json, "rows", '[');
    for (size_t k = 0; k < result->n_rows; k++) {
        const struct deploy_row *r = &result->rows[k];
        json_open(json, NULL, '{');
        json_put_number(json, "t_s", r->t);
        json_put_number(json, "accuracy", r->plain.mean);
        json_put_number(json, "std_error", r->plain.error);
        if (result->compensated) {
            json_put_number(json, "compensated_accuracy", r->compensated.mean);
            json_put_number(json, "compensated_std_error", r->compensated.error);
            json_put_number(json, "gain", r->gain.mean);
        }
        json_put_number(json, "weight_error", r->weight_error.mean);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* ---- plot ----------------------------------------------------------------------------------- */

int deploy_plot(const char *path, const struct deploy_result *r)
{
    double x[DEPLOY_MAX_TIMES], plain[DEPLOY_MAX_TIMES], compensated[DEPLOY_MAX_TIMES];
    for (size_t i = 0; i < r->n_rows; i++) {
        x[i] = log10(1 + r->rows[i].t);
        plain[i] = r->rows[i].plain.mean;
        compensated[i] = r->rows[i].compensated.mean;
    }
    const struct plot_series series[] = {{"as programmed", x, plain, r->n_rows, false},
                                         {"compensated", x, compensated, r->n_rows, false}};
    const struct plot plot = {"accuracy on programmed devices",
                              "log10(1 + t / s) after programming", "accuracy", series,
                              r->compensated ? 2 : 1};
    return plot_write(path, &plot);
}
