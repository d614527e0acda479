/* SPDX-License-Identifier: MIT */
/* All kinds of configuration and what serves them, of lib/kinds.def. The one place that knows every
 * floor. */
#include "core/names.h"
#include "device/model.h"
#include "inference/encoding.h"
#include "io/file.h"
#include "network/graph.h"
#include "optimizer/algorithm.h"

const aimci_registration aimci_registry[] = {
#define AIMCI_KIND(name)        {&aimci_kind_##name, NULL},
#define AIMCI_DEVICE(name)      {&aimci_kind_##name, &aimci_device_ops_##name},
#define AIMCI_ALGORITHM(name)   {&aimci_kind_##name, &aimci_algorithm_ops_##name},
#define AIMCI_NOISE_MODEL(name) {&aimci_kind_##name, &aimci_noise_ops_##name},
#define AIMCI_ENCODING(name)    {&aimci_kind_##name, &aimci_encoding_ops_##name},
#define AIMCI_OP(name)          {&aimci_kind_##name, &aimci_node_ops_##name},
#define AIMCI_LOSS(name)        {&aimci_kind_##name, &aimci_loss_ops_##name},
#define AIMCI_DIGITAL(name)     {&aimci_kind_##name, &aimci_digital_ops_##name},
#define AIMCI_SCHEDULE(name)    {&aimci_kind_##name, &aimci_schedule_ops_##name},
#include "kinds.def"
};
const aimci_read_text_fn aimci_read_text = aimci_file_read_text;

const size_t aimci_n_registered = sizeof aimci_registry / sizeof aimci_registry[0];
