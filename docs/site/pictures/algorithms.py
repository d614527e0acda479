# SPDX-License-Identifier: MIT
"""What the arrays of each algorithm do over time: one weight learns a target, told by noisy gradients."""
import numpy as np

import aimc

from . import style

TARGET, STEPS, LR, SHOWN_POINTS = 0.5, 12000, 0.05, 600
# devices whose zero is not the symmetry point: what the algorithms are for
DEVICE = {"dw_min": 0.02, "up_down": 0.15, "up_down_dtod": 0.0, "w_max_dtod": 0.0, "w_min_dtod": 0.0, "dw_min_dtod": 0.0}
SHOWN = {
    "sgd": ("plain SGD stops where up and down steps balance", {}),
    "mixed_precision": ("a digital accumulator, and pulses when it is full", {}),
    "tiki_taka": ("a fast array whose reads move the slow one", {}),
    "ttv2": ("a digital buffer between the arrays", {}),
    "c_ttv2": ("choppers turn the sign of the fast array", {"in_chop_prob": 0.05, "auto_granularity": 100}),
    "agad": ("the buffer takes readings against the mean of the phase before", {"in_chop_prob": 0.05, "auto_granularity": 100}),
}


def trace(algorithm, fields):
    """States of cell (0, 0) after each step: name -> values, among them the weight."""
    device = aimc.Device(aimc.Config("soft_bounds", DEVICE))
    tile = aimc.Tile(device, 4, 4, ctx=aimc.Context(seed=3))
    config = aimc.Config(algorithm) if algorithm in ("sgd", "mixed_precision") else aimc.Optimizer.suggest_config(device, algorithm)
    for name, value in fields.items():
        config[name] = value
    optimizer = aimc.Optimizer(tile, config=config)
    names = [name for name in optimizer.matrix_names if not name.endswith(("bar", "_prev"))]
    noise = np.random.default_rng(1)
    rows = {"weight": [], **{name: [] for name in names}}
    for _ in range(STEPS):
        x = noise.choice([-1.0, 1.0], 4).astype(np.float32)
        d = ((tile.weights - TARGET) @ x + noise.normal(0, 0.3, 4)).astype(np.float32) / 4
        optimizer.step(x[None], d[None], LR)
        rows["weight"].append(tile.weights[0, 0])
        for name in names:
            rows[name].append(optimizer.matrix(name)[0, 0])
    return rows


def states(algorithm):
    title, fields = SHOWN[algorithm]
    rows = trace(algorithm, fields)
    figure, axes = style.panels(width=7.2, height=2.9)
    axes = axes[0, 0]
    axes.axhline(TARGET, color="0.3", lw=0.9, ls="--")
    axes.text(STEPS, TARGET, " target", va="center", fontsize=8.5, color="0.3")
    every = STEPS // SHOWN_POINTS
    for name, values in rows.items():
        axes.plot(range(0, STEPS, every), values[::every], label=name, lw=1.8 if name == "weight" else 0.9, zorder=3 if name == "weight" else 2)
    axes.set(xlabel="update", ylabel="state of one cell", title=title)
    axes.legend(loc="center left", bbox_to_anchor=(1.06, 0.5), fontsize=8.5)
    return figure


PICTURES = {"algorithm-" + name.replace("_", "-"): (lambda name=name: states(name)) for name in SHOWN}
