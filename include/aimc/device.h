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
 * replace those of name. Read during the call only.
 * @param[out] out   the device, owned by the caller; NULL on failure
 * @retval AIMC_ERR_INVALID  unknown name, overrides of another model, contradictory parameters
 *                           (the sentence names the field)
 * @retval AIMC_ERR_NOMEM    no memory
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_create(aimc_context *ctx, const char *name,
                                        const aimc_config *overrides, aimc_device **out);

/**
 * Take another reference.
 * @return device.
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API aimc_device *aimc_device_ref(aimc_device *device);

/**
 * Give up a reference; the last one destroys. NULL is fine.
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API void aimc_device_unref(aimc_device *device);

/**
 * Figures of the mean device.
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID  NULL argument
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @par Threads
 * any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_get_info(const aimc_device *device, aimc_device_info *info);

/**
 * Copy of the device's parameters as a configuration.
 * @retval AIMC_ERR_NOMEM no memory.
 * @since 0.1
 */
AIMC_API aimc_status aimc_device_config(const aimc_device *device, aimc_config **out);

/** Model of the device, for example "soft_bounds"; "" when NULL. @since 0.1 */
AIMC_API const char *aimc_device_model(const aimc_device *device);

AIMC_END_DECLS

#endif
