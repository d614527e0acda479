# SPDX-License-Identifier: MIT
"""Layers on different devices in one model, and a digital one among them."""
import torch
from torch import nn
from torch.nn import functional as F

import aimc.torch as at

torch.manual_seed(1)
x = torch.rand(60, 4) * 2 - 1
target = torch.tanh(x[:, :2] - x[:, 2:]) * 0.5

model = nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 2))
report = at.convert(model, {"0": {"device": "constant_step", "optimizer": "sgd"},
                            "2": {"device": "soft_bounds", "optimizer": "sgd"}}, patterns=True)  # "4" stays digital
print(*report, model, sep="\n")
opt = at.AnalogSGD(model.parameters(), lr=0.2)
for epoch in range(201):
    opt.zero_grad()
    loss = F.mse_loss(model(x), target)
    loss.backward()
    opt.step()
    if epoch % 50 == 0:
        print(f"epoch {epoch:3d}  loss {float(loss.detach()):.4f}")
print(f"loss {float(F.mse_loss(model(x), target).detach()):.4f}")
