# SPDX-License-Identifier: MIT
"""The tasks with aihwkit. Products and updates go straight to its C++ tile, past its Python layers and autograd."""
import time

import torch

from aihwkit import __version__
from aihwkit.inference import noise
from aihwkit.nn import AnalogLinear, AnalogSequential
from aihwkit.optim import AnalogSGD
from aihwkit.simulator import configs, presets
from aihwkit.simulator.configs import IOParameters, SingleRPUConfig, UpdateParameters, build_config
from aihwkit.simulator.tiles import AnalogTile

import data

torch.set_num_threads(1)


class Side:
    def about(self):
        return {"version": f"aihwkit {__version__}, torch {torch.__version__}"}

    @staticmethod
    def _device(name, fields):
        return getattr(configs, name, None) or getattr(presets.devices, name), fields

    def product(self, n, batch, direction, perfect):
        io = IOParameters(is_perfect=perfect)
        tile = AnalogTile(n, n, SingleRPUConfig(device=configs.IdealDevice(), forward=io, backward=io))
        tile.set_weights(torch.from_numpy(data.weights(n)))
        x = torch.from_numpy(data.uniform(2, (batch, n)))
        if direction == "forward":
            return lambda: tile.tile.forward(x, False, False, False, False, False)
        return lambda: tile.tile.backward(x, False, False, False, False)

    def update(self, device, fields, regime, n, batch):
        made, fields = self._device(device, fields)
        return self._step(AnalogTile(n, n, SingleRPUConfig(device=made(**fields))), regime, n, batch)

    def preset_update(self, preset, regime, n, batch):
        return self._step(AnalogTile(n, n, getattr(presets, preset)()), regime, n, batch)

    @staticmethod
    def _step(tile, regime, n, batch):
        x, d = (torch.from_numpy(each) for each in data.gradients(regime, n, batch))
        signs = [d, -d]
        tile.tile.set_learning_rate(data.REGIMES[regime])

        def step():
            signs.reverse()
            tile.tile.update(x, signs[0], False, False, False, False)
        return step

    def epoch(self, config, n, batch, lr):
        made = {"constant_step": lambda: SingleRPUConfig(device=configs.ConstantStepDevice()),
                "soft_bounds": lambda: SingleRPUConfig(device=configs.SoftBoundsDevice()),
                "c_ttv2": lambda: build_config("c-ttv2", configs.SoftBoundsReferenceDevice(dw_min=0.05))}
        layers = []
        for n_in, n_out in zip(data.WIDTHS, data.WIDTHS[1:]):
            layers += [torch.nn.Sigmoid()] if layers else []
            layers.append(torch.nn.Linear(n_in, n_out) if config is None else AnalogLinear(
                n_in, n_out, rpu_config=made[config]() if config in made else getattr(presets, config)()))
        net = AnalogSequential(*layers)
        optimizer = AnalogSGD(net.parameters(), lr=lr)
        optimizer.regroup_param_groups(net)
        loss = torch.nn.CrossEntropyLoss()
        x, labels = (torch.from_numpy(each) for each in data.pictures(n))
        start = time.process_time()
        for first in range(0, n, batch):
            optimizer.zero_grad()
            loss(net(x[first:first + batch]), labels[first:first + batch]).backward()
            optimizer.step()
        return {"seconds": time.process_time() - start}

    def pulses(self, device, fields, counts):
        made, fields = self._device(device, fields)
        one = UpdateParameters(pulse_type=configs.PulseType.STOCHASTIC_COMPRESSED, desired_bl=1,
                               update_management=False, update_bl_management=False)
        perfect = IOParameters(is_perfect=True)
        config = SingleRPUConfig(device=made(**fields), update=one, forward=perfect, backward=perfect)
        tiles, found = [AnalogTile(25, 40, config) for _ in range(data.TILES)], []
        for tile in tiles:
            tile.set_weights(torch.zeros(25, 40))
            tile.tile.set_learning_rate(1.0)
        x, d = torch.ones(1, 40), torch.ones(1, 25)
        for sign in (1, -1):
            done = 0
            for count in counts:
                for tile in tiles:
                    for _ in range(count - done):
                        tile.tile.update(x, -sign * d, False, False, False, False)
                done = count
                w = torch.stack([tile.tile.get_weights() for tile in tiles])
                found.append((float(w.mean()), float(w.std())))
        return found

    def conductances(self, model, targets, times):
        found, made = [], getattr(noise, model, None) or getattr(__import__("aihwkit.inference", fromlist=[model]), model)
        for target in targets:
            law = made()
            g = torch.full((100000,), float(target))
            programmed = law.apply_programming_noise_to_conductance(g)
            nu = law.generate_drift_coefficients(g)
            for t in times:
                at = law.apply_drift_noise_to_conductance(programmed, nu, t)
                found.append((float(at.mean()), float(at.std())))
        return found
