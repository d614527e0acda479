/* SPDX-License-Identifier: MIT */
#ifndef AIMC_CONVERTER_H
#define AIMC_CONVERTER_H
/**
 * @file converter.h
 * DACs and ADCs: values to codes and back. Periphery chains contain the same converters.
 *
 * A signed mid-tread converter of b bits has codes -(2^(b-1)-1) ... 2^(b-1)-1, zero included, both
 * ends at exactly +-bound; its resolution is 1/(2^b - 2). The nested configuration "nonideal" asks
 * for other codes or for a converter with errors (SAR, RAMP, PIPELINE, CYCLIC, FLASH); the same
 * one is the field adc or dac of a read-out. docs/models/converters.md has the equations.
 */

#include <aimc/config.h>

AIMC_BEGIN_DECLS

/** A quantiser with a range. @since 0.1 */
typedef struct aimc_converter aimc_converter;

/**
 * Make a converter.
 * @param ctx     context
 * @param config  of kind "converter" (fields bound, res, sto_round, seed, channels, nonideal);
 *                NULL: defaults. Read during the call only.
 * @param[out] out  the converter; NULL on failure
 * @retval AIMC_ERR_INVALID  configuration of another kind, contradictory fields
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1, D2 exact: fixed errors depend on the seed alone.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_create(aimc_context *ctx, const aimc_config *config,
                                           aimc_converter **out);

/** Destroy; NULL is fine. @threads one thread: no other call may use the converter. @since 0.1 */
AIMC_API void aimc_converter_destroy(aimc_converter *converter);

/**
 * Quantise: round to the nearest step (ties to even; or stochastically), then clip to the bound.
 * @param n  number of values; 0 does nothing
 * @param x  [n] values in units of the bound; infinities are clipped
 * @param y  [n] quantised values; may be x
 * @retval AIMC_ERR_INVALID  NULL argument, or a value is not a number (nothing is written)
 * @threads one thread per converter (a stochastic one counts its draws).
 * @determinism D1, D2 exact.
 * @par Model
 * Q(z) = rint(z/step + U - 1/2) step, step = 2 bound res; U = 1/2 when deterministic.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_quantize(aimc_converter *converter, size_t n, const float *x,
                                             float *y);

/**
 * Values to codes: what the hardware converter puts on its wires.
 * @param n      number of values
 * @param x      [n] values in units of the bound; infinities are clipped
 * @param codes  [n] receives codes in [min_code, max_code]
 * @retval AIMC_ERR_UNSUPPORTED  the converter has no steps (res <= 0 or no bound)
 * @retval AIMC_ERR_INVALID      NULL argument, or a value is not a number (nothing is written)
 * @threads one thread per converter.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_encode(aimc_converter *converter, size_t n, const float *x,
                                           int32_t *codes);

/**
 * Codes to values: code * step for a mid-tread converter, the level of the code for any.
 * @param n      number of codes
 * @param codes  [n] codes; beyond the range they are clipped
 * @param x      [n] receives values
 * @retval AIMC_ERR_UNSUPPORTED  the converter has no steps
 * @retval AIMC_ERR_INVALID      NULL argument
 * @threads any.
 * @determinism D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_decode(const aimc_converter *converter, size_t n,
                                           const int32_t *codes, float *x);

/**
 * Largest code, for example 63 at 7 bits; 0 when the converter has no steps or is NULL.
 * @threads any.
 * @since 0.1
 */
AIMC_API int32_t aimc_converter_get_max_code(const aimc_converter *converter);

/**
 * Smallest code, for example -63 at 7 bits; 0 when the converter has no steps or is NULL.
 * @threads any.
 * @since 0.1
 */
AIMC_API int32_t aimc_converter_get_min_code(const aimc_converter *converter);

/**
 * Distance of two neighbouring values; 0 when the converter has no steps or is NULL.
 * @threads any.
 * @since 0.1
 */
AIMC_API double aimc_converter_get_step(const aimc_converter *converter);

/** Static errors of a converter, in steps, and what they make of a sine. @since 0.1 */
typedef struct aimc_linearity {
    uint32_t struct_size;   /**< sizeof of the caller's struct */
    uint32_t n_codes;       /**< codes that there should be */
    uint32_t missing_codes; /**< inner codes that no input gives */
    uint32_t reserved;      /**< 0 */
    double max_dnl;         /**< largest |differential non-linearity| */
    double max_inl;         /**< largest |integral non-linearity|, from the line through the ends */
    double gain;            /**< slope of the transfer over that of the ideal converter */
    double offset;          /**< first transition, beyond where the ideal one is */
    double sndr;            /**< of a sine over all levels: power over that of noise and distortion,
                                 in dB */
    double enob;            /**< effective bits: (sndr - 1.76) / 6.02 */
} aimc_linearity;

/**
 * Measure the static transfer of one channel with a slow ramp, 64 samples a step (no stochastic
 * rounding): DNL and INL are known to 1/64 of a step. Then a sine from the lowest to the highest
 * level, of which the part at its own frequency is the signal and all else noise and distortion.
 * @param converter  converter with steps
 * @param channel    which of them, below the configuration's channels; any when it is ideal
 * @param linearity  struct_size set by the caller; the rest is written
 * @param dnl        [n_codes] width of each code over the mean, minus 1; both ends are 0; or NULL
 * @param inl        [n_codes] lower transition of each code against the line through the first and
 *                   the last; or NULL
 * @retval AIMC_ERR_INVALID      NULL, or no such channel
 * @retval AIMC_ERR_UNSUPPORTED  no steps, style THRESHOLDS, or more than 2^20 codes
 * @retval AIMC_ERR_ABI          struct_size is 0
 * @retval AIMC_ERR_NOMEM        no memory
 * @threads any.
 * @determinism D1.
 * @par Model
 * code density of a ramp and fit of a sine: IEEE Std 1241, with end-point fit.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_get_linearity(const aimc_converter *converter, size_t channel,
                                                  aimc_linearity *linearity, double *dnl,
                                                  double *inl);

/** How a range is chosen from data. @since 0.1 */
typedef enum aimc_range_method {
    AIMC_RANGE_MAX = 0,         /**< largest magnitude; parameter is not used */
    AIMC_RANGE_QUANTILE = 1,    /**< quantile of the magnitudes; parameter 0 ... 1, 0.99995 say */
    AIMC_RANGE_DEVIATION = 2,   /**< parameter times the standard deviation */
    AIMC_RANGE_LEAST_ERROR = 3, /**< quantile with the least sum of |x - Q(x)| at a resolution; the
                                     parameter is the resolution, as of a converter */
    AIMC_RANGE_MEAN_SQUARE = 4, /**< the least mean of (x - Q(x))^2; parameter as LEAST_ERROR */
    AIMC_RANGE_ENTROPY = 5      /**< the least divergence of the clipped magnitudes from what the
                                     codes say of them; parameter as LEAST_ERROR */
} aimc_range_method;

/**
 * Choose the bound of a converter from what it will see: inputs of a layer, or currents before an
 * ADC (aimc_stages.noisy). Rows of zeros alone are not looked at.
 * @param ctx        context
 * @param method     how
 * @param parameter  see aimc_range_method
 * @param n_rows     vectors
 * @param n_cols     numbers in each
 * @param x          [n_rows][n_cols], ld_x >= n_cols, finite
 * @param ld_x       stride of x in elements
 * @param[out] bound  the range is -bound ... bound; 0 when all of x is 0; untouched on failure
 * @retval AIMC_ERR_INVALID  NULL, nothing there, unknown method, parameter out of range, a value
 *                           that is not finite
 * @retval AIMC_ERR_SHAPE    ld_x too small
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @determinism D1.
 * @par Model
 * LEAST_ERROR: golden section over log10(1 - quantile) from -6 to -1; T. P. Xiao et al., IEEE
 * Circuits Syst. Mag. 22(4):26 (2022) choose ranges by least error of quantiles. MEAN_SQUARE and
 * ENTROPY count magnitudes in bins of a sixty-fourth of an octave; ENTROPY as S. Migacz, 8-bit
 * inference with TensorRT, GTC (2017). docs/models/converters.md.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_find_range(aimc_context *ctx, aimc_range_method method,
                                               double parameter, size_t n_rows, size_t n_cols,
                                               const float *x, size_t ld_x, double *bound);

AIMC_END_DECLS

#endif
