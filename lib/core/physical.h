/* SPDX-License-Identifier: MIT */
/* Constants of nature, exact in the SI of 2019, and what follows from them alone. */
#ifndef AIMCI_PHYSICAL_H
#define AIMCI_PHYSICAL_H

#include "core/elementary.h"

#define AIMCI_BOLTZMANN 1.380649e-23    /* J/K */
#define AIMCI_CHARGE    1.602176634e-19 /* C; J/eV */

/* Arrhenius: how many times as fast a process with this activation energy (eV) runs at temperature
 * as at reference (K); between exp(-230) and exp(230), 1e100. */
static inline double aimci_arrhenius(double energy, double temperature, double reference)
{
    const double exponent =
        energy * (AIMCI_CHARGE / AIMCI_BOLTZMANN) * (1 / reference - 1 / temperature);
    return aimci_exp(exponent < -230 ? -230 : (exponent > 230 ? 230 : exponent));
}

#endif
