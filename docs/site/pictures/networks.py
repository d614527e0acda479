# SPDX-License-Identifier: MIT
"""Networks: accuracy against the energy of the pulses that were counted, parts of the energy, a year of drift."""
import collections
import csv
import functools
import pathlib

import numpy as np

import aimc
from aimc.datasets import digits

from . import style

EPOCHS, SEEDS = 12, (1, 2, 3)
ALGORITHMS = {"sgd": "SGD", "c_ttv2": "c-TTv2", "agad": "AGAD", "mixed_precision": "mixed precision"}


def perceptron(config, seed=1):
    network = aimc.Network(ctx=aimc.Context(seed=seed))
    return network.add_linear(64, 64, config).add_activation("tanh").add_linear(10, 64, config)


def matrices(network):
    return [network.matrix(k) for k in range(2)]


@functools.lru_cache(maxsize=None)
def trained(algorithm, seed, device="reram_sb"):
    """(accuracy, energy in J) after each epoch, and the network."""
    train, test = digits()
    settings = aimc.Optimizer.suggest_config(device, algorithm) if algorithm != "sgd" else aimc.Config("sgd")
    network = perceptron(aimc.Config("layer", {"device": device, "optimizer": settings}), seed)
    model, points = aimc.CostModel("rram_32nm"), []
    network.fit(*train, epochs=EPOCHS, lr=0.1, lr_decay=0.9, test=test, seed=seed,
                watch=lambda epoch: points.append((epoch.accuracy, model.account(*matrices(network)).energy_j)))
    return points, network


def accuracy_over_energy():
    """Every pulse, conversion and read of the runs is counted and priced; no other simulator does that."""
    figure, axes = style.panels(width=5.8, height=3.3)
    axes = axes[0, 0]
    for (algorithm, name), marker in zip(ALGORITHMS.items(), "osD^"):
        runs = np.array([trained(algorithm, seed)[0] for seed in SEEDS])
        energy = 1e3 * runs[:, :, 1].mean(0)
        line, = axes.plot(energy, 100 * runs[:, :, 0].mean(0), marker=marker, ms=3.5, label=name)
        axes.fill_between(energy, 100 * runs[:, :, 0].min(0), 100 * runs[:, :, 0].max(0), color=line.get_color(), alpha=0.15, lw=0)
    axes.set(xlabel="energy of training, mJ (events counted in the run, prices of 32 nm)", ylabel="test accuracy, %", xscale="log",
             title=f"Digits on ReRAM tiles: accuracy after each of {EPOCHS} epochs, {len(SEEDS)} seeds")
    axes.legend(loc="lower right")
    return figure


def energy_parts():
    """The account of one training run by part."""
    _, network = trained("agad", SEEDS[0])
    report = aimc.CostModel("rram_32nm").account(*matrices(network))
    parts = sorted(((item.energy_j, name) for name, item in report.parts.items() if item.energy_j > 0), reverse=True)
    figure, axes = style.panels(width=5.6, height=3.0)
    axes = axes[0, 0]
    axes.barh([name.replace("_", " ") for _, name in parts], [100 * energy / report.energy_j for energy, _ in parts], color=style.BLUE)
    axes.invert_yaxis()
    axes.set(xlabel=f"share of {1e3 * report.energy_j:.3g} mJ, %", title=f"Training the digits for {EPOCHS} epochs (AGAD, ReRAM, 32 nm)")
    axes.grid(axis="y", visible=False)
    return figure


TIMES = {25: "25 s", 3600: "1 h", 86400: "1 day", 30 * 86400: "30 days", 365 * 86400: "1 year"}
STUDY = pathlib.Path(__file__).resolve().parents[2] / "studies" / "pretrained-year.csv"


def resnet8_year():
    """The rows of ./dev study pretrained --year, which needs the model and images that are not in the tree."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(STUDY, newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found[row["chip"]][int(row["time_s"])].append(100 * float(row["accuracy"]))
    figure, axes = style.panels(width=7.2, height=3.3)
    axes = axes[0, 0]
    digital, = found.pop("digital")[0]
    axes.axhline(digital, color="0.3", lw=0.9, ls="--")
    axes.text(25, digital + 1, f"digital: {digital:.1f} %", fontsize=8.5, color="0.3")
    for (chip, rows), colour, marker in zip(sorted(found.items(), key=lambda item: -np.mean(item[1][86400])),
                                            (style.GREEN, style.BLUE, style.ORANGE, style.RED), "D^os"):
        values = np.array([rows[time] for time in TIMES])
        axes.plot(list(TIMES), values.mean(1), color=colour, marker=marker, ms=4, label=chip.replace(", ", ",\n"))
        axes.fill_between(list(TIMES), values.min(1), values.max(1), color=colour, alpha=0.15, lw=0)
    axes.set(xscale="log", xlabel="time since programming", ylabel="test accuracy, %", ylim=(0, 100),
             title=f"ResNet-8, phase-change memory: mean and range of {values.shape[1]} chips")
    axes.set_xticks(list(TIMES), TIMES.values())
    axes.minorticks_off()
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8.5)
    return figure


def drift_year():
    """Digits on phase-change memory over a year, ten programmings, with and without one digital factor."""
    train, test = digits()
    times = list(TIMES)
    figure, axes = style.panels(width=5.2, height=3.0)
    axes = axes[0, 0]
    network = perceptron(None)
    network.fit(*train, epochs=EPOCHS, lr=0.1, lr_decay=0.9)
    network.convert_to_analog({"device": "ideal"})
    for compensated, name, colour, marker in ((False, "as it drifts", style.RED, "s"), (True, "compensated by one factor a tile", style.BLUE, "o")):
        accuracy = []
        for seed in range(1, 11):
            network.program({"noise_model": "pcm_like", "seed": seed, "compensation.method": "GLOBAL"})
            row = []
            for time in times:
                network.drift_programmed(time)
                if compensated:
                    network.compensate()
                row.append(100 * network.evaluate(*test))
            accuracy.append(row)
        columns = list(zip(*accuracy))
        mean = [sum(column) / len(column) for column in columns]
        axes.plot(times, mean, color=colour, marker=marker, label=name)
        axes.fill_between(times, [min(column) for column in columns], [max(column) for column in columns], color=colour, alpha=0.2, lw=0)
    axes.set(xscale="log", xlabel="time since programming", ylabel="test accuracy, %")
    axes.set_xticks(times, TIMES.values())
    axes.minorticks_off()
    axes.legend(loc="lower left")
    return figure


PICTURES = {"accuracy-over-energy": accuracy_over_energy, "energy-parts": energy_parts, "drift-year": drift_year,
            "resnet8-year": resnet8_year}
