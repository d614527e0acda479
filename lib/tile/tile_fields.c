/* SPDX-License-Identifier: MIT */
/* The kinds of configuration "tile" and "mapping". */
#include "tile/tile.h"

static const aimci_field mapping_fields[] = {
    AIMCI_INTEGER(aimci_mapping_params, max_input_size, 512, 0, AIMCI_TILE_MAX_SIDE, "devices",
                  "largest number of inputs of one tile; 0: no limit", AIMCI_MAPPING_SOURCE),
    AIMCI_INTEGER(aimci_mapping_params, max_output_size, 512, 0, AIMCI_TILE_MAX_SIDE, "devices",
                  "largest number of outputs of one tile; 0: no limit", AIMCI_MAPPING_SOURCE),
    AIMCI_NUMBER(aimci_mapping_params, weight_scaling_omega, 0, 0, 1e30, "weight",
                 "stretch weights so that the largest magnitude is this, undone digitally; 0: off",
                 AIMCI_MAPPING_SOURCE),
    AIMCI_FLAG(aimci_mapping_params, weight_scaling_columnwise, 0,
               "one scale for each output instead of one for each tile", AIMCI_MAPPING_SOURCE),
};

AIMCI_DEFINE_KIND(mapping, "mapping", "how a logical matrix lies on tiles", AIMCI_MAPPING_SOURCE,
                  mapping_fields, aimci_mapping_params, .n_children = 0);

static const aimci_field tile_fields[] = {AIMCI_TILE_FIELDS};

AIMCI_DEFINE_KIND(tile, "tile", "read-out and mapping of a tile or grid", AIMCI_MAPPING_SOURCE,
                  tile_fields, aimci_tile_params, .n_children = AIMCI_TILE_CHILDREN);
