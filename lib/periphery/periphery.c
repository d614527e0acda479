/* SPDX-License-Identifier: MIT */
/* Making a read-out: its configuration with the nested ones, what contradicts across them, and the
 * parts in the order in which they need each other. */
#include "periphery/periphery.h"

/* ---- configurations ------------------------------------------------------------------------- */

static const void *values_of(const aimc_config *config, const char *child, const aimci_kind *kind,
                             void *defaults)
{
    const void *given = aimci_config_values(aimci_config_child(config, child), kind);
    if (!given)
        aimci_kind_defaults(kind, defaults);
    return given ? given : defaults;
}

static aimc_status check_time_sliced(const aimci_cell_mapping *mapping,
                                     const aimci_wires_params *wires)
{
    if (wires->model == AIMCI_WIRES_TIME_SLICED &&
        (wires->r_driver > 0 || wires->r_select > 0 || wires->interleaved))
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: model = TIME_SLICED; it knows the wires of outputs alone: "
                          "r_driver 0, r_select 0, interleaved false");
    if (wires->model == AIMCI_WIRES_TIME_SLICED &&
        (mapping->offset || mapping->params.subtract == AIMCI_SUBTRACT_DIGITAL))
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: model = TIME_SLICED; it has pairs of cells on one column: "
                          "cell_mapping.scheme ONE_SIDED or TWO_SIDED, cell_mapping.subtract "
                          "ANALOG");
    return AIMC_OK;
}

static aimc_status check_nodal(const aimci_cell_mapping *mapping, const aimci_wires_params *wires)
{
    if (wires->noise_by_cell && (wires->model != AIMCI_WIRES_NODAL || mapping->has_reference))
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: noise_by_cell = true; only model NODAL solves what each cell "
                          "does, and cell_mapping.scheme REFERENCE_COLUMN is not there for it");
    if (wires->model != AIMCI_WIRES_NODAL)
        return AIMC_OK;
    if (wires->interleaved && mapping->offset)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "wires: interleaved = true; this cell_mapping.scheme has no pairs: ONE_SIDED or "
            "TWO_SIDED has");
    if (wires->iv != AIMCI_IV_LINEAR && mapping->has_reference)
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: iv; cell_mapping.scheme REFERENCE_COLUMN needs LINEAR cells");
    if (wires->gate_selected && mapping->has_reference)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "wires: gate_selected = true; cell_mapping.scheme REFERENCE_COLUMN is not "
            "there for it: DIGITAL_OFFSET, or pairs");
    return AIMC_OK;
}

/* A solve for each vector goes by the conductances, which have one value for both signs. */
static aimc_status check_asymmetry(const aimci_periphery_params *params,
                                   const aimci_wires_params *wires)
{
    if (wires->model != AIMCI_WIRES_NODAL || params->w_read_asymmetry_dtod <= 0 ||
        (wires->iv == AIMCI_IV_LINEAR && !wires->noise_by_cell))
        return AIMC_OK;
    return aimci_fail(
        AIMC_ERR_INVALID,
        "periphery: w_read_asymmetry_dtod = %g; where each vector is solved (wires.iv "
        "other than LINEAR, noise_by_cell), cells conduct alike for both signs: 0",
        params->w_read_asymmetry_dtod);
}

static aimc_status check_drive_ends(const aimci_wires_params *wires)
{
    if (wires->drive_ends == 1 || (wires->model == AIMCI_WIRES_NODAL && !wires->gate_selected))
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID,
                      "wires: drive_ends = 2; only model NODAL solves input lines, and only "
                      "without gate_selected are they driven: 1");
}

/* A gate is open or it is not: what drives it is one bit. */
static aimc_status check_gates(const aimci_periphery_params *params,
                               const aimci_wires_params *wires)
{
    if (!wires->gate_selected)
        return AIMC_OK;
    if (wires->model != AIMCI_WIRES_NODAL)
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: gate_selected = true; only model NODAL knows the cells that an "
                          "input connects");
    if (params->mv_type != AIMCI_MV_BIT_WISE || params->bit_wise_bits != 1)
        return aimci_fail(AIMC_ERR_INVALID,
                          "wires: gate_selected = true; a gate takes one bit at once: mv_type "
                          "BIT_WISE with bit_wise_bits 1");
    return AIMC_OK;
}

/* Cell mapping and wires, and what contradicts across them. */
static aimc_status read_children(const aimc_config *config, aimci_periphery *p)
{
    aimci_cell_mapping_params defaults;
    const aimci_cell_mapping_params *m =
        values_of(config, "cell_mapping", &aimci_kind_cell_mapping, &defaults);
    aimci_wires_params *wires = &p->wires;
    *wires = *(const aimci_wires_params *)values_of(config, "wires", &aimci_kind_wires, wires);
    aimc_status st = AIMC_OK;
    if (p->is_perfect)
        wires->model = AIMCI_WIRES_NONE;
    else
        st = aimci_kind_cell_mapping.check(m);
    if (st)
        return st;
    p->mapping = aimci_cell_mapping_resolve(m);
    p->mapping.active |= wires->model != AIMCI_WIRES_NONE;
    if (wires->model != AIMCI_WIRES_NONE && p->params.ir_drop > 0)
        return aimci_fail(AIMC_ERR_INVALID, "periphery: ir_drop = %g; wires.model has the drop: 0",
                          p->params.ir_drop);
    st = check_time_sliced(&p->mapping, wires);
    if (!st)
        st = check_nodal(&p->mapping, wires);
    if (!st)
        st = check_asymmetry(&p->params, wires);
    if (!st && !p->is_perfect)
        st = check_drive_ends(wires);
    if (!st && wires->model == AIMCI_WIRES_NODAL)
        st = aimci_wires_check_iv(wires, p->params.g_max * p->mapping.g_min, p->params.g_max);
    return st || p->is_perfect ? st : check_gates(&p->params, wires);
}

static aimc_status read_config(const aimc_config *config, aimci_periphery *p)
{
    aimci_config_read(config, &aimci_kind_periphery, &p->params);
    p->is_perfect = p->params.is_perfect || p->params.mv_type == AIMCI_MV_IDEAL;
    const aimc_status st = aimci_kind_periphery.check(&p->params);
    return st ? st : read_children(config, p);
}

/* ---- converters ----------------------------------------------------------------------------- */

void aimci_periphery_draw_converters(const aimci_periphery *p)
{
    enum { FIRST_STREAM = 4 }; /* after those of fixed_errors.c */
    aimci_nonideal_converter *const converters[] = {p->plan.nonideal_dac, p->plan.nonideal_adc};
    for (uint64_t k = 0; k < 2; k++) {
        if (!converters[k])
            continue;
        const aimci_key key =
            aimci_random_key(p->seed, AIMCI_OP_PERIPHERY, (uint32_t)p->op, FIRST_STREAM + k);
        aimci_nonideal_converter_draw(converters[k], &key);
    }
}

static aimc_status make_dac(aimci_periphery *p, const aimc_config *config)
{
    const aimci_periphery_params *q = &p->params;
    aimci_nonideal_converter_params defaults;
    const aimci_nonideal_converter_params *dac =
        values_of(config, "dac", &aimci_kind_nonideal_converter, &defaults);
    if (aimci_nonideal_converter_is_plain(dac))
        return AIMC_OK;
    if (q->mv_type == AIMCI_MV_SPLIT_MODE || q->mv_type == AIMCI_MV_BIT_WISE)
        return aimci_fail(
            AIMC_ERR_INVALID,
            "dac: mv_type SPLIT_MODE and BIT_WISE drive bits, which need the ideal one: style "
            "MID_TREAD, rounding NEAREST, model IDEAL");
    return aimci_nonideal_converter_create(p->ctx, dac, q->inp_res, q->inp_bound, p->n_in,
                                           "dac (inp_)", &p->plan.nonideal_dac);
}

/* One for each output, and one for the reference column. */
static aimc_status make_adc(aimci_periphery *p, const aimc_config *config)
{
    const aimci_periphery_params *q = &p->params;
    aimci_nonideal_converter_params defaults;
    const aimci_nonideal_converter_params *adc =
        values_of(config, "adc", &aimci_kind_nonideal_converter, &defaults);
    if (aimci_nonideal_converter_is_plain(adc))
        return AIMC_OK;
    return aimci_nonideal_converter_create(p->ctx, adc, q->out_res, q->out_bound, p->n_out + 1,
                                           "adc (out_)", &p->plan.nonideal_adc);
}

static aimc_status make_converters(aimci_periphery *p, const aimc_config *config)
{
    if (p->is_perfect)
        return AIMC_OK;
    aimc_status st = make_dac(p, config);
    if (!st)
        st = make_adc(p, config);
    aimci_periphery_draw_converters(p);
    return st;
}

/* ---- making --------------------------------------------------------------------------------- */

static void set_shape(aimci_periphery *p, aimci_op op, const aimci_read_array *array)
{
    const bool forward = op == AIMCI_OP_FORWARD;
    p->op = op;
    p->n_rows = array->n_rows;
    p->n_cols = array->n_cols;
    p->ld = array->ld;
    p->n_in = forward ? array->n_cols : array->n_rows;
    p->n_out = forward ? array->n_rows : array->n_cols;
    p->ld_in = aimci_leading_dimension(p->n_in);
    p->ld_out = aimci_leading_dimension(p->n_out);
    if (!forward)
        p->work.gemm_floats = aimci_round_up(aimci_gemm_scratch(array->gemm), 16);
}

/* Stages need the fixed errors, column sets the stages, cycles the column sets, and the workspace
 * all of them. */
static aimc_status build(aimci_periphery *p, const aimc_config *config)
{
    aimc_status st = read_config(config, p);
    if (!st)
        st = aimci_fixed_errors_draw(p);
    if (!st)
        st = make_converters(p, config);
    if (!st)
        st = aimci_read_plan_stages(p);
    if (!st)
        st = aimci_column_sets_create(p);
    if (!st)
        st = aimci_read_plan_cycles(p);
    if (!st)
        st = aimci_periphery_configure_adc_bounds(p);
    return st ? st : aimci_workspace_create(p);
}

aimc_status aimci_periphery_create(aimc_context *ctx, const aimc_config *config, aimci_op op,
                                   uint64_t seed, const aimci_read_array *array,
                                   aimci_periphery **out)
{
    aimci_periphery *p = aimci_calloc(ctx, 1, sizeof *p);
    if (!p)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory");
    p->ctx = aimci_context_ref(ctx);
    p->kernels = aimci_kernels_get(aimc_context_get_cpu(ctx));
    p->chain = aimci_read_kernels_get(aimc_context_get_cpu(ctx));
    p->seed = seed;
    set_shape(p, op, array);
    const aimc_status st = build(p, config);
    if (st)
        aimci_periphery_destroy(p);
    else
        *out = p;
    return st;
}

void aimci_periphery_destroy(aimci_periphery *p)
{
    if (!p)
        return;
    aimc_context *ctx = p->ctx;
    aimci_workspace_destroy(p);
    aimci_column_sets_destroy(p);
    aimci_read_plan_destroy(p);
    aimci_fixed_errors_destroy(p);
    aimci_periphery_unwatch(p);
    aimci_free(ctx, p->adc_bounds);
    aimci_free(ctx, p->adc_lows);
    aimci_free(ctx, p->word_lines.sums);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}
