# SPDX-License-Identifier: MIT
"""A language model of characters: embedding, LSTM on tiles, and a layer that guesses the next one. --quick: few steps."""
import sys

import torch
from torch import nn
from torch.nn import functional as F

import aimc.torch as at

TEXT = "the weights lie on devices, the inputs are voltages, and the sums of currents are the outputs. " * 20
letters = sorted(set(TEXT))
code = torch.tensor([letters.index(one) for one in TEXT])


class Model(nn.Module):
    """Logits of the next character at every place."""

    def __init__(self, width):
        super().__init__()
        self.embedding = nn.Embedding(len(letters), width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.guess = nn.Linear(width, len(letters))

    def forward(self, x):
        return self.guess(self.lstm(self.embedding(x))[0])


torch.manual_seed(1)
quick = "--quick" in sys.argv
model = Model(32)
at.convert(model, {"device": "idealized", "optimizer": "sgd"}, exclude=["guess"])
opt = at.AnalogSGD(model.parameters(), lr=0.3, momentum=0.9)
length, batch = 24, 8
for step in range(121 if quick else 1001):
    starts = torch.randint(len(code) - length - 1, (batch,))
    windows = torch.stack([code[k:k + length + 1] for k in starts])
    opt.zero_grad()
    loss = F.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())
    loss.backward()
    opt.step()
    if step % 40 == 0:
        print(f"step {step:4d}  perplexity {float(loss.detach().exp()):.2f}")
print(at.summary(model))
print(f"loss {float(loss.detach()):.4f} of {float(torch.tensor(len(letters)).log()):.4f} by chance")
