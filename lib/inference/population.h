/* SPDX-License-Identifier: MIT */
/* A population of programmed devices, for the files of this folder. */
#ifndef AIMCI_POPULATION_H
#define AIMCI_POPULATION_H

#include "inference/noise.h"
#include "io/safetensors.h"

struct aimc_population {
    aimc_context *ctx;
    aimc_noise_model *model;
    size_t n;
    uint64_t seed;
    uint64_t n_programs, n_reads; /* so far: they select the streams of the next */
    float *block;
    float *target, *programmed, *state;
    float *stuck; /* conductance of a faulty device, -1 of a sound one; NULL: all are sound */
};

/* As the public calls, arguments unchecked. */
void aimci_population_program(aimc_population *cells);
void aimci_population_read(aimc_population *cells, double t, float *g);
/* Devices from first on, as many as are taken at once. */
aimci_devices aimci_population_at(const aimc_population *cells, size_t first);
/* What the last read found, at the same time. */
void aimci_population_read_again(const aimc_population *cells, double t, float *g);

aimc_status aimci_population_put(const aimc_population *cells, aimci_st_writer *writer,
                                 const char *prefix);
aimc_status aimci_population_restore(aimc_population *cells, const aimci_st_reader *reader,
                                     const char *prefix);

#endif
