/* SPDX-License-Identifier: MIT */
/* aimc converter: the static transfer of a converter, or the range that data asks for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "json.h"
#include "matrix.h"
#include "model.h"
#include "plot.h"
#include "report.h"

struct request {
    struct texts settings;
    struct table_options table_options;
    double bits, channel, seed, parameter;
    const char *data, *method, *plot;
    bool table, json;
};

static const char *const methods[] = {"max",         "quantile", "deviation", "least-error",
                                      "mean-square", "entropy",  NULL};

/* ---- ranges --------------------------------------------------------------------------------- */

static double resolution(double bits)
{
    return 1 / (exp2(bits) - 2);
}

static int print_range(const struct request *r, aimc_context *ctx)
{
    struct matrix data = {0};
    size_t method = 0;
    const char *name = r->method != NULL ? r->method : "least-error";
    while (methods[method] != NULL && strcmp(methods[method], name) != 0)
        method++;
    if (methods[method] == NULL)
        return fail_usage(
            "--method %s: max, quantile, deviation, least-error, mean-square or entropy", name);
    double parameter = r->parameter, bound = 0;
    if (method >= AIMC_RANGE_LEAST_ERROR)
        parameter = resolution(WAS_GIVEN(r->bits) ? r->bits : 8);
    else if (!WAS_GIVEN(parameter))
        parameter = method == AIMC_RANGE_QUANTILE ? 0.99995 : 3;
    int rc = matrix_load(&data, r->data, &r->table_options);
    if (rc == EXIT_GO_ON &&
        aimc_converter_find_range(ctx, (aimc_range_method)method, parameter, data.rows, data.cols,
                                  data.values, data.cols, &bound) != AIMC_OK)
        rc = fail_library();
    matrix_free(&data);
    if (rc == EXIT_GO_ON && r->json)
        printf("{\"bound\": %.9g, \"method\": \"%s\"}\n", bound, name);
    else if (rc == EXIT_GO_ON)
        printf("bound %.6g (%s)\n", bound, name);
    return rc;
}

/* ---- transfer ------------------------------------------------------------------------------- */

static int make_converter(const struct request *r, aimc_context *ctx, aimc_converter **out)
{
    aimc_config *config = NULL;
    int rc = EXIT_GO_ON;
    if (aimc_config_create(ctx, "converter", &config) != AIMC_OK)
        return fail_library();
    if (WAS_GIVEN(r->bits))
        aimc_config_set(config, "res", resolution(r->bits));
    if (rc == EXIT_GO_ON)
        rc = model_set_fields(config, "set", &r->settings);
    if (rc == EXIT_GO_ON && aimc_converter_create(ctx, config, out) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(config);
    return rc;
}

struct transfer {
    aimc_linearity l;
    int32_t first;
    float *levels;
    double *dnl, *inl;
};

static void print_json(const struct transfer *t, bool table)
{
    struct json json;
    json_begin(&json, stdout);
    json_put_integer(&json, "codes", t->l.n_codes);
    json_put_integer(&json, "missing_codes", t->l.missing_codes);
    json_put_number(&json, "max_dnl", t->l.max_dnl);
    json_put_number(&json, "max_inl", t->l.max_inl);
    json_put_number(&json, "gain", t->l.gain);
    json_put_number(&json, "offset", t->l.offset);
    json_put_number(&json, "sndr", t->l.sndr);
    json_put_number(&json, "enob", t->l.enob);
    json_open(&json, "rows", '[');
    for (uint32_t k = 0; table && k < t->l.n_codes; k++) {
        json_open(&json, NULL, '{');
        json_put_number(&json, "code", (double)t->first + k);
        json_put_number(&json, "level", (double)t->levels[k]);
        json_put_number(&json, "dnl", t->dnl[k]);
        json_put_number(&json, "inl", t->inl[k]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_end(&json);
}

static void print_text(const struct transfer *t, bool table)
{
    printf("codes %u, missing %u\n", t->l.n_codes, t->l.missing_codes);
    printf("largest |DNL| %.4g, |INL| %.4g steps\n", t->l.max_dnl, t->l.max_inl);
    printf("gain %.6g, offset %.4g steps\n", t->l.gain, t->l.offset);
    printf("SNDR %.2f dB of a sine over all levels, ENOB %.2f bits\n", t->l.sndr, t->l.enob);
    if (table)
        printf("   code        level      DNL      INL\n");
    for (uint32_t k = 0; table && k < t->l.n_codes; k++)
        printf("%7d %12.6g %8.4f %8.4f\n", (int)t->first + (int)k, (double)t->levels[k], t->dnl[k],
               t->inl[k]);
}

/* Errors of the codes in steps. */
static int plot_errors(const char *path, const struct transfer *t)
{
    const size_t n = t->l.n_codes;
    double *codes = malloc((n + 1) * sizeof *codes);
    if (codes == NULL)
        return fail("no memory");
    for (size_t k = 0; k < n; k++)
        codes[k] = (double)t->first + (double)k;
    const struct plot_series series[] = {{"DNL", codes, t->dnl, n, true},
                                         {"INL", codes, t->inl, n, false}};
    const struct plot plot = {"errors of a converter", "code", "steps", series, 2};
    const int rc = plot_write(path, &plot);
    free(codes);
    return rc;
}

static int print_transfer(const struct request *r, const aimc_converter *c)
{
    struct transfer t = {.l = {.struct_size = (uint32_t)sizeof t.l},
                         .first = aimc_converter_get_min_code(c)};
    const size_t n = (size_t)((int64_t)aimc_converter_get_max_code(c) - t.first + 1);
    int rc = EXIT_GO_ON;
    int32_t *codes = malloc(n * sizeof *codes);
    t.levels = malloc(n * sizeof *t.levels);
    t.dnl = malloc(n * sizeof *t.dnl);
    t.inl = malloc(n * sizeof *t.inl);
    if (codes == NULL || t.levels == NULL || t.dnl == NULL || t.inl == NULL)
        rc = fail("no memory");
    for (size_t k = 0; rc == EXIT_GO_ON && k < n; k++)
        codes[k] = t.first + (int32_t)k;
    if (rc == EXIT_GO_ON &&
        (aimc_converter_get_linearity(c, (size_t)r->channel, &t.l, t.dnl, t.inl) != AIMC_OK ||
         aimc_converter_decode(c, n, codes, t.levels) != AIMC_OK))
        rc = fail_library();
    if (rc == EXIT_GO_ON && r->json)
        print_json(&t, r->table);
    else if (rc == EXIT_GO_ON)
        print_text(&t, r->table);
    if (rc == EXIT_GO_ON && r->plot != NULL)
        rc = plot_errors(r->plot, &t);
    free(codes);
    free(t.levels);
    free(t.dnl);
    free(t.inl);
    return rc;
}

static int run(const struct request *r)
{
    aimc_context *ctx = NULL;
    aimc_converter *c = NULL;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.seed = (uint64_t)r->seed;
    if (aimc_context_create(&params, &ctx) != AIMC_OK)
        return fail_library();
    int rc;
    if (r->data != NULL) {
        rc = print_range(r, ctx);
    } else {
        rc = make_converter(r, ctx, &c);
        if (rc == EXIT_GO_ON)
            rc = print_transfer(r, c);
    }
    aimc_converter_destroy(c);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

int cmd_converter(int argc, char **argv)
{
    struct request r = {.bits = NOT_GIVEN, .parameter = NOT_GIVEN};
    const struct arg args[] = {
        {"bits", ARG_NUMBER, &r.bits, "B", "resolution 1 / (2^B - 2) (default: that of res)", 2,
         20},
        {"set", ARG_TEXTS, &r.settings, "FIELD=VALUE",
         "field of the converter; may be repeated:\n--set nonideal.model=SAR", 0, 0},
        {"channel", ARG_INTEGER, &r.channel, "K", "which of the channels is measured (default: 0)",
         0, 65535},
        {"table", ARG_FLAG, &r.table, "", "every code: its level, DNL and INL", 0, 0},
        {"plot", ARG_TEXT, &r.plot, "FILE", "write a plot of DNL and INL: name.svg or .png", 0, 0},
        {"seed", ARG_INTEGER, &r.seed, "S", "seed of the converter's errors (default: 0)", 0,
         MAX_INTEGER},
        {"data", ARG_TEXT, &r.data, "FILE",
         "choose a range from these numbers instead; a vector in each row", 0, 0},
        {"method", ARG_TEXT, &r.method, "NAME",
         "max, quantile, deviation, or at --bits least-error (default),\nmean-square, entropy", 0,
         0},
        {"parameter", ARG_NUMBER, &r.parameter, "P",
         "of quantile (default: 0.99995) or deviation (default: 3)", 0, 1e30},
        {"json", ARG_FLAG, &r.json, "", "print one JSON object instead of text", 0, 0},
        TABLE_ARGS(r.table_options),
    };
    const struct arg_spec spec = {
        .usage = "[options]",
        .summary =
            "Measure the static transfer of a converter (missing codes, DNL, INL, SNDR, ENOB),\n"
            "or choose its range from data.",
        .example =
            "  aimc converter --bits 8 --set nonideal.model=SAR --set nonideal.mismatch=0.02\n"
            "  aimc converter --data Y.csv --bits 6\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON)
        rc = plot_check_name(r.plot);
    if (rc == EXIT_GO_ON && r.plot != NULL && r.data != NULL)
        rc = fail_usage("--plot is of the transfer, and --data chooses a range instead");
    if (rc == EXIT_GO_ON)
        rc = table_check_options(&r.table_options, r.data, "data");
    if (rc == EXIT_GO_ON)
        rc = run(&r);
    free(r.settings.items);
    return rc;
}
