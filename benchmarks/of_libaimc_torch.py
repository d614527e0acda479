# SPDX-License-Identifier: MIT
"""The tasks of PyTorch with aimc.torch."""
import time

import torch

import aimc
import aimc.torch as at
from torch_tasks import Tasks

at.set_threads(1)
ONE_TILE = {"mapping.max_input_size": 0, "mapping.max_output_size": 0}
AWARE = {"device": "ideal", "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": 0.1, "hwa.clip_type": "LAYER_GAUSSIAN", "hwa.clip_sigma": 2.5}


class Side(Tasks):
    def about(self):
        return {"version": aimc.Context().describe().split("\n")[0] + f", torch {torch.__version__}"}

    def on_tiles(self, model, kind):
        if kind == "digital":
            return model
        if kind == "aware_torch":
            at.aware(model, AWARE)
            return model
        config = {"constant_step": {"device": "constant_step", "optimizer": "sgd", **ONE_TILE},
                  "aware": AWARE, "program": {"device": "ideal"}}.get(kind)
        if config is None:
            config = aimc.Config(kind)
            config.update({**ONE_TILE, "optimizer.scale_fast_lr": False})
        at.convert(model, config)
        return model

    def optimizer(self, model, lr):
        if any(True for _ in at.analog_weights(model)):
            return at.AnalogSGD(model.parameters(), lr=lr)
        opt = torch.optim.SGD(model.parameters(), lr=lr)
        if any(isinstance(module, at.AwareLinear) for module in model.modules()):
            at.constrain(model, opt)
        return opt

    def program(self, model):
        at.program(model, {"noise_model": "pcm_like", "compensation.method": "GLOBAL"})

    def drift(self, model, t):
        at.drift_to(model, t)
        at.compensate(model)

    def overhead(self, n, batch):
        """Seconds of one call of AnalogLinear forward and backward, and of the calls of the library below it."""
        layer = at.AnalogLinear(n, n, bias=False, config={"device": "ideal"})
        matrix, x = layer.weight_of().matrix, torch.rand(batch, n)
        d, weight = torch.rand(batch, n), layer.weight_of()

        def least(function, before=lambda: None):
            best = 1e9
            for _ in range(2000):
                made = before()
                start = time.perf_counter()
                function(*([made] if made is not None else []))
                best = min(best, time.perf_counter() - start)
            return best

        def passed():
            weight.clear()
            return layer(x.requires_grad_())
        array, gradient = x.detach().numpy(), d.numpy()
        below = [least(lambda: call(a)) for call, a in ((matrix.forward, array), (matrix.backward, gradient))]
        return {"forward": least(lambda: layer(x)) - below[0], "backward": least(lambda y: y.backward(d), passed) - below[1],
                "below": below}
