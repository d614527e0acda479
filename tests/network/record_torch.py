#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Record what PyTorch computes: record_torch.py OUT.npz (with Debian's python3-torch: /usr/bin/python3)

Each case is a network of ours as a document and the module of PyTorch that it stands for; recorded are parameters,
inputs x and gradients dy of the outputs, and what PyTorch makes of them: outputs, gradients of x and of parameters.
The test bindings/python/tests/t_torch_cases.py compares."""
import json
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

CASES = []


def case(name, shapes, nodes, module, n=3, train=True, outputs=None):
    """nodes: (name, op, inputs, config) of ours, after inputs in0, in1 ... of these shapes."""
    CASES.append((name, shapes, nodes, module, n, train, outputs))


class Functional(nn.Module):
    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for key, module in modules.items():
            setattr(self, key, module)

    def forward(self, *x):
        return self.function(self, *x)


def one(op, module, size, n=3, train=True, key="op", **config):
    """A network of one node."""
    case(f"{op} {json.dumps(config, sort_keys=True)} {size} {n} {train}", [size], [(key, op, ["in0"], config)],
         Functional(lambda self, x: getattr(self, key)(x), **{key: module}), n, train)


def make_cases():
    for n in (1, 4):
        one("linear", nn.Linear(5, 3), (5,), n, out_features=3)
    one("linear", nn.Linear(5, 3, bias=False), (5,), out_features=3, bias=False)
    one("linear", nn.Linear(6, 4), (7, 6), out_features=4)
    for n in (1, 3):
        one("conv2d", nn.Conv2d(3, 4, 3), (3, 7, 6), n, out_channels=4, kernel=3)
    one("conv2d", nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 2)), (3, 7, 5), out_channels=4, kernel=[3, 2],
        stride=[2, 1], padding=[1, 2])
    one("conv2d", nn.Conv2d(2, 4, 3, dilation=2, bias=False), (2, 9, 8), out_channels=4, kernel=3, dilation=2, bias=False)
    one("conv2d", nn.Conv2d(2, 3, 3, dilation=(1, 2), stride=2, padding=2), (2, 9, 8), out_channels=3, kernel=3,
        dilation=[1, 2], stride=2, padding=2)
    one("conv2d", nn.Conv2d(4, 6, 3, groups=2, padding=1), (4, 5, 5), out_channels=6, kernel=3, groups=2, padding=1)
    one("conv2d", nn.Conv2d(4, 4, 3, groups=4, padding=1, stride=2), (4, 6, 5), out_channels=4, kernel=3, groups=4,
        padding=1, stride=2)
    one("conv2d", nn.Conv2d(4, 8, 3, groups=4), (4, 6, 5), out_channels=8, kernel=3, groups=4)
    one("conv2d", nn.Conv2d(4, 5, 1), (4, 6, 5), out_channels=5, kernel=1)
    one("conv2d", nn.Conv2d(4, 5, 1, stride=2), (4, 6, 5), out_channels=5, kernel=1, stride=2)
    one("conv2d", nn.Conv2d(3, 8, 5, padding=2), (3, 30, 29), 2, out_channels=8, kernel=5, padding=2)
    one("conv1d", nn.Conv1d(3, 4, 3), (3, 11), out_channels=4, kernel=3)
    one("conv1d", nn.Conv1d(3, 4, 4, stride=3, padding=2, dilation=2), (3, 17), out_channels=4, kernel=4, stride=3,
        padding=[2, 2], dilation=2)
    conv = nn.Conv2d(3, 4, 3, stride=2)
    case("conv2d same", [(3, 8, 7)], [("op", "conv2d", ["in0"], {"out_channels": 4, "kernel": 3, "stride": 2, "same": "UPPER"})],
         Functional(lambda self, x: self.op(F.pad(x, (1, 1, 0, 1))), op=conv))
    case("conv2d asymmetric", [(3, 6, 7)], [("op", "conv2d", ["in0"], {"out_channels": 4, "kernel": 3, "padding": [0, 2, 1, 0]})],
         Functional(lambda self, x: self.op(F.pad(x, (1, 0, 0, 2))), op=nn.Conv2d(3, 4, 3)))
    for kernel, stride, padding in ((2, None, 0), (3, 2, 1), ((2, 3), (1, 2), (0, 1))):
        config = {"kernel": kernel, "padding": padding, **({} if stride is None else {"stride": stride})}
        one("max_pool2d", nn.MaxPool2d(kernel, stride, padding), (3, 7, 8), **config)
        one("avg_pool2d", nn.AvgPool2d(kernel, stride, padding), (3, 7, 8), **config)
        one("avg_pool2d", nn.AvgPool2d(kernel, stride, padding, count_include_pad=False), (3, 7, 8),
            count_include_pad=False, **config)
    one("max_pool2d", nn.MaxPool2d(2, 1, 0, dilation=2), (3, 7, 8), kernel=2, stride=1, dilation=2)
    one("max_pool1d", nn.MaxPool1d(3, 2), (3, 11), kernel=3, stride=2)
    one("avg_pool1d", nn.AvgPool1d(3, 2, 1), (3, 11), kernel=3, stride=2, padding=1)
    one("global_avg_pool", nn.AdaptiveAvgPool2d(1), (3, 5, 4))
    one("global_max_pool", nn.AdaptiveMaxPool2d(1), (3, 5, 4))
    for train in (True, False):
        norm = nn.BatchNorm2d(4, momentum=0.3, eps=1e-3)
        norm.running_mean.uniform_(-1, 1)
        norm.running_var.uniform_(0.5, 2)
        nn.init.uniform_(norm.weight), nn.init.uniform_(norm.bias)
        one("batch_norm", norm, (4, 5, 3), 4, train, momentum=0.3, eps=1e-3)
        one("batch_norm", nn.BatchNorm1d(5), (5,), 6, train)
    one("batch_norm", nn.BatchNorm1d(5, affine=False, track_running_stats=False), (5, 3), 6, affine=False,
        track_running_stats=False)
    layer = nn.LayerNorm(6)
    nn.init.uniform_(layer.weight), nn.init.uniform_(layer.bias)
    one("layer_norm", layer, (4, 6))
    one("layer_norm", nn.LayerNorm((4, 6), elementwise_affine=False), (4, 6), n_axes=2, affine=False)
    group = nn.GroupNorm(2, 6)
    nn.init.uniform_(group.weight), nn.init.uniform_(group.bias)
    one("group_norm", group, (6, 3, 5), groups=2)
    for op, module in (("relu", nn.ReLU()), ("relu6", nn.ReLU6()), ("tanh", nn.Tanh()), ("sigmoid", nn.Sigmoid()),
                       ("hard_sigmoid", nn.Hardsigmoid()), ("hard_swish", nn.Hardswish()), ("silu", nn.SiLU()),
                       ("gelu", nn.GELU()), ("leaky_relu", nn.LeakyReLU()), ("elu", nn.ELU()),
                       ("softmax", nn.Softmax(-1)), ("log_softmax", nn.LogSoftmax(-1))):
        one(op, module, (3, 9))
    one("gelu", nn.GELU(approximate="tanh"), (9,), approximate="TANH")
    one("leaky_relu", nn.LeakyReLU(0.2), (9,), alpha=0.2)
    one("elu", nn.ELU(0.7), (9,), alpha=0.7)
    one("flatten", nn.Flatten(), (3, 4, 5))
    one("reshape", Functional(lambda _, x: x.reshape(-1, 4, 15)), (3, 4, 5), shape=[4, -1])
    one("permute", Functional(lambda _, x: x.permute(0, 3, 1, 2)), (3, 4, 5), order=[2, 0, 1])
    one("slice", Functional(lambda _, x: x[:, 1:3, :, 1:5:2]), (3, 4, 5), start=[1, 0, 1], stop=[3, 0, 5], step=[1, 1, 2])
    one("pad", Functional(lambda _, x: F.pad(x, (2, 0, 0, 1, 1, 0), value=0.5)), (3, 4, 5), before=[1, 0, 2],
        after=[0, 1, 0], value=0.5)
    one("mean", Functional(lambda _, x: x.mean((2, 3))), (3, 4, 5), axes=[1, 2])
    one("mean", Functional(lambda _, x: x.mean(2, keepdim=True)), (3, 4, 5), axes=[1], keep=True)
    case("add", [(3, 4), (3, 4)], [("op", "add", ["in0", "in1"], {})], Functional(lambda _, a, b: a + b))
    case("add itself", [(3, 4)], [("op", "add", ["in0", "in0", "in0"], {})], Functional(lambda _, a: 3 * a))
    case("mul", [(3, 4), (3, 4)], [("op", "mul", ["in0", "in1"], {})], Functional(lambda _, a, b: a * b))
    case("concat", [(3, 4), (2, 4), (1, 4)], [("op", "concat", ["in0", "in1", "in2"], {"axis": 0})],
         Functional(lambda _, *x: torch.cat(x, 1)))
    case("concat last", [(3, 4), (3, 2)], [("op", "concat", ["in0", "in1"], {"axis": -1})],
         Functional(lambda _, *x: torch.cat(x, 2)))
    residual_cases()


def residual_cases():
    """Layouts turn round, values have several readers, outputs are read further."""
    block = {"c1": nn.Conv2d(3, 6, 3, padding=1, bias=False), "b1": nn.BatchNorm2d(6), "c2": nn.Conv2d(6, 6, 3, padding=1),
             "fc": nn.Linear(6 * 4 * 3, 5), "side": nn.Linear(8, 5)}

    def forward(self, x, s):
        h = torch.relu(self.b1(self.c1(x)))
        h = torch.relu(h + self.c2(h))
        h = F.max_pool2d(h, 2)
        return self.fc(h.flatten(1)) + self.side(s)
    case("residual", [(3, 8, 7), (8,)],
         [("c1", "conv2d", ["in0"], {"out_channels": 6, "kernel": 3, "padding": 1, "bias": False}),
          ("b1", "batch_norm", ["c1"], {}), ("r1", "relu", ["b1"], {}),
          ("c2", "conv2d", ["r1"], {"out_channels": 6, "kernel": 3, "padding": 1}), ("a", "add", ["r1", "c2"], {}),
          ("r2", "relu", ["a"], {}), ("p", "max_pool2d", ["r2"], {"kernel": 2}), ("f", "flatten", ["p"], {}),
          ("fc", "linear", ["f"], {"out_features": 5}), ("side", "linear", ["in1"], {"out_features": 5}),
          ("sum", "add", ["fc", "side"], {})], Functional(forward, **block))


def record(out):
    torch.manual_seed(1)
    make_cases()
    arrays, documents = {}, []
    for k, (name, shapes, nodes, module, n, train, _) in enumerate(CASES):
        module.train(train)
        state = {key: value.numpy().copy() for key, value in module.state_dict().items()
                 if not key.endswith("num_batches_tracked")}
        xs = [torch.randn(n, *shape, requires_grad=True) for shape in shapes]
        y = module(*xs)
        dy = torch.randn_like(y)
        (y * dy).sum().backward()
        document = {"format": "aimc-network", "version": 1,
                    "inputs": [{"name": f"in{i}", "shape": list(shape)} for i, shape in enumerate(shapes)],
                    "nodes": [{"name": key, "op": op, "inputs": inputs, "config": config} for key, op, inputs, config in nodes],
                    "outputs": [nodes[-1][0]]}
        documents.append({"name": name, "document": document, "train": train, "n_inputs": len(shapes)})
        for i, x in enumerate(xs):
            arrays[f"{k}/x{i}"], arrays[f"{k}/dx{i}"] = x.detach().numpy(), x.grad.numpy()
        arrays[f"{k}/y"], arrays[f"{k}/dy"] = y.detach().numpy(), dy.numpy()
        for key, value in state.items():
            arrays[f"{k}/state/{key}"] = value
        for key, value in module.named_parameters():
            arrays[f"{k}/gradient/{key}"] = value.grad.numpy()
        if train:
            for key, value in module.named_buffers():
                if not key.endswith("num_batches_tracked"):
                    arrays[f"{k}/after/{key}"] = value.numpy()
    arrays["cases"] = np.array(json.dumps(documents))
    np.savez_compressed(out, **{key: value.astype(np.float32) if value.dtype.kind == "f" else value
                                for key, value in arrays.items()})
    print(len(CASES), "cases, torch", torch.__version__)


if __name__ == "__main__":
    record(sys.argv[1])
