/* SPDX-License-Identifier: MIT */
/* Length and probabilities of pulse trains: update management and update BL management. With l the
 * rate, g the granularity and K slots, input j and output i fire in a slot with
 *
 *     P_x = B |x_j|,  P_d = A |d_i|,  A B = l / (g K)
 *
 * so that a cell gets
 *
 *     E[count_ij] = K P_x P_d = l |x_j d_i| / g
 *
 * coincidences. The managements choose A / B and K.
 *
 * Gokmen and Vlasov, Front. Neurosci. 10:333 (2016): coincidences of independent trains.
 * Gokmen et al., Front. Neurosci. 11:538 (2017): both managements. */
#include <float.h>
#include <math.h>

#include "tile/pulse_train.h"

#define T    aimci_update_params
#define SRC  "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)"
#define SRC2 "Gokmen et al., Front. Neurosci. 11:538 (2017)"
#define SRC3 "Rasch et al., AICAS (2021), arXiv:2104.02184"

enum { MAX_BL = 4096, MAX_SLOTS = 1 << 20 };

static const aimci_field fields[] = {
    AIMCI_CHOICE(
        T, pulse_type, AIMCI_PULSE_STOCHASTIC_COMPRESSED, 5,
        "STOCHASTIC_COMPRESSED|STOCHASTIC|MEAN_COUNT|DETERMINISTIC_IMPLICIT|NONE_WITH_DEVICE|NONE",
        "how a rank-1 update becomes pulses; NONE: exactly, without devices", SRC3),
    AIMCI_INTEGER(T, desired_bl, 31, 1, MAX_BL, "slots",
                  "length of the pulse trains; the longest under update_bl_management", SRC),
    AIMCI_FLAG(
        T, fixed_bl, 1,
        "keep the length even for rates above granularity x desired_bl; false: longer trains", SRC),
    AIMCI_FLAG(T, update_management, 1, "balance the firing probabilities of the two vectors",
               SRC2),
    AIMCI_FLAG(
        T, update_bl_management, 1,
        "shorten the trains to what the largest product needs; switches update_management on",
        SRC2),
    AIMCI_NUMBER(T, um_grad_scale, 1, AIMCI_POSITIVE, 1e30, "1",
                 "below 1 the gradient is taken as smaller, so that it saturates earlier", SRC2),
    AIMCI_NUMBER(T, res, 0, -1, 1, "probability", "grid of the firing probabilities; <= 0: none",
                 SRC),
    AIMCI_FLAG(T, sto_round, 0, "round to the grid stochastically", SRC),
    AIMCI_NUMBER(T, x_res_implicit, 0, -1, 1, "probability",
                 "grid of the inputs for DETERMINISTIC_IMPLICIT; <= 0: none", SRC3),
    AIMCI_NUMBER(T, d_res_implicit, 0, -1, 1, "probability",
                 "grid of the gradients for DETERMINISTIC_IMPLICIT; <= 0: none", SRC3),
    AIMCI_CHOICE(T, multi_pulse, AIMCI_MULTI_EXACT, 3, "EXACT|SEQUENCE|CLOSE|BATCH",
                 "several pulses to a cell: one step where that has the same law, always one after "
                 "the other, or one step also where the distribution differs by up to 1e-5; BATCH: "
                 "the pulses of up to 16 vectors one step where that has the same law (additive "
                 "noise), or the distribution differs by up to 1e-4 (noise in proportion to a step "
                 "that is affine in the weight) or 2e-3 (curved steps); the bits depend on how "
                 "vectors are split into batches",
                 "this library; docs/kernels.md"),
};

AIMCI_DEFINE_KIND(update, "update", "pulse trains of an outer product update", SRC, fields, T,
                  .n_children = 0);

/* ceil, but not pushed up by the rounding of single precision inputs: 9.0000004 pulses are 9 */
static double ceil_count(double count)
{
    return ceil(count * (1 - 1e-6));
}

aimci_train_plan aimci_plan_train(const T *p, double lr, double g, double x_max, double d_max)
{
    aimci_train_plan plan = {0};
    if (lr <= 0 || x_max <= 0 || d_max <= 0)
        return plan;
    const double max_bl = (double)p->desired_bl;
    const bool shorten = p->update_bl_management;
    double slots = max_bl;
    double x_scale = sqrt(lr / (g * slots)), d_scale = x_scale;
    if (!p->fixed_bl && !shorten && g * max_bl < lr) {
        slots = fmin(fmax(ceil_count(lr / g), 1), MAX_SLOTS);
        x_scale = d_scale = 1;
    }
    if (shorten || p->update_management) {
        double d_span = p->um_grad_scale * d_max;
        const double count = lr * x_max * d_span / g; /* pulses the largest product asks for */
        if (shorten) {
            slots = fmax(fmin(ceil_count(count), max_bl), 1);
            x_scale = d_scale = sqrt(lr / (g * slots));
        }
        if (count > max_bl)
            d_span *= max_bl / count; /* saturate d, never x */
        d_scale *= sqrt(x_max / d_span);
        x_scale *= sqrt(d_span / x_max);
    }
    /* as floats they must not be infinite: 0 would fire with no probability at all */
    x_scale = fmin(x_scale, (double)FLT_MAX);
    d_scale = fmin(d_scale, (double)FLT_MAX);
    plan.n_slots = (uint32_t)slots;
    plan.saturates = ceil_count(lr * x_max * d_max / g) > slots;
    plan.x_scale = x_scale;
    plan.d_scale = d_scale;
    return plan;
}
