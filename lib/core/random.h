/* SPDX-License-Identifier: MIT */
/* Keys of random streams: counter-based, so that no stream depends on which one was used before.
 * Bulk numbers are made from a key by kernels/stream.h. */
#ifndef AIMCI_RANDOM_H
#define AIMCI_RANDOM_H

#include <stdint.h>

typedef struct aimci_key {
    uint32_t k[4];
} aimci_key;

/* What a stream is for. The numbers are part of the stream definition: append, never renumber. */
typedef enum aimci_op {
    AIMCI_OP_DERIVE = 0,       /* seeds of children */
    AIMCI_OP_CONSTRUCT = 1,    /* per-cell parameters, by line */
    AIMCI_OP_TRAIN_IN = 2,     /* pulse trains of the inputs, by vector update */
    AIMCI_OP_TRAIN_OUT = 3,    /* pulse trains of the outputs, by vector update */
    AIMCI_OP_PULSE = 4,        /* cycle-to-cycle noise, by vector update and line */
    AIMCI_OP_FORWARD = 5,      /* read-out noise, by vector and pass */
    AIMCI_OP_BACKWARD = 6,     /* the same, transposed */
    AIMCI_OP_WRITE_NOISE = 7,  /* redraw of all apparent weights, by event and line */
    AIMCI_OP_RESET = 8,        /* by event and line */
    AIMCI_OP_DIFFUSE = 9,      /* by event and line */
    AIMCI_OP_CONVERTER = 10,   /* stochastic rounding of a converter on its own, by call */
    AIMCI_OP_PERIPHERY = 11,   /* fixed errors of the read-out */
    AIMCI_OP_INIT = 12,        /* initial weights of a layer */
    AIMCI_OP_TRANSFER = 13,    /* reads and writes of the Tiki-Taka algorithms */
    AIMCI_OP_DRIFT = 14,       /* by event and line */
    AIMCI_OP_CELL = 15,        /* which device of a unit cell, and its noise; by vector update */
    AIMCI_OP_PROGRAM = 20,     /* conductances as programmed, by event and chunk */
    AIMCI_OP_READ = 21,        /* read noise of conductances, by event and chunk */
    AIMCI_OP_FAULT = 22,       /* which devices and bits are faulty, by chunk */
    AIMCI_OP_MODIFY = 23,      /* modified weights of a mini-batch, by event and line */
    AIMCI_OP_READ_ARRAY = 25,  /* read noise of programmed devices, by vector, cycle and pass */
    AIMCI_OP_CALIBRATE = 24,   /* input vectors of a calibration or programming loop, by event */
    AIMCI_OP_HALF_SELECT = 26, /* noise of half-selected cells, by vector update and line */
} aimci_op;

/* Philox4x32-10 of counter (op, sub, index) under key seed. J. K. Salmon et al., SC'11, "Parallel
 * random numbers: as easy as 1, 2, 3". */
aimci_key aimci_random_key(uint64_t seed, aimci_op op, uint32_t sub, uint64_t index);

/* Seed of child number index. */
uint64_t aimci_random_derive(uint64_t seed, uint64_t index);

#endif
