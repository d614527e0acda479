/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tile/counters.h"

typedef struct counter {
    const char *name;
    size_t offset;
} counter;

#define COUNTER(field)                                                                             \
    {                                                                                              \
#field, offsetof(aimc_counters, field)                                                     \
    }

/* In the order in which files hold them: new ones go to the end. */
static const counter counters_of_a_tile[] = {
    COUNTER(pulses_up),
    COUNTER(pulses_down),
    COUNTER(updates),
    COUNTER(pulse_slots),
    COUNTER(forward_vectors),
    COUNTER(forward_passes),
    COUNTER(backward_vectors),
    COUNTER(backward_passes),
    COUNTER(dac_conversions),
    COUNTER(adc_conversions),
    COUNTER(clipped_outputs),
    COUNTER(weight_writes),
    COUNTER(accumulations),
    COUNTER(gradient_macs),
    COUNTER(program_pulses),
    COUNTER(verify_reads),
    COUNTER(activity_reads),
    COUNTER(input_activity),
    COUNTER(input_activity_squared),
    COUNTER(conductance_activity),
    COUNTER(conductance_activity_squared),
    COUNTER(activity_inputs),
};
enum { N_COUNTERS = sizeof counters_of_a_tile / sizeof counters_of_a_tile[0] };

static uint64_t *at(aimc_counters *counters, size_t k)
{
    return (uint64_t *)(void *)((char *)counters + counters_of_a_tile[k].offset);
}

static uint64_t value_of(const aimc_counters *counters, size_t k)
{
    return *(const uint64_t *)(const void *)((const char *)counters + counters_of_a_tile[k].offset);
}

void aimci_counters_add(aimc_counters *sum, const aimc_counters *other)
{
    for (size_t k = 0; k < N_COUNTERS; k++)
        *at(sum, k) += value_of(other, k);
    sum->devices += other->devices;
}

void aimci_counters_add_activity(aimc_counters *sum, const aimci_readout_counts *counts)
{
    sum->activity_reads += counts->activity.reads;
    sum->input_activity += counts->activity.cells;
    sum->input_activity_squared += counts->activity.cells_squared;
    sum->conductance_activity += counts->activity.weight;
    sum->conductance_activity_squared += counts->activity.weight_squared;
    sum->activity_inputs += counts->activity.inputs;
}

/* ---- file ----------------------------------------------------------------------------------- */

aimc_status aimci_counters_put(const aimc_counters *counters, uint64_t seed,
                               aimci_st_writer *writer, const char *prefix)
{
    char name[160], names[N_COUNTERS * 24];
    uint64_t values[N_COUNTERS + 1] = {seed};
    aimci_text text = {names, sizeof names, 0};
    for (size_t k = 0; k < N_COUNTERS; k++) {
        values[k + 1] = value_of(counters, k);
        aimci_text_printf(&text, "%s%s", k ? " " : "", counters_of_a_tile[k].name);
    }
    snprintf(name, sizeof name, "%scounters", prefix);
    const aimc_status st = aimci_st_put_text(writer, name, names);
    return st ? st
              : aimci_st_put(writer, name, AIMCI_U64, 0, N_COUNTERS + 1, N_COUNTERS + 1, values);
}

static size_t find(const char *name, size_t length)
{
    size_t k = 0;
    while (k < N_COUNTERS && (strlen(counters_of_a_tile[k].name) != length ||
                              memcmp(counters_of_a_tile[k].name, name, length) != 0))
        k++;
    return k;
}

/* Which counter each value of the file is; returns how many there are, 0 when it cannot be told. */
static size_t parse_names(const char *names, size_t which[N_COUNTERS])
{
    size_t n = 0;
    for (const char *at_name = names; *at_name;) {
        const size_t length = strcspn(at_name, " ");
        const size_t k = find(at_name, length);
        if (n == N_COUNTERS || k == N_COUNTERS)
            return 0;
        which[n++] = k;
        at_name += length + (at_name[length] == ' ');
    }
    return n;
}

aimc_status aimci_counters_restore(aimc_counters *counters, uint64_t *seed,
                                   const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    size_t which[N_COUNTERS];
    uint64_t values[N_COUNTERS + 1];
    snprintf(name, sizeof name, "%scounters", prefix);
    const char *names = aimci_st_text(reader, name);
    const size_t n = names ? parse_names(names, which) : 0;
    if (n == 0)
        return aimci_fail(AIMC_ERR_FORMAT, "metadata '%s' is missing or names unknown counters",
                          name);
    const aimc_status st = aimci_st_get_counts(reader, name, n + 1, 1, values);
    if (st)
        return st;
    *seed = values[0];
    for (size_t k = 0; k < n; k++)
        *at(counters, which[k]) = values[k + 1];
    return AIMC_OK;
}
