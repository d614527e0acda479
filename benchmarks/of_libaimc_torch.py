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

    def train_lenet(self, x, labels):
        """Without PyTorch: a network of the library, as a C program has it."""
        if "trained" not in self.made:
            net, matrix = aimc.Network(ctx=aimc.Context(seed=1, threads=1)), {"kind": "layer", "device": "constant_step", **ONE_TILE}
            h = net.add_input(x.shape[1:])
            for channels in (16, 32):
                h = net.max_pool2d(net.tanh(net.conv2d(h, out_channels=channels, kernel=5, matrix=matrix)), kernel=2)
            h = net.tanh(net.linear(net.flatten(h), out_features=128, matrix=matrix))
            net.linear(h, out_features=10, matrix=matrix)
            self.made["trained"] = net
        start = time.process_time()
        for k in range(0, len(x), 8):
            self.made["trained"].train_batch(x[k:k + 8], labels[k:k + 8], 0.01)
        return time.process_time() - start

    def program(self, model):
        at.program(model, {"noise_model": "pcm_like", "compensation.method": "GLOBAL"})

    def drift(self, model, t):
        at.drift_to(model, t)
        at.compensate(model)

    def overhead(self, n, batch):
        """Seconds of the calls of AnalogLinear forward and backward, of the calls of the library below them, and of nn.Linear in their place."""
        layer, digital = at.AnalogLinear(n, n, bias=False, config={"device": "ideal"}), torch.nn.Linear(n, n, bias=False)
        weight, x, d = layer.weight_of(), torch.rand(batch, n, requires_grad=True), torch.rand(batch, n)

        def passed(module):
            weight.clear()
            return module(x)

        rows, gradient = x.detach().numpy(), d.numpy()
        return {"below": [least(lambda: weight.matrix.forward(rows)), least(lambda: weight.matrix.backward(gradient))],
                "calls": [least(lambda: layer(x)), least(lambda y: y.backward(d), lambda: passed(layer))],
                "digital": [least(lambda: digital(x)), least(lambda y: y.backward(d), lambda: passed(digital))]}


def least(function, before=None):
    """The shortest of many calls, of what before() made."""
    best = float("inf")
    for _ in range(2000):
        made = (before(),) if before else ()
        start = time.perf_counter()
        function(*made)
        best = min(best, time.perf_counter() - start)
    return best
