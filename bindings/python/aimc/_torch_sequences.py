# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (the oldest PyTorch that we take, 1.13, has no types for mypy)
"""Recurrent layers and attention: what they do with products, and those whose weights lie on tiles."""
from typing import Any, List, Optional, Tuple

import torch
from torch import nn
from torch.nn import functional as F

from ._errors import InvalidError, ShapeError, UnsupportedError
from ._torch_layers import Analog, AnalogLinear, product_of
from .config import ConfigLike
from .context import Context


def check_taken(module: nn.Module) -> None:
    """Refuse recurrent layers and attention that have no counterpart."""
    if getattr(module, "proj_size", 0):
        raise UnsupportedError("an LSTM with proj_size has no analog counterpart")
    if isinstance(module, nn.MultiheadAttention) and (not module._qkv_same_embed_dim or module.bias_k is not None or module.add_zero_attn):
        raise UnsupportedError("attention with inputs of several widths, bias_k or add_zero_attn has no analog counterpart")


class Recurrent:
    """What a recurrent layer does with the products of its weights; _affine(side, suffix, x) is W x + b of one of them."""
    gates = 1
    n_states = 1

    def _suffixes(self, layer: int) -> List[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][:1 + self.bidirectional]

    def _cell(self, gates: torch.Tensor, suffix: str, state: Tuple[torch.Tensor, ...]) -> Tuple[torch.Tensor, ...]:
        raise NotImplementedError

    def flatten_parameters(self) -> None:
        """Nothing: each weight lies on tiles of its own. Models call it."""

    def forward(self, x: torch.Tensor, hx: Any = None) -> Tuple[torch.Tensor, Any]:
        """The outputs and the last states of sequences, as PyTorch's layer gives them. x: [time, n, input_size], or [n, time, ...] with
        batch_first; hx: the first states; default: 0. Packed sequences are an UnsupportedError."""
        if isinstance(x, nn.utils.rnn.PackedSequence):
            raise UnsupportedError(f"{type(self).__name__}: packed sequences are not taken; pad_packed_sequence() unpacks them")
        if x.dim() != 3:
            raise ShapeError(f"{type(self).__name__}: the input is {tuple(x.shape)}; three dimensions are needed")
        x = x if self.batch_first else x.transpose(0, 1)
        n = self.num_layers * (1 + self.bidirectional)
        zeros = x.new_zeros(n, x.shape[0], self.hidden_size)
        given = (zeros,) * self.n_states if hx is None else tuple(hx) if isinstance(hx, (tuple, list)) else (hx,)
        if len(given) != self.n_states or any(part.shape != zeros.shape for part in given):
            raise ShapeError(f"{type(self).__name__}: hx is of shapes {[tuple(part.shape) for part in given]}; it must be "
                             f"{[tuple(zeros.shape)] * self.n_states}")
        ends: List[Tuple[torch.Tensor, ...]] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                now = tuple(part[len(ends)] for part in given)
                gates, seen = self._affine("ih", suffix, x), []
                for t in range(x.shape[1])[::-1 if direction else 1]:
                    now = self._cell(gates[:, t], suffix, now)
                    seen.append(now[0])
                outputs.append(torch.stack(seen[::-1] if direction else seen, 1))
                ends.append(now)
            x = torch.cat(outputs, -1)
            if self.dropout and layer + 1 < self.num_layers:
                x = F.dropout(x, self.dropout, self.training)
        last = tuple(torch.stack(part) for part in zip(*ends))
        return x if self.batch_first else x.transpose(0, 1), last if self.n_states > 1 else last[0]


class RNNPasses(Recurrent):
    """The cell of nn.RNN."""

    def _cell(self, gates: torch.Tensor, suffix: str, state: Tuple[torch.Tensor, ...]) -> Tuple[torch.Tensor, ...]:
        sums = gates + self._affine("hh", suffix, state[0])
        return (torch.tanh(sums) if self.nonlinearity == "tanh" else torch.relu(sums),)


class GRUPasses(Recurrent):
    """The cell of nn.GRU."""
    gates = 3

    def _cell(self, gates: torch.Tensor, suffix: str, state: Tuple[torch.Tensor, ...]) -> Tuple[torch.Tensor, ...]:
        (a, b, c), (d, e, f) = gates.chunk(3, -1), self._affine("hh", suffix, state[0]).chunk(3, -1)
        reset, update = torch.sigmoid(a + d), torch.sigmoid(b + e)
        new = torch.tanh(c + reset * f)
        return ((1 - update) * new + update * state[0],)


class LSTMPasses(Recurrent):
    """The cell of nn.LSTM."""
    gates, n_states = 4, 2

    def _cell(self, gates: torch.Tensor, suffix: str, state: Tuple[torch.Tensor, ...]) -> Tuple[torch.Tensor, ...]:
        i, f, g, o = (gates + self._affine("hh", suffix, state[0])).chunk(4, -1)
        c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class AnalogRecurrent(Recurrent, Analog):
    """Recurrent layers: weights weight_ih_l0, weight_hh_l0 ... on tiles, biases digital."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, config: ConfigLike = None, *, nonlinearity: str = "tanh",
                 ctx: Optional[Context] = None) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers, self.batch_first = input_size, hidden_size, num_layers, batch_first
        self.dropout, self.bidirectional, self.nonlinearity, self.has_bias = dropout, bidirectional, nonlinearity, bias
        bound = hidden_size ** -0.5
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * (1 + bidirectional)
            for suffix in self._suffixes(layer):
                self._add("weight_ih" + suffix, (self.gates * hidden_size, width), config, ctx, bound)
                self._add("weight_hh" + suffix, (self.gates * hidden_size, hidden_size), config, ctx, bound)
                for side in ("ih", "hh") if bias else ():
                    values = torch.empty(self.gates * hidden_size).uniform_(-bound, bound)
                    self.register_parameter(f"bias_{side}{suffix}", nn.Parameter(values))

    def _affine(self, side: str, suffix: str, x: torch.Tensor) -> torch.Tensor:
        y = product_of(self, x, self.weight_of(f"weight_{side}{suffix}"))
        return y + getattr(self, f"bias_{side}{suffix}") if self.has_bias else y

    def extra_repr(self) -> str:
        """What PyTorch prints of it: sizes, layers, directions."""
        return f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}, bidirectional={self.bidirectional}"


class AnalogRNN(RNNPasses, AnalogRecurrent):
    """nn.RNN with its weights on tiles. Arguments are those of PyTorch; config: of kind "layer", a preset's name, or a mapping of
    its fields; ctx: default default_context()."""


class AnalogGRU(GRUPasses, AnalogRecurrent):
    """nn.GRU with its weights on tiles. Arguments are those of PyTorch; config: of kind "layer", a preset's name, or a mapping of
    its fields; ctx: default default_context()."""


class AnalogLSTM(LSTMPasses, AnalogRecurrent):
    """nn.LSTM with its weights on tiles. Arguments are those of PyTorch; config: of kind "layer", a preset's name, or a mapping of
    its fields; ctx: default default_context()."""


class AttentionPasses:
    """What attention does with the products of its projections; _project(x) is W x of the three of the inputs."""

    def forward(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, key_padding_mask: Optional[torch.Tensor] = None,
                need_weights: bool = True, attn_mask: Optional[torch.Tensor] = None,
                average_attn_weights: bool = True, is_causal: bool = False) -> Tuple[torch.Tensor, Optional[torch.Tensor]]:
        """Outputs of the shape of query, and attention weights where need_weights says, as PyTorch's layer gives them: query, key, value,
        key_padding_mask, attn_mask, average_attn_weights and is_causal as there."""
        if is_causal and attn_mask is None:  # of PyTorch 2: a hint about the mask that comes with it
            raise InvalidError(f"{type(self).__name__}: is_causal=True needs the mask, too: give attn_mask")
        q, k, v = (x if self.batch_first else x.transpose(0, 1) for x in (query, key, value))
        alike = query is key and key is value
        all_of = [self._project(x) for x in ((q,) if alike else (q, k, v))]
        bias = 0 if self.in_proj_bias is None else self.in_proj_bias
        parts = [(all_of[0 if alike else i] + bias).chunk(3, -1)[i] for i in range(3)]
        q, k, v = (p.reshape(*p.shape[:2], self.num_heads, -1).transpose(1, 2) for p in parts)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if attn_mask is not None and attn_mask.dim() == 3:  # [batch * heads, queries, keys]
            attn_mask = attn_mask.reshape(-1, self.num_heads, *attn_mask.shape[1:])
        for mask in (attn_mask, None if key_padding_mask is None else key_padding_mask[:, None, None, :]):
            if mask is not None:
                marks = mask.dtype in (torch.bool, torch.uint8)  # bytes are marks, as in PyTorch
                scores = scores.masked_fill(mask.bool(), float("-inf")) if marks else scores + mask
        shares = F.dropout(torch.softmax(scores, -1), self.dropout, self.training)
        y = self.out_proj((shares @ v).transpose(1, 2).flatten(2))
        y = y if self.batch_first else y.transpose(0, 1)
        return y, (shares.mean(1) if average_attn_weights else shares) if need_weights else None


class AnalogMultiheadAttention(AttentionPasses, Analog):
    """nn.MultiheadAttention with its projections on tiles; query, key and value have one width.

    embed_dim: that width. num_heads: heads, which divide it. dropout: of the attention weights, in training. bias: of the
    projections. batch_first: inputs are [n, time, embed_dim], not [time, n, embed_dim]. config: of kind "layer", a preset's
    name, or a mapping of its fields. ctx: default default_context()."""

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, batch_first: bool = False,
                 config: ConfigLike = None, *, ctx: Optional[Context] = None) -> None:
        super().__init__()
        if embed_dim % num_heads:
            raise ShapeError(f"embed_dim = {embed_dim} is no multiple of num_heads = {num_heads}")
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self._qkv_same_embed_dim = False  # nn.TransformerEncoderLayer then takes no short cut past this module
        self._add("in_proj_weight", (3 * embed_dim, embed_dim), config, ctx, (6 / (4 * embed_dim)) ** 0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim)) if bias else None
        self.out_proj = AnalogLinear(embed_dim, embed_dim, bias, config, ctx=ctx)

    def _project(self, x: torch.Tensor) -> torch.Tensor:
        return product_of(self, x, self.weight_of("in_proj_weight"))
