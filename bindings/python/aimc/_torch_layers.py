# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (the oldest PyTorch that we take, 1.13, has no types for mypy)
"""Weights on tiles, and the modules of aimc.torch that have them."""
import itertools
import math
import re
import warnings
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

import torch
from torch import nn
from torch.nn import functional as F

from ._errors import InvalidError, ShapeError, StateError, UnsupportedError, WrongTypeError
from ._lib import AimcWarning, check, lib
from .config import ConfigLike, as_config
from .context import Context
from .matrix import Matrix

Size = Union[int, Sequence[int]]
Numbers = "np.ndarray[Any, Any]"


# ---- weights ---------------------------------------------------------------------------------------

def _plain(t: torch.Tensor, what: str) -> torch.Tensor:
    """The tensor itself where it is contiguous float32 on the CPU, else one copy."""
    if t.dtype is torch.float32 and t.is_cpu and t.is_contiguous():
        return t
    if not t.is_cpu:
        raise UnsupportedError(f"{what} is on {t.device}: weights on tiles are read on the CPU; move it by .cpu()")
    if t.is_complex():
        raise WrongTypeError(f"{what} is {t.dtype}; real numbers are needed")
    return t.detach().to(torch.float32).contiguous()


def _array(t: torch.Tensor, what: str) -> Numbers:
    """The numbers of a tensor, in its own memory where that is possible."""
    return _plain(t, what).detach().numpy()


def _kept(t: torch.Tensor) -> Numbers:
    """A copy of the numbers of a plain tensor, apart from memory that others may use again."""
    return t.detach().numpy().copy()  # half the time of clone() and numpy()


def _refuse_infinite(d: torch.Tensor) -> None:
    numbers = d.numpy()
    if not math.isfinite(numbers.sum()) and not np.isfinite(numbers).all():  # a sum is quickly made, and may overflow
        raise InvalidError("a gradient that reaches a weight on tiles is not finite; nothing was updated")


_MANY_PASSES = 256


class Traits(NamedTuple):
    """What a configuration asks for that a matrix does not tell."""
    in_tests: bool = False  # "hwa.modifier.enable_during_test": each pass in evaluation sees modified weights of its own
    learns_range: bool = False  # steps move the input range
    alone: bool = False  # a vector is read as the others of its batch say
    modifies: bool = True  # "hwa.modifier" is one
    learns_scales: bool = False  # steps move the digital scales of the outputs


class AnalogWeight(nn.Parameter):
    """A weight on tiles: a parameter without numbers of its own, that analog optimizers step by pulses.

    Passes of a step are collected: what backward saw of the inputs and of the gradients of the outputs, which the pulses are made of.
    """
    matrix: Matrix
    pending: List[Tuple[Numbers, Numbers]]
    modified: bool  # reads see the weights of hardware-aware training, from the first pass of a step to the step
    seen: Optional[List[Numbers]]  # vectors, while somebody collects them
    place: Optional[Tuple[int, int]]  # rank among so many processes, which step with the vectors of all
    stepped: bool  # an analog optimizer has it
    traits: Traits

    def __new__(cls, matrix: Matrix, traits: Traits = Traits()) -> "AnalogWeight":
        made = torch.Tensor._make_subclass(cls, torch.empty(0), True)
        made.matrix, made.pending, made.modified, made.seen, made.place = matrix, [], False, None, None
        made.traits, made.stepped = traits, False
        return made

    def __deepcopy__(self, memo: Dict[int, Any]) -> "AnalogWeight":
        if id(self) not in memo:
            memo[id(self)] = _restored(self.matrix.copy(), self.requires_grad, self.traits)
        return memo[id(self)]

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return _restored, (self.matrix, self.requires_grad, self.traits)

    def __repr__(self) -> str:
        return f"AnalogWeight({self.matrix!r})"

    def read(self) -> torch.Tensor:
        """A copy of the weights [out, in] that the devices hold."""
        return torch.from_numpy(self.matrix.weights.copy())

    def write(self, w: torch.Tensor) -> None:
        """Put weights w [out, in] on the devices, clipped to their bounds. ValueError: another shape; InvalidError: not finite."""
        self.matrix.weights = _array(w, "weight").reshape(self.matrix.shape)

    def begin(self, training: bool) -> None:
        """A pass begins: in training, the first of a step draws the modified weights of "hwa.modifier"; others see the weights."""
        if not self.traits.modifies:
            return
        if training and self.requires_grad:
            if not self.modified:
                self.matrix.modify()
            self.modified = True
        elif self.modified:
            self.matrix.unmodify()
            self.modified = False
        if self.traits.in_tests and not training:
            self.matrix.modify()

    def end(self, training: bool) -> None:
        """A pass is over: what evaluation modified is taken back. training: of the module that made the pass."""
        if self.traits.in_tests and not training:
            self.matrix.unmodify()

    def collect(self, x: Numbers, d: Numbers) -> None:
        """A pass went back: its inputs x [n, in] and the gradients d [n, out] of its outputs wait for the step."""
        self.pending.append((x, d))
        if len(self.pending) == _MANY_PASSES and not self.stepped:
            warnings.warn(f"{_MANY_PASSES} passes went back through a weight on tiles that no analog optimizer has, so that nothing trains it "
                          "and they stay in memory: at.AnalogSGD(model.parameters()), made after at.convert(), steps it; "
                          "requires_grad_(False) freezes it", AimcWarning, stacklevel=2)

    def clear(self) -> None:
        """Forget the passes since the last step."""
        self.pending.clear()

    def step(self, lr: float, maximize: bool = False) -> None:
        """W <- W - lr dL/dW by pulses, from all passes since the last step. lr: learning rate, >= 0; maximize: + in place of -, so
        that the loss grows."""
        if not self.pending:
            return
        x, d = self.pending[0] if len(self.pending) == 1 else (np.concatenate(all_of) for all_of in zip(*self.pending))
        self.matrix.step(x, -d if maximize else d, lr)
        self.pending.clear()
        self.modified = False


def _restored(matrix: Matrix, requires_grad: bool, traits: Traits) -> AnalogWeight:
    made = AnalogWeight(matrix, traits)
    made.requires_grad_(requires_grad)
    return made


def _among(rows: torch.Tensor, place: Optional[Tuple[int, int]]) -> torch.Tensor:
    """Rows of one among several processes, with zeros for the others', so that each vector sees the noise that it has in a single process. Vectors of
    zeros cost a count."""
    if place is None:
        return rows
    n = len(rows)
    whole = rows.new_zeros((n * place[1], rows.shape[1]))
    whole[place[0] * n:(place[0] + 1) * n] = rows
    return whole


def _own(y: torch.Tensor, n: int, place: Optional[Tuple[int, int]]) -> torch.Tensor:
    return y if place is None else y[place[0] * n:(place[0] + 1) * n]


def _forward(matrix: Matrix, rows: torch.Tensor, place: Optional[Tuple[int, int]]) -> torch.Tensor:
    """y = W x for plain rows of x, from memory to memory."""
    n_out, n_in = matrix.shape
    x = _among(rows, place)
    y = x.new_empty((x.shape[0], n_out))
    with matrix._guard.lock:
        check(lib.aimc_matrix_forward(matrix._use, x.shape[0], x.data_ptr(), n_in, y.data_ptr(), n_out))
    return _own(y, rows.shape[0], place)


def _backward(weight: AnalogWeight, rows: torch.Tensor, d: torch.Tensor, learns: bool, place: Optional[Tuple[int, int]]) -> torch.Tensor:
    """The gradient of plain rows of x, given that of the outputs. learns: what is learned beside the weights looks at both."""
    matrix, (n_out, n_in) = weight.matrix, weight.matrix.shape
    dy = _among(d, place)
    dx = dy.new_empty((dy.shape[0], n_in))
    try:
        with matrix._guard.lock:
            if learns:
                x = _among(rows, place)
                check(lib.aimc_matrix_differentiate(matrix._use, dy.shape[0], x.data_ptr(), n_in, dy.data_ptr(), n_out, dx.data_ptr(), n_in))
            else:
                check(lib.aimc_matrix_backward(matrix._use, dy.shape[0], dy.data_ptr(), n_out, dx.data_ptr(), n_in))
    except InvalidError:
        _refuse_infinite(d)
        raise
    return _own(dx, rows.shape[0], place)


class _Product(torch.autograd.Function):
    """y = W x for rows of x, through the tiles; the gradient of x through their transposed read-out. own: nobody else writes to x."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: AnalogWeight, place: Optional[Tuple[int, int]], own: bool) -> torch.Tensor:
        rows, matrix = _plain(x, "the input"), weight.matrix
        ctx.weight, ctx.place, ctx.own = weight, place, own
        ctx.save_for_backward(x)  # itself: autograd then refuses a gradient after it was changed in place
        if weight.seen is not None:
            weight.seen.append(rows.numpy().copy())
        if rows.shape[0] == 0:
            return x.new_zeros((0, matrix.shape[0]))
        y = _forward(matrix, rows, place)
        return y if x.dtype is torch.float32 else y.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, dy: torch.Tensor) -> Tuple[Optional[torch.Tensor], None, None, None]:
        x, = ctx.saved_tensors
        if torch.is_grad_enabled():
            raise UnsupportedError("a second derivative through tiles does not exist: create_graph=True needs digital layers")
        weight, dx, (wanted, steps, _, _) = ctx.weight, None, ctx.needs_input_grad
        rows, d = _plain(x, "the input"), _plain(dy, "the gradient")
        if d.shape[0] == 0:
            dx = dy.new_zeros(rows.shape)
        else:
            learns = weight.traits.learns_scales or weight.matrix.input_range > 0
            if wanted or learns:
                dx = _backward(weight, rows, d, learns, ctx.place)
            else:
                _refuse_infinite(d)
        if steps:
            weight.collect(_array(rows, "") if ctx.own or rows is not x else _kept(rows), _kept(d) if d is dy else _array(d, ""))
        return dx if wanted else None, None, None, None


def product_of(module: nn.Module, x: torch.Tensor, weight: AnalogWeight, own: bool = False) -> torch.Tensor:
    """y [..., out] of x [..., in] through the tiles of a weight."""
    n_out, n_in = weight.matrix.shape
    flat = x.dim() == 2
    if x.shape[-1:] != (n_in,):
        raise ShapeError(f"{type(module).__name__}: the input is {tuple(x.shape)}; its last dimension must be {n_in}")
    place = weight.place if weight.place and module.training and not weight.traits.alone else None
    weight.begin(module.training)
    try:
        y = _Product.apply(x if flat else x.reshape(-1, n_in), weight, place, own)
    finally:
        weight.end(module.training)
    return y if flat else y.reshape(*x.shape[:-1], n_out)


# ---- modules ---------------------------------------------------------------------------------------

def _weight(n_out: int, n_in: int, config: ConfigLike, ctx: Optional[Context]) -> AnalogWeight:
    made = as_config(config if config is not None else {}, "layer", ctx)
    learns = bool(made["hwa.input_range.enable"] and (made["hwa.input_range.learn_input_range"] or made["hwa.input_range.init_from_data"]))
    traits = Traits(bool(made["hwa.modifier.enable_during_test"]), learns,
                    any(made[f"{way}.noise_management"] == "AVERAGE_ABS_MAX" for way in ("forward", "backward")),
                    made["hwa.modifier.type"] != "NONE" or made["hwa.modifier.pdrop"] > 0, bool(made["hwa.output_scale.learn"]))
    if traits.in_tests and made["hwa.input_range.enable"] and made["hwa.input_range.init_from_data"]:
        raise UnsupportedError("hwa.modifier.enable_during_test: evaluation would count among the first hwa.input_range.init_from_data "
                               "mini-batches, which set the input range; 0 of them does, and so does aware()")
    return AnalogWeight(Matrix(None, n_out, n_in, made, ctx=ctx), traits)


class Analog(nn.Module):
    """What modules with weights on tiles share: weights by the names of PyTorch, each on one matrix or on several that share its
    rows, and their place in state_dicts."""

    def __init__(self) -> None:
        super().__init__()
        self._shapes: Dict[str, Tuple[int, ...]] = {}
        self._places: Dict[str, List[str]] = {}  # parameters that a weight lies on

    def _add(self, name: str, shape: Sequence[int], config: ConfigLike, ctx: Optional[Context], bound: float, parts: int = 1) -> None:
        """A weight of this shape, rows first, with the initial values of PyTorch."""
        n_out, n_in = shape[0] // parts, int(np.prod(shape[1:]))
        self._shapes[name] = tuple(shape)
        self._places[name] = [f"analog_{name}" + ("" if parts == 1 else f"_{k}") for k in range(parts)]
        for place in self._places[name]:
            self.register_parameter(place, _weight(n_out, n_in, config, ctx))
        setattr(self, name, torch.empty(*shape).uniform_(-bound, bound))

    def weights_of(self, name: str = "weight") -> List[AnalogWeight]:
        """What the weight of a name of PyTorch lies on: one AnalogWeight, or one for each group of a convolution."""
        return [self._parameters[place] for place in self._places[name]]

    def weight_of(self, name: str = "weight") -> AnalogWeight:
        """The weight on tiles of a name of PyTorch's, where it is one."""
        weight, = self.weights_of(name)
        return weight

    def _apply(self, fn: Any, *others: Any) -> Any:
        if fn(torch.empty(0)).device.type != "cpu":
            raise UnsupportedError(f"{type(self).__name__}: weights on tiles stay on the CPU; leave the model there. Layers of at.aware() train on "
                                   "any device")
        return super()._apply(fn, *others)

    def __getattr__(self, name: str) -> Any:
        shapes = self.__dict__.get("_shapes", {})
        if name in shapes:
            return torch.cat([weight.read() for weight in self.weights_of(name)]).reshape(shapes[name])
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        shapes = self.__dict__.get("_shapes", {})
        if name not in shapes:
            super().__setattr__(name, value)
            return
        if tuple(value.shape) != shapes[name]:
            raise ShapeError(f"{name} is {tuple(value.shape)}; it must be {shapes[name]}")
        weights = self.weights_of(name)
        for weight, rows in zip(weights, value.detach().chunk(len(weights))):
            weight.write(rows)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name, places in self._places.items():
            destination[prefix + name] = getattr(self, name)
            for k, place in enumerate(places):
                del destination[prefix + place]
                state = np.frombuffer(self._parameters[place].matrix.to_bytes(), np.uint8).copy()
                destination[f"{prefix}{name}.devices" + (str(k) if k else "")] = torch.from_numpy(state)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: List[str],
                              unexpected_keys: List[str], error_msgs: List[str]) -> None:
        rest = dict(state_dict)
        for name, places in self._places.items():
            weight = rest.pop(prefix + name, None)
            devices = [rest.pop(f"{prefix}{name}.devices" + (str(k) if k else ""), None) for k in range(len(places))]
            rest.update({prefix + place: torch.empty(0) for place in places})
            if weight is None:
                missing_keys.append(prefix + name)
            elif tuple(weight.shape) != self._shapes[name]:
                error_msgs.append(f"{prefix}{name} is {tuple(weight.shape)}; it must be {self._shapes[name]}")
            elif None in devices:  # a digital checkpoint
                setattr(self, name, weight)
            else:
                self._restore(name, devices, prefix, error_msgs)
        super()._load_from_state_dict(rest, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)

    def _restore(self, name: str, devices: Sequence[torch.Tensor], prefix: str, error_msgs: List[str]) -> None:
        weights = self.weights_of(name)
        try:
            made = [Matrix.from_bytes(state.numpy().tobytes()) for state in devices]
        except (InvalidError, StateError, ValueError) as error:
            error_msgs.append(f"{prefix}{name}.devices: {error}")
            return
        if [matrix.shape for matrix in made] != [weight.matrix.shape for weight in weights]:
            error_msgs.append(f"{prefix}{name}.devices holds matrices of other shapes")
            return
        for weight, matrix in zip(weights, made):
            if _kind(matrix) != _kind(weight.matrix):
                error_msgs.append(f"{prefix}{name}.devices was saved from {_kind(matrix)}; the model has {_kind(weight.matrix)}: convert it "
                                  "with the configuration of the checkpoint, or leave the .devices out to load the weights alone")
                return
        for weight, matrix in zip(weights, made):
            weight.matrix, weight.modified = matrix, False
            weight.clear()


class AnalogLinear(Analog):
    """nn.Linear with its weight on tiles.

    in_features, out_features: columns and rows of the weight. bias: whether it has one, which is digital. config: of kind
    "layer", a preset's name, or a mapping of its fields. ctx: the context; default: default_context()."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, config: ConfigLike = None, *,
                 ctx: Optional[Context] = None) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = in_features ** -0.5
        self._add("weight", (out_features, in_features), config, ctx, bound)
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """y [..., out_features] of x [..., in_features], float32."""
        y, bias = product_of(self, x, self._parameters["analog_weight"]), self.bias
        return y if bias is None else y + bias

    def extra_repr(self) -> str:
        """What PyTorch prints of it: sizes, tiles, device, algorithm."""
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}, {_where(self.weight_of())}"


def _kind(matrix: Matrix) -> str:
    """Tiles, device and algorithm, in words."""
    return matrix.describe().partition(", programmed")[0]


def _where(weight: AnalogWeight) -> str:
    """ "soft_bounds on 1 x 2 tiles" """
    found = re.search(r"on (\d+ x \d+) tiles; first tile \d+ x \d+ of (\w+)", weight.matrix.describe())
    return f"{found[2]} on {found[1]} tiles" if found else "on tiles"


def _tuple(value: Size, n: int) -> Tuple[int, ...]:
    made = (value,) * n if isinstance(value, int) else tuple(value)
    if len(made) != n:
        raise ShapeError(f"{value} has {len(made)} numbers; {n} are needed")
    return made


def _reach(module: nn.Module, d: int) -> int:
    return module.dilation[d] * (module.kernel_size[d] - 1) + 1


_SECOND_CACHE = 1 << 18  # floats


def _some_samples(t: torch.Tensor, windows: Optional[torch.Tensor] = None) -> Sequence[torch.Tensor]:
    """So many samples at a time that their windows, t by default, stay in a cache of 1 MiB: each place of the kernel goes through all of them."""
    windows = t if windows is None else windows
    return t.split(max(1, _SECOND_CACHE * len(windows) // max(windows.numel(), 1)))


class _Windows(torch.autograd.Function):
    """The windows of a convolution at every position: [batch, positions ..., channels, places of the kernel] of [batch, channels, size ...].
    Channels lie last for the copies, which move a whole line of them for each place."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, module: nn.Module) -> torch.Tensor:
        lines = x.movedim(1, -1).contiguous()
        n_positions = [(x.shape[2 + d] - _reach(module, d)) // module.stride[d] + 1 for d in range(module.n_dims)]
        ctx.shape = lines.shape
        ctx.places = [(slice(None), *(slice(k * dilation, k * dilation + stride * (n - 1) + 1, stride)
                                      for k, dilation, stride, n in zip(place, module.dilation, module.stride, n_positions)))
                      for place in itertools.product(*map(range, module.kernel_size))]
        rows = x.new_empty((x.shape[0], *n_positions, x.shape[1], len(ctx.places)))
        for some, image in zip(_some_samples(rows), _some_samples(lines, rows)):
            for k, place in enumerate(ctx.places):
                some[..., k] = image[place]
        return rows

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d: torch.Tensor) -> Tuple[torch.Tensor, None]:
        dx = d.new_zeros(ctx.shape)
        for some, image in zip(_some_samples(d), _some_samples(dx, d)):
            for k, place in enumerate(ctx.places):
                image[place] += some[..., k]
        return dx.movedim(-1, 1), None


def convolve(module: nn.Module, x: torch.Tensor, pads: Sequence[int], product: Callable[[torch.Tensor, int], torch.Tensor]) -> torch.Tensor:
    """A convolution by product(rows, group), which multiplies the window at every position by the matrix of a group; module has the
    attributes of PyTorch's convolutions, pads are those of F.pad()."""
    n = module.n_dims
    single = x.dim() == n + 1
    x = x.unsqueeze(0) if single else x
    if x.dim() != n + 2 or x.shape[1] != module.in_channels:
        raise ShapeError(f"{type(module).__name__}: the input is {tuple(x.shape)}; [batch, {module.in_channels}"
                         f"{', size' * n}] is needed")
    if any(pads):
        x = F.pad(x, pads, mode="constant" if module.padding_mode == "zeros" else module.padding_mode)
    for d in range(n):
        if _reach(module, d) > x.shape[2 + d]:
            raise ShapeError(f"{type(module).__name__}: a window of {_reach(module, d)} is larger than the padded input of {x.shape[2 + d]}")
    rows = _Windows.apply(x, module)
    positions = rows.shape[1:1 + n]
    parts = [product(part.flatten(1 + n), group) for group, part in enumerate(rows.chunk(module.groups, 1 + n))]
    y = parts[0] if len(parts) == 1 else torch.cat(parts, -1)
    y = y if module.bias is None else y + module.bias
    y = y.reshape(x.shape[0], *positions, module.out_channels).permute(0, 1 + n, *range(1, 1 + n)).contiguous()
    return y[0] if single else y


class AnalogConv(Analog):
    """A convolution: the same matrix reads the window at every position; with groups one matrix for each."""
    n_dims = 2

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1, padding: Union[Size, str] = 0,
                 dilation: Size = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", config: ConfigLike = None, *,
                 ctx: Optional[Context] = None) -> None:
        super().__init__()
        n = self.n_dims
        if in_channels % groups or out_channels % groups:
            raise ShapeError(f"{in_channels} and {out_channels} channels are not multiples of {groups} groups")
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise InvalidError(f"padding_mode: {padding_mode} is none of zeros, reflect, replicate, circular")
        self.in_channels, self.out_channels, self.groups, self.padding_mode = in_channels, out_channels, groups, padding_mode
        self.kernel_size, self.stride, self.dilation = _tuple(kernel_size, n), _tuple(stride, n), _tuple(dilation, n)
        self.padding = padding
        self._pads = self._both_sides(padding)
        n_in = in_channels // groups * int(np.prod(self.kernel_size))
        self._add("weight", (out_channels, in_channels // groups, *self.kernel_size), config, ctx, n_in ** -0.5, groups)
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-n_in ** -0.5, n_in ** -0.5)) if bias else None

    def _both_sides(self, padding: Union[Size, str]) -> List[int]:
        """(before, after) of each dimension, the last first, as F.pad() takes them."""
        pads: List[int] = []
        for d in reversed(range(self.n_dims)):
            if padding == "same":
                if self.stride != (1,) * self.n_dims:
                    raise InvalidError("padding='same' is for a stride of 1")
                whole = self.dilation[d] * (self.kernel_size[d] - 1)
                pads += [whole // 2, whole - whole // 2]
            elif isinstance(padding, str) and padding != "valid":
                raise InvalidError(f"padding: {padding} is neither 'same' nor 'valid'")
            else:
                one = 0 if isinstance(padding, str) else _tuple(padding, self.n_dims)[d]
                pads += [one, one]
        return pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """y [n, out_channels, ...] of x [n, in_channels, ...], or both of one sample without n."""
        weights = self.weights_of()
        return convolve(self, x, self._pads, lambda rows, group: product_of(self, rows, weights[group], True))

    def extra_repr(self) -> str:
        """What PyTorch prints of it: sizes, tiles, device, algorithm."""
        return (f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
                f"groups={self.groups}, bias={self.bias is not None}, {_where(self.weights_of()[0])}")


class AnalogConv1d(AnalogConv):
    """nn.Conv1d with its weight on tiles. Arguments are those of PyTorch; config: of kind "layer", a preset's name, or a mapping
    of its fields; ctx: default default_context()."""
    n_dims = 1


class AnalogConv2d(AnalogConv):
    """nn.Conv2d with its weight on tiles. Arguments are those of PyTorch; config: of kind "layer", a preset's name, or a mapping
    of its fields; ctx: default default_context()."""
    n_dims = 2


class AnalogConv3d(AnalogConv):
    """nn.Conv3d with its weight on tiles. Arguments are those of PyTorch; config: of kind "layer", a preset's name, or a mapping
    of its fields; ctx: default default_context()."""
    n_dims = 3
