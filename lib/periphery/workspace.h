/* SPDX-License-Identifier: MIT */
/* Memory that reads work in: scratch for every slot of the executor that may run at once. */
#ifndef AIMCI_WORKSPACE_H
#define AIMCI_WORKSPACE_H

#include "periphery/activity.h"

struct aimci_periphery;

/* Of networks of cells and wires; NULL where cells are not looked at. */
typedef struct aimci_network_space {
    double *g, *t;   /* one column set: conductances; what an output takes per input */
    double *scratch; /* of the matrix, or of all slots' solves */
    size_t slot_size;
} aimci_network_space;

typedef struct aimci_workspace {
    size_t n_slots;
    float *scratch; /* n_slots blocks of slot_floats */
    size_t slot_floats, gemm_floats;
    aimci_readout_counts *counts; /* one for each slot */
    bool noisy;                   /* scratch has room for the noise of devices */
    aimci_network_space network;
} aimci_workspace;

aimc_status aimci_workspace_create(struct aimci_periphery *periphery);
/* Room for the noise of programmed devices, with the first read that needs it. */
aimc_status aimci_workspace_for_noise(struct aimci_periphery *periphery);
void aimci_workspace_destroy(struct aimci_periphery *periphery);

/* Scratch of one slot: blocks of AIMCI_READOUT_BATCH vectors; those that a setting does not need
 * are NULL. */
typedef struct aimci_read_scratch {
    float *z, *cycle, *derived; /* stride ld_in */
    float *out, *cycle_out;     /* stride ld_out */
    float *load, *dropped, *power;
    float *gemm;
    size_t slot;
} aimci_read_scratch;

/* The blocks of a slot. */
aimci_read_scratch aimci_workspace_slot(const struct aimci_periphery *periphery, size_t slot);

#endif
