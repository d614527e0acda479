/* SPDX-License-Identifier: MIT */
/* Which cell parameters there are, and which a device needs: memory, names, files and copies of the
 * state on another processor all walk over this table. */
#ifndef AIMCI_CELL_PARAMETERS_H
#define AIMCI_CELL_PARAMETERS_H

#include <stdbool.h>

#include "device/word_line.h"

struct aimc_device;

/* One kind of cell parameter. */
typedef struct aimci_cell_parameter {
    int32_t number;   /* AIMCI_CELL_W ... */
    const char *name; /* of aimc_tile_get_parameter(), and of the tensor in files; NULL: that of the
                         model (own_parameters) */
    const char *unit; /* NULL: the model's affair */
    bool (*needed)(const struct aimc_device *device, int32_t number);
} aimci_cell_parameter;

/* All of them but the apparent weight, which every array has, in the order of
 * aimc_tile_parameter_name() and of files. */
enum { AIMCI_N_NAMED_PARAMETERS = AIMCI_N_CELL_PARAMETERS - 1 };
extern const aimci_cell_parameter aimci_cell_parameters[AIMCI_N_NAMED_PARAMETERS];

/* The public name on devices of this model. */
const char *aimci_cell_parameter_name(const aimci_cell_parameter *parameter,
                                      const struct aimc_device *device);

#endif
