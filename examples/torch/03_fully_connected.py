# SPDX-License-Identifier: MIT
"""A perceptron is trained on the chip to tell digits: 784-256-128-10. --quick: the digits of the tree, few epochs."""
import sys

import torch
from torch import nn

import aimc.torch as at
from images import accuracy, digits, train

torch.manual_seed(1)
quick = "--quick" in sys.argv
training, test = digits(quick)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.Sigmoid(), nn.Linear(256, 128), nn.Sigmoid(), nn.Linear(128, 10))
at.convert(model, {"device": "constant_step", "optimizer": "sgd"})
opt = at.AnalogSGD(model.parameters(), lr=0.05 if not quick else 0.2)
schedule = torch.optim.lr_scheduler.StepLR(opt, step_size=10, gamma=0.5)


def watch(epoch, loss):
    schedule.step()
    print(f"epoch {epoch}  loss {loss:.4f}  accuracy {accuracy(model, test):.4f}")
    model.train()


train(model, opt, training, epochs=8 if quick else 30, watch=watch)
print(at.summary(model))
print(f"accuracy {accuracy(model, test):.4f}")
