/* SPDX-License-Identifier: MIT */
/* Range and steps of a converter, from the fields that describe it everywhere: bound and res. */
#ifndef AIMCI_CONVERTER_H
#define AIMCI_CONVERTER_H

/* Step: res 2 bound, where res > 1 counts steps; 0 without steps (res <= 0 or no bound). */
float aimci_converter_step_of(double res, double bound);

/* Full scale; infinity when bound <= 0. */
float aimci_converter_bound_of(double bound);

#endif
