/* SPDX-License-Identifier: MIT */
/* Pulses of several vectors as one step. Far from the bounds, what they do to a cell is decided by
 * a few moments, which go from vector to vector without random numbers, and one normal in the end
 * stands for all of them: device/merge_additive.h where the noise does not depend on the state,
 * device/merge_skewed.h where it does and where steps are curved.
 *
 * Cells for which that is not good enough, mostly because a bound is in reach, are gathered into a
 * compacted word line, which goes through the vectors a quarter at a time; and so on down to one
 * vector. */
#ifndef AIMCI_PULSE_MERGE_H
#define AIMCI_PULSE_MERGE_H

#include "device/pulse.h"

/* Limits within which the series of both are good. */
#define AIMCI_MERGE_SLOPE    0.05f /* largest |k| */
#define AIMCI_MERGE_EXPONENT 0.2f  /* largest |n ln(1 + k)| of a vector */

#if AIMCI_LAW_JUMPS
#include "device/merge_additive.h"
#endif
#if !AIMCI_LAW_JUMPS || AIMCI_LAW_SLOPED
#include "device/merge_skewed.h"
#endif

/* All rows to eight cells of the word line. Cells for which their moments are not the law keep
 * their state and are returned; they take no normal. */
AIMCI_INLINE vm aimci_merge_group(const aimci_pulse_job *job, const aimci_rows *rows, size_t at,
                                  aimci_fifo *noise)
{
#if !AIMCI_LAW_JUMPS
    return aimci_merge_skewed(job, rows, at, noise);
#elif AIMCI_LAW_SLOPED
    if (!job->law->noise.additive)
        return aimci_merge_skewed(job, rows, at, noise);
    return aimci_merge_additive(job, rows, at, noise);
#else
    return aimci_merge_additive(job, rows, at, noise);
#endif
}

static void aimci_merge_rows(const aimci_pulse_job *job, const aimci_rows *rows, aimci_fifo *noise);

/* ---- cells that are near a bound ------------------------------------------------------------ */

#define AIMCI_MERGE_CELLS           64 /* a compacted line of so many is sent on its way */
#define AIMCI_MERGE_SIZE            (AIMCI_MERGE_CELLS + 2 * AIMCI_LANES)
#define AIMCI_MERGE_CELL_PARAMETERS (AIMCI_CELL_PULSED_END - AIMCI_CELL_P)

/* Some cells of a word line, side by side as a word line of their own. */
typedef struct aimci_compacted {
    aimci_word_line line;
    size_t n, n_parameters;
    const float *from[AIMCI_MERGE_CELL_PARAMETERS];
    int32_t place[AIMCI_MERGE_SIZE];
    float value[AIMCI_MERGE_CELL_PARAMETERS][AIMCI_MERGE_SIZE];
    int32_t count[AIMCI_MERGE_ROWS][AIMCI_MERGE_SIZE];
} aimci_compacted;

AIMCI_INLINE void aimci_compacted_open(aimci_compacted *s, const aimci_word_line *line)
{
    s->n = s->n_parameters = 0;
    s->line.multi_pulse = line->multi_pulse;
    for (int k = AIMCI_CELL_P; k < AIMCI_CELL_PULSED_END; k++) {
        s->line.cell[k] = line->cell[k] ? s->value[s->n_parameters] : NULL;
        if (line->cell[k])
            s->from[s->n_parameters++] = line->cell[k];
    }
    s->line.w = s->line.p;
}

AIMCI_INLINE void aimci_compacted_join(aimci_compacted *s, size_t at, vi near,
                                       const aimci_rows *rows)
{
    const unsigned bits = v_bits(near);
    const vi order = v_pack_order(bits);
    vi_store(s->place + s->n, vi_permute(vi_lanes() + (int32_t)at, order));
    for (size_t k = 0; k < s->n_parameters; k++)
        vf_store(s->value[k] + s->n, vf_permute(vf_load(s->from[k] + at), order));
    for (size_t r = 0; r < rows->n; r++)
        vi_store(s->count[r] + s->n, vi_permute(vi_load(rows->count + r * rows->ld + at), order));
    s->n += (size_t)__builtin_popcount(bits);
}

/* The rows to these cells, a quarter at a time; then they go back. */
AIMCI_INLINE void aimci_compacted_run(aimci_compacted *s, const aimci_pulse_job *job, size_t n_rows,
                                      aimci_fifo *noise)
{
    const size_t part = (n_rows + 3) / 4, ld = AIMCI_MERGE_SIZE;
    const aimci_pulse_job part_job = {job->law, &s->line};
    for (size_t r = 0; r < n_rows; r++)
        vi_store(s->count[r] + s->n, vi_set(0));
    s->line.n = (s->n + AIMCI_LANES - 1) / AIMCI_LANES * AIMCI_LANES;
    for (size_t r = 0; r < n_rows; r += part) {
        const aimci_rows rows = {s->count[r], n_rows - r < part ? n_rows - r : part, ld};
        aimci_merge_rows(&part_job, &rows, noise);
    }
    for (size_t i = 0; i < s->n; i++)
        job->line->p[s->place[i]] = s->line.p[i];
    s->n = 0;
}

/* ---- a word line ---------------------------------------------------------------------------- */

/* Are there so many pulses that moments are less work? */
AIMCI_INLINE int aimci_merge_pays(const aimci_pulse_job *job, const aimci_rows *rows)
{
    if (rows->n == 1)
        return 0;
#if AIMCI_LAW_JUMPS
    if (job->law->noise.additive)
        return 1;
#endif
    const size_t least = AIMCI_LAW_JUMPS ? 1 : 4; /* pulses of a cell */
    size_t total = 0;
    for (size_t r = 0; r < rows->n; r++)
        total += (size_t)aimci_survey_counts(rows->count + r * rows->ld, job->line->n).total;
    return total >= least * job->line->n;
}

/* Rows of counts to a word line. */
static void aimci_merge_rows(const aimci_pulse_job *job, const aimci_rows *rows, aimci_fifo *noise)
{
    if (!aimci_merge_pays(job, rows)) {
        for (size_t r = 0; r < rows->n; r++)
            aimci_pulse_windows(job, rows->count + r * rows->ld, 1, noise);
        return;
    }
    aimci_compacted near;
    aimci_compacted_open(&near, job->line);
    for (size_t at = 0; at < job->line->n; at += AIMCI_LANES) {
        const vm left = aimci_merge_group(job, rows, at, noise);
        if (v_any(left))
            aimci_compacted_join(&near, at, left, rows);
        if (near.n >= AIMCI_MERGE_CELLS)
            aimci_compacted_run(&near, job, rows->n, noise);
    }
    if (near.n > 0)
        aimci_compacted_run(&near, job, rows->n, noise);
}

/* The merge kernel of the file's law. */
static void aimci_merge(const void *law, const aimci_word_line *line, const aimci_rows *rows,
                        int32_t *touched, const aimci_key *key, uint32_t index)
{
    const aimci_pulse_job job = {law, line};
    aimci_fifo noise;
    aimci_fifo_open(&noise, key, index);
    noise.silent = job.law->noise.silent;
    aimci_merge_rows(&job, rows, &noise);
    if (line->w == line->p)
        return;
    for (size_t at = 0; at < line->n; at += AIMCI_LANES) {
        vi any = vi_set(0);
        for (size_t r = 0; r < rows->n; r++)
            any |= vi_load(rows->count + r * rows->ld + at);
        vi_store(touched + at, any);
    }
    aimci_write_noise(&job, touched, &noise);
}

#endif
