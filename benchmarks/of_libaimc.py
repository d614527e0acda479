# SPDX-License-Identifier: MIT
"""The tasks with libaimc. Names of devices and presets are the peer's; they are aliases here."""
import time

import numpy as np

import aimc
import data


class Side:
    def about(self):
        return {"version": aimc.Context().describe().split("\n")[0]}

    def product(self, n, batch, direction, perfect):
        tile = aimc.Tile("IdealDevice", n, n, {"forward.is_perfect": perfect, "backward.is_perfect": perfect})
        tile.weights = data.weights(n)
        x, out = data.uniform(2, (batch, n)), np.empty((batch, n), np.float32)
        return lambda: getattr(tile, direction)(x, out)

    def update(self, device, fields, regime, n, batch):
        tile = aimc.Tile(aimc.Device(device, fields), n, n)
        return self._step(aimc.Optimizer(tile, "sgd"), regime, n, batch)

    def preset_update(self, preset, regime, n, batch):
        config = aimc.Config(preset)
        if config["optimizer"]["kind"] in ("tiki_taka", "ttv2"):
            config["optimizer.scale_fast_lr"] = False  # as in releases up to 1.1.0
        return self._step(aimc.Grid(n, n, config), regime, n, batch)

    @staticmethod
    def _step(optimizer, regime, n, batch):
        x, d = data.gradients(regime, n, batch)
        signs = [d, -d]  # in turns, so that weights stay where they are

        def step():
            signs.reverse()
            optimizer.step(x, signs[0], data.REGIMES[regime])
        return step

    def epoch(self, config, n, batch, lr):
        fields = {None: None, "constant_step": {"device": "ConstantStepDevice"},
                  "soft_bounds": {"device": "SoftBoundsDevice"},
                  "c_ttv2": {"device": "SoftBoundsReferenceDevice", "device.dw_min": 0.05, "optimizer": aimc.Config(
                      "c_ttv2", {"update.desired_bl": 5, "transfer_every": 1, "in_chop_prob": 0.1, "fast_lr": 0.1,
                                 "auto_scale": True, "in_chop_random": True, "units_in_mbatch": False,
                                 "scale_fast_lr": False})}}
        layer = aimc.Config(config) if config not in fields else config and aimc.Config("layer", fields[config])
        if layer is not None:
            layer["mapping.max_input_size"] = layer["mapping.max_output_size"] = 0  # one tile a layer, as over there
        net = aimc.Network()
        for k, (n_in, n_out) in enumerate(zip(data.WIDTHS, data.WIDTHS[1:])):
            net = (net.add_activation("sigmoid") if k else net).add_linear(n_out, n_in, layer)
        x, labels = data.pictures(n)
        start = time.process_time()
        net.fit(x, labels, epochs=1, batch=batch, lr=lr)
        return {"seconds": time.process_time() - start}

    def pulses(self, device, fields, counts):
        """Mean and spread of 16 x 1000 devices after so many pulses up from 0, and after as many down again."""
        made = aimc.Device(device, fields)
        tiles, found = [aimc.Tile(made, 25, 40) for _ in range(data.TILES)], []
        for tile in tiles:
            tile.weights = np.zeros((25, 40))
        for sign in (1, -1):
            done = 0
            for count in counts:
                for tile in tiles:
                    tile.pulse(sign * (count - done))
                done = count
                w = np.array([tile.weights for tile in tiles])
                found.append((float(w.mean()), float(w.std())))
        return found

    def conductances(self, model, targets, times):
        """Mean and spread of 100000 devices at times after they were programmed."""
        found, noise = [], aimc.NoiseModel(model)
        for target in targets:
            cells = aimc.Population(noise, 100000, seed=1)
            cells.program(target)
            for t in times:
                g = cells.read(t)
                found.append((float(g.mean()), float(g.std())))
        return found
