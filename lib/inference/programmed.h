/* SPDX-License-Identifier: MIT */
/* A tile whose weights lie on programmed conductances. It is the tile's companion tile->programmed;
 * the tile's own weights stay as they are underneath and come back when it goes. */
#ifndef AIMCI_PROGRAMMED_H
#define AIMCI_PROGRAMMED_H

#include "inference/population.h"
#include "inference/encoding.h"
#include "tile/tile.h"

enum { AIMCI_ONE_SHOT, AIMCI_VERIFY, AIMCI_GRADIENT, AIMCI_VERIFY_GRADIENT };
enum {
    AIMCI_COMPENSATE_NONE,
    AIMCI_COMPENSATE_GLOBAL,
    AIMCI_COMPENSATE_PER_OUTPUT,
    AIMCI_COMPENSATE_REFIT,
    AIMCI_COMPENSATE_BATCH_NORM
};

typedef struct aimci_programming {
    int32_t method;
    int64_t max_iterations, max_pulses, batch;
    double tolerance, pulse_step, pulse_noise, learning_rate;
    double pulse_time_ns, read_time_ns;
} aimci_programming;

typedef struct aimci_compensation {
    int32_t method;
    bool ideal_reference;
    int64_t n_vectors;
} aimci_compensation;

typedef struct aimci_faults {
    double stuck_low, stuck_high, stuck_random;
} aimci_faults;

typedef struct aimci_inference_params {
    int64_t seed;
} aimci_inference_params;

typedef struct aimci_programmed {
    aimc_context *ctx;
    aimc_tile *tile;
    aimc_config *config; /* of kind "inference" */
    aimc_noise_model *model;
    aimc_population
        *cells; /* [n_in][n_out][per_weight], then n_in shared ones where there are any */
    const aimci_encoding_ops *encoding;
    const void *encoding_params;
    const aimci_programming *programming;
    const aimci_compensation *compensation;
    size_t n_out, n_in, ld, per_weight;
    uint64_t seed;
    float *target;          /* [n_in][ld]: the weights asked for */
    float *read;            /* [n_in][ld]: what one read of the devices gave, noise and all */
    float *conductance;     /* [n_in][ld]: of all devices of a weight, over g_max */
    float *middle, *half;   /* [n_out] */
    float *gain, *shift;    /* [n_out]: digital, after the read-out */
    float *seen, *variance; /* [n_in][ld]: what every read finds, and its noise */
    float *common;          /* [n_in]: noise that all outputs share */
    float *unit;            /* [2][n_in]: shared devices in one read and in all, uS; or NULL */
    aimci_device_noise noise;
    float *reference;             /* [n_out]: mean magnitudes of the reference read */
    double slope[AIMCI_MAX_CELL]; /* of a weight by its devices, u / uS */
    float *scratch;               /* of each thread: three times as much as is told below */
    float *given; /* those of all devices that were set from outside; NULL: none were */
    uint64_t n_calibrations;
    bool has_reference, compensated;
    double t;
    uint64_t device_reads; /* of the report's verify_reads: those of single devices */
    aimc_inference_report report;
} aimci_programmed;

/* Everything but weights and the devices' values. config: of kind "inference", or NULL. */
aimc_status aimci_programmed_prepare(aimc_tile *tile, const aimc_config *config,
                                     aimci_programmed **out);
void aimci_programmed_destroy(aimci_programmed *p);

/* From here on reads see the devices; and the tile's own weights again, p being destroyed. */
void aimci_programmed_show(aimci_programmed *p);
void aimci_programmed_take_off(aimci_programmed *p);

/* The u of a weight that the devices are programmed to. */
static inline double aimci_programmed_wish(const aimci_programmed *p, size_t i, size_t j)
{
    return ((double)p->target[j * p->ld + i] - (double)p->middle[i]) / (double)p->half[i];
}

/* Scales of the weights, and conductances that the devices are programmed to. */
void aimci_programmed_choose_scales(aimci_programmed *p);
aimc_status aimci_programmed_encode(aimci_programmed *p);

/* No digital correction of the outputs. */
void aimci_programmed_clear_gain(aimci_programmed *p);
void aimci_programmed_update_report(aimci_programmed *p);

/* State of p to a file; programmed devices of the tile that the file has under of_tile, if it
 * has any. */
aimc_status aimci_programmed_put(const void *p, aimci_st_writer *writer, const char *prefix);
aimc_status aimci_programmed_restore(aimc_tile *tile, const aimci_st_reader *reader,
                                     const char *of_tile);

/* The programmed state of a tile, or NULL. */
aimci_programmed *aimci_programmed_of(const aimc_tile *tile);

/* Read the devices at p->t; or find those conductances that were given. */
void aimci_programmed_read(aimci_programmed *p);

/* After p->read came from elsewhere: p->seen and p->noise. */
void aimci_programmed_find_noise(aimci_programmed *p);
/* Devices that are read together. */
size_t aimci_programmed_scratch(const aimci_programmed *p);

/* Of a device at most, in units of g_max: beyond the noise of any programming. */
#define AIMCI_MOST_CONDUCTANCE 10

/* Write loop of the configuration after the first shot; counts into the report. */
aimc_status aimci_programmed_loop(aimci_programmed *p);

/* Which devices are faulty, drawn before they are programmed. */
aimc_status aimci_programmed_draw_faults(aimci_programmed *p, const aimci_faults *faults);

/* Mean magnitudes of outputs for the calibration vectors; fills reference. */
aimc_status aimci_programmed_take_reference(aimci_programmed *p);
aimc_status aimci_programmed_compensate(aimci_programmed *p, size_t n, const float *x, size_t ld);

/* Factor that brings a row of weights, stored like the targets, to their scale. */
double aimci_programmed_slope(const aimci_programmed *p, const float *weights, size_t row);

/* Relative Frobenius error of the weights read; with_gain: after compensation. */
double aimci_programmed_error(const aimci_programmed *p, bool with_gain);

/* Exact y = W x of the target weights, packed. */
void aimci_programmed_ideal(const aimci_programmed *p, size_t n, const float *x, size_t ld,
                            float *y);

#endif
