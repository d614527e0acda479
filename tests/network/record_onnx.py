#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Record how today's PyTorch writes networks as ONNX: record_onnx.py tests/data/onnx_models.npz, by a Python that has torch 2.13,
onnx and onnxscript (PyPI). Kept are the models without notes of where a node comes from, inputs x, and what PyTorch makes of them.
The test bindings/python/tests/t_onnx_import.py reads the models and compares."""
import logging
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import onnx
import torch
from torch import nn


class Encoder(nn.Module):
    """A vision transformer with a token of the class, positions, and scales of its branches."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 12, 4, 4)
        self.token, self.positions = nn.Parameter(torch.randn(1, 1, 12)), nn.Parameter(torch.randn(1, 5, 12))
        self.norm, self.attention = nn.LayerNorm(12), nn.MultiheadAttention(12, 3, batch_first=True)
        self.scale, self.mlp = nn.Parameter(torch.randn(12)), nn.Sequential(nn.Linear(12, 8), nn.GELU(), nn.Linear(8, 12))
        self.classes = nn.Linear(12, 4)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions
        y = self.norm(x)
        x = x + self.scale * self.attention(y, y, y, need_weights=False)[0]
        return self.classes((x + self.mlp(x))[:, 0])


class Cross(nn.Module):
    """Attention of one sequence to another, and a causal one."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(8, 8) for _ in range(4))
        self.own = nn.Linear(8, 24)
        self.back = nn.Linear(8, 8, bias=False)

    def forward(self, x, z):
        def heads(y):
            return y.unflatten(-1, (2, 4)).transpose(1, 2)
        attend = nn.functional.scaled_dot_product_attention
        y = attend(*map(heads, (self.q(x), self.k(z), self.v(z)))).transpose(1, 2).flatten(2)
        x = x + self.out(y)
        y = attend(*map(heads, self.own(x).chunk(3, -1)), is_causal=True).transpose(1, 2).flatten(2)
        return x + self.back(y)


class Last(nn.Module):
    """The last output of a recurrent layer."""

    def __init__(self, layer, n):
        super().__init__()
        self.layer, self.classes = layer, nn.Linear(n, 3)

    def forward(self, x):
        return self.classes(self.layer(x)[0][:, -1])


def networks():
    """Name, network, shapes of inputs, and the samples where they are fixed."""
    convolutions = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.PReLU(), nn.InstanceNorm2d(4, affine=True),
                                 nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3))
    yield "encoder", Encoder(), [(1, 8, 8)], 0
    yield "encoder of three samples", Encoder(), [(1, 8, 8)], 3
    yield "cross", Cross(), [(5, 8), (7, 8)], 0
    yield "lstm", Last(nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), 8), [(5, 3)], 0
    yield "gru", Last(nn.GRU(3, 4, batch_first=True), 4), [(5, 3)], 0
    yield "convolutions of three samples", convolutions, [(2, 6, 6)], 3


def main(path):
    """All of them."""
    torch.manual_seed(1)
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    found = {}
    for name, net, shapes, fixed in networks():
        x = tuple(torch.randn(3, *shape) for shape in shapes)
        sizes = None if fixed else tuple({0: torch.export.Dim("batch")} for _ in x)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "model.onnx")
            torch.onnx.export(net.eval(), x, str(file), dynamo=True, dynamic_shapes=sizes, external_data=False)
            model = onnx.load(file)
        for node in model.graph.node:
            node.ClearField("doc_string"), node.ClearField("metadata_props")
        model.graph.ClearField("metadata_props"), model.graph.ClearField("value_info")
        found[f"{name}/model"] = np.frombuffer(model.SerializeToString(), np.uint8)
        found.update({f"{name}/x{k}": each.numpy() for k, each in enumerate(x)})
        found[f"{name}/y"] = net(*x).detach().numpy()
    np.savez_compressed(path, **found)


if __name__ == "__main__":
    main(sys.argv[1])
