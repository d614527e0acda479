/* SPDX-License-Identifier: MIT */
/* The kinds of unit cells and their fields:
 *
 *     vector_cell     w = sum_k share_k w_k: n devices that share the pulses by a policy
 *     reference_cell  w = w_0 - w_1: pulses go to device 0; device 1 holds a reference, such as the
 *                     symmetry point of device 0 (zero shifting)
 *     one_sided_cell  w = w_+ - w_-: each device only goes one way; cells in which both are high
 *                     are refreshed
 *
 * Kim et al., arXiv:1907.10228 (2019); Nandakumar et al., Front. Neurosci. 14:406 (2020). */
#include "device/cell.h"

#define SRC_VECTOR    "Rasch et al., AICAS (2021), arXiv:2104.02184"
#define SRC_REFERENCE "Kim et al., arXiv:1907.10228 (2019)"
#define SRC_ONE_SIDED "Nandakumar et al., Front. Neurosci. 14:406 (2020)"

/* ---- several devices ------------------------------------------------------------------------ */

typedef struct vector_cell {
    int64_t n_devices, first_update_idx;
    aimci_list gamma_vec;
    int32_t update_policy;
    bool compensate_lr, separate_devices;
} vector_cell;

enum { MAX_SEPARATE = 4 };

static const aimci_field vector_fields[] = {
    AIMCI_INTEGER(vector_cell, n_devices, 2, 1, AIMCI_MAX_MEMBERS, "devices",
                  "devices of a cell; at most 4 with separate_devices", SRC_VECTOR),
    AIMCI_CHILD("device", 0, "device", "constant_step", "model of the devices", SRC_VECTOR),
    AIMCI_FLAG(vector_cell, separate_devices, 0,
               "devices 1, 2, 3 are of device_1, device_2, device_3 instead of device", SRC_VECTOR),
    AIMCI_CHILD("device_1", 1, "device", "constant_step", "device 1, with separate_devices",
                SRC_VECTOR),
    AIMCI_CHILD("device_2", 2, "device", "constant_step", "device 2, with separate_devices",
                SRC_VECTOR),
    AIMCI_CHILD("device_3", 3, "device", "constant_step", "device 3, with separate_devices",
                SRC_VECTOR),
    AIMCI_NUMBERS(vector_cell, gamma_vec, 0, -1e6, 1e6, "1",
                  "shares of the devices in the weight; empty: 1/n_devices each", SRC_VECTOR),
    AIMCI_CHOICE(vector_cell, update_policy, AIMCI_POLICY_ALL, AIMCI_POLICY_SINGLE_RANDOM,
                 "ALL|SINGLE_FIXED|SINGLE_SEQUENTIAL|SINGLE_RANDOM",
                 "which device takes the pulses of a vector update", SRC_VECTOR),
    AIMCI_INTEGER(vector_cell, first_update_idx, 0, 0, AIMCI_MAX_MEMBERS - 1, "1",
                  "the device of SINGLE_FIXED; SINGLE_SEQUENTIAL begins with the next one",
                  SRC_VECTOR),
    AIMCI_FLAG(
        vector_cell, compensate_lr, 0,
        "count pulses by the step of the cell, so that it moves by the learning rate; false: "
        "by that of a device (a single policy then learns at 1/n_devices of the rate)",
        SRC_VECTOR),
};

AIMCI_DEFINE_KIND(vector_cell, "device", "several devices that share the weight and its pulses",
                  SRC_VECTOR, vector_fields, vector_cell, .n_children = 4);

static aimc_status vector_check(const vector_cell *p)
{
    const size_t n = (size_t)p->n_devices;
    if (p->separate_devices && n > MAX_SEPARATE)
        return aimci_fail(AIMC_ERR_INVALID,
                          "vector_cell: n_devices = %zu; at most %d with separate_devices", n,
                          MAX_SEPARATE);
    if (p->gamma_vec.n && p->gamma_vec.n != n)
        return aimci_fail(AIMC_ERR_INVALID, "vector_cell: gamma_vec has %zu values for %zu devices",
                          p->gamma_vec.n, n);
    if ((size_t)p->first_update_idx >= n)
        return aimci_fail(AIMC_ERR_INVALID,
                          "vector_cell: first_update_idx = %zu; the devices are 0 to %zu",
                          (size_t)p->first_update_idx, n - 1);
    double sum = 0;
    for (size_t k = 0; k < p->gamma_vec.n; k++)
        sum += p->gamma_vec.v[k];
    const bool fixed = p->update_policy == AIMCI_POLICY_SINGLE_FIXED;
    if (p->gamma_vec.n && (fixed ? p->gamma_vec.v[p->first_update_idx] == 0 : sum == 0))
        return aimci_fail(AIMC_ERR_INVALID, "vector_cell: %s is 0, so that no weight can be set",
                          fixed ? "the share of the device that learns" : "the sum of gamma_vec");
    return AIMC_OK;
}

static aimc_status make_vector(aimc_context *ctx, const aimc_config *config, aimci_cell *cell)
{
    static const char *const names[MAX_SEPARATE] = {"device", "device_1", "device_2", "device_3"};
    const vector_cell *p = config->values;
    aimc_status st = vector_check(p);
    cell->policy = p->update_policy;
    cell->first = (size_t)p->first_update_idx;
    cell->compensate = p->compensate_lr;
    for (size_t k = 0; k < (size_t)p->n_devices && !st; k++) {
        const char *name = names[p->separate_devices ? k : 0];
        const double share = p->gamma_vec.n ? p->gamma_vec.v[k] : 1 / (double)p->n_devices;
        st = aimci_cell_add(ctx, cell, aimci_config_child(config, name), share);
    }
    return st;
}

const aimci_device_ops aimci_device_ops_vector_cell = {
    .kind = &aimci_kind_vector_cell, .pulsed = true, .cell = make_vector};

/* ---- a device and its reference ------------------------------------------------------------- */

typedef struct reference_cell {
    int64_t shift_pairs;
    bool separate_reference;
} reference_cell;

static const aimci_field reference_fields[] = {
    AIMCI_CHILD("device", 0, "device", "soft_bounds", "the device that learns", SRC_REFERENCE),
    AIMCI_FLAG(reference_cell, separate_reference, 0,
               "the reference is of reference_device instead of device", SRC_REFERENCE),
    AIMCI_CHILD("reference_device", 1, "device", "soft_bounds",
                "the reference, with separate_reference", SRC_REFERENCE),
    AIMCI_INTEGER(reference_cell, shift_pairs, 0, 0, 1000000, "pulse pairs",
                  "zero shifting of fresh cells: so many pairs of an up and a down pulse lead to "
                  "the symmetry point, which is programmed into the reference; 0: none",
                  SRC_REFERENCE),
};

AIMCI_DEFINE_KIND(reference_cell, "device",
                  "a device and a programmed reference that is subtracted", SRC_REFERENCE,
                  reference_fields, reference_cell, .n_children = 2);

static aimc_status make_reference(aimc_context *ctx, const aimc_config *config, aimci_cell *cell)
{
    const reference_cell *p = config->values;
    const aimc_config *device = aimci_config_child(config, "device");
    cell->policy = AIMCI_POLICY_SINGLE_FIXED;
    cell->shift_pairs = (uint32_t)p->shift_pairs;
    const aimc_status st = aimci_cell_add(ctx, cell, device, 1);
    if (st)
        return st;
    return aimci_cell_add(
        ctx, cell, p->separate_reference ? aimci_config_child(config, "reference_device") : device,
        -1);
}

const aimci_device_ops aimci_device_ops_reference_cell = {
    .kind = &aimci_kind_reference_cell, .pulsed = true, .cell = make_reference};

/* ---- a pair of devices that only go up ------------------------------------------------------ */

typedef struct one_sided_cell {
    int64_t refresh_every;
    double refresh_upper_thres, refresh_lower_thres;
    bool units_in_mbatch, copy_inverted;
} one_sided_cell;

static const aimci_field one_sided_fields[] = {
    AIMCI_CHILD("device", 0, "device", "soft_bounds", "model of both devices", SRC_ONE_SIDED),
    AIMCI_FLAG(one_sided_cell, copy_inverted, 0,
               "the second device is a mirror image: it goes down, and adds to the weight",
               SRC_ONE_SIDED),
    AIMCI_INTEGER(one_sided_cell, refresh_every, 0, 0, 1000000000, "mini-batches or vectors",
                  "period of the refresh; 0: never", SRC_ONE_SIDED),
    AIMCI_FLAG(one_sided_cell, units_in_mbatch, 1, "refresh_every counts mini-batches",
               SRC_ONE_SIDED),
    AIMCI_NUMBER(one_sided_cell, refresh_upper_thres, 0.75, 0, 1e6, "w_max",
                 "refresh a cell when its larger device reads above this", SRC_ONE_SIDED),
    AIMCI_NUMBER(one_sided_cell, refresh_lower_thres, 0.25, 0, 1e6, "w_max",
                 "and its smaller one above this", SRC_ONE_SIDED),
    AIMCI_CHILD("refresh_forward", 1, "periphery", "periphery",
                "read-out of the refresh; noise and bound management are off", SRC_ONE_SIDED),
    AIMCI_CHILD("refresh_update", 2, "update", "update",
                "trains of the pulses that write the difference back", SRC_ONE_SIDED),
};

AIMCI_DEFINE_KIND(one_sided_cell, "device",
                  "two devices that go one way each; the weight is their difference", SRC_ONE_SIDED,
                  one_sided_fields, one_sided_cell, .n_children = 3);

static aimc_status make_one_sided(aimc_context *ctx, const aimc_config *config, aimci_cell *cell)
{
    const one_sided_cell *p = config->values;
    const aimc_config *device = aimci_config_child(config, "device");
    cell->policy = AIMCI_POLICY_ONE_SIDED;
    cell->refresh_every = p->refresh_every;
    cell->refresh_in_mbatch = p->units_in_mbatch;
    cell->refresh_upper = (float)p->refresh_upper_thres;
    cell->refresh_lower = (float)p->refresh_lower_thres;
    aimc_status st = aimci_cell_add(ctx, cell, device, 1);
    if (!st) /* w_+ + w, w only going down, is w_+ - w_- with w_- the mirror image of w */
        st = aimci_cell_add(ctx, cell, device, p->copy_inverted ? 1 : -1);
    if (st || !p->refresh_every)
        return st;
    const aimc_device *member = cell->members[0];
    if (member->cell)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "one_sided_cell: refresh_every needs single devices, not a '%s'",
                          member->ops->kind->name);
    if (member->relaxation.write_noise > 0)
        return aimci_fail(AIMC_ERR_UNSUPPORTED,
                          "one_sided_cell: refresh_every does not go with write_noise_std = %g",
                          aimci_device_pulsed(member)->write_noise_std);
    return AIMC_OK;
}

const aimci_device_ops aimci_device_ops_one_sided_cell = {
    .kind = &aimci_kind_one_sided_cell, .pulsed = true, .cell = make_one_sided};
