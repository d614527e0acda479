/* SPDX-License-Identifier: MIT */
#ifndef AIMC_EXTRAPOLATION_H
#define AIMC_EXTRAPOLATION_H
/**
 * @file extrapolation.h
 * Fitted constants outside the range that they were fitted in.
 *
 * A constant or law that was fitted to measurements says something where there were some. Elsewhere
 * it is still computed, because a study may want it, but it is told: by
 * aimc_cost_model_get_extrapolation(), aimc_noise_model_get_extrapolation(), and in the reports of
 * the commands.
 */

#include <aimc/status.h>

AIMC_BEGIN_DECLS

/** One fitted constant that is used outside its range. Strings are constant. @since 0.1 */
typedef struct aimc_extrapolation {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t reserved;    /**< 0 */
    const char *constant; /**< what was fitted: "survey_energy" */
    const char *variable; /**< what it is a function of: "adc_bits" */
    const char *unit;     /**< of value, first and last */
    const char *source;   /**< what it was fitted to */
    double value;         /**< what it is used at */
    double first;         /**< begin of the range */
    double last;          /**< end of the range; equal to first where one value was measured */
} aimc_extrapolation;

AIMC_END_DECLS

#endif
