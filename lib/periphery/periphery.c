/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "kernels/stream.h"
#include "periphery/periphery.h"

/* ---- resolving the parameters --------------------------------------------------------------- */

static float bound_of(double bound)
{
    return bound > 0 ? (float)bound : INFINITY;
}

float aimci_converter_step_of(double res, double bound)
{
    if (res <= 0 || bound <= 0)
        return 0.0f;
    return (float)(res > 1 ? 1 / res : res) * 2.0f * (float)bound;
}

/* One way to look at a prepared input. */
typedef struct input_op {
    bool derived, minus;
    aimci_part op;
    float gain, window;
} input_op;

enum { MAX_OPS = 24 };

static float full_window(const aimci_periphery *p)
{
    return isfinite(p->dac.bound) ? p->dac.bound : 1.0f;
}

static input_op sign_op(const aimci_periphery *p, aimci_part_op op, bool minus)
{
    return (input_op){.derived = true,
                      .minus = minus,
                      .op = {.op = op, .step = p->in_step},
                      .gain = minus ? -1.0f : 1.0f,
                      .window = full_window(p)};
}

/* Bits first ... first + count - 1 of the input's code, driven as if they were the lowest. */
static input_op digits_op(const aimci_periphery *p, int first, int count)
{
    return (input_op){.derived = true,
                      .op = {.op = AIMCI_PART_DIGITS,
                             .first = first,
                             .count = count,
                             .step = p->in_step,
                             .asymmetry = (float)p->params.inp_asymmetry},
                      .gain = ldexpf(1.0f, first),
                      .window = (ldexpf(1.0f, count) - 1) * p->in_step};
}

static size_t list_ops(const aimci_periphery *p, input_op ops[MAX_OPS])
{
    const aimci_periphery_params *q = &p->params;
    const int bits = aimci_dac_bits(q->inp_res) - 1; /* of the magnitude */
    const int low = (int)q->split_mode_bit_shift, each = (int)q->bit_wise_bits;
    size_t n = 0;
    switch (q->mv_type) {
    case AIMCI_MV_POS_NEG_SEPARATE:
    case AIMCI_MV_POS_NEG_SEPARATE_DIGITAL_SUM:
        ops[n++] = sign_op(p, AIMCI_PART_POSITIVE, false);
        ops[n++] = sign_op(p, AIMCI_PART_NEGATIVE, true);
        break;
    case AIMCI_MV_SPLIT_MODE:
        ops[n++] = digits_op(p, 0, low);
        ops[n++] = digits_op(p, low, bits - low);
        break;
    case AIMCI_MV_BIT_WISE:
        for (int b = 0; b < bits; b += each)
            ops[n++] = digits_op(p, b, b + each <= bits ? each : bits - b);
        break;
    default:
        ops[n++] = (input_op){.gain = 1.0f, .window = full_window(p)};
        break;
    }
    return n;
}

/* Parts of one group: its columns, looked at by some operations on the input. */
static void add_group(aimci_periphery *p, size_t plane, size_t n_planes, const input_op *ops,
                      size_t n_ops, float gain)
{
    const bool joined = n_ops * n_planes > 1; /* the first part's gain is the group's, if alone */
    p->groups[p->n_groups++] = (aimci_read_group){
        .first = p->n_parts, .n = n_ops * n_planes, .gain = joined ? gain : gain * ops->gain};
    for (size_t k = 0; k < n_planes; k++) {
        for (size_t m = 0; m < n_ops; m++) {
            p->parts[p->n_parts++] =
                (aimci_read_part){.derived = ops[m].derived,
                                  .minus = ops[m].minus,
                                  .op = ops[m].op,
                                  .gain = (k ? -1.0f : 1.0f) * (joined ? ops[m].gain : 1.0f),
                                  .window = ops[m].window,
                                  .plane = plane + k};
        }
    }
}

/* Slices, and columns with ADCs of their own, are converted apart; so are inputs of different
 * weight, but for those whose currents meet before the ADC. */
static aimc_status resolve_parts(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    input_op ops[MAX_OPS] = {{.derived = false}};
    const size_t n_ops = list_ops(p, ops), n_planes = p->is_perfect ? 1 : p->n_planes;
    const bool meet = q->mv_type == AIMCI_MV_POS_NEG_SEPARATE ||
                      (q->mv_type == AIMCI_MV_BIT_WISE && !q->bit_wise_adc);
    const bool twin =
        p->cells.params.subtract == AIMCI_SUBTRACT_ANALOG && n_planes > p->cells.n_slices;
    p->n_words = ops->op.op == AIMCI_PART_DIGITS && ops->derived ? n_ops : 1;
    p->parts = aimci_calloc(p->ctx, n_ops * n_planes, sizeof *p->parts);
    p->groups = aimci_calloc(p->ctx, n_ops * n_planes, sizeof *p->groups);
    if (!p->parts || !p->groups)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    const size_t together = twin ? 2 : 1;
    for (size_t k = 0; k < n_planes; k += together) {
        const aimci_read_plane *d = p->is_perfect ? NULL : &p->planes[k];
        const bool negative = d && !d->plus;
        const float gain =
            d ? (float)aimci_cells_gain(&p->cells, d->slice) * (negative ? -1.0f : 1.0f) : 1.0f;
        if (meet)
            add_group(p, k, together, ops, n_ops, gain);
        for (size_t m = 0; !meet && m < n_ops; m++)
            add_group(p, k, together, ops + m, 1, gain);
    }
    return AIMC_OK;
}

/* What the output stage needs of the coefficients n_i: their mean gives the gain. */
void aimci_periphery_recompress(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    p->compresses = !p->is_perfect && (q->out_nonlinearity > 0 || q->r_series > 0);
    if (!p->compresses)
        return;
    double mean = q->out_nonlinearity > 0 ? q->out_nonlinearity / q->out_bound : 0;
    p->nonlinearity = (float)mean;
    if (p->fixed.nonlinearity) {
        double sum = 0;
        for (size_t i = 0; i < p->n_out; i++)
            sum += (double)p->fixed.nonlinearity[i];
        mean = sum / (double)p->n_out;
    }
    const double at = q->slope_calibration > 0 ? q->slope_calibration * q->out_bound : 0;
    const double root = 1 + (mean + q->r_series) * at;
    p->kappa = (float)(root * root);
}

static void resolve(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    const bool digits = q->mv_type == AIMCI_MV_SPLIT_MODE || q->mv_type == AIMCI_MV_BIT_WISE;
    p->shift = q->bound_management == AIMCI_BM_SHIFT && p->op == AIMCI_OP_FORWARD;
    p->iterate = q->bound_management != AIMCI_BM_NONE && !p->shift && p->op == AIMCI_OP_FORWARD;
    p->in_step = aimci_converter_step_of(q->inp_res, q->inp_bound);
    p->dac = (aimci_dac){.step = p->in_step,
                         .bound = bound_of(q->inp_bound),
                         .noise = (float)q->inp_noise,
                         .asymmetry = digits ? 0.0f : (float)q->inp_asymmetry,
                         .sto_round = q->inp_sto_round};
    p->adc = (aimci_adc){.asymmetry = (float)q->out_asymmetry,
                         .noise = (float)q->out_noise,
                         .noises = p->fixed.noises,
                         .step = aimci_converter_step_of(q->out_res, q->out_bound),
                         .bound = bound_of(q->out_bound),
                         .sto_round = q->out_sto_round,
                         .test_negative = q->bm_test_negative_bound};
    aimci_periphery_recompress(p);
}

/* ---- fixed errors: drawn once --------------------------------------------------------------- */

/* x_i = |base (1 + spread xi_i)|, or max(spread xi_i, 0) when base is 0 */
static aimc_status draw(aimci_periphery *p, uint64_t which, double base, double spread, float **out)
{
    float *x = aimci_calloc(p->ctx, p->ld_out, sizeof *x);
    if (!x)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    const aimci_key key = aimci_random_key(p->seed, AIMCI_OP_PERIPHERY, (uint32_t)p->op, which);
    aimci_normals normals = {.stream = aimci_stream_open(&key, 0)};
    for (size_t i = 0; i < p->ld_out; i += AIMCI_LANES) {
        const vf xi = aimci_normals_next(&normals) * (float)spread;
        vf_store(x + i, base > 0 ? vf_abs((1.0f + xi) * (float)base) : vf_max(xi, vf_set(0.0f)));
    }
    *out = x;
    return AIMC_OK;
}

static aimc_status draw_fixed(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    aimc_status st = AIMC_OK;
    if (p->is_perfect)
        return st;
    if (q->out_noise > 0 && q->out_noise_std > 0)
        st = draw(p, 0, q->out_noise, q->out_noise_std, &p->fixed.noises);
    if (!st && q->out_nonlinearity > 0 && q->out_nonlinearity_std > 0)
        st = draw(p, 1, q->out_nonlinearity / q->out_bound, q->out_nonlinearity_std,
                  &p->fixed.nonlinearity);
    if (!st && q->v_offset_std > 0)
        st = draw(p, 2, 0, q->v_offset_std, &p->fixed.offsets);
    return st;
}

/* ---- scratch -------------------------------------------------------------------------------- */

static float *take(float *base, size_t *at, bool wanted, size_t n)
{
    float *block = wanted && base ? base + *at : NULL;
    *at += wanted ? n : 0;
    return block;
}

size_t aimci_read_scratch_lay(const aimci_periphery *p, float *base, aimci_read_scratch *s)
{
    const size_t in = AIMCI_READOUT_BATCH * p->ld_in, out = AIMCI_READOUT_BATCH * p->ld_out;
    const bool parts = p->n_parts > 1;
    const bool power = p->params.w_noise_type == AIMCI_WN_PCM_READ;
    const bool active = p->has_drop && p->params.ir_loading == AIMCI_LOADING_ACTIVE;
    size_t at = 0;
    s->z = take(base, &at, true, in);
    s->part = take(base, &at, parts, in);
    s->derived = take(base, &at, p->has_drop || power || p->cells.offset, in);
    s->out = take(base, &at, true, out);
    s->part_out = take(base, &at, parts, out);
    s->load = take(base, &at, active, out);
    s->dropped = take(base, &at, p->has_drop, out);
    s->power = take(base, &at, power, out);
    s->gemm = take(base, &at, true, p->gemm_floats);
    return at;
}

/* ---- making --------------------------------------------------------------------------------- */

void aimci_periphery_destroy(aimci_periphery *p)
{
    if (!p)
        return;
    aimc_context *ctx = p->ctx;
    aimci_array_stage_destroy(p);
    aimci_free(ctx, p->line_sums);
    aimci_free(ctx, p->fixed.noises);
    aimci_free(ctx, p->fixed.nonlinearity);
    aimci_free(ctx, p->fixed.offsets);
    aimci_free(ctx, p->fixed.polarity);
    aimci_circuit_destroy(p->in_circuit);
    aimci_circuit_destroy(p->out_circuit);
    aimci_free(ctx, p->parts);
    aimci_free(ctx, p->groups);
    aimci_free(ctx, p->scratch);
    aimci_free(ctx, p->counts);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}

static const void *values_of(const aimc_config *config, const char *child,
                             const aimci_family *family, void *defaults)
{
    const void *given = aimci_config_values(aimci_config_child(config, child), family);
    if (!given)
        aimci_family_defaults(family, defaults);
    return given ? given : defaults;
}

/* Cells and wires, and what contradicts across them. */
static aimc_status read_children(const aimc_config *config, const aimci_periphery_params *q,
                                 aimci_cells *cells, aimci_wires_params *wires)
{
    aimci_cells_params defaults;
    const aimci_cells_params *c = values_of(config, "cells", &aimci_family_cells, &defaults);
    *wires = *(const aimci_wires_params *)values_of(config, "wires", &aimci_family_wires, wires);
    if (q->is_perfect || q->mv_type == AIMCI_MV_IDEAL)
        wires->model = AIMCI_WIRES_NONE;
    else {
        const aimc_status st = aimci_family_cells.check(c);
        if (st)
            return st;
    }
    *cells = aimci_cells_resolve(c);
    cells->active |= wires->model != AIMCI_WIRES_NONE;
    if (wires->model != AIMCI_WIRES_NONE && q->ir_drop > 0)
        return aimci_fail(AIMC_ERR_INVALID, "periphery: ir_drop = %g; wires.model has the drop: 0",
                          q->ir_drop);
    if (wires->model == AIMCI_WIRES_TIME_SLICED &&
        (cells->offset || c->subtract == AIMCI_SUBTRACT_DIGITAL))
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: model = TIME_SLICED; it has pairs of cells on one column: "
                          "cells.scheme ONE_SIDED or TWO_SIDED, cells.subtract ANALOG");
    if (wires->model == AIMCI_WIRES_NODAL && wires->interleaved && cells->offset)
        return aimci_fail(AIMC_ERR_INVALID, "wires: interleaved = true; this cells.scheme has no "
                                            "pairs");
    if (wires->model == AIMCI_WIRES_NODAL && wires->iv != AIMCI_IV_LINEAR &&
        c->scheme == AIMCI_CELLS_UNIT_COLUMN)
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: iv; cells.scheme UNIT_COLUMN needs LINEAR cells");
    return AIMC_OK;
}

void aimci_periphery_draw_circuits(const aimci_periphery *p)
{
    aimci_circuit *const circuits[] = {p->in_circuit, p->out_circuit};
    for (uint64_t k = 0; k < 2; k++) {
        if (!circuits[k])
            continue;
        const aimci_key key = aimci_random_key(p->seed, AIMCI_OP_PERIPHERY, (uint32_t)p->op, 4 + k);
        aimci_circuit_draw(circuits[k], &key);
    }
}

/* Converters that are not plain, one for each line (the column that stands for 0 has one, too). */
static aimc_status make_circuits(aimci_periphery *p, const aimc_config *config)
{
    const aimci_periphery_params *q = &p->params;
    aimci_circuit_params defaults;
    const aimci_circuit_params *dac = values_of(config, "dac", &aimci_family_circuit, &defaults);
    aimc_status st = AIMC_OK;
    if (p->is_perfect)
        return st;
    if (!aimci_circuit_is_plain(dac)) {
        if (q->mv_type == AIMCI_MV_SPLIT_MODE || q->mv_type == AIMCI_MV_BIT_WISE)
            return aimci_fail(AIMC_ERR_INVALID,
                              "dac: mv_type SPLIT_MODE and BIT_WISE drive bits: the plain one");
        st = aimci_circuit_create(p->ctx, dac, q->inp_res, q->inp_bound, p->n_in, "dac (inp_)",
                                  &p->in_circuit);
    }
    const aimci_circuit_params *adc = values_of(config, "adc", &aimci_family_circuit, &defaults);
    if (!st && !aimci_circuit_is_plain(adc))
        st = aimci_circuit_create(p->ctx, adc, q->out_res, q->out_bound, p->n_out + 1, "adc (out_)",
                                  &p->out_circuit);
    aimci_periphery_draw_circuits(p);
    return st;
}

static aimc_status build(aimci_periphery *p, const aimc_config *config)
{
    aimc_status st = draw_fixed(p);
    if (!st)
        st = make_circuits(p, config);
    if (st)
        return st;
    resolve(p);
    st = aimci_array_stage_create(p);
    if (!st)
        st = resolve_parts(p);
    if (st)
        return st;
    aimci_read_scratch unused;
    p->n_slots = aimci_context_slots(p->ctx);
    p->slot_floats = aimci_read_scratch_lay(p, NULL, &unused);
    p->scratch = aimci_calloc(p->ctx, p->n_slots * p->slot_floats, sizeof *p->scratch);
    p->counts = aimci_calloc(p->ctx, p->n_slots, sizeof *p->counts);
    if (!p->scratch || !p->counts)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    return AIMC_OK;
}

aimc_status aimci_periphery_create(aimc_context *ctx, const aimc_config *config, aimci_op op,
                                   uint64_t seed, const aimci_read_array *array,
                                   aimci_periphery **out)
{
    aimci_periphery_params params;
    aimci_family_defaults(&aimci_family_periphery, &params);
    const aimci_periphery_params *given = aimci_config_values(config, &aimci_family_periphery);
    if (given)
        params = *given;
    aimci_cells cells;
    aimci_wires_params wires;
    aimc_status st = aimci_family_periphery.check(&params);
    if (!st)
        st = read_children(config, &params, &cells, &wires);
    if (st)
        return st;
    aimci_periphery *p = aimci_calloc(ctx, 1, sizeof *p);
    if (!p)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory");
    p->ctx = aimci_context_ref(ctx);
    p->cells = cells;
    p->wires = wires;
    p->bends = wires.model == AIMCI_WIRES_NODAL && wires.iv != AIMCI_IV_LINEAR;
    p->kernels = aimci_kernels_get(aimc_context_get_cpu(ctx));
    p->chain = aimci_read_kernels_get(aimc_context_get_cpu(ctx));
    p->params = params;
    p->is_perfect = params.is_perfect || params.mv_type == AIMCI_MV_IDEAL;
    p->op = op;
    p->seed = seed;
    p->n_rows = array->n_rows;
    p->n_cols = array->n_cols;
    p->ld = array->ld;
    p->n_in = op == AIMCI_OP_FORWARD ? array->n_cols : array->n_rows;
    p->n_out = op == AIMCI_OP_FORWARD ? array->n_rows : array->n_cols;
    p->ld_in = aimci_leading_dimension(p->n_in);
    p->ld_out = aimci_leading_dimension(p->n_out);
    if (op == AIMCI_OP_BACKWARD)
        p->gemm_floats = aimci_round_up(aimci_gemm_scratch(array->gemm), 16);
    st = build(p, config);
    if (st) {
        aimci_periphery_destroy(p);
        return st;
    }
    *out = p;
    return AIMC_OK;
}
