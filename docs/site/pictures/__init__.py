# SPDX-License-Identifier: MIT
"""The pictures of the pages, made from the library itself: `python3 -m pictures FOLDER [NAME...]` in docs/site.

Every module has PICTURES: name -> a function that draws into a new figure and returns it."""
import pathlib

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402  pylint: disable=wrong-import-position

from . import algorithms, devices, diagrams, networks, style  # noqa: E402  pylint: disable=wrong-import-position

PICTURES = {**diagrams.PICTURES, **devices.PICTURES, **algorithms.PICTURES, **networks.PICTURES}


def draw(folder, names=None):
    """Write all of them, or those named, as SVG."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with pyplot.rc_context(style.RC):
        for name in names or PICTURES:
            figure = PICTURES[name]()
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            pyplot.close(figure)
