/* SPDX-License-Identifier: MIT */
/* The loops of a word line around the law of a file: which cells are pulsed in place, in one jump,
 * or from the queue. Included after the law (device/law.h), compiled once per instruction set. */
#ifndef AIMCI_PULSE_H
#define AIMCI_PULSE_H

#include "device/model.h"
#include "device/pulse_queue.h"
#include "kernels/fifo.h"

/* The first n_first pulses of eight neighbours; what is left is noted in the queue. i counts from
 * the first cell of the window. */
AIMCI_INLINE void aimci_pulse_in_place(const aimci_pulse_job *job, const int32_t *count,
                                       size_t first, size_t i, int n_first, const float **xi,
                                       aimci_queue *queue)
{
    const vi n = vi_load(count + i);
    const aimci_where where = {first + i, NULL};
    aimci_lane_group c = aimci_lane_group_load(job->line, where, n > 0);
    const aimci_law_terms t = aimci_law_load(job->law, job->line, where, &c);
    vi left = vi_abs(n);
    for (int k = 0; k < n_first; k++) {
        const vm takes = left > 0;
        const vf noise = aimci_normals_take(xi, v_bits(takes));
        const vf next = vf_clip(aimci_law_step(job->law, &c, &t, c.state, noise), c.lo, c.hi);
        c.state = vf_select(takes, next, c.state);
        left -= vi_from_vm(takes);
    }
    aimci_state_store(job->line, first + i, n != 0, c.state);
    vi_store(queue->left + i, left);
}

#if AIMCI_LAW_JUMPS

/* All pulses of eight neighbours at once. Cells with a bound in reach stay as they are, and their
 * pulses are noted in the queue. Returns these cells. */
AIMCI_INLINE vm aimci_pulse_at_once(const aimci_pulse_job *job, const int32_t *count, size_t first,
                                    size_t i, const float **xi, aimci_queue *queue)
{
    const vi n = vi_load(count + i), left = vi_abs(n);
    const aimci_where where = {first + i, NULL};
    const aimci_lane_group c = aimci_lane_group_load(job->line, where, n > 0);
    const aimci_law_terms t = aimci_law_load(job->law, job->line, where, &c);
    const vf noise = aimci_normals_take(xi, v_bits(left > 0));
    vf reach;
    const vf next = aimci_law_jump(job->law, &c, &t, vf_from_vi(left), c.state, noise, &reach);
    const vm near = (left > 1) & vm_not((c.state - c.lo >= reach) & (c.hi - c.state >= reach));
    aimci_state_store(job->line, first + i, (left > 0) & ~near, vf_clip(next, c.lo, c.hi));
    vi_store(queue->left + i, vi_where(near, left));
    return near;
}

#else

/* No law, no jump. */
#define aimci_pulse_at_once(job, count, first, i, xi, queue) vm_set(0)

#endif

/* The pulses of some cells, each count cut at 1000, so that sums stay small. Decisions are about
 * far fewer. */
typedef struct aimci_survey {
    int32_t total, most;
} aimci_survey;

AIMCI_INLINE aimci_survey aimci_survey_counts(const int32_t *count, size_t n)
{
    vi most = vi_set(0), sum = vi_set(0);
    for (size_t at = 0; at < n; at += AIMCI_LANES) {
        const vi c = vi_min(vi_abs(vi_load(count + at)), vi_set(1000));
        most = vi_max(most, c);
        sum += c;
    }
    aimci_survey s = {vi_sum(sum), most[0]};
    for (int k = 1; k < AIMCI_LANES; k++)
        s.most = most[k] > s.most ? most[k] : s.most;
    return s;
}

/* Too few cells to sort: a compacted word line, or that of a small tile. The limit on the total
 * keeps their noise within AIMCI_FIFO_MOST. */
AIMCI_INLINE int aimci_few(aimci_survey s, size_t n_cells)
{
    return n_cells <= AIMCI_LANES && s.total < 64 * AIMCI_LANES;
}

/* How many pulses each cell gets in place, before the rest wait in the queue: some where a pulse is
 * little work and few cells get more of them, all where there are too few cells to sort. */
AIMCI_INLINE int aimci_first_pulses(aimci_survey s, size_t n_cells)
{
    if (aimci_few(s, n_cells))
        return s.most;
    if (!AIMCI_LAW_JUMPS || (size_t)s.total >= 4 * n_cells)
        return 0;
    return s.most < 4 ? s.most : 4;
}

/* The pulses of n_cells from first on. */
AIMCI_OUTLINE void aimci_pulse_window(const aimci_pulse_job *job, const int32_t *count,
                                      size_t first, size_t n_cells, int may_jump, aimci_fifo *noise)
{
    const aimci_survey s = aimci_survey_counts(count, n_cells);
    if (s.total == 0)
        return;
    const int jump = AIMCI_LAW_JUMPS && may_jump && s.most > 1 && !aimci_few(s, n_cells);
    const int n_first = jump ? 0 : aimci_first_pulses(s, n_cells);
    aimci_fifo_ensure(noise, jump ? n_cells : n_first ? (size_t)s.total : 0);
    const float *xi = noise->next;
    aimci_queue queue;
    vm wait = vm_set(!jump && s.most > n_first); /* is there something for the queue? */
    for (size_t i = 0; i < n_cells; i += AIMCI_LANES) {
        const vi n = vi_load(count + i);
        if (!(jump || n_first) || !v_any(n != 0))
            vi_store(queue.left + i, vi_abs(n));
        else if (jump)
            wait |= aimci_pulse_at_once(job, count, first, i, &xi, &queue);
        else
            aimci_pulse_in_place(job, count, first, i, n_first, &xi, &queue);
    }
    noise->next = xi;
    if (v_any(wait))
        aimci_queue_run(&queue, job, count, first, n_cells, noise);
}

/* The apparent weight of touched cells is redrawn around the persistent one. Once per update has
 * the same law as after each pulse, because only the last draw survives. */
AIMCI_INLINE void aimci_write_noise(const aimci_pulse_job *job, const int32_t *count,
                                    aimci_fifo *noise)
{
    const aimci_word_line *line = job->line;
    const float spread = job->law->noise.write;
    aimci_fifo_voice(noise);
    for (size_t at = 0; at < line->n; at += AIMCI_LANES) {
        const vm touched = vi_load(count + at) != 0;
        const vf xi = aimci_fifo_take(noise, v_bits(touched));
        const vf noisy = vf_load(line->p + at) + xi * spread;
        vf_store(line->w + at, vf_select(touched, noisy, vf_load(line->w + at)));
    }
}

/* All pulses of a line. */
AIMCI_INLINE void aimci_pulse_windows(const aimci_pulse_job *job, const int32_t *count,
                                      int may_jump, aimci_fifo *noise)
{
    for (size_t first = 0; first < job->line->n; first += AIMCI_WINDOW) {
        const size_t rest = job->line->n - first;
        aimci_pulse_window(job, count + first, first, rest < AIMCI_WINDOW ? rest : AIMCI_WINDOW,
                           may_jump, noise);
    }
}

/* May several pulses of an update be one jump? With additive noise the jump has the law of the
 * sequence; else it is only used where the word line allows what comes close. */
AIMCI_INLINE int aimci_may_jump(const aimci_pulse_noise *noise, int32_t multi_pulse)
{
    return multi_pulse == AIMCI_MULTI_CLOSE ||
           (multi_pulse != AIMCI_MULTI_SEQUENCE && noise->additive);
}

/* The pulse kernel of the file's law. */
static void aimci_pulse(const void *law, const aimci_word_line *line, const int32_t *count,
                        const aimci_key *key, uint32_t index)
{
    const aimci_pulse_job job = {law, line};
    aimci_fifo noise;
    aimci_fifo_open(&noise, key, index);
    noise.silent = job.law->noise.silent;
    aimci_pulse_windows(&job, count, aimci_may_jump(&job.law->noise, line->multi_pulse), &noise);
    if (line->w != line->p)
        aimci_write_noise(&job, count, &noise);
}

#endif
