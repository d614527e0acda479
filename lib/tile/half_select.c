/* SPDX-License-Identifier: MIT */
#include "tile/half_select.h"

#include <stdatomic.h>
#include <string.h>

#include "kernels/kernels.h"

typedef struct aimci_half_select {
    int32_t *sent;   /* [n_in][ld] pulses by count that wait */
    int64_t *out[2]; /* [ld] their sums over each bit line, down and up */
    int32_t *counts; /* [slots][ld] */
    _Atomic bool waits;
} aimci_half_select;

void aimci_half_select_destroy(aimci_array *a)
{
    if (!a->half)
        return;
    aimci_free(a->ctx, a->half->sent);
    aimci_free(a->ctx, a->half->out[0]);
    aimci_free(a->ctx, a->half->counts);
    aimci_free(a->ctx, a->half);
}

aimc_status aimci_half_select_create(aimci_array *a, const char *caller)
{
    if (!a->device->half_law)
        return AIMC_OK;
    aimci_half_select *h = a->half = aimci_calloc(a->ctx, 1, sizeof *h);
    if (h) {
        h->sent = aimci_calloc(a->ctx, a->ld * a->n_in, sizeof *h->sent);
        h->out[0] = aimci_calloc(a->ctx, 2 * a->ld, sizeof *h->out[0]);
        h->out[1] = h->out[0] ? h->out[0] + a->ld : NULL;
        h->counts = aimci_calloc(a->ctx, aimci_context_slots(a->ctx) * a->ld, sizeof *h->counts);
    }
    return h && h->sent && h->out[0] && h->counts
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for half-selected cells", caller);
}

void aimci_half_select_note(const aimci_array *a, size_t j, const int32_t *count)
{
    if (!a->half)
        return;
    for (size_t i = 0; i < a->n_out; i++)
        a->half->sent[j * a->ld + i] += count[i];
    a->half->waits = true;
}

void aimci_half_select_pulse(const aimci_array *a, const aimci_word_line *line, size_t j,
                             int32_t *count, const aimci_key *key)
{
    const aimc_device *d = a->device;
    const bool up = d->half_moves & AIMCI_MOVES_UP, down = d->half_moves & AIMCI_MOVES_DOWN;
    for (size_t i = 0; i < a->n_out; i++)
        if (count[i] > 0 ? !up : !down)
            count[i] = 0;
    d->kernels->pulse(d->half_law, line, count, key, (uint32_t)j);
}

static int64_t in_direction(int32_t count, bool up)
{
    const int64_t n = count;
    return up ? (n > 0 ? n : 0) : (n < 0 ? -n : 0);
}

static void add_bit_lines(const aimci_array *a)
{
    memset(a->half->out[0], 0, 2 * a->ld * sizeof *a->half->out[0]);
    for (size_t j = 0; j < a->n_in; j++)
        for (size_t i = 0; i < a->n_out; i++)
            for (int up = 0; up < 2; up++)
                a->half->out[up][i] += in_direction(a->half->sent[j * a->ld + i], up);
}

static void apply_word_line(void *arg, size_t slot, size_t j)
{
    const aimci_array *a = arg;
    const int32_t *sent = a->half->sent + j * a->ld;
    int32_t *const counts = a->half->counts + slot * a->ld;
    const aimci_word_line line = aimci_array_word_line(a, j);
    for (int up = 0; up < 2; up++) {
        const aimci_key key =
            aimci_random_key(a->seed, AIMCI_OP_HALF_SELECT, (uint32_t)up, a->n_updates);
        int64_t in = 0;
        for (size_t i = 0; i < a->n_out; i++)
            in += in_direction(sent[i], up);
        for (size_t i = 0; i < a->n_out; i++) {
            const int64_t n = in + a->half->out[up][i] - 2 * in_direction(sent[i], up);
            const int32_t most = n < AIMCI_LONGEST_TRAIN ? (int32_t)n : AIMCI_LONGEST_TRAIN;
            counts[i] = up ? most : -most;
        }
        aimci_half_select_pulse(a, &line, j, counts, &key);
    }
}

void aimci_half_select_apply(aimci_array *a)
{
    if (!a->half || !a->half->waits)
        return;
    a->half->waits = false;
    add_bit_lines(a);
    aimci_parallel(a->ctx, a->n_in, apply_word_line, a);
    memset(a->half->sent, 0, a->ld * a->n_in * sizeof *a->half->sent);
}
