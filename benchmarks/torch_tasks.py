# SPDX-License-Identifier: MIT
"""Networks of PyTorch that both sides put on tiles by modules of their own: what part torch of peer.py times.

A side says how a model is put on tiles, and what steps it. Weights and data are alike; times are processor time of one thread."""
import time

import torch
from torch import nn
from torch.nn import functional as F

import data

torch.set_num_threads(1)


def perceptron():
    layers = []
    for n_in, n_out in zip(data.WIDTHS, data.WIDTHS[1:]):
        layers += [nn.Sigmoid()] if layers else []
        layers.append(nn.Linear(n_in, n_out))
    return nn.Sequential(*layers)


def lenet():
    return nn.Sequential(nn.Conv2d(1, 16, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.Tanh(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(512, 128), nn.Tanh(), nn.Linear(128, 10))


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(),
                                  nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False), nn.BatchNorm2d(n_out))
        self.around = nn.Identity() if n_in == n_out else nn.Conv2d(n_in, n_out, 1, stride, bias=False)

    def forward(self, x):
        return F.relu(self.body(x) + self.around(x))


def resnet20():
    blocks, n_in = [], 16
    for stage in range(3):
        for k in range(3):
            blocks.append(Block(n_in, 16 << stage, 2 if stage and k == 0 else 1))
            n_in = 16 << stage
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


MODELS = {"perceptron": (perceptron, (784,)), "lenet": (lenet, (1, 28, 28)), "resnet20": (resnet20, (3, 32, 32))}


class Tasks:
    """What is timed. A side adds on_tiles(model, kind), optimizer(model, lr), program(model) and drift(model, t)."""

    def __init__(self):
        self.made = {}

    def model(self, name, kind):
        """A model on tiles, made once."""
        if (name, kind) not in self.made:
            torch.manual_seed(1)
            model = self.on_tiles(MODELS[name][0](), kind)
            self.made[name, kind] = model, self.optimizer(model, 0.05)
        return self.made[name, kind]

    def steps(self, name, kind, batch, n):
        """Seconds of n training steps, all of them: pass, loss, gradients, update."""
        model, opt = self.model(name, kind)
        model.train()
        generator = torch.Generator().manual_seed(1)
        x = torch.rand(n * batch, *MODELS[name][1], generator=generator)
        labels = torch.randint(10, (n * batch,), generator=generator)
        start = time.process_time()
        for k in range(0, n * batch, batch):
            opt.zero_grad()
            F.cross_entropy(model(x[k:k + batch]), labels[k:k + batch]).backward()
            opt.step()
        return {"seconds": time.process_time() - start}

    def epoch_of_lenet(self, n):
        """Seconds of LeNet-5's training on n pictures, constant-step devices, batches of 8, rate 0.01."""
        x, labels = data.pictures(n)
        return {"seconds": self.train_lenet(x.reshape(-1, 1, 28, 28), labels)}

    def train_lenet(self, x, labels):
        """By the side's modules; one that trains networks without PyTorch has its own."""
        if "trained" not in self.made:
            torch.manual_seed(1)
            model = self.on_tiles(lenet(), "constant_step")
            self.made["trained"] = model, self.optimizer(model, 0.01)
        model, opt = self.made["trained"]
        x, labels = torch.from_numpy(x), torch.from_numpy(labels)
        start = time.process_time()
        for k in range(0, len(x), 8):
            opt.zero_grad()
            F.cross_entropy(model(x[k:k + 8]), labels[k:k + 8]).backward()
            opt.step()
        return time.process_time() - start

    def life(self, name, moments):
        """Seconds of programming a model, and of drifting and compensating it for each of these moments."""
        model, _ = self.model(name, "program")
        model.eval()
        start = time.process_time()
        self.program(model)
        for t in moments:
            self.drift(model, t)
        return {"seconds": time.process_time() - start}
