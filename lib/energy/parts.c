/* SPDX-License-Identifier: MIT */
/* What single parts cost: converters, write pulses, reads. */
#include "energy/parts.h"

#include <math.h>

#include "core/physical.h"

static const double pi = 3.14159265358979323846, epsilon0 = 8.8541878128e-12;

/* ---- converters ----------------------------------------------------------------------------- */

/* Published parts of the model TABLE. */
static const struct {
    int bits;
    double rate, power, area_um2;
} adc_parts[] = {
    {10, 1.5e9, 6.92e-3, 1600}, {8, 1.28e9, 2e-3, 1200}, {8, 1.1e9, 4e-3, 1650},
    {6, 1e9, 1.26e-3, 580},     {4, 1e9, 0.7e-3, 500},
};

double aimci_adc_part_bits(int64_t part)
{
    return adc_parts[part].bits;
}

/* Energy of Murmann's survey for effective bits at a rate, J: a fit of signal to noise ratio over
 * figure of merit, which falls with the rate and is capped for coarse converters. */
static double survey_energy(double enob, double rate, double node_nm)
{
    const double sndr =
        20 * aimci_log10(2) * enob + 10 * aimci_log10(1.5); /* of a full-scale sine */
    const double merit = fmin(213.78 - 2.8719 * aimci_ln(rate), 128.3068 + 3.2205 * enob);
    return 0.5e-12 * aimci_pow(10, (sndr - merit) / 10) *
           aimci_exp(26.0496 + 1.88004 * aimci_ln(node_nm) - 2.82913 * aimci_ln(enob) - 1.47020);
}

static double survey_area(double energy, double rate, double node_nm)
{
    if (energy <= 0)
        return 0;
    return 1e-12 * aimci_exp(1.3462 + 0.99328 * aimci_ln(node_nm) + 0.18072 * aimci_ln(rate) +
                             0.29912 * aimci_ln(energy * 1e12));
}

/* ---- ADCs by architecture: steps of their clock, and comparisons ---------------------------- */

static bool is_architecture(const aimci_technology *t)
{
    return t->adc_model >= AIMCI_ADC_SAR;
}

/* A conversion of a current-controlled oscillator lasts as long as the read. */
static double clock_steps(const aimci_technology *t, double bits)
{
    switch (t->adc_model) {
    case AIMCI_ADC_SAR:
        return bits + 1;
    case AIMCI_ADC_RAMP:
        return aimci_exp2(bits);
    case AIMCI_ADC_CCO:
        return t->t_read * t->adc_clock;
    case AIMCI_ADC_CYCLIC:
        return bits;
    default: /* FLASH, SENSE_AMPLIFIER */
        return 1;
    }
}

static double comparisons(const aimci_technology *t, double bits)
{
    switch (t->adc_model) {
    case AIMCI_ADC_RAMP: /* of the counter */
    case AIMCI_ADC_CCO:
        return aimci_exp2(bits);
    case AIMCI_ADC_FLASH:
        return aimci_exp2(bits) - 1;
    case AIMCI_ADC_SENSE_AMPLIFIER:
        return 1;
    default: /* SAR, CYCLIC */
        return bits;
    }
}

static double adc_energy(const aimci_technology *t, double bits)
{
    const double enob = t->adc_enob > 0 ? t->adc_enob : bits;
    if (t->adc_model == AIMCI_ADC_TABLE)
        return adc_parts[t->adc_part].power / adc_parts[t->adc_part].rate;
    if (t->adc_model == AIMCI_ADC_WALDEN)
        return t->adc_fom * aimci_exp2(enob);
    if (t->adc_model == AIMCI_ADC_SURVEY)
        return survey_energy(enob, t->adc_rate, t->node_nm);
    return t->adc_power * clock_steps(t, bits) / t->adc_clock + t->adc_step * comparisons(t, bits);
}

/* Conversions of one array follow each other through the pipeline of an ADC. Those of an oscillator
 * run while the array is read. */
double aimci_adc_time(const aimci_technology *t, double bits)
{
    if (t->adc_model == AIMCI_ADC_CCO)
        return 0;
    if (is_architecture(t))
        return clock_steps(t, bits) / t->adc_clock;
    return 1 / (t->adc_model == AIMCI_ADC_TABLE ? adc_parts[t->adc_part].rate : t->adc_rate);
}

double aimci_adc_energy(const aimci_chip *v, double bits)
{
    return adc_energy(&v->t, bits > 0 ? bits : (double)v->t.adc_bits);
}

static double adc_area(const aimci_technology *t, double energy)
{
    if (t->adc_model == AIMCI_ADC_TABLE)
        return 1e-12 * adc_parts[t->adc_part].area_um2;
    if (t->adc_model != AIMCI_ADC_SURVEY && t->adc_area_um2 > 0)
        return 1e-12 * t->adc_area_um2;
    return survey_area(energy, is_architecture(t) ? t->adc_clock : t->adc_rate, t->node_nm);
}

aimc_converter_cost aimci_adc_cost(const aimci_technology *t)
{
    aimc_converter_cost c = {.struct_size = (uint32_t)sizeof c};
    const double bits =
        t->adc_model == AIMCI_ADC_TABLE ? aimci_adc_part_bits(t->adc_part) : (double)t->adc_bits;
    c.energy_j = adc_energy(t, bits);
    c.time_s = aimci_adc_time(t, bits);
    c.area_m2 = adc_area(t, c.energy_j);
    c.floor_j = 12 * AIMCI_BOLTZMANN * t->temperature * aimci_exp2(2 * bits);
    c.below_floor = c.energy_j < c.floor_j;
    return c;
}

/* ---- DACs and lines ------------------------------------------------------------------------- */

/* The pulse lasts as long as there are steps of the magnitude. */
static double pulse_time(const aimci_technology *t, double bits)
{
    return fmax(aimci_exp2(bits) / 2 - 1, 1) * t->clock_ns * 1e-9;
}

double aimci_read_time(const aimci_technology *t, double dac_bits)
{
    const double bits = dac_bits > 0 ? dac_bits : (double)t->dac_bits;
    return t->dac_model == AIMCI_DAC_WIDTH ? fmax(t->t_read, pulse_time(t, bits)) : t->t_read;
}

double aimci_dac_energy(const aimci_technology *t, double bits, double hold)
{
    const double b = bits > 0 ? bits : (double)t->dac_bits;
    switch (t->dac_model) {
    case AIMCI_DAC_CAPACITOR:
        return t->dac_c_unit * aimci_exp2(b) * t->v_read * t->v_read + t->dac_driver;
    case AIMCI_DAC_POWER: /* it drives its line for as long as the array is read */
        return t->dac_power * aimci_exp2(b) / 2 * fmax(1 / t->dac_rate, hold);
    default: /* WIDTH: the edges of the line come on top */
        return t->dac_driver;
    }
}

/* Width and height of a cell are equal. */
static double pitch_um(const aimci_technology *t)
{
    return sqrt(t->cell_f2) * t->node_nm * 1e-3;
}

double aimci_line_capacitance(const aimci_chip *v, bool word_line)
{
    const aimci_technology *t = &v->t;
    if (t->c_line > 0)
        return t->c_line / (double)t->line_cells;
    const bool gates = word_line && v->c.drive == AIMCI_DRIVE_GATE;
    return pitch_um(t) * t->wire_c + (gates ? 1 : 0.5) * t->cell_gate;
}

aimc_converter_cost aimci_dac_cost(const aimci_chip *v)
{
    const aimci_technology *t = &v->t;
    const bool width = t->dac_model == AIMCI_DAC_WIDTH;
    const double line = aimci_line_capacitance(v, true) * (double)t->line_cells;
    const double edges = width ? 2 * line * t->v_read * t->v_read : 0;
    return (aimc_converter_cost){
        .struct_size = (uint32_t)sizeof(aimc_converter_cost),
        .energy_j = aimci_dac_energy(t, 0, 0) + edges,
        .area_m2 = 1e-12 * t->dac_area_um2,
        .time_s = width ? pulse_time(t, (double)t->dac_bits) : 1 / t->dac_rate,
    };
}

/* Copper of width w and twice its height: 1.77e-8 ohm m (1 + 27.1 nm / w). */
static double wire_resistance(const aimci_technology *t)
{
    const double w = aimci_node_wire_width(t->node_nm);
    return t->wire_r > 0 ? t->wire_r : 1e-6 * 1.77e-8 * (1 + 27.1 / w) / (2 * w * w * 1e-18);
}

double aimci_line_resistance(const aimci_technology *t)
{
    return t->r_line > 0 ? t->r_line / (double)t->line_cells : pitch_um(t) * wire_resistance(t);
}

aimc_status aimc_cost_model_get_adc(const aimc_cost_model *m, aimc_converter_cost *cost)
{
    if (!m || !cost)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_get_adc: NULL argument");
    const aimc_converter_cost ours = aimci_adc_cost(&m->chip.t);
    return aimci_struct_out("cost_model_get_adc", cost, &ours, sizeof ours, 8);
}

aimc_status aimc_cost_model_get_dac(const aimc_cost_model *m, aimc_converter_cost *cost)
{
    if (!m || !cost)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_get_dac: NULL argument");
    const aimc_converter_cost ours = aimci_dac_cost(&m->chip);
    return aimci_struct_out("cost_model_get_dac", cost, &ours, sizeof ours, 8);
}

/* ---- writing -------------------------------------------------------------------------------- */

static double schottky_beta(const aimci_technology *t)
{
    if (t->schottky_beta > 0)
        return t->schottky_beta;
    return AIMCI_CHARGE / (AIMCI_BOLTZMANN * t->temperature) *
           sqrt(AIMCI_CHARGE / (4 * pi * epsilon0 * t->eps_r * t->thickness_nm * 1e-9));
}

double aimc_cost_model_get_schottky_beta(const aimc_cost_model *m)
{
    return m ? schottky_beta(&m->chip.t) : (double)NAN;
}

double aimci_pulse_energy(const aimci_technology *t, double g, double v, double width)
{
    const double plain = v * v * g * width;
    if (t->write_current == AIMCI_WRITE_OHMIC)
        return plain;
    return plain * aimci_exp(schottky_beta(t) * (sqrt(fabs(v)) - sqrt(t->v_read)));
}

aimc_status aimc_cost_model_get_pulse(const aimc_cost_model *m, double g_s, double v, double t_s,
                                      double *energy_j)
{
    if (!m || !energy_j)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_get_pulse: NULL argument");
    if (!isfinite(g_s) || g_s < 0 || !isfinite(t_s) || t_s < 0 || !isfinite(v))
        return aimci_fail(AIMC_ERR_INVALID,
                          "cost_model_get_pulse: g_s = %g, v = %g, t_s = %g: give finite numbers, "
                          "conductance and time >= 0",
                          g_s, v, t_s);
    *energy_j = aimci_pulse_energy(&m->chip.t, g_s, v, t_s);
    return AIMC_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Conductance of every input line, made once for all vectors. */
static aimc_status line_sums(size_t n_out, size_t n_in, const float *g, size_t ld, double *sums)
{
    for (size_t i = 0; i < n_out; i++) {
        for (size_t j = 0; j < n_in; j++) {
            const double s = (double)g[i * ld + j];
            if (!(s >= 0) || !isfinite(s))
                return aimci_fail(AIMC_ERR_INVALID,
                                  "cost_model_get_activity: g[%zu][%zu] = %g is not a conductance",
                                  i, j, s);
            sums[j] += s;
        }
    }
    return AIMC_OK;
}

static aimc_status drive(const aimci_technology *t, size_t n_in, const double *sums, size_t n_batch,
                         const float *x, size_t ld, double *total)
{
    for (size_t b = 0; b < n_batch; b++) {
        for (size_t j = 0; j < n_in; j++) {
            const double v = fmin(fabs((double)x[b * ld + j]), 1);
            if (!isfinite(x[b * ld + j]))
                return aimci_fail(AIMC_ERR_INVALID,
                                  "cost_model_get_activity: x[%zu][%zu] is not finite", b, j);
            *total += sums[j] * (t->input == AIMCI_INPUT_WIDTH ? v : v * v);
        }
    }
    return AIMC_OK;
}

aimc_status aimc_cost_model_get_activity(const aimc_cost_model *m, size_t n_out, size_t n_in,
                                         const float *g, size_t ld_g, size_t n_batch,
                                         const float *x, size_t ld_x, double *active_conductance_s)
{
    if (!m || !g || !x || !active_conductance_s || !n_out || !n_in || !n_batch)
        return aimci_fail(AIMC_ERR_INVALID,
                          "cost_model_get_activity: NULL argument or nothing to read");
    if (ld_g < n_in || ld_x < n_in)
        return aimci_fail(AIMC_ERR_SHAPE,
                          "cost_model_get_activity: ld_g = %zu, ld_x = %zu: need %zu or more", ld_g,
                          ld_x, n_in);
    double *sums = aimci_calloc(m->ctx, n_in, sizeof *sums), total = 0;
    if (!sums)
        return aimci_fail(AIMC_ERR_NOMEM, "cost_model_get_activity: no memory");
    aimc_status st = line_sums(n_out, n_in, g, ld_g, sums);
    if (!st)
        st = drive(&m->chip.t, n_in, sums, n_batch, x, ld_x, &total);
    aimci_free(m->ctx, sums);
    if (!st)
        *active_conductance_s = total / (double)n_batch;
    return st;
}
