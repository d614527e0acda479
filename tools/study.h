/* SPDX-License-Identifier: MIT */
/* Studies of one network: how it bears being put on a chip. */
#ifndef AIMC_TOOLS_STUDY_H
#define AIMC_TOOLS_STUDY_H

#include "deploy.h"
#include "model.h"

enum { STUDY_MAX_ROWS = 64, STUDY_MAX_OUTSIDE = 32 };

struct study {
    aimc_context *ctx;
    struct run run; /* of the digital network */
    const struct dataset *data;
    struct samples test;   /* what accuracies are measured on */
    aimc_network *digital; /* the trained one */
    double digital_accuracy;
    double repeat, epochs, lr, spread; /* chips; retraining; spread of devices */
    const char *set[16];               /* of the hardware-aware layers; NULL-terminated */
    bool quiet;
    /* result */
    struct study_row {
        const char *name;
        double t; /* seconds; NOT_GIVEN: no time belongs to it */
        struct estimate accuracy;
    } rows[STUDY_MAX_ROWS];
    size_t n_rows;
    aimc_extrapolation outside[STUDY_MAX_OUTSIDE]; /* fits of noise models that were used there */
    size_t n_outside;
};

/* Settings are "field=value", ended by NULL. */
typedef const char *const *study_settings;

/* A copy of the digital network, its layers digital still. */
int study_copy(struct study *s, aimc_network **net);

/* A copy on tiles: a layer preset with settings, its input ranges calibrated where asked. */
int study_on_tiles(struct study *s, const char *preset, study_settings settings, bool calibrate,
                   aimc_network **net);

/* Train a network on, for the epochs and rate of the study. */
int study_retrain(struct study *s, aimc_network *net, const char *label);

/* Accuracy of a network as it is, into a row. */
int study_measure(struct study *s, aimc_network *net, const char *name);

/* Program it with these settings, and read it at one time, the repeats of the study: a row. */
int study_program(struct study *s, aimc_network *net, study_settings settings, double t,
                  const char *name);

void study_add(struct study *s, const char *name, double t, struct estimate accuracy);

/* The protocols. */
int study_recover(struct study *s);
int study_analognas(struct study *s);
int study_ablation(struct study *s);

#endif
