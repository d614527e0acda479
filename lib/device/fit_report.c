/* SPDX-License-Identifier: MIT */
/* The report of a fit as JSON. */
#include <math.h>
#include <string.h>

#include "device/measurement.h"

/* 99.9 % quantile of chi-square with AIMCI_FIT_LAGS degrees of freedom */
#define LIMIT 29.59

static void put_text(aimci_text *t, const char *name, const char *value)
{
    aimci_text_printf(t, "\"%s\": \"", name);
    for (; *value; value++)
        aimci_text_printf(t, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    aimci_text_printf(t, "\"");
}

/* JSON has no NaN. */
static void put_number(aimci_text *t, const char *name, double value)
{
    char digits[32];
    aimci_format_double(digits, value);
    aimci_text_printf(t, "\"%s\": %s", name, isfinite(value) ? digits : "null");
}

static bool has_figure(const aimc_fit *fit, const char *name)
{
    for (size_t i = 0; i < fit->n_figures; i++)
        if (strcmp(fit->figure[i].name, name) == 0)
            return true;
    return false;
}

static void put_parameters(aimci_text *t, const aimc_fit *fit)
{
    aimci_text_printf(t, ", \"parameters\": [");
    for (size_t i = 0; i < fit->n_figures; i++) {
        const aimci_figure *f = &fit->figure[i];
        aimci_text_printf(t, "%s{", i ? ", " : "");
        put_text(t, "name", f->name);
        aimci_text_printf(t, ", ");
        put_number(t, "value", f->value);
        aimci_text_printf(t, ", ");
        put_number(t, "low", f->low);
        aimci_text_printf(t, ", ");
        put_number(t, "high", f->high);
        aimci_text_printf(t, "}");
    }
    aimci_text_printf(t, "]");
}

/* Numbers of the model that stand for something a measurement could tell, and this one did not. */
static bool is_measurable(const char *name)
{
    static const char *const others[] = {"write_noise_std", "corrupt_devices_prob",
                                         "lifetime",        "diffusion",
                                         "reset",           "w_max",
                                         "w_min",           "drift",
                                         "endurance"};
    const size_t length = strlen(name);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    return length > 5 && strcmp(name + length - 5, "_dtod") == 0;
}

/* The number that says whether something was measured. */
static const char *figure_of(const char *name)
{
    return strcmp(name, "drift") == 0       ? "drift.nu"
           : strcmp(name, "lifetime") == 0  ? "decay.tau"
           : strcmp(name, "reset") == 0     ? "decay.level"
           : strcmp(name, "diffusion") == 0 ? "diffusion.rate"
           : strcmp(name, "endurance") == 0 ? "endurance.onset"
                                            : name;
}

static void put_not_measured(aimci_text *t, const aimc_fit *fit)
{
    bool first = true;
    aimci_text_printf(t, ", \"not_measured\": [");
    for (size_t i = 0; i < fit->config->kind->n_fields; i++) {
        const char *name = fit->config->kind->fields[i].name;
        if (!is_measurable(name) || has_figure(fit, figure_of(name)))
            continue;
        aimci_text_printf(t, "%s\"%s\"", first ? "" : ", ", name);
        first = false;
    }
    aimci_text_printf(t, "]");
}

static void put_candidates(aimci_text *t, const aimc_fit *fit)
{
    aimci_text_printf(t, ", \"candidates\": [");
    for (size_t i = 0; i < fit->n_candidates; i++) {
        aimci_text_printf(t, "%s{", i ? ", " : "");
        put_text(t, "model", fit->candidate[i].model);
        aimci_text_printf(t, ", ");
        put_number(t, "held_out", fit->candidate[i].held_out);
        aimci_text_printf(t, ", ");
        put_text(t, "problem", fit->candidate[i].problem);
        aimci_text_printf(t, "}");
    }
    aimci_text_printf(t, "]");
}

/* Where there is no noise, what is left is rounding. */
static bool are_noise(const aimc_fit *fit)
{
    return fit->rms < 0.2 || fit->statistic < LIMIT || fabs(fit->correlation[0]) < 0.05;
}

static void put_residuals(aimci_text *t, const aimc_fit *fit)
{
    aimci_text_printf(t, ", \"residuals\": {");
    put_number(t, "rms", fit->rms);
    aimci_text_printf(t, ", ");
    put_number(t, "ljung_box", fit->statistic);
    aimci_text_printf(t, ", \"look_like_noise\": %s, \"autocorrelation\": [",
                      are_noise(fit) ? "true" : "false");
    for (int lag = 0; lag < AIMCI_FIT_LAGS; lag++) {
        char digits[32];
        aimci_format_double(digits, fit->correlation[lag]);
        aimci_text_printf(t, "%s%s", lag ? ", " : "", digits);
    }
    aimci_text_printf(t, "]}");
}

static void put_verdict(aimci_text *t, const aimc_fit *fit)
{
    char verdict[512] = "";
    aimci_text v = {verdict, sizeof verdict, 0};
    if (fit->problem[0])
        aimci_text_printf(&v, "not plausible: %s", fit->problem);
    else if (fit->better)
        aimci_text_printf(&v, "foretells readings clearly worse than another model");
    else if (!are_noise(fit))
        aimci_text_printf(&v, "residuals are not noise: those of neighbours correlate by %.2f",
                          fit->correlation[0]);
    else
        aimci_text_printf(&v, "good");
    if (fit->better)
        aimci_text_printf(&v, "; %s is better", fit->better);
    put_text(t, "verdict", verdict);
}

static void put_notes(aimci_text *t, const aimc_fit *fit)
{
    aimci_text_printf(t, ", \"notes\": [");
    for (size_t at = 0; at < fit->notes.length; at += strlen(fit->notes.text + at) + 1) {
        aimci_text_printf(t, "%s\"", at ? ", " : "");
        for (const char *c = fit->notes.text + at; *c; c++)
            aimci_text_printf(t, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        aimci_text_printf(t, "\"");
    }
    aimci_text_printf(t, "]");
}

size_t aimc_fit_to_json(const aimc_fit *fit, char *buf, size_t size)
{
    aimci_text t = {buf, size, 0};
    if (!fit)
        return 0;
    aimci_text_printf(&t, "{");
    put_text(&t, "model", fit->config->kind->name);
    aimci_text_printf(&t, ", ");
    put_verdict(&t, fit);
    aimci_text_printf(&t, ", \"n_devices\": %zu, \"n_fitted\": %zu, \"n_stuck\": %zu, ",
                      fit->data.n_seen, fit->data.n_devices, fit->data.n_stuck);
    aimci_text_printf(&t, "\"n_traces\": %zu, \"n_readings\": %zu, ", fit->data.n_traces,
                      fit->data.n_readings);
    put_number(&t, "scale", fit->data.scale);
    aimci_text_printf(&t, ", ");
    put_number(&t, "offset", fit->data.offset);
    put_parameters(&t, fit);
    put_not_measured(&t, fit);
    put_candidates(&t, fit);
    put_residuals(&t, fit);
    put_notes(&t, fit);
    aimci_text_printf(&t, ", \"config\": ");
    const size_t room = t.length < t.size ? t.size - t.length : 0;
    t.length += aimc_config_to_json(fit->config, room ? t.buf + t.length : NULL, room);
    aimci_text_printf(&t, "}");
    return t.length;
}
