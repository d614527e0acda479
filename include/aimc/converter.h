/* SPDX-License-Identifier: MIT */
#ifndef AIMC_CONVERTER_H
#define AIMC_CONVERTER_H
/**
 * @file converter.h
 * One DAC or ADC: values to codes and back. Periphery chains contain the same converters.
 *
 * A signed mid-tread converter of b bits has codes -(2^(b-1)-1) ... 2^(b-1)-1, zero included, both
 * ends at exactly +-bound; its resolution is 1/(2^b - 2).
 */

#include <aimc/config.h>

AIMC_BEGIN_DECLS

/** A quantiser with a range. @since 0.1 */
typedef struct aimc_converter aimc_converter;

/**
 * Make a converter.
 * @param ctx     context
 * @param config  of kind "converter" (fields bound, res, sto_round, seed); NULL: defaults. Read
 * during the call only.
 * @param[out] out  the converter; NULL on failure
 * @retval AIMC_ERR_INVALID  configuration of another kind
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_create(aimc_context *ctx, const aimc_config *config,
                                           aimc_converter **out);

/** Destroy; NULL is fine. @since 0.1 */
AIMC_API void aimc_converter_destroy(aimc_converter *converter);

/**
 * Quantise: round to the nearest step (ties to even; or stochastically), then clip to the bound.
 * @param n  number of values; 0 does nothing
 * @param x  [n] values in units of the bound
 * @param y  [n] quantised values; may be x
 * @retval AIMC_ERR_INVALID  NULL argument
 * @par Threads
 * one thread per converter (a stochastic one counts its draws).
 * @par Determinism
 * D1, D2 exact.
 * @par Model
 * Q(z) = rint(z/step + U - 1/2) step, step = 2 bound res; U = 1/2 when deterministic.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_quantize(aimc_converter *converter, size_t n, const float *x,
                                             float *y);

/**
 * Values to codes: what the hardware converter puts on its wires.
 * @param n      number of values
 * @param x      [n] values in units of the bound; NaN gives code 0
 * @param codes  [n] receives codes in [-max_code, max_code]
 * @retval AIMC_ERR_UNSUPPORTED  the converter has no steps (res <= 0 or no bound)
 * @retval AIMC_ERR_INVALID      NULL argument
 * @par Threads
 * one thread per converter.
 * @par Determinism
 * D1, D2 exact.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_encode(aimc_converter *converter, size_t n, const float *x,
                                           int32_t *codes);

/**
 * Codes to values: code * step.
 * @param n      number of codes
 * @param codes  [n] codes; beyond +-max_code they are clipped
 * @param x      [n] receives values
 * @retval AIMC_ERR_UNSUPPORTED  the converter has no steps
 * @retval AIMC_ERR_INVALID      NULL argument
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_converter_decode(const aimc_converter *converter, size_t n,
                                           const int32_t *codes, float *x);

/** Largest code, for example 63 at 7 bits; 0 when the converter has no steps or is NULL. @since 0.1
 */
AIMC_API int32_t aimc_converter_max_code(const aimc_converter *converter);

/** Distance of two neighbouring values; 0 when the converter has no steps or is NULL. @since 0.1 */
AIMC_API double aimc_converter_step(const aimc_converter *converter);

AIMC_END_DECLS

#endif
