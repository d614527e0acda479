# SPDX-License-Identifier: MIT
"""One layer on tiles learns a linear map: the smallest whole program."""
import torch
from torch.nn import functional as F

import aimc.torch as at

torch.manual_seed(1)
x = torch.rand(40, 4) * 2 - 1
target = x @ torch.tensor([[0.3, -0.2], [-0.1, 0.4], [0.2, 0.1], [-0.3, 0.2]]) + 0.1

layer = at.AnalogLinear(4, 2, config={"device": "constant_step", "optimizer": "sgd"})
opt = at.AnalogSGD(layer.parameters(), lr=0.1)
for epoch in range(101):
    opt.zero_grad()
    loss = F.mse_loss(layer(x), target)
    loss.backward()
    opt.step()  # pulses for the weight, an ordinary step for the bias
    if epoch % 25 == 0:
        print(f"epoch {epoch:3d}  loss {float(loss.detach()):.4f}")
print(at.summary(layer))
print(f"loss {float(F.mse_loss(layer(x), target).detach()):.4f}")
