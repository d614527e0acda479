/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "os.h"
#include "report.h"
#include "train.h"

/* Ctrl-C, 'kill', or a terminal that goes away: finish the mini-batch, save, stop. */
static volatile sig_atomic_t stop_requested;

/* One mini-batch, gathered from the shuffled samples. */
struct batch {
    size_t size;   /* at most */
    size_t *order; /* permutation of the training samples */
    float *x;
    uint32_t *labels;
};

static int batch_create(struct batch *batch, const struct training *t)
{
    const size_t n = t->data->train.n;
    batch->size = t->run->batch < (double)n ? (size_t)t->run->batch : n;
    batch->order = malloc(n * sizeof *batch->order);
    batch->x = malloc(batch->size * t->data->n_in * sizeof *batch->x);
    batch->labels = malloc(batch->size * sizeof *batch->labels);
    if (batch->order == NULL || batch->x == NULL || batch->labels == NULL)
        return fail("no memory for batches of %zu samples", batch->size);
    return EXIT_GO_ON;
}

static void batch_free(struct batch *batch)
{
    free(batch->order);
    free(batch->x);
    free(batch->labels);
}

/* Gather batch b of the epoch; returns its number of samples. */
static size_t batch_fill(struct batch *batch, const struct training *t, size_t b)
{
    const struct samples *from = &t->data->train;
    const size_t first = b * batch->size, n_in = t->data->n_in;
    const size_t n = from->n - first < batch->size ? from->n - first : batch->size;
    for (size_t i = 0; i < n; i++) {
        const size_t k = batch->order[first + i];
        memcpy(batch->x + i * n_in, from->x + k * n_in, n_in * sizeof *batch->x);
        batch->labels[i] = from->labels[k];
    }
    return n;
}

static size_t batches_per_epoch(const struct training *t, const struct batch *batch)
{
    return (t->data->train.n + batch->size - 1) / batch->size;
}

/* By multiplying, not pow(): the same on every machine. */
static double learning_rate(const struct run *run, size_t epoch)
{
    double lr = run->lr;
    for (size_t i = 0; i < epoch && lr > 0; i++)
        lr *= run->lr_decay;
    return lr;
}

/* The options travel in the model file, so that there is no second file to lose or to mix up. */
static int note_run(struct training *t)
{
    char *note = run_to_note(t->run);
    if (note == NULL)
        return fail("no memory");
    const int rc = aimc_network_set_note(t->net, note) == AIMC_OK ? EXIT_GO_ON : fail_library();
    free(note);
    return rc;
}

static int save(struct training *t)
{
    if (t->out == NULL)
        return EXIT_GO_ON;
    return aimc_network_save(t->net, t->out) == AIMC_OK ? EXIT_GO_ON : fail_library();
}

static int stop_here(struct training *t)
{
    const int rc = save(t);
    if (rc != EXIT_GO_ON)
        return rc;
    if (t->out == NULL)
        return fail("interrupted");
    return fail("interrupted; go on with: aimc train --resume %s", t->out);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static int add_point(struct training *t)
{
    if (t->n_points == t->room) {
        const size_t room = t->room > 0 ? 2 * t->room : 16;
        struct test_point *points = realloc(t->points, room * sizeof *points);
        if (points == NULL)
            return fail("no memory for %zu tests", room);
        t->points = points;
        t->room = room;
    }
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    struct test_point *p = &t->points[t->n_points];
    *p = (struct test_point){.accuracy = t->test_accuracy};
    p->counters.struct_size = (uint32_t)sizeof p->counters;
    if (aimc_network_get_info(t->net, &info) != AIMC_OK ||
        aimc_network_get_counters(t->net, &p->counters) != AIMC_OK)
        return fail_library();
    p->batches = info.n_batches;
    p->samples = info.n_samples;
    if (t->cost != NULL) {
        struct account account;
        const int rc = account_make(t->cost, t->net, &account);
        if (rc != EXIT_GO_ON)
            return rc;
        p->energy_j = account.report.energy_j;
        p->time_s = account.report.time_s;
    }
    t->n_points++;
    return EXIT_GO_ON;
}

static int test(struct training *t)
{
    const struct samples *s = &t->data->test;
    if (aimc_network_evaluate(t->net, s->n, s->x, s->labels, &t->test_accuracy) != AIMC_OK)
        return fail_library();
    return add_point(t);
}

const struct test_point *train_reached(const struct training *t)
{
    for (size_t i = 0; i < t->n_points; i++)
        if (t->points[i].accuracy >= t->until) /* false when it was not given */
            return &t->points[i];
    return NULL;
}

/* ---- epochs --------------------------------------------------------------------------------- */

/* What is due between two mini-batches. */
static int between_batches(struct training *t, size_t done)
{
    int rc = EXIT_GO_ON;
    if (stop_requested)
        return stop_here(t);
    if (t->test_every > 0 && done % t->test_every == 0)
        rc = test(t);
    if (rc == EXIT_GO_ON && t->checkpoint_every > 0 && done % t->checkpoint_every == 0)
        rc = save(t);
    return rc;
}

/* The part of an epoch that begins at a batch. */
static int train_epoch(struct training *t, struct batch *batch, struct epoch_record *record,
                       size_t first)
{
    const size_t n_batches = batches_per_epoch(t, batch), epoch = record->epoch - 1;
    const double lr = learning_rate(t->run, epoch);
    double sum = 0.0, started = os_seconds();
    data_shuffle(batch->order, t->data->train.n, (uint64_t)t->run->seed, epoch);
    for (size_t b = first; b < n_batches; b++) {
        const size_t n = batch_fill(batch, t, b);
        float loss;
        if (aimc_network_train_batch(t->net, n, batch->x, batch->labels, lr, &loss) != AIMC_OK)
            return fail_library();
        sum += (double)loss * (double)n;
        record->samples += n;
        progress_add(&t->progress, n);
        if (b + 1 == n_batches)
            break; /* saved at the end of the epoch, with its accuracy known */
        const double paused = os_seconds();
        const int rc = between_batches(t, b + 1);
        if (rc != EXIT_GO_ON)
            return rc;
        started += os_seconds() - paused;
    }
    record->seconds = os_seconds() - started;
    record->loss = record->samples > 0 ? sum / (double)record->samples : 0.0;
    return EXIT_GO_ON;
}

static void print_epoch(const struct training *t, const struct epoch_record *r)
{
    if (t->quiet)
        return;
    progress_clear();
    fprintf(stderr, "%sepoch %zu/%.0f  loss %.4f  test accuracy %.4f  %.2f s  %.0f samples/s",
            t->label, r->epoch, t->run->epochs, r->loss, r->test_accuracy, r->seconds,
            r->seconds > 0 ? (double)r->samples / r->seconds : 0.0);
    const struct test_point *p = &t->points[t->n_points - 1];
    if (t->cost != NULL)
        fprintf(stderr, "  chip %.4g J  %.4g s", p->energy_j, p->time_s);
    fputc('\n', stderr);
}

static int run_epochs(struct training *t, struct batch *batch, size_t epoch, size_t first)
{
    const size_t n_epochs = (size_t)t->run->epochs;
    for (; epoch < n_epochs; epoch++) {
        struct epoch_record *record = &t->records[t->n_records];
        *record = (struct epoch_record){.epoch = epoch + 1};
        progress_label(&t->progress, "%sepoch %zu/%zu", t->label, epoch + 1, n_epochs);
        int rc = train_epoch(t, batch, record, first);
        if (rc == EXIT_GO_ON)
            rc = test(t);
        if (rc == EXIT_GO_ON)
            rc = save(t);
        if (rc != EXIT_GO_ON)
            return rc;
        record->test_accuracy = t->test_accuracy;
        t->n_records++;
        print_epoch(t, record);
        if (stop_requested && epoch + 1 < n_epochs)
            return stop_here(t);
        first = 0;
    }
    return EXIT_GO_ON;
}

/* Where the network stands: epoch and batch to do next. */
static int find_position(const struct training *t, const struct batch *batch, size_t *epoch,
                         size_t *first)
{
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    if (aimc_network_get_info(t->net, &info) != AIMC_OK)
        return fail_library();
    const size_t n_batches = batches_per_epoch(t, batch);
    *epoch = (size_t)(info.n_batches / n_batches);
    *first = (size_t)(info.n_batches % n_batches);
    if (info.n_samples != *epoch * t->data->train.n + *first * batch->size)
        return fail("the model was trained on %" PRIu64 " samples in %" PRIu64
                    " batches, which the options in its note would not have made",
                    info.n_samples, info.n_batches);
    return EXIT_GO_ON;
}

static int train_with(struct training *t, struct batch *batch)
{
    size_t epoch = 0, first = 0;
    int rc = batch_create(batch, t);
    if (rc == EXIT_GO_ON)
        rc = find_position(t, batch, &epoch, &first);
    if (rc != EXIT_GO_ON)
        return rc;
    const size_t n_epochs = (size_t)t->run->epochs;
    const size_t to_do = epoch < n_epochs ? n_epochs - epoch : 0;
    t->records = calloc(to_do + 1, sizeof *t->records);
    if (t->records == NULL)
        return fail("no memory for %zu epochs", to_do);
    progress_start(&t->progress, to_do * t->data->train.n - (to_do ? first * batch->size : 0),
                   t->quiet);
    if (to_do == 0)
        return save(t) == EXIT_GO_ON ? test(t) : EXIT_FAILED;
    rc = run_epochs(t, batch, epoch, first);
    progress_clear();
    return rc;
}

int train(struct training *t)
{
    struct batch batch = {0};
    int rc = note_run(t);
    if (rc != EXIT_GO_ON)
        return rc;
    os_catch_stop(&stop_requested);
    rc = train_with(t, &batch);
    os_release_stop();
    batch_free(&batch);
    return rc;
}

static void put_point(struct json *json, const struct training *t, const struct test_point *p)
{
    json_put_integer(json, "batches", p->batches);
    json_put_integer(json, "samples", p->samples);
    json_put_number(json, "test_accuracy", p->accuracy);
    if (t->cost != NULL) {
        json_put_number(json, "energy_j", p->energy_j);
        json_put_number(json, "time_s", p->time_s);
    }
}

static void put_points(struct json *json, const struct training *t)
{
    json_open(json, "tests", '[');
    for (size_t i = 0; i < t->n_points; i++) {
        json_open(json, NULL, '{');
        put_point(json, t, &t->points[i]);
        model_put_counters(json, &t->points[i].counters);
        json_close(json, '}');
    }
    json_close(json, ']');
    if (!WAS_GIVEN(t->until))
        return;
    const struct test_point *p = train_reached(t);
    json_open(json, "until", '{');
    json_put_number(json, "accuracy", t->until);
    json_put_flag(json, "reached", p != NULL);
    if (p != NULL)
        put_point(json, t, p);
    json_close(json, '}');
}

void train_put_json(struct json *json, const struct training *t)
{
    json_open(json, "epochs", '[');
    for (size_t i = 0; i < t->n_records; i++) {
        const struct epoch_record *r = &t->records[i];
        json_open(json, NULL, '{');
        json_put_integer(json, "epoch", r->epoch);
        json_put_integer(json, "samples", r->samples);
        json_put_number(json, "loss", r->loss);
        json_put_number(json, "train_seconds", r->seconds);
        json_put_number(json, "test_accuracy", r->test_accuracy);
        json_close(json, '}');
    }
    json_close(json, ']');
    put_points(json, t);
}

void train_free(struct training *t)
{
    free(t->records);
    free(t->points);
    t->records = NULL;
    t->points = NULL;
}
