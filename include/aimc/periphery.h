/* SPDX-License-Identifier: MIT */
#ifndef AIMC_PERIPHERY_H
#define AIMC_PERIPHERY_H
/**
 * @file periphery.h
 * The read-out of a tile: look inside one product, fixed errors, the crossbar as a netlist.
 */

#include <aimc/tile.h>

AIMC_BEGIN_DECLS

/** Direction of a product. @since 0.1 */
typedef enum aimc_direction {
    AIMC_FORWARD = 0, /**< y = W x */
    AIMC_BACKWARD = 1 /**< z = W' d */
} aimc_direction;

/**
 * The stages of one product. Set struct_size, cycle and the arrays that are wanted; the rest
 * is written. "Inputs" and "outputs" are those of the direction: backward has n_out inputs.
 *
 * A product may consist of several reads of the array, its cycles (mv_type, bit slices): cycle says
 * which one is shown. When bound management repeats the product, the last repetition is shown.
 * @since 0.1
 */
typedef struct aimc_stages {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t cycle;       /**< in: which read is shown, below n_cycles */
    uint32_t n_cycles;    /**< reads in one product: 1 unless its read-out takes several */
    uint32_t n_passes;    /**< how often the product was made; 0: the input was zero */
    double alpha;         /**< scale of noise management */
    double reduction;     /**< further reduction of bound management */
    float *prepared;      /**< [inputs] what drives the array, after the DAC; or NULL */
    float *current;       /**< [outputs] what the array gives, its own errors included; or NULL */
    float *noisy;         /**< [outputs] what enters the ADC; or NULL */
    int32_t *code;        /**< [outputs] what the ADC puts on its wires; 0 where it has no steps, as
                             aimc_tile_get_readout() tells; or NULL */
    float *result;        /**< [outputs] the result, all cycles and scales included; or NULL */
} aimc_stages;

/** How a direction is read. @since 0.1 */
typedef struct aimc_readout_info {
    uint32_t struct_size;   /**< sizeof of the caller's struct */
    uint32_t n_cycles;      /**< reads of the array in one product */
    int32_t has_dac;        /**< 1: inputs are converted from codes; 0: a perfect read-out, or a DAC
                             without steps (inp_res or inp_bound <= 0) */
    int32_t has_adc;        /**< 1: outputs are converted to codes; 0: a perfect read-out, or an ADC
                             without steps (out_res or out_bound <= 0) */
    uint32_t n_steps;       /**< reads that follow one another: ways to look at the inputs, by digit
                             of their code or by sign */
    uint32_t n_column_sets; /**< columns side by side that are read in each step: those of every bit
                               slice, and of every sign that is converted by itself */
    uint32_t dac_bits;      /**< bits of one input conversion, the sign included where there is one:
                               those of the widest digit; 0: has_dac is 0 */
    uint32_t adc_bits;      /**< bits of one output conversion; 0: has_adc is 0 */
    uint32_t n_cells;       /**< cells of a weight, all slices; 0: cell_mapping does not say */
    uint32_t reserved;      /**< 0 */
    uint32_t n_dac_conversions; /**< conversions of an input in one product */
    uint32_t n_adc_conversions; /**< conversions of an output in one product */
} aimc_readout_info;

/**
 * Does a direction have codes, and how many reads does its product take? Nothing is read.
 * @param tile       tile
 * @param direction  whose read-out
 * @param info       struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL argument, unknown direction
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_readout(const aimc_tile *tile, aimc_direction direction,
                                           aimc_readout_info *info);

/**
 * Number of ranges that the ADCs of a direction have: one for each conversion of a product, that is
 * for every bit slice (and sign of the cells, where these have ADCs of their own) and within it for
 * every digit of the inputs that is converted by itself, in the order of the reads. 0 when the
 * read-out is perfect or has out_bound <= 0, or NULL.
 * @param direction  forward or backward read-out
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API size_t aimc_tile_count_output_ranges(const aimc_tile *tile, aimc_direction direction);

/**
 * Ranges of the ADCs: each converts -range ... range, in units of weight times input. They are what
 * out_range says until they are set or calibrated (aimc_network_calibrate()), and saved with the
 * tile.
 * @param direction  forward or backward read-out
 * @param ranges     [n]
 * @param n          as aimc_tile_count_output_ranges() says
 * @retval AIMC_ERR_INVALID  NULL, unknown direction
 * @retval AIMC_ERR_STATE    no ADC has a range, or out_range is CALIBRATED and they are not yet
 * @retval AIMC_ERR_SHAPE    another n
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_output_ranges(const aimc_tile *tile, aimc_direction direction,
                                                 double *ranges, size_t n);

/**
 * Set the ranges of the ADCs. Codes and steps go with them (out_res is relative to the range),
 * noise and the compression of the currents before them (relative to out_bound) do not; before an
 * ADC with errors of its own the range is that of an amplifier.
 * @param direction  forward or backward read-out
 * @param ranges     [n] 1e-30 ... 1e30, kept in single precision; NULL: as out_range says again
 * @param n          as aimc_tile_count_output_ranges() says; not used when ranges is NULL
 * @retval AIMC_ERR_INVALID  NULL tile, unknown direction, a range that is not in its range
 * @retval AIMC_ERR_STATE    no ADC has a range
 * @retval AIMC_ERR_SHAPE    another n
 * @retval AIMC_ERR_NOMEM    no memory (nothing is changed, as with all failures)
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_set_output_ranges(aimc_tile *tile, aimc_direction direction,
                                                 const double *ranges, size_t n);

/**
 * Ends of the ranges of the ADCs: each converts low ... high, in units of weight times input. Those
 * of adc.style UNSIGNED have two, which out_range CALIBRATED finds apart; low is -high of others.
 * @param direction  forward or backward read-out
 * @param low        [n]
 * @param high       [n] as aimc_tile_get_output_ranges() has them
 * @param n          as aimc_tile_count_output_ranges() says
 * @retval AIMC_ERR_INVALID  NULL, unknown direction
 * @retval AIMC_ERR_STATE    as aimc_tile_get_output_ranges()
 * @retval AIMC_ERR_SHAPE    another n
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_output_limits(const aimc_tile *tile, aimc_direction direction,
                                                 double *low, double *high, size_t n);

/**
 * Set both ends of the ranges of the ADCs. aimc_tile_set_output_ranges() sets the upper ends, and
 * the lower ones to adc.low of them; it takes back what was set.
 * @param direction  forward or backward read-out
 * @param low        [n] below high; -high but for ADCs of adc.style UNSIGNED
 * @param high       [n] up to 1e30, kept in single precision as low
 * @param n          as aimc_tile_count_output_ranges() says
 * @retval AIMC_ERR_INVALID  NULL, unknown direction, ends not in order, or of ADCs that have
 *                           none of their own
 * @retval AIMC_ERR_STATE    no ADC has a range
 * @retval AIMC_ERR_SHAPE    another n
 * @retval AIMC_ERR_NOMEM    no memory (nothing is changed, as with all failures)
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_set_output_limits(aimc_tile *tile, aimc_direction direction,
                                                 const double *low, const double *high, size_t n);

/**
 * Make one product and keep what is seen on the way. It is a real read: it gives the bits that
 * aimc_tile_forward() or aimc_tile_backward() would have given, counts, and draws noise.
 * @param tile       tile; modified (counters, random streams)
 * @param direction  which product
 * @param x          [inputs] one vector, finite
 * @param stages     in: struct_size, cycle, arrays; out: the rest. With mv_type POS_NEG_SEPARATE
 *                   the cycles share one ADC, and noisy and code are those of their difference
 * @retval AIMC_ERR_INVALID  NULL argument, unknown direction, cycle not below n_cycles, x holds a
 *                           value that is not finite (nothing done)
 * @retval AIMC_ERR_STATE    as aimc_tile_forward() (nothing done)
 * @retval AIMC_ERR_ABI      struct_size is of no version, or a field that this one lacks is set
 * @retval AIMC_ERR_NOMEM    no memory (nothing done)
 * @threads one thread per tile.
 * @determinism as aimc_tile_forward().
 * @par Model
 * docs/models/periphery.md.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_inspect(aimc_tile *tile, aimc_direction direction, const float *x,
                                       aimc_stages *stages);

/**
 * Write the crossbar of a tile as a netlist for ngspice: every cell, every piece of wire, voltage
 * sources of one input vector and an ammeter at every output. "ngspice -b FILE" finds the operating
 * point and prints the current of every column; the netlist's head says how a result follows.
 *
 * Cells and wires are those of cell_mapping and wires of the direction's read-out; with wires.model
 * NONE wires are ideal. Errors of the converters, noise and ir_drop are no part of it.
 * @param tile       tile
 * @param direction  which lines are driven
 * @param z          [inputs] what drives the array, as aimc_stages.prepared has it, finite; input 1
 *                   is wires.v_read volts
 * @param path       file to write; replaced as a whole or not at all
 * @retval AIMC_ERR_INVALID      NULL argument, unknown direction, z is not finite
 * @retval AIMC_ERR_UNSUPPORTED  a perfect read-out, or wires.model TIME_SLICED: no direct current
 * @retval AIMC_ERR_IO           cannot write
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads one thread per tile.
 * @determinism the same text for the same weights.
 * @par Model
 * docs/models/cell-mapping.md.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_write_spice(const aimc_tile *tile, aimc_direction direction,
                                           const float *z, const char *path);

/**
 * Write the crossbar of a tile as a netlist, as its configuration says: for ngspice, LTspice or
 * Spectre; for the operating point or a transient; with capacitances of lines and cells, access
 * transistors; as subcircuits with a bench or without one. Without a configuration it is what
 * aimc_tile_write_spice() writes.
 *
 * A transient deck drives the inputs by steps that stay or by pulses of their size. For ngspice
 * and LTspice it measures, in J, C and s from the start of the edges:
 *   e_inJ, energy           what driver J, and all of them, gave
 *   q_outC_I                charge into output I of columns C
 *   half_, settle_outC_I    of steps: when the output is for good within half its final current of
 *                           it, and within the share "settle"
 *   half_, settle_lineC_J   the same of the voltage at the far end of input line J
 * ngspice prints them; final values are those of its operating point, in LTspice those at t_stop.
 * For Spectre the deck saves the waves that they would be of.
 *
 * Voltages of gates are constant; lines of gates, decoders and what senses the outputs are no part
 * of it.
 * @param tile       tile
 * @param direction  which lines are driven
 * @param z          [inputs] what drives the array, as aimc_stages.prepared has it, finite; input 1
 *                   is wires.v_read volts, or t_pulse seconds of it
 * @param config     of kind "netlist"; NULL: defaults
 * @param path       file to write; replaced as a whole or not at all
 * @retval AIMC_ERR_INVALID      NULL argument, unknown direction, z is not finite, a configuration
 *                               of another kind, or one that contradicts itself or the read-out:
 *                               the field is named
 * @retval AIMC_ERR_UNSUPPORTED  a perfect read-out, or wires.model TIME_SLICED: no direct current
 * @retval AIMC_ERR_IO           cannot write
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads one thread per tile.
 * @determinism the same text for the same weights.
 * @par Model
 * docs/models/cell-mapping.md; access transistor: H. Shichman, D. A. Hodges, IEEE J. Solid-State
 * Circuits 3(3):285 (1968).
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_write_netlist(const aimc_tile *tile, aimc_direction direction,
                                             const float *z, const aimc_config *config,
                                             const char *path);

/**
 * Number of fixed errors of a direction's read-out: those whose spread is on. 0 when NULL.
 * @param direction  forward or backward read-out
 * @threads any.
 * @since 0.1
 */
AIMC_API size_t aimc_tile_count_fixed_errors(const aimc_tile *tile, aimc_direction direction);

/**
 * Name of fixed error i: out_noises (standard deviation of the noise of each output),
 * out_nonlinearity (n_i, 1 / (weight x input)), v_offsets (v_i), or read_polarity (factor of each
 * cell's weight for inputs of the negative sign). NULL when out of range.
 * @param direction  forward or backward read-out
 * @param i          below aimc_tile_count_fixed_errors()
 * @threads any.
 * @since 0.1
 */
AIMC_API const char *aimc_tile_get_fixed_error_name(const aimc_tile *tile, aimc_direction direction,
                                                    size_t i);

/**
 * Copy a fixed error: what was drawn when the tile was made.
 * @param tile       tile
 * @param direction  whose read-out
 * @param name       as aimc_tile_get_fixed_error_name() has it
 * @param value      [outputs]; read_polarity: [n_out][n_in] row-major
 * @param n          how many numbers that is
 * @retval AIMC_ERR_INVALID  NULL argument, unknown direction, no such fixed error on this tile
 * @retval AIMC_ERR_SHAPE    n is not its size
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_get_fixed_error(const aimc_tile *tile, aimc_direction direction,
                                               const char *name, float *value, size_t n);

/**
 * Replace a fixed error by measured or chosen values. They are saved with the tile.
 * @param tile       tile; unchanged on failure
 * @param direction  whose read-out
 * @param name       as aimc_tile_get_fixed_error_name() has it
 * @param value      [outputs]; read_polarity: [n_out][n_in] row-major; at least 0 but for
 *                   read_polarity, and finite
 * @param n          how many numbers that is
 * @retval AIMC_ERR_INVALID  as aimc_tile_get_fixed_error(), or a value out of range
 * @retval AIMC_ERR_SHAPE    n is not its size
 * @threads one thread per tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_tile_set_fixed_error(aimc_tile *tile, aimc_direction direction,
                                               const char *name, const float *value, size_t n);

AIMC_END_DECLS

#endif
