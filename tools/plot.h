/* SPDX-License-Identifier: MIT */
/* Simple line plots as SVG files. */
#ifndef AIMC_TOOLS_PLOT_H
#define AIMC_TOOLS_PLOT_H

#include <stdbool.h>
#include <stddef.h>

/* y over x of n points; x NULL: 0, 1, 2 ... Points that are not finite leave a gap. */
struct plot_series {
    const char *label;
    const double *x, *y;
    size_t n;
    bool dots; /* instead of a line */
};

struct plot {
    const char *title, *x_label, *y_label;
    const struct plot_series *series;
    size_t n_series;
};

/* Plots are SVG: a name that promises something else is refused. NULL: no plot. EXIT_GO_ON, or the
 * exit code after a sentence. */
int plot_check_name(const char *path);

/* EXIT_GO_ON, or a failure that was reported. */
int plot_write(const char *path, const struct plot *plot);

#endif
