# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (the oldest PyTorch that we take, 1.13, has no types for mypy)
"""Analog layers in any model of PyTorch.

    import torch, aimc.torch as at
    at.convert(model, "c_ttv2_reram_sb", exclude=["head"])       # in place; weights are kept
    opt = at.AnalogSGD(model.parameters(), lr=0.05)
    for x, t in loader:
        opt.zero_grad()
        loss(model(x), t).backward()
        opt.step()
    at.program(model, {"noise_model": "pcm_like"})
    at.drift_to(model, 86400.0)
    at.compensate(model)

What is digital stays PyTorch's: autograd, optimizers, loaders, schedulers, checkpoints. A weight on tiles is an AnalogWeight, which
is read through its tiles in both directions and updated by pulses in the step of an analog optimizer.
"""
import fnmatch
import functools
import os
import types
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Type, Union

import numpy as np

import torch
from torch import nn

from ._errors import InvalidError, StateError, UnsupportedError
from ._torch_aware import Aware, AwareConv1d, AwareConv2d, AwareConv3d, AwareLayer, AwareLinear, Watch
from ._torch_aware_sequences import KINDS, AwareGRU, AwareLSTM, AwareMultiheadAttention, AwareRNN, aware_of
from ._torch_distributed import distribute, join
from ._torch_layers import Analog, AnalogConv1d, AnalogConv2d, AnalogConv3d, AnalogLinear, AnalogWeight
from ._torch_sequences import AnalogGRU, AnalogLSTM, AnalogMultiheadAttention, AnalogRNN, check_taken
from .config import ConfigLike, as_config
from .context import Context, default_context, replace_default
from .energy import CostModel, CostReport
from .matrix import Matrix
from ._abi import Counters

__all__ = ["AnalogConv1d", "AnalogConv2d", "AnalogConv3d", "AnalogGRU", "AnalogLinear", "AnalogLSTM", "AnalogMultiheadAttention",
           "AnalogRNN", "AnalogSGD", "AnalogWeight", "AwareConv1d", "AwareConv2d", "AwareConv3d", "AwareGRU", "AwareLinear", "AwareLSTM",
           "AwareMultiheadAttention", "AwareRNN", "analog_optimizer",
           "analog_weights", "aware", "calibrate", "compensate", "constrain", "convert", "distribute", "drift_to", "energy", "program",
           "set_threads", "stats", "summary", "to_analog", "to_digital", "unprogram"]


# ---- optimizers ------------------------------------------------------------------------------------

def analog_optimizer(base: Type[torch.optim.Optimizer]) -> Type[torch.optim.Optimizer]:
    """An optimizer of PyTorch that steps weights on tiles by pulses, at the rate of their group, and the rest as base does.

    Momentum and weight decay of the base reach what is digital alone: on tiles they are fields of the algorithm
    ("optimizer.momentum" of mixed_precision)."""
    class Made(base):  # type: ignore[valid-type,misc]
        """Analog weights by pulses, the rest by the base class."""

        def __init__(self, params: Any, *arguments: Any, **options: Any) -> None:
            if isinstance(params, nn.Module):
                params = params.parameters()
            super().__init__(params, *arguments, **options)
            if not any(isinstance(p, AnalogWeight) for group in self.param_groups for p in group["params"]):
                raise InvalidError(f"{type(self).__name__}: there is no weight on tiles among the parameters; at.convert() puts them "
                                   "there before the optimizer is made")

        def add_param_group(self, group: Dict[str, Any]) -> None:
            super().add_param_group(group)
            for weight, _ in self._analog():
                weight.stepped = True

        def step(self, closure: Optional[Callable[[], Any]] = None) -> Any:
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            with torch.no_grad():
                for weight, group in self._analog():
                    join(weight)
                    if weight.requires_grad:
                        weight.step(float(group["lr"]), bool(group.get("maximize", False)))
            super().step()
            return loss

        def zero_grad(self, set_to_none: bool = False) -> None:
            super().zero_grad(set_to_none)
            for weight, _ in self._analog():
                weight.clear()

        def _analog(self) -> Iterator[Tuple[AnalogWeight, Dict[str, Any]]]:
            return ((p, group) for group in self.param_groups for p in group["params"] if isinstance(p, AnalogWeight))

    Made.__name__ = Made.__qualname__ = "Analog" + base.__name__
    return Made


AnalogSGD = analog_optimizer(torch.optim.SGD)


# ---- whole models ----------------------------------------------------------------------------------

class Converted(NamedTuple):
    """A layer that convert() put on tiles."""
    name: str
    module: str
    n_weights: int
    n_tiles: int


def _options(module: nn.Module, names: str) -> Dict[str, Any]:
    return {name: getattr(module, name) for name in names.split()}


_CONV = "in_channels out_channels kernel_size stride padding dilation groups padding_mode"
_RECURRENT = "input_size hidden_size num_layers batch_first dropout bidirectional"


def _analog_of(module: nn.Module, config: ConfigLike, ctx: Optional[Context]) -> Optional[Analog]:
    """The module on tiles, with its weights; None: it has no matrix that we know."""
    check_taken(module)
    options: Dict[str, Any] = {"config": config, "ctx": ctx, "bias": getattr(module, "bias", None) is not None}
    made: Optional[Analog] = None
    if type(module) in (nn.Linear, nn.modules.linear.NonDynamicallyQuantizableLinear):
        made = AnalogLinear(**_options(module, "in_features out_features"), **options)
    for digital, analog in ((nn.Conv1d, AnalogConv1d), (nn.Conv2d, AnalogConv2d), (nn.Conv3d, AnalogConv3d)):
        if type(module) is digital:
            made = analog(**_options(module, _CONV), **options)
    for digital, recurrent in ((nn.RNN, AnalogRNN), (nn.GRU, AnalogGRU), (nn.LSTM, AnalogLSTM)):
        if type(module) is digital:
            options["bias"] = module.bias
            more = {"nonlinearity": module.nonlinearity} if digital is nn.RNN else {}
            made = recurrent(**_options(module, _RECURRENT), **more, **options)
    if type(module) is nn.MultiheadAttention:
        options["bias"] = module.in_proj_bias is not None
        made = AnalogMultiheadAttention(**_options(module, "embed_dim num_heads dropout batch_first"), **options)
    if made is not None:
        made.load_state_dict(module.state_dict())
        _take_over(module, made)
    return made


_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks", "_state_dict_hooks")


def _take_over(old: nn.Module, new: nn.Module) -> None:
    """Mode, type of what is digital, hooks and frozen weights stay what they were."""
    new.train(old.training)
    dtype = next((p.dtype for p in old.parameters() if not isinstance(p, AnalogWeight)), None)
    for p in new.parameters():
        if not isinstance(p, AnalogWeight):
            p.data = p.data.to(dtype)
    for hooks in _HOOKS:
        if getattr(old, hooks, None):
            getattr(new, hooks).update(getattr(old, hooks))
    frozen = {name for name, p in _by_name(old) if not p.requires_grad}
    for name, p in _by_name(new):
        p.requires_grad_(name not in frozen)


def _by_name(module: nn.Module) -> Iterator[Tuple[str, nn.Parameter]]:
    """Parameters by the names of PyTorch: those of all groups of a convolution on tiles have one."""
    for owner, part in module.named_modules():
        names = {place: name for name, places in getattr(part, "_places", {}).items() for place in places}
        for key, p in part._parameters.items():
            if p is not None:
                yield f"{owner}.{names.get(key, key)}", p


def _refuse_ties(model: nn.Module, names: List[str]) -> None:
    """A weight that several modules share cannot lie on the tiles of one of them."""
    users: Dict[int, List[str]] = {}
    for name, module in model.named_modules():
        for key, p in module._parameters.items():
            if p is not None:
                users.setdefault(id(p), []).append(f"{name}.{key}" if name else key)
    for shared in users.values():
        if len(shared) > 1 and any(one.rpartition(".")[0] in names for one in shared):
            raise UnsupportedError(f"{' and '.join(shared)} are one parameter; on tiles they would be two: exclude their layers, or "
                                   "untie them")


def _config_for(name: str, config: Union[ConfigLike, Mapping[str, Any]], by_pattern: bool) -> Any:
    if not by_pattern:
        return config
    assert isinstance(config, Mapping)
    return next((value for pattern, value in config.items() if fnmatch.fnmatch(name, pattern)), None)


def _chosen(model: nn.Module, exclude: Union[str, Iterable[str]]) -> List[str]:
    """Names of the layers that are to lie on tiles, or to be trained for them, every place of a shared one."""
    patterns = [exclude] if isinstance(exclude, str) else list(exclude)
    names, used = [], set()
    for name, module in model.named_modules(remove_duplicate=False):
        if isinstance(module, Analog):
            continue
        above = [".".join(name.split(".")[:k + 1]) for k in range(name.count(".") + 1)]
        hits = {pattern for pattern in patterns for one in above if fnmatch.fnmatch(one, pattern)}
        used |= hits
        inner = any(isinstance(model.get_submodule(one), (Analog, nn.MultiheadAttention)) for one in above[:-1])
        if name and not hits and not inner and _analog_type(module):
            names.append(name)
    for pattern in patterns:
        if pattern not in used:
            raise InvalidError(f"convert: exclude: no module matches '{pattern}'")
    return names


def convert(model: nn.Module, config: ConfigLike, exclude: Union[str, Iterable[str]] = (), *, patterns: bool = False,
            ctx: Optional[Context] = None) -> List[Converted]:
    """Put Linear, Conv1d/2d/3d, RNN, GRU, LSTM and MultiheadAttention of a model on tiles, in place, with their weights.

    config: of kind "layer", a preset's name, or a mapping of fields; with patterns=True a mapping of patterns of names to
    such configurations, the first that matches counts, and layers that none matches stay digital. exclude: a pattern or patterns of names
    that stay digital, with all that is in them. Modules that the model has in several places are shared as before. Returns what was converted."""
    if isinstance(model, Analog) or _analog_type(model):
        raise InvalidError("convert() changes the layers inside of a model; wrap a single layer in nn.Sequential")
    names = _chosen(model, exclude)
    _refuse_ties(model, [name for name in names if not patterns or _config_for(name, config, True) is not None])
    done: List[Converted] = []
    made: Dict[int, Analog] = {}
    for name in names:
        owner, _, key = name.rpartition(".")
        parent = model.get_submodule(owner)
        child = parent._modules[key]
        chosen = _config_for(name, config, patterns)
        if chosen is None and patterns:
            continue
        analog = made[id(child)] if id(child) in made else _analog_of(child, chosen, ctx)
        if id(child) not in made:
            matrices = [weight.matrix for _, weight in analog_weights(analog)]
            done.append(Converted(name, type(analog).__name__, sum(m.shape[0] * m.shape[1] for m in matrices),
                                  sum(len(m) for m in matrices)))
        made[id(child)] = analog
        setattr(parent, key, analog)
    if not done:
        raise InvalidError("convert: there is no layer that can be put on tiles" +
                           (", they are there already" if any(True for _ in analog_weights(model)) else ""))
    return done


def _analog_type(module: nn.Module) -> bool:
    return type(module) in KINDS


def _digital_of(module: nn.Module) -> Optional[nn.Module]:
    if isinstance(module, AwareLayer):
        return module.digital()
    made: Optional[nn.Module] = None
    if type(module) is AnalogLinear:
        made = nn.Linear(module.in_features, module.out_features, module.bias is not None)
    for analog, digital in ((AnalogConv1d, nn.Conv1d), (AnalogConv2d, nn.Conv2d), (AnalogConv3d, nn.Conv3d)):
        if type(module) is analog:
            made = digital(**_options(module, _CONV), bias=module.bias is not None)
    for recurrent, digital in ((AnalogRNN, nn.RNN), (AnalogGRU, nn.GRU), (AnalogLSTM, nn.LSTM)):
        if type(module) is recurrent:
            more = {"nonlinearity": module.nonlinearity} if recurrent is AnalogRNN else {}
            made = digital(**_options(module, _RECURRENT), bias=module.has_bias, **more)
    if type(module) is AnalogMultiheadAttention:
        made = nn.MultiheadAttention(module.embed_dim, module.num_heads, module.dropout, module.in_proj_bias is not None,
                                     batch_first=module.batch_first)
    if made is None:
        return None
    made.load_state_dict({key: value for key, value in module.state_dict().items() if ".devices" not in key})
    _take_over(module, made)
    return made


def to_digital(model: nn.Module) -> nn.Module:
    """The way back, in place: layers of PyTorch with the weights that the devices hold."""
    made: Dict[int, Optional[nn.Module]] = {}
    for module in list(model.modules()):
        for key, child in [] if isinstance(module, (Analog, AwareLayer)) else list(module._modules.items()):
            if child is not None and id(child) not in made:
                made[id(child)] = _digital_of(child)
            if child is not None and made[id(child)] is not None:
                setattr(module, key, made[id(child)])
    return model


# ---- hardware-aware training of ordinary parameters -------------------------------------------------

def aware(model: nn.Module, config: ConfigLike, exclude: Union[str, Iterable[str]] = (), *, patterns: bool = False,
          ctx: Optional[Context] = None) -> List[str]:
    """Train the layers that convert() takes for analog tiles, in place: weights stay ordinary parameters, for any optimizer and on any
    device, and passes see them as "hwa.modifier", "hwa.input_range", "forward" and "mapping" of the configuration say. Returns their names.

    Arguments as those of convert(), and the fields of training on chip (device, optimizer, backward) count after to_analog()."""
    if _analog_type(model):
        raise InvalidError("aware() changes the layers inside of a model; wrap a single layer in nn.Sequential")
    chosen = [(name, _config_for(name, config, patterns)) for name in _chosen(model, exclude)]
    chosen = [(name, one) for name, one in chosen if one is not None or not patterns]
    made: Dict[int, Tuple[nn.Module, AwareLayer]] = {}
    for name, one in chosen:
        child = model.get_submodule(name)
        if id(child) not in made:
            made[id(child)] = child, aware_of(child, one, ctx)
    for name, _ in chosen:  # all were made
        owner, _, key = name.rpartition(".")
        parent = model.get_submodule(owner)
        setattr(parent, key, made[id(parent._modules[key])][1])
    if not made:
        raise InvalidError("aware: there is no layer to train; is it trained so already, or is all of the model excluded?")
    return [name for name, _ in chosen]


def _aware_weights(model: nn.Module) -> List[Tuple[str, Aware]]:
    """All weights of layers of aware(), by the names that they have on tiles."""
    return [(name.replace("aware_", "") if "aware_" in name else f"{name}.weight", module)
            for name, module in model.named_modules() if isinstance(module, Aware)]


def constrain(model: nn.Module, optimizer: Optional[torch.optim.Optimizer] = None) -> None:
    """What follows a step of hardware-aware training: weights are clipped ("hwa.clip_type") and stretched ("hwa.remap_type"). To be
    called after every step; or once with the optimizer, whose steps do it from then on."""
    weights = _aware_weights(model)
    if not weights:
        raise StateError("constrain: the model has no layer of at.aware()")
    if optimizer is None:
        for _, weight in weights:
            weight.constrain()
        return
    step = optimizer.step

    @functools.wraps(step)
    def constrained(_: torch.optim.Optimizer, *arguments: Any, **options: Any) -> Any:
        loss = step(*arguments, **options)
        constrain(model)
        return loss

    optimizer.step = types.MethodType(constrained, optimizer)  # a method: rate schedulers made later wrap it again


def to_analog(model: nn.Module, ctx: Optional[Context] = None) -> List[str]:
    """Put the layers of aware() on tiles, in place, each with its configuration and its input range. All or nothing. Returns their names."""
    places = [(module, key, child, f"{owner}.{key}" if owner else key) for owner, module in model.named_modules()
              if not isinstance(module, AwareLayer) for key, child in module._modules.items() if isinstance(child, AwareLayer)]
    if not places:
        raise StateError("to_analog: the model has no layer of at.aware()")
    made: Dict[int, Analog] = {}
    for _, _, layer, name in places:
        try:
            made[id(layer)] = made[id(layer)] if id(layer) in made else layer.on_tiles(ctx)
        except InvalidError as error:
            raise InvalidError(f"to_analog: {name}: {error}") from None
    for parent, key, layer, _ in places:  # all were made
        setattr(parent, key, made[id(layer)])
    return [name for _, _, _, name in places]


def analog_weights(model: nn.Module) -> Iterator[Tuple[str, AnalogWeight]]:
    """All weights on tiles of a model, with their names."""
    return ((name.replace("analog_", ""), p) for name, p in model.named_parameters() if isinstance(p, AnalogWeight))


def _each(model: nn.Module, act: Callable[[Matrix], Any]) -> Dict[str, Any]:
    found = {name: act(weight.matrix) for name, weight in analog_weights(model)}
    if not found:
        raise StateError("the model has no weight on tiles; at.convert() puts them there")
    return found


def program(model: nn.Module, config: ConfigLike = None) -> Dict[str, Any]:
    """Put all weights on programmed devices, those of layers of aware() by to_analog(). config: of kind "inference", or fields. Returns a
    report for each weight."""
    if _aware_weights(model):
        to_analog(model)
    return _each(model, lambda matrix: matrix.program(config))


def drift_to(model: nn.Module, t_s: float) -> Dict[str, Any]:
    """Be read as it is t_s seconds after programming; compensation is off until compensate()."""
    return _each(model, lambda matrix: matrix.drift_programmed(t_s))


def unprogram(model: nn.Module) -> None:
    """Take programmed devices off: reads see the weights again."""
    _each(model, lambda matrix: matrix.unprogram())


def _run(model: nn.Module, batches: Iterable[Any], forward: Optional[Callable[[Any], Any]]) -> None:
    """Run a model over batches, of tensors or of tuples that begin with the input, in evaluation; modes stay what they were."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            for batch in batches:
                first = batch[0] if isinstance(batch, (tuple, list)) else batch
                (forward or model)(first)
    finally:
        for module, training in modes:
            module.training = training


def _give_up(matrix: Matrix, former: float) -> None:
    """Watch no longer, and keep the range."""
    try:
        matrix.take_input_range()
    except StateError:  # nothing was seen
        pass
    matrix.input_range = former


def calibrate(model: nn.Module, batches: Iterable[Any], config: ConfigLike = None,
              forward: Optional[Callable[[Any], Any]] = None) -> Dict[str, float]:
    """Set the input range of every matrix from a DataLoader or a list of batches, read without clipping; when it fails, all
    ranges stay. config: of kind "calibration", without out_method; forward: what runs a batch, the model itself where it is not given."""
    weights = _aware_weights(model)
    if as_config(config if config is not None else {}, "calibration").to_dict()["out_method"] != "NONE":
        raise UnsupportedError("calibrate: out_method is of ADCs, and input ranges are set here; aimc.Matrix.watch_outputs() and "
                               "take_output_ranges() of the matrices in at.analog_weights() set those of ADCs")
    if not weights:
        return _calibrate_tiles(model, batches, config, forward)
    if any(True for _ in analog_weights(model)):
        raise UnsupportedError("calibrate: the model has layers of at.aware() and of at.convert(); at.to_analog() makes them all the latter")
    try:
        for _, weight in weights:
            weight.watch = Watch(config, weight.groups)
        _run(model, batches, forward)
        ranges = {name: weight.watch.ranges() for name, weight in weights}
    finally:
        for _, weight in weights:
            weight.watch = None
    for name, found in ranges.items():
        if not all(value > 0 for value in found):
            raise StateError(f"calibrate: {name}: no inputs but zeros were seen")
    for name, weight in weights:
        weight.set_range(ranges[name])
    return {name + (f"_{k}" if len(found) > 1 else ""): value for name, found in ranges.items() for k, value in enumerate(found)}


def _calibrate_tiles(model: nn.Module, batches: Iterable[Any], config: ConfigLike,
                     forward: Optional[Callable[[Any], Any]]) -> Dict[str, float]:
    before = _each(model, lambda matrix: matrix.input_range)
    matrices = _each(model, lambda matrix: matrix)
    try:
        _each(model, lambda matrix: matrix.watch_inputs(config))
        _run(model, batches, forward)
        for name, matrix in matrices.items():
            try:
                matrix.take_input_range()
            except StateError as error:
                raise StateError(f"calibrate: {name}: {error}") from None
    except BaseException:
        for name, matrix in matrices.items():
            _give_up(matrix, before[name])
        raise
    return _each(model, lambda matrix: matrix.input_range)


_MOST_VECTORS = 4096


def compensate(model: nn.Module, batches: Optional[Iterable[Any]] = None, forward: Optional[Callable[[Any], Any]] = None) -> Dict[str, Any]:
    """Correct the outputs of every matrix digitally: by the calibration vectors of its configuration, or by what it sees of batches
    (REFIT and BATCH_NORM then see real activations).

    With batches, the model runs over them once for each matrix, in the order of analog_weights(), so that each is corrected with
    what the corrected ones before it give; 4096 vectors, evenly taken, count. Batches must be a list or a loader that can be read
    more than once."""
    if batches is None:
        return _each(model, lambda matrix: matrix.compensate())
    if iter(batches) is batches:
        raise InvalidError("compensate: batches can be read only once, and are read once for each matrix; list(batches) keeps them")
    made = {}
    for name, weight in analog_weights(model):
        weight.seen = []
        try:
            _run(model, batches, forward)
            seen = np.concatenate(weight.seen) if weight.seen else np.empty((0, weight.matrix.shape[1]), np.float32)
        finally:
            weight.seen = None
        if len(seen) == 0:
            raise StateError(f"compensate: {name}: no vector reached it")
        rows = np.arange(min(len(seen), _MOST_VECTORS)) * len(seen) // min(len(seen), _MOST_VECTORS)
        made[name] = weight.matrix.compensate(seen[rows])
    if not made:
        raise StateError("the model has no weight on tiles; at.convert() puts them there")
    return made


def summary(model: nn.Module) -> str:
    """Every weight on tiles: shape, tiles, pulses so far, reads so far."""
    lines = [f"{'weight':40s} {'out x in':>14s} {'tiles':>6s} {'pulses':>12s} {'vectors':>12s}"]
    for name, weight in _aware_weights(model):
        n_out, n_in = weight.weight.shape[0] // weight.groups, weight.weight[0].numel()
        n_tiles = len(weight._tiles[0]) * len(weight._tiles[1]) * weight.groups
        lines.append(f"{name:40s} {f'{n_out} x {n_in}':>14s} {n_tiles:6d} {'aware':>12s} {'':>12s}")
    for name, weight in analog_weights(model):
        c = weight.matrix.counters
        lines.append(f"{name:40s} {'{} x {}'.format(*weight.matrix.shape):>14s} {len(weight.matrix):6d} "
                     f"{c.pulses_up + c.pulses_down:12d} {c.forward_vectors + c.backward_vectors:12d}")
    digital = sum(p.numel() for p in model.parameters() if not isinstance(p, AnalogWeight))
    return "\n".join([*lines, f"{digital} digital parameters"])


class WeightStats(NamedTuple):
    """What stats() finds of one weight on tiles."""
    n_weights: int
    n_tiles: int
    mean: float
    std: float
    largest: float
    input_range: float
    counters: Counters


def _stats_of(matrix: Matrix) -> WeightStats:
    w = matrix.weights
    return WeightStats(w.size, len(matrix), float(w.mean(dtype=np.float64)), float(w.std(dtype=np.float64)), float(np.abs(w).max()),
                       matrix.input_range, matrix.counters)


def stats(model: nn.Module) -> Dict[str, WeightStats]:
    """Of every weight on tiles: its numbers as the devices hold them, its input range (0: none), and what was counted of reads and pulses;
    nothing is read from the devices for it."""
    return _each(model, _stats_of)


def energy(model: nn.Module, chip: Union[str, "os.PathLike[str]", CostModel] = "technology") -> Dict[str, CostReport]:
    """What the counted events of every weight on tiles cost so far, training and inference alike, and all together under the name
    "total", which is more than the sum: while one matrix works, the others leak. chip: a preset, a JSON document or a CostModel."""
    cost = chip if isinstance(chip, CostModel) else CostModel(chip)
    found = _each(model, cost.account)
    found["total"] = cost.account(*[weight.matrix for _, weight in analog_weights(model)])
    return found


def set_threads(n: int) -> None:
    """Threads of PyTorch and of the default context together, so that they do not multiply: PyTorch's own, and for weights that are
    made after this call."""
    torch.set_num_threads(n)
    replace_default(Context(seed=default_context().seed, threads=n))
