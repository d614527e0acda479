# SPDX-License-Identifier: MIT
"""A Swin transformer (Liu et al., ICCV 2021, arXiv:2103.14030) in PyTorch for images of 32 x 32: windows of 4 x 4 tokens, patches merged by 2, 2, 2 and 1,
2 + 2 + 6 + 2 blocks, of which every other one has its windows shifted by half of one. Every weight is an nn.Linear, so that aimc.torch.convert() puts all of them
on tiles; layer norms and position biases are digital.
"""
import torch
from torch import nn

BLOCKS, MERGES, WINDOW, HEADS = (2, 2, 6, 2), (2, 2, 2, 1), 4, (3, 6, 12, 24)


class Attention(nn.Module):
    """Self-attention inside of windows, with a bias for each distance of two tokens (one table for all heads)."""

    def __init__(self, width, heads, shifted):
        super().__init__()
        self.heads, self.shift = heads, WINDOW // 2 if shifted else 0
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)
        self.position = nn.Parameter(torch.randn(2 * WINDOW - 1, 2 * WINDOW - 1))
        at = torch.stack(torch.meshgrid(torch.arange(WINDOW), torch.arange(WINDOW), indexing="ij"), -1).reshape(-1, 2)
        self.register_buffer("distance", at[None] - at[:, None] + WINDOW - 1, persistent=False)

    def mask(self, side):
        """-inf between tokens that the shift brought from opposite edges into one window: [windows, tokens, tokens]."""
        region = torch.zeros(side)
        region[side - WINDOW:side - self.shift], region[side - self.shift:] = 1, 2
        of = into_windows((3 * region[:, None] + region[None])[None, :, :, None])[:, :, 0]
        return torch.where(of[:, :, None] == of[:, None], 0.0, float("-inf"))

    def forward(self, x):
        n, side = x.shape[0], x.shape[1]
        if self.shift:
            x = x.roll((-self.shift, -self.shift), (1, 2))
        q, k, v = self.qkv(into_windows(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # [windows, heads, tokens, head width]
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + self.position[self.distance[..., 0], self.distance[..., 1]]
        if self.shift:
            scores = scores + self.mask(side).repeat(n, 1, 1)[:, None]
        x = from_windows(self.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2)), n, side)
        return x.roll((self.shift, self.shift), (1, 2)) if self.shift else x


def into_windows(x):
    """[n, side, side, width] -> [n x windows, tokens, width]."""
    n, side, _, width = x.shape
    x = x.reshape(n, side // WINDOW, WINDOW, side // WINDOW, WINDOW, width).transpose(2, 3)
    return x.reshape(-1, WINDOW * WINDOW, width)


def from_windows(x, n, side):
    """The way back."""
    x = x.reshape(n, side // WINDOW, side // WINDOW, WINDOW, WINDOW, -1).transpose(2, 3)
    return x.reshape(n, side, side, -1)


class Block(nn.Module):
    """Attention and a perceptron of four times the width, each behind a layer norm and beside a shortcut."""

    def __init__(self, width, heads, shifted):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads, shifted)
        self.norm2, self.mlp = nn.LayerNorm(width), nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Merge(nn.Module):
    """Squares of tokens become one token."""

    def __init__(self, n_in, n_out, by):
        super().__init__()
        self.by, self.linear = by, nn.Linear(n_in * by * by, n_out)

    def forward(self, x):
        n, side, _, width = x.shape
        x = x.reshape(n, side // self.by, self.by, side // self.by, self.by, width).permute(0, 1, 3, 5, 2, 4)
        return self.linear(x.reshape(n, side // self.by, side // self.by, -1))


class Swin(nn.Module):
    """Images [n, 3, 32, 32] to logits [n, classes]. width: of the first stage, a multiple of 3; it doubles with each stage. 96 is the paper's."""

    def __init__(self, classes, width=96):
        super().__init__()
        stages, n_in = [], 3
        for stage, (blocks, by, heads) in enumerate(zip(BLOCKS, MERGES, HEADS)):
            n_out = width << stage
            stages += [Merge(n_in, n_out, by), *(Block(n_out, heads, k % 2 == 1) for k in range(blocks))]
            n_in = n_out
        self.stages, self.norm, self.head = nn.Sequential(*stages), nn.LayerNorm(n_in), nn.Linear(n_in, classes)

    def forward(self, x):
        return self.head(self.norm(self.stages(x.permute(0, 2, 3, 1)).mean((1, 2))))


def parameters(net, positions=False):
    """Parameters, position biases counted or not."""
    return sum(p.numel() for name, p in net.named_parameters() if positions or not name.endswith("position"))


def products(net):
    """Weights times vectors of one image."""
    total = []
    hooks = [m.register_forward_hook(lambda m, x, y: total.append(m.weight.numel() * (y.numel() // y.shape[-1])))
             for m in net.modules() if isinstance(m, nn.Linear)]
    with torch.no_grad():
        net(torch.zeros(1, 3, 32, 32))
    for hook in hooks:
        hook.remove()
    return sum(total)
