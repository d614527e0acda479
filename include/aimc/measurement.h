/* SPDX-License-Identifier: MIT */
#ifndef AIMC_MEASUREMENT_H
#define AIMC_MEASUREMENT_H
/**
 * @file measurement.h
 * From readings of many devices to a device model: mean, noise, device-to-device spreads, stuck
 * devices and drift, with intervals, and a report of what was seen, assumed and not measured.
 */

#include <aimc/device.h>
#include <aimc/table.h>

AIMC_BEGIN_DECLS

/** Readings of devices, in traces; grows, one thread at a time. @since 0.1 */
typedef struct aimc_measurement aimc_measurement;

/** A device model that was fitted to a measurement; immutable. @since 0.1 */
typedef struct aimc_fit aimc_fit;

/** How a table is meant; zeros: as it looks. @since 0.1 */
typedef struct aimc_measurement_params {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t first_device; /**< number of the first device of the table, 0 ...; where the table has
                              a column "device" of numbers, it is added to those */
    const char *pairs;     /**< several pairs of columns are "cycles" of one device (default) or
                            "devices" */
    uint32_t new_devices;  /**< not 0: devices of a table that does not say which they are, by a
                              column "device", come after all those of before; first_device is
                              not used for it */
} aimc_measurement_params;

/** A run of readings of one device, as it was given. @since 0.1 */
typedef struct aimc_trace_info {
    uint32_t struct_size;  /**< sizeof of the caller's struct */
    uint32_t device;       /**< number of the device */
    uint64_t n;            /**< readings */
    const double *state;   /**< [n], in the unit of the file */
    const int32_t *pulses; /**< [n] sent before each reading, > 0 up; NULL in a series of times */
    const double *time;    /**< [n], s; NULL where pulses were sent */
    const double *life;    /**< [n] pulses of the device so far; NULL unless it is a window over its
                              life: then state is the upper end */
    const double *low;     /**< [n] the lower end of such a window; NULL: it was not measured */
} aimc_trace_info;

/** What to fit; zeros: the best model, scale and offset of the data. @since 0.1 */
typedef struct aimc_fit_params {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    const char *model;    /**< as in aimc_device_fit(); NULL: the best */
    double scale;  /**< state per weight, weight = (state - offset) / scale; 0: found, with the
                        offset: 1 and 0 where the states lie around 0, else so that
                        the median device covers -1 ... 1 */
    double offset; /**< state at weight 0; not used where scale is 0 */
} aimc_fit_params;

/** A trace beside what the model makes of it. Valid as long as the fit. @since 0.1 */
typedef struct aimc_fit_trace {
    uint32_t struct_size;    /**< sizeof of the caller's struct */
    uint32_t device;         /**< number of the device */
    uint64_t n;              /**< readings; 0: the trace was left out */
    const double *weight;    /**< [n] readings, weight units */
    const double *predicted; /**< [n] each reading as foretold by those before it, weight units */
    const double *residual;  /**< [n] their difference in standard deviations; 0: not compared */
} aimc_fit_trace;

/**
 * An empty measurement.
 * @param[out] out  the measurement, owned by the caller; NULL on failure
 * @retval AIMC_ERR_INVALID NULL
 * @retval AIMC_ERR_NOMEM   no memory
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_measurement_create(aimc_context *ctx, aimc_measurement **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the measurement. @since 0.1 */
AIMC_API void aimc_measurement_destroy(aimc_measurement *m);

/**
 * Add a trace. Traces of one device are its cycles.
 * @param device  number of the device, any
 * @param n       readings, at least 2
 * @param state   [n] conductance or any other unit, finite
 * @param pulses  [n] sent before each reading, > 0 up, < 0 down, 0 read again; that of the first is
 *                not used. NULL: a series of times
 * @param time    [n] seconds since the state was written, > 0, rising; NULL where there are pulses
 * @retval AIMC_ERR_INVALID  NULL, too few, not finite, times that do not rise, both pulses and time
 *                           or neither, more than 10000 pulses between readings
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per measurement.
 * @since 0.1
 */
AIMC_API aimc_status aimc_measurement_add(aimc_measurement *m, uint32_t device, size_t n,
                                          const double *state, const int32_t *pulses,
                                          const double *time);

/**
 * Add the window of a device over its life, as cycling to its end measures it.
 * @param device  number of the device, any
 * @param n       readings, at least 2; 6 are needed to be fitted
 * @param pulses  [n] that the device had taken so far, both ways together, > 0, rising
 * @param high    [n] state at the upper end of the window, in the unit of the sweeps, finite
 * @param low     [n] state at the lower end, below high; NULL: it was not measured
 * @retval AIMC_ERR_INVALID  NULL, too few, not finite, counts that do not rise, ends exchanged
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per measurement.
 * @par Model
 * both ends stay until endurance.onset and fall from there toward weight 0 as powers of the pulses
 * (Lammie et al., Semicond. Sci. Technol. 36:065003, 2021): least squares of the logarithms, for
 * each device; the onset's spread is that of its logarithm
 * @since 0.1
 */
AIMC_API aimc_status aimc_measurement_add_endurance(aimc_measurement *m, uint32_t device, size_t n,
                                                    const double *pulses, const double *high,
                                                    const double *low);

/**
 * Add what a table holds: pairs of columns, the state after each pulse up and down (a column may
 * end before others); or the long form, a column "g" (or "r", "state" ...) or one for each device
 * ("G1", "G2 (uS)"), with "direction" (1, -1, 0, or words such as set and reset), "v" (whose sign
 * it is) or "time" (s), or "pulses" with "g_max" and, where it was measured, "g_min" (the window
 * over a life); "cycle"; and "device", whole numbers or names. A name is the same device in every
 * table that is added; new ones get the numbers after the last. A unit behind a name of a state (S,
 * mS, uS, nS; ohm, kohm, Mohm are inverted) makes the states microsiemens. docs/measuring.md has
 * examples.
 * @param table   read during the call only
 * @param params  NULL: as it looks
 * @retval AIMC_ERR_INVALID  NULL, unknown pairs
 * @retval AIMC_ERR_FORMAT   columns that are none of these, too few readings; the sentence names
 *                           line and column
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per measurement.
 * @since 0.1
 */
AIMC_API aimc_status aimc_measurement_add_table(aimc_measurement *m, const aimc_table *table,
                                                const aimc_measurement_params *params);

/**
 * Traces so far; 0 when m is NULL.
 * @threads any number of readers while nothing is added.
 * @since 0.1
 */
AIMC_API size_t aimc_measurement_count(const aimc_measurement *m);

/**
 * Look at trace i.
 * @param i  below aimc_measurement_count()
 * @param[out] out  struct_size set by the caller; valid until the measurement changes
 * @retval AIMC_ERR_INVALID  NULL, i out of range
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any number of readers while nothing is added.
 * @since 0.1
 */
AIMC_API aimc_status aimc_measurement_get(const aimc_measurement *m, size_t i,
                                          aimc_trace_info *out);

/**
 * Fit a device. Devices that do not move are stuck and counted; wild readings, copies of other
 * devices and devices that go the wrong way are left out; all of that is in the report.
 * @param params  NULL: the best model
 * @param[out] out  the fit, owned by the caller; NULL on failure
 * @retval AIMC_ERR_INVALID  NULL, unknown model, no trace with pulses both ways or less than 20
 *                           readings, no device that moves
 * @retval AIMC_ERR_ABI      struct_size is of no version, or a field that this one lacks is set
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per measurement.
 * @determinism the same with any number of threads.
 * @par Model
 * each device as in aimc_device_fit(), then all of them together: a nonlinear mixed-effects model
 * (Lindstrom and Bates, Biometrics 46:673 (1990)) with spreads and noise by restricted likelihood
 * (Patterson and Thompson, Biometrika 58:545 (1971)). Where there are several devices both bounds
 * are fitted, other than in aimc_device_fit(). Intervals are Student's with Satterthwaite's degrees
 * of freedom and, of spreads, from chi-square; docs/measuring.md says how often they hold. A spread
 * needs 3 devices, its interval 4.
 * @since 0.1
 */
AIMC_API aimc_status aimc_measurement_fit(const aimc_measurement *m, const aimc_fit_params *params,
                                          aimc_fit **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the fit. @since 0.1 */
AIMC_API void aimc_fit_destroy(aimc_fit *fit);

/**
 * The device as a configuration. What was not measured is 0 there, and in the report by name.
 * @param[out] out  a copy, owned by the caller; NULL on failure
 * @retval AIMC_ERR_INVALID NULL
 * @retval AIMC_ERR_NOMEM   no memory
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_fit_get_config(const aimc_fit *fit, aimc_config **out);

/**
 * The report as a JSON object: model, verdict, scale, offset, parameters with intervals,
 * not_measured, candidates, residuals, notes, config.
 * @param buf   receives the text, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @return length of the full text without the terminator; 0 when fit is NULL.
 * @threads any.
 * @since 0.1
 */
AIMC_API size_t aimc_fit_to_json(const aimc_fit *fit, char *buf, size_t size);

/**
 * Trace i of the measurement beside the model.
 * @param i  as aimc_measurement_get() numbers them
 * @param[out] out  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL, i out of range
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_fit_get_trace(const aimc_fit *fit, size_t i, aimc_fit_trace *out);

AIMC_END_DECLS

#endif
