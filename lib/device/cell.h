/* SPDX-License-Identifier: MIT */
/* Unit cells: several devices at one crosspoint, whose weights add up,
 *
 *     w = sum_k share[k] w_k.
 *
 * A cell is a device like any other to the floors above; its arrays have one array for each member
 * (tile/cell_array.c). */
#ifndef AIMCI_CELL_H
#define AIMCI_CELL_H

#include "device/model.h"

#define AIMCI_MAX_MEMBERS           8
#define AIMCI_MAX_DEVICES_OF_A_CELL 16 /* cells may be members of cells */

/* Which member takes the pulses of a vector update. The first four are the values of the field
 * update_policy; the last is that of one-sided pairs: member 0 takes what raises the weight, member
 * 1 what lowers it, so that each goes one way. A pulse lowers the weight of the cell by raising a
 * member of negative share. */
enum {
    AIMCI_POLICY_ALL,
    AIMCI_POLICY_SINGLE_FIXED,
    AIMCI_POLICY_SINGLE_SEQUENTIAL,
    AIMCI_POLICY_SINGLE_RANDOM,
    AIMCI_POLICY_ONE_SIDED
};

typedef struct aimci_cell {
    size_t n_members, n_devices;
    aimc_device *members[AIMCI_MAX_MEMBERS];
    double share[AIMCI_MAX_MEMBERS];
    int policy;
    size_t first;         /* the member of SINGLE_FIXED; SINGLE_SEQUENTIAL begins after it */
    bool compensate;      /* granularity is that of the whole cell, not of a member */
    uint32_t shift_pairs; /* zero shifting of fresh cells: pairs of pulses; 0: none */
    /* refresh of one-sided pairs; refresh_every 0: never */
    int64_t refresh_every;
    bool refresh_in_mbatch;
    float refresh_upper, refresh_lower;
} aimci_cell;

/* Appends a member made from a configuration. */
aimc_status aimci_cell_add(aimc_context *ctx, aimci_cell *cell, const aimc_config *device,
                           double share);
void aimci_cell_destroy(aimc_context *ctx, aimci_cell *cell);

/* Where a member has to be for the cell to show w. others: what the members that rest add to the
 * weight, for SINGLE_FIXED alone. */
float aimci_cell_target(const aimci_cell *cell, size_t member, float w, float others);

/* Scalars of the mean cell. */
void aimci_cell_info(const aimci_cell *cell, aimc_device_info *info);
double aimci_cell_mean_step(const aimci_cell *cell, double w, bool up);

/* Mean step of any device. */
double aimci_device_mean_step(const aimc_device *device, double w, bool up);

#endif
