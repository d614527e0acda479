/* SPDX-License-Identifier: MIT */
/* What events cost: the bill by component, by part and as a whole; layers one after the other. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "energy/parts.h"

/* ---- events --------------------------------------------------------------------------------- */

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
    EVENT(off_cells),
    EVENT(unit_weights),
    EVENT(unseen_cells),
    EVENT(driven_cells),
    EVENT(row_cells),
    EVENT(column_cells),
    EVENT(settle_cells_squared),
    EVENT(read_s),
    EVENT(adc_s),
    EVENT(samples),
    EVENT(core_adds),
    EVENT(activations),
    EVENT(pooled),
    EVENT(input_register_bits),
    EVENT(output_register_bits),
    EVENT(core_register_bits),
    EVENT(global_buffer_bytes),
    EVENT(hop_bits),
    EVENT(link_bits),
    EVENT(columns),
    EVENT(adcs),
    EVENT(split_tiles),
};

static aimc_status check_event(const char *caller, const char *name, double v)
{
    return isfinite(v) && v >= 0
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "%s: events.%s = %g: give a finite number >= 0",
                            caller, name, v);
}

/* Those of known bits are some of all. */
static aimc_status check_share(const char *caller, const char *name, double all,
                               const double of[AIMC_COST_BITS])
{
    double told = 0;
    for (size_t b = 0; b < AIMC_COST_BITS; b++)
        told += of[b];
    return told <= all * (1 + 1e-9)
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID,
                            "%s: events.%s = %g, but %s_of adds up to %g: count a conversion in "
                            "both, or not at all",
                            caller, name, all, name, told);
}

static aimc_status check_events(const char *caller, const aimc_cost_events *e)
{
    aimc_status st = AIMC_OK;
    for (size_t i = 0; i < sizeof event_fields / sizeof event_fields[0] && !st; i++) {
        double v;
        memcpy(&v, (const char *)e + event_fields[i].offset, sizeof v);
        st = check_event(caller, event_fields[i].name, v);
    }
    for (size_t b = 0; b < AIMC_COST_BITS && !st; b++) {
        st = check_event(caller, "dac_conversions_of", e->dac_conversions_of[b]);
        if (!st)
            st = check_event(caller, "adc_conversions_of", e->adc_conversions_of[b]);
    }
    if (!st)
        st = check_share(caller, "dac_conversions", e->dac_conversions, e->dac_conversions_of);
    return st ? st
              : check_share(caller, "adc_conversions", e->adc_conversions, e->adc_conversions_of);
}

aimc_status aimci_take_events(const char *caller, const aimc_cost_events *events,
                              aimc_cost_events *ours)
{
    char argument[64];
    snprintf(argument, sizeof argument, "%s: events", caller);
    const aimc_status st = aimci_struct_in(argument, events, ours, sizeof *ours);
    return st ? st : check_events(caller, ours);
}

/* ---- components ----------------------------------------------------------------------------- */

static const struct {
    aimc_cost_part part;
    const char *unit, *doc;
} components[AIMCI_COMPONENTS] = {
#define AIMCI_COMPONENT(name, part, instances, unit, doc) {AIMC_COST_##part, unit, doc},
#include "energy/components.def"
};

size_t aimc_cost_model_count_components(const aimc_cost_model *m)
{
    return m ? AIMCI_COMPONENTS : 0;
}

aimc_status aimc_cost_model_get_component(const aimc_cost_model *m, const aimc_cost_events *events,
                                          size_t i, aimc_cost_component *component)
{
    const char *caller = "cost_model_get_component";
    if (!m || !events || !component || i >= AIMCI_COMPONENTS)
        return aimci_fail(AIMC_ERR_INVALID, "%s: NULL argument, or component %zu of %d", caller, i,
                          AIMCI_COMPONENTS);
    aimc_cost_events e;
    aimci_bill bill;
    const aimc_status st = aimci_take_events(caller, events, &e);
    if (st)
        return st;
    aimci_price_events(&m->chip, &m->chip, &e, &bill);
    const aimci_price *p = &bill.each[i];
    const aimc_cost_component ours = {.part = (int32_t)components[i].part,
                                      .name = aimci_component_names[i],
                                      .unit = components[i].unit,
                                      .doc = components[i].doc,
                                      .count = p->count,
                                      .unit_j = p->unit_j,
                                      .energy_j = p->energy_j,
                                      .time_s = p->time_s,
                                      .instances = p->instances,
                                      .area_m2 = p->area_m2,
                                      .leakage_w = p->leakage_w};
    return aimci_struct_out(caller, component, &ours, sizeof ours, 8);
}

/* ---- parts ---------------------------------------------------------------------------------- */

static const char *const part_names[AIMC_COST_PARTS] = {
    "array",    "lines",      "dac",         "adc",    "digital",  "buffer", "interconnect",
    "write_up", "write_down", "accumulator", "verify", "gradient", "dram",   "leakage"};

/* The events that a part is told by, and its main component. */
static const struct {
    size_t count; /* offset in aimc_cost_events */
    size_t main;
} parts[AIMC_COST_LEAKAGE] = {
    [AIMC_COST_ARRAY] = {offsetof(aimc_cost_events, active_conductance_s), AIMCI_COMPONENT_cell},
    [AIMC_COST_LINES] = {offsetof(aimc_cost_events, reads), AIMCI_COMPONENT_word_line},
    [AIMC_COST_DAC] = {offsetof(aimc_cost_events, dac_conversions), AIMCI_COMPONENT_dac},
    [AIMC_COST_ADC] = {offsetof(aimc_cost_events, adc_conversions), AIMCI_COMPONENT_adc},
    [AIMC_COST_DIGITAL] = {offsetof(aimc_cost_events, digital_adds), AIMCI_COMPONENT_shift_add},
    [AIMC_COST_BUFFER] = {offsetof(aimc_cost_events, buffer_bytes), AIMCI_COMPONENT_core_buffer},
    [AIMC_COST_INTERCONNECT] = {offsetof(aimc_cost_events, moved_bits), AIMCI_COMPONENT_core_bus},
    [AIMC_COST_WRITE_UP] = {offsetof(aimc_cost_events, pulses_up), AIMCI_COMPONENT_write_up},
    [AIMC_COST_WRITE_DOWN] = {offsetof(aimc_cost_events, pulses_down), AIMCI_COMPONENT_write_down},
    [AIMC_COST_ACCUMULATOR] = {offsetof(aimc_cost_events, accumulations),
                               AIMCI_COMPONENT_accumulator},
    [AIMC_COST_VERIFY] = {offsetof(aimc_cost_events, verify_reads), AIMCI_COMPONENT_verify},
    [AIMC_COST_GRADIENT] = {offsetof(aimc_cost_events, gradient_macs), AIMCI_COMPONENT_gradient},
    [AIMC_COST_DRAM] = {offsetof(aimc_cost_events, dram_bytes), AIMCI_COMPONENT_dram},
};

/* Mean price of what the part is told by; without any, the energy itself is one event. */
static void name_price(const aimci_bill *bill, const aimc_cost_events *e, size_t part,
                       aimc_cost_item *item)
{
    if (part == AIMC_COST_LEAKAGE) {
        item->count = bill->each[AIMCI_COMPONENT_leakage].count;
        item->unit_j = bill->each[AIMCI_COMPONENT_leakage].unit_j;
        return;
    }
    memcpy(&item->count, (const char *)e + parts[part].count, sizeof item->count);
    if (item->count > 0)
        item->unit_j = item->energy_j / item->count;
    else if (item->energy_j > 0)
        *item = (aimc_cost_item){.name = item->name,
                                 .count = 1,
                                 .unit_j = item->energy_j,
                                 .energy_j = item->energy_j,
                                 .time_s = item->time_s,
                                 .area_m2 = item->area_m2};
    else
        item->unit_j = bill->each[parts[part].main].unit_j;
}

static void put_parts(const aimci_bill *bill, const aimc_cost_events *e, aimc_cost_report *r)
{
    for (size_t k = 0; k < AIMC_COST_PARTS; k++)
        r->parts[k].name = part_names[k];
    for (size_t k = 0; k < AIMCI_COMPONENTS; k++) {
        aimc_cost_item *item = &r->parts[components[k].part];
        item->energy_j += bill->each[k].energy_j;
        item->time_s += bill->each[k].time_s;
        item->area_m2 += bill->each[k].area_m2;
    }
    for (size_t k = 0; k < AIMC_COST_PARTS; k++)
        name_price(bill, e, k, &r->parts[k]);
}

static void put_totals(const aimci_technology *t, const aimci_bill *bill, const aimc_cost_events *e,
                       aimc_cost_report *r)
{
    r->energy_j = bill->energy_j;
    r->time_s = bill->time_s;
    r->area_m2 = bill->area_m2;
    r->j_per_mac = e->macs > 0 ? r->energy_j / e->macs : (double)NAN;
    r->ops_per_j = r->energy_j > 0 ? 2 * e->macs / r->energy_j : (double)NAN;
    r->ops_per_s_m2 =
        r->time_s > 0 && r->area_m2 > 0 ? 2 * e->macs / (r->time_s * r->area_m2) : (double)NAN;
    r->co2_kg = r->energy_j * t->pue / 3.6e6 * t->carbon_kg_per_kwh;
    r->devices = e->devices > 0 ? e->devices : e->cells;
    r->pulses_per_device = r->devices > 0 ? (e->pulses_up + e->pulses_down) / r->devices : 0;
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
    aimci_bill bill;
    const aimc_status st = aimci_take_events("cost_model_account", events, &e);
    if (st)
        return st;
    aimci_price_events(&m->chip, &m->chip, &e, &bill);
    aimc_cost_report r = {0};
    put_parts(&bill, &e, &r);
    put_totals(&m->chip.t, &bill, &e, &r);
    return aimci_struct_out("cost_model_account", report, &r, sizeof r, 8);
}

/* ---- layers as a pipeline ------------------------------------------------------------------- */

aimc_status aimc_cost_model_get_schedule(const aimc_cost_model *m, size_t n,
                                         const aimc_cost_events *layers, const uint32_t *copies,
                                         aimc_cost_schedule *schedule)
{
    const char *caller = "cost_model_get_schedule";
    if (!m || !n || !layers || !schedule)
        return aimci_fail(AIMC_ERR_INVALID, "%s: NULL argument or no layer", caller);
    aimc_cost_schedule ours = {0};
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        aimc_cost_report r = {.struct_size = (uint32_t)sizeof r};
        if (copies && copies[k] == 0)
            return aimci_fail(AIMC_ERR_INVALID, "%s: layer %zu has 0 copies", caller, k);
        /* an older program's structs are shorter than ours */
        const char *const layer = (const char *)layers + k * layers->struct_size;
        const aimc_status st = aimc_cost_model_account(m, (const void *)layer, &r);
        if (st)
            return aimci_fail_within(st, "%s: layer %zu: ", caller, k);
        const double stage = r.time_s / (copies ? (double)copies[k] : 1);
        ours.latency_s += r.time_s;
        sum += stage;
        if (stage > ours.interval_s) {
            ours.interval_s = stage;
            ours.bottleneck = (uint32_t)k;
        }
    }
    ours.utilisation = ours.interval_s > 0 ? sum / ((double)n * ours.interval_s) : (double)NAN;
    return aimci_struct_out(caller, schedule, &ours, sizeof ours, 8);
}
