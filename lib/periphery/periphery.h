/* SPDX-License-Identifier: MIT */
/* The read-out of one direction: converters, noise and bound management, what the array adds. */
#ifndef AIMCI_PERIPHERY_H
#define AIMCI_PERIPHERY_H

#include "blas/blas.h"
#include "core/config.h"
#include "core/random.h"
#include "io/safetensors.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "kernels/read_chain.h"
#include "periphery/cells.h"
#include "periphery/circuit.h"

enum {
    AIMCI_MV_IDEAL,
    AIMCI_MV_ONE_PASS,
    AIMCI_MV_POS_NEG_SEPARATE,
    AIMCI_MV_POS_NEG_SEPARATE_DIGITAL_SUM,
    AIMCI_MV_SPLIT_MODE,
    AIMCI_MV_BIT_WISE
};
enum {
    AIMCI_NM_NONE,
    AIMCI_NM_ABS_MAX,
    AIMCI_NM_ABS_MAX_NP_SUM,
    AIMCI_NM_MAX,
    AIMCI_NM_CONSTANT,
    AIMCI_NM_AVERAGE_ABS_MAX
};
enum { AIMCI_BM_NONE, AIMCI_BM_ITERATIVE, AIMCI_BM_ITERATIVE_WORST_CASE, AIMCI_BM_SHIFT };
enum { AIMCI_WN_NONE, AIMCI_WN_ADDITIVE_CONSTANT, AIMCI_WN_PCM_READ };
enum { AIMCI_LOADING_ACTIVE, AIMCI_LOADING_ALL };
enum { AIMCI_AMPLITUDE_EXACT, AIMCI_AMPLITUDE_CUBIC };

/* Values of the family "periphery". */
typedef struct aimci_periphery_params {
    double inp_bound, inp_res, inp_noise, inp_asymmetry;
    double out_bound, out_res, out_noise, out_noise_std, out_asymmetry, out_scale;
    double nm_thres, nm_assumed_wmax, nm_decay;
    double max_bm_factor, max_bm_res;
    double w_noise, w_read_asymmetry_dtod;
    double ir_drop, ir_drop_g_ratio, wire_resistance_per_cell, g_max;
    double out_nonlinearity, out_nonlinearity_std, slope_calibration;
    double v_offset_std, v_offset_w_min, r_series, r_series_max_total;
    int64_t split_mode_bit_shift, bit_wise_bits;
    int32_t mv_type, noise_management, bound_management;
    int32_t w_noise_type, ir_loading, ir_drop_amplitude;
    bool is_perfect, inp_sto_round, out_sto_round, bm_test_negative_bound;
    bool bit_wise_adc;
} aimci_periphery_params;

extern const aimci_family aimci_family_periphery;

/* Step of a converter: res 2 bound, where res > 1 counts steps and res <= 0 or an infinite bound
 * means none. */
float aimci_converter_step_of(double res, double bound);

/* Bits of the DAC: res = 1 / (2^bits - 2); 0 when it is none of these. */
int aimci_dac_bits(double res);

/* The matrix behind a read-out, as the tile stores it: column-major n_rows x n_cols, whatever the
 * direction. */
typedef struct aimci_read_array {
    const aimci_gemm *gemm;
    size_t n_rows, n_cols, ld;
    const float *w; /* not looked at when a periphery is made */
    /* A number that is another one whenever w has changed: what is derived from w is then kept
     * between calls. 0: unknown, derived anew by every call that needs it. */
    uint64_t version;
    const float *g; /* conductances, laid out like w; NULL: |w| stands for them */
} aimci_read_array;

/* What reads drove, for the energy of the array: sums in units of 1 / AIMC_ACTIVITY_ONE. */
typedef struct aimci_drive {
    uint64_t reads;                  /* that were looked at */
    uint64_t cells, cells_squared;   /* sum_j |x_j| and x_j^2, times the cells of a line */
    uint64_t weight, weight_squared; /* the same, times the conductance of the line */
} aimci_drive;

typedef struct aimci_readout_counts {
    uint64_t passes;  /* reads of the array */
    uint64_t inputs;  /* vectors through the DACs */
    uint64_t outputs; /* vectors through the ADCs */
    uint64_t clipped;
    aimci_drive drive;
} aimci_readout_counts;

/* One read of the array within a product. */
typedef struct aimci_read_part {
    bool derived; /* from the prepared input by op; else the prepared input itself */
    bool minus;   /* with the weights that inputs of the negative sign see */
    aimci_part op;
    float gain;   /* of its current in the group's sum */
    float window; /* time that the inputs are on, in units of input 1 */
    size_t plane;
} aimci_read_part;

/* Reads whose currents are added up before one conversion; the codes of groups are added up. */
typedef struct aimci_read_group {
    size_t first, n; /* parts */
    float gain;
} aimci_read_group;

/* Fixed errors, drawn once, saved with the tile; NULL: none. */
typedef struct aimci_fixed_errors {
    float *noises;       /* [n_out] standard deviation of the output noise */
    float *nonlinearity; /* [n_out] coefficients n_i */
    float *offsets;      /* [n_out] v_i */
    float *polarity;     /* like w: 1 + w_read_asymmetry_dtod xi */
} aimci_fixed_errors;

/* One set of columns, and what is derived from the weights for it: planes laid out like w; NULL:
 * not needed. */
typedef struct aimci_read_plane {
    size_t slice;
    bool plus, minus_cells; /* which cells of a pair it holds; both: their difference */
    float *w;               /* NULL: the array's own weights */
    float *magnitude, *minus, *minus_magnitude;
    float *row_sums[2]; /* [n_out] sums of magnitudes, plus and minus */
    float *unit;        /* [n_in] the column that stands for weight 0 */
    float *bias;        /* [n_out] current without inputs */
    double *cells[2];   /* conductances, where they bend */
} aimci_read_plane;

/* Work space of wires, all of it NULL without them. */
typedef struct aimci_wire_space {
    aimci_nodal network;
    double *g, *t;   /* one set of columns: conductances; what an output takes per input */
    double *scratch; /* of the matrix, or of all slots' solves */
    size_t slot_size;
} aimci_wire_space;

/* Resolved once from the parameters; scratch for every slot that may run at once. */
typedef struct aimci_periphery {
    aimc_context *ctx;
    const aimci_kernels *kernels;
    const aimci_read_kernels *chain;
    aimci_periphery_params params;
    size_t n_in, n_out; /* of this direction */
    size_t ld_in, ld_out;
    size_t n_rows, n_cols, ld; /* of the matrix */
    aimci_op op;               /* AIMCI_OP_FORWARD or AIMCI_OP_BACKWARD: also says the direction */
    bool is_perfect;
    bool iterate;   /* bound management repeats */
    bool shift;     /* bound management shifts */
    bool has_drop;  /* the wires' voltage drop is on */
    bool has_stage; /* the array adds something to the plain product */
    bool compresses;
    float in_step;
    float kappa, nonlinearity;
    aimci_dac dac;
    aimci_adc adc;
    aimci_circuit *in_circuit, *out_circuit; /* NULL: plain, the kernels do it */
    aimci_cells cells;
    aimci_wires_params wires;
    aimci_wire_space space;
    bool bends; /* cells are not linear: every vector is a solve of its own */
    size_t n_parts, n_groups, n_planes;
    size_t n_words; /* conversions of one input within a product */
    aimci_read_part *parts;
    aimci_read_group *groups;
    aimci_read_plane *planes;
    uint64_t version;      /* of the weights that the planes are derived from; 0: nothing there */
    aimci_current current; /* what does not depend on the vector */
    float *profile;        /* [n_in] distance factors of the voltage drop */
    aimci_fixed_errors fixed;
    float average; /* state of AVERAGE_ABS_MAX; 0: not started */
    uint64_t seed;
    uint64_t n_vectors; /* vectors so far: selects the streams of the next */
    size_t n_slots;
    float *scratch; /* n_slots blocks of slot_floats */
    size_t slot_floats, gemm_floats;
    aimci_readout_counts *counts; /* one for each slot */
    double *line_sums;            /* [n_in] conductances; NULL: what is driven is not counted */
    uint64_t sums_version;        /* as version, for line_sums */
} aimci_periphery;

/* op also says the direction: backward has no bound management. */
aimc_status aimci_periphery_create(aimc_context *ctx, const aimc_config *config, aimci_op op,
                                   uint64_t seed, const aimci_read_array *array,
                                   aimci_periphery **out);
void aimci_periphery_destroy(aimci_periphery *periphery);

/* What one read looked like inside, for one vector; NULL pointers are not filled. */
typedef struct aimci_probe {
    size_t part; /* which read of the product is looked at */
    float *prepared;
    float *current, *noisy;
    int32_t *code;
    double alpha, reduction;
    uint64_t passes;
} aimci_probe;

#define AIMCI_READOUT_BATCH 64

/* y[b] = read-out of x[b] for the whole batch; counts of all passes are added to total. probe: NULL
 * or, for one vector, what to look at. AIMC_ERR_STATE: the network of wires and cells was not
 * solved; y and the state are untouched. */
aimc_status aimci_periphery_read(aimci_periphery *periphery, const aimci_read_array *array,
                                 size_t n, const float *x, size_t ld_x, float *y, size_t ld_y,
                                 aimci_readout_counts *total, aimci_probe *probe);

/* ---- what is driven ------------------------------------------------------------------------- */

/* Count it from now on, or no longer. */
aimc_status aimci_drive_enable(aimci_periphery *periphery, bool on);
/* Bring the sums up to date with the conductances. */
void aimci_drive_refresh(aimci_periphery *periphery, const aimci_read_array *array);
/* n reads with inputs z as the array sees them. */
void aimci_drive_count(const aimci_periphery *periphery, size_t n, const float *z,
                       aimci_readout_counts *counts);
/* Reads of a single line of n cells, fully driven. */
void aimci_drive_count_line(const float *g, size_t n, uint64_t reads, aimci_readout_counts *counts);
void aimci_drive_add(aimci_drive *sum, const aimci_drive *other);

/* ---- the array stage ------------------------------------------------------------------------ */

/* Scratch of one slot: blocks of AIMCI_READOUT_BATCH vectors; those that a setting does not need
 * are NULL. */
typedef struct aimci_read_scratch {
    float *z, *part, *derived; /* stride ld_in */
    float *out, *part_out;     /* stride ld_out */
    float *load, *dropped, *power;
    float *gemm;
    size_t slot;
} aimci_read_scratch;

/* Where the blocks of a slot start; with base NULL only counts. Returns the floats of one slot. */
size_t aimci_read_scratch_lay(const aimci_periphery *periphery, float *base,
                              aimci_read_scratch *scratch);

/* Resolve the array stage from the parameters, and draw or compute what it needs. */
aimc_status aimci_array_stage_create(aimci_periphery *periphery);
void aimci_array_stage_destroy(aimci_periphery *periphery);

/* Planes of cells: which there are, their memory, and bringing them up to date with the weights. */
aimc_status aimci_planes_create(aimci_periphery *periphery);
void aimci_planes_destroy(aimci_periphery *periphery);
aimc_status aimci_planes_refresh(aimci_periphery *periphery, const aimci_read_array *array);

/* y = plane z for n vectors, cells that bend; false: a network was not solved. */
bool aimci_planes_solve(const aimci_periphery *periphery, const aimci_read_plane *plane, size_t n,
                        const float *z, float *y, size_t slot);

/* Neighbouring cells of a pair in one network? */
static inline bool aimci_is_interleaved(const aimci_periphery *p)
{
    return p->wires.model == AIMCI_WIRES_NODAL && p->wires.interleaved;
}

/* The network of one set of columns; interleaved, the lines that forward senses are two for each
 * output: positive, negative. */
static inline aimci_nodal aimci_read_network(const aimci_periphery *p,
                                             const aimci_wires_params *wires)
{
    const size_t lines = aimci_is_interleaved(p) ? 2 : 1;
    const size_t unit = p->cells.params.scheme == AIMCI_CELLS_UNIT_COLUMN;
    const bool forward = p->op == AIMCI_OP_FORWARD;
    return aimci_wires_network(wires, p->n_in * (forward ? 1 : lines),
                               p->n_out * (forward ? lines : 1) + unit);
}

/* Place of a cell in that network's plane. */
static inline size_t aimci_cell_at(const aimci_periphery *p, size_t ld, size_t i, size_t j,
                                   bool minus)
{
    if (!aimci_is_interleaved(p))
        return i * ld + j;
    return p->op == AIMCI_OP_FORWARD ? (2 * i + minus) * ld + j : i * ld + 2 * j + minus;
}

/* Place of a weight in a matrix of the direction: output i, input j */
static inline size_t aimci_read_at(const aimci_periphery *p, size_t i, size_t j)
{
    return p->op == AIMCI_OP_FORWARD ? j * p->ld + i : i * p->ld + j;
}

/* Currents of one part for n vectors z, wires and noise of the array included. keys[k]: the stream
 * of vector k. false: the network was not solved. */
bool aimci_array_stage_read(const aimci_periphery *periphery, const aimci_read_array *array,
                            const aimci_read_part *part, size_t n, const float *z, float *y,
                            const aimci_read_scratch *scratch, const aimci_key *keys);

/* The plain product. */
void aimci_read_product(const aimci_periphery *periphery, const aimci_read_array *array,
                        const float *w, size_t n, const float *z, float *y, float *scratch);

/* Gain of the compression, from the coefficients; errors of the converters, from the seed. */
void aimci_periphery_recompress(aimci_periphery *periphery);
void aimci_periphery_draw_circuits(const aimci_periphery *periphery);

/* ---- state ---------------------------------------------------------------------------------- */

/* The fixed errors that this read-out has; rows 0: a vector. */
typedef struct aimci_fixed {
    const char *name;
    float *data;
    size_t rows, cols, ld;
    float min; /* allowed */
} aimci_fixed;
#define AIMCI_N_FIXED 4
size_t aimci_periphery_fixed(const aimci_periphery *periphery, aimci_fixed list[AIMCI_N_FIXED]);

/* After fixed errors were replaced. */
void aimci_periphery_changed(aimci_periphery *periphery);

aimc_status aimci_periphery_put(const aimci_periphery *periphery, aimci_st_writer *writer,
                                const char *prefix);
aimc_status aimci_periphery_restore(aimci_periphery *periphery, const aimci_st_reader *reader,
                                    const char *prefix);

#endif
