/* SPDX-License-Identifier: MIT */
/* Stanford-PKU: a resistive memory whose filament leaves a gap g. A voltage V > 0 closes it,
 *
 *     dg/dt = -v_0 exp(-E_a / k T) sinh(gamma a_0 q V / (L k T))
 *     gamma = gamma_0 - beta (g / nm)^alpha
 *     I = I_0 exp(-g / g_0) sinh(V / V_0),   T = T_0 + R_th |V I|
 *
 * between gap_min and gap_max. X. Guan, S. Yu and H.-S. P. Wong, IEEE Electron Device Lett. 33:1405
 * (2012); Z. Jiang et al., IEEE Trans. Electron Devices 63:1884 (2016). T follows at once, because
 * the filament is small. The weight is a straight line of the conductance at small voltages, which
 * goes as exp(-g / g_0). The model's fluctuation of the gap is the field dw_min_std. */
#include <math.h>

#include "core/physical.h"
#include "device/flow.h"

typedef struct stanford_pku {
    AIMCI_FLOW_DEVICE;
    double voltage_up, voltage_down, width_up, width_down;
    double gap_min, gap_max, gap_0, voltage_0, current_0, speed_0, energy;
    double gamma_0, beta, alpha, distance, thickness, temperature, thermal_resistance;
    bool half_select;
} stanford_pku;

#define SRC "Guan, Yu and Wong, IEEE Electron Device Lett. 33:1405 (2012)"
#define JIANG                                                                                      \
    "Jiang and Wong, Stanford University RRAM Verilog-A model, nanoHUB, doi:10.4231/D37H1DN48 "    \
    "(2014)"

/* ---- the equation --------------------------------------------------------------------------- */

static double rate(const void *params, double x, bool up)
{
    const stanford_pku *p = params;
    const double gap = p->gap_max - x * (p->gap_max - p->gap_min);
    const double v = up ? p->voltage_up : -p->voltage_down;
    const double current = p->current_0 * aimci_exp(-gap / p->gap_0) * aimci_sinh(v / p->voltage_0);
    const double heat = p->temperature + p->thermal_resistance * v * current;
    const double kt = AIMCI_BOLTZMANN / AIMCI_CHARGE * heat; /* eV */
    const double gamma = fmax(0, p->gamma_0 - p->beta * aimci_pow(gap * 1e9, p->alpha));
    const double speed = p->speed_0 * aimci_exp(-p->energy / kt) *
                         aimci_sinh(gamma * p->distance * v / (p->thickness * kt));
    return speed * (up ? p->width_up : p->width_down) / (p->gap_max - p->gap_min);
}

static double place(const void *params, double x, double *slope)
{
    const stanford_pku *p = params;
    const double decades = (p->gap_max - p->gap_min) / p->gap_0;
    const double g = aimci_exp(decades * (x - 1)), least = aimci_exp(-decades);
    *slope = decades * g / (1 - least);
    return (g - least) / (1 - least);
}

/* ---- the device ----------------------------------------------------------------------------- */

static void resolve(void *params)
{
    const aimci_flow_model model = {params, rate, place};
    aimci_flow_resolve(&model, params);
}

static int half_law(const void *params, void *out)
{
    stanford_pku p = *(const stanford_pku *)params;
    const aimci_flow_model model = {&p, rate, place};
    p.voltage_up /= 2;
    p.voltage_down /= 2;
    return p.half_select ? aimci_flow_half_law(&model, &p.device, out) : 0;
}

static aimc_status check(const void *params)
{
    stanford_pku p = *(const stanford_pku *)params;
    if (!(p.gap_max > p.gap_min * (1 + 1e-6)))
        return aimci_fail(AIMC_ERR_INVALID,
                          "stanford_pku: gap_max = %g m is not above gap_min = %g m", p.gap_max,
                          p.gap_min);
    resolve(&p);
    return aimci_flow_check("stanford_pku", &p.base);
}

static const aimci_field fields[] = {
    AIMCI_NUMBER(stanford_pku, voltage_up, 1, 1e-6, 100, "V",
                 "amplitude of an up pulse, which closes the gap", SRC),
    AIMCI_NUMBER(stanford_pku, voltage_down, -1, -100, -1e-6, "V",
                 "amplitude of a down pulse, which opens it", SRC),
    AIMCI_NUMBER(stanford_pku, width_up, 5e-9, 1e-18, 1e6, "s", "width of an up pulse", SRC),
    AIMCI_NUMBER(stanford_pku, width_down, 5e-9, 1e-18, 1e6, "s", "width of a down pulse", SRC),
    AIMCI_NUMBER(stanford_pku, gap_min, 2e-10, 0, 1e-6, "m", "smallest gap", JIANG),
    AIMCI_NUMBER(stanford_pku, gap_max, 1.7e-9, 1e-12, 1e-6, "m", "largest gap", JIANG),
    AIMCI_NUMBER(stanford_pku, gap_0, 2.5e-10, 1e-12, 1e-6, "m",
                 "gap over which the current falls by e", JIANG),
    AIMCI_NUMBER(stanford_pku, voltage_0, 0.25, 1e-3, 100, "V", "nonlinearity of the current",
                 JIANG),
    AIMCI_NUMBER(stanford_pku, current_0, 1e-3, 0, 1, "A", "scale of the current, which heats",
                 JIANG),
    AIMCI_NUMBER(stanford_pku, speed_0, 10, 1e-30, 1e30, "m/s", "attempt speed of the gap", JIANG),
    AIMCI_NUMBER(stanford_pku, energy, 0.6, 0, 10, "eV", "activation energy", JIANG),
    AIMCI_NUMBER(stanford_pku, gamma_0, 16, 0, 1000, "1", "local enhancement of the field", JIANG),
    AIMCI_NUMBER(stanford_pku, beta, 0.8, 0, 1000, "1", "its decrease with the gap", JIANG),
    AIMCI_NUMBER(stanford_pku, alpha, 3, 0, 10, "1", "exponent of the gap in nm there", JIANG),
    AIMCI_NUMBER(stanford_pku, distance, 2.5e-10, 1e-12, 1e-6, "m", "hopping distance a_0", JIANG),
    AIMCI_NUMBER(stanford_pku, thickness, 1.2e-8, 1e-10, 1e-6, "m", "of the oxide, L", JIANG),
    AIMCI_NUMBER(stanford_pku, temperature, 298, 1, 1500, "K", "ambient temperature", JIANG),
    AIMCI_NUMBER(stanford_pku, thermal_resistance, 2100, 0, 1e9, "K/W",
                 "thermal resistance of the cell", JIANG),
    AIMCI_HALF_SELECT_FIELD(stanford_pku),
    AIMCI_FLOW_FIELDS(stanford_pku),
};

AIMCI_DEFINE_KIND(stanford_pku, "device",
                  "resistive memory with a gap: pulses of given voltage and width", SRC, fields,
                  stanford_pku, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_stanford_pku = {
    .kind = &aimci_kind_stanford_pku,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(flow),
    .law_size = AIMCI_FLOW_LAW_SIZE,
    .law = aimci_flow_law,
    .half_law = half_law,
    .mean_step = aimci_flow_mean_step,
    .resolve = resolve,
};
