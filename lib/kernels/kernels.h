/* SPDX-License-Identifier: MIT */
/* Loops over raw arrays. They know no handles, allocate nothing, and give the same bits on every
 * instruction set. */
#ifndef AIMCI_KERNELS_H
#define AIMCI_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/random.h"

/* Pulse trains of one vector: element i fires in a slot with probability scale |v[i]|, put on the
 * grid res first. */
typedef struct aimci_train {
    aimci_key key;
    float scale;
    float res;           /* grid of the probabilities; <= 0: none */
    int sto_round;       /* round to the grid stochastically */
    uint32_t first_slot; /* slots already made of a train longer than the masks hold */
    uint32_t n_slots;    /* <= 32 * n_words */
    uint32_t n_words;
    size_t stride;  /* of mask rows; multiple of 8, >= n */
    uint32_t *mask; /* [n_words][stride]: bit t of word w = fires in slot 32 w + t; padding is 0 */
    int32_t *negative; /* [stride]: -1 where v < 0, else 0 */
} aimci_train;

/* Pulses to one cell at once are never more, whoever asks for them. */
#define AIMCI_LONGEST_TRAIN 1000000

/* What an accumulator loses to pulses. */
typedef struct aimci_crossing {
    float threshold, taken; /* n = trunc(x / threshold); n taken goes */
    float per_count;        /* pulses for each n */
    float longest;          /* pulses to one element; n goes all the same */
    int whole;              /* what goes is rounded to an integer */
} aimci_crossing;

typedef struct aimci_kernels {
    float (*absmax)(const float *x, size_t n);

    /* Sums of n values and of their squares are added to sums, eight chains side by side. */
    void (*moments)(const float *x, size_t n, double sums[2]);

    /* Fill mask and negative of the train from v[n]. */
    void (*train)(const aimci_train *train, const float *v, size_t n);

    /* The bit goes into lines[stride] where the element fires in any slot of the masks. */
    void (*mark)(const aimci_train *train, uint32_t bit, uint32_t *lines);

    /* Signed pulse counts of a word line: popcount(mask_out[i] & mask_in), down where the signs
     * agree. mask rows have these strides; mask_in points at the element of the word line in the
     * first row. up and down are added to, or both NULL. Returns whether any count is not 0. */
    int (*coincide)(const aimci_train *out, const uint32_t *mask_in, size_t stride_in,
                    int32_t negative_in, int32_t *count, uint64_t *up, uint64_t *down);

    /* Deterministic counts of a word line: rint(q_out[i] q_in scale), with the same signs. q_out is
     * padded to 8 with 0. */
    int (*count_product)(const float *q_out, const int32_t *negative_out, size_t n, float q_in,
                         int32_t negative_in, float scale, int32_t *count, uint64_t *up,
                         uint64_t *down);

    /* q = min(|v| scale on the grid res, 1), times levels and rounded when levels > 0; negative as
     * in a train. Padded to 8. */
    void (*probabilities)(const aimci_train *train, const float *v, size_t n, float levels,
                          float *q);

    /* count = -rint(n per_count), at most the longest, and what goes is taken from x, both padded
     * to 8. Nothing is left of x where n is 2^24 or more. sums: up, down pulses, elements with
     * n != 0 and those that wanted more than the longest are added to. Returns whether any n is
     * not 0. */
    int (*cross)(const aimci_crossing *crossing, float *x, int32_t *count, size_t n,
                 uint64_t sums[4]);

    /* y = f(x) and dx = dy f'(x), given y; the numbers of aimc_activation */
    void (*activate)(int kind, const float *x, float *y, size_t n);
    void (*activate_back)(int kind, const float *y, const float *dy, float *dx, size_t n);

    /* uniforms on [-1, 1), n floats */
    void (*uniform)(const aimci_key *key, float *x, size_t n);

    /* standard normals of stream line, n floats */
    void (*normals)(const aimci_key *key, uint32_t line, float *z, size_t n);

    /* y = log x of normal x > 0, exp x, x^e of x >= 0; errors as in kernels/vec.h. y may be x. */
    void (*log)(const float *x, float *y, size_t n);
    void (*exp)(const float *x, float *y, size_t n);
    void (*pow)(const float *x, float e, float *y, size_t n);
} aimci_kernels;

enum { AIMCI_K_TANH = 1, AIMCI_K_RELU = 2, AIMCI_K_SIGMOID = 3 };

#endif
