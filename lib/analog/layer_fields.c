/* SPDX-License-Identifier: MIT */
/* The kind of configuration "layer": that of a tile, and what trains it. */
#include "analog/matrix.h"

static const aimci_field fields[] = {
    AIMCI_TILE_FIELDS,
    AIMCI_CHILD("device", AIMCI_TILE_CHILDREN, "device", "constant_step", "model of every device",
                AIMCI_MAPPING_SOURCE),
    AIMCI_CHILD("optimizer", AIMCI_TILE_CHILDREN + 1, "optimizer", "sgd", "training algorithm",
                AIMCI_MAPPING_SOURCE),
    AIMCI_CHILD("hwa", AIMCI_TILE_CHILDREN + 2, "hwa", "hwa", "hardware-aware training",
                AIMCI_MAPPING_SOURCE),
};

const aimci_kind aimci_kind_layer = {
    .name = "layer",
    .category = "layer",
    .doc = "everything of an analog layer: device, read-out, mapping, training algorithm",
    .source = AIMCI_MAPPING_SOURCE,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(aimci_tile_params),
    .n_children = AIMCI_TILE_CHILDREN + 3,
    .extends = &aimci_kind_tile,
};
