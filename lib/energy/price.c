/* SPDX-License-Identifier: MIT */
/* Events times what each of them costs: the components of a chip, one function for each part. */
#include <math.h>

#include "core/elementary.h"
#include "energy/parts.h"

/* ---- instances ------------------------------------------------------------------------------ */

enum instance { CELL, ROW, COLUMN, ADC, ARRAY, CORE, CHIP, ACCUMULATOR };

static const enum instance instance_of[AIMCI_COMPONENTS] = {
#define AIMCI_COMPONENT(name, part, instances, unit, doc) instances,
#include "energy/components.def"
};

/* ADCs of an array where nobody counted them: those of one of line_cells columns. */
static double adcs_of_an_array(const aimci_chip *v)
{
    return v->t.n_adc > 0 ? (double)v->t.n_adc
                          : ceil((double)v->t.line_cells / (double)v->c.columns_per_adc);
}

static double instances(const aimci_chip *v, const aimc_cost_events *e, size_t k)
{
    switch (instance_of[k]) {
    case CELL:
        return e->cells;
    case ROW:
        return e->dacs;
    case COLUMN:
        return e->columns;
    case ADC:
        return e->adcs > 0 ? e->adcs : e->tiles * adcs_of_an_array(v);
    case ARRAY:
        return e->tiles;
    case CORE:
        return ceil(e->tiles / (double)v->c.arrays_per_core);
    case CHIP:
        return e->tiles > 0;
    case ACCUMULATOR:
        return e->accumulators;
    }
    return 0;
}

/* ---- putting down --------------------------------------------------------------------------- */

typedef struct pricing {
    const aimci_chip *v, *nominal;
    const aimc_cost_events *e;
    aimci_bill *bill;
} pricing;

/* What the model says, unless the document of the chip does. */
static void put(const pricing *p, size_t k, double count, double unit, double area)
{
    const aimci_component *own = &p->v->parts[k];
    aimci_price *price = &p->bill->each[k];
    const double stated = p->v->c.stated_vdd, ratio = stated > 0 ? p->v->t.vdd / stated : 1;
    price->count = count;
    price->instances = instances(p->v, p->e, k);
    price->unit_j = own->energy >= 0 ? own->energy * ratio * ratio : unit;
    price->energy_j = count * price->unit_j;
    price->area_m2 = own->area_um2 >= 0 ? own->area_um2 * 1e-12 * price->instances : area;
}

static double square(double x)
{
    return x * x;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Conductance driven, as this chip has it where it was counted with the numbers of another one. */
static double conductance(const pricing *p)
{
    const aimci_technology *t = &p->v->t, *was = &p->nominal->t;
    return p->e->active_conductance_s + p->e->off_cells * (t->g_off - was->g_off) +
           p->e->unit_weights * (t->g_unit - was->g_unit) +
           p->e->unseen_cells * (t->g_mean * t->input_mean - was->g_mean * was->input_mean);
}

static void price_cells(const pricing *p)
{
    const aimci_technology *t = &p->v->t;
    const double f2 = square(t->node_nm * 1e-9);
    put(p, AIMCI_COMPONENT_cell, conductance(p), t->v_read * t->v_read * t->t_read,
        p->e->cells * t->cell_f2 * f2);
    put(p, AIMCI_COMPONENT_cell_capacitor, p->e->driven_cells, t->cell_capacitance * square(t->vdd),
        0);
    p->bill->each[AIMCI_COMPONENT_cell].time_s =
        p->e->read_s > 0 ? p->e->read_s : p->e->read_steps * aimci_read_time(t, 0);
}

/* A pulse-width driver has the edges of its row in its own price. */
static void price_lines(const pricing *p)
{
    const aimci_technology *t = &p->v->t;
    const aimc_cost_events *e = p->e;
    const double line = (double)t->line_cells, scale = aimci_chip_scale(p->v);
    const double row_cells = e->row_cells > 0 ? e->row_cells : e->rows_charged * line;
    const double column_cells = e->column_cells > 0 ? e->column_cells : e->columns_charged * line;
    const double swing = p->v->c.drive == AIMCI_DRIVE_GATE ? p->v->c.v_word_line : t->v_read;
    const bool width = t->dac_model == AIMCI_DAC_WIDTH;
    const double row = width ? 0 : aimci_line_capacitance(p->v, true) * square(swing);
    const double column = aimci_line_capacitance(p->v, false);
    put(p, AIMCI_COMPONENT_word_line, row_cells, row, 0);
    put(p, AIMCI_COMPONENT_bit_line, column_cells, column * square(t->swing), 0);
    put(p, AIMCI_COMPONENT_row_driver, row_cells, row / 3, 0); /* 1/4 + 1/16 + ... of the load */
    put(p, AIMCI_COMPONENT_level_shifter, e->rows_charged, 0, 0);
    put(p, AIMCI_COMPONENT_switch_matrix, e->rows_charged, t->register_bit * scale, 0);
    put(p, AIMCI_COMPONENT_column_mux, e->adc_conversions, t->register_bit * scale, 0);
    const double cells_squared =
        e->settle_cells_squared > 0 ? e->settle_cells_squared : e->read_steps * square(line);
    p->bill->each[AIMCI_COMPONENT_bit_line].time_s =
        0.38 * aimci_line_resistance(t) * column * cells_squared;
}

/* Mean energy of conversions, of which some have bits of their own. */
static double mean_energy(const pricing *p, double count, const double of[AIMC_COST_BITS],
                          double (*energy)(const aimci_chip *, double))
{
    double told = 0, sum = 0;
    for (size_t b = 1; b < AIMC_COST_BITS; b++) {
        told += of[b];
        sum += of[b] > 0 ? of[b] * energy(p->v, (double)b) : 0;
    }
    const double rest = fmax(count - told, 0); /* a sum rounds */
    return count > 0 ? (sum + rest * energy(p->v, 0)) / count : energy(p->v, 0);
}

static double dac_energy(const aimci_chip *v, double bits)
{
    return aimci_dac_energy(&v->t, bits, v->t.t_read);
}

static void price_converters(const pricing *p)
{
    const aimci_technology *t = &p->v->t;
    const aimc_cost_events *e = p->e;
    const aimc_converter_cost adc = aimci_adc_cost(t), dac = aimci_dac_cost(p->v);
    const bool width = t->dac_model == AIMCI_DAC_WIDTH;
    const double row_cells =
        e->row_cells > 0 ? e->row_cells : e->rows_charged * (double)t->line_cells;
    const double edges = width && e->dac_conversions > 0
                             ? 2 * square(t->v_read) * aimci_line_capacitance(p->v, true) *
                                   row_cells / e->dac_conversions
                             : 0;
    put(p, AIMCI_COMPONENT_dac, e->dac_conversions,
        mean_energy(p, e->dac_conversions, e->dac_conversions_of, dac_energy) + edges,
        e->dacs * dac.area_m2);
    put(p, AIMCI_COMPONENT_sample_hold, e->samples, t->sample_hold, 0);
    put(p, AIMCI_COMPONENT_adc, e->adc_conversions,
        mean_energy(p, e->adc_conversions, e->adc_conversions_of, aimci_adc_energy),
        instances(p->v, e, AIMCI_COMPONENT_adc) * adc.area_m2);
    const bool timed = e->read_s > 0; /* when it was counted */
    p->bill->each[AIMCI_COMPONENT_dac].time_s =
        width || (timed && p->v->c.overlap) ? 0 : e->read_steps * dac.time_s;
    p->bill->each[AIMCI_COMPONENT_adc].time_s = timed ? e->adc_s : e->adc_steps * adc.time_s;
    put(p, AIMCI_COMPONENT_verify, e->verify_reads,
        t->v_read * t->v_read * t->t_read * t->g_write + adc.energy_j, 0);
    p->bill->each[AIMCI_COMPONENT_verify].time_s = e->verify_reads * (t->t_read + adc.time_s);
}

/* ---- logic, memory, wires ------------------------------------------------------------------- */

/* Horowitz's 10, 20 and 100 pJ for 64 bits of 8 KB, 32 KB and 1 MB. */
static double sram_byte(const aimci_chip *v, double kb)
{
    return v->t.sram_byte * aimci_chip_scale(v) * aimci_pow(kb / 8, 0.475);
}

static void price_logic(const pricing *p)
{
    const aimci_technology *t = &p->v->t;
    const aimc_cost_events *e = p->e;
    const double scale = aimci_chip_scale(p->v), bit = t->register_bit * scale;
    const double add_bit = t->add_int32 / 32 * scale;
    const double columns = e->columns > 0 ? e->columns / (double)t->line_cells : e->tiles;
    put(p, AIMCI_COMPONENT_shift_add, e->digital_adds, add_bit * (double)p->v->c.accumulator_bits,
        columns * t->digital_area_um2 * 1e-12);
    put(p, AIMCI_COMPONENT_core_adder, e->core_adds, add_bit * (double)p->v->c.output_bits, 0);
    put(p, AIMCI_COMPONENT_activation, e->activations, add_bit * (double)p->v->c.output_bits, 0);
    put(p, AIMCI_COMPONENT_pooling, e->pooled, add_bit * (double)p->v->c.value_bits, 0);
    put(p, AIMCI_COMPONENT_control, e->reads, 0, 0);
    put(p, AIMCI_COMPONENT_input_register, e->input_register_bits, bit, 0);
    put(p, AIMCI_COMPONENT_output_register, e->output_register_bits, bit, 0);
    put(p, AIMCI_COMPONENT_core_register, e->core_register_bits, bit, 0);
    put(p, AIMCI_COMPONENT_core_buffer, e->buffer_bytes, sram_byte(p->v, p->v->c.core_buffer_kb),
        0);
    put(p, AIMCI_COMPONENT_global_buffer, e->global_buffer_bytes,
        sram_byte(p->v, p->v->c.global_buffer_kb), 0);
    put(p, AIMCI_COMPONENT_dram, e->dram_bytes, t->dram_byte, 0);
    put(p, AIMCI_COMPONENT_gradient, e->gradient_macs, (t->mul_fp32 + t->add_fp32) * scale, 0);
    /* an fp32 sum is read, added to and written back */
    put(p, AIMCI_COMPONENT_accumulator, e->accumulations, (t->add_fp32 + 8 * t->sram_byte) * scale,
        e->accumulators * 32 * t->sram_f2 * square(t->node_nm * 1e-9));
}

static void price_wires(const pricing *p)
{
    const aimci_technology *t = &p->v->t;
    const double wire = 0.5 * t->wire_c * t->wire_um * square(t->vdd) * t->wire_activity;
    put(p, AIMCI_COMPONENT_core_bus, p->e->moved_bits, wire, 0);
    put(p, AIMCI_COMPONENT_router, p->e->hop_bits,
        wire + 2 * t->register_bit * aimci_chip_scale(p->v), 0);
    put(p, AIMCI_COMPONENT_link, p->e->link_bits, wire, 0);
}

/* ---- writing -------------------------------------------------------------------------------- */

/* One full pulse and the cells on its lines that see half of it. */
static double pulse(const aimci_technology *t, double v, double width)
{
    return (aimci_pulse_energy(t, t->g_write, v, width) +
            t->half_select * aimci_pulse_energy(t, t->g_write, v / 2, width)) /
           t->pump_efficiency;
}

static void price_writes(const pricing *p)
{
    const aimci_technology *t = &p->v->t;
    put(p, AIMCI_COMPONENT_write_up, p->e->pulses_up, pulse(t, t->v_set, t->t_set), 0);
    put(p, AIMCI_COMPONENT_write_down, p->e->pulses_down, pulse(t, t->v_reset, t->t_reset), 0);
    /* a slot is as long as the longer of both pulses */
    p->bill->each[AIMCI_COMPONENT_write_up].time_s = p->e->write_steps * fmax(t->t_set, t->t_reset);
}

/* ---- totals --------------------------------------------------------------------------------- */

static void price_whitespace(const pricing *p)
{
    double area = 0;
    for (size_t k = 0; k < AIMCI_COMPONENTS; k++)
        area += p->bill->each[k].area_m2;
    put(p, AIMCI_COMPONENT_routing, 0, 0, area * p->v->c.whitespace / (1 - p->v->c.whitespace));
}

/* Cells do not leak beside their current, whitespace not at all. */
static double leakage_of(const pricing *p, size_t k)
{
    const double own = p->v->parts[k].leakage_w;
    if (own >= 0)
        return own * p->bill->each[k].instances;
    if (k == AIMCI_COMPONENT_cell || k == AIMCI_COMPONENT_routing)
        return 0;
    return p->v->t.leakage_w_per_mm2 * 1e6 * p->bill->each[k].area_m2;
}

static void sum_up(const pricing *p)
{
    aimci_bill *bill = p->bill;
    double power = 0;
    for (size_t k = 0; k < AIMCI_COMPONENTS; k++) {
        bill->each[k].leakage_w = leakage_of(p, k);
        power += bill->each[k].leakage_w;
        bill->time_s += bill->each[k].time_s;
        bill->area_m2 += bill->each[k].area_m2;
    }
    put(p, AIMCI_COMPONENT_leakage, bill->time_s, power, 0);
    for (size_t k = 0; k < AIMCI_COMPONENTS; k++)
        bill->energy_j += bill->each[k].energy_j;
}

void aimci_price_events(const aimci_chip *chip, const aimci_chip *nominal,
                        const aimc_cost_events *events, aimci_bill *bill)
{
    *bill = (aimci_bill){.energy_j = 0};
    const pricing p = {chip, nominal, events, bill};
    price_cells(&p);
    price_lines(&p);
    price_converters(&p);
    price_logic(&p);
    price_wires(&p);
    price_writes(&p);
    price_whitespace(&p);
    sum_up(&p);
}
