# SPDX-License-Identifier: MIT
"""LeNet-5 is trained on the chip by pulses, convolutions too; the energy of training is counted. --quick: small data; --chopped: by
chopped TTv2 on resistive memory: the optimizer that suits it writes 57 pulses at once, for one is mostly noise; weights are scaled to the
devices, for the small ones of PyTorch drown in the noise of the read-out."""
import sys

import torch
from torch import nn

import aimc
import aimc.torch as at
from images import accuracy, digits, train

torch.manual_seed(1)
quick = "--quick" in sys.argv
training, test = digits(quick)
model = nn.Sequential(nn.Conv2d(1, 16, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.Tanh(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Linear(512, 128), nn.Tanh(), nn.Linear(128, 10))
config = {"device": "constant_step", "optimizer": "sgd"}
if "--chopped" in sys.argv:
    config = aimc.Config("c_ttv2_reram_sb")
    config["optimizer"] = aimc.Optimizer.suggest_config(aimc.Device("reram_sb"), "c_ttv2")
    config["mapping.weight_scaling_omega"] = 0.3
at.convert(model, config)
opt = at.AnalogSGD(model.parameters(), lr=0.05)
train(model, opt, training, epochs=2 if quick else 10, batch=8,
      watch=lambda epoch, loss: print(f"epoch {epoch}  loss {loss:.4f}"))
print(at.summary(model))
print(f"{at.energy(model)['total'].energy_j:.3g} J of training, by what was counted")
print(f"accuracy {accuracy(model, test):.4f}")
