#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write one PNG for each kind of picture of aimc.plot: gallery.py FOLDER"""
import pathlib
import sys

import matplotlib
import numpy as np

matplotlib.use("Agg")
import aimc
import aimc.plot
from matplotlib import pyplot

sys.path.insert(0, str(pathlib.Path(__file__).parent / "tests"))
from common import digits


def trained():
    """A digital network for the digits, its data, and its training."""
    train, test = digits()
    network = aimc.Network().add_linear(64, 64).add_activation("tanh").add_linear(10, 64)
    return network, train, test, network.fit(*train, epochs=8, lr=0.1, lr_decay=0.9, test=test)


def wires_tile():
    """A full crossbar with resistive wires, where the far corner loses most."""
    tile = aimc.Tile("ideal", 32, 32, {"forward.wires.model": "NODAL", "forward.out_noise": 0.0})
    tile.weights = np.full((32, 32), 0.5)
    return tile


def pictures():
    network, train, test, history = trained()
    analog = aimc.Network().add_linear(64, 64, {"device": "gokmen_vlasov"}).add_activation("tanh")
    analog.add_linear(10, 64, {"device": "gokmen_vlasov"})
    on_tiles = analog.fit(*train, epochs=8, lr=0.1, lr_decay=0.9, test=test)
    weights = np.random.default_rng(0).normal(0, 0.3, (64, 64)).clip(-1, 1)
    programmed = aimc.Tile("ideal", 64, 64)
    programmed.weights = weights
    yield "pulse_response", lambda: aimc.plot.pulse_response("reram_sb", 1000)
    yield "step_over_weight", lambda: aimc.plot.step_over_weight(aimc.Device("soft_bounds", up_down=0.2))
    yield "weight_histogram", lambda: aimc.plot.weight_histogram(analog)
    yield "ir_drop", lambda: aimc.plot.ir_drop(wires_tile())
    yield "programming", lambda: aimc.plot.programming_scatter(aimc.NoiseModel("pcm_like"))
    yield "drift", lambda: aimc.plot.drift(programmed)

    def both():
        aimc.plot.training(history, "digital")
        aimc.plot.training(on_tiles, "on tiles")
    yield "training", both
    network.convert_to_analog({"device": "ideal"})
    yield "accuracy_over_time", lambda: aimc.plot.accuracy_over_time(network, *test)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in pictures():
        pyplot.figure(figsize=(5, 3.6), dpi=110)
        draw()
        pyplot.tight_layout()
        pyplot.savefig(folder / f"{name}.png")
        pyplot.close()
        print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
