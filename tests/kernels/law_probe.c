/* SPDX-License-Identifier: MIT */
/* The law AIMCT_LAW, a header of device/laws, for one instruction set: see probe.h. */
#include "kernels/probe.h"
#include "device/law.h"

/* A law is compiled for processors that have none of these. */
#undef bool
#pragma GCC poison double bool _Bool malloc calloc free memcpy fabsf expf sqrtf
#include AIMCT_LAW

static void load(const aimci_law *law, const aimci_word_line *line, const int32_t *up, size_t at,
                 aimci_lane_group *c, aimci_law_terms *t)
{
    const aimci_where where = {at, NULL};
    *c = aimci_lane_group_load(line, where, vi_load(up + at) != 0);
    *t = aimci_law_load(law, line, where, c);
}

static void step(const void *law, const aimci_word_line *line, const int32_t *up, const float *xi,
                 float *next)
{
    for (size_t at = 0; at < line->n; at += AIMCI_LANES) {
        aimci_lane_group c;
        aimci_law_terms t;
        load(law, line, up, at, &c, &t);
        vf_store(next + at, aimci_law_step(law, &c, &t, c.state, vf_load(xi + at)));
    }
}

static void jump(const void *law, const aimci_word_line *line, const int32_t *up, const float *n,
                 const float *xi, float *next, float *reach)
{
#if AIMCI_LAW_JUMPS
    for (size_t at = 0; at < line->n; at += AIMCI_LANES) {
        aimci_lane_group c;
        aimci_law_terms t;
        vf r;
        load(law, line, up, at, &c, &t);
        vf_store(next + at,
                 aimci_law_jump(law, &c, &t, vf_load(n + at), c.state, vf_load(xi + at), &r));
        vf_store(reach + at, r);
    }
#else
    (void)law, (void)line, (void)up, (void)n, (void)xi, (void)next, (void)reach;
#endif
}

extern const aimct_law_probe AIMCI_K(AIMCT_NAME);
const aimct_law_probe AIMCI_K(AIMCT_NAME) = {sizeof(aimci_law), AIMCI_LAW_JUMPS, step, jump};
