/* SPDX-License-Identifier: MIT */
/* Readings as they were given, and what of them is fitted. */
#ifndef AIMCI_MEASUREMENT_H
#define AIMCI_MEASUREMENT_H

#include <aimc/measurement.h>

#include "device/fit_mixed.h"

typedef struct aimci_series {
    uint32_t device;
    size_t n;
    double *state;   /* [n] */
    int32_t *pulses; /* [n] or NULL */
    double *time;    /* [n] or NULL */
    double *life,
        *low; /* [n] or NULL: pulses so far; then state is the upper end of the window, and
                         * low the lower one, where it was measured */
} aimci_series;

/* The number of a device that tables call by a name. */
typedef struct aimci_label {
    char *name;
    uint32_t device;
} aimci_label;

struct aimc_measurement {
    aimc_context *ctx;
    aimci_series *each;
    size_t n, room;
    const char *unit;   /* of the states: "uS", "" */
    bool is_mixed;      /* several of them */
    aimci_label *label; /* [n_labels] in the order of names */
    size_t n_labels;
};

/* Only the first n series stay, and the names of devices below a number. */
void aimci_measurement_forget(aimc_measurement *m, size_t n, uint64_t devices);
/* One more than the largest number of a device. */
uint64_t aimci_measurement_next_device(const aimc_measurement *m);
/* The unit of states that come next. */
void aimci_measurement_set_unit(aimc_measurement *m, const char *unit);

/* ---- what is fitted ------------------------------------------------------------------------- */

/* Sentences of a report, one after the other, each with a zero byte. */
enum { AIMCI_NOTES = 4096 };
typedef struct aimci_notes {
    char text[AIMCI_NOTES];
    size_t length;
} aimci_notes;
void aimci_note(aimci_notes *notes, const char *format, ...) AIMCI_PRINTF(2, 3);

/* Devices with pulses, in weight units. */
typedef struct aimci_prepared {
    aimci_traces *device; /* [n_devices], each one's traces */
    uint32_t *number;     /* [n_devices] */
    size_t n_devices;
    size_t *place;     /* [traces of the measurement] its place in each, SIZE_MAX: left out */
    aimci_trace *each; /* all, one device after the other */
    size_t n_traces, n_readings;
    double scale, offset;
    size_t n_seen_traces;   /* of the measurement */
    size_t n_seen, n_stuck; /* devices; stuck ones do not move */
    double stuck_range;     /* the largest state of a stuck one, weight units */
    void *block;
} aimci_prepared;

aimc_status aimci_prepare(const aimc_measurement *m, const aimc_fit_params *params,
                          aimci_prepared *out, aimci_notes *notes);
void aimci_prepared_close(aimc_context *ctx, aimci_prepared *p);

/* ---- fit ------------------------------------------------------------------------------------ */

/* One figure of the device. */
typedef struct aimci_figure {
    char name[64];
    double value, low, high; /* low NaN: no interval */
} aimci_figure;

enum { AIMCI_FIGURES = 64 };

struct aimc_fit {
    aimc_context *ctx;
    aimc_config *config;
    aimci_prepared data;
    aimci_notes notes;
    aimci_figure figure[AIMCI_FIGURES];
    size_t n_figures;
    struct {
        const char *model;
        double held_out; /* log likelihood less than the best's */
        bool is_plausible;
        char problem[AIMCI_FIT_SENTENCE];
    } candidate[AIMCI_MAX_MODELS];
    size_t n_candidates;
    const char *better; /* NULL: none */
    double correlation[AIMCI_FIT_LAGS], statistic, rms;
    double *predicted, *residual; /* over all readings that were fitted */
    char problem[AIMCI_FIT_SENTENCE];
};

/* All that follows from what the devices have in common (fit_population.c). ends: w_max and w_min
 * where they are not fitted. */
aimc_status aimci_population(aimc_fit *fit, const aimci_device_ops *model, const aimci_mixed *m,
                             const double ends[2]);

/* Drift, decay and diffusion from series of times (fit_retention.c): drift, where states do not end
 * exponentially (fit_drift.c). */
aimc_status aimci_fit_retention(aimc_fit *fit, const aimc_measurement *m);
aimc_status aimci_fit_drift(aimc_fit *fit, const aimc_measurement *m);

/* Endurance from windows over a life (fit_endurance.c). */
aimc_status aimci_fit_endurance(aimc_fit *fit, const aimc_measurement *m);

/* Quantiles: 97.5 % of a normal; of Student's with n degrees of freedom, which may be infinite; and
 * of chi-square, at z of a normal. */
#define AIMCI_NORMAL_975 1.959963984540054
double aimci_student(double n);

/* Sums over devices or series of one number. */
typedef struct aimci_sums {
    double n, sum, squares;
} aimci_sums;
void aimci_count(aimci_sums *sums, double value);
double aimci_deviation(const aimci_sums *sums);
/* Half of a 95 % interval of the mean; NaN below 4 of them. */
double aimci_half_width(const aimci_sums *sums);
double aimci_chi_square(double n, double z);

void aimci_add_figure(aimc_fit *fit, const char *name, double value, double low, double high);

#endif
