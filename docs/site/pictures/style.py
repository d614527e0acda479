# SPDX-License-Identifier: MIT
"""Colours that the colour-blind tell apart (Okabe and Ito, 2008), sizes, and what every picture has in common."""
from matplotlib import pyplot

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, GREY = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "0.45")
COLOURS = [BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY]

RC = {
    "svg.hashsalt": "libaimc",  # the same file for the same picture
    "svg.fonttype": "path",
    "figure.facecolor": "white",  # on a dark page a picture is a white card
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "0.92",
    "axes.axisbelow": True,
    "axes.prop_cycle": pyplot.cycler(color=COLOURS),
    "legend.frameon": False,
    "lines.linewidth": 1.4,
}


def panels(columns=1, rows=1, width=3.6, height=2.7, **more):
    """A figure of equal panels."""
    return pyplot.subplots(rows, columns, figsize=(width * columns, height * rows), layout="constrained", squeeze=False, **more)


def blank(width, height):
    """A figure for a drawing, in units of an inch."""
    figure = pyplot.figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return figure, axes
