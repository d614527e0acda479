/* SPDX-License-Identifier: MIT */
/* Where the fitted constants of a technology were fitted. */
#include <math.h>

#include "energy/parts.h"

#define SURVEY                                                                                     \
    "converters of B. Murmann's survey that the fit is to: adc_list.csv of Accelergy's ADC "       \
    "plug-in, 2023"

/* ---- the ADC -------------------------------------------------------------------------------- */

static double when(bool used, double value)
{
    return used ? value : (double)NAN;
}

static bool is_survey(const aimci_technology *t)
{
    return t->adc_model == AIMCI_ADC_SURVEY;
}

static bool has_survey_area(const aimci_technology *t)
{
    return is_survey(t) || (t->adc_model == AIMCI_ADC_WALDEN && t->adc_area_um2 == 0);
}

static double survey_bits(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(is_survey(t) && t->adc_enob == 0, (double)t->adc_bits);
}

static double survey_enob(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(is_survey(t) && t->adc_enob > 0, t->adc_enob);
}

static double survey_rate(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(is_survey(t), t->adc_rate);
}

static double survey_node(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(is_survey(t), t->node_nm);
}

static double area_rate(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(has_survey_area(t), t->adc_rate);
}

static double area_node(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(has_survey_area(t), t->node_nm);
}

static double area_energy(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(has_survey_area(t), aimci_adc_cost(t).energy_j);
}

static double walden_bits(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(t->adc_model == AIMCI_ADC_WALDEN,
                t->adc_enob > 0 ? t->adc_enob : (double)t->adc_bits);
}

static double part_bits(const void *params, double time, double range[2])
{
    (void)time;
    const aimci_technology *t = params;
    range[0] = range[1] = aimci_adc_part_bits(t->adc_part);
    return when(t->adc_model == AIMCI_ADC_TABLE, (double)t->adc_bits);
}

/* ---- the DAC -------------------------------------------------------------------------------- */

static double power_bits(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(t->dac_model == AIMCI_DAC_POWER, (double)t->dac_bits);
}

static double power_rate(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(t->dac_model == AIMCI_DAC_POWER, t->dac_rate);
}

/* The area of a 1-bit driver, unless the caller gave another. */
static double driver_bits(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    const aimci_technology *t = params;
    return when(t->dac_area_um2 == AIMCI_DAC_AREA_1_BIT && t->dac_model != AIMCI_DAC_WIDTH,
                (double)t->dac_bits);
}

/* ---- logic, memory, cells ------------------------------------------------------------------- */

static double logic_node(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    return ((const aimci_technology *)params)->node_nm;
}

static double dram(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    return ((const aimci_technology *)params)->dram_byte;
}

static double cell_area(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    return ((const aimci_technology *)params)->cell_f2;
}

static double temperature(const void *params, double time, double range[2])
{
    (void)time, (void)range;
    return ((const aimci_technology *)params)->temperature;
}

static const aimci_fitted fitted[] = {
    {"survey_energy", "adc_bits", "bit", {4, 17}, SURVEY, survey_bits},
    {"survey_energy", "adc_enob", "bit", {4, 17}, SURVEY, survey_enob},
    {"survey_energy", "adc_rate", "1 / s", {1e3, 9e10}, SURVEY, survey_rate},
    {"survey_energy", "node_nm", "nm", {4, 1000}, SURVEY, survey_node},
    {"survey_area", "adc_rate", "1 / s", {1e3, 9e10}, SURVEY, area_rate},
    {"survey_area", "node_nm", "nm", {4, 1000}, SURVEY, area_node},
    {"survey_area", "energy of a conversion", "J", {0.19e-12, 6e-8}, SURVEY, area_energy},
    {"adc_fom",
     "adc_bits",
     "bit",
     {4, 12},
     "SAR converters of 12 bits, and the coarsest of the survey",
     walden_bits},
    {"adc_part", "adc_bits", "bit", {0, 0}, "the published part, which has these bits", part_bits},
    {"dac_power", "dac_bits", "bit", {1, 8}, "table of DACs of 1 to 8 bits", power_bits},
    {"dac_power", "dac_rate", "1 / s", {1e9, 1e9}, "table of DACs of 1 GS/s", power_rate},
    {"dac_area_um2", "dac_bits", "bit", {1, 1}, "Shafiee et al., ISCA (2016), 1 bit", driver_bits},
    {"energy of logic and SRAM",
     "node_nm",
     "nm",
     {45, 45},
     "M. Horowitz, ISSCC (2014), 45 nm; scaled by node and supply",
     logic_node},
    {"dram_byte",
     "dram_byte",
     "J / byte",
     {162.5e-12, 325e-12},
     "M. Horowitz, ISSCC (2014): 1300 to 2600 pJ for 64 bits",
     dram},
    {"cell_f2", "cell_f2", "F^2", {4, 48}, "cross-point 4, 1T1R 12 to 48", cell_area},
    {"converters, logic, leakage",
     "temperature",
     "K",
     {290, 310},
     "room temperature; only the thermal limit and the Schottky coefficient follow the field",
     temperature},
};

static const aimci_fitted_table technology_fitted = AIMCI_FITTED_TABLE(fitted);

/* ---- calls ---------------------------------------------------------------------------------- */

size_t aimc_cost_model_count_extrapolations(const aimc_cost_model *m)
{
    return m ? aimci_fitted_outside(&technology_fitted, &m->chip.t, 0, 0, NULL) : 0;
}

aimc_status aimc_cost_model_get_extrapolation(const aimc_cost_model *m, size_t i,
                                              aimc_extrapolation *extrapolation)
{
    const char *caller = "cost_model_get_extrapolation";
    return m ? aimci_fitted_get(caller, &technology_fitted, &m->chip.t, 0, i, extrapolation)
             : aimci_fail(AIMC_ERR_INVALID, "%s: model is NULL", caller);
}

/* ---- of a run ------------------------------------------------------------------------------- */

/* Were there conversions of b bits, 0: of widths that are not known? Then bits become theirs, else
 * those of the first that there were; without any they stay. */
static bool take_bits(double all, const double of[AIMC_COST_BITS], size_t b, int64_t *bits)
{
    size_t first = 0;
    double unknown = all;
    for (size_t k = AIMC_COST_BITS; k-- > 1;) {
        unknown -= of[k];
        first = of[k] > 0 ? k : first;
    }
    const bool here = b ? of[b] > 0 : unknown > 1e-9 * all;
    const size_t taken = here ? b : first;
    *bits = taken ? (int64_t)taken : *bits;
    return here;
}

/* The technology as conversions of b bits used it; false: none did. */
static bool as_used(const aimc_cost_events *e, size_t b, aimci_technology *t)
{
    const bool dac = take_bits(e->dac_conversions, e->dac_conversions_of, b, &t->dac_bits);
    const bool adc = take_bits(e->adc_conversions, e->adc_conversions_of, b, &t->adc_bits);
    return dac || adc || (b == 0 && e->dac_conversions + e->adc_conversions == 0);
}

/* Each constant once, at the smallest width that takes it out of its range. */
static size_t outside_in_run(const aimc_cost_model *m, const aimc_cost_events *events, size_t i,
                             aimc_extrapolation *found)
{
    size_t n = 0;
    for (size_t k = 0; k < technology_fitted.n; k++) {
        aimc_extrapolation e;
        bool outside = false;
        for (size_t b = 0; b < AIMC_COST_BITS && !outside; b++) {
            aimci_technology t = m->chip.t;
            outside = as_used(events, b, &t) &&
                      aimci_fitted_is_outside(&technology_fitted.each[k], &t, 0, &e);
        }
        if (outside && found && n == i)
            *found = e;
        n += outside;
    }
    return n;
}

size_t aimc_cost_model_count_extrapolations_of(const aimc_cost_model *m,
                                               const aimc_cost_events *events)
{
    aimc_cost_events e;
    return m && events && !aimci_take_events("cost_model_count_extrapolations_of", events, &e)
               ? outside_in_run(m, &e, 0, NULL)
               : 0;
}

aimc_status aimc_cost_model_get_extrapolation_of(const aimc_cost_model *m,
                                                 const aimc_cost_events *events, size_t i,
                                                 aimc_extrapolation *extrapolation)
{
    const char *caller = "cost_model_get_extrapolation_of";
    aimc_cost_events e;
    aimc_extrapolation ours = {0};
    if (!m || !events || !extrapolation)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller,
                          !m ? "model" : (events ? "extrapolation" : "events"));
    const aimc_status st = aimci_take_events(caller, events, &e);
    if (st)
        return st;
    const size_t n = outside_in_run(m, &e, i, &ours);
    if (i >= n)
        return aimci_fail(AIMC_ERR_INVALID, "%s: extrapolation %zu of %zu", caller, i, n);
    return aimci_struct_out(caller, extrapolation, &ours, sizeof ours, 8);
}

size_t aimci_list_extrapolations(const aimci_technology *t, char outside[][240])
{
    aimc_extrapolation e;
    size_t n = 0;
    while (n < AIMCI_MAX_FITTED && n < aimci_fitted_outside(&technology_fitted, t, 0, n, &e)) {
        aimci_text text = {outside[n], sizeof outside[n], 0};
        aimci_fitted_describe(&e, &text);
        n++;
    }
    return n;
}
