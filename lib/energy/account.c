/* SPDX-License-Identifier: MIT */
/* Events times prices. */
#include <math.h>
#include <string.h>

#include "energy/parts.h"

/* ---- events of a run ------------------------------------------------------------------------ */

static aimc_status check_counters(const aimc_counters *c, const aimc_cost_shape *s)
{
    if (!s->n_out || !s->n_in || !s->tiles_out || !s->tiles_in || s->tiles_out > s->n_out ||
        s->tiles_in > s->n_in)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "cost_model_add_counters: %llu x %llu outputs and inputs on %llu x %llu tiles is no "
            "shape of a matrix",
            (unsigned long long)s->n_out, (unsigned long long)s->n_in,
            (unsigned long long)s->tiles_out, (unsigned long long)s->tiles_in);
    const uint64_t tiles = s->tiles_out * s->tiles_in,
                   reads = c->forward_passes + c->backward_passes;
    if (c->forward_vectors % tiles || c->backward_vectors % tiles || c->updates % tiles)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "cost_model_add_counters: vectors or updates are no multiple of %llu tiles: the "
            "counters are of another model",
            (unsigned long long)tiles);
    if (c->activity_reads > reads)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "cost_model_add_counters: %llu reads were looked at, but %llu made: the counters are "
            "of another model",
            (unsigned long long)c->activity_reads, (unsigned long long)reads);
    /* 64 conversions of a line in one read are more than any slicing of inputs or weights needs */
    const double most = 64.0 * (double)reads * (double)(s->n_out > s->n_in ? s->n_out : s->n_in);
    if ((double)c->dac_conversions > most || (double)c->adc_conversions > most)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "cost_model_add_counters: %llu reads of a matrix of %llu x %llu cannot have made %llu "
            "input and %llu output conversions: the counters are of another model",
            (unsigned long long)reads, (unsigned long long)s->n_out, (unsigned long long)s->n_in,
            (unsigned long long)c->dac_conversions, (unsigned long long)c->adc_conversions);
    return AIMC_OK;
}

/* What was counted, and for other reads of so many cells the means. */
static double driven(const aimci_technology *t, const aimc_counters *c, double reads, double cells)
{
    const bool width = t->input == AIMCI_INPUT_WIDTH;
    const double on_cells =
        (double)(width ? c->input_activity : c->input_activity_squared) / AIMC_ACTIVITY_ONE;
    const double on_weight =
        (double)(width ? c->conductance_activity : c->conductance_activity_squared) /
        AIMC_ACTIVITY_ONE;
    return (double)t->devices * t->g_off * on_cells + t->g_unit * on_weight +
           (reads - (double)c->activity_reads) * cells * t->g_mean * t->input_mean;
}

static void count(const aimci_technology *t, const aimc_counters *c, const aimc_cost_shape *s,
                  aimc_cost_events *e)
{
    const double tiles = (double)(s->tiles_out * s->tiles_in);
    const double weights = (double)s->n_out * (double)s->n_in, dac = (double)c->dac_conversions,
                 adc = (double)c->adc_conversions;
    const double reads = (double)c->forward_passes + (double)c->backward_passes;
    e->macs += (double)(c->forward_vectors + c->backward_vectors) / tiles * weights;
    e->reads += reads;
    e->active_conductance_s += driven(t, c, reads, weights / tiles * (double)t->devices);
    e->rows_charged += t->input_mean > 0 ? dac : 0;
    e->columns_charged += t->input_mean > 0 ? adc : 0;
    e->read_steps += reads / tiles;
    e->dac_conversions += dac;
    e->adc_conversions += adc;
    if (reads > 0)
        e->adc_steps += reads / tiles * ceil(adc / reads / (double)t->n_adc);
    e->digital_adds += adc;
    e->buffer_bytes += dac + 4 * adc;
    e->moved_bits += 8 * dac + 32 * adc;
    e->pulses_up += (double)c->pulses_up + (double)c->program_pulses;
    e->pulses_down += (double)c->pulses_down;
    /* programming goes device by device */
    e->write_steps += ((double)c->pulse_slots + (double)c->program_pulses) / tiles;
    e->accumulations += (double)c->accumulations;
    e->gradient_macs += (double)c->gradient_macs;
    e->verify_reads += (double)c->verify_reads;
    e->accumulators += c->accumulations > 0 ? weights : 0;
    e->tiles += tiles;
    e->cells += weights * (double)t->devices;
    e->devices += (double)c->devices;
    e->dacs += (double)s->n_in * (double)s->tiles_out;
}

aimc_status aimc_cost_model_add_counters(const aimc_cost_model *m, const aimc_counters *counters,
                                         const aimc_cost_shape *shape, aimc_cost_events *events)
{
    if (!m || !counters || !shape || !events)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_add_counters: NULL argument");
    aimc_counters c;
    aimc_cost_shape s;
    aimc_cost_events e;
    aimc_status st = aimci_struct_in("cost_model_add_counters: counters", counters, &c, sizeof c);
    if (!st)
        st = aimci_struct_in("cost_model_add_counters: shape", shape, &s, sizeof s);
    if (!st)
        st = aimci_struct_in("cost_model_add_counters: events", events, &e, sizeof e);
    if (!st)
        st = check_counters(&c, &s);
    if (st)
        return st;
    count(&m->t, &c, &s, &e);
    return aimci_struct_out("cost_model_add_counters", events, &e, sizeof e, 8);
}

/* ---- the account ---------------------------------------------------------------------------- */

#define EVENT(field)                                                                               \
    {                                                                                              \
#field, offsetof(aimc_cost_events, field)                                                  \
    }
static const struct {
    const char *name;
    size_t offset;
} event_fields[] = {
    EVENT(macs),
    EVENT(reads),
    EVENT(active_conductance_s),
    EVENT(rows_charged),
    EVENT(read_steps),
    EVENT(columns_charged),
    EVENT(dac_conversions),
    EVENT(adc_conversions),
    EVENT(adc_steps),
    EVENT(digital_adds),
    EVENT(buffer_bytes),
    EVENT(moved_bits),
    EVENT(pulses_up),
    EVENT(pulses_down),
    EVENT(write_steps),
    EVENT(accumulations),
    EVENT(gradient_macs),
    EVENT(verify_reads),
    EVENT(tiles),
    EVENT(cells),
    EVENT(dacs),
    EVENT(accumulators),
    EVENT(devices),
    EVENT(dram_bytes),
};

static aimc_status check_events(const aimc_cost_events *e)
{
    for (size_t i = 0; i < sizeof event_fields / sizeof event_fields[0]; i++) {
        double v;
        memcpy(&v, (const char *)e + event_fields[i].offset, sizeof v);
        if (!isfinite(v) || v < 0)
            return aimci_fail(AIMC_ERR_INVALID,
                              "cost_model_account: events.%s = %g: give a finite number >= 0",
                              event_fields[i].name, v);
    }
    return AIMC_OK;
}

static aimc_cost_item item(const char *name, double n, double unit, double time, double area)
{
    return (aimc_cost_item){.name = name,
                            .count = n,
                            .unit_j = unit,
                            .energy_j = n * unit,
                            .time_s = time,
                            .area_m2 = area};
}

/* One full pulse and the cells on its lines that see half of it. */
static double selected_energy(const aimci_technology *t, double v, double width)
{
    return aimci_pulse_energy(t, t->g_write, v, width) +
           t->half_select * aimci_pulse_energy(t, t->g_write, v / 2, width);
}

static void price_reads(const aimci_technology *t, const aimc_cost_events *e, aimc_cost_item *p)
{
    const aimc_converter_cost adc = aimci_adc_cost(t), dac = aimci_dac_cost(t);
    const double f2 = t->node_nm * t->node_nm * 1e-18, settle = 0.38 * t->r_line * t->c_line;
    /* widths are the read itself; other converters come before it */
    const bool width = t->dac_model == AIMCI_DAC_WIDTH;
    const double read = width ? fmax(t->t_read, dac.time_s) : t->t_read;
    const double cell = t->v_read * t->v_read * t->t_read;
    const double charge = t->c_line * (e->rows_charged * t->v_read * t->v_read +
                                       e->columns_charged * t->swing * t->swing);
    /* a pulse-width driver has the charge of its row in its own price */
    const double lines = width ? t->c_line * e->columns_charged * t->swing * t->swing : charge;
    p[AIMC_COST_ARRAY] = item("array", e->active_conductance_s, cell, e->read_steps * read,
                              e->cells * t->cell_f2 * f2);
    p[AIMC_COST_LINES] =
        item("lines", e->reads, e->reads > 0 ? lines / e->reads : 0, e->read_steps * settle, 0);
    p[AIMC_COST_DAC] = item("dac", e->dac_conversions, dac.energy_j,
                            width ? 0 : e->read_steps * dac.time_s, e->dacs * dac.area_m2);
    p[AIMC_COST_ADC] = item("adc", e->adc_conversions, adc.energy_j, e->adc_steps * adc.time_s,
                            e->tiles * (double)t->n_adc * adc.area_m2);
    p[AIMC_COST_VERIFY] = item("verify", e->verify_reads, cell * t->g_write + adc.energy_j,
                               e->verify_reads * (t->t_read + adc.time_s), 0);
}

static void price_logic(const aimc_cost_model *m, const aimc_cost_events *e, aimc_cost_item *p)
{
    const aimci_technology *t = &m->t;
    const double f2 = t->node_nm * t->node_nm * 1e-18;
    p[AIMC_COST_DIGITAL] = item("digital", e->digital_adds, t->add_int32 * m->scale, 0,
                                e->tiles * t->digital_area_um2 * 1e-12);
    p[AIMC_COST_BUFFER] = item("buffer", e->buffer_bytes, t->sram_byte * m->scale, 0, 0);
    p[AIMC_COST_DRAM] = item("dram", e->dram_bytes, t->dram_byte, 0, 0);
    p[AIMC_COST_INTERCONNECT] =
        item("interconnect", e->moved_bits,
             0.5 * t->wire_c * t->wire_um * t->vdd * t->vdd * t->wire_activity, 0, 0);
    /* an fp32 sum is read, added to and written back */
    p[AIMC_COST_ACCUMULATOR] =
        item("accumulator", e->accumulations, (t->add_fp32 + 8 * t->sram_byte) * m->scale, 0,
             e->accumulators * 32 * t->sram_f2 * f2);
    p[AIMC_COST_GRADIENT] =
        item("gradient", e->gradient_macs, (t->mul_fp32 + t->add_fp32) * m->scale, 0, 0);
}

static void price_writes(const aimci_technology *t, const aimc_cost_events *e, aimc_cost_item *p)
{
    p[AIMC_COST_WRITE_UP] =
        item("write_up", e->pulses_up, selected_energy(t, t->v_set, t->t_set), 0, 0);
    p[AIMC_COST_WRITE_DOWN] =
        item("write_down", e->pulses_down, selected_energy(t, t->v_reset, t->t_reset), 0, 0);
    /* a slot is as long as the longer of both pulses */
    p[AIMC_COST_WRITE_UP].time_s = e->write_steps * fmax(t->t_set, t->t_reset);
}

static void sum_up(const aimc_cost_model *m, const aimc_cost_events *e, aimc_cost_report *r)
{
    const aimci_technology *t = &m->t;
    double cells = r->parts[AIMC_COST_ARRAY].area_m2;
    for (size_t k = 0; k < AIMC_COST_LEAKAGE; k++) {
        r->time_s += r->parts[k].time_s;
        r->area_m2 += r->parts[k].area_m2;
    }
    r->parts[AIMC_COST_LEAKAGE] =
        item("leakage", r->time_s, t->leakage_w_per_mm2 * 1e6 * (r->area_m2 - cells), 0, 0);
    for (size_t k = 0; k < AIMC_COST_PARTS; k++)
        r->energy_j += r->parts[k].energy_j;
    r->j_per_mac = e->macs > 0 ? r->energy_j / e->macs : (double)NAN;
    r->ops_per_j = r->energy_j > 0 ? 2 * e->macs / r->energy_j : (double)NAN;
    r->ops_per_s_m2 =
        r->time_s > 0 && r->area_m2 > 0 ? 2 * e->macs / (r->time_s * r->area_m2) : (double)NAN;
    r->co2_kg = r->energy_j * t->pue / 3.6e6 * t->carbon_kg_per_kwh;
    const double devices = e->devices > 0 ? e->devices : e->cells;
    r->devices = devices;
    r->pulses_per_device = devices > 0 ? (e->pulses_up + e->pulses_down) / devices : 0;
    r->endurance_used = r->pulses_per_device / t->endurance;
    r->endurance = t->endurance;
    r->adc_below_floor = aimci_adc_cost(t).below_floor;
}

aimc_status aimc_cost_model_account(const aimc_cost_model *m, const aimc_cost_events *events,
                                    aimc_cost_report *report)
{
    if (!m || !events || !report)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_account: NULL argument");
    aimc_cost_events e;
    aimc_status st = aimci_struct_in("cost_model_account: events", events, &e, sizeof e);
    if (!st)
        st = check_events(&e);
    if (st)
        return st;
    aimc_cost_report r = {0};
    price_reads(&m->t, &e, r.parts);
    price_logic(m, &e, r.parts);
    price_writes(&m->t, &e, r.parts);
    sum_up(m, &e, &r);
    return aimci_struct_out("cost_model_account", report, &r, sizeof r, 8);
}

/* ---- comparisons ---------------------------------------------------------------------------- */

static const aimc_cost_baseline baselines[] = {
    {0, 0, "v100_fp16",
     "peak of a V100, fp16 on tensor cores: 300 W, 125 TFLOPS (libaimc's specification, 4.3.11; "
     "the rate also at developer.nvidia.com/programming-tensor-cores-cuda-9-0)",
     300 / (125e12 / 2)},
    {0, 0, "v100_fp32",
     "peak of a V100, fp32: 300 W, 15.7 TFLOPS (libaimc's specification, 4.3.11)",
     300 / (15.7e12 / 2)},
    {0, 1, "h100_int8",
     "assumed: class of an H100, 0.35 W per int8 TOPS (700 W and 1979 dense TOPS are "
     "told of the SXM5 part, glennklockwood.com/garden/processors/h100)",
     0.7e-12},
    {0, 1, "mcu", "assumed: Cortex-M4 with flash, 100 to 300 pJ a cycle, one int8 MAC a cycle",
     200e-12},
};

aimc_status aimc_cost_baseline_get(size_t i, aimc_cost_baseline *baseline)
{
    const size_t n = sizeof baselines / sizeof baselines[0];
    if (!baseline || i >= n)
        return aimci_fail(AIMC_ERR_INVALID, "cost_baseline_get: NULL, or %zu of %zu", i, n);
    return aimci_struct_out("cost_baseline_get", baseline, &baselines[i], sizeof baselines[i], 8);
}

double aimc_cost_get_voltage_for_saving(double v0, double saving)
{
    return saving >= 0 && saving <= 1 ? v0 * sqrt(1 - saving) : (double)NAN;
}

static double delay(const aimci_technology *t, double v)
{
    return v / pow(v - t->v_threshold, t->delay_exponent);
}

/* Data bits wrong after the code, with independent errors of rate p. */
static void price_code(aimc_memory_code code, double p, aimc_cost_supply *s)
{
    s->uncorrected = s->unnoticed = p;
    s->bits_per_bit = 1;
    switch (code) {
    case AIMC_CODE_PARITY: /* an odd number of the other eight makes it even */
        s->bits_per_bit = 9.0 / 8;
        s->unnoticed = p * (1 - pow(1 - 2 * p, 8)) / 2;
        break;
    case AIMC_CODE_SECDED: /* any, or an even number of others but none, out of 71 */
        s->bits_per_bit = 72.0 / 64;
        s->uncorrected = -p * expm1(71 * log1p(-p));
        s->unnoticed = p * ((1 + pow(1 - 2 * p, 71)) / 2 - pow(1 - p, 71));
        break;
    case AIMC_CODE_TMR:
        s->bits_per_bit = 3;
        s->uncorrected = s->unnoticed = p * p * (3 - 2 * p);
        break;
    case AIMC_CODE_NONE:
        break;
    }
}

aimc_status aimc_cost_model_get_at_supply(const aimc_cost_model *m, double v, aimc_memory_code code,
                                          aimc_cost_supply *supply)
{
    if (!m || !supply)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_get_at_supply: NULL argument");
    if (!(v > m->t.v_threshold) || !isfinite(v))
        return aimci_fail(AIMC_ERR_INVALID,
                          "cost_model_get_at_supply: v = %g; above v_threshold = %g V only", v,
                          m->t.v_threshold);
    if ((int)code < AIMC_CODE_NONE || (int)code > AIMC_CODE_TMR)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_get_at_supply: unknown code %d", (int)code);
    aimc_cost_supply s = {.v0 = m->t.vdd,
                          .bit_error_rate = aimc_cost_model_get_bit_error_rate(m, v)};
    price_code(code, s.bit_error_rate, &s);
    s.energy = s.bits_per_bit * v * v / (s.v0 * s.v0);
    s.delay = s.v0 > m->t.v_threshold ? delay(&m->t, v) / delay(&m->t, s.v0) : (double)NAN;
    return aimci_struct_out("cost_model_get_at_supply", supply, &s, sizeof s, 8);
}

double aimc_cost_model_get_bit_error_rate(const aimc_cost_model *m, double v)
{
    return m ? 0.5 * erfc((v - m->t.ber_v50) / (sqrt(2) * m->t.ber_sigma)) : (double)NAN;
}
