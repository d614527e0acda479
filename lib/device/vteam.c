/* SPDX-License-Identifier: MIT */
/* VTEAM: a memristor whose state moves where the voltage exceeds a threshold. With w the state
 * between w_on and w_off and s = (w - w_on) / (w_off - w_on),
 *
 *     dw/dt = k_off (v / v_off - 1)^alpha_off f_off(w)    0 < v_off < v
 *             0                                           v_on <= v <= v_off
 *             k_on (v / v_on - 1)^alpha_on f_on(w)        v < v_on < 0
 *
 *     linear:  R = r_on + (r_off - r_on) s        exponential:  R = r_on (r_off / r_on)^s
 *
 * S. Kvatinsky, M. Ramadan, E. G. Friedman and A. Kolodny, IEEE Trans. Circuits Syst. II 62:786
 * (2015). Windows f:
 *
 *     JOGLEKAR    1 - (2 s - 1)^2p                  Joglekar and Wolf, Eur. J. Phys. 30:661 (2009)
 *     BIOLEK      1 - s^2p toward off, 1 - (1 - s)^2p toward on
 *                                                   Biolek et al., Radioengineering 18:210 (2009)
 *     PRODROMAKIS j (1 - ((s - 1/2)^2 + 3/4)^p)     Prodromakis et al., IEEE Trans. Electron
 *                                                   Devices 58:3099 (2011)
 *     KVATINSKY   exp(-exp((s - a_off) / w_c)) toward off, exp(-exp((a_on - s) / w_c)) toward on
 *                                                   Kvatinsky et al., IEEE TCAS-I 60:211 (2013)
 *
 * An up pulse has the voltage voltage_up < v_on and raises the conductance, a down pulse
 * voltage_down > v_off. The weight is a straight line of the conductance, w_min at r_off. */
#include <math.h>

#include "core/elementary.h"
#include "device/flow.h"

enum { NONE, JOGLEKAR, BIOLEK, PRODROMAKIS, KVATINSKY };
enum { LINEAR, EXPONENTIAL };

typedef struct vteam {
    AIMCI_FLOW_DEVICE;
    double k_on, k_off, v_on, v_off, alpha_on, alpha_off, length, r_on, r_off;
    double voltage_up, voltage_down, width_up, width_down;
    double window_p, window_j, a_on, a_off, w_c;
    int32_t window, resistance;
    bool half_select;
} vteam;

#define SRC      "Kvatinsky, Ramadan, Friedman and Kolodny, IEEE TCAS-II 62:786 (2015)"
#define MEMTORCH "defaults of MemTorch 1.1 for VTEAM"

/* ---- the equation --------------------------------------------------------------------------- */

static double window(const vteam *p, double s, bool off)
{
    switch (p->window) {
    case JOGLEKAR:
        return 1 - aimci_pow((2 * s - 1) * (2 * s - 1), p->window_p);
    case BIOLEK:
        return 1 - aimci_pow(off ? s : 1 - s, 2 * p->window_p);
    case PRODROMAKIS:
        return p->window_j * (1 - aimci_pow((s - 0.5) * (s - 0.5) + 0.75, p->window_p));
    case KVATINSKY:
        return aimci_exp(-aimci_exp((off ? s - p->a_off : p->a_on - s) / p->w_c));
    default:
        return 1;
    }
}

/* x = 1 - s: conductance rises with it. Close to its end a window is 0, or less by rounding. */
static double rate(const void *params, double x, bool up)
{
    const vteam *p = params;
    const double over = up ? p->voltage_up / p->v_on - 1 : p->voltage_down / p->v_off - 1;
    if (!(over > 0))
        return 0;
    const double k = up ? -p->k_on : p->k_off, alpha = up ? p->alpha_on : p->alpha_off;
    const double width = up ? p->width_up : p->width_down;
    return fmax(0, k * aimci_pow(over, alpha) * width / p->length * window(p, 1 - x, !up));
}

/* (G - G_off) / (G_on - G_off) */
static double place(const void *params, double x, double *slope)
{
    const vteam *p = params;
    const double ratio = p->r_off / p->r_on, s = 1 - x, scale = 1 / (1 - 1 / ratio);
    if (p->resistance == EXPONENTIAL) {
        const double log_ratio = aimci_ln(ratio), g = aimci_exp(-log_ratio * s);
        *slope = scale * log_ratio * g;
        return scale * (g - 1 / ratio);
    }
    const double g = 1 / (1 + (ratio - 1) * s);
    *slope = scale * (ratio - 1) * g * g;
    return scale * (g - 1 / ratio);
}

/* ---- the device ----------------------------------------------------------------------------- */

static void resolve(void *params)
{
    const aimci_flow_model model = {params, rate, place};
    aimci_flow_resolve(&model, params);
}

static int half_law(const void *params, void *out)
{
    vteam p = *(const vteam *)params;
    const aimci_flow_model model = {&p, rate, place};
    p.voltage_up /= 2;
    p.voltage_down /= 2;
    return p.half_select ? aimci_flow_half_law(&model, &p.device, out) : 0;
}

static aimc_status check(const void *params)
{
    vteam p = *(const vteam *)params;
    if (!(p.r_off > p.r_on * (1 + 1e-6)))
        return aimci_fail(AIMC_ERR_INVALID, "vteam: r_off = %g ohm is not above r_on = %g ohm",
                          p.r_off, p.r_on);
    if (!(p.voltage_up < p.v_on && p.voltage_down > p.v_off))
        return aimci_fail(AIMC_ERR_INVALID,
                          "vteam: voltage_up = %g V and voltage_down = %g V have to lie beyond the "
                          "thresholds v_on = %g V and v_off = %g V",
                          p.voltage_up, p.voltage_down, p.v_on, p.v_off);
    resolve(&p);
    return aimci_flow_check("vteam", &p.base);
}

static const aimci_field fields[] = {
    AIMCI_NUMBER(vteam, voltage_up, -0.22, -1e3, -1e-6, "V", "amplitude of an up pulse, below v_on",
                 SRC),
    AIMCI_NUMBER(vteam, voltage_down, 0.1, 1e-6, 1e3, "V", "amplitude of a down pulse, above v_off",
                 SRC),
    AIMCI_NUMBER(vteam, width_up, 2e-10, 1e-18, 1e6, "s", "width of an up pulse", SRC),
    AIMCI_NUMBER(vteam, width_down, 1e-9, 1e-18, 1e6, "s", "width of a down pulse", SRC),
    AIMCI_NUMBER(vteam, v_on, -0.2, -1e3, -1e-9, "V", "threshold toward on", MEMTORCH),
    AIMCI_NUMBER(vteam, v_off, 0.02, 1e-9, 1e3, "V", "threshold toward off", MEMTORCH),
    AIMCI_NUMBER(vteam, k_on, -10, -1e30, -1e-30, "m/s", "speed toward on", MEMTORCH),
    AIMCI_NUMBER(vteam, k_off, 5e-4, 1e-30, 1e30, "m/s", "speed toward off", MEMTORCH),
    AIMCI_NUMBER(vteam, alpha_on, 3, 0, 100, "1", "exponent of the voltage toward on", MEMTORCH),
    AIMCI_NUMBER(vteam, alpha_off, 1, 0, 100, "1", "exponent of the voltage toward off", MEMTORCH),
    AIMCI_NUMBER(vteam, length, 3e-9, 1e-12, 1, "m", "w_off - w_on, the way of the state",
                 MEMTORCH),
    AIMCI_NUMBER(vteam, r_on, 50, 1e-6, 1e18, "ohm", "smallest resistance", MEMTORCH),
    AIMCI_NUMBER(vteam, r_off, 1000, 1e-6, 1e18, "ohm", "largest resistance", MEMTORCH),
    AIMCI_CHOICE(vteam, resistance, LINEAR, EXPONENTIAL, "LINEAR|EXPONENTIAL",
                 "resistance over the state", SRC),
    AIMCI_CHOICE(vteam, window, NONE, KVATINSKY, "NONE|JOGLEKAR|BIOLEK|PRODROMAKIS|KVATINSKY",
                 "window function", SRC),
    AIMCI_NUMBER(vteam, window_p, 1, 0.1, 100, "1",
                 "p of the windows JOGLEKAR, BIOLEK and PRODROMAKIS", SRC),
    AIMCI_NUMBER(vteam, window_j, 1, 1e-6, 1e6, "1", "j of the window PRODROMAKIS", SRC),
    AIMCI_NUMBER(vteam, a_on, 0.2, -10, 10, "way", "a_on of the window KVATINSKY, 0 at w_on", SRC),
    AIMCI_NUMBER(vteam, a_off, 0.8, -10, 10, "way", "a_off of the window KVATINSKY", SRC),
    AIMCI_NUMBER(vteam, w_c, 0.1, 0.01, 10, "way", "w_c of the window KVATINSKY", SRC),
    AIMCI_HALF_SELECT_FIELD(vteam),
    AIMCI_FLOW_FIELDS(vteam),
};

AIMCI_DEFINE_KIND(vteam, "device", "memristor with thresholds: pulses of given voltage and width",
                  SRC, fields, vteam, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_vteam = {
    .kind = &aimci_kind_vteam,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(flow),
    .law_size = AIMCI_FLOW_LAW_SIZE,
    .law = aimci_flow_law,
    .half_law = half_law,
    .mean_step = aimci_flow_mean_step,
    .resolve = resolve,
};
