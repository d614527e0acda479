# SPDX-License-Identifier: MIT
"""Networks from PyTorch: modules by their traced graph, state_dicts with a network document."""
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set

import numpy as np

from . import _import_series as series
from . import _import_torch_constants as constants
from ._errors import FormatError, InvalidError
from ._importer import Importer, Refused, batch_norm, choose, keep_samples, package, with_bias, without_none
from ._trace_torch import AUGMENTED, traced
from ._types import NDArray
from .context import Context
from .network import Network, Value

PLAIN = {"ReLU": "relu", "ReLU6": "relu6", "Tanh": "tanh", "Sigmoid": "sigmoid", "Hardsigmoid": "hard_sigmoid",
         "Hardswish": "hard_swish", "SiLU": "silu"}
# Functions and methods that have the same name as an op, but for underscores.
CALLED = {"relu": "relu", "relu_": "relu", "relu6": "relu6", "tanh": "tanh", "sigmoid": "sigmoid", "silu": "silu",
          "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish"}
# What may give its input's own memory, so that a change in place is seen in both.
SHARING = ("transpose", "squeeze", "to", "view", "reshape", "flatten", "getitem", "permute", "contiguous", "dropout", "Flatten", "Identity", "Dropout")
# Those of them that give it as it is.
SAME = ("Identity", "iadd", "isub", "imul", "itruediv")
# Keywords that change no number: inplace is looked at for all nodes alike.
HARMLESS = ("inplace", "_stacklevel", "memory_format")


_array = series.array_of


def _listed(value: Any) -> List[int]:
    return [int(n) for n in value] if isinstance(value, (tuple, list)) else [int(value)]


class TorchImporter(Importer):
    """Makes the nodes of a traced module; they are called as the modules are, so that names of tensors stay."""

    def __init__(self, module: Any, ctx: Optional[Context]) -> None:
        super().__init__(type(module).__name__, ctx)
        self.root = module
        self.modules = dict(module.named_modules())
        self.graph = traced(module)
        self.position = {node: k for k, node in enumerate(self.graph.nodes)}
        self.parts: Dict[str, Any] = {}  # nodes that make a tuple: of values, states, None
        self.states: Dict[str, series.State] = {}
        self.zeros: Set[str] = set()  # nodes that make zeros
        self.constants: Dict[str, NDArray[Any]] = {}
        self.used: List[str] = []
        self.renewed: List[str] = []  # values that the node changes, and that others read after it
        self.read: Set[Any] = set()  # positions and keywords of the node's arguments that were looked at
        self.node(f"module {type(module).__name__}", lambda: self.unhooked(module))

    def run(self, shapes: Sequence[Sequence[int]]) -> Network:
        """Inputs of these shapes, samples not counted, and all nodes."""
        left, outputs = list(shapes), []
        for k, node in enumerate(self.graph.nodes):
            where = f"node {k} '{node.name}' ({self.title(node)})"
            if node.op == "placeholder":
                if not left:
                    raise InvalidError(f"from_torch: no shape is given for input '{node.name}'")
                self.add_input(node.name, left.pop(0))
            elif node.op == "output":
                outputs = [each.name for each in (node.args[0] if isinstance(node.args[0], (tuple, list)) else node.args)]
            else:
                self.node(where, lambda node=node: self.make(node))  # type: ignore[misc]
        return self.finish(outputs)

    def value(self, key: str) -> Value:
        """What the nodes know as key."""
        if key in self.states:
            raise Refused(f"'{key}' is a state, [layers * directions, samples, hidden_size]: one of it is known, as in h[-1]")
        if key in self.parts or key in self.constants or key in self.zeros:
            raise Refused(f"'{key}' is {'a tuple' if key in self.parts else 'constant'}, which is not known there")
        return super().value(key)

    @staticmethod
    def state(part: Any) -> Value:
        """The value of a state."""
        if not isinstance(part, series.State):
            raise Refused("its initial state is no state of another layer")
        return part.value

    def state_of(self, node: Any) -> Value:
        """An initial state: that of another layer, or an input, which is given with the samples first."""
        return self.value(node.name) if node.op == "placeholder" else self.state(self.states.get(node.name))

    def title(self, node: Any) -> str:
        """What the node calls."""
        if node.op == "call_module":
            return f"{type(self.modules[node.target]).__name__} '{node.target}'"
        return str(getattr(node.target, "__name__", node.target))

    @staticmethod
    def unhooked(module: Any) -> None:
        """A trace does not see what hooks of a module do, and parametrized weights are made by them anew at each call."""
        if hasattr(module, "parametrizations"):
            raise Refused(f"{', '.join(module.parametrizations)} is parametrized; make it plain first, with "
                          f"torch.nn.utils.parametrize.remove_parametrizations()")
        # pylint: disable-next=protected-access
        for hook in [*module._forward_pre_hooks.values(), *module._forward_hooks.values()]:
            name = getattr(hook, "__name__", type(hook).__name__)
            raise Refused(f"its forward hook {name} would be dropped; remove it first "
                          f"(weight_norm: torch.nn.utils.remove_weight_norm())")

    def in_place(self, node: Any) -> bool:
        """Does it change its first argument?"""
        name = self.title(node)
        if node.op == "call_module":
            return bool(getattr(self.modules[node.target], "inplace", False))
        return bool(node.kwargs.get("inplace")) or name in AUGMENTED or (name.endswith("_") and not name.endswith("__"))

    def shares(self, node: Any) -> bool:
        """Is its result the memory of its first argument?"""
        if not node.op.startswith("call_") or not node.args or not hasattr(node.args[0], "users"):
            return False
        kind = type(self.modules[node.target]).__name__ if node.op == "call_module" else self.title(node)
        return kind in SHARING or self.in_place(node)

    def is_same(self, node: Any) -> bool:
        """Is its result the value of its first argument itself, and no view of it?"""
        return self.in_place(node) or (node.op == "call_module" and type(self.modules[node.target]).__name__ in SAME)

    def memory_of(self, node: Any) -> List[Any]:
        """Nodes whose results may share the memory of this one's."""
        while self.shares(node):
            node = node.args[0]
        found = [node]
        for each in found:
            found += [user for user in each.users if user not in found and self.shares(user) and user.args[0] is each]
        return found

    def check_in_place(self, node: Any) -> None:
        """A network's values never change: whoever reads later what is changed in place reads the new value, and views of
        it must not be read again."""
        if not self.in_place(node) or not self.shares(node):
            return
        before = [each for each in self.memory_of(node.args[0]) if self.position[each] < self.position[node]]
        later = [(each, user) for each in before for user in each.users
                 if self.position[user] > self.position[node] and self.title(user) != "size"]
        plain = all(self.is_same(each) for each in before[1:])
        if later and not plain:
            each, user = later[0]
            raise Refused(f"it changes '{each.name}' in place, of which there is a view, and '{user.name}' reads it later; write it "
                          f"without inplace=True, or use its result there")
        if not node.users and not later:
            raise Refused("it works in place and its result is not used; use its result, as in h = h.relu_()")
        self.renewed = [each.name for each, _ in later]

    def check_read(self, node: Any) -> None:
        """No argument may be passed over that could change what is computed."""
        given = {k: value for k, value in enumerate(node.args) if k > 0} if self.title(node) not in VARIADIC else {}
        for key, value in [*given.items(), *node.kwargs.items()]:
            usual = value is None or value is False or (key == "dtype" and str(value) == "torch.float32")
            if key not in self.read and key not in HARMLESS and not usual:
                raise Refused(f"argument {key} = {value!r} is not known; leave it out")

    def make(self, node: Any) -> None:
        """One node."""
        self.read = set()
        self.renewed = []
        self.check_in_place(node)
        if node.op == "call_module":
            module = self.modules[node.target]
            self.unhooked(module)
            make = MODULES.get(type(module).__name__)
            if make is None:
                raise Refused("no such module is known")
            if node.target in self.used and any(True for _ in module.parameters()):
                raise Refused("it is used twice; weights that are shared are not known")
            self.used.append(node.target)
            make(self, node, module)
        else:
            name = self.title(node)
            if node.op != "get_attr" and name not in CALLED and name not in FUNCTIONS:
                raise Refused("no such function is known")
            if node.op == "get_attr":
                self.get_attr(node)
            elif name in CALLED:
                self.made(node, CALLED[name], self.argument(node, 0))
            else:
                FUNCTIONS[name](self, node)
            self.check_read(node)
        for name in self.renewed:
            self.values[name] = self.value(node.name)

    def argument(self, node: Any, k: int) -> Value:
        """Argument k, which is a value."""
        self.read.add(k)
        if k >= len(node.args) or not hasattr(node.args[k], "name"):
            raise Refused(f"argument {k} is no value; constants are not known there")
        return self.value(node.args[k].name)

    def number(self, node: Any, k: int, name: str, usual: Any = None) -> Any:
        """Argument k, or the keyword of this name."""
        self.read.update((k, name))
        return node.args[k] if k < len(node.args) else node.kwargs.get(name, usual)

    def made(self, node: Any, op: str, *inputs: Value, tensors: Optional[Dict[str, Any]] = None, **fields: Any) -> None:
        """The node, called as the module."""
        name = node.target if node.op == "call_module" else node.name
        self.values[node.name] = self.add(op, *inputs, name=name, tensors=tensors, **fields)

    # ---- modules -------------------------------------------------------------------------------

    def plain(self, node: Any, module: Any) -> None:
        """A function without parameters."""
        self.made(node, PLAIN[type(module).__name__], self.argument(node, 0))

    def identity(self, node: Any, _: Any = None) -> None:
        """What changes nothing."""
        self.values[node.name] = self.argument(node, 0)

    def linear(self, node: Any, module: Any) -> None:
        """Linear."""
        bias = None if module.bias is None else _array(module.bias)
        self.made(node, "linear", self.argument(node, 0), tensors=with_bias(_array(module.weight), bias),
                  out_features=module.out_features, bias=bias is not None)

    def conv(self, node: Any, module: Any) -> None:
        """Conv1d, Conv2d, Conv3d and their transposes."""
        choose("padding_mode", module.padding_mode, ("zeros",))
        fields: Dict[str, Any] = {"kernel": list(module.kernel_size), "stride": list(module.stride),
                                  "dilation": list(module.dilation), "groups": module.groups}
        if module.padding == "same":
            fields["same"] = "UPPER"
        elif module.padding != "valid":
            fields["padding"] = _listed(module.padding) if any(_listed(module.padding)) else None
        bias = None if module.bias is None else _array(module.bias)
        transposed = "_transpose" if module.transposed else ""
        if transposed and any(module.output_padding):
            fields["output_padding"] = list(module.output_padding)
        self.made(node, f"conv{transposed}{len(module.kernel_size)}d", self.argument(node, 0),
                  tensors=with_bias(_array(module.weight), bias), out_channels=module.out_channels, bias=bias is not None,
                  **without_none(fields))

    def norm(self, node: Any, module: Any) -> None:
        """BatchNorm1d, BatchNorm2d, BatchNorm3d."""
        if module.running_mean is None:
            raise Refused("without running means it is not known")
        choose("momentum", module.momentum is None, (False,))
        tensors = {"running_mean": _array(module.running_mean), "running_var": _array(module.running_var)}
        if module.affine:
            tensors = batch_norm(_array(module.weight), _array(module.bias), *tensors.values())
        self.made(node, "batch_norm", self.argument(node, 0), tensors=tensors, eps=module.eps, momentum=module.momentum,
                  affine=module.affine)

    def other_norm(self, node: Any, module: Any) -> None:
        """LayerNorm, GroupNorm."""
        tensors = {} if module.weight is None else with_bias(_array(module.weight), _array(module.bias))
        fields: Dict[str, Any] = {"groups": module.num_groups} if hasattr(module, "num_groups") else \
            {"n_axes": len(module.normalized_shape)}
        self.made(node, "group_norm" if "groups" in fields else "layer_norm", self.argument(node, 0), tensors=tensors,
                  eps=module.eps, affine=module.weight is not None, **fields)

    def pool(self, node: Any, module: Any) -> None:
        """MaxPool1d ... 3d, AvgPool1d ... 3d."""
        kind = type(module).__name__
        self.pooled(node, f"{kind[:3].lower()}_pool{kind[-2]}d", module.kernel_size, module.stride, module.padding,
                    module.ceil_mode, getattr(module, "dilation", 1), getattr(module, "count_include_pad", None))
        choose("return_indices", getattr(module, "return_indices", False), (False,))
        choose("divisor_override", getattr(module, "divisor_override", None), (None,))

    def pooled(self, node: Any, op: str, kernel: Any, stride: Any, padding: Any, ceil: Any, dilation: Any,
               include: Any) -> None:
        """A pool of these fields."""
        choose("ceil_mode", bool(ceil), (False,))
        fields = without_none({"kernel": _listed(kernel), "stride": None if stride in (None, ()) else _listed(stride),
                               "padding": _listed(padding) if any(_listed(padding)) else None,
                               "dilation": _listed(dilation) if max(_listed(dilation)) > 1 else None,
                               "count_include_pad": include})
        self.made(node, op, self.argument(node, 0), **fields)

    def adaptive(self, node: Any, module: Any) -> None:
        """AdaptiveAvgPool to one position."""
        choose("return_indices", getattr(module, "return_indices", False), (False,))
        self.adapted(node, module.output_size, type(module).__name__.startswith("AdaptiveAvg"))

    def adapted(self, node: Any, size: Any, mean: bool) -> None:
        """A pool to this size."""
        if any(n != 1 for n in _listed(size)):
            raise Refused(f"output_size {size}: only 1 is known")
        self.made(node, "global_avg_pool" if mean else "global_max_pool", self.argument(node, 0))

    def sloped(self, node: Any, module: Any) -> None:
        """LeakyReLU, ELU."""
        if hasattr(module, "negative_slope"):
            self.made(node, "leaky_relu", self.argument(node, 0), alpha=module.negative_slope)
        else:
            self.made(node, "elu", self.argument(node, 0), alpha=module.alpha)

    def gelu(self, node: Any, module: Any) -> None:
        """GELU."""
        self.made(node, "gelu", self.argument(node, 0), approximate=getattr(module, "approximate", "none").upper())

    def softmax(self, node: Any, module: Any) -> None:
        """Softmax, LogSoftmax along the last axis."""
        self.softened(node, module.dim, type(module).__name__ == "Softmax")

    def softened(self, node: Any, dim: Any, plain: bool) -> None:
        """Softmax along this axis."""
        value = self.argument(node, 0)
        choose("dim", dim, (-1, len(value.shape)))
        self.made(node, "softmax" if plain else "log_softmax", value)

    def dropout(self, node: Any, module: Any) -> None:
        """Dropout."""
        self.made(node, "dropout", self.argument(node, 0), p=module.p)

    def flatten_module(self, node: Any, module: Any) -> None:
        """Flatten."""
        self.flattened(node, module.start_dim, module.end_dim)

    # ---- functions and methods -----------------------------------------------------------------

    def flattened(self, node: Any, first: int, last: int) -> None:
        """All but the samples."""
        value = self.argument(node, 0)
        choose("start_dim", first, (1,))
        choose("end_dim", last, (-1, len(value.shape)))
        self.made(node, "flatten", value)

    def flatten(self, node: Any) -> None:
        """torch.flatten."""
        self.flattened(node, self.number(node, 1, "start_dim", 0), self.number(node, 2, "end_dim", -1))

    def view(self, node: Any) -> None:
        """view, reshape: the first axis stays that of the samples."""
        sizes = node.args[1] if isinstance(node.args[1], (tuple, list)) else node.args[1:]
        if hasattr(sizes[0], "name") and sizes[0].name not in self.values:
            sizes = (-1, *sizes[1:])  # x.size(0), x.shape[0]
        choose("first size", sizes[0], (-1, 0, 1))
        value = self.argument(node, 0)
        if len(sizes) == 2:
            keep_samples(sizes[1], value.shape)
            self.made(node, "flatten", value)
        else:
            self.made(node, "reshape", value, shape=[int(n) for n in sizes[1:]])

    def size(self, node: Any) -> None:
        """x.size(0): view() knows it by its node."""
        dim = self.number(node, 1, "dim")
        choose("dim", dim, (0,))

    def getitem(self, node: Any) -> None:
        """x[:, 2:, ::2]; one of a tuple; one layer of a state."""
        name, at = node.args[0].name, node.args[1]
        if name in self.parts:
            self.take_part(node, self.parts[name][at])
        if name in self.states:
            at = at if isinstance(at, tuple) else (at,)
            if not isinstance(at[0], int) or any(each != slice(None) for each in at[1:]):
                raise Refused(f"index {at} of a state: one number is known")
            self.layer_of(node, self.states[name].value, at[0])
        if name not in self.values:
            return  # of a shape
        value = self.argument(node, 0)
        at = list(at) if isinstance(at, tuple) else [at]
        if at[0] != slice(None) or not all(isinstance(each, (slice, int)) for each in at):
            raise Refused(f"index {at}: slices and numbers behind all samples are known")
        at = at[1:] + [slice(None)] * (len(value.shape) - len(at) + 1)
        made = [each.indices(n) if isinstance(each, slice) else (each % n, each % n + 1, 1) for each, n in zip(at, value.shape)]
        start, stop, step = map(list, zip(*made))
        if min(step) < 1:
            raise Refused("a slice backwards is not known")
        if all(isinstance(each, slice) for each in at):
            self.made(node, "slice", value, start=start, stop=stop, step=step)
            return
        value = self.add("slice", value, name=f"{node.name}.slice", start=start, stop=stop, step=step)
        kept = [n for each, n in zip(at, value.shape) if isinstance(each, slice)]
        if len(kept) < 2:
            self.made(node, "flatten", value)
        else:
            self.made(node, "reshape", value, shape=kept)

    def take_part(self, node: Any, part: Any) -> None:
        """One of a tuple."""
        if part is None:
            raise Refused("weights of attention are not known; need_weights=False")
        kinds: Dict[Any, Dict[str, Any]] = {tuple: self.parts, series.State: self.states}
        kinds.get(type(part), self.values)[node.name] = part

    def layer_of(self, node: Any, value: Value, k: int) -> None:
        """One layer and direction of a state."""
        n, width = value.shape
        if not -n <= k < n:
            raise Refused(f"index {k} of {n} layers and directions")
        cut = self.add("slice", value, name=f"{node.name}.slice", start=[k % n, 0], stop=[k % n + 1, width]) if n > 1 else value
        self.made(node, "flatten", cut)

    def squeeze(self, node: Any) -> None:
        """h.squeeze(0) of a state."""
        state = self.states.get(node.args[0].name)
        dim = self.number(node, 1, "dim")
        if state is None or dim != 0 or state.value.shape[0] != 1:
            raise Refused("it is known of axis 0 of the state of one layer")
        self.layer_of(node, state.value, 0)

    def turn(self, node: Any) -> None:
        """transpose(a, b) of axes that do not count the samples; of a state it puts the samples first."""
        a, b = self.number(node, 1, "dim0"), self.number(node, 2, "dim1")
        if node.args[0].name in self.states and sorted((a % 3, b % 3)) == [0, 1]:
            self.values[node.name] = self.states[node.args[0].name].value
            return
        value = self.argument(node, 0)
        order = list(range(len(value.shape) + 1))
        order[a], order[b] = order[b], order[a]
        choose("first axis", order[0], (0,))
        self.made(node, "permute", value, order=[n - 1 for n in order[1:]])

    def get_attr(self, node: Any) -> None:
        """A buffer, which is known as a mask."""
        found: Any = self.root
        for part in str(node.target).split("."):
            found = getattr(found, part)
        self.constants[node.name] = np.asarray(found.detach().cpu().numpy())

    def look(self, node: Any) -> None:
        """x.shape, x.device: known to those that look at no more."""
        self.read.update((1, 2))
        choose("attribute", node.args[1], ("shape", "device", "dtype"))

    def make_zeros(self, node: Any) -> None:
        """torch.zeros: known as an initial state."""
        self.read.update([*range(len(node.args)), *node.kwargs])
        self.zeros.add(node.name)

    def moved(self, node: Any) -> None:
        """x.to(device)."""
        self.read.update([*range(len(node.args)), *node.kwargs])
        if node.args[0].name in self.zeros:
            self.zeros.add(node.name)
        else:
            self.only_moved(node)
            self.identity(node)

    def only_moved(self, node: Any) -> None:
        """To another device, not to another type."""
        for each in [*node.args[1:], *node.kwargs.values()]:
            if not isinstance(each, str) and self.title(each if hasattr(each, "op") else node) != "getattr" and \
                    type(each).__name__ not in ("device", "bool"):
                raise Refused(f"argument {each!r} is not known")

    def to_indices(self, node: Any) -> None:
        """x.long(), where an embedding reads it: indices are numbers."""
        if not all(user.op == "call_module" and type(self.modules[user.target]).__name__ == "Embedding" for user in node.users):
            raise Refused("it is known where only embeddings read it")
        self.identity(node)

    def pad(self, node: Any) -> None:
        """F.pad with a constant: the last axis comes first."""
        choose("mode", self.number(node, 2, "mode", "constant"), ("constant",))
        value, pads = self.argument(node, 0), list(self.number(node, 1, "pad"))
        pads += [0] * (2 * len(value.shape) - len(pads))
        if min(pads) < 0:
            raise Refused("padding below 0 is not known")
        self.made(node, "pad", value, before=pads[-2::-2], after=pads[::-2], value=float(self.number(node, 3, "value") or 0))

    def mean(self, node: Any) -> None:
        """x.mean(axes)."""
        value, dims = self.argument(node, 0), self.number(node, 1, "dim")
        axes = [] if dims is None else [dim % (len(value.shape) + 1) - 1 for dim in _listed(dims)]
        if not axes or -1 in axes:
            raise Refused("a mean over the samples is not known")
        self.made(node, "mean", value, axes=axes, keep=bool(self.number(node, 2, "keepdim", False)))

    def permute(self, node: Any) -> None:
        """permute: the samples stay first."""
        order = node.args[1] if isinstance(node.args[1], (tuple, list)) else node.args[1:]
        choose("first axis", order[0], (0,))
        self.made(node, "permute", self.argument(node, 0), order=[int(n) - 1 for n in order[1:]])

    def max_pool(self, node: Any) -> None:
        """F.max_pool1d, F.max_pool2d, F.max_pool3d."""
        self.pooled(node, f"max_pool{self.title(node)[-2]}d", self.number(node, 1, "kernel_size"),
                    self.number(node, 2, "stride"), self.number(node, 3, "padding", 0), self.number(node, 5, "ceil_mode", False),
                    self.number(node, 4, "dilation", 1), None)

    def avg_pool(self, node: Any) -> None:
        """F.avg_pool1d, F.avg_pool2d, F.avg_pool3d."""
        self.pooled(node, f"avg_pool{self.title(node)[-2]}d", self.number(node, 1, "kernel_size"),
                    self.number(node, 2, "stride"), self.number(node, 3, "padding", 0), self.number(node, 4, "ceil_mode", False),
                    1, self.number(node, 5, "count_include_pad", True))

    def adaptive_pool(self, node: Any) -> None:
        """F.adaptive_avg_pool2d and its like."""
        self.adapted(node, self.number(node, 1, "output_size"), "avg" in self.title(node))

    def soften(self, node: Any) -> None:
        """F.softmax, F.log_softmax."""
        self.softened(node, self.number(node, 1, "dim"), self.title(node) == "softmax")

    def drop(self, node: Any) -> None:
        """F.dropout: as in evaluation."""
        self.number(node, 2, "training")
        self.made(node, "dropout", self.argument(node, 0), p=float(self.number(node, 1, "p", 0.5)))


_M = TorchImporter
MODULES: Dict[str, Callable[[TorchImporter, Any, Any], None]] = {
    **{name: _M.plain for name in PLAIN}, "Identity": _M.identity, "Linear": _M.linear,
    **{f"{kind}{n}d": _M.conv for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": _M.norm for n in (1, 2, 3)}, "LayerNorm": _M.other_norm, "GroupNorm": _M.other_norm,
    **{f"{kind}Pool{n}d": _M.pool for kind in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": _M.adaptive for kind in ("Avg", "Max") for n in (1, 2, 3)},
    "LeakyReLU": _M.sloped, "ELU": _M.sloped, "GELU": _M.gelu, "Softmax": _M.softmax, "LogSoftmax": _M.softmax,
    "Dropout": _M.dropout, "Flatten": _M.flatten_module, "RNN": series.recurrent, "GRU": series.recurrent,
    "LSTM": series.recurrent, "MultiheadAttention": series.attention, "TransformerEncoderLayer": series.encoder_layer,
    "TransformerEncoder": series.encoder, "Embedding": series.embedding}
FUNCTIONS: Dict[str, Callable[[TorchImporter, Any], None]] = {
    **{form.format(name): constants.join for name in ("add", "sub", "mul") for form in ("{}", "i{}", "{}_")}, "expand": constants.expand,
    **{name: constants.join for name in ("div", "div_", "truediv", "itruediv")}, "flatten": _M.flatten, "cat": constants.cat, "view": _M.view,
    "reshape": _M.view, "size": _M.size, "getitem": _M.getitem, "pad": _M.pad, "_pad": _M.pad, "mean": _M.mean,
    "permute": _M.permute, "boolean_dispatch": _M.max_pool, **{f"{way}max_pool{n}d": _M.max_pool for way in ("", "_") for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _M.avg_pool for n in (1, 2, 3)}, **{f"adaptive_avg_pool{n}d": _M.adaptive_pool for n in (1, 2, 3)},
    "softmax": _M.soften, "log_softmax": _M.soften, "dropout": _M.drop, "contiguous": _M.identity, "squeeze": _M.squeeze, "transpose": _M.turn,
    "getattr": _M.look, "zeros": _M.make_zeros, "to": _M.moved, "long": _M.to_indices, "int": _M.to_indices}
VARIADIC = ("view", "reshape", "permute", "getitem", "expand")  # all positions are read


def import_module(module: Any, shapes: Sequence[Sequence[int]], ctx: Optional[Context]) -> Network:
    """A module, traced; it is not changed."""
    return TorchImporter(module, ctx).run(shapes)


def state_of(loaded: Any, path: str) -> Dict[str, NDArray[Any]]:
    """Arrays of a state_dict, which may lie within a checkpoint, under names that DataParallel made."""
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping) or not all(hasattr(tensor, "detach") for tensor in loaded.values()):
        raise FormatError(f"{path} holds no state_dict: a dict of tensors is expected, torch.save(model.state_dict(), path)")
    prefix = "module." if loaded and all(name.startswith("module.") for name in loaded) else ""
    return {name[len(prefix):]: _array(tensor) for name, tensor in loaded.items()}


def read_state(path: str) -> Dict[str, NDArray[Any]]:
    """A state_dict from a file; no code that lies in it is run."""
    torch = package("torch")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, ValueError, EOFError, TypeError, KeyError) as error:
        raise FormatError(f"{path}: {error}") from None
    except Exception as error:  # pylint: disable=broad-except
        if type(error).__name__ != "UnpicklingError":
            raise
        raise FormatError(f"{path}: {error}") from None
    return state_of(loaded, path)


__all__ = ["import_module", "read_state", "state_of"]
