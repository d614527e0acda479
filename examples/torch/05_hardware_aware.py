# SPDX-License-Identifier: MIT
"""A layer is trained with noise on its weights, programmed on PCM, and read a second, a day and a year later."""
import torch
from torch import nn
from torch.nn import functional as F

import aimc.torch as at

torch.manual_seed(1)
x = torch.rand(80, 4) * 2 - 1
target = x @ torch.tensor([[0.3, -0.2], [-0.1, 0.4], [0.2, 0.1], [-0.3, 0.2]])

model = nn.Sequential(nn.Linear(4, 2))
at.convert(model, {"device": "ideal", "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": 0.05,
                   "hwa.clip_type": "LAYER_GAUSSIAN", "hwa.clip_sigma": 2.5})
opt = at.AnalogSGD(model.parameters(), lr=0.2)
for _ in range(100):
    opt.zero_grad()
    F.mse_loss(model(x), target).backward()
    opt.step()

model.eval()
print(f"before programming: loss {float(F.mse_loss(model(x), target).detach()):.4f}")
at.program(model, {"noise_model": "pcm_like", "compensation.method": "REFIT"})
for name, seconds in (("a second", 1.0), ("a day", 86400.0), ("a year", 3.15e7)):
    at.drift_to(model, seconds)
    drifted = float(F.mse_loss(model(x), target).detach())
    at.compensate(model, [x])
    print(f"after {name}: loss {drifted:.4f}, compensated {float(F.mse_loss(model(x), target).detach()):.4f}")
print(f"loss {float(F.mse_loss(model(x), target).detach()):.4f}")
