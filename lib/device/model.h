/* SPDX-License-Identifier: MIT */
/* What a device model gives to the floors above, and what all pulsed models share. */
#ifndef AIMCI_MODEL_H
#define AIMCI_MODEL_H

#include <aimc/device.h>

#include "core/config.h"
#include "core/random.h"
#include "device/cell_parameters.h"
#include "device/law.h"
#include "kernels/dispatch.h"

/* Pulse counts for a word line, of vectors one after the other. */
#define AIMCI_MERGE_ROWS 16 /* at most */
typedef struct aimci_rows {
    const int32_t *count;
    size_t n, ld;
} aimci_rows;

/* Drift of all cells; without it nu is 0. With g = per_weight w + g_at_0 the exponent of a cell is
 * nu (1 + nu_std xi) - nu_k (log g - log_g0). */
typedef struct aimci_drift {
    float nu, nu_spread, nu_std;
    float nu_k, per_weight, g_at_0, log_g0;
    float offset;    /* the weight that conductance 0 lies below w = 0 */
    float tolerance; /* larger changes between calls restart a cell's clock */
    float noise;
} aimci_drift;

/* How the bounds of a cell close with its pulses N: each is its fresh one, moved toward 0, or
 * toward the bound of a window without 0 that is nearest to it, by the factor
 *
 *     max((N / onset)^-exponent, least)   where N > onset */
typedef struct aimci_endurance {
    float onset, spread; /* onset 0: they never do; spread of its logarithm */
    float max_exponent, min_exponent, least;
} aimci_endurance;

/* Of the distance to target the state keeps exp(-rate) at each read; rate 0: all of it. */
typedef struct aimci_disturb {
    double rate;
    float target;
} aimci_disturb;

/* What happens to cells without a pulse: the scalars stand in for cell parameters that do not
 * vary. */
typedef struct aimci_relaxation {
    float decay;     /* decay scale, 1: none */
    float diffusion; /* diffusion rate */
    float reset;     /* reset bias */
    float reset_std;
    float write_noise; /* standard deviation of w about p; 0: w is p */
    aimci_drift drift;
    aimci_disturb disturb;
} aimci_relaxation;

/* Which word line is sampled, of how many, from which seed. */
typedef struct aimci_sampling {
    uint64_t seed;
    uint32_t word_line, n_word_lines;
} aimci_sampling;

/* The ways in which cells relax, and what amount says of each. */
enum {
    AIMCI_RELAX_DECAY,   /* so many mini-batches */
    AIMCI_RELAX_DIFFUSE, /* nothing */
    AIMCI_RELAX_DRIFT,   /* time since the last call, in units of t_0 */
    AIMCI_RELAX_RESET,   /* probability */
    AIMCI_RELAX_DISTURB, /* share of the distance to the target that reads take off */
    AIMCI_N_RELAX
};
typedef void (*aimci_relax_fn)(const aimci_relaxation *r, const aimci_word_line *line, float amount,
                               const aimci_key *key, uint32_t index);

/* Operations on word lines that all devices share (device/relaxation.c). Bounds may be NULL: no
 * bounds. */
typedef struct aimci_relaxation_kernels {
    void (*clip)(const aimci_word_line *line);
    /* w = p + noise on all cells, where there is write noise */
    void (*redraw)(const aimci_relaxation *r, const aimci_word_line *line, const aimci_key *key,
                   uint32_t index);
    aimci_relax_fn relax[AIMCI_N_RELAX];
    /* count pulses, and where devices wear out move the bounds and what lies beyond them; count
     * NULL: bounds alone, by the pulses counted so far */
    void (*wear)(const aimci_endurance *e, const aimci_word_line *line, const int32_t *count);
} aimci_relaxation_kernels;

/* Device-to-device sampling: the cell parameters of a word line. */
typedef void (*aimci_populate_fn)(const void *params, const aimci_word_line *line,
                                  const aimci_sampling *sampling);
typedef struct aimci_sampling_kernels {
    aimci_populate_fn populate; /* what every pulsed model has: params begin with aimci_pulsed */
    /* drift exponents and state; word lines without drift stay as they are */
    void (*drift)(const aimci_drift *d, const aimci_word_line *line,
                  const aimci_sampling *sampling);
    /* fresh bounds and onsets, likewise */
    void (*endurance)(const aimci_endurance *e, const aimci_word_line *line,
                      const aimci_sampling *sampling);
} aimci_sampling_kernels;

/* Parameters of every pulsed model: the first member of each model's own struct. */
typedef struct aimci_pulsed {
    double dw_min, dw_min_dtod, dw_min_std;
    double up_down, up_down_dtod;
    double w_max, w_max_dtod, w_min, w_min_dtod;
    double corrupt_devices_prob, corrupt_devices_range;
    double lifetime, lifetime_dtod;
    double diffusion, diffusion_dtod;
    double reset, reset_dtod, reset_std;
    double write_noise_std;
    bool dw_min_dtod_log_normal, enforce_consistency, perfect_bias, apply_write_noise_on_set;
    bool count_pulses;
} aimci_pulsed;

/* law: the parameters of the device's law (device/law.h), for devices of the caller their params.
 */
typedef struct aimci_device_kernels {
    /* NULL: that of aimci_sampling_kernels */
    aimci_populate_fn populate;
    /* send count[i] pulses to cell i (> 0 up, < 0 down); key and index select the noise */
    void (*pulse)(const void *law, const aimci_word_line *line, const int32_t *count,
                  const aimci_key *key, uint32_t index);
    /* the same for several vectors, where the noise is additive; scratch holds line->n counts.
     * NULL: never */
    void (*merge)(const void *law, const aimci_word_line *line, const aimci_rows *rows,
                  int32_t *scratch, const aimci_key *key, uint32_t index);
} aimci_device_kernels;

/* Mean step S (1 - share (w + reference) / end) of one direction, S where end is 0. */
typedef struct aimci_affine_mean {
    double end, share, reference;
} aimci_affine_mean;

struct aimci_cell;

enum { AIMCI_MOVES_UP = 1, AIMCI_MOVES_DOWN = 2 };

typedef struct aimci_device_ops {
    const aimci_kind *kind;
    bool pulsed;        /* false: exact updates, no bounds, params is not an aimci_pulsed */
    bool has_reference; /* cells have a reference */
    bool own_are_sizes; /* own parameters are not negative where sampling is consistent */
    bool is_user;       /* of the caller's functions, which no file can keep */
    const char *own_parameters[AIMCI_MAX_OWN_PARAMETERS + 1]; /* names, NULL-terminated */
    const aimci_device_kernels *kernels[AIMCI_N_ISA];
    /* The law's parameters: how large, and what of them the fields decide, in zeroed memory that
     * has the noise of dw_min_std and write_noise_std, not additive unless silent. NULL: nothing
     * more. law_size 0: kernels get params. */
    size_t law_size;
    void (*law)(const void *params, void *out);
    /* The same of a pulse of half the voltage, in units of the whole one's dw_min, where the
     * device's half_select asks for it; returns which directions it moves: AIMCI_MOVES_UP ..., 0
     * none. NULL: the model knows no voltage. */
    int (*half_law)(const void *params, void *out);
    /* mean size of one pulse of the mean device at weight w, in its direction (positive); NULL: of
     * affine_mean, and without that the step at weight 0 */
    double (*mean_step)(const void *params, double w, bool up);
    aimci_affine_mean (*affine_mean)(const void *params, bool up);
    /* pulse size for the count arithmetic; NULL: dw_min */
    double (*granularity)(const void *params);
    /* fills base parameters that follow from other fields into a device's own params; NULL: none */
    void (*resolve)(void *params);
    /* for models that are not pulsed */
    void (*relaxation)(const void *params, aimci_relaxation *relaxation);
    /* for unit cells of several devices: make the members (device/cell.h); they are pulsed, have no
     * cell parameters and kernels of their own, and params is not an aimci_pulsed */
    aimc_status (*cell)(aimc_context *ctx, const aimc_config *config, struct aimci_cell *cell);
    /* what aimc_device_fit() finds of measured sweeps, bounds that are not in the list being those
     * of the data; empty: it does not try this model. Of models that fit about as well it takes the
     * one of the lower rank. */
    const char *fitted[AIMC_FIT_PARAMETERS];
    int fit_rank;
} aimci_device_ops;

#define AIMCI_DEVICE(name) extern const aimci_device_ops aimci_device_ops_##name;
#include "kinds.def"

struct aimc_device {
    aimc_context *ctx;
    const aimci_device_ops *ops;
    const aimci_device_kernels *kernels; /* NULL when not pulsed */
    aimci_populate_fn populate;          /* likewise */
    const aimci_sampling_kernels *sampling_kernels;
    const aimci_relaxation_kernels *relaxation_kernels;
    aimci_relaxation relaxation;
    double drift_t_0; /* unit of time of drift */
    aimci_endurance endurance;
    aimc_config *config; /* owns params */
    const void *params;
    void *law;               /* parameters of its law; NULL when not pulsed */
    void *half_law;          /* of half-selected cells; NULL: they stay as they are */
    int half_moves;          /* directions that half_law moves: AIMCI_MOVES_UP ... */
    struct aimci_cell *cell; /* NULL: one device */
    aimc_device_info info;
    void *owned; /* by the device, and lives longer than its configuration; may be NULL */
    /* called with params alone before the configuration goes, with owned alone after; or NULL */
    void (*release)(aimc_context *ctx, void *owned, const void *params);
    _Atomic uint32_t references;
};

/* Mean step of a model, with the defaults of its table. */
double aimci_model_mean_step(const aimci_device_ops *model, const void *params, double w, bool up);

/* A device of a model and its configuration, which it takes over, on failure too. */
aimc_status aimci_device_make(aimc_context *ctx, const aimci_device_ops *model, aimc_config *config,
                              aimc_device **out);

static inline const aimci_pulsed *aimci_device_pulsed(const aimc_device *device)
{
    return device->ops->pulsed && !device->cell ? device->params : NULL;
}

/* Pulses that are more than a cell notices at once: thousands, and several times what takes the
 * mean device through all its states. */
int32_t aimci_device_longest_train(const aimc_device *device);

/* ---- field tables --------------------------------------------------------------------------- */

#define AIMCI_SRC_PULSED "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)"
#define AIMCI_SRC_RASCH  "Rasch et al., AICAS (2021), arXiv:2104.02184"
#define AIMCI_POSITIVE   1e-30
#define AIMCI_HUGE       1e30

/* The fields of aimci_pulsed as seen from type, a struct whose first member is called base. */
#define AIMCI_P(type, type_macro, field, ...)                                                      \
    {                                                                                              \
#field, type_macro, offsetof(type, base) + offsetof(aimci_pulsed, field), __VA_ARGS__, 0   \
    }
#define AIMCI_PN(type, field, def, min, max, unit, doc, src)                                       \
    AIMCI_P(type, AIMC_FIELD_NUMBER, field, def, min, max, unit, "", "", doc, src)
#define AIMCI_PF(type, field, def, doc, src)                                                       \
    AIMCI_P(type, AIMC_FIELD_FLAG, field, def, 0, 1, "1", "", "", doc, src)

/* The nested configurations of every device, children 0 and 1 of its kind, and 2 of pulsed ones. */
#define AIMCI_DRIFT_FIELD                                                                          \
    AIMCI_CHILD("drift", 0, "drift", "drift", "drift of the weight with time, in explicit calls",  \
                AIMCI_SRC_RASCH)
#define AIMCI_DISTURB_FIELD                                                                        \
    AIMCI_CHILD("read_disturb", 1, "read_disturb", "read_disturb", "what reads do to the state",   \
                "docs/models/endurance.md")
#define AIMCI_ENDURANCE_FIELD                                                                      \
    AIMCI_CHILD("endurance", 2, "endurance", "endurance", "how the bounds close with pulses",      \
                "docs/models/endurance.md")
#define AIMCI_PULSED_CHILDREN 3

/* the mean device; */
#define AIMCI_PULSED_MEAN_FIELDS(T)                                                                \
    AIMCI_PN(T, dw_min, 0.001, AIMCI_POSITIVE, AIMCI_HUGE, "weight",                               \
             "mean step of one pulse at weight 0", AIMCI_SRC_PULSED),                              \
        AIMCI_PN(T, up_down, 0.0, -1, 1, "dw_min",                                                 \
                 "directional asymmetry: > 0 shrinks the down step, < 0 the up step by |up_down| " \
                 "dw_min",                                                                         \
                 AIMCI_SRC_PULSED),                                                                \
        AIMCI_PN(T, w_max, 0.6, 0, AIMCI_HUGE, "weight", "mean upper bound", AIMCI_SRC_PULSED),    \
        AIMCI_PN(T, w_min, -0.6, -AIMCI_HUGE, 0, "weight", "mean lower bound", AIMCI_SRC_PULSED)

/* what the steps of cells have in common; */
#define AIMCI_PULSED_GAIN_FIELDS(T)                                                                \
    AIMCI_PN(T, dw_min_dtod, 0.3, 0, AIMCI_HUGE, "relative",                                       \
             "device-to-device spread of the step gain common to both directions",                 \
             AIMCI_SRC_PULSED),                                                                    \
        AIMCI_PF(T, dw_min_dtod_log_normal, 0,                                                     \
                 "gain is exp(dtod xi), median 1, instead of 1 + dtod xi", AIMCI_SRC_RASCH)

/* the noise of a pulse; */
#define AIMCI_PULSED_NOISE_FIELD(T)                                                                \
    AIMCI_PN(T, dw_min_std, 0.3, 0, AIMCI_HUGE, "relative",                                        \
             "cycle-to-cycle noise of one pulse, in units of the step", AIMCI_SRC_PULSED)

/* the other spreads, faults and slow changes; */
#define AIMCI_PULSED_REST_FIELDS(T)                                                                \
    AIMCI_PN(T, up_down_dtod, 0.01, 0, AIMCI_HUGE, "dw_min",                                       \
             "device-to-device spread of the asymmetry, added to one step and taken from the "     \
             "other",                                                                              \
             AIMCI_SRC_PULSED),                                                                    \
        AIMCI_PN(T, w_max_dtod, 0.3, 0, AIMCI_HUGE, "relative",                                    \
                 "device-to-device spread of the upper bound", AIMCI_SRC_PULSED),                  \
        AIMCI_PN(T, w_min_dtod, 0.3, 0, AIMCI_HUGE, "relative",                                    \
                 "device-to-device spread of the lower bound", AIMCI_SRC_PULSED),                  \
        AIMCI_PF(T, enforce_consistency, 1,                                                        \
                 "take the absolute value of steps and put bounds in order after drawing them",    \
                 AIMCI_SRC_RASCH),                                                                 \
        AIMCI_PN(T, corrupt_devices_prob, 0.0, 0, 1, "probability",                                \
                 "probability that a cell is stuck", AIMCI_SRC_RASCH),                             \
        AIMCI_PN(T, corrupt_devices_range, 0.1, 0, AIMCI_HUGE, "weight",                           \
                 "stuck cells sit uniformly within plus-minus this range", AIMCI_SRC_RASCH),       \
        AIMCI_PF(T, perfect_bias, 0,                                                               \
                 "cells of the last input have step dw_min and 100-fold bounds, without spread",   \
                 AIMCI_SRC_RASCH),                                                                 \
        AIMCI_PN(                                                                                  \
            T, lifetime, 0.0, 0, AIMCI_HUGE, "mini-batches",                                       \
            "decay: each mini-batch takes 1/lifetime of the distance to the reset bias; 0 = off",  \
            AIMCI_SRC_RASCH),                                                                      \
        AIMCI_PN(T, lifetime_dtod, 0.0, 0, AIMCI_HUGE, "relative",                                 \
                 "device-to-device spread of lifetime", AIMCI_SRC_RASCH),                          \
        AIMCI_PN(T, diffusion, 0.0, 0, AIMCI_HUGE, "weight",                                       \
                 "standard deviation of the noise added each mini-batch; 0 = off",                 \
                 AIMCI_SRC_RASCH),                                                                 \
        AIMCI_PN(T, diffusion_dtod, 0.0, 0, AIMCI_HUGE, "relative",                                \
                 "device-to-device spread of diffusion", AIMCI_SRC_RASCH),                         \
        AIMCI_PN(T, reset, 0.0, -AIMCI_HUGE, AIMCI_HUGE, "weight",                                 \
                 "mean reset bias: where a reset and decay lead to", AIMCI_SRC_RASCH),             \
        AIMCI_PN(T, reset_dtod, 0.0, 0, AIMCI_HUGE, "weight",                                      \
                 "device-to-device spread of the reset bias, absolute", AIMCI_SRC_RASCH),          \
        AIMCI_PN(T, reset_std, 0.01, 0, AIMCI_HUGE, "weight",                                      \
                 "standard deviation of one reset, absolute", AIMCI_SRC_RASCH),                    \
        AIMCI_PF(T, count_pulses, 0,                                                               \
                 "count the pulses of every device in its parameter \"pulses\": 4 bytes each",     \
                 "docs/models/energy.md"),                                                         \
        AIMCI_DRIFT_FIELD, AIMCI_DISTURB_FIELD, AIMCI_ENDURANCE_FIELD

/* all of these: everything else of aimci_pulsed but write noise; */
#define AIMCI_PULSED_OTHER_FIELDS(T)                                                               \
    AIMCI_PULSED_GAIN_FIELDS(T), AIMCI_PULSED_NOISE_FIELD(T), AIMCI_PULSED_REST_FIELDS(T)

/* Models that know the voltage of their pulses. */
#define AIMCI_HALF_SELECT_FIELD(T)                                                                 \
    AIMCI_FLAG(                                                                                    \
        T, half_select, 0,                                                                         \
        "each pulse moves the cells that share one line with its cell, at half the voltage",       \
        "docs/models/half-select.md")

/* and both. Families with these fields have n_children = AIMCI_PULSED_CHILDREN. */
#define AIMCI_PULSED_FIELDS(T) AIMCI_PULSED_MEAN_FIELDS(T), AIMCI_PULSED_OTHER_FIELDS(T)

/* Models whose cells have a persistent weight beside the apparent one. */
#define AIMCI_WRITE_NOISE_FIELDS(T)                                                                \
    AIMCI_PN(                                                                                      \
        T, write_noise_std, 0.0, 0, AIMCI_HUGE, "dw_min",                                          \
        "noise of the apparent weight about the persistent one, redrawn when the cell is written", \
        AIMCI_SRC_RASCH),                                                                          \
        AIMCI_PF(T, apply_write_noise_on_set, 1,                                                   \
                 "draw write noise when weights are set directly, too", AIMCI_SRC_RASCH)

/* Contradictions that every pulsed model refuses; all that one without a check does. */
aimc_status aimci_pulsed_check(const aimci_pulsed *p);

/* Mean step at weight 0 of the base model: up dw_min (1 + min(up_down, 0)), down
 * dw_min (1 - max(up_down, 0)). */
double aimci_pulsed_step(const aimci_pulsed *p, bool up);

#endif
