/* SPDX-License-Identifier: MIT */
/* Digital machines to compare with, and a digital memory at a low supply. */
#include <math.h>

#include "core/elementary.h"
#include "energy/chip.h"

/* ---- comparisons ---------------------------------------------------------------------------- */

static const aimc_cost_baseline baselines[] = {
    {0, 0, "v100_fp16",
     "peak of a V100, fp16 on tensor cores: 300 W, 125 TFLOPS (libaimc's specification, 4.3.11; "
     "the rate also at developer.nvidia.com/programming-tensor-cores-cuda-9-0)",
     300 / (125e12 / 2)},
    {0, 0, "v100_fp32",
     "peak of a V100, fp32: 300 W, 15.7 TFLOPS (libaimc's specification, 4.3.11)",
     300 / (15.7e12 / 2)},
    {0, 1, "h100_int8",
     "assumed: class of an H100, 0.35 W per int8 TOPS (700 W and 1979 dense TOPS are "
     "told of the SXM5 part, glennklockwood.com/garden/processors/h100)",
     0.7e-12},
    {0, 1, "mcu", "assumed: Cortex-M4 with flash, 100 to 300 pJ a cycle, one int8 MAC a cycle",
     200e-12},
};

aimc_status aimc_cost_baseline_get(size_t i, aimc_cost_baseline *baseline)
{
    const size_t n = sizeof baselines / sizeof baselines[0];
    if (!baseline || i >= n)
        return aimci_fail(AIMC_ERR_INVALID, "cost_baseline_get: NULL, or %zu of %zu", i, n);
    return aimci_struct_out("cost_baseline_get", baseline, &baselines[i], sizeof baselines[i], 8);
}

double aimc_cost_get_voltage_for_saving(double v0, double saving)
{
    return saving >= 0 && saving <= 1 ? v0 * sqrt(1 - saving) : (double)NAN;
}

static double delay(const aimci_technology *t, double v)
{
    return v / aimci_pow(v - t->v_threshold, t->delay_exponent);
}

/* Data bits wrong after the code, with independent errors of rate p. */
static void price_code(aimc_memory_code code, double p, aimc_cost_supply *s)
{
    s->uncorrected = s->unnoticed = p;
    s->bits_per_bit = 1;
    switch (code) {
    case AIMC_CODE_PARITY: /* an odd number of the other eight makes it even */
        s->bits_per_bit = 9.0 / 8;
        s->unnoticed = p * (1 - aimci_pow(1 - 2 * p, 8)) / 2;
        break;
    case AIMC_CODE_SECDED: /* any, or an even number of others but none, out of 71 */
        s->bits_per_bit = 72.0 / 64;
        s->uncorrected = -p * aimci_expm1(71 * aimci_log1p(-p));
        s->unnoticed = p * ((1 + aimci_pow(1 - 2 * p, 71)) / 2 - aimci_pow(1 - p, 71));
        break;
    case AIMC_CODE_TMR:
        s->bits_per_bit = 3;
        s->uncorrected = s->unnoticed = p * p * (3 - 2 * p);
        break;
    case AIMC_CODE_NONE:
        break;
    }
}

aimc_status aimc_cost_model_get_at_supply(const aimc_cost_model *m, double v, aimc_memory_code code,
                                          aimc_cost_supply *supply)
{
    if (!m || !supply)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_get_at_supply: NULL argument");
    if (!(v > m->chip.t.v_threshold) || !isfinite(v))
        return aimci_fail(AIMC_ERR_INVALID,
                          "cost_model_get_at_supply: v = %g; above v_threshold = %g V only", v,
                          m->chip.t.v_threshold);
    if ((int)code < AIMC_CODE_NONE || (int)code > AIMC_CODE_TMR)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_get_at_supply: unknown code %d", (int)code);
    aimc_cost_supply s = {.v0 = m->chip.t.vdd,
                          .bit_error_rate = aimc_cost_model_get_bit_error_rate(m, v)};
    price_code(code, s.bit_error_rate, &s);
    s.energy = s.bits_per_bit * v * v / (s.v0 * s.v0);
    s.delay =
        s.v0 > m->chip.t.v_threshold ? delay(&m->chip.t, v) / delay(&m->chip.t, s.v0) : (double)NAN;
    return aimci_struct_out("cost_model_get_at_supply", supply, &s, sizeof s, 8);
}

double aimc_cost_model_get_bit_error_rate(const aimc_cost_model *m, double v)
{
    return m ? 0.5 * aimci_erfc((v - m->chip.t.ber_v50) / (sqrt(2) * m->chip.t.ber_sigma))
             : (double)NAN;
}
