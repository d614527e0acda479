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

/* Could these targets be programmed? */
aimc_status aimci_population_check(const aimc_population *cells, const float *g_target);
/* As the public calls, arguments unchecked. */
void aimci_population_program(aimc_population *cells);
void aimci_population_read(aimc_population *cells, double t, float *g);

/* Devices are taken in chunks; those from first on, as many as are taken at once. */
size_t aimci_population_chunks(const aimc_population *cells);
aimci_devices aimci_population_at(const aimc_population *cells, size_t first);

/* Read so many at time t: the same number finds the same. */
typedef struct aimci_read {
    const aimc_population *cells;
    double t, thermal; /* variance of thermal noise over the conductance */
    aimci_key key, key_thermal;
} aimci_read;

aimci_read aimci_population_begin_read(const aimc_population *cells, uint64_t number, double t);
/* Of a chunk: what this read finds, and mean and standard deviation of all reads at that time, or
 * what this read finds and 0 where later ones find the same. g or both others may be NULL. */
void aimci_read_chunk(const aimci_read *read, size_t chunk, float *g, float *mean, float *sigma);

aimc_status aimci_population_put(const aimc_population *cells, aimci_st_writer *writer,
                                 const char *prefix);
aimc_status aimci_population_restore(aimc_population *cells, const aimci_st_reader *reader,
                                     const char *prefix);

#endif
