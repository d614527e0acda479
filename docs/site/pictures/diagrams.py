# SPDX-License-Identifier: MIT
"""Drawings: a crossbar, the read-out chain, pulses that meet."""
import numpy as np
from matplotlib.patches import FancyBboxPatch, Rectangle

from . import style


def arrow(axes, start, end, **more):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "0.2", "lw": 1.2, **more})


def box(axes, x, y, width, height, text, colour="white"):
    axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=0.06", fc=colour, ec="0.2", lw=1.1))
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=9)


def crossbar():
    """W[out][in]: a word line for each input, a bit line for each output."""
    figure, axes = style.blank(6.8, 4.1)
    xs, ys = [1.7, 2.9, 4.1], [2.9, 1.9]
    for j, x in enumerate(xs):
        axes.plot([x, x], [1.1, 3.45], color=style.BLUE, lw=2)
        box(axes, x - 0.33, 3.45, 0.66, 0.36, "DAC", "#dcebf5")
        axes.text(x, 3.93, f"$x_{j}$", ha="center", va="center", fontsize=12)
    for i, y in enumerate(ys):
        axes.plot([1.1, 5.35], [y - 0.35, y - 0.35], color=style.RED, lw=2)
        box(axes, 5.35, y - 0.53, 0.66, 0.36, "ADC", "#f8e3d6")
        axes.text(6.32, y - 0.35, f"$y_{i}$", ha="center", va="center", fontsize=12)
        for j, x in enumerate(xs):
            axes.plot([x, x + 0.4, x + 0.4], [y, y, y - 0.12], color="0.2", lw=1)
            axes.add_patch(Rectangle((x + 0.3, y - 0.3), 0.2, 0.2, fc=style.YELLOW, ec="0.2", lw=1))
            axes.plot([x + 0.4, x + 0.4], [y - 0.3, y - 0.35], color="0.2", lw=1)
            axes.plot([x], [y], "o", color=style.BLUE, ms=4)
            axes.plot([x + 0.4], [y - 0.35], "o", color=style.RED, ms=4)
            axes.text(x + 0.56, y - 0.13, f"$W_{{{i}{j}}}$", fontsize=10, va="center")
    axes.text(0.12, 2.2, "word lines\n(inputs)", color=style.BLUE, fontsize=9, va="center")
    axes.text(0.12, 1.3, "bit lines\n(outputs)", color=style.RED, fontsize=9, va="center")
    axes.text(3.4, 0.62, r"forward: $y_i = \sum_j W_{ij}\, x_j$      backward: $z_j = \sum_i W_{ij}\, d_i$", ha="center", fontsize=10)
    axes.text(3.4, 0.24, "in memory: W[out][in], row by row", ha="center", fontsize=9, color="0.3")
    return figure


def readout():
    """What a vector passes on its way through a tile."""
    figure, axes = style.blank(7.6, 1.75)
    stages = [("scale\ninto range", "white"), ("DAC:\nclip, round", "#dcebf5"), ("crossbar\nwires, cells", "#fbf7cf"), ("read noise", "#fbf7cf"),
              ("ADC:\nclip, round", "#f8e3d6"), ("scale\nback", "white")]
    for k, (text, colour) in enumerate(stages):
        box(axes, 0.55 + 1.12 * k, 0.62, 0.92, 0.62, text, colour)
        if k:
            arrow(axes, (0.55 + 1.12 * k - 0.2, 0.93), (0.55 + 1.12 * k, 0.93))
    axes.text(0.22, 0.93, "$x$", fontsize=13, ha="center", va="center")
    axes.text(7.42, 0.93, "$y$", fontsize=13, ha="center", va="center")
    arrow(axes, (0.33, 0.93), (0.55, 0.93))
    arrow(axes, (7.07, 0.93), (7.3, 0.93))
    for start, end, text, colour in ((0.55, 2.59, "digital to analog", style.BLUE), (2.79, 4.83, "analog", "#8a7d00"), (5.03, 7.07, "analog to digital", style.RED)):
        axes.plot([start, end], [0.45, 0.45], color=colour, lw=2)
        axes.text((start + end) / 2, 0.22, text, ha="center", va="center", fontsize=9, color=colour)
    axes.text(3.8, 1.5, "bound management repeats the read with smaller inputs where an output is clipped", ha="center", fontsize=8.5, color="0.3")
    return figure


def pulse_trains():
    """Stochastic trains on a word line and a bit line: where both fire, the device makes a step."""
    slots, x, d = 31, 0.6, 0.45
    draw = np.random.default_rng(6)
    fire_x, fire_d = draw.random(slots) < x, draw.random(slots) < d
    meet = fire_x & fire_d
    figure, axes = style.panels(width=7.0, height=2.9)
    axes = axes[0, 0]
    for level, fires, colour, name in ((2.6, fire_x, style.BLUE, f"word line, x = {x}"), (1.4, fire_d, style.RED, f"bit line, d = {d}")):
        steps = np.repeat(np.where(fires, 0.75, 0.0), 10)
        steps.reshape(-1, 10)[:, 6:] = 0
        axes.plot(np.arange(len(steps)) / 10, level + steps, color=colour)
        axes.text(-0.6, level + 0.3, name, ha="right", va="center", color=colour, fontsize=9)
    weight = np.cumsum(np.repeat(meet, 10) * np.where(np.arange(10 * slots) % 10 == 0, 1, 0))
    axes.plot(np.arange(10 * slots) / 10, 0.9 * weight / max(1, weight.max()), color="0.15")
    axes.text(-0.6, 0.4, f"weight: {meet.sum()} steps", ha="right", va="center", fontsize=9)
    for slot in np.flatnonzero(meet):
        axes.axvspan(slot, slot + 0.6, color=style.YELLOW, alpha=0.5, lw=0)
    axes.set(xlim=(-9.5, slots), ylim=(-0.1, 3.6), yticks=[], xlabel="time slot")
    axes.set_xticks(range(0, slots, 5))
    axes.grid(False)
    axes.spines["left"].set_visible(False)
    return figure


PICTURES = {"crossbar": crossbar, "readout": readout, "pulse-trains": pulse_trains}
