/* SPDX-License-Identifier: MIT */
#include "inference/encoding.h"

/* All ways: a new one is one line in each list. */
extern const aimci_encoding aimci_encoding_single_pair, aimci_encoding_n_pair,
    aimci_encoding_two_sided, aimci_encoding_custom_pair, aimci_encoding_single_device,
    aimci_encoding_offset, aimci_encoding_fusion, aimci_encoding_bit_sliced;

const aimci_encoding *aimci_encoding_find(const aimci_family *family)
{
    static const aimci_encoding *const all[] = {
        &aimci_encoding_single_pair, &aimci_encoding_n_pair,        &aimci_encoding_two_sided,
        &aimci_encoding_custom_pair, &aimci_encoding_single_device, &aimci_encoding_offset,
        &aimci_encoding_fusion,      &aimci_encoding_bit_sliced,
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->family == family)
            return all[i];
    return NULL;
}
