/* SPDX-License-Identifier: MIT */
/* A chip: what events cost (technology.h) and how many there are of what, as plain values. */
#ifndef AIMCI_CHIP_H
#define AIMCI_CHIP_H

#include "energy/technology.h"

enum { AIMCI_DRIVE_LINE, AIMCI_DRIVE_GATE };

/* Values of the kind "chip". */
typedef struct aimci_chip_params {
    double v_word_line, core_buffer_kb, global_buffer_kb, router_hops, whitespace, stated_vdd;
    int64_t rows, cols, columns_per_adc, arrays_per_core, value_bits, output_bits;
    int64_t accumulator_bits;
    int32_t drive;
    bool overlap;
} aimci_chip_params;

/* Values of the kind "component"; AIMCI_BY_MODEL where the model says. */
#define AIMCI_BY_MODEL (-1.0)
typedef struct aimci_component {
    double energy, area_um2, leakage_w;
} aimci_component;

enum {
#define AIMCI_COMPONENT(name, part, instances, unit, doc) AIMCI_COMPONENT_##name,
#include "energy/components.def"
    AIMCI_COMPONENTS
};

typedef struct aimci_chip {
    aimci_technology t;
    aimci_chip_params c;
    aimci_component parts[AIMCI_COMPONENTS];
} aimci_chip;

/* Digital energy at this node and supply against 45 nm and 1 V. */
static inline double aimci_chip_scale(const aimci_chip *v)
{
    return v->t.node_nm / 45 * v->t.vdd * v->t.vdd;
}

/* A number of a chip that may lie between two others. */
typedef struct aimci_doubt {
    char name[64];
    size_t offset; /* of a double in aimci_chip */
    double low, high;
    aimc_basis basis;
} aimci_doubt;

struct aimc_cost_model {
    aimc_context *ctx;
    aimc_config *config; /* of kind chip */
    aimci_chip chip;
    size_t n_assumed;
    const char **assumed; /* owned; names of fields and sentences */
    char outside[AIMCI_MAX_FITTED][240];
    size_t n_doubts;
    aimci_doubt *doubts; /* owned */
};

/* Has the caller set this field of the technology? */
bool aimci_cost_model_was_set(const aimc_cost_model *model, const char *field);

/* ---- pricing (price.c) ---------------------------------------------------------------------- */

typedef struct aimci_price {
    double count, unit_j, energy_j, time_s, area_m2, leakage_w, instances;
} aimci_price;

typedef struct aimci_bill {
    aimci_price each[AIMCI_COMPONENTS];
    double energy_j, time_s, area_m2;
} aimci_bill;

/* nominal: the chip that the events were counted with; may be chip itself. */
void aimci_price_events(const aimci_chip *chip, const aimci_chip *nominal,
                        const aimc_cost_events *events, aimci_bill *bill);

extern const char *const aimci_component_names[AIMCI_COMPONENTS];

/* Events of a caller of any version; each is a finite number, at least 0. */
aimc_status aimci_take_events(const char *caller, const aimc_cost_events *events,
                              aimc_cost_events *ours);

#endif
