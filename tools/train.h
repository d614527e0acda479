/* SPDX-License-Identifier: MIT */
/* The loop over epochs and mini-batches. */
#ifndef AIMC_TOOLS_TRAIN_H
#define AIMC_TOOLS_TRAIN_H

#include <stdbool.h>

#include <aimc/aimc.h>

#include "account.h"
#include "data.h"
#include "json.h"
#include "progress.h"
#include "run.h"

struct epoch_record {
    size_t epoch;   /* counted from 1 */
    size_t samples; /* trained in this process; less than all after a resume within the epoch */
    double loss;    /* mean over those samples, nats */
    double seconds; /* training alone */
    double test_accuracy;
};

/* One look at the test samples, with all that was counted until then. */
struct test_point {
    uint64_t batches, samples; /* trained since the network was made */
    double accuracy;
    aimc_counters counters;
    double energy_j, time_s; /* of them; 0 without a technology */
};

struct training {
    aimc_network *net;
    const struct run *run;
    const struct dataset *data;
    const char *label;       /* in front of the epoch lines; "" for the main run */
    const char *out;         /* model file; NULL: not saved */
    size_t checkpoint_every; /* mini-batches; 0: after each epoch only */
    bool quiet;
    struct progress progress;
    struct epoch_record *records; /* owned, one per epoch run here */
    size_t n_records;
    double test_accuracy;        /* after the last epoch */
    size_t test_every;           /* mini-batches between tests; 0: after each epoch only */
    const aimc_cost_model *cost; /* what events cost; NULL: no energy */
    double until;                /* accuracy whose first occurrence is told; NOT_GIVEN: none */
    struct test_point *points;   /* owned */
    size_t n_points, room;
};

/*
 * Train up to the last epoch of the run, from wherever the network stands: the number of
 * mini-batches it has seen says which come next, so a network that was saved and loaded goes on as
 * if nothing had happened. The options of the run go into the model file as its note.
 */
int train(struct training *training);
void train_put_json(struct json *json, const struct training *training);

/* The first test that reached the accuracy asked for; NULL: none did. */
const struct test_point *train_reached(const struct training *training);
void train_free(struct training *training);

#endif
