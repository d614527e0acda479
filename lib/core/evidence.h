/* SPDX-License-Identifier: MIT */
/* Where the value of a number is from and how far it may be off: {"value": 2e-3, "low": 1.8e-3,
 * "high": 2.2e-3, "basis": "published", "source": "..."} in the place of the number. */
#ifndef AIMCI_EVIDENCE_H
#define AIMCI_EVIDENCE_H

#include <jansson.h>

#include "core/config.h"

struct aimci_evidence {
    double low, high;
    aimc_basis basis;
    char source[240];
};

/* The value and the evidence of an object; path is what the caller wrote, for the sentence. */
aimc_status aimci_evidence_read(const json_t *object, const char *path, double *value,
                                aimci_evidence *evidence);
void aimci_evidence_emit(double value, const aimci_evidence *evidence, aimci_text *text);

/* Keep it with the field; NULL: there is none. */
aimc_status aimci_evidence_put(aimc_config *cfg, const aimci_field *field,
                               const aimci_evidence *evidence);
const aimci_evidence *aimci_evidence_of(const aimc_config *cfg, const aimci_field *field);

aimc_status aimci_evidence_copy(const aimc_config *from, aimc_config *to);
void aimci_evidence_destroy(aimc_config *cfg);

#endif
