#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks beside PyTorch on one core, in turns, least processor time of some rounds: networks.py [ROUNDS]

    PYTHONPATH=bindings/python AIMC_LIBRARY=build/lib/libaimc.so python3 benchmarks/networks.py

Evaluation of 64 samples by ResNet-8 and ResNet-20 (CIFAR-10), and a depthwise network (keyword spotting); a training step
of LeNet-5 with mini-batches of 8. Matrices of ours are digital, on ideal tiles with perfect read-out, or (training) of constant-step devices.
Weights are those of the start: they do not matter for the time."""
import sys
import time

import aimc
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
PERFECT = {"is_perfect": True}
KINDS = {"digital": "digital", "ideal tiles": {"kind": "layer", "device": "ideal", "forward": PERFECT, "backward": PERFECT},
         "constant step": {"kind": "layer", "device": "constant_step"}}


class Pair:
    """The same graph twice: nodes of ours, and modules with the numbers of their inputs."""

    def __init__(self, shape, matrix):
        self.net, self.matrix, self.calls = aimc.Network(ctx=aimc.Context(threads=1)), matrix, []
        self.modules = nn.ModuleList()
        self.values = [self.net.add_input(shape)]

    def add(self, op, module, *inputs, **fields):
        inputs = inputs or (len(self.values) - 1,)
        self.values.append(self.net.add(op, *(self.values[i] for i in inputs), **fields))
        self.calls.append((module, inputs))
        if isinstance(module, nn.Module):
            self.modules.append(module)
        return len(self.values) - 1

    def conv(self, out, kernel, stride=1, padding=0, groups=1, at=None, norm=True):
        at = len(self.values) - 1 if at is None else at
        channels = self.values[at].shape[0]
        at = self.add("conv2d", nn.Conv2d(channels, out, kernel, stride, padding, groups=groups), at, out_channels=out, kernel=kernel,
                      stride=stride, padding=padding, groups=groups, matrix=self.matrix)
        return self.add("batch_norm", nn.BatchNorm2d(out)) if norm else at

    def linear(self, out):
        return self.add("linear", nn.Linear(self.values[-1].shape[0], out), out_features=out, matrix=self.matrix)

    def head(self, classes):
        self.add("global_avg_pool", nn.AdaptiveAvgPool2d(1))
        self.add("flatten", nn.Flatten())
        self.linear(classes)

    def torch(self, x):
        values = [x]
        for module, inputs in self.calls:
            values.append(module(*(values[i] for i in inputs)))
        return values[-1]


def resnet(blocks, matrix):
    p = Pair((3, 32, 32), matrix)
    p.conv(16, 3, padding=1)
    x = p.add("relu", F.relu)
    for stage in range(3):
        for k in range(blocks):
            out, stride = 16 << stage, 2 if stage and not k else 1
            p.conv(out, 3, stride, 1, at=x)
            p.add("relu", F.relu)
            y = p.conv(out, 3, 1, 1)
            shortcut = p.conv(out, 1, stride, at=x, norm=False) if stride == 2 else x
            p.add("add", torch.add, y, shortcut)
            x = p.add("relu", F.relu)
    p.head(10)
    return p


def depthwise(matrix):
    p = Pair((1, 49, 10), matrix)
    p.conv(64, (10, 4), 2, (5, 1))
    p.add("relu", F.relu)
    for _ in range(4):
        p.conv(64, 3, 1, 1, groups=64)
        p.add("relu", F.relu)
        p.conv(64, 1)
        p.add("relu", F.relu)
    p.head(12)
    return p


def lenet(matrix):
    p = Pair((1, 28, 28), matrix)
    for out in (16, 32):
        p.conv(out, 5, norm=False)
        p.add("tanh", torch.tanh)
        p.add("max_pool2d", nn.MaxPool2d(2), kernel=2)
    p.add("flatten", nn.Flatten())
    p.linear(128)
    p.add("tanh", torch.tanh)
    p.linear(10)
    return p


def least(tasks, rounds):
    best = [float("inf")] * len(tasks)
    for _ in range(rounds):
        for k, task in enumerate(tasks):
            start = time.process_time()
            task()
            best[k] = min(best[k], time.process_time() - start)
    return best


def report(name, kinds, tasks, rounds):
    best = least(tasks, rounds)
    row = "".join(f" | {kind} {1e3 * t:.2f} ms, {t / best[0]:.2f}" for kind, t in zip(kinds, best[1:]))
    print(f"| {name} | torch {1e3 * best[0]:.2f} ms{row} |", flush=True)


def evaluation(name, make, rounds, kinds=("digital", "ideal tiles")):
    pairs = [make(KINDS[kind]) for kind in kinds]
    pairs[0].modules.eval()
    x = np.random.default_rng(0).standard_normal((64, *pairs[0].values[0].shape)).astype(np.float32)

    def theirs():
        with torch.no_grad():
            pairs[0].torch(torch.from_numpy(x))
    report(name, kinds, [theirs] + [lambda net=p.net: net.predict(x) for p in pairs], rounds)


def training(rounds):
    pairs = [lenet(matrix) for matrix in KINDS.values()]
    x = np.random.default_rng(0).random((8, 1, 28, 28), dtype=np.float32)
    labels = np.arange(8, dtype=np.uint32)
    sgd = torch.optim.SGD(pairs[0].modules.parameters(), 0.01)

    def theirs():
        sgd.zero_grad()
        F.cross_entropy(pairs[0].torch(torch.from_numpy(x)), torch.arange(8)).backward()
        sgd.step()
    report("LeNet-5, step of 8", KINDS, [theirs] + [lambda net=p.net: net.train_batch(x, labels, 0.01) for p in pairs], 10 * rounds)


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    evaluation("ResNet-8, 64 samples", lambda matrix: resnet(1, matrix), n)
    evaluation("ResNet-20, 64 samples", lambda matrix: resnet(3, matrix), n)
    evaluation("depthwise, 64 samples", depthwise, n)
    training(n)
