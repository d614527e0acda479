/* SPDX-License-Identifier: MIT */
/* What a read-out keeps: fixed errors, the running average, the position of its streams. */
#include <stdio.h>
#include <string.h>

#include "periphery/periphery.h"

/* ---- fixed errors --------------------------------------------------------------------------- */

size_t aimci_periphery_fixed(const aimci_periphery *p, aimci_fixed list[AIMCI_N_FIXED])
{
    const aimci_fixed all[AIMCI_N_FIXED] = {
        {"out_noises", p->fixed.noises, 0, p->n_out, p->n_out, 0},
        {"out_nonlinearity", p->fixed.nonlinearity, 0, p->n_out, p->n_out, 0},
        {"v_offsets", p->fixed.offsets, 0, p->n_out, p->n_out, 0},
        {"read_polarity", p->fixed.polarity, p->n_cols, p->n_rows, p->ld, -1e30f},
    };
    size_t n = 0;
    for (size_t k = 0; k < AIMCI_N_FIXED; k++)
        if (all[k].data)
            list[n++] = all[k];
    return n;
}

void aimci_periphery_changed(aimci_periphery *p)
{
    p->version = 0;
    aimci_periphery_recompress(p); /* the gain follows the coefficients */
}

/* ---- files ---------------------------------------------------------------------------------- */

aimc_status aimci_periphery_put(const aimci_periphery *p, aimci_st_writer *writer,
                                const char *prefix)
{
    char name[160];
    const uint64_t streams[2] = {p->seed, p->n_vectors};
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_put(writer, name, AIMCI_U64, 0, 2, 2, streams);
    if (!st) {
        snprintf(name, sizeof name, "%saverage", prefix);
        st = aimci_st_put(writer, name, AIMCI_F32, 0, 1, 1, &p->average);
    }
    aimci_fixed list[AIMCI_N_FIXED];
    const size_t n = aimci_periphery_fixed(p, list);
    for (size_t k = 0; k < n && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, list[k].name);
        st = aimci_st_put(writer, name, AIMCI_F32, list[k].rows, list[k].cols, list[k].ld,
                          list[k].data);
    }
    return st;
}

aimc_status aimci_periphery_restore(aimci_periphery *p, const aimci_st_reader *reader,
                                    const char *prefix)
{
    char name[160];
    uint64_t streams[2];
    float average;
    snprintf(name, sizeof name, "%sstreams", prefix);
    aimc_status st = aimci_st_get(reader, name, AIMCI_U64, 0, 2, 2, streams);
    if (!st) {
        snprintf(name, sizeof name, "%saverage", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, 0, 1, 1, &average);
    }
    aimci_fixed list[AIMCI_N_FIXED];
    const size_t n = aimci_periphery_fixed(p, list);
    for (size_t k = 0; k < n && !st; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, list[k].name);
        st = aimci_st_get(reader, name, AIMCI_F32, list[k].rows, list[k].cols, list[k].ld,
                          list[k].data);
    }
    if (st)
        return st;
    p->seed = streams[0];
    p->n_vectors = streams[1];
    p->average = average;
    aimci_periphery_draw_circuits(p);
    aimci_periphery_changed(p);
    return AIMC_OK;
}
