/* SPDX-License-Identifier: MIT */
/* A product is a sum over read cycles: every way to look at the inputs (by sign, by digits of their
 * code) times every set of columns (by bit slice, by sign of the cells). Here they are listed, and
 * put into groups by where their currents meet. */
#include <math.h>

#include "periphery/cell_layout.h"
#include "periphery/converter.h"
#include "periphery/periphery.h"

/* ---- stages --------------------------------------------------------------------------------- */

static bool drives_digits(const aimci_periphery_params *q)
{
    return q->mv_type == AIMCI_MV_SPLIT_MODE || q->mv_type == AIMCI_MV_BIT_WISE;
}

/* Where digits are driven, the asymmetry acts on each of them and not on the whole input. */
static aimci_dac dac_of(const aimci_periphery_params *q)
{
    return (aimci_dac){.step = aimci_converter_step_of(q->inp_res, q->inp_bound),
                       .bound = aimci_converter_bound_of(q->inp_bound),
                       .noise = (float)q->inp_noise,
                       .asymmetry = drives_digits(q) ? 0.0f : (float)q->inp_asymmetry,
                       .sto_round = q->inp_sto_round};
}

static aimci_adc adc_of(const aimci_periphery_params *q, const float *noises)
{
    return (aimci_adc){.asymmetry = (float)q->out_asymmetry,
                       .noise = (float)q->out_noise,
                       .noises = noises,
                       .step = aimci_converter_step_of(q->out_res, q->out_bound),
                       .bound = aimci_converter_bound_of(q->out_bound),
                       .sto_round = q->out_sto_round,
                       .test_negative = q->bm_test_negative_bound};
}

static bool has_reference_voltage(const aimci_periphery_params *q)
{
    return q->v_offset_std > 0 || q->r_series > 0;
}

static aimci_current current_of(const aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    const double ratio = q->wire_resistance_per_cell > 0
                             ? 1 / (q->wire_resistance_per_cell * q->g_max)
                             : q->ir_drop_g_ratio;
    return (aimci_current){.load_scale = (float)((double)p->n_in / ratio),
                           .ir_drop = (float)q->ir_drop,
                           .cubic = q->ir_drop_amplitude == AIMCI_AMPLITUDE_CUBIC,
                           .has_reference = has_reference_voltage(q),
                           .has_floor = q->v_offset_w_min < 0,
                           .offsets = p->fixed.offsets,
                           .r_series = (float)q->r_series,
                           .r_max = (float)q->r_series_max_total};
}

/* 1 - (1 - j / n)^2 with j counted from the end that is read: the share of the whole drop that a
 * line with evenly spread currents has at cell j. */
static bool make_profile(aimci_periphery *p)
{
    float *profile = aimci_calloc(p->ctx, p->ld_in, sizeof *profile);
    for (size_t j = 0; profile && j < p->n_in; j++) {
        const double far = 1 - (double)j / (double)p->n_in;
        profile[j] = (float)(1 - far * far);
    }
    p->plan.profile = profile;
    return profile != NULL;
}

/* The mean of the coefficients n_i gives the gain, so that the outputs as a whole keep their slope
 * at the point of calibration. */
void aimci_read_plan_recompress(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    p->plan.compresses = !p->is_perfect && (q->out_nonlinearity > 0 || q->r_series > 0);
    if (!p->plan.compresses)
        return;
    double mean = q->out_nonlinearity > 0 ? q->out_nonlinearity / q->out_bound : 0;
    p->plan.nonlinearity = (float)mean;
    if (p->fixed.nonlinearity) {
        double sum = 0;
        for (size_t i = 0; i < p->n_out; i++)
            sum += (double)p->fixed.nonlinearity[i];
        mean = sum / (double)p->n_out;
    }
    const double at = q->slope_calibration > 0 ? q->slope_calibration * q->out_bound : 0;
    const double root = 1 + (mean + q->r_series) * at;
    p->plan.kappa = (float)(root * root);
}

/* Backward has no bound management: its outputs are errors, which are clipped. */
static void plan_bound_management(aimci_periphery *p)
{
    const int32_t management = p->params.bound_management;
    const bool forward = p->op == AIMCI_OP_FORWARD;
    p->plan.shift = management == AIMCI_BM_SHIFT && forward;
    p->plan.iterate = management != AIMCI_BM_NONE && !p->plan.shift && forward;
}

/* A solve and the product with the matrix differ in rounding, which must not show in the
 * deterministic mode; and what needs the matrix for itself has it at hand. */
static bool may_solve(const aimci_periphery *p)
{
    const aimci_read_plan *plan = &p->plan;
    return p->wires.model == AIMCI_WIRES_NODAL && !plan->is_nonlinear && !plan->has_stage &&
           !p->mapping.has_reference && p->params.w_read_asymmetry_dtod <= 0 &&
           !(aimci_context_flags(p->ctx) & AIMC_FLAG_DETERMINISTIC);
}

aimc_status aimci_read_plan_stages(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    aimci_read_plan *plan = &p->plan;
    plan_bound_management(p);
    plan->dac = dac_of(q);
    plan->digits = !p->is_perfect && drives_digits(q);
    plan->full_drive = isfinite(plan->dac.bound) ? q->inp_bound : 1;
    plan->adc = adc_of(q, p->fixed.noises);
    aimci_read_plan_recompress(p);
    if (p->is_perfect)
        return AIMC_OK;
    plan->draws_cells = p->wires.model == AIMCI_WIRES_NODAL && p->wires.noise_by_cell;
    plan->cell_noise = q->w_noise > 0 && !plan->draws_cells ? q->w_noise_type : AIMCI_WN_NONE;
    plan->has_drop = q->ir_drop > 0;
    plan->has_stage =
        plan->has_drop || has_reference_voltage(q) || plan->cell_noise != AIMCI_WN_NONE;
    plan->is_nonlinear = p->wires.model == AIMCI_WIRES_NODAL &&
                         (p->wires.iv != AIMCI_IV_LINEAR || plan->draws_cells ||
                          aimci_is_gated(p)); /* inputs choose the cells */
    plan->may_solve = may_solve(p);
    plan->current = current_of(p);
    if (plan->has_drop && !make_profile(p))
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    return AIMC_OK;
}

/* ---- ways to look at the inputs ------------------------------------------------------------- */

typedef struct input_op {
    bool derived, minus;
    aimci_part op;
    float gain;
} input_op;

enum { MAX_OPS = 24 };

static input_op sign_op(const aimci_periphery *p, aimci_part_op op, bool minus)
{
    return (input_op){.derived = true,
                      .minus = minus,
                      .op = {.op = op, .step = p->plan.dac.step},
                      .gain = minus ? -1.0f : 1.0f};
}

/* Bits first ... first + count - 1 of the input's code. A digit drives its lines over the whole
 * swing of its read, whatever it counts in the sum: its largest value is full drive. */
static input_op digits_op(const aimci_periphery *p, int first, int count)
{
    const double largest = ldexp(1, count) - 1;
    const double code = ldexp(1, aimci_dac_bits(p->params.inp_res) - 1) - 1;
    return (input_op){.derived = true,
                      .op = {.op = AIMCI_PART_DIGITS,
                             .first = first,
                             .count = count,
                             .step = p->plan.dac.step,
                             .unit = (float)(p->plan.full_drive / largest),
                             .asymmetry = (float)p->params.inp_asymmetry},
                      .gain = (float)(ldexp(largest, first) / code)};
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
        ops[n++] = (input_op){.gain = 1.0f};
        break;
    }
    return n;
}

/* ---- cycles and groups ---------------------------------------------------------------------- */

/* The cycles of one group: n_sets column sets from first on, read with each of the operations. The
 * gain of a group's only cycle is moved into the group, where it costs nothing. */
static void add_group(aimci_read_plan *plan, size_t first, size_t n_sets, const input_op *ops,
                      size_t n_ops, float gain)
{
    const bool joined = n_ops * n_sets > 1;
    plan->groups[plan->n_groups++] = (aimci_accumulation_group){
        .first = plan->n_cycles, .n = n_ops * n_sets, .gain = joined ? gain : gain * ops->gain};
    for (size_t k = 0; k < n_sets; k++) {
        for (size_t m = 0; m < n_ops; m++) {
            plan->cycles[plan->n_cycles++] =
                (aimci_read_cycle){.derived = ops[m].derived,
                                   .minus = ops[m].minus,
                                   .op = ops[m].op,
                                   .gain = (k ? -1.0f : 1.0f) * (joined ? ops[m].gain : 1.0f),
                                   .column_set = first + k};
        }
    }
}

/* Do the currents of all operations meet before one conversion? */
static bool inputs_meet(const aimci_periphery_params *q)
{
    return q->mv_type == AIMCI_MV_POS_NEG_SEPARATE ||
           (q->mv_type == AIMCI_MV_BIT_WISE && !q->bit_wise_adc);
}

/* Column sets that are subtracted before one conversion: both signs, where they are apart. */
static size_t sets_together(const aimci_periphery *p)
{
    return p->mapping.params.subtract == AIMCI_SUBTRACT_ANALOG && p->columns.n > p->mapping.n_slices
               ? 2
               : 1;
}

static float gain_of_set(const aimci_periphery *p, const aimci_column_set *set)
{
    return (float)aimci_cell_mapping_gain(&p->mapping, set->slice) * (set->positive ? 1.0f : -1.0f);
}

/* Slices, and columns with ADCs of their own, are converted apart; so are inputs of different
 * weight, but for those whose currents meet before the ADC. */
aimc_status aimci_read_plan_cycles(aimci_periphery *p)
{
    aimci_read_plan *plan = &p->plan;
    plan->n_cycles = p->is_perfect ? 1 : 0;
    if (p->is_perfect)
        return AIMC_OK;
    input_op ops[MAX_OPS] = {{.derived = false}};
    const size_t n_ops = list_ops(p, ops), together = sets_together(p);
    plan->conversions_per_input = plan->digits ? n_ops : 1;
    plan->cycles = aimci_calloc(p->ctx, n_ops * p->columns.n, sizeof *plan->cycles);
    plan->groups = aimci_calloc(p->ctx, n_ops * p->columns.n, sizeof *plan->groups);
    if (!plan->cycles || !plan->groups)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    for (size_t k = 0; k < p->columns.n; k += together) {
        const float gain = gain_of_set(p, &p->columns.list[k]);
        if (inputs_meet(&p->params))
            add_group(plan, k, together, ops, n_ops, gain);
        for (size_t m = 0; !inputs_meet(&p->params) && m < n_ops; m++)
            add_group(plan, k, together, ops + m, 1, gain);
    }
    return AIMC_OK;
}

void aimci_read_plan_destroy(aimci_periphery *p)
{
    aimci_nonideal_converter_destroy(p->plan.nonideal_dac);
    aimci_nonideal_converter_destroy(p->plan.nonideal_adc);
    aimci_free(p->ctx, p->plan.profile);
    aimci_free(p->ctx, p->plan.cycles);
    aimci_free(p->ctx, p->plan.groups);
}
