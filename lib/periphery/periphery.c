/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "blas/blas.h"
#include "kernels/stream.h"
#include "periphery/periphery.h"

/* ---- parameters ----------------------------------------------------------------------------- */

#define T   aimci_periphery_params
#define SRC "Rasch et al., AICAS (2021), arXiv:2104.02184"
#define NM  "Gokmen et al., Front. Neurosci. 11:538 (2017)"

static const aimci_field fields[] = {
    AIMCI_FLAG(T, is_perfect, 0, "exact product; every other field is ignored", SRC),
    AIMCI_NUMBER(T, inp_bound, 1, -1e30, 1e30, "full scale", "DAC full scale; <= 0: unbounded",
                 SRC),
    AIMCI_NUMBER(T, inp_res, 1.0 / 126, -1, 1e30, "1 / range",
                 "DAC resolution: fraction of the range, or number of steps when > 1; <= 0: off",
                 SRC),
    AIMCI_FLAG(T, inp_sto_round, 0, "DAC rounds stochastically", SRC),
    AIMCI_NUMBER(T, inp_noise, 0, 0, 1e30, "full scale",
                 "standard deviation of the noise added to each prepared input", SRC),
    AIMCI_NUMBER(T, inp_asymmetry, 0, -1, 1, "relative",
                 "negative inputs are multiplied by 1 - this", SRC),
    AIMCI_NUMBER(T, out_bound, 12, -1e30, 1e30, "weight x input", "ADC full scale; <= 0: unbounded",
                 SRC),
    AIMCI_NUMBER(T, out_res, 1.0 / 510, -1, 1e30, "1 / range",
                 "ADC resolution: fraction of the range, or number of steps when > 1; <= 0: off",
                 SRC),
    AIMCI_FLAG(T, out_sto_round, 0, "ADC rounds stochastically", SRC),
    AIMCI_NUMBER(T, out_noise, 0.06, 0, 1e30, "weight x input",
                 "standard deviation of the read noise at the ADC input", SRC),
    AIMCI_NUMBER(T, out_noise_std, 0, 0, 1e30, "relative",
                 "output-to-output spread of out_noise, fixed per tile", SRC),
    AIMCI_NUMBER(T, out_asymmetry, 0, -1, 1, "relative",
                 "negative outputs are multiplied by 1 - this", SRC),
    AIMCI_NUMBER(T, out_scale, 1, -1e30, 1e30, "1", "constant digital gain", SRC),
    AIMCI_CHOICE(T, noise_management, AIMCI_NM_ABS_MAX, 5,
                 "NONE|ABS_MAX|ABS_MAX_NP_SUM|MAX|CONSTANT|AVERAGE_ABS_MAX",
                 "how inputs are scaled before the DAC", NM),
    AIMCI_NUMBER(T, nm_thres, 0, 0, 1e30, "input",
                 "largest scale (CONSTANT: the scale itself); 0: no limit", NM),
    AIMCI_NUMBER(T, nm_assumed_wmax, 0.6, 0, 1e30, "weight",
                 "largest weight that ABS_MAX_NP_SUM assumes", SRC),
    AIMCI_NUMBER(T, nm_decay, 1e-3, 1e-30, 1, "1 / vector",
                 "speed of the running average of AVERAGE_ABS_MAX", SRC),
    AIMCI_CHOICE(T, bound_management, AIMCI_BM_ITERATIVE, 2, "NONE|ITERATIVE|ITERATIVE_WORST_CASE",
                 "what happens when an output hits the ADC bound: repeat with halved inputs", NM),
    AIMCI_NUMBER(T, max_bm_factor, 1000, 1, 1e30, "1", "largest reduction of the inputs", NM),
    AIMCI_NUMBER(T, max_bm_res, 0.25, 0, 1e30, "1",
                 "stop when the reduction exceeds this over the DAC step", SRC),
    AIMCI_FLAG(T, bm_test_negative_bound, 1, "hits of the lower bound count, too", SRC),
};

static aimc_status check(const void *values)
{
    const T *p = values;
    if (!p->is_perfect && p->noise_management != AIMCI_NM_NONE && p->inp_bound != 1)
        return aimci_fail(AIMC_ERR_INVALID,
                          "periphery: inp_bound = %g; noise_management other than NONE needs 1",
                          p->inp_bound);
    return AIMC_OK;
}

const aimci_family aimci_family_periphery = {
    .name = "periphery",
    .category = "periphery",
    .doc = "read-out of one direction: DAC, noise and bound management, read noise, ADC",
    .source = SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(T),
    .check = check,
};
#undef T

/* ---- making
 * ------------------------------------------------------------------------------------------------
 */

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

static void resolve(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    p->iterate = q->bound_management != AIMCI_BM_NONE && p->op == AIMCI_OP_FORWARD;
    p->in_step = aimci_converter_step_of(q->inp_res, q->inp_bound);
    p->dac = (aimci_dac){.step = p->in_step,
                         .bound = bound_of(q->inp_bound),
                         .noise = (float)q->inp_noise,
                         .asymmetry = (float)q->inp_asymmetry,
                         .sto_round = q->inp_sto_round};
    p->adc = (aimci_adc){.asymmetry = (float)q->out_asymmetry,
                         .noise = (float)q->out_noise,
                         .noises = p->noises,
                         .step = aimci_converter_step_of(q->out_res, q->out_bound),
                         .bound = bound_of(q->out_bound),
                         .sto_round = q->out_sto_round,
                         .test_negative = q->bm_test_negative_bound};
}

/* sigma_i = |out_noise (1 + out_noise_std xi)|, drawn once */
static aimc_status draw_noises(aimci_periphery *p)
{
    const aimci_periphery_params *q = &p->params;
    if (q->out_noise <= 0 || q->out_noise_std <= 0)
        return AIMC_OK;
    p->noises = aimci_calloc(p->ctx, p->ld_out, sizeof *p->noises);
    if (!p->noises)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory");
    const aimci_key key = aimci_random_key(p->seed, AIMCI_OP_PERIPHERY, (uint32_t)p->op, 0);
    aimci_normals normals = {.stream = aimci_stream_open(&key, 0)};
    for (size_t i = 0; i < p->ld_out; i += AIMCI_LANES) {
        const vf xi = aimci_normals_next(&normals);
        vf_store(p->noises + i,
                 vf_abs((1.0f + xi * (float)q->out_noise_std) * (float)q->out_noise));
    }
    return AIMC_OK;
}

void aimci_periphery_destroy(aimci_periphery *p)
{
    if (!p)
        return;
    aimc_context *ctx = p->ctx;
    aimci_free(ctx, p->noises);
    aimci_free(ctx, p->scratch);
    aimci_free(ctx, p->counts);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}

aimc_status aimci_periphery_create(aimc_context *ctx, const aimc_config *config, aimci_op op,
                                   uint64_t seed, size_t n_in, size_t n_out, size_t gemm_floats,
                                   aimci_periphery **out)
{
    aimci_periphery_params params;
    aimci_family_defaults(&aimci_family_periphery, &params);
    const aimci_periphery_params *given = aimci_config_values(config, &aimci_family_periphery);
    if (given)
        params = *given;
    aimc_status st = check(&params);
    if (st)
        return st;
    aimci_periphery *p = aimci_calloc(ctx, 1, sizeof *p);
    if (!p)
        return aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory");
    p->ctx = aimci_context_ref(ctx);
    p->kernels = aimci_kernels_get(aimc_context_cpu(ctx));
    p->params = params;
    p->op = op;
    p->seed = seed;
    p->n_in = n_in;
    p->n_out = n_out;
    p->ld_in = aimci_leading_dimension(n_in);
    p->ld_out = aimci_leading_dimension(n_out);
    p->n_slots = aimci_context_slots(ctx);
    p->gemm_floats = aimci_round_up(gemm_floats, 16);
    p->slot_floats = AIMCI_READOUT_BATCH * (p->ld_in + p->ld_out) + p->gemm_floats;
    p->scratch = aimci_calloc(ctx, p->n_slots * p->slot_floats, sizeof *p->scratch);
    p->counts = aimci_calloc(ctx, p->n_slots, sizeof *p->counts);
    st = p->scratch && p->counts
             ? draw_noises(p)
             : aimci_fail(AIMC_ERR_NOMEM, "tile_create: no memory for read-out");
    if (st) {
        aimci_periphery_destroy(p);
        return st;
    }
    resolve(p);
    *out = p;
    return AIMC_OK;
}

/* ---- state
 * ---------------------------------------------------------------------------------------------------
 */

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
    if (!st && p->noises) {
        snprintf(name, sizeof name, "%sout_noises", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, 0, p->n_out, p->n_out, p->noises);
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
    if (!st && p->noises) {
        snprintf(name, sizeof name, "%sout_noises", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, 0, p->n_out, p->n_out, p->noises);
    }
    if (st)
        return st;
    p->seed = streams[0];
    p->n_vectors = streams[1];
    p->average = average;
    return AIMC_OK;
}
