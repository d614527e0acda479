/* SPDX-License-Identifier: MIT */
/* Arrays of unit cells, beyond what every array does. */
#ifndef AIMCI_CELL_ARRAY_H
#define AIMCI_CELL_ARRAY_H

#include "tile/array_ops.h"

/* w = sum_k share[k] w_k */
void aimci_cell_array_compose(aimci_array *array);

#endif
