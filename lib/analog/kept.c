/* SPDX-License-Identifier: MIT */
/* Vectors that wait for an update: gradients of several passes add up, and pulses are made of the
 * vectors themselves, so all of them are there at the step. */
#include <string.h>

#include "analog/matrix.h"

/* More room, at least twice what there was. */
static aimc_status grow(aimc_context *ctx, aimci_kept *k, size_t n, size_t n_x, size_t n_d)
{
    const size_t room = k->n + n > 2 * k->room ? k->n + n : 2 * k->room;
    size_t floats;
    if (aimci_mul_overflows(room, n_x > n_d ? n_x : n_d, &floats))
        return aimci_fail(AIMC_ERR_NOMEM, "%zu vectors are too many", room);
    float *x = aimci_calloc(ctx, room * n_x, sizeof *x),
          *d = aimci_calloc(ctx, room * n_d, sizeof *d);
    if (!x || !d) {
        aimci_free(ctx, x);
        aimci_free(ctx, d);
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for the vectors of several passes");
    }
    if (k->n) {
        memcpy(x, k->x, k->n * n_x * sizeof *x);
        memcpy(d, k->d, k->n * n_d * sizeof *d);
    }
    aimci_free(ctx, k->x);
    aimci_free(ctx, k->d);
    k->x = x;
    k->d = d;
    k->room = room;
    return AIMC_OK;
}

aimc_status aimci_keep(aimc_context *ctx, aimci_kept *k, size_t n, const float *x, size_t n_x,
                       size_t ld_x, const float *d, size_t n_d, size_t ld_d)
{
    const aimc_status st = k->n + n > k->room ? grow(ctx, k, n, n_x, n_d) : AIMC_OK;
    for (size_t r = 0; r < n && !st; r++) {
        memcpy(k->x + (k->n + r) * n_x, x + r * ld_x, n_x * sizeof *x);
        memcpy(k->d + (k->n + r) * n_d, d + r * ld_d, n_d * sizeof *d);
    }
    k->n += st ? 0 : n;
    return st;
}

void aimci_free_kept(aimc_context *ctx, aimci_kept *k)
{
    aimci_free(ctx, k->x);
    aimci_free(ctx, k->d);
    *k = (aimci_kept){0};
}

void aimci_matrix_keep(aimc_matrix *m, bool on)
{
    m->keeping = on;
}

aimc_status aimci_matrix_step_kept(aimc_matrix *m, double lr)
{
    const size_t n = m->kept.n;
    const aimci_batch whole = {n, 0, n, m->kept.x, m->kept.d, m->n_in, m->n_out};
    const aimc_status st = n ? aimci_matrix_step(m, &whole, lr) : AIMC_OK;
    m->kept.n = 0; /* the room stays for the next passes */
    return st;
}
