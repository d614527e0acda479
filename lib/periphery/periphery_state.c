/* SPDX-License-Identifier: MIT */
/* What a read-out keeps: fixed errors, the running average, the position of its streams. */
#include <stdio.h>

#include "periphery/periphery.h"

enum { MAX_NAME = 160 };

static const char *named(char name[MAX_NAME], const char *prefix, const char *what)
{
    snprintf(name, MAX_NAME, "%s%s", prefix, what);
    return name;
}

aimc_status aimci_periphery_put(const aimci_periphery *p, aimci_st_writer *writer,
                                const char *prefix)
{
    char name[MAX_NAME];
    const uint64_t streams[2] = {p->seed, p->n_vectors};
    aimc_status st =
        aimci_st_put(writer, named(name, prefix, "streams"), AIMCI_U64, 0, 2, 2, streams);
    if (!st)
        st = aimci_st_put(writer, named(name, prefix, "average"), AIMCI_F32, 0, 1, 1, &p->average);
    aimci_fixed list[AIMCI_N_FIXED];
    const size_t n = aimci_periphery_fixed(p, list);
    for (size_t k = 0; k < n && !st; k++)
        st = aimci_st_put(writer, named(name, prefix, list[k].name), AIMCI_F32, list[k].rows,
                          list[k].cols, list[k].ld, list[k].data);
    return st;
}

aimc_status aimci_periphery_restore(aimci_periphery *p, const aimci_st_reader *reader,
                                    const char *prefix)
{
    char name[MAX_NAME];
    uint64_t streams[2];
    float average;
    aimc_status st =
        aimci_st_get(reader, named(name, prefix, "streams"), AIMCI_U64, 0, 2, 2, streams);
    if (!st)
        st = aimci_st_get(reader, named(name, prefix, "average"), AIMCI_F32, 0, 1, 1, &average);
    aimci_fixed list[AIMCI_N_FIXED];
    const size_t n = aimci_periphery_fixed(p, list);
    for (size_t k = 0; k < n && !st; k++)
        st = aimci_st_get(reader, named(name, prefix, list[k].name), AIMCI_F32, list[k].rows,
                          list[k].cols, list[k].ld, list[k].data);
    if (st)
        return st;
    p->seed = streams[0];
    p->n_vectors = streams[1];
    p->average = average;
    aimci_periphery_draw_converters(p); /* their errors are not in the file: they follow the seed */
    aimci_periphery_changed(p);
    return AIMC_OK;
}
