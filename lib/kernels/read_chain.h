/* SPDX-License-Identifier: MIT */
/* Loops of the read-out: converters, and what the array adds between them. Same rules as
 * kernels/kernels.h. */
#ifndef AIMCI_READ_CHAIN_H
#define AIMCI_READ_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "core/random.h"

/* Input side of a read: z = clip(Q(scale x)) + noise, negatives shrunk by asymmetry. */
typedef struct aimci_dac {
    aimci_key key;
    float scale;
    float step;  /* 0: no quantiser */
    float bound; /* +infinity: none */
    float noise;
    float asymmetry;
    int sto_round;
} aimci_dac;

/* Output side of a read: asymmetry, noise, quantiser, clip, gain. */
typedef struct aimci_adc {
    aimci_key key;
    float asymmetry;
    float noise;         /* standard deviation, when noises is NULL */
    const float *noises; /* [n padded to 8]: one for each output */
    float step, bound;
    float gain;
    int sto_round;
    int test_negative; /* hits of the lower bound count as clipped */
} aimci_adc;

/* A vector made from a prepared input. */
typedef enum aimci_part_op {
    AIMCI_PART_POSITIVE,  /* max(z, 0) */
    AIMCI_PART_NEGATIVE,  /* max(-z, 0) */
    AIMCI_PART_DIGITS,    /* bits first ... first + count - 1 of the code |z| / step, signed */
    AIMCI_PART_MAGNITUDE, /* |z| */
    AIMCI_PART_SQUARE,    /* z^2 */
    AIMCI_PART_TIMES      /* z profile */
} aimci_part_op;

typedef struct aimci_part {
    aimci_part_op op;
    int first, count;
    float step;
    float unit;      /* DIGITS: what the lowest of the bits is driven by */
    float asymmetry; /* DIGITS: negative values are multiplied by 1 - this */
    const float *profile;
} aimci_part;

/* What the array does to the plain products of one vector, in this order; NULL is off. */
typedef struct aimci_current {
    const float *dropped; /* [n] products of the inputs weighted by their distance */
    const float *load;    /* [n] what loads the wire of each output */
    float load_scale;     /* amplitude argument a = load_scale load */
    float ir_drop;
    int cubic; /* amplitude a polynomial instead of exact */

    int has_reference;    /* offset and series resistance */
    int has_floor;        /* conductance floor: reference is its current */
    float reference;      /* -v_offset_w_min sum(z) */
    const float *offsets; /* [n padded to 8] */
    float r_series, r_max;

    aimci_key key;
    float noise;        /* standard deviation, times sqrt(power) when power is not NULL; 0: off */
    const float *power; /* [n] */
} aimci_current;

typedef struct aimci_read_kernels {
    void (*dac)(const aimci_dac *dac, const float *x, float *z, size_t n);

    /* From the currents, which may be y itself; the number of outputs beyond the bound is
     * returned. */
    size_t (*adc)(const aimci_adc *adc, const float *currents, float *y, size_t n);

    /* Codes of a quantiser: rint(x / step) or stochastically, clipped to +-max_code; NaN gives
     * 0. */
    void (*encode)(const aimci_key *key, float step, int32_t max_code, int sto_round,
                   const float *x, int32_t *codes, size_t n);

    void (*part)(const aimci_part *part, const float *z, float *out, size_t n);

    /* In place. */
    void (*current)(const aimci_current *current, float *y, size_t n);

    /* y = kappa y / (1 + |c y|); coefficients c [n padded to 8] or NULL: all are c */
    void (*compress)(float kappa, float c, const float *coefficients, float *y, size_t n);
} aimci_read_kernels;

/* The table for these instruction sets. */
const aimci_read_kernels *aimci_read_kernels_get(uint32_t cpu);

#endif
