/* SPDX-License-Identifier: MIT */
/* All kinds of configuration and what serves them, of lib/kinds.def. The one place that knows every
 * floor. */
#include "device/model.h"
#include "inference/encoding.h"
#include "optimizer/algorithm.h"

const aimci_kind aimci_kinds[] = {
#define AIMCI_KIND(name)        {&aimci_family_##name, NULL},
#define AIMCI_DEVICE(name)      {&aimci_family_##name, &aimci_model_##name},
#define AIMCI_ALGORITHM(name)   {&aimci_family_##name, &aimci_algorithm_##name},
#define AIMCI_NOISE_MODEL(name) {&aimci_family_##name, &aimci_noise_##name},
#define AIMCI_ENCODING(name)    {&aimci_family_##name, &aimci_encoding_##name},
#include "kinds.def"
};
const size_t aimci_n_kinds = sizeof aimci_kinds / sizeof aimci_kinds[0];
