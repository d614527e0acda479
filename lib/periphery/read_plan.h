/* SPDX-License-Identifier: MIT */
/* What follows from the parameters of a read-out, once: which reads of the array a product takes,
 * which of their currents are converted together, and what each stage does. */
#ifndef AIMCI_READ_PLAN_H
#define AIMCI_READ_PLAN_H

#include "kernels/read_chain.h"
#include "periphery/nonideal_converter.h"

struct aimci_periphery;

/* One read of the array within a product. */
typedef struct aimci_read_cycle {
    bool derived; /* from the prepared input by op; else the prepared input itself */
    bool minus;   /* with the weights that inputs of the negative sign see */
    aimci_part op;
    float gain;        /* of its current in the sum of the group */
    size_t column_set; /* the columns that it reads */
} aimci_read_cycle;

/* Cycles whose currents are accumulated before one conversion; the codes of groups are added up. */
typedef struct aimci_accumulation_group {
    size_t first, n; /* cycles */
    float gain;
} aimci_accumulation_group;

typedef struct aimci_read_plan {
    bool iterate;      /* bound management repeats */
    bool shift;        /* bound management shifts */
    bool has_drop;     /* the wires' voltage drop is on */
    bool has_stage;    /* the array adds something to the plain product */
    bool compresses;   /* the output stage does */
    bool digits;       /* of the input's code are driven, one after the other */
    bool is_nonlinear; /* cells have a nonlinear I-V: every vector is a solve of its own */
    bool draws_cells;  /* so it is with noise of its own in every cell */
    bool may_solve;    /* vectors may be solved where they are too few for the whole matrix */
    int cell_noise;    /* AIMCI_WN_* */
    aimci_dac dac;
    aimci_adc adc;
    aimci_nonideal_converter *nonideal_dac, *nonideal_adc; /* NULL: ideal, the kernels do it */
    float kappa, nonlinearity;                             /* gain and mean n of the compression */
    aimci_current current;                                 /* what does not depend on the vector */
    double full_drive; /* of a line: the largest input, or the largest digit */
    float *profile;    /* [n_in] distance factors of the voltage drop */
    size_t n_cycles, n_groups;
    aimci_read_cycle *cycles;
    aimci_accumulation_group *groups;
    size_t conversions_per_input; /* by the DACs, within a product */
} aimci_read_plan;

/* Stages, from the parameters and the fixed errors. */
aimc_status aimci_read_plan_stages(struct aimci_periphery *periphery);

/* Cycles and groups, from the parameters and the column sets. */
aimc_status aimci_read_plan_cycles(struct aimci_periphery *periphery);

/* Gain of the compression, from the coefficients. */
void aimci_read_plan_recompress(struct aimci_periphery *periphery);

void aimci_read_plan_destroy(struct aimci_periphery *periphery);

#endif
