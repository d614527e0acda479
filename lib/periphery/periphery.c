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

static void add_part(aimci_periphery *p, aimci_part_op op, bool minus, float gain)
{
    p->parts[p->n_parts++] = (aimci_read_part){
        .derived = true,
        .minus = minus,
        .op = {.op = op, .step = p->in_step, .asymmetry = (float)p->params.inp_asymmetry},
        .gain = gain};
}

/* Bits first ... first + count - 1 of the input's code, driven as if they were the lowest. */
static void add_digits(aimci_periphery *p, int first, int count)
{
    add_part(p, AIMCI_PART_DIGITS, false, ldexpf(1.0f, first));
    p->parts[p->n_parts - 1].op.first = first;
    p->parts[p->n_parts - 1].op.count = count;
}

static void resolve_parts(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    const int bits = aimci_dac_bits(q->inp_res) - 1; /* of the magnitude */
    const int low = (int)q->split_mode_bit_shift;
    switch (q->mv_type) {
    case AIMCI_MV_POS_NEG_SEPARATE:
    case AIMCI_MV_POS_NEG_SEPARATE_DIGITAL_SUM:
        add_part(p, AIMCI_PART_POSITIVE, false, 1.0f);
        add_part(p, AIMCI_PART_NEGATIVE, true, -1.0f);
        break;
    case AIMCI_MV_SPLIT_MODE:
        add_digits(p, 0, low);
        add_digits(p, low, bits - low);
        break;
    case AIMCI_MV_BIT_WISE:
        for (int b = 0; b < bits; b++)
            add_digits(p, b, 1);
        break;
    default:
        p->parts[0] = (aimci_read_part){.gain = 1.0f};
        p->n_parts = 1;
        break;
    }
    p->digital = p->n_parts > 1 && q->mv_type != AIMCI_MV_POS_NEG_SEPARATE;
}

/* What the output stage needs of the coefficients n_i: their mean gives the gain. */
static void resolve_compression(aimci_periphery *p)
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
    resolve_compression(p);
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
    s->derived = take(base, &at, p->has_drop || power, in);
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
    aimci_free(ctx, p->fixed.noises);
    aimci_free(ctx, p->fixed.nonlinearity);
    aimci_free(ctx, p->fixed.offsets);
    aimci_free(ctx, p->fixed.polarity);
    aimci_free(ctx, p->scratch);
    aimci_free(ctx, p->counts);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}

static aimc_status build(aimci_periphery *p)
{
    aimc_status st = draw_fixed(p);
    if (st)
        return st;
    resolve(p);
    resolve_parts(p);
    st = aimci_array_stage_create(p);
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
    aimc_status st = aimci_family_periphery.check(&params);
    if (st)
        return st;
    aimci_periphery *p = aimci_calloc(ctx, 1, sizeof *p);
    if (!p)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory");
    p->ctx = aimci_context_ref(ctx);
    p->kernels = aimci_kernels_get(aimc_context_cpu(ctx));
    p->chain = aimci_read_kernels_get(aimc_context_cpu(ctx));
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
    p->gemm_floats = aimci_round_up(aimci_gemm_scratch(array->gemm), 16);
    st = build(p);
    if (st) {
        aimci_periphery_destroy(p);
        return st;
    }
    *out = p;
    return AIMC_OK;
}

/* ---- state ---------------------------------------------------------------------------------- */

typedef struct fixed_tensor {
    const char *name;
    float *data;
    size_t rows, cols, ld; /* rows 0: a vector */
} fixed_tensor;

enum { N_FIXED = 4 };

static void list_fixed(const aimci_periphery *p, fixed_tensor list[N_FIXED])
{
    list[0] = (fixed_tensor){"out_noises", p->fixed.noises, 0, p->n_out, p->n_out};
    list[1] = (fixed_tensor){"out_nonlinearity", p->fixed.nonlinearity, 0, p->n_out, p->n_out};
    list[2] = (fixed_tensor){"v_offsets", p->fixed.offsets, 0, p->n_out, p->n_out};
    list[3] = (fixed_tensor){"read_polarity", p->fixed.polarity, p->n_cols, p->n_rows, p->ld};
}

aimc_status aimci_periphery_put(const aimci_periphery *p, aimci_st_writer *writer,
                                const char *prefix)
{
    char name[160];
    const uint64_t streams[2] = {p->seed, p->n_vectors};
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_put(writer, name, AIMCI_U64, 0, 2, 2, streams);
    if (!st) {
        snprintf(name, sizeof name, "%saverage", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, 0, 1, 1, &p->average);
    }
    fixed_tensor list[N_FIXED];
    list_fixed(p, list);
    for (int k = 0; k < N_FIXED && !st; k++) {
        if (!list[k].data)
            continue;
        snprintf(name, sizeof name, "%s%s", prefix, list[k].name);
        st = aimci_st_put(writer, name, AIMCI_F32, list[k].rows, list[k].cols, list[k].ld,
                          list[k].data);
    }
    return st;
}

aimc_status aimci_periphery_restore(aimci_periphery *p, const aimci_st_reader *reader,
                                    const char *prefix)
{
    char name[160];
    uint64_t streams[2];
    float average;
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_get(reader, name, AIMCI_U64, 0, 2, 2, streams);
    if (!st) {
        snprintf(name, sizeof name, "%saverage", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, 0, 1, 1, &average);
    }
    fixed_tensor list[N_FIXED];
    list_fixed(p, list);
    for (int k = 0; k < N_FIXED && !st; k++) {
        if (!list[k].data)
            continue;
        snprintf(name, sizeof name, "%s%s", prefix, list[k].name);
        st = aimci_st_get(reader, name, AIMCI_F32, list[k].rows, list[k].cols, list[k].ld,
                          list[k].data);
    }
    if (st)
        return st;
    p->seed = streams[0];
    p->n_vectors = streams[1];
    p->average = average;
    p->derived.version = 0;
    resolve_compression(p); /* the gain follows the coefficients */
    return AIMC_OK;
}
