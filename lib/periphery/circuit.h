/* SPDX-License-Identifier: MIT */
/* Converters that are not the ideal mid-tread one: other codes, and circuits with their errors. */
#ifndef AIMCI_CIRCUIT_H
#define AIMCI_CIRCUIT_H

#include "core/config.h"
#include "core/random.h"

enum {
    AIMCI_STYLE_MID_TREAD,
    AIMCI_STYLE_UNSIGNED,
    AIMCI_STYLE_TWOS_COMPLEMENT,
    AIMCI_STYLE_THRESHOLDS
};
enum { AIMCI_ROUND_NEAREST, AIMCI_ROUND_FLOOR };
enum {
    AIMCI_CIRCUIT_IDEAL,
    AIMCI_CIRCUIT_SAR,
    AIMCI_CIRCUIT_RAMP,
    AIMCI_CIRCUIT_PIPELINE,
    AIMCI_CIRCUIT_CYCLIC,
    AIMCI_CIRCUIT_FLASH
};

/* Values of the family "circuit". */
typedef struct aimci_circuit_params {
    double low, gain_error, mismatch, comparator_offset;
    int64_t group_size;
    aimci_list thresholds, levels;
    int32_t style, rounding, model;
    bool split;
} aimci_circuit_params;

/* Codes are counted from 0. An input x is u = (x - lowest) / step + 1/2 on the axis where the ideal
 * transition to code c lies at c. */
typedef struct aimci_circuit {
    aimc_context *ctx;
    aimci_circuit_params params;
    int bits;
    int32_t n_codes, first; /* what code 0 is called outside */
    double lowest, step, full;
    size_t n_channels, n_tables, sharing; /* channels of one table */
    double *transitions; /* [n_tables][n_codes]: to code c; the first is not used */
    double *stages;      /* [n_channels][bits][2]: gain - 1 of a stage, offset of its comparators */
    double *offsets;     /* [n_channels] of the comparator, on the axis of u */
    float *values;       /* [n_codes], of THRESHOLDS */
} aimci_circuit;

/* The plain mid-tread converter, for which none of this is needed? */
bool aimci_circuit_is_plain(const aimci_circuit_params *params);

/* res and bound as everywhere; failures name the field, from who. */
aimc_status aimci_circuit_create(aimc_context *ctx, const aimci_circuit_params *params, double res,
                                 double bound, size_t n_channels, const char *who,
                                 aimci_circuit **out);
void aimci_circuit_destroy(aimci_circuit *circuit);

/* Draw the errors of all channels. */
void aimci_circuit_draw(aimci_circuit *circuit, const aimci_key *key);

/* Code of x, 0 ... n_codes - 1 (NaN: that of 0). beyond: -1, 0, 1 when x is outside the range. */
int32_t aimci_circuit_code(const aimci_circuit *circuit, size_t channel, double x, int *beyond);
float aimci_circuit_value(const aimci_circuit *circuit, int32_t code);

/* x[k] += (U - 1/2) step of stream key: stochastic rounding in front of any converter. */
void aimci_circuit_dither(const aimci_circuit *circuit, const aimci_key *key, float *x, size_t n);

#endif
