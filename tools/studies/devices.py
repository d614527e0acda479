#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a fit to measured devices is worth: synthetic populations with a known truth, and the sweep of shared/data/devices.

Tables: docs/studies/devices*.csv; text: docs/measuring.md. `populations` needs no data; `training` needs AIMC_DATA and the
command (AIMC=build/tools/aimc).
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import warnings

import numpy as np

import aimc
from common import SOURCE, TABLES, markdown, rows_of

PULSES = 150
TRUTH = {  # a population of each model: typical numbers, nothing tuned to the fit
    "constant_step": {"dw_min": 0.015, "up_down": 0.2, "w_max": 0.9, "w_min": -0.9},
    "soft_bounds": {"dw_min": 0.02, "up_down": 0.1, "w_max": 0.9, "w_min": -1.0},
    "linear_step": {"dw_min": 0.015, "up_down": 0.1, "w_max": 0.8, "w_min": -0.8, "gamma_up": 0.6, "gamma_down": 0.4,
                    "mean_bound_reference": False},
    "window_step": {"dw_min": 0.02, "up_down": 0.1, "w_max": 0.9, "w_min": -0.9},
    "exp_step": {"dw_min": 0.018, "up_down": -0.1, "A_up": 0.02, "A_down": 0.4, "gamma_up": 7, "gamma_down": 6, "w_max": 0.8,
                 "w_min": -0.8},
    "pow_step": {"dw_min": 0.06, "up_down": 0.2, "pow_gamma": 1.7, "pow_up_down": 0.2, "w_max": 0.9, "w_min": -0.9},
    "piecewise_step": {"dw_min": 0.015, "w_max": 0.9, "w_min": -0.9, "piecewise_up": [0.3, 1.5, 1, 1, 0.4, 0.2],
                       "piecewise_down": [0.2, 0.8, 1, 1, 1.6, 1.2]},
    "polynomial_step": {"dw_min": 0.015, "w_max": 0.9, "w_min": -0.9, "coefficients_up": [1.8, -0.5, -1],
                        "coefficients_down": [0.3, 0.5, 0.8]},
}
SPREADS = {"dw_min_dtod": 0.15, "up_down_dtod": 0.05, "w_max_dtod": 0.08, "w_min_dtod": 0.08}
NOISE = {"low": (0.1, 0.2), "medium": (0.4, 0.8), "high": (1.5, 2.0)}  # dw_min_std, write_noise_std
LISTS = ("piecewise_step", "polynomial_step")  # their fields are in units of the step in the middle, not of that of the truth
FIELDS = ["model", "set", "devices", "noise", "chosen", "equivalent", "off", "ks", "parameters", "within", "missed"]


def truth_of(model, noise):
    """The population as a configuration."""
    config = aimc.Config(model, {**TRUTH[model], **SPREADS, "dw_min_std": NOISE[noise][0]})
    for name, value in (("write_noise_std", NOISE[noise][1]), ("gamma_up_dtod", 0.05), ("gamma_down_dtod", 0.05),
                        ("pow_gamma_dtod", 0.1)):
        if name in list(config) and (model, name[:5]) != ("exp_step", "gamma"):
            config[name] = value
    return config


def walk(config, n, seed, n_pulses=PULSES):
    """States of n devices after each of n_pulses up and down, from the middle of the lower half: [n, 2 n_pulses]."""
    ctx = aimc.Context(seed=seed)
    tile = aimc.Tile(aimc.Device(config, ctx=ctx), 1, n)
    tile.weights = np.full((1, n), -0.4, np.float32)
    states = []
    for sign in [1] * n_pulses + [-1] * n_pulses:
        tile.pulse(sign)
        states.append(tile.weights[0].copy())
    return np.transpose(states)


def quiet(config):
    """The mean device, without chance."""
    made = config.copy()
    for name in list(made):
        if name.endswith("_dtod") or name in ("dw_min_std", "write_noise_std", "corrupt_devices_prob"):
            made[name] = 0
    return made


def distance(a, b):
    """Statistic of Kolmogorov and Smirnov of two samples, as a multiple of its 1 % limit."""
    both = np.sort(np.concatenate([a, b]))
    shares = [np.searchsorted(np.sort(x), both, side="right") / len(x) for x in (a, b)]
    return np.abs(shares[0] - shares[1]).max() / (1.63 * np.sqrt(1 / len(a) + 1 / len(b)))


def measured(states):
    """A measurement of these devices."""
    made, pulses = aimc.Measurement(), [1] * PULSES + [-1] * PULSES
    for i, state in enumerate(states):
        made.add(i, 12 + 9 * state, pulses)
    return made


def one(model, number, noise):
    """A synthetic set: choice, intervals, and fresh devices beside simulated ones."""
    rng = np.random.default_rng([number, list(TRUTH).index(model)])
    n, truth = int(rng.integers(5, 21)), truth_of(model, noise)
    measurement = measured(walk(truth, n, 1000 * number + 7))
    fit = measurement.fit(scale=9, offset=12)
    report, chosen = fit.report, fit.config
    mean = walk(quiet(truth), 1, 1)[0]
    off = float(np.sqrt(np.mean((walk(quiet(chosen), 1, 1)[0] - mean) ** 2)))
    noise_now = truth["dw_min"] * np.hypot(*NOISE[noise])
    fresh, simulated = walk(truth, n, 50 + number), walk(chosen, 100, 90 + number)
    ks = max(distance(fresh[:, k], simulated[:, k]) for k in (PULSES // 3, PULSES - 1, PULSES + PULSES // 3, 2 * PULSES - 1))
    told = fit if report["model"] == model or model in LISTS else measurement.fit(model, scale=9, offset=12)
    inside, missed = [], []
    for p in told.report["parameters"]:
        if model in LISTS or p["low"] is None or p["name"].startswith(("corr", "corrupt")) or "[" in p["name"] or p["name"] not in list(truth):
            continue
        inside.append(p["low"] <= truth[p["name"]] <= p["high"])
        if not inside[-1]:
            missed.append(p["name"])
    # curves are equivalent within the noise of a reading, or within what so many devices tell of the mean
    limit = max(noise_now, 2 * np.std(fresh, axis=0).mean() / np.sqrt(n))
    return {"model": model, "set": number, "devices": n, "noise": noise, "chosen": report["model"],
            "equivalent": int(report["model"] == model or off < limit), "off": f"{off:.4f}", "ks": f"{ks:.2f}",
            "parameters": len(inside), "within": sum(inside), "missed": " ".join(missed)}


def populations(sets, models):
    """Runs what the table lacks, and prints the summary of each model."""
    results = rows_of(TABLES / "devices-populations.csv", FIELDS, ["model", "set"])
    results.run([{"model": model, "set": number} for number in range(1, sets + 1) for model in models],
                lambda job: one(job["model"], job["set"], list(NOISE)[job["set"] % 3]))
    rows = []
    for model in models:
        mine = [r for r in results.rows if r["model"] == model]
        told, within = (sum(int(r[k]) for r in mine) for k in ("parameters", "within"))
        rows.append([model, len(mine), sum(r["chosen"] == model for r in mine), sum(int(r["equivalent"]) for r in mine),
                     "in other units" if model in LISTS else f"{within} of {told} ({100 * within / max(told, 1):.0f} %)",
                     sum(float(r["ks"]) <= 1 for r in mine)])
    markdown(["truth", "sets", "chosen", "chosen or equivalent", "parameters within 95 % intervals", "sets that pass KS"], rows)


def train(device, algorithm, seed):
    """Accuracy on the digits."""
    command = [os.environ.get("AIMC", str(SOURCE / "build/tools/aimc")), "train", "--device", device, "--algorithm", algorithm,
               "--seed", str(seed), "--json", "--quiet"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["test_accuracy"]


def training(seeds):
    """The measured sweep as a fitted model and as a table, on digits."""
    sweep = pathlib.Path(os.environ["AIMC_DATA"]) / "devices" / "gong_et_al.csv"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        measurement = aimc.Measurement()
        measurement.read(sweep)
        fit, table = measurement.fit(), aimc.Config("table_step", w_max=1.16, w_min=-1.23)
        table.load_table(sweep)
        names = {f"fitted {fit.report['model']}": fit.config, "table_step": table}
        for name, config in names.items():
            path = pathlib.Path(folder, "device.json")
            path.write_text(config.to_json(), encoding="utf-8")
            for algorithm in ("sgd", "c_ttv2", "agad", "mixed_precision"):
                found = [100 * train(str(path), algorithm, seed) for seed in range(1, seeds + 1)]
                rows.append([name, algorithm, f"{np.mean(found):.1f}", f"{np.std(found, ddof=1) if seeds > 1 else 0:.1f}"])
    markdown(["device", "algorithm", f"accuracy, mean of {seeds} seeds, %", "standard deviation"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["populations", "training"], help="populations, training")
    parser.add_argument("--sets", type=int, default=40, help="synthetic sets of each model (default: 40)")
    parser.add_argument("--seeds", type=int, default=3, help="of the training (default: 3)")
    parser.add_argument("--models", nargs="*", default=list(TRUTH))
    args = parser.parse_args()
    warnings.simplefilter("ignore", aimc.AimcWarning)  # weights that are clipped to bounds are meant
    if "populations" in args.what:
        populations(args.sets, args.models)
    if "training" in args.what:
        training(args.seeds)


if __name__ == "__main__":
    main()
