/* SPDX-License-Identifier: MIT */
/* The columns of a crossbar that are converted together: one bit slice, or one sign of it, and what
 * is derived from the weights for it. */
#ifndef AIMCI_COLUMN_SETS_H
#define AIMCI_COLUMN_SETS_H

#include "periphery/nodal.h"

struct aimci_periphery;
struct aimci_read_array;

/* Matrices are laid out like w; NULL: not needed. */
typedef struct aimci_column_set {
    size_t slice;
    bool positive, negative;        /* which cells of a pair it holds; both: their difference */
    float *w;                       /* NULL: the array's own weights */
    float *magnitude;               /* |w| */
    float *minus, *minus_magnitude; /* what inputs of the negative sign see */
    float *row_sums[2];             /* [n_out] sums of magnitudes, of both */
    float *reference;               /* [n_in] the reference column */
    float *bias;                    /* [n_out] current without inputs */
    double *conductances[2]; /* where vectors are solved: of both networks, or of the joint one */
} aimci_column_set;

typedef struct aimci_column_sets {
    aimci_column_set *list;
    size_t n;
    aimci_nodal network; /* of one set, where cells are looked at */
    uint64_t version;    /* of the weights that all is derived from; 0: nothing there */
    bool programmed;     /* the weights are those of programmed devices */
    /* Of linear cells: the matrix of a network costs as many solves as it has lines on its smaller
     * side, so that the first vectors after a change of the weights are solved one by one. */
    bool by_vector;         /* the present call does */
    uint64_t cells_version; /* of the weights that the conductances are derived from; 0: none */
    uint64_t n_solved;      /* vectors of the weights of solved_version; saved */
    uint64_t solved_version;
} aimci_column_sets;

/* Which there are, their memory, how many vectors were solved for these weights, and bringing all
 * up to date with the weights for a read of n vectors. */
aimc_status aimci_column_sets_create(struct aimci_periphery *periphery);
void aimci_column_sets_destroy(struct aimci_periphery *periphery);
uint64_t aimci_column_sets_solved(const struct aimci_periphery *periphery, uint64_t version);
aimc_status aimci_column_sets_refresh(struct aimci_periphery *periphery,
                                      const struct aimci_read_array *array, size_t n);

#endif
