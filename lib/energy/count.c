/* SPDX-License-Identifier: MIT */
/* Events of a run, from what its tiles counted; of a layer that need not exist, from its shape. */
#include <math.h>
#include <string.h>

#include "energy/parts.h"

/* ---- what there is -------------------------------------------------------------------------- */

/* A matrix on the arrays of a chip. */
typedef struct placement {
    double tiles;                 /* of the run */
    double rows, outs;            /* inputs and outputs of a tile, the largest */
    double sets;                  /* column sets */
    double cells;                 /* of a weight */
    double arrays_in, arrays_out; /* of the chip, for one tile */
    double adcs;                  /* of one array */
} placement;

static double or_else(uint32_t given, double otherwise)
{
    return given > 0 ? (double)given : otherwise;
}

static placement place(const aimci_chip *v, const aimc_cost_shape *s)
{
    placement q = {.tiles = (double)s->tiles_out * (double)s->tiles_in,
                   .rows = ceil((double)s->n_in / (double)s->tiles_in),
                   .outs = ceil((double)s->n_out / (double)s->tiles_out),
                   .sets = or_else(s->n_column_sets, 1)};
    q.cells = or_else(s->n_cells, fmax((double)v->t.devices, q.sets));
    q.arrays_in = v->c.rows > 0 ? ceil(q.rows / (double)v->c.rows) : 1;
    q.arrays_out = v->c.cols > 0 ? ceil(q.outs * q.cells / (double)v->c.cols) : 1;
    const double converted = q.outs * q.sets / q.arrays_out;
    q.adcs = v->t.n_adc > 0 ? (double)v->t.n_adc : ceil(converted / (double)v->c.columns_per_adc);
    return q;
}

/* ---- counters ------------------------------------------------------------------------------- */

static aimc_status check_shape(const char *caller, uint64_t n_out, uint64_t n_in,
                               uint64_t tiles_out, uint64_t tiles_in)
{
    if (n_out && n_in && tiles_out && tiles_in && tiles_out <= n_out && tiles_in <= n_in)
        return AIMC_OK;
    return aimci_fail(
        AIMC_ERR_INVALID,
        "%s: %llu x %llu outputs and inputs on %llu x %llu tiles is no shape of a matrix", caller,
        (unsigned long long)n_out, (unsigned long long)n_in, (unsigned long long)tiles_out,
        (unsigned long long)tiles_in);
}

static aimc_status check_counters(const aimc_counters *c, const aimc_cost_shape *s)
{
    const char *caller = "cost_model_add_counters";
    const aimc_status st = check_shape(caller, s->n_out, s->n_in, s->tiles_out, s->tiles_in);
    if (st)
        return st;
    const uint64_t tiles = s->tiles_out * s->tiles_in,
                   reads = c->forward_passes + c->backward_passes;
    if (c->forward_vectors % tiles || c->backward_vectors % tiles || c->updates % tiles)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "%s: vectors or updates are no multiple of %llu tiles: the counters are of another "
            "model",
            caller, (unsigned long long)tiles);
    if (c->activity_reads > reads)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "%s: %llu reads were looked at, but %llu made: the counters are of another model",
            caller, (unsigned long long)c->activity_reads, (unsigned long long)reads);
    /* 64 conversions of a line in one read are more than any slicing of inputs or weights needs */
    const double most = 64.0 * (double)reads * (double)(s->n_out > s->n_in ? s->n_out : s->n_in);
    if ((double)c->dac_conversions > most || (double)c->adc_conversions > most)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "%s: %llu reads of a matrix of %llu x %llu cannot have made %llu input and %llu output "
            "conversions: the counters are of another model",
            caller, (unsigned long long)reads, (unsigned long long)s->n_out,
            (unsigned long long)s->n_in, (unsigned long long)c->dac_conversions,
            (unsigned long long)c->adc_conversions);
    return AIMC_OK;
}

/* A number of the technology that the read-out knows may not have been set to another value. */
static aimc_status agree(const aimc_cost_model *m, const char *field, int64_t set, uint32_t own)
{
    if (own == 0 || (int64_t)own == set || !aimci_cost_model_was_set(m, field))
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID,
                      "cost_model_add_counters: %s = %lld was set, but what was read has %u: leave "
                      "it out, or change the read-out",
                      field, (long long)set, (unsigned)own);
}

static aimc_status check_readout(const aimc_cost_model *m, const aimc_cost_shape *s)
{
    const uint32_t bits[] = {s->dac_bits, s->adc_bits, s->backward_dac_bits, s->backward_adc_bits};
    for (size_t k = 0; k < sizeof bits / sizeof *bits; k++)
        if (bits[k] >= AIMC_COST_BITS)
            return aimci_fail(AIMC_ERR_INVALID,
                              "cost_model_add_counters: a converter of %u bits; below %d",
                              (unsigned)bits[k], AIMC_COST_BITS);
    aimc_status st = agree(m, "dac_bits", m->chip.t.dac_bits, s->dac_bits);
    if (!st)
        st = agree(m, "adc_bits", m->chip.t.adc_bits, s->adc_bits);
    return st ? st : agree(m, "devices", m->chip.t.devices, s->n_cells);
}

/* ---- directions ----------------------------------------------------------------------------- */

/* What the reads of one direction did, on the arrays of the chip. */
typedef struct direction {
    double reads, sets, dac, adc;
    double dac_bits, adc_bits;
} direction;

/* Of forward and backward. Backward reads are never repeated: products, and conversions of each,
 * follow from their number, and all others are forward's. Arrays that share the outputs of a tile
 * share its inputs then. */
static void split(const aimc_counters *c, const aimc_cost_shape *s, const placement *q,
                  direction of[2])
{
    const bool told = s->backward_steps > 0;
    const double sets = or_else(s->backward_column_sets, 1);
    const double reads = told ? (double)c->backward_passes : 0;
    const double products = told ? reads / (sets * (double)s->backward_steps) : 0;
    const double ins = (double)s->n_out / (double)s->tiles_out,
                 outs = (double)s->n_in / (double)s->tiles_in;
    const double all_dac = (double)c->dac_conversions, all_adc = (double)c->adc_conversions;
    const double dac = fmin(products * or_else(s->backward_dac_conversions, 1) * ins, all_dac),
                 adc = fmin(products * or_else(s->backward_adc_conversions, 1) * outs, all_adc);
    of[0] = (direction){.reads = (double)c->forward_passes + (double)c->backward_passes - reads,
                        .sets = q->sets,
                        .dac = (all_dac - dac) * q->arrays_out,
                        .adc = (all_adc - adc) * q->arrays_in,
                        .dac_bits = (double)s->dac_bits,
                        .adc_bits = (double)s->adc_bits};
    of[1] = (direction){.reads = reads,
                        .sets = sets,
                        .dac = dac * q->arrays_in,
                        .adc = adc * q->arrays_out,
                        .dac_bits = (double)s->backward_dac_bits,
                        .adc_bits = (double)s->backward_adc_bits};
}

/* ---- reads ---------------------------------------------------------------------------------- */

/* What was counted, and for other reads of so many cells the means. */
static void count_conductance(const aimci_chip *v, const aimc_counters *c, const placement *q,
                              double unseen_reads, aimc_cost_events *e)
{
    const aimci_technology *t = &v->t;
    const bool width = t->input == AIMCI_INPUT_WIDTH;
    const double cells =
        (double)(width ? c->input_activity : c->input_activity_squared) / AIMC_ACTIVITY_ONE;
    const double weights =
        (double)(width ? c->conductance_activity : c->conductance_activity_squared) /
        AIMC_ACTIVITY_ONE;
    const double a_set = q->cells / q->sets; /* cells of a weight that one read drives */
    const double unseen = unseen_reads * q->rows * q->outs * a_set;
    e->off_cells += a_set * cells;
    e->unit_weights += weights;
    e->unseen_cells += unseen;
    e->driven_cells += a_set * cells + unseen * t->input_mean;
    e->active_conductance_s +=
        t->g_off * a_set * cells + t->g_unit * weights + unseen * t->g_mean * t->input_mean;
}

/* Rows that an input other than 0 drives, and the columns that answer. Where nobody looked, all of
 * them or, with inputs of mean 0, none. */
static void count_lines(const aimci_chip *v, const aimc_counters *c, const placement *q,
                        double reads, aimc_cost_events *e)
{
    const double unseen = reads - (double)c->activity_reads;
    const double blind = v->t.input_mean > 0 ? unseen : 0;
    const double rows = (double)c->activity_inputs + blind * q->rows;
    const double columns = ((double)c->activity_reads + blind) * q->outs * q->arrays_in;
    e->rows_charged += rows / q->sets * q->arrays_out;
    e->columns_charged += columns;
    e->row_cells += rows * q->outs * q->cells / q->sets;
    e->column_cells += columns * q->rows / q->arrays_in;
    e->samples += reads * q->outs * q->arrays_in;
}

static double line_length(const placement *q)
{
    return fmax(q->rows / q->arrays_in, q->outs * q->cells / q->arrays_out);
}

/* Arrays and slices side by side are read at the same time. With columns that are sampled, an ADC
 * converts while the next read settles. */
static void count_time(const aimci_chip *v, const placement *q, const direction *d,
                       aimc_cost_events *e)
{
    const double steps = d->reads / q->tiles / d->sets;
    if (steps <= 0)
        return;
    const double read = aimci_read_time(&v->t, d->dac_bits);
    const double turns = ceil(d->adc / q->tiles / steps / (q->arrays_in * q->arrays_out) / q->adcs);
    const double bits = d->adc_bits > 0 ? d->adc_bits : (double)v->t.adc_bits;
    const double convert = turns * aimci_adc_time(&v->t, bits);
    const double settle = line_length(q) * line_length(q);
    e->read_steps += steps;
    e->read_s += steps * read;
    e->settle_cells_squared += steps * settle;
    e->adc_steps += steps * turns;
    e->adc_s += steps * (v->c.overlap ? fmax(convert - read, 0) : convert);
}

static void count_conversions(const aimci_chip *v, const direction *d, aimc_cost_events *e)
{
    const double drive = d->dac_bits > 0 ? d->dac_bits : (double)v->t.dac_bits;
    e->dac_conversions += d->dac;
    e->adc_conversions += d->adc;
    if (d->dac_bits > 0)
        e->dac_conversions_of[(size_t)d->dac_bits] += d->dac;
    if (d->adc_bits > 0)
        e->adc_conversions_of[(size_t)d->adc_bits] += d->adc;
    e->digital_adds += d->adc;
    e->input_register_bits += d->dac * drive;
    e->output_register_bits += d->adc * (double)v->c.accumulator_bits;
}

/* ---- data ----------------------------------------------------------------------------------- */

/* Each input leaves the buffer once and goes to all arrays of its rows; it waits in their
 * registers, which the drives read. Partial sums stay beside the ADC until all digits and slices
 * are in; those of arrays that share outputs are added in the core. */
static void count_data(const aimci_chip *v, const aimc_counters *c, const aimc_cost_shape *s,
                       const placement *q, aimc_cost_events *e)
{
    const double forward = (double)c->forward_vectors / q->tiles,
                 backward = (double)c->backward_vectors / q->tiles;
    const double n_in = (double)s->n_in, n_out = (double)s->n_out;
    const double ins = forward * n_in + backward * n_out, outs = forward * n_out + backward * n_in;
    const double copies_in = forward * n_in * (double)s->tiles_out * q->arrays_out +
                             backward * n_out * (double)s->tiles_in * q->arrays_in;
    const double sums = forward * n_out * (double)s->tiles_in * q->arrays_in +
                        backward * n_in * (double)s->tiles_out * q->arrays_out;
    const double value = (double)v->c.value_bits, output = (double)v->c.output_bits;
    e->input_register_bits += copies_in * value;
    e->core_adds += sums - outs;
    e->core_register_bits += outs * output;
    e->activations += outs;
    e->buffer_bytes += (ins * value + outs * output) / 8;
    e->moved_bits += copies_in * value + sums * output;
    e->hop_bits += (ins * value + outs * output) * v->c.router_hops;
}

static void count_writes(const aimc_counters *c, const placement *q, double weights,
                         aimc_cost_events *e)
{
    e->pulses_up += (double)c->pulses_up + (double)c->program_pulses;
    e->pulses_down += (double)c->pulses_down;
    /* programming goes device by device */
    e->write_steps += ((double)c->pulse_slots + (double)c->program_pulses) / q->tiles;
    e->accumulations += (double)c->accumulations;
    e->gradient_macs += (double)c->gradient_macs;
    e->verify_reads += (double)c->verify_reads;
    e->accumulators += c->accumulations > 0 ? weights : 0;
    e->devices += (double)c->devices;
}

static void count(const aimci_chip *v, const aimc_counters *c, const aimc_cost_shape *s,
                  aimc_cost_events *e)
{
    const placement q = place(v, s);
    const double weights = (double)s->n_out * (double)s->n_in;
    const double reads = (double)c->forward_passes + (double)c->backward_passes;
    direction of[2];
    split(c, s, &q, of);
    const double arrays = q.tiles * q.arrays_in * q.arrays_out;
    e->macs += (double)(c->forward_vectors + c->backward_vectors) / q.tiles * weights;
    e->reads += reads * q.arrays_in * q.arrays_out;
    count_conductance(v, c, &q, reads - (double)c->activity_reads, e);
    count_lines(v, c, &q, reads, e);
    for (size_t k = 0; k < 2; k++) {
        count_time(v, &q, &of[k], e);
        count_conversions(v, &of[k], e);
    }
    count_data(v, c, s, &q, e);
    count_writes(c, &q, weights, e);
    e->tiles += arrays;
    e->cells += weights * q.cells;
    e->dacs += (double)s->n_in * (double)s->tiles_out * q.arrays_out;
    e->columns += (double)s->n_out * q.sets * (double)s->tiles_in * q.arrays_in;
    e->adcs += arrays * q.adcs;
    e->split_tiles += q.arrays_in * q.arrays_out > 1 ? q.tiles : 0;
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
    if (!st)
        st = check_readout(m, &s);
    if (st)
        return st;
    count(&m->chip, &c, &s, &e);
    return aimci_struct_out("cost_model_add_counters", events, &e, sizeof e, 8);
}

/* ---- layers --------------------------------------------------------------------------------- */

static aimc_status check_layer(const aimc_cost_layer *l)
{
    if (l->vectors >= 0 && l->vectors <= 0x1p53 && l->pooled >= 0 && isfinite(l->pooled))
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID,
                      "cost_model_add_layer: vectors = %g, pooled = %g: give finite numbers >= 0",
                      l->vectors, l->pooled);
}

/* The tiles of a layer are the arrays of the chip; where these have no size, it is on one. */
static aimc_cost_shape shape_of(const aimci_chip *v, const aimc_cost_layer *l)
{
    const double cells =
        or_else(l->n_cells, fmax((double)v->t.devices, or_else(l->n_column_sets, 1)));
    const double outs =
        v->c.cols > 0 ? fmax(floor((double)v->c.cols / cells), 1) : (double)l->n_out;
    const double rows = v->c.rows > 0 ? (double)v->c.rows : (double)l->n_in;
    return (aimc_cost_shape){.struct_size = (uint32_t)sizeof(aimc_cost_shape),
                             .n_out = l->n_out,
                             .n_in = l->n_in,
                             .tiles_out = (uint64_t)ceil((double)l->n_out / outs),
                             .tiles_in = (uint64_t)ceil((double)l->n_in / rows),
                             .n_steps = l->n_steps,
                             .n_column_sets = l->n_column_sets,
                             .dac_bits = l->dac_bits,
                             .adc_bits = l->adc_bits,
                             .n_cells = l->n_cells};
}

/* What its tiles would have counted. */
static aimc_counters counters_of(const aimc_cost_layer *l, const aimc_cost_shape *s)
{
    const double steps = or_else(l->n_steps, 1), sets = or_else(l->n_column_sets, 1);
    const double tiles_in = (double)s->tiles_in, tiles_out = (double)s->tiles_out;
    const double conversions = or_else(l->n_conversions, steps * sets);
    return (aimc_counters){
        .struct_size = (uint32_t)sizeof(aimc_counters),
        .forward_vectors = (uint64_t)(l->vectors * tiles_in * tiles_out),
        .forward_passes = (uint64_t)(l->vectors * tiles_in * tiles_out * steps * sets),
        .dac_conversions = (uint64_t)(l->vectors * steps * (double)l->n_in * tiles_out),
        .adc_conversions = (uint64_t)(l->vectors * conversions * (double)l->n_out * tiles_in)};
}

aimc_status aimc_cost_model_add_layer(const aimc_cost_model *m, const aimc_cost_layer *layer,
                                      aimc_cost_events *events)
{
    if (!m || !layer || !events)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_add_layer: NULL argument");
    aimc_cost_layer l;
    aimc_cost_events e;
    aimc_status st = aimci_struct_in("cost_model_add_layer: layer", layer, &l, sizeof l);
    if (!st)
        st = aimci_struct_in("cost_model_add_layer: events", events, &e, sizeof e);
    if (!st)
        st = check_shape("cost_model_add_layer", l.n_out, l.n_in, 1, 1);
    if (!st)
        st = check_layer(&l);
    if (st)
        return st;
    const aimc_cost_shape s = shape_of(&m->chip, &l);
    const aimc_counters c = counters_of(&l, &s);
    st = check_readout(m, &s);
    if (st)
        return st;
    count(&m->chip, &c, &s, &e);
    e.pooled += l.pooled;
    return aimci_struct_out("cost_model_add_layer", events, &e, sizeof e, 8);
}
