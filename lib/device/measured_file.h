/* SPDX-License-Identifier: MIT */
/* Rows of measured pulses on their way from a file (measured_file.c) into a configuration
 * (measured_nodes.c). */
#ifndef AIMCI_MEASURED_FILE_H
#define AIMCI_MEASURED_FILE_H

#include "device/measured_step.h"
#include "io/table.h"

#define AIMCI_READING_LEVELS 32

enum { AIMCI_SAMPLES, AIMCI_MOMENTS, AIMCI_QUANTILES };

/* A row: V, s, J; the state as it is in the file. */
typedef struct aimci_reading {
    double g, voltage, width, energy;
    size_t row;
    bool up;
} aimci_reading;

typedef struct aimci_readings {
    const aimc_table *table;
    /* columns; SIZE_MAX: there is none */
    size_t g, v, width, direction, energy, dg, mean, std, skew, quantile[AIMCI_READING_LEVELS];
    int form;       /* AIMCI_SAMPLES ... */
    double siemens; /* how many units of states make a siemens; 0: they have none */
    double change;  /* unit of changes, in units of states */
    size_t n_levels;
    double level[AIMCI_READING_LEVELS];
    size_t n;
    aimci_reading *reading;
} aimci_readings;

/* Fill a configuration of kind "measured_step" from a table. */
aimc_status aimci_measured_fill(aimc_config *cfg, const aimc_table *table);

/* The same from rows that were read; sorts them. */
aimc_status aimci_measured_tabulate(aimc_config *cfg, aimci_readings *r);

#endif
