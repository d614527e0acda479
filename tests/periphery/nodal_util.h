/* SPDX-License-Identifier: MIT */
/* Networks of wires from plain matrices. */
#ifndef AIMCT_NODAL_UTIL_H
#define AIMCT_NODAL_UTIL_H

#include "periphery/nodal.h"
#include "test_util.h"

/* Conductances g[i][j] of sensed line i and driven line j, and voltages, into the solver's
 * layout. */
static inline void aimct_solve(const aimci_nodal *n, const double *g, const double *v,
                               double *current)
{
    double *cells = calloc(n->n_sense * n->ld, sizeof *cells);
    double *scratch = calloc(aimci_nodal_scratch(n), sizeof *scratch);
    for (size_t i = 0; i < n->n_sense; i++)
        memcpy(cells + i * n->ld, g + i * n->n_drive, n->n_drive * sizeof *g);
    ck_assert(aimci_nodal_solve(n, cells, v, current, scratch));
    free(cells);
    free(scratch);
}

static inline aimci_nodal aimct_network(size_t n_drive, size_t n_sense, double r_drive,
                                        double r_sense)
{
    return (aimci_nodal){.n_drive = n_drive,
                         .n_sense = n_sense,
                         .ld = aimci_nodal_ld(n_drive),
                         .r_drive = r_drive,
                         .r_sense = r_sense,
                         .r_driver = r_drive,
                         .r_sensor = r_sense};
}

#endif
