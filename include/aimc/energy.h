/* SPDX-License-Identifier: MIT */
#ifndef AIMC_ENERGY_H
#define AIMC_ENERGY_H
/**
 * @file energy.h
 * Energy, time, area and endurance of what a tile or network did: events counted while running,
 * each times the cost that a chip gives it.
 *
 * A chip is a configuration of kind "chip": a "technology", which says what single events cost, and
 * what there is of each component. Numbers that nobody measured, of a preset too, are called
 * assumed until the caller sets them; aimc_cost_model_get_assumption() lists them,
 * aimc_cost_model_get_range() says what they do to the total. docs/models/energy.md: equations.
 */

#include <aimc/extrapolation.h>
#include <aimc/matrix.h>

AIMC_BEGIN_DECLS

/** Prices of events on one chip. @since 0.1 */
typedef struct aimc_cost_model aimc_cost_model;

/**
 * Make a cost model.
 * @param ctx     context
 * @param name    kind "technology" or "chip", or a preset of one ("rram_32nm", "isaac_32nm"); NULL:
 *                from config alone
 * @param config  of the same kind: fields set there replace those of name; NULL: none. Read during
 *                the call only. A technology alone is one with the default chip around it.
 * @param[out] out  the model; NULL on failure
 * @retval AIMC_ERR_INVALID  unknown name, configuration of another kind, a node that is not in the
 *                           table, an ADC part that is not in the table
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any; a model does not change after it was made and may be shared.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_create(aimc_context *ctx, const char *name,
                                            const aimc_config *config, aimc_cost_model **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the cost model. @since 0.1 */
AIMC_API void aimc_cost_model_destroy(aimc_cost_model *model);

/* ---- single parts --------------------------------------------------------------------------- */

/** One converter. @since 0.1 */
typedef struct aimc_converter_cost {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t below_floor;  /**< 1: energy below the thermal limit, which no circuit reaches */
    double energy_j;      /**< J per conversion */
    double time_s;        /**< s per conversion */
    double area_m2;       /**< m^2 of one converter */
    double floor_j;       /**< ADC: 12 k T 4^bits; DAC: 0 */
} aimc_converter_cost;

/**
 * ADC of the technology (fields adc_*).
 * @param cost  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID NULL argument.
 * @retval AIMC_ERR_ABI struct_size is 0.
 * @threads any.
 * @par Model
 * WALDEN: fom 2^enob (R. Walden, IEEE JSAC 17:539, 1999). SURVEY: fit to B. Murmann's survey of
 * published converters as Accelergy's plug-in uses it. TABLE: P / f of a published part.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_adc(const aimc_cost_model *model,
                                             aimc_converter_cost *cost);

/**
 * DAC of the technology (fields dac_*).
 * @param cost  struct_size set by the caller; the rest is written
 * @errors as aimc_cost_model_get_adc().
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_dac(const aimc_cost_model *model,
                                             aimc_converter_cost *cost);

/**
 * Energy of one write pulse.
 * @param g_s  conductance at the read voltage, S, >= 0
 * @param v    amplitude, V; its sign does not matter
 * @param t_s  width, s, >= 0
 * @param[out] energy_j  J
 * @retval AIMC_ERR_INVALID  NULL, a value not finite or negative
 * @threads any.
 * @par Model
 * OHMIC: V^2 G t. SCHOTTKY: V^2 G t exp(beta (sqrt |V| - sqrt V_read)), the modified Schottky
 * emission current of arXiv:2509.18121 (2025) relative to the read voltage.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_pulse(const aimc_cost_model *model, double g_s, double v,
                                               double t_s, double *energy_j);

/** Schottky coefficient beta, 1 / sqrt(V): the field, or (q / kT) sqrt(q / (4 pi eps0 eps_r d))
 * when that is 0. NaN when model is NULL. @threads any. @since 0.1 */
AIMC_API double aimc_cost_model_get_schottky_beta(const aimc_cost_model *model);

/**
 * Conductance that inputs drive, averaged over vectors: sum_j a(x_j) sum_i G_ij. Times V_read^2
 * t_read it is the energy of one read.
 * @param n_out    outputs of the array, 1 or more
 * @param n_in     inputs of the array, 1 or more
 * @param g        [n_out][n_in] row-major, S, both devices of a pair added; >= 0
 * @param ld_g     >= n_in
 * @param n_batch  vectors, 1 or more
 * @param x        [n_batch][n_in], in units of full scale; beyond +-1 counts as 1
 * @param ld_x     >= n_in
 * @param[out] active_conductance_s  S
 * @retval AIMC_ERR_INVALID  NULL, empty, conductance negative or not finite, x not finite
 * @retval AIMC_ERR_SHAPE    ld too small
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @par Model
 * a = |x| when inputs are pulse widths (input WIDTH), x^2 when amplitudes (AMPLITUDE).
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_activity(const aimc_cost_model *model, size_t n_out,
                                                  size_t n_in, const float *g, size_t ld_g,
                                                  size_t n_batch, const float *x, size_t ld_x,
                                                  double *active_conductance_s);

/* ---- account -------------------------------------------------------------------------------- */

/** Bits of converters that are told apart: 0 ... AIMC_COST_BITS - 1. @since 0.1 */
#define AIMC_COST_BITS 25

/** What happened: totals, so that events of several layers are added. @since 0.1 */
typedef struct aimc_cost_events {
    uint32_t struct_size;        /**< sizeof of the caller's struct */
    uint32_t reserved;           /**< 0 */
    double macs;                 /**< multiply-accumulates asked for; an update is none */
    double reads;                /**< array reads, every repetition counted */
    double active_conductance_s; /**< conductance that inputs drove, summed over reads, S:
                                    aimc_cost_model_get_activity() */
    double rows_charged;         /**< rows driven, summed over reads */
    double columns_charged;      /**< columns that swing, summed over reads */
    double read_steps;           /**< reads that follow one another: arrays side by side are one */
    double dac_conversions;      /**< input conversions */
    double adc_conversions;      /**< output conversions */
    double adc_steps;            /**< conversions that follow one another */
    double digital_adds;         /**< 32-bit integer additions */
    double buffer_bytes;         /**< bytes read from and written to buffers */
    double moved_bits;           /**< bits sent between tiles */
    double dram_bytes;    /**< bytes read from and written to main memory; the caller's alone */
    double pulses_up;     /**< up pulses that reached a device */
    double pulses_down;   /**< down pulses that reached a device */
    double write_steps;   /**< time slots of pulses that follow one another */
    double accumulations; /**< additions to fp32 accumulators (mixed precision) */
    double gradient_macs; /**< fp32 multiply-accumulates of digital outer products, likewise */
    double verify_reads;  /**< single-cell reads between write pulses */
    double tiles;         /**< arrays there are */
    double cells;         /**< devices that are read: those of a weight (the field "devices" of the
                             technology) times weights. Their area and current are priced */
    double dacs;          /**< DACs there are */
    double accumulators;  /**< fp32 accumulators there are */
    double devices;       /**< devices that pulses go to, every member of a unit cell and every
                             array of an algorithm; 0: cells */
    double off_cells;     /**< of active_conductance_s: cells driven, times devices of a weight,
                             which have g_off each */
    double unit_weights;  /**< of active_conductance_s: weights driven, which have g_unit each */
    double unseen_cells;  /**< of active_conductance_s: cells of reads that nobody looked at */
    double driven_cells;  /**< cells driven, by the share of full scale of their input */
    double row_cells;     /**< cells along the rows that were charged; 0: rows_charged lines of
                             line_cells each */
    double column_cells;  /**< cells along the columns that swung; 0: columns_charged lines of
                             line_cells each */
    double settle_cells_squared; /**< square of the cells along a line, summed over read_steps; 0:
                                    that of line_cells in each */
    double read_s;               /**< s that the reads take; 0: read_steps of one read each */
    double adc_s;     /**< s that conversions add to the reads; where read_s is 0: adc_steps of one
                           conversion each */
    double samples;   /**< columns sampled or integrated */
    double core_adds; /**< partial sums of arrays added */
    double activations;          /**< outputs that go through an activation */
    double pooled;               /**< values that pooling looks at */
    double input_register_bits;  /**< bits written to and read from input registers */
    double output_register_bits; /**< bits of partial sums written */
    double core_register_bits;   /**< bits of outputs collected in cores */
    double global_buffer_bytes;  /**< bytes read from and written to the buffer of the chip; the
                                    caller's alone */
    double hop_bits;             /**< bits times the routers that they go through */
    double link_bits;            /**< bits between chips; the caller's alone */
    double columns;              /**< columns there are */
    double adcs;                 /**< ADCs there are; 0: those of tiles arrays */
    double split_tiles;          /**< tiles that do not fit the array of the chip and are priced as
                                    several arrays */
    double dac_conversions_of[AIMC_COST_BITS]; /**< of dac_conversions, those of so many bits; the
                                                   others have dac_bits of the technology; together
                                                   more than all: AIMC_ERR_INVALID */
    double adc_conversions_of[AIMC_COST_BITS]; /**< of adc_conversions, likewise */
} aimc_cost_events;

/** Parts of the account. @since 0.1 */
typedef enum aimc_cost_part {
    AIMC_COST_ARRAY = 0,        /**< current through the cells while reading */
    AIMC_COST_LINES = 1,        /**< charging of rows and columns */
    AIMC_COST_DAC = 2,          /**< input converters */
    AIMC_COST_ADC = 3,          /**< output converters */
    AIMC_COST_DIGITAL = 4,      /**< additions of results */
    AIMC_COST_BUFFER = 5,       /**< input and output buffers */
    AIMC_COST_INTERCONNECT = 6, /**< wires between tiles */
    AIMC_COST_WRITE_UP = 7,     /**< up pulses, half-selected cells included */
    AIMC_COST_WRITE_DOWN = 8,   /**< down pulses, half-selected cells included */
    AIMC_COST_ACCUMULATOR = 9,  /**< digital accumulators of mixed precision */
    AIMC_COST_VERIFY = 10,      /**< cell current and ADC of verifying reads */
    AIMC_COST_GRADIENT = 11,    /**< digital outer products of mixed precision */
    AIMC_COST_DRAM = 12,        /**< main memory */
    AIMC_COST_LEAKAGE = 13,     /**< leakage power times total time */
    AIMC_COST_PARTS = 14        /**< number of parts */
} aimc_cost_part;

/** One part of the account. @since 0.1 */
typedef struct aimc_cost_item {
    const char *name; /**< "adc"; constant */
    double count;     /**< events; leakage: s */
    double unit_j;    /**< J per event; leakage: W */
    double energy_j;  /**< count unit_j */
    double time_s;    /**< time this part takes; they follow one another */
    double area_m2;   /**< area of all instances */
} aimc_cost_item;

/** The account; sums are over the parts. @since 0.1 */
typedef struct aimc_cost_report {
    uint32_t struct_size;                  /**< sizeof of the caller's struct */
    int32_t adc_below_floor;               /**< 1: the ADC's energy is below the thermal limit */
    aimc_cost_item parts[AIMC_COST_PARTS]; /**< indexed by aimc_cost_part */
    double energy_j;                       /**< total */
    double time_s;                         /**< total */
    double area_m2;                        /**< total */
    double j_per_mac;                      /**< NaN without MACs */
    double ops_per_j;         /**< 2 MAC / energy; 1e12 are a TOPS/W; NaN without energy */
    double ops_per_s_m2;      /**< 2 MAC / (time area); NaN without either */
    double co2_kg;            /**< energy, with the building's (pue), times carbon_kg_per_kwh */
    double pulses_per_device; /**< mean over the devices that pulses go to */
    double endurance_used;    /**< pulses_per_device / endurance */
    double endurance;         /**< pulses that a device survives, of the technology */
    double devices;           /**< that pulses_per_device is the mean over */
} aimc_cost_report;

/** A matrix on its arrays. @since 0.1 */
typedef struct aimc_cost_shape {
    uint32_t struct_size;   /**< sizeof of the caller's struct */
    uint32_t reserved;      /**< 0 */
    uint64_t n_out;         /**< outputs, 1 or more */
    uint64_t n_in;          /**< inputs, 1 or more */
    uint64_t tiles_out;     /**< arrays that share the outputs, 1 or more */
    uint64_t tiles_in;      /**< arrays that share the inputs, 1 or more */
    uint32_t n_steps;       /**< reads that follow one another in a product; 0: 1 */
    uint32_t n_column_sets; /**< columns of an output that are read side by side; 0: 1 */
    uint32_t dac_bits;      /**< bits of an input conversion; 0: those of the technology */
    uint32_t adc_bits;      /**< bits of an output conversion; 0: those of the technology */
    uint32_t n_cells;       /**< cells of a weight, all slices; 0: devices of the technology, or one
                               for each of n_column_sets where that is more */
    uint32_t reserved2;     /**< 0 */
    uint32_t backward_steps;           /**< n_steps of a backward product; 0: all as forward */
    uint32_t backward_column_sets;     /**< its n_column_sets; 0: 1 */
    uint32_t backward_dac_bits;        /**< its dac_bits */
    uint32_t backward_adc_bits;        /**< its adc_bits */
    uint32_t backward_dac_conversions; /**< conversions of an input in it; 0: 1 */
    uint32_t backward_adc_conversions; /**< conversions of an output in it; 0: 1 */
} aimc_cost_shape;

/** A layer of a network that need not exist: shape and work. @since 0.1 */
typedef struct aimc_cost_layer {
    uint32_t struct_size;   /**< sizeof of the caller's struct */
    uint32_t reserved;      /**< 0 */
    uint64_t n_out;         /**< outputs of its matrix, 1 or more */
    uint64_t n_in;          /**< inputs of its matrix, 1 or more */
    double vectors;         /**< vectors that go through it: 1 for a fully connected layer, output
                             pixels for a convolution; >= 0 */
    double pooled;          /**< values that a pooling layer behind it looks at; >= 0 */
    uint32_t n_steps;       /**< as in aimc_cost_shape */
    uint32_t n_column_sets; /**< as in aimc_cost_shape */
    uint32_t dac_bits;      /**< as in aimc_cost_shape */
    uint32_t adc_bits;      /**< as in aimc_cost_shape */
    uint32_t n_cells;       /**< as in aimc_cost_shape */
    uint32_t n_conversions; /**< conversions of an output in a product; 0: one in every step for
                               every column set, 1 where charges of all steps meet before it */
} aimc_cost_layer;

/** One component of the account. Strings are valid as long as the model. @since 0.1 */
typedef struct aimc_cost_component {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t part;         /**< aimc_cost_part that it is of */
    const char *name;     /**< "shift_add"; the nested configuration of kind "chip" */
    const char *unit;     /**< what is counted: "conversions", "bits", "S" ... */
    const char *doc;      /**< what one event is */
    double count;         /**< events; leakage: s */
    double unit_j;        /**< J per event; leakage: W */
    double energy_j;      /**< count unit_j */
    double time_s;        /**< time that it adds */
    double instances;     /**< how many there are */
    double area_m2;       /**< area of all instances */
    double leakage_w;     /**< leakage of all instances */
} aimc_cost_component;

/** Total energy where every number that is not sure lies at one of its ends. @since 0.1 */
typedef struct aimc_cost_range {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t n_doubts;    /**< numbers that may lie elsewhere */
    double low_j;         /**< every one of them at the end that makes the total least */
    double nominal_j;     /**< as the document has them */
    double high_j;        /**< every one of them at the end that makes the total largest */
} aimc_cost_range;

/** What one number that is not known for sure does to the total energy. @since 0.1 */
typedef struct aimc_cost_sensitivity {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t basis;        /**< aimc_basis */
    const char *name;     /**< field, of the technology, the chip or a component; valid as long as
                             the model */
    double low;           /**< smallest value that it may have */
    double high;          /**< largest value that it may have */
    double low_j;         /**< total with it there */
    double high_j;        /**< total with it there */
} aimc_cost_sensitivity;

/** Layers that work as a pipeline. @since 0.1 */
typedef struct aimc_cost_schedule {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t bottleneck;  /**< the layer that takes longest, copies considered */
    double latency_s;     /**< time of all layers, one after the other */
    double interval_s;    /**< time of the slowest layer: between two results of the pipeline */
    double utilisation;   /**< mean over layers of their time over interval_s */
} aimc_cost_schedule;

/**
 * Shape of a tile on one array, with what its read-outs say: steps, column sets, bits of the
 * converters, cells of a weight.
 * @param tile   tile
 * @param shape  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL argument
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_cost_shape(const aimc_tile *tile, aimc_cost_shape *shape);

/**
 * Shape of a matrix on its tiles, with what the read-outs of the first one say.
 * @param matrix  on tiles
 * @param shape   struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL argument
 * @retval AIMC_ERR_STATE    the matrix is digital
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads one thread per matrix.
 * @since 0.1
 */
AIMC_API aimc_status aimc_matrix_get_cost_shape(aimc_matrix *matrix, aimc_cost_shape *shape);

/**
 * Add the events of a tile or matrix to those of a run.
 *
 * Digits of the inputs follow one another, column sets and arrays of a matrix work side by side,
 * matrices one after the other. Lines are as long as the arrays of the chip (rows, cols), or as the
 * tile where these are 0; a tile that does not fit is priced as several arrays, which split_tiles
 * tells. Direct writes of weights (weight_writes) cost nothing; pulses of programming count as up
 * pulses. docs/models/energy.md says what is counted where.
 *
 * Bits of the converters and cells of a weight are those of the shape; where the technology was set
 * to others than forward has by the caller, the call is refused.
 *
 * Reads drive what was counted (aimc_tile_count_activity()): g_off for every cell and g_unit |w|
 * for every weight; on programmed devices g_unit times their own conductance over the largest of
 * one, so set g_unit to that and g_off to 0. All others drive the means g_mean and input_mean.
 * @param counters  struct_size set
 * @param shape     struct_size set
 * @param[in,out] events  struct_size set, the rest 0 or events counted before; unchanged on failure
 * @retval AIMC_ERR_INVALID  NULL, empty shape, numbers of vectors or conversions that a matrix of
 *                           that shape cannot have had: counters of something else; dac_bits,
 *                           adc_bits or devices set to what the shape contradicts
 * @retval AIMC_ERR_ABI      a struct_size is of no version, or a field that this one lacks is set
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_add_counters(const aimc_cost_model *model,
                                                  const aimc_counters *counters,
                                                  const aimc_cost_shape *shape,
                                                  aimc_cost_events *events);

/**
 * Add the events of a layer that need not exist: what its tiles would have counted on the arrays
 * of the chip (fields rows and cols; 0: one array), with the means input_mean and g_mean. Its last
 * arrays may be empty in part.
 * @param layer  struct_size set
 * @param[in,out] events  as in aimc_cost_model_add_counters(); unchanged on failure
 * @retval AIMC_ERR_INVALID  NULL, empty shape, vectors or pooled negative or not finite, bits that
 *                           contradict a field of the technology that was set
 * @retval AIMC_ERR_ABI      a struct_size is of no version, or a field that this one lacks is set
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_add_layer(const aimc_cost_model *model,
                                               const aimc_cost_layer *layer,
                                               aimc_cost_events *events);

/**
 * Price events.
 * @param events  struct_size set; a field that is negative or not finite is refused by its name
 * @param[out] report  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, a bad event
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_account(const aimc_cost_model *model,
                                             const aimc_cost_events *events,
                                             aimc_cost_report *report);

/** Number of components of a chip; the parts of the account are sums over them. 0 when NULL.
 * @threads any. @since 0.1 */
AIMC_API size_t aimc_cost_model_count_components(const aimc_cost_model *model);

/**
 * Price of component i. Energies, times and areas of all add up to those of the account.
 * @param events     as in aimc_cost_model_account()
 * @param i          below aimc_cost_model_count_components()
 * @param component  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, a bad event, i beyond the last
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_component(const aimc_cost_model *model,
                                                   const aimc_cost_events *events, size_t i,
                                                   aimc_cost_component *component);

/**
 * Between what the total energy lies. A number of the document has the range that it says there
 * (aimc_config_get_evidence()); one that is assumed, and has none, a factor of two either way; all
 * others are taken as they are.
 * @param events  as in aimc_cost_model_account()
 * @param range   struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, a bad event
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_range(const aimc_cost_model *model,
                                               const aimc_cost_events *events,
                                               aimc_cost_range *range);

/**
 * What single numbers do to the total energy, the one that moves it most first.
 * @param events       as in aimc_cost_model_account()
 * @param i            below n_doubts of aimc_cost_model_get_range()
 * @param sensitivity  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, a bad event, i beyond the last
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_sensitivity(const aimc_cost_model *model,
                                                     const aimc_cost_events *events, size_t i,
                                                     aimc_cost_sensitivity *sensitivity);

/**
 * Layers that hand their results on: the slowest decides how often one comes out. Copies of a layer
 * share its vectors; their energy is the same, their area is the caller's to add.
 * @param n         layers, 1 or more
 * @param layers    [n] events of each, as in aimc_cost_model_account(), all of one struct_size
 * @param copies    [n] 1 or more; NULL: one of each
 * @param schedule  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, no layer, a bad event, 0 copies
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_schedule(const aimc_cost_model *model, size_t n,
                                                  const aimc_cost_events *layers,
                                                  const uint32_t *copies,
                                                  aimc_cost_schedule *schedule);

/**
 * Name of the i-th constant that is assumed: its source, or the preset that gives it, says so, and
 * the caller gave no value. After the names, a sentence for each fitted constant that is used
 * outside its range, as aimc_cost_model_get_extrapolation() tells them.
 * @param i  from 0; the first NULL ends the list
 * @return a field of "technology", or a sentence, which has blanks in it; valid as long as the
 *         model; NULL when i is beyond the last.
 * @threads any.
 * @since 0.1
 */
AIMC_API const char *aimc_cost_model_get_assumption(const aimc_cost_model *model, size_t i);

/** Fitted constants that are used outside their range; 0 when NULL. @threads any. @since 0.1 */
AIMC_API size_t aimc_cost_model_count_extrapolations(const aimc_cost_model *model);

/**
 * Fitted constant i that is used outside the range it was fitted in, such as the survey's energy of
 * an ADC of one bit. It is computed all the same.
 * @param i              below aimc_cost_model_count_extrapolations()
 * @param extrapolation  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, i beyond the last
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_extrapolation(const aimc_cost_model *model, size_t i,
                                                       aimc_extrapolation *extrapolation);

/** How many aimc_cost_model_get_extrapolation_of() has; 0 also when an argument is NULL or an event
 * is refused. @param events as there. @threads any. @since 0.1 */
AIMC_API size_t aimc_cost_model_count_extrapolations_of(const aimc_cost_model *model,
                                                        const aimc_cost_events *events);

/**
 * The same for a run: constant i outside its range at the bits that its conversions had
 * (dac_conversions_of, adc_conversions_of) in place of the technology's. Each is told once, at the
 * smallest width that takes it out.
 * @param events         as in aimc_cost_model_account()
 * @param i              below aimc_cost_model_count_extrapolations_of()
 * @param extrapolation  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, a bad event, i beyond the last
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_extrapolation_of(const aimc_cost_model *model,
                                                          const aimc_cost_events *events, size_t i,
                                                          aimc_extrapolation *extrapolation);

/* ---- digital machines to compare with, low voltage ------------------------------------------ */

/** A digital machine. Strings are constant. @since 0.1 */
typedef struct aimc_cost_baseline {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t assumed;      /**< 1: an order of magnitude that nobody stated */
    const char *name;     /**< "v100_fp16" */
    const char *source;   /**< where the number is from */
    double j_per_mac;     /**< J per multiply-accumulate at peak rate */
} aimc_cost_baseline;

/**
 * Describe baseline i.
 * @param i         from 0
 * @param baseline  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  i out of range
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_baseline_get(size_t i, aimc_cost_baseline *baseline);

/** Supply that saves a share of dynamic energy: v0 sqrt(1 - saving); NaN outside. @param v0 supply
 * before, V, > 0. @param saving share that is saved, 0 ... 1. @threads any. @since 0.1 */
AIMC_API double aimc_cost_get_voltage_for_saving(double v0, double saving);

/** Codes that protect a memory: those of kind "storage". @since 0.1 */
typedef enum aimc_memory_code {
    AIMC_CODE_NONE = 0,   /**< none */
    AIMC_CODE_PARITY = 1, /**< a bit for every 8; what it notices is read as 0 */
    AIMC_CODE_SECDED = 2, /**< 72 bits for 64: one error put right, two noticed */
    AIMC_CODE_TMR = 3     /**< three copies, majority of each bit */
} aimc_memory_code;

/** A digital memory at a lower supply. @since 0.1 */
typedef struct aimc_cost_supply {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t reserved;     /**< 0 */
    double v0;             /**< full supply, V: vdd of the technology */
    double energy;         /**< dynamic energy over that at v0 without a code, copies included */
    double delay;          /**< delay over that at v0 */
    double bits_per_bit;   /**< stored bits for each bit of data */
    double bit_error_rate; /**< of a stored bit */
    double uncorrected;    /**< data bits that are wrong and not put right */
    double unnoticed;      /**< those of them that the code does not notice */
} aimc_cost_supply;

/**
 * What a memory at supply v saves and loses.
 * @param v     supply, V, above the technology's v_threshold
 * @param code  aimc_memory_code
 * @param[out] supply  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, v not above v_threshold, unknown code
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @par Model
 * energy (v / v0)^2 per stored bit, delay v / (v - v_threshold)^delay_exponent, errors of
 * independent bits by aimc_cost_model_get_bit_error_rate(). With rate p a bit is wrong and not put
 * right: SECDED p (1 - (1 - p)^71), TMR 3 p^2 - 2 p^3, else p. aimc_network_store() does the same
 * to real weights.
 * @since 0.1
 */
AIMC_API aimc_status aimc_cost_model_get_at_supply(const aimc_cost_model *model, double v,
                                                   aimc_memory_code code, aimc_cost_supply *supply);

/** Errors per bit of a memory: erfc((v - ber_v50) / (sqrt 2 ber_sigma)) / 2; NaN: model is NULL.
 * @param v supply, V. @threads any. @since 0.1 */
AIMC_API double aimc_cost_model_get_bit_error_rate(const aimc_cost_model *model, double v);

AIMC_END_DECLS

#endif
