#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the notebooks of this folder anew, run, with their outputs: make.py [FOLDER]."""
import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell as code
from nbformat.v4 import new_markdown_cell as text

NOTEBOOKS = {
    "devices": [
        text("# Devices\n"
             "\n"
             "What a pulse does to a weight, for devices of the presets. Run it with matplotlib and Jupyter."),
        code("import aimc\n"
             "import aimc.plot\n"
             "from matplotlib import pyplot\n"
             "\n"
             "aimc.Device('reram_sb')"),
        text("Every number of a device is a field with a unit, a range and a source. These are the fields of the model that the preset fills:"),
        code("aimc.Config('reram_sb')"),
        text("A thousand pulses up and a thousand down, on a hundred devices. The band holds 90 % of them; the noise of one is its write noise."),
        code("fig, axes = pyplot.subplots(1, 2, figsize=(10, 3.5), layout='constrained')\n"
             "aimc.plot.pulse_response('reram_sb', 1000, ax=axes[0])\n"
             "aimc.plot.step_over_weight('reram_sb', ax=axes[1]);"),
        text("A tile is an array of such devices, each with its own bounds and steps:"),
        code("tile = aimc.Tile('reram_sb', 64, 64)\n"
             "pyplot.hist(tile.parameter('max_bound').ravel(), bins=40)\n"
             "pyplot.xlabel('upper bound of each device');"),
    ],
    "one_product": [
        text("# Inside one product\n"
             "\n"
             "A matrix on a tile, and what DAC, array and ADC make of a vector."),
        code("import numpy as np\n"
             "import aimc\n"
             "\n"
             "rng = np.random.default_rng(1)\n"
             "w = rng.uniform(-0.6, 0.6, (4, 8)).astype(np.float32)\n"
             "tile = aimc.Tile('ideal', 4, 8)\n"
             "tile.weights = w\n"
             "x = rng.uniform(-1, 1, 8).astype(np.float32)\n"
             "tile"),
        text("The read is noisy, so two reads differ. Exact arithmetic stands in the last line."),
        code("print(tile @ x)\n"
             "print(tile @ x)\n"
             "print(w @ x)"),
        text("`inspect()` shows every stage: inputs as the DAC drives them, currents, currents with noise, codes of the ADC."),
        code("stages = tile.inspect(x)\n"
             "for name in ('prepared', 'current', 'noisy', 'code', 'result'):\n"
             "    print(f'{name:9}', np.round(getattr(stages, name), 3))"),
        text("What the bits of the ADC cost in accuracy, over a thousand vectors:"),
        code("many = rng.uniform(-1, 1, (1000, 8)).astype(np.float32)\n"
             "for bits in (4, 6, 8, 10):\n"
             "    one = aimc.Tile('ideal', 4, 8, {'forward.out_res': 1 / (2 ** bits - 2), 'forward.out_noise': 0.0, 'forward.out_bound': 4.0})\n"
             "    one.weights = w\n"
             "    error = one.forward(many) - many @ w.T\n"
             "    print(f'{bits:2} bits: error {error.std():.4f}')"),
    ],
    "train_and_price": [
        text("# Train, program, price\n"
             "\n"
             "A perceptron learns digits on tiles, goes onto phase-change memory, drifts for a year, and is priced."),
        code("import aimc\n"
             "import aimc.datasets\n"
             "import aimc.plot\n"
             "from matplotlib import pyplot\n"
             "\n"
             "train, test = aimc.datasets.digits()\n"
             "network = aimc.Network().add_linear(64, 64, {'device': 'gokmen_vlasov'}).add_activation('tanh')\n"
             "network.add_linear(10, 64, {'device': 'gokmen_vlasov'})\n"
             "history = network.fit(*train, epochs=10, lr=0.1, lr_decay=0.9, test=test)\n"
             "aimc.plot.training(history);"),
        code("network"),
        text("Every event of the training was counted. A technology prices it:"),
        code("report = aimc.CostModel('rram_32nm').account(network.matrix(0), network.matrix(1))\n"
             "for name, item in report.parts.items():\n"
             "    if item.energy_j > 0:\n"
             "        print(f'{name:14} {item.energy_j:10.3g} J')\n"
             "print(f'{\"total\":14} {report.energy_j:10.3g} J')"),
        text("Now the trained weights are written to phase-change memory, five chips, and read over a year:"),
        code("for chip in range(1, 6):\n"
             "    network.program({'noise_model': 'pcm_like', 'compensation.method': 'GLOBAL', 'seed': chip})\n"
             "    row = []\n"
             "    for seconds in (25, 86400, 365 * 86400):\n"
             "        network.drift_programmed(seconds)\n"
             "        network.compensate()\n"
             "        row.append(network.evaluate(*test))\n"
             "    print('after 25 s, a day, a year:', ' '.join(f'{value:.3f}' for value in row))"),
    ],
}


def notebook(name):
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    for k, cell in enumerate(NOTEBOOKS[name]):
        cell["id"] = f"{name.replace('_', '-')}-{k}"  # the same in every run
        made.cells.append(cell)
    return made


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for name in NOTEBOOKS:
        made = notebook(name)
        NotebookClient(made, timeout=300).execute()
        for cell in made.cells:
            cell.metadata.pop("execution", None)  # times, which differ from run to run
        made.metadata.pop("language_info", None)
        nbformat.write(made, folder / f"{name}.ipynb")


if __name__ == "__main__":
    main()
