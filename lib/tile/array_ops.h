/* SPDX-License-Identifier: MIT */
/* Arrays of single devices (single_array.c) and of unit cells (cell_array.c): what is different
 * between them. */
#ifndef AIMCI_ARRAY_OPS_H
#define AIMCI_ARRAY_OPS_H

#include "tile/array.h"

/* What happens to an array besides pulses. */
typedef struct aimci_relax_event {
    int way;       /* AIMCI_RELAX_DECAY ... */
    double amount; /* of it (device/model.h); drift: time */
    size_t first_in, n_in;
} aimci_relax_event;

struct aimci_array_ops {
    /* fresh devices into an array that has its memory; what create has made, destroy frees, however
     * far it came */
    aimc_status (*create)(aimci_array *array, const char *caller);
    void (*destroy)(aimci_array *array);
    /* parameters by name; NULL: only counts */
    size_t (*name)(const aimci_array *array, aimci_named_parameter *parameters);
    void (*commit)(aimci_array *array, aimci_commit how);
    void (*clip)(aimci_array *array);
    void (*relax)(aimci_array *array, const aimci_relax_event *event);
    bool (*disturb)(aimci_array *array, uint64_t n); /* aimci_array_disturb() */
    void (*pulse)(const aimci_array *array, const aimci_word_line *line, size_t j,
                  const int32_t *count, const aimci_pulse_key *key);
    bool (*merges)(const aimci_array *array);
    void (*count)(const aimci_array *array, uint64_t up, uint64_t down, aimc_counters *counters);
};

extern const aimci_array_ops aimci_single_array, aimci_cell_array;

#endif
