#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write lib/presets/ferro_*.json: pulse classes of a ferroelectric cell, as an illustration.

arXiv:2509.18121 (2025) gives the form (polynomials of degree 5), pulse widths from 20 ns to 0.2 ms and a symmetry point near
0.59, but no coefficients, amplitudes or steps: those below are invented. Energy of a pulse, with G = 0.1 uS read at 0.1 V:

    E = G V^2 exp(beta (sqrt(V) - sqrt(0.1))) t,  beta = 2.68 V^-1/2 (relative permittivity 30, 10 nm, 300 K)
"""
import json
import math
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "lib/presets"
SYMMETRY_POINT, BETA, G, V_READ = 0.59, 2.68, 1e-7, 0.1
# name: width in s, amplitude in V, step at mid-range in weight units
CLASSES = {"20ns": (20e-9, 3.0, 0.004), "200ns": (200e-9, 2.5, 0.006), "2us": (2e-6, 2.0, 0.010),
           "20us": (20e-6, 1.75, 0.015), "200us": (200e-6, 1.5, 0.020)}


def multiply(a, b):
    out = [0.0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def at(c, z):
    return sum(x * z**k for k, x in enumerate(c))


def text_of(x, unit):
    for scale, prefix in ((1, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p"), (1e-15, "f")):
        if x >= scale * 0.9999:
            return f"{round(x / scale, 3):g} {prefix}{unit}"
    raise ValueError(x)


def polynomials():
    """Steps that vanish toward the bound ahead and are equal at the symmetry point; mean 1 at mid-range."""
    z = (SYMMETRY_POINT + 1) / 2
    up = multiply([1, -1], [1, 0.1, -0.2, 0.1, 0.05])
    down = multiply([0, 1], [1, 0.2, -0.3, 0.1, 0.05])
    down = [x * at(up, z) / at(down, z) for x in down]
    mid = (at(up, 0.5) + at(down, 0.5)) / 2
    return [round(x / mid, 9) for x in up], [round(x / mid, 9) for x in down]


up, down = polynomials()
for name, (width, volts, step) in CLASSES.items():
    energy = G * volts**2 * math.exp(BETA * (math.sqrt(volts) - math.sqrt(V_READ))) * width
    document = {
        "name": "ferro_" + name, "kind": "polynomial_step", "category": "device", "aliases": [],
        "doc": f"illustrative: ferroelectric cell, pulses of {text_of(width, 's')}, {volts:g} V, {text_of(energy, 'J')} each "
               "at 0.1 uS",
        "source": "form, widths and symmetry point 0.59: arXiv:2509.18121 (2025); amplitudes, steps and noise are invented",
        "parameters": {"dw_min": step, "dw_min_std": 0.3, "dw_min_dtod": 0.1, "up_down_dtod": 0.01, "w_max": 1, "w_min": -1,
                       "w_max_dtod": 0.05, "w_min_dtod": 0.05, "coefficients_up": up, "coefficients_down": down},
    }
    (FOLDER / (document["name"] + ".json")).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(document["name"], document["doc"])
