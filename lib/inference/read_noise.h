/* SPDX-License-Identifier: MIT */
/* What a read of programmed devices finds, in two parts: weights that stay until the devices drift
 * on, and the noise that every read draws anew. */
#ifndef AIMCI_READ_NOISE_H
#define AIMCI_READ_NOISE_H

#include "inference/programmed.h"

/* After the devices were read at p->t (p->read, p->g): p->seen, p->noise. */
void aimci_programmed_split_noise(aimci_programmed *p);

#endif
