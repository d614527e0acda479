/* SPDX-License-Identifier: MIT */
/* Fitting of device models to readings. The parts, each in a file of its own:
 *
 *     fit_walk.c        a device under pulses as a state-space model: predictions and likelihood
 *     fit_slots.c       the fields of a model that are fitted, as a vector within a box
 *     fit_solve.c       the most likely vector of one device
 *     fit_noise.c       the most likely noise
 *     fit_mixed.c       many devices at once: means, spreads and their common noise (fit_mixed.h)
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
    bool is_tilted; /* at place z of the range that of a pulse is exp(tilt (2 z - 1)) times it */
    double tilt[2]; /* of pulses up and down; 0 where it is not tilted */
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

/* A number, or one number of a list. A gain and its asymmetry ("dw_min" and "up_down", or those of
 * exponents) are the middle of both directions and half of their difference, of which devices are
 * drawn one by one (device/sampling.h):
 *
 *     S+ = gain (1 + min(asymmetry, 0)) = middle + half,
 *     S- = gain (1 - max(asymmetry, 0)) = middle - half */
typedef enum aimci_role {
    AIMCI_PLAIN,
    AIMCI_MIDDLE,
    AIMCI_HALF /* follows its middle */
} aimci_role;
typedef struct aimci_slot {
    const aimci_field *field;
    size_t index;
    aimci_role role;
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

/* Steps at neighbouring nodes differ by about the mean step, by what is known before: squares of
 * the differences, half their slope in x, and half their curvature, to be added. Where readings are
 * few a node would else be anything, and 0 means no noise either. */
double aimci_slots_roughness(const aimci_slots *s, const double *x, double *slope);
void aimci_slots_add_roughness(const aimci_slots *s, double a[][AIMCI_MAX_SLOTS]);

/* Where lists are the shape of the step: are they, and the gain of a device before them. */
bool aimci_slots_are_lists(const aimci_slots *s);
void aimci_slots_add_gain(aimci_slots *s, const aimci_device_ops *model, const aimci_extent *e);

/* Is a half as large as its middle, so that one direction has no step? */
bool aimci_slots_one_way(const aimci_slots *s, size_t k, const double *x);

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
    double variance[AIMCI_MAX_SLOTS];   /* infinite: not determined */
    double covariance[AIMCI_MAX_SLOTS]; /* with the slot before */
    bool at_edge[AIMCI_MAX_SLOTS];      /* of its box */
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

/* A noise as a vector, and back: what else it is stays. Returns how long it is. */
enum { AIMCI_NOISE_SLOTS = 4 };
size_t aimci_noise_to(const aimci_walk_noise *noise, double grain, double v[AIMCI_NOISE_SLOTS]);
void aimci_noise_from(const double v[AIMCI_NOISE_SLOTS], aimci_walk_noise *noise);

/* What noise a model can have: one that does not shrink with the step, and a table of it. */
bool aimci_noise_can_be_additive(const aimci_device_ops *model);
bool aimci_noise_can_tilt(const aimci_device_ops *model);

/* The noise of pulses as fields; the steps are there already. */
void aimci_noise_put(const aimci_device_ops *model, aimc_config *config,
                     const aimci_walk_noise *noise);

/* The noise that is worth most, from one on; returns its worth. spread: of the vector at first. */
typedef struct aimci_noise_search {
    double (*worth)(void *arg, const aimci_walk_noise *noise);
    void *arg;
    double grain;
} aimci_noise_search;
double aimci_search_noise(const aimci_noise_search *search, aimci_walk_noise *noise, double spread,
                          int steps);

/* Numbers of a device before it is measured: normal, each by itself; variance 0: held. */
typedef struct aimci_prior {
    double mean[AIMCI_MAX_SLOTS], variance[AIMCI_MAX_SLOTS];
} aimci_prior;

/* What readings tell near an estimate: their log likelihood is, as far as it is quadratic,
 * y x - x a x / 2. */
typedef struct aimci_information {
    double a[AIMCI_MAX_SLOTS][AIMCI_MAX_SLOTS], y[AIMCI_MAX_SLOTS];
} aimci_information;

/* From est->x and with est->noise on: the most likely numbers where some are known before, and what
 * the readings alone tell there. */
void aimci_estimate_given(aimci_estimate *est, const aimci_prior *prior,
                          const aimci_device_ops *model, aimc_config *config,
                          const aimci_traces *traces, const aimci_extent *e, aimci_fit_work *work,
                          aimci_information *out);

/* Log likelihood of another noise with the numbers as they are, and its a (y is undefined). */
double aimci_estimate_information(const aimci_estimate *est, const aimci_walk_noise *noise,
                                  const aimci_device_ops *model, aimc_config *config,
                                  const aimci_traces *traces, const aimci_extent *e,
                                  aimci_fit_work *work, aimci_information *out);

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
void aimci_choice_close(aimc_context *ctx, aimci_choice *choice);

/* Correlation of residuals over so many pulses, 1 ... AIMCI_FIT_LAGS; returns the statistic of
 * Ljung and Box, which is chi-square distributed with AIMCI_FIT_LAGS degrees of freedom where the
 * residuals are independent. */
double aimci_residuals_correlation(const aimci_traces *traces, const double *residuals,
                                   double *correlation);

#endif
