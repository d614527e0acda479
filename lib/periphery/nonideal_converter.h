/* SPDX-License-Identifier: MIT */
/* Converters that are not the ideal mid-tread one: other codes, and errors of their circuits. */
#ifndef AIMCI_NONIDEAL_CONVERTER_H
#define AIMCI_NONIDEAL_CONVERTER_H

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
    AIMCI_CONVERTER_IDEAL,
    AIMCI_CONVERTER_SAR,
    AIMCI_CONVERTER_RAMP,
    AIMCI_CONVERTER_PIPELINE,
    AIMCI_CONVERTER_CYCLIC,
    AIMCI_CONVERTER_FLASH
};

/* Values of the kind "nonideal_converter". */
typedef struct aimci_nonideal_converter_params {
    double low, gain_error, mismatch, comparator_offset;
    int64_t group_size;
    aimci_list thresholds, levels;
    int32_t style, rounding, model;
    bool split, binary;
} aimci_nonideal_converter_params;

/* Codes are counted from 0. An input x is u = (x - lowest) / step + 1/2 on the axis where the ideal
 * transition to code c lies at c. */
typedef struct aimci_nonideal_converter {
    aimc_context *ctx;
    aimci_nonideal_converter_params params;
    int bits;
    int32_t n_codes, first; /* what code 0 is called outside */
    double lowest, step, full;
    size_t n_channels, n_tables, sharing; /* channels of one table */
    double *transitions; /* [n_tables][n_codes]: to code c; the first is not used */
    double *stages;      /* [n_channels][bits][2]: gain - 1 of a stage, offset of its comparators */
    double *offsets;     /* [n_channels] of the comparator, on the axis of u */
    float *values;       /* [n_codes], of THRESHOLDS */
} aimci_nonideal_converter;

/* The plain mid-tread converter, for which none of this is needed? */
bool aimci_nonideal_converter_is_plain(const aimci_nonideal_converter_params *params);

/* res and bound as everywhere; failures name the field, from the caller. */
aimc_status aimci_nonideal_converter_create(aimc_context *ctx,
                                            const aimci_nonideal_converter_params *params,
                                            double res, double bound, size_t n_channels,
                                            const char *caller, aimci_nonideal_converter **out);
void aimci_nonideal_converter_destroy(aimci_nonideal_converter *converter);

/* Draw the errors of all channels. */
void aimci_nonideal_converter_draw(aimci_nonideal_converter *converter, const aimci_key *key);

/* Code of x, 0 ... n_codes - 1 (NaN: that of 0). beyond: -1, 0, 1 when x is outside the range. */
int32_t aimci_nonideal_converter_code(const aimci_nonideal_converter *converter, size_t channel,
                                      double x, int *beyond);
float aimci_nonideal_converter_value(const aimci_nonideal_converter *converter, int32_t code);

/* x[k] += (U - 1/2) step of stream key: stochastic rounding in front of any converter. */
void aimci_nonideal_converter_dither(const aimci_nonideal_converter *converter,
                                     const aimci_key *key, float *x, size_t n);

#endif
