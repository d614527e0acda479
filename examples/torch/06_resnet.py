# SPDX-License-Identifier: MIT
"""A ResNet, hardware-aware: trained with noisy weights, calibrated, programmed on PCM, aged. --quick: a small one on digits."""
import sys

import torch
from torch import nn

import aimc.torch as at
from images import accuracy, pictures, train


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(),
                                  nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False), nn.BatchNorm2d(n_out))
        alike = n_in == n_out and stride == 1
        self.around = nn.Identity() if alike else nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x):
        return torch.relu(self.body(x) + self.around(x))


def resnet(width, n_blocks):
    """Three stages of blocks; the first convolution and the last layer have names of their own."""
    layers = nn.Sequential()
    layers.add_module("stem", nn.Sequential(nn.Conv2d(3, width, 3, 1 if n_blocks > 1 else 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()))
    for stage in range(3):
        for k in range(n_blocks):
            n_in = width * 2 ** max(stage - (k == 0), 0)
            layers.add_module(f"stage{stage}_{k}", Block(n_in, width * 2 ** stage, 2 if stage and k == 0 else 1))
    layers.add_module("head", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10)))
    return layers


torch.manual_seed(1)
quick = "--quick" in sys.argv
training, test = pictures(quick)
model = resnet(*((8, 1) if quick else (16, 3)))
at.convert(model, {"device": "ideal", "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": 0.03}, exclude=["stem"])
opt = at.AnalogSGD(model.parameters(), lr=0.1, momentum=0.9)
train(model, opt, training, epochs=5 if quick else 20, batch=20 if quick else 64,
      watch=lambda epoch, loss: print(f"epoch {epoch}  loss {loss:.4f}"))

print(f"trained: {accuracy(model, test):.4f}")
at.program(model, {"noise_model": "pcm_like", "compensation.method": "REFIT"})
at.drift_to(model, 86400.0)
print(f"after a day: {accuracy(model, test):.4f}")
at.compensate(model, [training[0][:100]])
print(f"accuracy {accuracy(model, test):.4f}")
