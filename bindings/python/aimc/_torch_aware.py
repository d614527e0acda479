# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (the oldest PyTorch that we take, 1.13, has no types for mypy)
"""Hardware-aware training of ordinary parameters by operations of PyTorch: on any device, with any optimizer.

Weights, biases and input ranges are parameters. A pass reads weights as the modifier shows them through the read-out of the configuration;
gradients go straight through both, as they do where the library trains: that of the inputs is W'd with the modified weights, 0 where the
input range clips, and that of the weights is d x' with the clipped inputs.
"""
import contextlib
import copy
from typing import Any, Dict, Iterator, List, Optional, Tuple

import torch
from torch import nn

from ._errors import InvalidError, ShapeError, StateError, UnsupportedError
from ._torch_layers import AnalogConv1d, AnalogConv2d, AnalogConv3d, AnalogLinear, convolve
from ._torch_readout import check_readout, modify, read_tile, tiles_of
from .config import Config, ConfigLike, as_config
from .context import Context


class _Read(torch.autograd.Function):
    """The product of one group of outputs: through modified tiles forward, straight backward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, r: Optional[torch.Tensor], module: "Aware", group: int) -> torch.Tensor:
        with _no_autocast(x):
            rows, seen = x.detach().to(weight.dtype), weight.detach()
            clipped, factor = module.clip_inputs(rows, r, group)
            y, used, n_clipped = module.read(clipped / factor if factor is not None else clipped, seen, group)
            y = y * factor if factor is not None else y
        ctx.save_for_backward(x, used, r, n_clipped)
        ctx.module, ctx.learns = module, r is not None and module.learns_range()
        return y.to(x.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, dy: torch.Tensor) -> Tuple[Any, ...]:
        x, used, r, n_clipped = ctx.saved_tensors
        x_type, x = x.dtype, x.to(used.dtype)
        with _no_autocast(x):
            d = dy.to(used.dtype)
            dx = d @ used if ctx.needs_input_grad[0] or ctx.learns else None
            dw = d.T @ (x if r is None else x.clamp(-r, r)) if ctx.needs_input_grad[1] else None
            dr = ctx.module.range_gradient(x, dx, r, n_clipped, d.shape[1]) if ctx.learns else None
            if dr is None and ctx.needs_input_grad[2]:
                dr = torch.zeros_like(r)
            if dx is not None and r is not None:
                dx = dx.masked_fill(x.abs() >= r, 0)
        return None if dx is None else dx.to(x_type), dw, dr, None, None


def _no_autocast(x: torch.Tensor) -> Any:
    """Converters count codes that half precision does not hold."""
    return torch.autocast(x.device.type, enabled=False) if x.device.type in ("cpu", "cuda") else contextlib.nullcontext()


def _replicas() -> int:
    on = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_world_size() if on else 1


class AwareLayer:
    """What stands for a layer of PyTorch, with its parameters."""
    config: Config
    _own = ("config", "_digital")  # what the layer of PyTorch does not have

    @classmethod
    def of(cls, module: nn.Module, config: ConfigLike, ctx: Optional[Context]) -> Any:
        """The layer with the parameters of a module of PyTorch, which an optimizer may hold already, its buffers and hooks. config:
        of kind "layer", or fields; ctx: the context that checks it."""
        made = _as(cls, module)
        made.config, made._digital = as_config(config if config is not None else {}, "layer", ctx).copy(), type(module)
        made._begin()
        return made

    def _begin(self) -> None:
        raise NotImplementedError

    def digital(self) -> nn.Module:
        """The way back: the layer of PyTorch with the same parameters."""
        made = _as(self._digital, self)
        for name in self._own:
            del made.__dict__[name]
        return made

    def on_tiles(self, ctx: Optional[Context]) -> Any:
        """The same layer with its weights on tiles. ctx: default default_context()."""
        fields, config = self.config.to_dict()["hwa"], self.config.copy()
        if fields["remap_type"] != "NONE":
            config.update({"mapping.weight_scaling_omega": fields["remapped_wmax"],
                           "mapping.weight_scaling_columnwise": fields["remap_type"] == "CHANNELWISE_SYMMETRIC"})
        made = self._counterpart(config, ctx)
        self._fill(made)
        for name, p in self.named_parameters(recurse=False):
            if name.rpartition(".")[2].startswith(("bias", "in_proj_bias")):
                setattr(made, name, nn.Parameter(p.detach().cpu().clone(), p.requires_grad))
        return made.train(self.training)

    def _counterpart(self, config: Config, ctx: Optional[Context]) -> Any:
        raise NotImplementedError

    def _fill(self, made: Any) -> None:
        raise NotImplementedError


class Aware(nn.Module):
    """A weight of hardware-aware training: how it is seen, digital scales of tiles, ranges of inputs."""
    groups = 1
    config: Config

    def _begin(self) -> None:
        fields = self.config.to_dict()
        self._forward, self._hwa, self._mapping = fields["forward"], fields["hwa"], fields["mapping"]
        check_readout(self._forward)
        _check_hwa(self._hwa)
        rows, columns = self.weight.shape[0] // self.groups, self.weight[0].numel()
        self._tiles = tiles_of(rows, columns, self._mapping)
        self.n_seen = self.n_draws = 0
        self.watch: Any = None
        self.drawn: Optional[Tuple[List[Any], torch.Tensor]] = None
        options = {"dtype": self.weight.dtype, "device": self.weight.device}
        self.register_buffer("scales", torch.ones(len(self._tiles[1]), self.weight.shape[0], **options))
        on = self._hwa["input_range"]["enable"]
        first = self._hwa["input_range"]["init_value"] if on else 0
        self.has_range = on
        self.input_range = nn.Parameter(torch.full((self.groups,), float(first), **options), requires_grad=on and self.learns_range())
        self.rescale()

    def rescale(self) -> None:
        """Digital scales anew from the weights, where the mapping stretches weights over their range."""
        omega = self._mapping["weight_scaling_omega"]
        with torch.no_grad():
            for _, w, scale in self._blocks(self.weight.detach()) if omega > 0 else ():
                top = w.abs().amax(1) if self._mapping["weight_scaling_columnwise"] else w.abs().max().expand(w.shape[0])
                scale.copy_(torch.where(top > 0, top / omega, torch.ones_like(top)))

    def _blocks(self, weight: torch.Tensor, group: Optional[int] = None) -> Any:
        """(columns, logical weights, scales) of every tile, as views."""
        n = self.weight.shape[0] // self.groups
        matrix = weight.reshape(weight.shape[0], -1)
        for g in range(self.groups) if group is None else (group,):
            for part in self._tiles[0]:
                rows = slice(g * n + part.start, g * n + part.stop)
                for k, columns in enumerate(self._tiles[1]):
                    yield columns, matrix[rows, columns], self.scales[k, rows]

    # ---- a pass ------------------------------------------------------------------------------------

    def product(self, x: torch.Tensor, group: int = 0) -> torch.Tensor:
        """y [..., out of the group] of x [..., in]."""
        n_in = self.weight[0].numel()
        if x.shape[-1:] != (n_in,):
            raise ShapeError(f"{type(self).__name__}: the input is {tuple(x.shape)}; its last dimension must be {n_in}")
        r = self.input_range[group] if self.has_range and self.watch is None else None
        weight = self.weight.flatten(1).chunk(self.groups)[group]
        return _Read.apply(x.reshape(-1, n_in), weight, r, self, group).reshape(*x.shape[:-1], weight.shape[0])

    def clip_inputs(self, x: torch.Tensor, r: Optional[torch.Tensor], group: int) -> Tuple[torch.Tensor, Optional[torch.Tensor]]:
        """Inputs x [n, in] within the range r of their group, and the range. What is watched is not clipped; r None: no range."""
        if self.watch is not None:
            self.watch.see(x, group)
            largest = x.abs().max() if x.numel() else x.new_zeros(())
            return x, torch.where(largest > 0, largest, torch.ones_like(largest))
        if r is None or x.shape[0] == 0:
            return x, None
        p = self._hwa["input_range"]
        if self.training and self.n_seen < p["init_from_data"] * self.groups:
            self._first_range(x, group, p["init_std_alpha"])
        r = self.input_range.detach()[group].clone()
        return x.clamp(-r, r), r

    def _first_range(self, x: torch.Tensor, group: int, alpha: float) -> None:
        if _replicas() > 1:
            raise StateError("the first hwa.input_range.init_from_data mini-batches set the input range, and each process sees others: "
                             "at.calibrate() before training sets it, or hwa.input_range.init_from_data = 0")
        k = self.n_seen // self.groups
        self.n_seen += 1
        std = x.double().std() if x.numel() > 1 else x.new_zeros(())
        new = ((self.input_range.detach()[group] * k + alpha * std) / (k + 1)).clamp(min=1e-9)
        self.input_range.data[group] = new.to(self.input_range.dtype)

    def read(self, x: torch.Tensor, weight: torch.Tensor, group: int) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Outputs [n, out] of x [n, in] by the weight of a group, the weights that they were read from, and how many outputs stayed
        clipped."""
        (tiles, used), parts, n_clipped = self.drawn or self.draw(weight, group), [], x.new_zeros(())
        for k, columns, scale, w in tiles:
            y, n = read_tile(self._forward, x[:, columns], w)
            n_clipped = n_clipped + n
            parts.append(y * scale if k == 0 else parts.pop() + y * scale)
        return torch.cat(parts, 1), used, n_clipped

    def draw(self, weight: torch.Tensor, group: int) -> Tuple[List[Any], torch.Tensor]:
        """What a pass sees of the weight of a group: (tile of its row, columns, scales, weights over scales) of every tile, and all
        weights."""
        used, tiles, acts = torch.empty_like(weight), [], self._acts(group)
        scales = self.scales[:, group * len(weight):(group + 1) * len(weight)]
        for rows in self._tiles[0]:
            for k, columns in enumerate(self._tiles[1]):
                scale = scales[k, rows]
                w = weight[rows, columns] / scale[:, None]
                w = modify(self._hwa["modifier"], w) if acts else w
                used[rows, columns] = w * scale[:, None]
                tiles.append((k, columns, scale, w))
        return tiles, used

    @contextlib.contextmanager
    def one_draw(self) -> Iterator[None]:
        """All products in it see the same weights."""
        with torch.no_grad():
            self.drawn = self.draw(self.weight.detach().flatten(1), 0)
        try:
            yield
        finally:
            self.drawn = None

    def _acts(self, group: int) -> bool:
        """Are the weights of this pass modified?"""
        m = self._hwa["modifier"]
        if m["type"] == "NONE" and m["pdrop"] == 0:
            return False
        if not self.training or not self.weight.requires_grad:
            return m["enable_during_test"] and not self.training
        skip = self.n_draws < self.groups and not m["draw_first"]
        self.n_draws += 1
        return not skip

    # ---- input range -------------------------------------------------------------------------------

    def learns_range(self) -> bool:
        """Do steps move the input range?"""
        return bool(self._hwa["input_range"]["learn_input_range"])

    def range_gradient(self, x: torch.Tensor, dx: torch.Tensor, r: torch.Tensor, n_clipped: torch.Tensor, n_out: int) -> torch.Tensor:
        """The gradient of the input range r, for one pass: the law of lib/inference/input_range.c. x [n, in]: inputs; dx: their
        gradient; n_clipped: outputs that stayed clipped, of n_out."""
        p = self._hwa["input_range"]
        if x.shape[0] == 0 or self.n_seen < p["init_from_data"] * self.groups:
            return torch.zeros_like(r)
        above, below = x >= r, x <= -r
        g = (dx.clamp(max=0) * above).sum() - (dx.clamp(min=0) * below).sum()
        g = g * r * p["gradient_scale"] if p["gradient_relative"] else g
        within = x.numel() - (above | below).sum()
        g = g + torch.where(within > p["input_min_percentage"] * x.numel(), p["decay"] * r, torch.zeros_like(r))
        if p["manage_output_clipping"]:
            share = 1 - n_clipped / (x.shape[0] * n_out * len(self._tiles[1]))
            g = g - torch.where(share < p["output_min_percentage"], (1 - share) * r, torch.zeros_like(r))
        return g.to(r.dtype)

    def set_range(self, values: List[float]) -> None:
        """Ranges of the inputs: values, one for each group; 0: inputs are not clipped."""
        self.input_range.data.copy_(torch.tensor(values))
        self.has_range = any(value > 0 for value in values)
        self.input_range.requires_grad_(self.has_range and self.learns_range())
        self.n_seen = self._hwa["input_range"]["init_from_data"] * self.groups

    # ---- after a step ------------------------------------------------------------------------------

    def constrain(self) -> None:
        """Clip the weights and stretch them over their range, as "hwa.clip_type" and "hwa.remap_type" say; the range stays positive."""
        with torch.no_grad():
            if self.has_range:
                self.input_range.clamp_(min=1e-6)
            for g in range(self.groups):
                blocks = list(self._blocks(self.weight, g))
                if self._hwa["clip_type"] != "NONE":
                    top = self._limit(blocks)
                    for _, w, scale in blocks:
                        w.copy_(torch.minimum(torch.maximum(w, -top * scale[:, None]), top * scale[:, None]))
                for _, w, scale in blocks if self._hwa["remap_type"] != "NONE" else ():
                    self._remap(w, scale)

    def _limit(self, blocks: Any) -> torch.Tensor:
        p = self._hwa
        own = [(w / scale[:, None]) for _, w, scale in blocks]
        if p["clip_type"] == "AVERAGE_CHANNEL_MAX":
            return torch.cat([w.abs().amax(1) for w in own]).mean()
        if p["clip_type"] == "FIXED_VALUE":
            return own[0].new_tensor(p["clip_fixed_value"])
        limit = p["clip_sigma"] * torch.cat([w.flatten() for w in own]).std()
        return limit.clamp(max=p["clip_fixed_value"]) if p["clip_fixed_value"] > 0 else limit

    def _remap(self, w: torch.Tensor, scale: torch.Tensor) -> None:
        """Only the scales change: scales times weights stay what they were."""
        p, largest = self._hwa, (w / scale[:, None]).abs().amax(1)
        if p["remap_type"] == "LAYERWISE_SYMMETRIC":
            largest = largest.max().expand_as(scale)
        k = largest / p["remapped_wmax"]
        if p["remap_type"] == "CHANNELWISE_SYMMETRIC" and p["max_scale_range"] > 0:
            k = torch.minimum(k, p["max_scale_range"] * scale.min().clamp(min=p["max_scale_ref"]) / scale)
        scale.mul_(torch.where(k > 0, k, torch.ones_like(k)))

    # ---- state -------------------------------------------------------------------------------------

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "passes"] = torch.tensor([self.n_seen, self.n_draws, self.has_range])

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *others: Any) -> None:
        rest = dict(state_dict)
        digital = prefix + "passes" not in rest  # a checkpoint of the layer of PyTorch: ranges stay
        passes = rest.pop(prefix + "passes", None)
        if digital:
            rest.update({prefix + name: getattr(self, name).detach() for name in ("scales", "input_range")})
        super()._load_from_state_dict(rest, prefix, *others)
        if digital:
            self.rescale()
        else:
            self.n_seen, self.n_draws, self.has_range = int(passes[0]), int(passes[1]), bool(passes[2])
            self.input_range.requires_grad_(self.has_range and self.learns_range())

    def extra_repr(self) -> str:
        """What PyTorch prints of it: sizes, and how passes see its weight."""
        return f"{super().extra_repr()}, aware of {len(self._tiles[0])} x {len(self._tiles[1])} tiles"

    def _check_unlimited(self, taken: torch.Tensor) -> None:
        given = self.weight.detach().cpu().float()
        off = float((given - taken).abs().max())
        if off > 1e-5 * float(given.abs().max()):
            raise InvalidError(f"weights up to {float(given.abs().max()):.3g} do not fit the device of the configuration, which takes up to "
                               f"{float(taken.abs().max()):.3g}; hwa.clip_type, hwa.remap_type or mapping.weight_scaling_omega keep "
                               "them smaller, or \"device\": \"ideal\" holds any")

    def fill(self, made: Any, name: str) -> None:
        """Write the weight, and the range of its inputs, on the tiles of this name of the layer made."""
        setattr(made, name, self.weight.detach().cpu())
        self._check_unlimited(getattr(made, name))
        for weight, r in zip(made.weights_of(name), self.input_range.tolist()):
            weight.requires_grad_(self.weight.requires_grad)
            weight.matrix.input_range = r if self.has_range else 0.0


def _check_hwa(p: Dict[str, Any]) -> None:
    m = p["modifier"]
    if p["clip_type"] == "FIXED_VALUE" and p["clip_fixed_value"] == 0:
        raise InvalidError("aware: hwa.clip_type is FIXED_VALUE, but hwa.clip_fixed_value is 0")
    if m["pcm_prob_at_reset"] + m["pcm_prob_at_gmax"] + m["pcm_prob_at_random"] > 1:
        raise InvalidError("aware: the pcm_prob_... of hwa.modifier add up to more than 1")


# ---- layers ----------------------------------------------------------------------------------------

class _OneWeight(AwareLayer, Aware):
    """A layer that is a weight and a bias."""
    _own = AwareLayer._own + ("_forward", "_hwa", "_mapping", "_tiles", "n_seen", "n_draws", "watch", "drawn", "has_range")

    def _begin(self) -> None:
        Aware._begin(self)

    def digital(self) -> nn.Module:
        """The way back: the layer of PyTorch with the same parameters."""
        made = super().digital()
        del made._parameters["input_range"], made._buffers["scales"]
        return made

    def _fill(self, made: Any) -> None:
        self.fill(made, "weight")


class AwareLinear(_OneWeight, nn.Linear):
    """nn.Linear that is trained for analog tiles; its weight is an ordinary parameter. aware() makes them."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """y [..., out_features] of x [..., in_features], by the weight as a pass sees it."""
        y = self.product(x)
        return y if self.bias is None else y + self.bias

    def _counterpart(self, config: Config, ctx: Optional[Context]) -> AnalogLinear:
        return AnalogLinear(self.in_features, self.out_features, self.bias is not None, config, ctx=ctx)


class _AwareConv(_OneWeight):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """y [n, out_channels, ...] of x [n, in_channels, ...], by the weight as a pass sees it."""
        return convolve(self, x, self._reversed_padding_repeated_twice, self.product)

    def _counterpart(self, config: Config, ctx: Optional[Context]) -> Any:
        kind = {1: AnalogConv1d, 2: AnalogConv2d, 3: AnalogConv3d}[self.n_dims]
        return kind(self.in_channels, self.out_channels, self.kernel_size, self.stride, self.padding, self.dilation, self.groups,
                    self.bias is not None, self.padding_mode, config, ctx=ctx)


class AwareConv1d(_AwareConv, nn.Conv1d):
    """nn.Conv1d that is trained for analog tiles; its weight is an ordinary parameter. aware() makes them."""
    n_dims = 1


class AwareConv2d(_AwareConv, nn.Conv2d):
    """nn.Conv2d that is trained for analog tiles; its weight is an ordinary parameter. aware() makes them."""
    n_dims = 2


class AwareConv3d(_AwareConv, nn.Conv3d):
    """nn.Conv3d that is trained for analog tiles; its weight is an ordinary parameter. aware() makes them."""
    n_dims = 3


def _as(kind: Any, module: nn.Module) -> Any:
    """A layer of another kind with the same parameters, buffers and hooks."""
    made = kind.__new__(kind)
    made.__dict__.update({key: copy.copy(value) if isinstance(value, dict) else value for key, value in module.__dict__.items()})
    return made


# ---- calibration -----------------------------------------------------------------------------------

class Watch:
    """Ranges of inputs from what a layer sees: fields of kind "calibration", one range for each group."""

    def __init__(self, config: ConfigLike, groups: int) -> None:
        self.fields = (as_config(config if config is not None else {}, "calibration")).to_dict()
        if self.fields["method"] not in ("CACHE_QUANTILE", "MAX", "MOVING_STD", "MOVING_QUANTILE"):
            raise UnsupportedError(f"calibrate: layers of at.aware() do not take their input range by method = {self.fields['method']}: "
                                   "CACHE_QUANTILE, MAX, MOVING_STD or MOVING_QUANTILE; at.to_analog() makes layers that take any")
        self.estimates: List[Optional[float]] = [None] * groups
        self.kept: List[List[torch.Tensor]] = [[] for _ in range(groups)]

    def see(self, x: torch.Tensor, group: int) -> None:
        """A batch of inputs [n, in]."""
        method, before = self.fields["method"], self.estimates[group]
        rows = x.abs()[(x != 0).any(1)]
        if method == "CACHE_QUANTILE":
            room = self.fields["max_samples"] - sum(len(part) for part in self.kept[group])
            self.kept[group].append(rows[:max(room, 0)].clone())
        elif method == "MAX":
            self.estimates[group] = max(before or 0.0, float(rows.max()) if rows.numel() else 0.0)
        else:
            now = _quantile(rows[:4096], self.fields["quantile"])
            if method == "MOVING_STD":
                now = self.fields["std_alpha"] * (float(x.double().std()) if x.numel() > 1 else 0.0)
            self.estimates[group] = now if before is None else before + self.fields["momentum"] * (now - before)

    def ranges(self) -> List[float]:
        """What was found; 0 where nothing but zeros was seen."""
        if self.fields["method"] == "CACHE_QUANTILE":
            return [_quantile(torch.cat(kept), self.fields["quantile"]) if kept else 0.0 for kept in self.kept]
        return [estimate or 0.0 for estimate in self.estimates]


def _quantile(magnitudes: torch.Tensor, q: float) -> float:
    """Linear between the two order statistics around it; torch.quantile() takes no more than 16 million."""
    v = magnitudes.flatten().sort()[0]
    if len(v) == 0:
        return 0.0
    at = q * (len(v) - 1)
    low, high = float(v[int(at)]), float(v[min(int(at) + 1, len(v) - 1)])
    return low + (at - int(at)) * (high - low)
