/* SPDX-License-Identifier: MIT */
/* The read-out of one direction: converters, noise management, bound management. */
#ifndef AIMCI_PERIPHERY_H
#define AIMCI_PERIPHERY_H

#include "core/config.h"
#include "core/random.h"
#include "io/safetensors.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"

enum {
    AIMCI_NM_NONE,
    AIMCI_NM_ABS_MAX,
    AIMCI_NM_ABS_MAX_NP_SUM,
    AIMCI_NM_MAX,
    AIMCI_NM_CONSTANT,
    AIMCI_NM_AVERAGE_ABS_MAX
};
enum { AIMCI_BM_NONE, AIMCI_BM_ITERATIVE, AIMCI_BM_ITERATIVE_WORST_CASE };

/* Values of the family "periphery". */
typedef struct aimci_periphery_params {
    double inp_bound, inp_res, inp_noise, inp_asymmetry;
    double out_bound, out_res, out_noise, out_noise_std, out_asymmetry, out_scale;
    double nm_thres, nm_assumed_wmax, nm_decay;
    double max_bm_factor, max_bm_res;
    int32_t noise_management, bound_management;
    bool is_perfect, inp_sto_round, out_sto_round, bm_test_negative_bound;
} aimci_periphery_params;

extern const aimci_family aimci_family_periphery;

/* Step of a converter: res 2 bound, where res > 1 counts steps and res <= 0 or an infinite bound
 * means none. */
float aimci_converter_step_of(double res, double bound);

typedef struct aimci_readout_counts {
    uint64_t passes, clipped;
} aimci_readout_counts;

/* Resolved once from the parameters; scratch for every slot that may run at once. */
typedef struct aimci_periphery {
    aimc_context *ctx;
    const aimci_kernels *kernels;
    aimci_periphery_params params;
    size_t n_in, n_out; /* of this direction */
    size_t ld_in, ld_out;
    bool iterate; /* bound management is on */
    float in_step;
    uint64_t seed;
    aimci_op op; /* AIMCI_OP_FORWARD or AIMCI_OP_BACKWARD */
    aimci_dac dac;
    aimci_adc adc;
    float *noises; /* fixed spread of the output noise; NULL: none */
    float average; /* state of AVERAGE_ABS_MAX; 0: not started */
    size_t n_slots;
    float *scratch; /* n_slots blocks of slot_floats */
    size_t slot_floats, gemm_floats;
    aimci_readout_counts *counts; /* one for each slot */
    uint64_t n_vectors;           /* vectors so far: selects the streams of the next */
} aimci_periphery;

/* op also says the direction: backward has no bound management. gemm_floats of scratch go to the
 * product. */
aimc_status aimci_periphery_create(aimc_context *ctx, const aimc_config *config, aimci_op op,
                                   uint64_t seed, size_t n_in, size_t n_out, size_t gemm_floats,
                                   aimci_periphery **out);
void aimci_periphery_destroy(aimci_periphery *periphery);

/* n <= AIMCI_READOUT_BATCH prepared vectors z (stride ld_in) to raw outputs y (stride ld_out). */
#define AIMCI_READOUT_BATCH 64
typedef void (*aimci_product_fn)(const void *arg, size_t n, const float *z, float *y,
                                 float *scratch);

/* y[b] = read-out of x[b] for the whole batch; counts of all passes are added to total. */
void aimci_periphery_read(aimci_periphery *periphery, size_t n, const float *x, size_t ld_x,
                          float *y, size_t ld_y, aimci_product_fn product, const void *arg,
                          aimci_readout_counts *total);

aimc_status aimci_periphery_put(const aimci_periphery *periphery, aimci_st_writer *writer,
                                const char *prefix);
aimc_status aimci_periphery_restore(aimci_periphery *periphery, const aimci_st_reader *reader,
                                    const char *prefix);

#endif
