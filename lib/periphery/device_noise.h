/* SPDX-License-Identifier: MIT */
/* Read noise of programmed devices: new with every read of the array. */
#ifndef AIMCI_DEVICE_NOISE_H
#define AIMCI_DEVICE_NOISE_H

#include <stddef.h>

#include "core/random.h"

/* Variances of the weights, stored like them, in weight^2; variance NULL: there is no noise. */
typedef struct aimci_device_noise {
    const float *variance;
    const float *common; /* [n_cols]: of a device that all rows share; NULL: none */
    const float *half;   /* [n_rows]: how far that device moves each of them */
} aimci_device_noise;

struct aimci_periphery;
struct aimci_read_array;
struct aimci_read_scratch;

/* Variance of what the column set reads, over that of the weights: its own gain is undone, and both
 * columns of a pair that are read apart have a half. 0: none. */
double aimci_device_noise_share(const struct aimci_periphery *periphery, size_t column_set);

/* Adds it, as far as cells do not draw it themselves, to the n products y of column set k for
 * prepared inputs z. keys[k]: the stream of vector k. */
void aimci_device_noise_add(const struct aimci_periphery *periphery,
                            const struct aimci_read_array *array, size_t column_set, size_t n,
                            const float *z, float *y, const struct aimci_read_scratch *scratch,
                            const aimci_key *keys);

#endif
