/* SPDX-License-Identifier: MIT */
/* Temperature of programmed devices: they are written at the reference temperature, at which the
 * constants of their model hold, and are read at another from then on.
 *
 *     drift         at time t the devices are where the model has them at t A,
 *                   A = exp(E_d / k (1 / T_0 - 1 / T))
 *     conductance   G(T) = G exp(E_c / k (1 / T_0 - 1 / T)) / (1 + alpha (T - T_0))
 *     noise         a current of variance 4 k T G B, read as one of conductance at the voltage V:
 *                   4 k T G B / V^2
 *
 * S. Arrhenius, Z. Phys. Chem. 4:226 (1889); for retention of resistive memory see D. Ielmini, F.
 * Nardi and C. Cagli, Nanotechnology 22:254022 (2011), which also has both signs of the
 * coefficient; H. Nyquist, Phys. Rev. 32:110 (1928). */
#include "inference/temperature.h"

#include "core/physical.h"

typedef struct temperature_params {
    double temperature, reference, drift_energy, conduction_energy, coefficient;
    double bandwidth, read_voltage;
} temperature_params;

#define ARRHENIUS "S. Arrhenius, Z. Phys. Chem. 4:226 (1889)"
#define NYQUIST   "H. Nyquist, Phys. Rev. 32:110 (1928)"

static const aimci_field fields[] = {
    AIMCI_NUMBER(temperature_params, temperature, 300, 1, 1500, "K",
                 "temperature of the devices after they were written", ARRHENIUS),
    AIMCI_NUMBER(temperature_params, reference, 300, 1, 1500, "K",
                 "temperature of writing, at which the constants of the noise model hold",
                 ARRHENIUS),
    AIMCI_NUMBER(temperature_params, drift_energy, 0, 0, 10, "eV",
                 "activation energy of drift: time passes faster at a higher temperature; 0 = off",
                 ARRHENIUS),
    AIMCI_NUMBER(temperature_params, conduction_energy, 0, 0, 10, "eV",
                 "activation energy of conduction: conductances rise with temperature; 0 = off",
                 "Ielmini, Nardi and Cagli, Nanotechnology 22:254022 (2011)"),
    AIMCI_NUMBER(temperature_params, coefficient, 0, -0.1, 0.1, "1/K",
                 "share of its resistance at reference that a device gains with each kelvin",
                 "Ielmini, Nardi and Cagli, Nanotechnology 22:254022 (2011)"),
    AIMCI_NUMBER(temperature_params, bandwidth, 0, 0, 1e15, "Hz",
                 "bandwidth of a read, for thermal noise of the devices; 0 = none", NYQUIST),
    AIMCI_NUMBER(temperature_params, read_voltage, 0.2, 1e-6, 100, "V",
                 "voltage of a read, for thermal noise", NYQUIST),
};

AIMCI_DEFINE_KIND(temperature, "temperature", "temperature of programmed devices", ARRHENIUS,
                  fields, temperature_params, .n_children = 0, .tacit = true);

aimc_status aimci_temperature_of(const aimc_config *model, aimci_temperature *out)
{
    temperature_params p;
    aimci_config_read(aimci_config_child(model, "temperature"), &aimci_kind_temperature, &p);
    const double resistance = 1 + p.coefficient * (p.temperature - p.reference);
    if (!(resistance > 0))
        return aimci_fail(
            AIMC_ERR_INVALID,
            "noise_model: temperature.coefficient = %g 1/K leaves no resistance at %g "
            "K, %g K from the reference",
            p.coefficient, p.temperature, p.temperature - p.reference);
    const double conduction =
        aimci_arrhenius(p.conduction_energy, p.temperature, p.reference) / resistance;
    if (!(conduction >= 1e-6 && conduction <= 1e6))
        return aimci_fail(AIMC_ERR_INVALID,
                          "noise_model: temperature: conductances at %g K are %g times those at %g "
                          "K; 1e-6 to 1e6 are allowed",
                          p.temperature, conduction, p.reference);
    const double per_kelvin =
        4 * AIMCI_BOLTZMANN * p.bandwidth / (p.read_voltage * p.read_voltage) * 1e6;
    *out = (aimci_temperature){.acceleration =
                                   aimci_arrhenius(p.drift_energy, p.temperature, p.reference),
                               .conduction = conduction,
                               .thermal = per_kelvin * p.temperature,
                               .thermal_at_0 = per_kelvin * p.reference};
    return AIMC_OK;
}

double aimci_noise_time(const aimc_noise_model *m, double t)
{
    return t * m->temperature.acceleration;
}

void aimci_noise_read(const aimc_noise_model *m, const aimci_devices *d, double t, const float *z,
                      float *g)
{
    const float factor = (float)m->temperature.conduction;
    m->ops->read(m->params, d, aimci_noise_time(m, t), z, g);
    if (!(t > 0) || factor == 1)
        return;
    for (size_t i = 0; i < d->n * d->reads; i++)
        g[i] *= factor;
}

double aimci_noise_thermal(const aimc_noise_model *m, double t)
{
    return t > 0 ? m->temperature.thermal : m->temperature.thermal_at_0;
}

bool aimci_noise_draws_anew(const aimc_noise_model *m, double t)
{
    return (m->ops->noise || m->temperature.thermal > 0) && !(t == 0 && m->ops->programmed_at_0);
}
