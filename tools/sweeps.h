/* SPDX-License-Identifier: MIT */
/* Measured sweeps of devices from a file. */
#ifndef AIMC_TOOLS_SWEEPS_H
#define AIMC_TOOLS_SWEEPS_H

#include <stddef.h>

#include "table.h"

/* Columns in pairs: state after each up pulse, after each down pulse; a pair is a sweep. */
struct sweeps {
    float *w; /* [n_sweeps][2 n_pulses] */
    size_t n_sweeps, n_pulses;
};

/*
 * Read a table into sweeps that are all zero, with w = (state - offset) / scale: a row for each
 * pulse. Where the header says "down" before "up" for a pair, that is what they are. EXIT_GO_ON, or
 * the exit code after a sentence; to be freed in any case.
 */
int sweeps_read(struct sweeps *sweeps, const char *path, const struct table_options *options,
                double scale, double offset);
void sweeps_free(struct sweeps *sweeps);

#endif
