/* SPDX-License-Identifier: MIT */
/* The layers of a network: shapes, parameters, matrices and the tiles that they fill. */
#ifndef AIMC_TOOLS_LAYERS_H
#define AIMC_TOOLS_LAYERS_H

#include <aimc/aimc.h>

#include "json.h"

struct layer_row {
    aimc_layer_info info;
    char in[96], out[96]; /* "3 x 32 x 32" */
    size_t first_matrix;  /* matrices first_matrix ... first_matrix + info.n_matrices - 1 */
    size_t n_out, n_in;   /* of the first matrix; 0 without one */
    char shapes[64];      /* of all matrices: "60 x 8, 60 x 15", "16 of 1 x 9" */
    uint64_t vectors;     /* that a matrix takes for a sample; where they differ, the mean of all
                           * weights */
    double utilisation;   /* devices in use of the tiles' room; NOT_GIVEN: not on tiles */
};

struct layers {
    size_t n;
    struct layer_row *rows; /* owned */
};

/* EXIT_GO_ON, or the exit code after a sentence. */
int layers_make(aimc_network *net, struct layers *layers);
void layers_free(struct layers *layers);

void layers_put_row(struct json *json, const struct layer_row *row); /* within an object */

#endif
