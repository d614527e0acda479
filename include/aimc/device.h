/* SPDX-License-Identifier: MIT */
#ifndef AIMC_DEVICE_H
#define AIMC_DEVICE_H
/**
 * @file device.h
 * Device models: immutable descriptions of one kind of resistive device.
 *
 * Weights are normalised: 1 is the top of the nominal conductance range. A pulse up raises the
 * weight.
 */

#include <aimc/config.h>

AIMC_BEGIN_DECLS

/** An immutable device model with its parameters; shared by tiles and threads. @since 0.1 */
typedef struct aimc_device aimc_device;

/** Figures of the mean device (no device-to-device spread). @since 0.1 */
typedef struct aimc_device_info {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t is_ideal;     /**< 1: no pulses, exact updates, no bounds */
    double
        granularity;   /**< size of one pulse as the pulse count arithmetic uses it, weight units */
    double num_states; /**< (w_max - w_min) / granularity; 0 when ideal */
    double step_up_at_0;   /**< mean step of one up pulse at weight 0, weight units */
    double step_down_at_0; /**< mean step of one down pulse at weight 0, weight units (positive) */
    double symmetry_point; /**< weight where both mean steps are equal; NaN when there is none or no
                              single one */
    double w_min;          /**< mean lower bound; -infinity when ideal */
    double w_max;          /**< mean upper bound; +infinity when ideal */
} aimc_device_info;

/**
 * Make a device.
 * @param ctx        context
 * @param name       model ("soft_bounds"), preset ("reram_sb") or alias; NULL: only overrides
 * @param overrides  NULL, or a configuration of the same model: the fields that were set in it
 *                   replace those of name. Read during the call only.
 * @param[out] out   the device, owned by the caller; NULL on failure
 * @retval AIMC_ERR_INVALID  unknown name, overrides of another model, contradictory parameters
 *                           (the sentence names the field)
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1, D2 exact: a model draws nothing; its devices are drawn by the tile.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_create(aimc_context *ctx, const char *name,
                                        const aimc_config *overrides, aimc_device **out);

/** Parameters per cell that a user device may have. @since 0.1 */
#define AIMC_USER_PARAMETERS 4

/** Cells that one call of a user device's functions gets at most. @since 0.1 */
#define AIMC_USER_CELLS 32

/** Standard normals per cell that populate gets; pulse gets the first 2. @since 0.1 */
#define AIMC_USER_NORMALS 8

/** Uniforms on [0, 1) per cell that populate gets; pulse gets the first. @since 0.1 */
#define AIMC_USER_UNIFORMS 2

/**
 * Some cells side by side, as the functions of a user device see them. Arrays have n elements, live
 * only during the call, and are fresh random numbers each time.
 * @since 0.1
 */
typedef struct aimc_user_cells {
    uint32_t struct_size;  /**< sizeof this struct in the library */
    uint32_t n_parameters; /**< as in aimc_user_device */
    uint64_t n;            /**< cells, at most AIMC_USER_CELLS */
    float *w;              /**< pulse: weights, to change; populate: not for use */
    float *w_max;          /**< upper bounds: the mean one in populate, to change there */
    float *w_min;          /**< lower bounds, likewise */
    float *parameters[AIMC_USER_PARAMETERS]; /**< per cell, 0 in populate, to change there */
    const int32_t *direction; /**< pulse: 1 up, -1 down, 0 no pulse (such weights are ignored) */
    const float *normals[AIMC_USER_NORMALS];   /**< independent standard normals */
    const float *uniforms[AIMC_USER_UNIFORMS]; /**< independent uniforms on [0, 1) */
} aimc_user_cells;

/**
 * A device whose laws are the caller's functions. Texts are copied.
 *
 * Both functions must depend on nothing but their arguments and constant data, and take all
 * randomness from the numbers handed in; then results are as reproducible as those of the built-in
 * devices. With several threads they are called from several at once. They may not call into the
 * tile.
 * @since 0.1
 */
typedef struct aimc_user_device {
    uint32_t struct_size;  /**< sizeof(aimc_user_device) */
    uint32_t n_parameters; /**< per-cell parameters, 0 ... AIMC_USER_PARAMETERS */
    const char *name;      /**< what aimc_device_get_model() returns, and messages say */
    const char *parameter_names[AIMC_USER_PARAMETERS]; /**< for aimc_tile_get_parameter() */
    void *user;                                        /**< handed to all functions */
    double granularity; /**< size of one pulse for the pulse count arithmetic, weight units, > 0 */
    double w_min;       /**< mean lower bound, <= 0 */
    double w_max;       /**< mean upper bound, >= 0 */
    /** Draw bounds and parameters of fresh cells; NULL: mean bounds, parameters 0. Bounds that are
     * not in order and finite become the mean ones. */
    void (*populate)(void *user, const aimc_user_cells *cells);
    /** Give one pulse to each cell whose direction is not 0: change w. The library clips to the
     * bounds; NaN leaves the weight. Must work with normals 0: that is the mean device. */
    void (*pulse)(void *user, const aimc_user_cells *cells);
    /** Called once when the device is destroyed; may be NULL. */
    void (*release)(void *user);
} aimc_user_device;

/**
 * Make a device from functions of the caller. Tiles of it do all that others do, but cannot be
 * saved (AIMC_ERR_UNSUPPORTED), and it has no configuration.
 * @param ctx   context
 * @param user  numbers and functions; read during the call only
 * @param[out] out  the device, owned by the caller; NULL on failure (release is not called then)
 * @retval AIMC_ERR_INVALID  NULL, pulse or a name missing, a number or a name that cannot be; the
 *                           sentence says which
 * @retval AIMC_ERR_ABI      struct_size is of no version, or a field that this one lacks is set
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1, D2 as far as the functions keep it.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_create_user(aimc_context *ctx, const aimc_user_device *user,
                                             aimc_device **out);

/**
 * Take another reference.
 * @return device.
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_device *aimc_device_ref(aimc_device *device);

/** Give up a reference; the last one destroys. NULL is fine. @threads any. @since 0.1 */
AIMC_API void aimc_device_unref(aimc_device *device);

/**
 * Figures of the mean device.
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL argument
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_get_info(const aimc_device *device, aimc_device_info *info);

/**
 * Copy of the device's parameters as a configuration.
 * @param[out] out  a copy, owned by the caller; NULL on failure
 * @retval AIMC_ERR_UNSUPPORTED a user device, which has none.
 * @retval AIMC_ERR_NOMEM no memory.
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_get_config(const aimc_device *device, aimc_config **out);

/** Fitted parameters of one model at most. @since 0.1 */
#define AIMC_FIT_PARAMETERS 8

/** What aimc_device_fit() found. Strings are constant. @since 0.1 */
typedef struct aimc_fit_result {
    uint32_t struct_size;                  /**< sizeof of the caller's struct */
    uint32_t n_parameters;                 /**< fitted fields */
    const char *model;                     /**< kind of the configuration */
    const char *name[AIMC_FIT_PARAMETERS]; /**< fields */
    double value[AIMC_FIT_PARAMETERS];     /**< their values, also in the configuration */
    double low[AIMC_FIT_PARAMETERS];       /**< lower end of the 95 % confidence interval */
    double high[AIMC_FIT_PARAMETERS];      /**< upper end */
    double w_start;                        /**< state before the first pulse, fitted too */
    double residual;   /**< root mean square of data minus their prediction from those before */
    double aic;        /**< Akaike's criterion: less is better */
    uint64_t n_points; /**< states that were given */
} aimc_fit_result;

/**
 * Fit the mean device of a model to measured sweeps: n_pulses up, then as many down.
 * @param ctx       context
 * @param model     "soft_bounds" or another that can be fitted (a refusal lists them); NULL: the
 *                  simplest plausible one that foretells states which it was not fitted to about
 *                  as well as the best
 * @param n_sweeps  repetitions of the sweep, 1 or more
 * @param n_pulses  pulses of each direction, 10 or more
 * @param w         [n_sweeps][2 n_pulses]: the state after each pulse, weight units, a range around
 *                  0
 * @param ld_w      >= 2 n_pulses
 * @param[out] config  the model with the fitted fields and its noise set (dw_min_std,
 *                     write_noise_std, mult_noise, or noise_up and noise_down);
 *                     device-to-device spreads, which sweeps of one device do not tell, are 0; NULL
 *                     on failure
 * @param result  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID      NULL, unknown model, too few points, not finite, a range without 0
 * @retval AIMC_ERR_SHAPE        ld_w too small
 * @retval AIMC_ERR_ABI          struct_size is 0
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads any.
 * @determinism the same with any number of threads; the models are fitted side by side.
 * @par Model
 * the walk of the mean device with noise of pulses, which the state keeps, and of readings, which
 * it does not: prediction errors of a Kalman filter, by maximum likelihood (Schweppe,
 * IEEE Trans. Inf. Theory 11:61, 1965). Intervals are from the curvature of the likelihood,
 * infinite where it has none. Bounds that the data leave open are those of the data, and not among
 * the fitted fields. A model that is not plausible (bounds far from the data, a parameter that the
 * data do not determine, no step within the data) or clearly worse than another is told to the
 * logger of the context as a warning.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_fit(aimc_context *ctx, const char *model, size_t n_sweeps,
                                     size_t n_pulses, const float *w, size_t ld_w,
                                     aimc_config **config, aimc_fit_result *result);

/** Model of the device, for example "soft_bounds"; "" when NULL. @threads any. @since 0.1 */
AIMC_API const char *aimc_device_get_model(const aimc_device *device);

AIMC_END_DECLS

#endif
