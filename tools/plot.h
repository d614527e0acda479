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

/* EXIT_GO_ON, or a failure that was reported. */
int plot_write(const char *path, const struct plot *plot);

#endif
