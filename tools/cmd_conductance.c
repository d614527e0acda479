/* SPDX-License-Identifier: MIT */
/* aimc conductance: what a noise model does to programmed conductances. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "extrapolations.h"
#include "json.h"
#include "model.h"
#include "plot.h"
#include "report.h"
#include "table.h"

enum { MAX_VALUES = 1000, MAX_DEVICES = 10000000, MAX_LINES = 8 };

struct request {
    const char *model, *targets, *times, *table, *config, *plot;
    struct texts settings;
    struct table_options table_options;
    double devices, seed;
    bool json;
};

struct values {
    double v[MAX_VALUES];
    size_t n;
};

static int parse(struct request *r, int argc, char **argv)
{
    const struct arg args[] = {
        {.help = "Conductances"},
        {"targets-us", ARG_TEXT, &r->targets, "G,G...",
         "target conductances in uS (default: 0 to g_max in tenths)", 0, 0},
        {"times", ARG_TEXT, &r->times, "T,T...",
         "seconds after programming (default: 0,60,3600,86400,2592000,\n"
         "or the measured times of a model that has them)",
         0, 0},
        {"devices", ARG_INTEGER, &r->devices, "N", "devices of each target (default: 10000)", 1,
         MAX_DEVICES},
        {.help = "Model"},
        {"config", ARG_TEXT, &r->config, "FILE", "JSON merged into its configuration", 0, 0},
        {"table", ARG_TEXT, &r->table, "FILE",
         "measurements for the model noise_table:\n"
         "columns g, t, bias, sigma, q, nu_mean, nu_std",
         0, 0},
        {"set", ARG_TEXTS, &r->settings, "FIELD=VALUE",
         "set one field of it, for example g_max=30; may be repeated", 0, 0},
        {.help = "Other"},
        {"seed", ARG_INTEGER, &r->seed, "N", "root of everything random (default: 1)", 0,
         MAX_INTEGER},
        {"plot", ARG_TEXT, &r->plot, "FILE",
         "write a plot of mean conductances over targets: name.svg or .png", 0, 0},
        {"json", ARG_FLAG, &r->json, "", "print one JSON object instead of text", 0, 0},
        TABLE_ARGS(r->table_options),
    };
    const struct arg_spec spec = {
        .usage = "MODEL [options]",
        .summary = "Program devices of a noise model and read them later: statistics of their\n"
                   "conductances. The model 'list' prints the names of all.",
        .example = "  aimc conductance pcm_like --targets-us 1,5,25 --times 0,60,3600\n"
                   "  aimc conductance pcm_joshi --devices 100000 --json\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &r->model,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    const int rc = args_parse(&spec, argc, argv);
    return rc == EXIT_GO_ON ? plot_check_name(r->plot) : rc;
}

/* ---- model ---------------------------------------------------------------------------------- */

static int fill_config(aimc_config *config, const struct request *r)
{
    if (r->config != NULL && aimc_config_load(config, r->config) != AIMC_OK)
        return fail("--config %s: %s", r->config, library_sentence());
    const int rc = table_into_config(config, r->table, &r->table_options);
    return rc == EXIT_GO_ON ? model_set_fields(config, "set", &r->settings) : rc;
}

static int open_model(aimc_context *ctx, const struct request *r, aimc_noise_model **model)
{
    aimc_config *config = NULL;
    if (aimc_config_create(ctx, r->model, &config) != AIMC_OK)
        return fail_usage("%s; 'aimc conductance list' shows them all", library_sentence());
    int rc = fill_config(config, r);
    if (rc == EXIT_GO_ON && aimc_noise_model_create(ctx, NULL, config, model) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

/* ---- targets and times ---------------------------------------------------------------------- */

static int parse_values(const char *option, const char *text, struct values *out)
{
    out->n = 0;
    while (out->n < MAX_VALUES) {
        char word[40];
        const size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
                 text);
        if (length >= sizeof word || !number_of_text(word, &out->v[out->n]))
            return fail_usage("--%s: '%s' is not a number", option, word);
        out->n++;
        if (text[length] == '\0')
            return EXIT_GO_ON;
        text += length + 1;
    }
    return fail_usage("--%s: at most %d values", option, MAX_VALUES);
}

static void default_targets(const aimc_noise_model_info *info, struct values *out)
{
    out->n = 11;
    for (size_t i = 0; i < out->n; i++)
        out->v[i] = info->g_min_us + (info->g_max_us - info->g_min_us) * (double)i / 10;
}

static void default_times(const aimc_noise_model_info *info, struct values *out)
{
    static const double usual[] = {0, 60, 3600, 86400, 2592000};
    out->n = 0;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (usual[i] == 0 || info->last_time_s == 0 ||
            (usual[i] >= info->first_time_s && usual[i] <= info->last_time_s))
            out->v[out->n++] = usual[i];
}

static int choose_values(const struct request *r, const aimc_noise_model *model,
                         struct values *targets, struct values *times)
{
    aimc_noise_model_info info = {.struct_size = (uint32_t)sizeof info};
    if (aimc_noise_model_get_info(model, &info) != AIMC_OK)
        return fail_library();
    default_targets(&info, targets);
    default_times(&info, times);
    int rc = EXIT_GO_ON;
    if (r->targets != NULL)
        rc = parse_values("targets-us", r->targets, targets);
    if (rc == EXIT_GO_ON && r->times != NULL)
        rc = parse_values("times", r->times, times);
    return rc;
}

/* ---- statistics ----------------------------------------------------------------------------- */

struct summary {
    double mean, std, q05, q50, q95;
};

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Linear between the sorted values, as numpy does. */
static double quantile(const float *sorted, size_t n, double q)
{
    const double at = q * (double)(n - 1);
    const size_t i = (size_t)at;
    const double from = (double)sorted[i], to = (double)sorted[i + 1 < n ? i + 1 : i];
    return from + (at - (double)i) * (to - from);
}

/* Sorts g. */
static struct summary summarise(float *g, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)g[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += ((double)g[i] - mean) * ((double)g[i] - mean);
    qsort(g, n, sizeof *g, compare);
    return (struct summary){mean, n > 1 ? sqrt(squares / (double)(n - 1)) : NOT_GIVEN,
                            quantile(g, n, 0.05), quantile(g, n, 0.5), quantile(g, n, 0.95)};
}

/* ---- result --------------------------------------------------------------------------------- */

struct table {
    bool is_json;
    struct json json;
    size_t n;
    double *means; /* [1 + times][targets], for the plot: first as programmed */
};

static void put_row(struct table *t, double target, double time, const struct summary *s,
                    const struct summary *nu)
{
    char text[32], std[32];
    text_of_number(text, time);
    if (!t->is_json) {
        printf("%10.4f  %12s  %10.5f  %10s  %10.5f  %10.5f  %10.5f\n", target,
               nu != NULL ? "programmed" : text, s->mean, text_of_spread(std, 'f', 5, s->std),
               s->q05, s->q50, s->q95);
        return;
    }
    json_open(&t->json, NULL, '{');
    json_put_number(&t->json, "g_target_us", target);
    if (nu != NULL)
        json_put_text(&t->json, "t_s", "programmed");
    else
        json_put_number(&t->json, "t_s", time);
    json_put_integer(&t->json, "n", t->n);
    json_put_number(&t->json, "mean", s->mean);
    json_put_number(&t->json, "std", s->std);
    json_put_number(&t->json, "q05", s->q05);
    json_put_number(&t->json, "q50", s->q50);
    json_put_number(&t->json, "q95", s->q95);
    if (nu != NULL) {
        json_put_number(&t->json, "drift_state_mean", nu->mean);
        json_put_number(&t->json, "drift_state_std", nu->std);
    }
    json_close(&t->json, '}');
}

/* Program all devices to one target and read them at every time. */
static int run_target(aimc_population *cells, size_t i_target, const struct values *targets,
                      const struct values *times, float *g, struct table *t)
{
    const double target = targets->v[i_target];
    for (size_t i = 0; i < t->n; i++)
        g[i] = (float)target;
    if (aimc_population_program(cells, g) != AIMC_OK ||
        aimc_population_get(cells, "state", g) != AIMC_OK)
        return fail_library();
    const struct summary nu = summarise(g, t->n);
    if (aimc_population_get(cells, "programmed", g) != AIMC_OK)
        return fail_library();
    const struct summary programmed = summarise(g, t->n);
    put_row(t, target, 0, &programmed, &nu);
    t->means[i_target] = programmed.mean;
    for (size_t k = 0; k < times->n; k++) {
        if (aimc_population_read(cells, times->v[k], g) != AIMC_OK)
            return fail_library();
        const struct summary s = summarise(g, t->n);
        put_row(t, target, times->v[k], &s, NULL);
        t->means[(k + 1) * targets->n + i_target] = s.mean;
    }
    return EXIT_GO_ON;
}

/* Find out what is wrong before the first row is printed. */
static int check_values(aimc_noise_model *model, const struct values *targets,
                        const struct values *times)
{
    aimc_population *one = NULL;
    if (aimc_population_create(model, 1, 0, &one) != AIMC_OK)
        return fail_library();
    int rc = EXIT_GO_ON;
    float g = 0;
    for (size_t i = 0; i < targets->n && rc == EXIT_GO_ON; i++) {
        g = (float)targets->v[i];
        if (aimc_population_program(one, &g) != AIMC_OK)
            rc = fail_usage("--targets-us: %s", library_sentence());
    }
    for (size_t i = 0; i < times->n && rc == EXIT_GO_ON; i++)
        if (aimc_population_read(one, times->v[i], &g) != AIMC_OK)
            rc = fail_usage("--times: %s", library_sentence());
    aimc_population_destroy(one);
    return rc;
}

/* Mean conductance over the target, as programmed and at every time. */
static int plot_means(const struct request *r, const double *means, const struct values *targets,
                      const struct values *times)
{
    struct plot_series series[MAX_LINES + 1];
    char labels[MAX_LINES + 1][32] = {"programmed"};
    for (size_t k = 0; k <= times->n; k++) {
        if (k > 0)
            snprintf(labels[k], sizeof labels[k], "%g s", times->v[k - 1]);
        series[k] = (struct plot_series){labels[k], targets->v, means + k * targets->n, targets->n,
                                         targets->n == 1};
    }
    const struct plot plot = {r->model, "target (uS)", "mean conductance (uS)", series,
                              times->n + 1};
    return plot_write(r->plot, &plot);
}

static int run_all(aimc_noise_model *model, const struct request *r, const struct values *targets,
                   const struct values *times)
{
    if (r->plot != NULL && times->n > MAX_LINES)
        return fail_usage("--plot shows at most %d times, and there are %zu: give --times",
                          MAX_LINES, times->n);
    struct table t = {.is_json = r->json, .n = (size_t)r->devices};
    aimc_population *cells = NULL;
    float *g = malloc(t.n * sizeof *g);
    t.means = calloc((times->n + 1) * targets->n, sizeof *t.means);
    int rc = g != NULL && t.means != NULL ? EXIT_GO_ON : fail("no memory");
    if (rc == EXIT_GO_ON &&
        aimc_population_create(model, t.n, (uint64_t)r->seed, &cells) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON && t.is_json) {
        json_begin(&t.json, stdout);
        json_put_text(&t.json, "model", r->model);
        json_put_text(&t.json, "kind", aimc_noise_model_get_kind(model));
        json_open(&t.json, "rows", '[');
    } else if (rc == EXIT_GO_ON) {
        printf("g_target_us           t_s        mean         std         q05         q50         "
               "q95\n");
    }
    for (size_t i = 0; i < targets->n && rc == EXIT_GO_ON; i++)
        rc = run_target(cells, i, targets, times, g, &t);
    if (rc == EXIT_GO_ON && t.is_json) {
        json_close(&t.json, ']');
        extrapolations_put_noise(&t.json, model, times->v, times->n);
        json_end(&t.json);
    } else if (rc == EXIT_GO_ON) {
        extrapolations_print_noise(model, times->v, times->n);
    }
    if (rc == EXIT_GO_ON && r->plot != NULL)
        rc = plot_means(r, t.means, targets, times);
    aimc_population_destroy(cells);
    free(t.means);
    free(g);
    return rc;
}

static void list_model(struct json *json, const aimc_preset_info *info)
{
    if (json == NULL) {
        printf("  %-26s %-18s %s\n", info->name, info->is_preset ? info->kind : "model", info->doc);
        return;
    }
    json_open(json, NULL, '{');
    json_put_text(json, "name", info->name);
    json_put_text(json, "kind", info->kind);
    json_put_flag(json, "preset", info->is_preset != 0);
    json_put_text(json, "aliases", info->aliases);
    json_put_text(json, "doc", info->doc);
    json_put_text(json, "source", info->source);
    json_close(json, '}');
}

static int list_models(const struct request *r)
{
    struct json json;
    if (r->plot != NULL || r->targets != NULL || r->times != NULL || r->table != NULL ||
        r->config != NULL || r->settings.n > 0)
        return fail_usage("'list' prints the names of all models; of options it takes --json");
    if (r->json) {
        json_begin(&json, stdout);
        json_open(&json, "models", '[');
    }
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
        if (aimc_preset_get(i, &info) != AIMC_OK)
            return fail_library();
        if (strcmp(info.category, "noise_model") == 0)
            list_model(r->json ? &json : NULL, &info);
    }
    if (r->json) {
        json_close(&json, ']');
        json_end(&json);
    }
    return EXIT_OK;
}

int cmd_conductance(int argc, char **argv)
{
    struct request r = {.devices = 10000, .seed = 1};
    struct values targets, times;
    aimc_context *ctx = NULL;
    aimc_noise_model *model = NULL;
    int rc = parse(&r, argc, argv);
    if (rc == EXIT_GO_ON && strcmp(r.model, "list") == 0)
        rc = list_models(&r);
    if (rc == EXIT_GO_ON && aimc_context_create(NULL, &ctx) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON)
        rc = open_model(ctx, &r, &model);
    if (rc == EXIT_GO_ON)
        rc = choose_values(&r, model, &targets, &times);
    if (rc == EXIT_GO_ON)
        rc = check_values(model, &targets, &times);
    if (rc == EXIT_GO_ON)
        rc = run_all(model, &r, &targets, &times);
    aimc_noise_model_destroy(model);
    aimc_context_destroy(ctx);
    free(r.settings.items);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}
