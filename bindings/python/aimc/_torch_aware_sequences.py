# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (the oldest PyTorch that we take, 1.13, has no types for mypy)
"""Hardware-aware training of recurrent layers and attention: the parameters of PyTorch, each seen as a weight on tiles is."""
import contextlib
from typing import Any, Dict, Optional, Tuple, Type

import torch
from torch import nn

from ._torch_aware import Aware, AwareConv1d, AwareConv2d, AwareConv3d, AwareLayer, AwareLinear
from ._torch_sequences import (AnalogGRU, AnalogLSTM, AnalogMultiheadAttention, AnalogRNN, AttentionPasses, GRUPasses, LSTMPasses, RNNPasses,
                               check_taken)
from .config import Config
from .context import Context


class _Seen(Aware):
    """How one of several weights of a layer is seen. The parameter itself is that of the layer, under its name of PyTorch."""

    def __init__(self, owner: nn.Module, name: str) -> None:
        super().__init__()
        self.__dict__["_owner"] = (owner, name)  # not a module of this one
        self.config = owner.config
        self._begin()

    @property
    def weight(self) -> nn.Parameter:
        """The parameter that is seen."""
        owner, name = self._owner
        return owner._parameters[name]


class _Several(AwareLayer):
    """A layer with several weights, each seen by a module "aware_" and its name. The products of a pass see the same weights."""
    weight_names: Tuple[str, ...] = ()

    def _begin(self) -> None:
        self.weight_names = tuple(name for name, p in self._parameters.items() if p is not None and "weight" in name)
        for name in self.weight_names:
            self.add_module("aware_" + name, _Seen(self, name))

    _own = AwareLayer._own + ("weight_names",)

    def digital(self) -> nn.Module:
        """The way back: the layer of PyTorch with the same parameters."""
        made = super().digital()
        for name in self.weight_names:
            del made._modules["aware_" + name]
        return made

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the layer of PyTorch gives of these inputs and options; all products see the same draw of the weights."""
        with contextlib.ExitStack() as draws:
            for name in self.weight_names:
                draws.enter_context(self._modules["aware_" + name].one_draw())
            return super().forward(*inputs, **options)

    def _fill(self, made: Any) -> None:
        for name in self.weight_names:
            self._modules["aware_" + name].fill(made, name)


class _AwareRecurrent(_Several):
    def _affine(self, side: str, suffix: str, x: torch.Tensor) -> torch.Tensor:
        y = self._modules[f"aware_weight_{side}{suffix}"].product(x)
        return y + self._parameters[f"bias_{side}{suffix}"] if self.bias else y

    def _counterpart(self, config: Config, ctx: Optional[Context]) -> Any:
        kind = {nn.RNN: AnalogRNN, nn.GRU: AnalogGRU, nn.LSTM: AnalogLSTM}[self._digital]
        more = {"nonlinearity": self.nonlinearity} if kind is AnalogRNN else {}
        return kind(self.input_size, self.hidden_size, self.num_layers, self.bias, self.batch_first, self.dropout, self.bidirectional, config,
                    ctx=ctx, **more)


class AwareRNN(_AwareRecurrent, RNNPasses, nn.RNN):
    """nn.RNN that is trained for analog tiles; its weights are ordinary parameters. aware() makes them."""


class AwareGRU(_AwareRecurrent, GRUPasses, nn.GRU):
    """nn.GRU that is trained for analog tiles; its weights are ordinary parameters. aware() makes them."""


class AwareLSTM(_AwareRecurrent, LSTMPasses, nn.LSTM):
    """nn.LSTM that is trained for analog tiles; its weights are ordinary parameters. aware() makes them."""


class AwareMultiheadAttention(_Several, AttentionPasses, nn.MultiheadAttention):
    """nn.MultiheadAttention whose projections are trained for analog tiles; query, key and value have one width. aware() makes them."""

    def _begin(self) -> None:
        super()._begin()
        self._qkv_same_embed_dim = False  # nn.TransformerEncoderLayer then takes no short cut past this module
        self.out_proj = AwareLinear.of(self.out_proj, self.config, None)

    def digital(self) -> nn.Module:
        """The way back: nn.MultiheadAttention with the same parameters."""
        made = super().digital()
        made._qkv_same_embed_dim, made.out_proj = True, self.out_proj.digital()
        return made

    def _project(self, x: torch.Tensor) -> torch.Tensor:
        return self._modules["aware_in_proj_weight"].product(x)

    def _counterpart(self, config: Config, ctx: Optional[Context]) -> AnalogMultiheadAttention:
        return AnalogMultiheadAttention(self.embed_dim, self.num_heads, self.dropout, self.in_proj_bias is not None, self.batch_first, config,
                                        ctx=ctx)

    def _fill(self, made: Any) -> None:
        super()._fill(made)
        self.out_proj.fill(made.out_proj, "weight")
        bias = self.out_proj.bias
        if bias is not None:
            made.out_proj.bias = nn.Parameter(bias.detach().cpu().clone(), bias.requires_grad)


KINDS: Dict[Type[nn.Module], Type[AwareLayer]] = {
    nn.Linear: AwareLinear, nn.modules.linear.NonDynamicallyQuantizableLinear: AwareLinear, nn.Conv1d: AwareConv1d, nn.Conv2d: AwareConv2d,
    nn.Conv3d: AwareConv3d, nn.RNN: AwareRNN, nn.GRU: AwareGRU, nn.LSTM: AwareLSTM, nn.MultiheadAttention: AwareMultiheadAttention}


def aware_of(module: nn.Module, config: Any, ctx: Optional[Context]) -> AwareLayer:
    """The hardware-aware counterpart of a layer of PyTorch."""
    check_taken(module)
    return KINDS[type(module)].of(module, config, ctx)
