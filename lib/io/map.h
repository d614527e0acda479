/* SPDX-License-Identifier: MIT */
/* Files mapped into memory: what is looked at is read, and may be let go again. */
#ifndef AIMCI_MAP_H
#define AIMCI_MAP_H

#include "core/core.h"

typedef struct aimci_map {
    unsigned char *bytes; /* only read */
    size_t size;
} aimci_map;

/* A regular file. AIMC_ERR_IO, with what the system said. */
aimc_status aimci_map_file(const char *path, aimci_map *out);
void aimci_unmap_file(aimci_map *map);

/* What was read of it leaves the memory, and is read again when it is looked at again. */
void aimci_map_let_go(const aimci_map *map);

#endif
