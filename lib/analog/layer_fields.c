/* SPDX-License-Identifier: MIT */
/* What a matrix lies on: "layer", a tile and what trains it, or "digital". */
#include "analog/matrix.h"

static const aimci_field fields[] = {
    AIMCI_TILE_FIELDS,
    AIMCI_CHILD("device", AIMCI_TILE_CHILDREN, "device", "constant_step", "model of every device",
                AIMCI_MAPPING_SOURCE),
    AIMCI_CHILD("optimizer", AIMCI_TILE_CHILDREN + 1, "optimizer", "sgd", "training algorithm",
                AIMCI_MAPPING_SOURCE),
    AIMCI_CHILD("hwa", AIMCI_TILE_CHILDREN + 2, "hwa", "hwa", "hardware-aware training",
                AIMCI_MAPPING_SOURCE),
    AIMCI_FLAG(
        aimci_layer_params, analog_bias, 0,
        "the bias of a layer of a network lies on devices, too: a last word line whose input "
        "is 1; false: it is digital",
        AIMCI_MAPPING_SOURCE),
};

AIMCI_DEFINE_KIND(layer, "layer",
                  "everything of an analog layer: device, read-out, mapping, training algorithm",
                  AIMCI_MAPPING_SOURCE, fields, aimci_layer_params,
                  .n_children = AIMCI_TILE_CHILDREN + 3, .extends = &aimci_kind_tile);

const aimci_kind aimci_kind_digital = {.name = "digital",
                                       .category = "layer",
                                       .doc = "a matrix in floating point, exact",
                                       .source = "floating point",
                                       .size = 1};
