/* SPDX-License-Identifier: MIT */
/* Cell parameters that no device can have: bounds out of order, negative steps. They would not be
 * noticed by the kernels, which compute something all the same. */
#include <math.h>

#include "device/cell_parameters.h"
#include "tile/array.h"

/* Element (i, j) of a cell parameter, as the array stores it or as the caller gives it. */
typedef struct matrix {
    const float *data;
    size_t step_out, step_in;
} matrix;

static double at(const matrix *m, size_t i, size_t j)
{
    return (double)m->data[i * m->step_out + j * m->step_in];
}

static matrix own(const aimci_array *a, int32_t number)
{
    return (matrix){a->cell[number], 1, a->ld};
}

/* The devices whose parameter this is, among those of unit cells. */
static const aimci_array *owner_of(const aimci_array *a, const float *data,
                                   const aimci_cell_parameter **parameter)
{
    for (int k = 0; k < AIMCI_N_NAMED_PARAMETERS; k++) {
        if (a->cell[aimci_cell_parameters[k].number] != data)
            continue;
        *parameter = &aimci_cell_parameters[k];
        return a;
    }
    for (size_t k = 0; k < a->n_members; k++) {
        const aimci_array *found = owner_of(a->members[k], data, parameter);
        if (found)
            return found;
    }
    return NULL;
}

static bool is_count(int32_t number)
{
    return number == AIMCI_CELL_PULSES || number == AIMCI_CELL_ONSET;
}

/* The smallest and largest value that a device may have. Steps and exponents may be of any sign
 * where the sampling may give them any. */
static void range_of(const aimci_array *a, int32_t number, double *low, double *high)
{
    const aimci_pulsed *p = aimci_device_pulsed(a->device);
    const bool consistent = p && p->enforce_consistency && !a->device->ops->is_user;
    const bool size =
        number == AIMCI_CELL_UP || number == AIMCI_CELL_DOWN ||
        (number >= AIMCI_CELL_OWN && number < AIMCI_CELL_OWN + AIMCI_MAX_OWN_PARAMETERS &&
         a->device->ops->own_are_sizes);
    const bool rate = number == AIMCI_CELL_DECAY;
    *low = -(double)INFINITY;
    *high = rate ? 1 : (double)INFINITY;
    if ((size && consistent) || rate || number == AIMCI_CELL_DIFFUSION || is_count(number))
        *low = 0;
    if (number == AIMCI_CELL_DRIFT_AGE)
        *low = -1; /* no call has seen the device */
}

static aimc_status check_range(const aimci_array *a, const char *name, int32_t number,
                               const matrix *m)
{
    double low, high;
    range_of(a, number, &low, &high);
    for (size_t i = 0; i < a->n_out; i++)
        for (size_t j = 0; j < a->n_in; j++)
            if (!(at(m, i, j) >= low && at(m, i, j) <= high))
                return aimci_fail(AIMC_ERR_INVALID,
                                  "%s[%zu][%zu] = %g of device '%s' is out of range [%g, %g]", name,
                                  i, j, at(m, i, j), a->device->ops->kind->name, low, high);
    return AIMC_OK;
}

/* Bounds in order: equal ones are those of a stuck device. */
static aimc_status check_bounds(const aimci_array *a, const char *name, const matrix *low,
                                const matrix *high, bool is_low)
{
    for (size_t i = 0; i < a->n_out; i++)
        for (size_t j = 0; j < a->n_in; j++)
            if (!(at(low, i, j) <= at(high, i, j)))
                return aimci_fail(AIMC_ERR_INVALID,
                                  "%s[%zu][%zu] = %g of device '%s' is %s its other bound, %g; "
                                  "where both move, the one that makes room goes first",
                                  name, i, j, at(is_low ? low : high, i, j),
                                  a->device->ops->kind->name, is_low ? "above" : "below",
                                  at(is_low ? high : low, i, j));
    return AIMC_OK;
}

/* The number of the other bound, or 0. */
static int32_t other_bound(int32_t number)
{
    return number == AIMCI_CELL_MAX         ? AIMCI_CELL_MIN
           : number == AIMCI_CELL_MIN       ? AIMCI_CELL_MAX
           : number == AIMCI_CELL_FRESH_MAX ? AIMCI_CELL_FRESH_MIN
           : number == AIMCI_CELL_FRESH_MIN ? AIMCI_CELL_FRESH_MAX
                                            : 0;
}

/* Bounds that close follow from others, which may be set. */
static aimc_status check_follows(const aimci_array *a, const char *name, int32_t number)
{
    if ((number != AIMCI_CELL_MAX && number != AIMCI_CELL_MIN) || !a->cell[AIMCI_CELL_FRESH_MAX])
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID,
                      "%s of device '%s', which has an endurance, follows from its pulses and from "
                      "fresh_%s: set that",
                      name, a->device->ops->kind->name, name);
}

static aimc_status check(const aimci_array *a, const char *name, int32_t number, const matrix *m)
{
    const bool is_low = number == AIMCI_CELL_MIN || number == AIMCI_CELL_FRESH_MIN;
    const aimc_status st = check_range(a, name, number, m);
    if (st || !other_bound(number))
        return st;
    const matrix other = own(a, other_bound(number));
    return check_bounds(a, name, is_low ? m : &other, is_low ? &other : m, is_low);
}

aimc_status aimci_array_check(const aimci_array *a, const aimci_named_parameter *plane,
                              const float *value, size_t ld)
{
    const aimci_cell_parameter *parameter = NULL;
    const aimci_array *devices = owner_of(a, plane->data, &parameter);
    if (!devices)
        return AIMC_OK; /* weights, which are clipped */
    const matrix given = {value, ld, 1}, stored = {plane->data, 1, a->ld};
    const aimc_status st = value ? check_follows(devices, plane->name, parameter->number) : AIMC_OK;
    return st ? st : check(devices, plane->name, parameter->number, value ? &given : &stored);
}
