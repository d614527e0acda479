# SPDX-License-Identifier: MIT
"""Inputs that both sides get: the same numbers from the same seeds."""
import gzip
import os
import pathlib

import numpy as np

REGIMES = {"dense": 0.1, "typical": 0.05, "sparse": 0.05}  # name -> learning rate
TILES = 16  # the peer's noise comes from a table of 32768 normals for each tile, whose mean is off by 0.0055
WIDTHS = (784, 256, 128, 10)
FASHION = pathlib.Path(os.environ.get("AIMC_DATA", "/usr/share/datasets")) / "fashion-mnist"


def weights(n):
    """Of a size that the bound of the ADC is not hit and no vector is read twice."""
    return uniform(1, (n, n)) * 4 / n**0.5


def uniform(seed, shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def gradients(regime, n, batch):
    """x and d [batch, n] of spec/speed.md 3."""
    x, rng = uniform(2, (batch, n)), np.random.default_rng(3)
    if regime == "dense":
        return x, uniform(4, (batch, n))
    return np.maximum(x, 0), rng.normal(0, 0.05 if regime == "typical" else 0.005, (batch, n)).astype(np.float32)


def pictures(n):
    """n pictures [n, 784] of 0 ... 1 and their labels: Fashion-MNIST (./dev data), else blurred prototypes."""
    if FASHION.exists():
        with gzip.open(FASHION / "train-images-idx3-ubyte.gz") as stream:
            x = np.frombuffer(stream.read(), np.uint8, n * 784, 16).reshape(n, 784)
        with gzip.open(FASHION / "train-labels-idx1-ubyte.gz") as stream:
            labels = np.frombuffer(stream.read(), np.uint8, n, 8)
        return (x / np.float32(255)).astype(np.float32), labels.astype(np.int64)
    labels = np.arange(n) * 7919 % 10
    shades = np.maximum(uniform(5, (10, 784)), 0)[labels]
    return np.where(shades > 0, np.maximum(shades + 0.3 * uniform(6, (n, 784)), 0), 0).astype(np.float32), labels
