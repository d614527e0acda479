/* SPDX-License-Identifier: MIT */
/* Devices whose pulses are the flow of an ordinary differential equation of one state: a pulse of
 * given amplitude and width is the same for all cells but for their gain, so that its flow is
 * integrated once, when the device is made. */
#ifndef AIMCI_FLOW_H
#define AIMCI_FLOW_H

#include "device/model.h"

#define AIMCI_FLOW_MOST 256 /* nodes of a table */

/* Flow of one direction: places z between the bounds, rising, the time there in nominal pulses, and
 * the slope dz/dt, which is positive, whichever the direction. */
typedef struct aimci_flow_side {
    size_t n;
    double place[AIMCI_FLOW_MOST], time[AIMCI_FLOW_MOST], slope[AIMCI_FLOW_MOST];
} aimci_flow_side;

typedef struct aimci_flow {
    aimci_flow_side up, down;
} aimci_flow;

/* A state x in [0, 1], rising with the conductance. */
typedef struct aimci_flow_model {
    const void *params;
    /* how far a nominal pulse would move x at this rate; at least 0 */
    double (*rate)(const void *params, double x, bool up);
    /* place between the bounds, from 0 to 1, and its slope */
    double (*place)(const void *params, double x, double *slope);
} aimci_flow_model;

/* What parameters of such a device begin with: the flow follows from all others. */
typedef struct aimci_flow_device {
    aimci_pulsed base;
    aimci_flow flow;
} aimci_flow_device;
#define AIMCI_FLOW_DEVICE                                                                          \
    union {                                                                                        \
        aimci_flow_device device;                                                                  \
        struct {                                                                                   \
            aimci_pulsed base;                                                                     \
            aimci_flow flow;                                                                       \
        };                                                                                         \
    }

/* The flow, n = 0 in a direction where nothing moves, and the base parameters that follow: dw_min
 * is the mean step at mid-range, 0 where there is none. */
void aimci_flow_resolve(const aimci_flow_model *model, aimci_flow_device *device);

/* Contradictions of the base. */
aimc_status aimci_flow_check(const char *kind, const aimci_pulsed *base);

/* Of aimci_device_ops: the mean step, and the law's parameters (laws/flow.h). */
double aimci_flow_mean_step(const void *params, double w, bool up);
void aimci_flow_law(const void *params, void *out);
/* Of a model whose voltages are half of the device's: its flow goes into device, a copy, whose
 * dw_min stays; of aimci_device_ops, half_law. */
int aimci_flow_half_law(const aimci_flow_model *model, aimci_flow_device *device, void *out);
#define AIMCI_FLOW_LAW_SIZE 6172 /* bytes */

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, flow)

/* The fields of aimci_pulsed that these devices have: their step is that of the equation. */
#define AIMCI_FLOW_FIELDS(T)                                                                       \
    AIMCI_PN(T, w_max, 0.6, 0, AIMCI_HUGE, "weight",                                               \
             "mean upper bound: the weight at the largest conductance", AIMCI_SRC_PULSED),         \
        AIMCI_PN(T, w_min, -0.6, -AIMCI_HUGE, 0, "weight",                                         \
                 "mean lower bound: the weight at the smallest conductance", AIMCI_SRC_PULSED),    \
        AIMCI_PULSED_OTHER_FIELDS(T), AIMCI_WRITE_NOISE_FIELDS(T)

#endif
