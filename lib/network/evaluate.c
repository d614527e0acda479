/* SPDX-License-Identifier: MIT */
/* Accuracy: looking changes nothing of what comes after. */
#include <math.h>

#include "network/graph.h"

/* ---- what looking changes, to be put back --------------------------------------------------- */

/* A snapshot of every tile, and the draws of every matrix's modifier. */
typedef struct network_snapshot {
    aimci_tile_snapshot *tiles;
    uint64_t *draws;
} network_snapshot;

typedef enum visit { COUNT, TAKE, START_FRESH, PUT_BACK } visit;

/* Streams of reads that are only looked at lie where those of training never come. */
static uint64_t fresh_stream(const aimc_network *net)
{
    return (UINT64_C(1) << 62) + net->n_evaluated;
}

static void visit_tile(const aimc_network *net, aimc_tile *tile, visit what, aimci_tile_snapshot *s)
{
    tile->looking = what != PUT_BACK;
    if (what == TAKE)
        *s = aimci_tile_take_snapshot(tile);
    else if (what == PUT_BACK)
        aimci_tile_restore_snapshot(tile, s);
    else if (what == START_FRESH)
        tile->forward->n_vectors = fresh_stream(net);
}

static void visit_draws(const aimc_network *net, aimci_hwa *hwa, visit what, uint64_t *draws)
{
    if (what == TAKE)
        *draws = hwa->n_draws;
    else if (what == PUT_BACK)
        hwa->n_draws = *draws;
    else if (what == START_FRESH)
        hwa->n_draws = fresh_stream(net);
}

static size_t visit_matrix(const aimc_network *net, aimc_matrix *m, visit what,
                           const network_snapshot *s, size_t tile, size_t matrix)
{
    const size_t n = aimc_matrix_count_tiles(m);
    for (size_t t = 0; t < n && what != COUNT; t++)
        visit_tile(net, aimc_matrix_get_tile(m, t, NULL, NULL), what,
                   s ? &s->tiles[tile + t] : NULL);
    if (what != COUNT && m->hwa)
        visit_draws(net, m->hwa, what, s ? &s->draws[matrix] : NULL);
    return n;
}

/* Returns how many tiles there are. */
static size_t visit_all(const aimc_network *net, visit what, const network_snapshot *s)
{
    size_t tiles = 0, matrices = 0;
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++)
            tiles +=
                visit_matrix(net, net->nodes[i]->matrices[k].matrix, what, s, tiles, matrices++);
    return tiles;
}

/* ---- counting ------------------------------------------------------------------------------- */

typedef struct tally {
    const aimc_network *net;
    const uint32_t *labels;
    aimci_class_rows rows; /* of one sample */
    size_t correct;
} tally;

/* The largest along the axis of the classes is what a position is taken for. */
static void count_correct(void *user, size_t first, size_t n)
{
    tally *t = user;
    const aimci_class_rows *r = &t->rows;
    const float *y = t->net->outputs[0]->data;
    const uint32_t *labels = t->labels + first * r->outer * r->inner;
    for (size_t s = 0; s < n * r->outer * r->inner; s++) {
        const float *row = y + s / r->inner * r->classes * r->inner + s % r->inner;
        size_t best = 0;
        for (size_t c = 1; c < r->classes; c++)
            best = row[c * r->inner] > row[best * r->inner] ? c : best;
        t->correct += best == labels[s];
    }
}

/* B. P. Welford, Technometrics 4:419 (1962): mean and sum of squares about it, in one pass. */
typedef struct moments {
    double mean, squares;
    size_t n;
} moments;

static void add_to(moments *m, double value)
{
    const double before = value - m->mean;
    m->mean += before / (double)++m->n;
    m->squares += before * (value - m->mean);
}

/* ---- looking -------------------------------------------------------------------------------- */

typedef struct question {
    const char *caller;
    size_t n;
    const float *x;
    const uint32_t *labels;
    bool fresh; /* with noise of their own */
    size_t repeat;
} question;

static aimc_status pass(aimc_network *net, const question *q, moments *accuracies)
{
    tally t = {.net = net, .labels = q->labels};
    aimc_status st = aimci_network_class_rows(q->caller, net, 1, &t.rows);
    if (!st)
        st = aimci_network_evaluate_all(q->caller, net, q->n, &q->x, count_correct, &t);
    const size_t labels = q->n * t.rows.outer * t.rows.inner;
    add_to(accuracies, (double)t.correct / (double)labels);
    return st;
}

aimc_status aimci_network_look(const char *caller, aimc_network *net,
                               aimc_status (*look)(aimc_network *net, void *user), void *user)
{
    const network_snapshot s = {
        aimci_calloc(net->ctx, visit_all(net, COUNT, NULL) + 1, sizeof *s.tiles),
        aimci_calloc(net->ctx, aimc_network_count_matrices(net) + 1, sizeof *s.draws)};
    const bool enough = s.tiles && s.draws;
    aimc_status st = enough ? AIMC_OK : aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    if (enough) {
        visit_all(net, TAKE, &s);
        st = look(net, user);
        visit_all(net, PUT_BACK, &s);
    }
    aimci_free(net->ctx, s.tiles);
    aimci_free(net->ctx, s.draws);
    return st;
}

typedef struct passes {
    const question *q;
    moments *accuracies;
} passes;

/* Accuracies of repeat passes one after the other. */
static aimc_status make_passes(aimc_network *net, void *user)
{
    const passes *p = user;
    aimc_status st = AIMC_OK;
    if (p->q->fresh)
        visit_all(net, START_FRESH, NULL);
    for (size_t r = 0; r < p->q->repeat && !st; r++)
        st = pass(net, p->q, p->accuracies);
    return st;
}

static aimc_status look(aimc_network *net, const question *q, moments *accuracies)
{
    passes p = {q, accuracies};
    return aimci_network_look(q->caller, net, make_passes, &p);
}

static aimc_status check(const question *q, aimc_network *net, const double *result)
{
    aimc_status st = aimci_network_check_inputs(q->caller, net, q->n, &q->x);
    if (!st)
        st = aimci_network_check_single(q->caller, net);
    if (!st && q->n == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: n is 0", q->caller);
    if (!st)
        st = aimci_network_check_labels(q->caller, net, q->n, q->labels);
    return !st && !result ? aimci_fail(AIMC_ERR_INVALID, "%s: accuracy is NULL", q->caller) : st;
}

aimc_status aimc_network_evaluate(aimc_network *net, size_t n, const float *x,
                                  const uint32_t *labels, double *accuracy)
{
    const question q = {"network_evaluate", n, x, labels, false, 1};
    moments found = {0, 0, 0};
    aimc_status st = check(&q, net, accuracy);
    if (!st)
        st = look(net, &q, &found);
    if (!st)
        *accuracy = found.mean;
    return st;
}

/* Vectors that a sample gives the matrix that sees most. */
static uint64_t most_vectors(const aimc_network *net)
{
    uint64_t most = 1;
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++) {
            const uint64_t n = aimci_node_vectors(net->nodes[i], 1, k, 0, 0, NULL);
            most = n > most ? n : most;
        }
    return most;
}

aimc_status aimc_network_evaluate_repeat(aimc_network *net, size_t n, const float *x,
                                         const uint32_t *labels, size_t repeat, double *mean,
                                         double *std_error)
{
    const question q = {"network_evaluate_repeat", n, x, labels, true, repeat};
    moments found = {0, 0, 0};
    aimc_status st = check(&q, net, mean);
    if (!st && repeat == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "%s: repeat is 0; 1 or more is needed", q.caller);
    if (!st)
        st = look(net, &q, &found);
    if (st)
        return st;
    net->n_evaluated += (uint64_t)n * repeat * most_vectors(net);
    *mean = found.mean;
    if (std_error)
        *std_error = repeat > 1 ? sqrt(found.squares / (double)(repeat - 1) / (double)repeat)
                                : (double)NAN; /* one value has no spread */
    return AIMC_OK;
}
