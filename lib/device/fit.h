/* SPDX-License-Identifier: MIT */
/* Fitting of device models to readings. The parts, each in a file of its own:
 *
 *     fit_walk.c        a device under pulses as a state-space model: predictions and likelihood
 *     fit_slots.c       the fields of a model that are fitted, as a vector within a box
 *     fit_solve.c       the most likely vector and noise of one device
 *     fit_choose.c      which model: held-out likelihood and plausibility
 *     fit.c             sweeps of one device: aimc_device_fit() */
#ifndef AIMCI_FIT_H
#define AIMCI_FIT_H

#include "device/model.h"

/* ---- readings ------------------------------------------------------------------------------- */

/* Readings of one device in their order. What was before the first is not known. */
typedef struct aimci_trace {
    uint32_t device;
    size_t n;
    double *state;         /* weight units */
    int32_t *pulses;       /* sent before each reading, > 0: up; that of the first is not used */
    unsigned char *ignore; /* 1: not compared (an outlier) */
} aimci_trace;

/* In place, smallest first; and the middle one, or the mean of the two of them, after sorting. */
void aimci_sort(double *x, size_t n);
double aimci_median(double *x, size_t n);

typedef struct aimci_traces {
    aimci_trace *each;
    size_t n, n_readings;
} aimci_traces;

/* What the readings say without a model. */
typedef struct aimci_extent {
    double lo, hi;   /* of the states, smoothed against noise of readings */
    double n_pulses; /* of one direction in one trace, mean */
    double grain;    /* standard deviation below which readings tell nothing */
} aimci_extent;

/* work: as many doubles as the longest trace has readings */
aimci_extent aimci_traces_extent(const aimci_traces *traces, double *work);

/* ---- walk ----------------------------------------------------------------------------------- */

/* Noise of a pulse, which the state keeps, and of a reading, which it does not. */
typedef struct aimci_walk_noise {
    double pulse; /* relative to the step; additive: to the step at weight 0 */
    double read;  /* weight units */
    bool additive;
} aimci_walk_noise;

/* The filter's gain and the variance of the prediction at each reading. */
typedef struct aimci_gain {
    double gain, variance;
} aimci_gain;

/* A model with numbers and the traces that it is compared with. */
typedef struct aimci_walk {
    const aimci_device_ops *model;
    const aimci_pulsed *p;
    const aimci_traces *traces;
    double grain;
} aimci_walk;

/* Which readings count: all (fold NULL), those of other folds than held, or those of held alone. */
typedef struct aimci_fold {
    const unsigned char *fold; /* of each reading, over all traces */
    int held;
    bool alone;
} aimci_fold;

/* Logarithm of the likelihood of the readings that count. gains, residuals (of the prediction, in
 * its standard deviations, 0 where it does not count) and predicted, of all traces, may be NULL. */
double aimci_walk_filter(const aimci_walk *w, const aimci_walk_noise *noise, const aimci_fold *fold,
                         aimci_gain *gains, double *residuals, double *predicted);

/* Residuals with gains and variances of an earlier call: smooth in the parameters. */
void aimci_walk_residuals(const aimci_walk *w, const aimci_walk_noise *noise,
                          const aimci_fold *fold, const aimci_gain *gains, double *residuals);

/* Without noise, from a state on: the state at each reading of a trace. */
void aimci_walk_mean(const aimci_walk *w, const aimci_trace *trace, double start, double *state);

/* ---- slots ---------------------------------------------------------------------------------- */

enum { AIMCI_MAX_SLOTS = 20 };

/* A number, or one number of a list. */
typedef struct aimci_slot {
    const aimci_field *field;
    size_t index;
    double lo, hi; /* the box */
} aimci_slot;

typedef struct aimci_slots {
    aimci_slot each[AIMCI_MAX_SLOTS];
    size_t n;
} aimci_slots;

/* The slots of a model, with those of its bounds that are to be found. Others stay those of the
 * configuration. */
enum { AIMCI_FREE_MAX = 1, AIMCI_FREE_MIN = 2 };
void aimci_slots_of(aimci_slots *s, const aimci_device_ops *model, const aimci_extent *e,
                    unsigned free_bounds);
void aimci_slots_put(const aimci_slots *s, aimc_config *config, const double *x);

/* Has every device its own value of the field? Else one is shared by all. */
bool aimci_field_varies(const aimci_kind *kind, const char *name);

/* Of slots those that vary from device to device; where lists are shared, their steps as wholes. */
void aimci_slots_of_device(aimci_slots *s, const aimci_slots *all, const aimci_device_ops *model,
                           const aimci_extent *e);

/* Does the model have bounds to fit? */
bool aimci_slots_have_bounds(const aimci_device_ops *model);

/* What slots leave alone: bounds of the data, and the step that lists are in units of. */
void aimci_slots_begin(aimc_config *config, const aimci_extent *e);

/* Number of starting points, and one of them. */
size_t aimci_slots_starts(const aimci_device_ops *model);
void aimci_slots_guess(const aimci_slots *s, const aimc_config *config, const aimci_extent *e,
                       size_t start, double *x);

/* ---- one device ----------------------------------------------------------------------------- */

typedef struct aimci_estimate {
    aimci_slots slots;
    double x[AIMCI_MAX_SLOTS];
    double variance[AIMCI_MAX_SLOTS]; /* infinite: not determined */
    bool at_edge[AIMCI_MAX_SLOTS];    /* of its box */
    aimci_walk_noise noise;
    double log_likelihood;
    aimci_walk_noise other; /* the best of the other proportion, where the model has both */
    double other_log_likelihood;
} aimci_estimate;

/* Memory for fits to traces. */
typedef struct aimci_fit_work {
    double *residuals, *jacobian; /* [n], [AIMCI_MAX_SLOTS][n] */
    aimci_gain *gains;
    size_t n;
    void *block;
} aimci_fit_work;
aimc_status aimci_fit_work_open(aimc_context *ctx, const aimci_traces *traces,
                                aimci_fit_work *work);
void aimci_fit_work_close(aimc_context *ctx, aimci_fit_work *work);

/* The most likely numbers; config ends with them, without noise. warm: from the estimate as it is,
 * a few steps. */
void aimci_estimate_device(aimci_estimate *est, const aimci_device_ops *model, aimc_config *config,
                           const aimci_traces *traces, const aimci_extent *e,
                           const aimci_fold *fold, unsigned free_bounds, bool warm,
                           aimci_fit_work *work);

/* ---- choice --------------------------------------------------------------------------------- */

enum { AIMCI_CHOICE_READINGS = 4000 /* that a choice is made from, about */ };
enum { AIMCI_MAX_MODELS = 16, AIMCI_FIT_SENTENCE = 160, AIMCI_FIT_LAGS = 10 };

/* A model with what was found of it. */
typedef struct aimci_candidate {
    const aimci_device_ops *model;
    aimc_config *config; /* with the numbers, noise and without spreads */
    aimci_estimate est;
    unsigned free_bounds;
    double *held_out; /* log density of each reading, with numbers found without it */
    double behind;    /* the better model, in held-out log likelihood over all devices */
    char problem[AIMCI_FIT_SENTENCE]; /* why it is not plausible; "" */
} aimci_candidate;

typedef struct aimci_choice {
    aimci_candidate each[AIMCI_MAX_MODELS];
    size_t n, chosen;
    size_t better; /* than the chosen one, which was asked for; chosen: none */
} aimci_choice;

/* Fit all models that can be to each device, and choose one for all of them: model, or the best
 * (NULL). choices: [n_devices], to be closed where that went well */
aimc_status aimci_choose(aimc_context *ctx, const char *caller, const char *model,
                         const aimci_traces *devices, size_t n_devices, aimci_choice *choices);
/* Numbers in their final units, and the noise, into its configuration. */
void aimci_candidate_finish(aimci_candidate *c);
void aimci_choice_close(aimc_context *ctx, aimci_choice *choice);

/* Correlation of residuals over so many pulses, 1 ... AIMCI_FIT_LAGS; returns the statistic of
 * Ljung and Box, which is chi-square distributed with AIMCI_FIT_LAGS degrees of freedom where the
 * residuals are independent. */
double aimci_residuals_correlation(const aimci_traces *traces, const double *residuals,
                                   double *correlation);

#endif
