# SPDX-License-Identifier: MIT
"""How each device answers pulses: weights over a sweep, and the step over the weight."""
import aimc
import aimc.plot

from . import style

# values that make the shape of each law visible; the kind's defaults otherwise
SHOWN = {
    "constant_step": {"dw_min": 0.01},
    "linear_step": {"dw_min": 0.01, "gamma_up": 0.4, "gamma_down": 0.4},
    "soft_bounds": {"dw_min": 0.02},
    "soft_bounds_pmax": {},
    "soft_bounds_reference": {"dw_min": 0.02},
    "exp_step": {"dw_min": 0.02},
    "pow_step": {"dw_min": 0.02, "pow_gamma": 2.0},
    "pow_step_reference": {"dw_min": 0.02},
    "piecewise_step": {"dw_min": 0.02, "piecewise_up": [1.0, 1.6, 0.8, 0.4, 0.1], "piecewise_down": [0.1, 0.4, 0.8, 1.6, 1.0]},
    "polynomial_step": {"dw_min": 0.02, "coefficients_up": [1.8, -1.0, -0.7], "coefficients_down": [0.2, 2.4, -1.4]},
    "window_step": {"dw_min": 0.02},
    "table_step": {"dw_min": 0.02, "step_up": [1.7, 1.0, 0.8, 0.9, 0.2], "step_down": [0.3, 0.9, 1.1, 1.0, 2.0],
                   "noise_up": [1.0, 0.4, 0.3, 0.3, 0.2], "noise_down": [0.2, 0.3, 0.3, 0.4, 1.0]},
    "measured_step": {"state": [0, 0.5, 1], "level": [0.05, 0.5, 0.95],
                      "step_up": [0.005, 0.03, 0.07, -0.005, 0.012, 0.05, -0.015, 0, 0.03],
                      "step_down": [-0.03, 0, 0.015, -0.05, -0.012, 0.005, -0.07, -0.03, -0.005]},
    "vteam": {"window": "BIOLEK", "resistance": "EXPONENTIAL", "width_up": 8e-10, "width_down": 4e-9},
    "stanford_pku": {"width_up": 3e-8, "width_down": 3e-8},
}


def law(kind):
    """Fields of a kind for its picture."""
    config = aimc.Config(kind)
    for name, value in SHOWN[kind].items():
        config[name] = value
    return config


def response(kind):
    """Left the sweep of many devices, right the mean step of a pulse."""
    device = aimc.Device(law(kind))
    pulses = int(min(2000, max(60, 3 / max(float(device.info.granularity), 1e-3))))
    figure, axes = style.panels(2)
    aimc.plot.pulse_response(device, pulses, ax=axes[0, 0])
    aimc.plot.step_over_weight(device, ax=axes[0, 1])
    axes[0, 0].set_title("")
    axes[0, 1].set_title("")
    return figure


PICTURES = {"device-" + kind.replace("_", "-"): (lambda kind=kind: response(kind)) for kind in SHOWN}
