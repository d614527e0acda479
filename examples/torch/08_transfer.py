# SPDX-License-Identifier: MIT
"""Transfer: a network that was trained digitally on some classes goes on tiles; there its last layer learns the others."""
import sys

import torch
from torch import nn

import aimc.torch as at
from images import accuracy, digits, train


def of_classes(data, first, last):
    """The images of some classes, with labels that begin at 0."""
    x, labels = data
    mine = (labels >= first) & (labels <= last)
    return x[mine], labels[mine] - first


torch.manual_seed(1)
quick = "--quick" in sys.argv
training, test = digits(quick)
model = nn.Sequential(nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 5, stride=2), nn.ReLU(), nn.Flatten(),
                      nn.Linear(256, 32), nn.Tanh(), nn.Linear(32, 5))
train(model, torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), of_classes(training, 0, 4), epochs=3)
print(f"digital, digits 0 to 4: {accuracy(model, of_classes(test, 0, 4)):.4f}")

at.convert(model, {"device": "idealized", "optimizer": "sgd"})
print(f"on tiles: {accuracy(model, of_classes(test, 0, 4)):.4f}")
model[:-1].requires_grad_(False)  # what is frozen is read and never pulsed
pulses = [weight.matrix.counters.pulses_up for _, weight in at.analog_weights(model[:-1])]

print(f"digits 5 to 9, before: {accuracy(model, of_classes(test, 5, 9)):.4f}")
opt = at.AnalogSGD(model.parameters(), lr=0.1)
train(model, opt, of_classes(training, 5, 9), epochs=5,
      watch=lambda epoch, loss: print(f"epoch {epoch}  loss {loss:.4f}"))
assert pulses == [weight.matrix.counters.pulses_up for _, weight in at.analog_weights(model[:-1])]
print(f"accuracy {accuracy(model, of_classes(test, 5, 9)):.4f}")
