/* SPDX-License-Identifier: MIT */
#include "periphery/ladder.h"

/* Conductance of a segment without cells, in siemens: too small to carry a current that matters,
 * but not 0, because it is divided by. */
static const double open_circuit = 1e-18;

typedef struct column {
    size_t n, pad, rows; /* cells, idle ones before the first, cells of a segment */
    bool flip;
} column;

/* Segment of cell j, 0 is farthest from the read-out, which is next to cell 0. */
static size_t segment_of(const column *c, size_t j)
{
    return (c->pad + (c->flip ? j : c->n - 1 - j)) / c->rows;
}

/* A matrix with fewer inputs than the column has rows sits in its middle. Segments are merged from
 * the far end: their sources and resistances become one (Thevenin), and the shares of all cells so
 * far shrink alike. The read-out sees the last segment through half of its wire and through its own
 * resistance. */
double aimci_ladder_reduce(const aimci_wires_params *p, size_t n, bool flip, const double *g,
                           double *share)
{
    const size_t height = (size_t)p->height > n ? (size_t)p->height : n;
    const column c = {.n = n,
                      .pad = (height - n) / 2,
                      .rows = (height + (size_t)p->segments - 1) / (size_t)p->segments,
                      .flip = flip};
    const size_t n_segments = (height + c.rows - 1) / c.rows;
    const double r_segment = p->r_out * (double)c.rows;
    double r = 0;
    size_t next = 0; /* cells from the far end on */
    for (size_t k = 0; k < n_segments; k++) {
        double sum = open_circuit;
        const size_t first = next;
        for (; next < n && segment_of(&c, flip ? next : n - 1 - next) == k; next++)
            sum += g[flip ? next : n - 1 - next];
        const double before = k ? r + r_segment : 0, own = 1 / sum;
        const double parallel = k ? before * own / (before + own) : own;
        for (size_t m = 0; m < next; m++) {
            double *const s = &share[flip ? m : n - 1 - m];
            *s = m < first ? *s * parallel / before : parallel; /* V_k / R_k, without its G */
        }
        r = parallel;
    }
    r += r_segment / 2 + p->r_sense;
    for (size_t j = 0; j < n; j++)
        share[j] /= r;
    return -p->v_sense_offset / r;
}
