#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random pulse programs on VTEAM and Stanford-PKU devices, integrated by scipy: tests/data/flow_programs.csv.

    python3 tests/tools/flow_programs.py > tests/data/flow_programs.csv

Nothing here is taken from the library: equations as in the papers (docs/models/vteam.md, docs/models/stanford-pku.md), DOP853 with a
relative tolerance of 1e-10. Rows: kind, number of the device, pulses sent (< 0: down), place of the conductance between its ends after them, and
the device's fields as JSON in its first row. Programs keep the states off the last percent before the ends, where windows lock states up.
"""
import json
import math

import numpy
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

SEED, SEGMENTS = 20151, 14
BOLTZMANN_EV = 1.380649e-23 / 1.602176634e-19


def vteam_rate(d, s, up):
    """ds/dt, s = (w - w_on) / (w_off - w_on)."""
    p, j = d["window_p"], d["window_j"]
    window = {"NONE": lambda: 1.0, "JOGLEKAR": lambda: 1 - abs(2 * s - 1) ** (2 * p),
              "BIOLEK": lambda: 1 - (1 - s if up else s) ** (2 * p),
              "PRODROMAKIS": lambda: j * (1 - ((s - 0.5) ** 2 + 0.75) ** p),
              "KVATINSKY": lambda: math.exp(-math.exp((d["a_on"] - s if up else s - d["a_off"]) / d["w_c"]))}[d["window"]]()
    if up:
        return d["k_on"] * (d["voltage_up"] / d["v_on"] - 1) ** d["alpha_on"] * window / d["length"]
    return d["k_off"] * (d["voltage_down"] / d["v_off"] - 1) ** d["alpha_off"] * window / d["length"]


def vteam_conductance(d, s):
    if d["resistance"] == "LINEAR":
        return 1 / (d["r_on"] + (d["r_off"] - d["r_on"]) * s)
    return math.exp(-math.log(d["r_off"] / d["r_on"]) * s) / d["r_on"]


def vteam_device(rng, k):
    d = {"v_on": -round(rng.uniform(0.2, 1.5), 3), "v_off": round(rng.uniform(0.02, 0.6), 3), "k_on": -round(10 ** rng.uniform(-3, 2), 5),
         "k_off": round(10 ** rng.uniform(-4, 1), 6), "alpha_on": round(rng.uniform(1, 4), 2), "alpha_off": round(rng.uniform(1, 4), 2),
         "length": 3e-9, "r_on": round(10 ** rng.uniform(2, 4), 1), "resistance": ["LINEAR", "EXPONENTIAL"][k % 2],
         "window": ["NONE", "JOGLEKAR", "BIOLEK", "PRODROMAKIS", "KVATINSKY"][k // 2 % 5], "window_p": [1, 2, 5][k % 3],
         "window_j": round(rng.uniform(0.5, 1.5), 2), "a_on": round(rng.uniform(0.05, 0.3), 2), "a_off": round(rng.uniform(0.7, 0.95), 2),
         "w_c": round(rng.uniform(0.05, 0.15), 3)}
    d["r_off"] = round(d["r_on"] * 10 ** rng.uniform(0.5, 2), 1)
    d["voltage_up"] = round(d["v_on"] * rng.uniform(1.1, 2), 4)
    d["voltage_down"] = round(d["v_off"] * rng.uniform(1.1, 2), 4)
    for up, name in ((True, "width_up"), (False, "width_down")):  # some 1 / 100 ... 1 / 8 of the way at the middle
        d[name] = float(f"{rng.uniform(0.01, 0.12) / abs(vteam_rate(d, 0.5, up)):.6g}")
    return d


def stanford_rate(d, s, up):
    gap = d["gap_min"] + s * (d["gap_max"] - d["gap_min"])
    v = d["voltage_up"] if up else d["voltage_down"]
    current = d["current_0"] * math.exp(-gap / d["gap_0"]) * math.sinh(v / d["voltage_0"])
    kt = BOLTZMANN_EV * (d["temperature"] + d["thermal_resistance"] * v * current)
    gamma = d["gamma_0"] - d["beta"] * (gap / 1e-9) ** d["alpha"]
    speed = -d["speed_0"] * math.exp(-d["energy"] / kt) * math.sinh(gamma * d["distance"] * v / (d["thickness"] * kt))
    return speed / (d["gap_max"] - d["gap_min"])


def stanford_conductance(d, s):
    return math.exp(-(d["gap_min"] + s * (d["gap_max"] - d["gap_min"])) / d["gap_0"])


def stanford_device(rng, k):
    d = {"gap_min": 2e-10, "gap_max": round(rng.uniform(1.2, 1.7), 2) * 1e-9, "gap_0": round(rng.uniform(2.5, 6), 2) * 1e-10, "voltage_0": 0.25,
         "current_0": 1e-3, "speed_0": 10, "energy": 0.6, "gamma_0": round(rng.uniform(14, 18), 1), "beta": 0.8, "alpha": 3, "distance": 2.5e-10,
         "thickness": 1.2e-8, "temperature": round(rng.uniform(290, 340), 1), "thermal_resistance": round(rng.uniform(0, 2100), 0),
         "voltage_up": round(rng.uniform(0.7, 1.1), 3), "voltage_down": -round(rng.uniform(0.7, 1.1), 3)}
    middle = brentq(lambda s: place(d, stanford_conductance, s) - 0.5, 0, 1)
    for up, name in ((True, "width_up"), (False, "width_down")):
        d[name] = float(f"{rng.uniform(0.005, 0.03) / abs(stanford_rate(d, middle, up)):.6g}")
    return d


def place(d, conductance, s):
    low, high = conductance(d, 1), conductance(d, 0)
    return (conductance(d, s) - low) / (high - low)


def after(d, rate, s, pulses):
    """State after so many pulses in one direction; the ends are walls."""
    up = pulses > 0
    time = abs(pulses) * d["width_up" if up else "width_down"]
    wall = lambda t, y: y[0] if up else 1 - y[0]
    wall.terminal = True
    solution = solve_ivp(lambda t, y: [rate(d, min(max(y[0], 0), 1), up) * time], (0, 1), [s], "DOP853", rtol=1e-10, atol=1e-13, events=wall)
    return min(max(solution.y[0, -1], 0), 1)


def program(rng, kind, number, d, rate, conductance, end):
    s = brentq(lambda s: place(d, conductance, s) - 0.5, 0, 1, xtol=1e-14, rtol=1e-14)
    rows = []
    for _ in range(SEGMENTS):
        z = place(d, conductance, s)
        up = bool(rng.random() < 0.5)
        if end:  # toward the middle from where a window could lock
            up = True if min(z, 1 - s) < 0.1 else False if max(z, 1 - s) > 0.9 else up
        count = int(rng.integers(1, 40))
        while True:
            then = after(d, rate, s, count if up else -count)
            if not end or count == 1 or (0.01 < then < 0.99 and 0.01 < place(d, conductance, then) < 0.99):
                break
            count = (count + 1) // 2
        s = then
        rows.append((kind, number, count if up else -count, f"{place(d, conductance, s):.9f}", "" if rows else json.dumps(d)))
    return rows


def main():
    rng = numpy.random.default_rng(SEED)
    print("kind,device,pulses,place,json")
    for k in range(30):
        d = vteam_device(rng, k)
        for row in program(rng, "vteam", k, d, vteam_rate, vteam_conductance, d["window"] != "NONE"):
            print(",".join(map(str, row)))
    for k in range(10):
        d = stanford_device(rng, k)
        for row in program(rng, "stanford_pku", 100 + k, d, stanford_rate, stanford_conductance, True):
            print(",".join(map(str, row)))


if __name__ == "__main__":
    main()
