# SPDX-License-Identifier: MIT
"""Images for the examples: MNIST and CIFAR-10 of $AIMC_DATA where they are, else the digits of the tree."""
import os
import pathlib

import numpy as np
import torch
from aimc.datasets import read_cifar, read_idx
from torch.nn import functional as F

TREE = pathlib.Path(__file__).resolve().parents[2] / "data" / "digits"
DATA = pathlib.Path(os.environ.get("AIMC_DATA", "/usr/share/datasets"))


def digits(quick=False):
    """(x, labels) to train with and (x, labels) to test with; x [n, 1, 28, 28] from 0 to 1."""
    mnist = DATA / "mnist"
    if not quick and (mnist / "train-images-idx3-ubyte.gz").exists():
        return [(torch.tensor(read_idx(mnist / f"{part}-images-idx3-ubyte.gz").reshape(-1, 1, 28, 28) / np.float32(255)),
                 torch.tensor(read_idx(mnist / f"{part}-labels-idx1-ubyte.gz").astype(np.int64))) for part in ("train", "t10k")]
    x = torch.tensor(read_idx(TREE / "digits-images-idx3-ubyte.gz").reshape(-1, 1, 8, 8) / np.float32(16))
    labels = torch.tensor(read_idx(TREE / "digits-labels-idx1-ubyte.gz").astype(np.int64))
    x = F.interpolate(x, size=28, mode="bilinear", align_corners=False)
    test = torch.arange(len(x)) % 5 == 2
    return [(x[~test], labels[~test]), (x[test], labels[test])]


def pictures(quick=False):
    """The same of coloured pictures [n, 3, 32, 32]: CIFAR-10, or the digits in grey."""
    if quick or not (DATA / "cifar10" / "data_batch_1.bin.gz").exists():
        return [(F.pad(x, (2, 2, 2, 2)).repeat(1, 3, 1, 1), labels) for x, labels in digits(True)]
    parts = [read_cifar(DATA / "cifar10" / f"{name}.bin.gz") for name in ("data_batch_1", "test_batch")]
    return [(torch.tensor(x / np.float32(255)), torch.tensor(labels.astype(np.int64))) for x, labels in parts]


def train(model, opt, data, epochs, batch=10, watch=lambda epoch, loss: None):
    """Cross-entropy over shuffled mini-batches."""
    x, labels = data
    model.train()
    for epoch in range(1, epochs + 1):
        total = 0.0
        for pick in torch.randperm(len(x)).split(batch):
            opt.zero_grad()
            loss = F.cross_entropy(model(x[pick]), labels[pick])
            loss.backward()
            opt.step()
            total += float(loss.detach()) * len(pick)
        watch(epoch, total / len(x))


def accuracy(model, data):
    """The fraction of images that are told right, in evaluation mode."""
    model.eval()
    with torch.no_grad():
        return sum(int((model(x).argmax(1) == labels).sum())
                   for x, labels in zip(data[0].split(200), data[1].split(200))) / len(data[1])
