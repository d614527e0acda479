/* SPDX-License-Identifier: MIT */
#ifndef AIMCI_LIFE_H
#define AIMCI_LIFE_H

#include <aimc/inference.h>

/* Sum of two reports: counts added, errors and gains averaged over weights. */
void aimci_report_add(aimc_inference_report *sum, const aimc_inference_report *report);

#endif
