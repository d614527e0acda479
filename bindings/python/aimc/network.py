# SPDX-License-Identifier: MIT
"""Networks of layers over matrices: build, train, predict, save, load."""
import ctypes as ct
import functools
import json
import os
import warnings
from typing import Any, Callable, FrozenSet, List, Mapping, Optional, Sequence, Tuple, Union, cast, overload

import numpy as np

from . import _abi
from ._abi import Counters, LayerInfo, NetworkInfo
from ._arrays import address, pointers, real, shaped, size, taken, whole
from ._errors import InvalidError, ShapeError, WrongTypeError
from ._graph import Accuracy, Epoch, Value, with_bar
from ._html import table
from ._handle import create
from ._lib import AimcWarning, check, encoded, lib, text, word
from ._network_tensors import WithTensors
from ._records import told
from ._types import ArrayLike, Floats, Labels, NDArray, PathLike
from .config import Config, ConfigLike, FieldValue, as_config, presets, rate
from .context import Context, default_context
from .matrix import Matrix

__all__ = ["Accuracy", "Epoch", "Network", "Value"]
ACTIVATIONS = {"tanh": _abi.AIMC_TANH, "relu": _abi.AIMC_RELU, "sigmoid": _abi.AIMC_SIGMOID}
_COUNT = {"input": lib.aimc_network_count_inputs, "output": lib.aimc_network_count_outputs}
_GET = {"input": lib.aimc_network_get_input, "output": lib.aimc_network_get_output}
_U32 = np.dtype(np.uint32)
FIELD_NUMBERS = 64  # that a list of a configuration takes
LARGE_INPUT = 10.0  # times the range of a DAC that nothing adapts


@functools.lru_cache(None)
def _ops() -> FrozenSet[str]:
    """The ops that the library has."""
    return frozenset(preset.name for preset in presets("op"))


class Network(WithTensors):
    """A graph of operations over matrices: inputs, nodes, outputs. Shapes and defaults are those of PyTorch.

        net = aimc.Network()
        x = net.add_input((1, 28, 28))
        x = net.relu(net.conv2d(x, out_channels=8, kernel=5, matrix="c_ttv2_reram_sb"))
        net.linear(net.flatten(x), out_features=10)

    Every op of presets("op") is a method: values first, then fields of its configuration. The last value is the
    output, where add_output() declares none. ctx: default default_context(); its seed draws weights and noise."""
    __slots__ = ("_ctx",)
    _destroyer = lib.aimc_network_destroy
    _prefix = "aimc_network_"

    def __init__(self, *, ctx: Optional[Context] = None) -> None:
        self._ctx = ctx or default_context()
        with self._ctx._guard.lock:
            self._own(create(lib.aimc_network_create, self._ctx._use))

    def _settle(self, ctx: Context) -> None:
        self._ctx = ctx

    def _context(self) -> Context:
        return self._ctx

    # ---- building ------------------------------------------------------------------------------

    def add_input(self, shape: Sequence[int], name: Optional[str] = None) -> Value:
        """Add an input; shape: that of a sample, (3, 32, 32) for images. name: what the document calls it."""
        sizes = [size(n, "shape") for n in shape]
        dims, out = (ct.c_size_t * max(len(sizes), 1))(*sizes), ct.c_uint32()
        with self._guard.lock:
            check(lib.aimc_network_add_input(self._use, None if name is None else encoded(name), ct.addressof(dims),
                                             len(sizes), ct.byref(out)))
        return Value(self, out.value)

    def add(self, op: str, *inputs: Value, name: Optional[str] = None, config: ConfigLike = None,
            **fields: FieldValue) -> Value:
        """Add a node; net.conv2d(x, ...) is short for net.add("conv2d", x, ...).

        op: one of presets("op"). inputs: the values that it reads. name: of the node and its tensors; default: the op's, with a
        number. config, fields: its configuration, or fields of it. InvalidError: an unknown op or field; ShapeError: values that do
        not fit."""
        made = as_config(config if config is not None else {}, op, self._ctx)
        assert made is not None
        made.update(fields)
        numbers = (ct.c_uint32 * max(len(inputs), 1))(*[self._number(value) for value in inputs])
        out = ct.c_uint32()
        with self._guard.lock:
            check(lib.aimc_network_add_named(self._use, None if name is None else encoded(name), encoded(op), made._look,
                                             len(inputs), ct.addressof(numbers), ct.byref(out)))
        return Value(self, out.value)

    def set_name(self, value: Value, name: str) -> None:
        """Name the node that makes a value, or an input, before the network is used. name: 1 ... 64 characters without blanks,
        quotes and backslashes; one that is taken is an InvalidError."""
        with self._guard.lock:
            check(lib.aimc_network_set_name(self._use, self._number(value), encoded(name)))

    def __getattr__(self, op: str) -> Callable[..., Value]:
        if op.startswith("_") or op not in _ops():
            raise AttributeError(f"Network has no '{op}': it is neither a method nor one of the ops "
                                 f"{', '.join(sorted(_ops()))}")
        return functools.partial(self.add, op)

    def __dir__(self) -> List[str]:
        return sorted([*super().__dir__(), *_ops()])

    def add_output(self, value: Value) -> None:
        """Declare an output; without any, it is the last value."""
        with self._guard.lock:
            check(lib.aimc_network_add_output(self._use, self._number(value)))

    def _number(self, value: Value) -> int:
        if not isinstance(value, Value) or value._net._address != self._address:
            raise WrongTypeError(f"{value!r} is no value of this network: add_input() and ops make them")
        return value._number

    def _shape(self, number: int) -> Tuple[int, ...]:
        shape, n = (ct.c_size_t * 6)(), ct.c_size_t()
        with self._guard.lock:
            check(lib.aimc_network_get_shape(self._look, number, ct.addressof(shape), ct.byref(n)))
        return tuple(shape[:n.value])

    def _values(self, what: str) -> List[Value]:
        out, found = ct.c_uint32(), []
        with self._guard.lock:
            for k in range(_COUNT[what](self._look)):
                check(_GET[what](self._look, k, ct.byref(out)))
                found.append(Value(self, out.value))
        return found

    @property
    def inputs(self) -> List[Value]:
        """Values of its inputs, in order."""
        return self._values("input")

    @property
    def outputs(self) -> List[Value]:
        """Values of its outputs, in order."""
        return self._values("output")

    @classmethod
    def from_json(cls, document: Union[str, Mapping[str, Any]], *, ctx: Optional[Context] = None) -> "Network":
        """A network with initial weights from its document, as text or as a dict. ctx: default default_context(). FormatError,
        InvalidError: what is wrong with the document, and where."""
        ctx = ctx or default_context()
        text_of = document if isinstance(document, str) else json.dumps(document)
        made = cls.__new__(cls)
        with ctx._guard.lock:
            made._own(create(lib.aimc_network_create_from_json, ctx._use, text_of.encode()))
        made._ctx = ctx
        return made

    @classmethod
    def open(cls, path: PathLike, document: Union[str, Mapping[str, Any], None] = None, *, ctx: Optional[Context] = None) -> "Network":
        """A network that stays in the file at path, which is kept open, for inference alone: a node has its weights in memory only
        while it is at work. document: of a file that holds tensors alone, with the names and shapes of PyTorch. ctx: default
        default_context()."""
        ctx = ctx or default_context()
        text_of = document if isinstance(document, str) or document is None else json.dumps(document)
        made = cls.__new__(cls)
        with ctx._guard.lock:
            made._own(create(lib.aimc_network_open, ctx._use, encoded(path), None if text_of is None else text_of.encode()))
        made._ctx = ctx
        return made

    def to_json(self) -> str:
        """The document of the network, every field written."""
        with self._guard.lock:
            return text(lib.aimc_network_to_json, self._look)

    def to_onnx(self, path: PathLike) -> None:
        """Write an ONNX model (opset 17) to path, of any number of samples, with weights as the devices hold them; needs the
        package onnx. UnsupportedError names what ONNX has no operator for, all of it at once."""
        from ._export_onnx import export_onnx  # pylint: disable=import-outside-toplevel,cyclic-import
        export_onnx(self, os.fsdecode(path))

    def add_linear(self, n_out: int, n_in: int, config: ConfigLike = None) -> "Network":
        """Add y = W x + b with W [n_out, n_in]; returns the network. config: of kind "layer", a preset's name or fields of it;
        None: digital."""
        made = as_config(config, "layer", self._ctx)
        n_out, n_in = size(n_out, "n_out"), size(n_in, "n_in")
        with self._guard.lock:
            check(lib.aimc_network_add_linear(self._use, n_out, n_in, made._look if made is not None else None))
        return self

    def add_activation(self, name: str) -> "Network":
        """Add an element-wise function; returns the network. name: "tanh", "relu" or "sigmoid"."""
        if name not in ACTIVATIONS:
            raise InvalidError(f"activation: {name} is none of {', '.join(ACTIVATIONS)}")
        with self._guard.lock:
            check(lib.aimc_network_add_activation(self._use, ACTIVATIONS[name]))
        return self

    @property
    def info(self) -> NetworkInfo:
        """Layers, sizes, tiles, and how far it was trained."""
        return told(NetworkInfo, self, lib.aimc_network_get_info)

    @property
    def layers(self) -> List[LayerInfo]:
        """What each layer is, activations included: op, n_out, n_in, parameters, tiles."""
        return [told(LayerInfo, self, lambda net, info, k=k: lib.aimc_network_get_layer(net, k, info))
                for k in range(self.info.n_layers)]

    def __len__(self) -> int:
        """Number of matrices, digital ones included."""
        with self._guard.lock:
            return int(lib.aimc_network_count_matrices(self._look))

    def matrix(self, k: int) -> Optional[Matrix]:
        """Matrix k, owned by the network; None when digital."""
        if not 0 <= k < len(self):
            raise IndexError(f"matrix {k} of {len(self)}")
        with self._guard.lock:
            found = lib.aimc_network_get_matrix(self._look, k)
            return Matrix._of(found, self) if found else None

    # ---- training ------------------------------------------------------------------------------

    def set_loss(self, config: Union[str, Config, None], **fields: FieldValue) -> None:
        """The loss of training. config: "cross_entropy" (default), "nll" (labels), "mse", "l1", "huber", "bce_with_logits"
        (targets), or a Config of one; fields: replace its fields. axis=0: classes lie along the first axis of the output, axis 1 of
        PyTorch. class_weights, pos_weight: as many numbers as there are classes, 0 ... 1e9."""
        many = {name: real(cast(ArrayLike, fields[name]), name).astype(np.float64).reshape(-1) for name in ("class_weights", "pos_weight")
                if name in fields and np.size(cast(ArrayLike, fields[name])) > FIELD_NUMBERS}
        for name, made in many.items():
            if not np.all((made >= 0) & (made <= 1e9)):
                raise InvalidError(f"set_loss: {name} holds a number outside 0 ... 1e9")
            (config.copy() if isinstance(config, Config) else Config(config or "cross_entropy", ctx=self._ctx)).update({name: list(made[:FIELD_NUMBERS])})
        self._set(lib.aimc_network_set_loss, config, {name: value for name, value in fields.items() if name not in many})
        for made in many.values():
            self.set_loss_weights(made)

    def set_loss_weights(self, weights: ArrayLike) -> None:
        """weights of any number of classes [classes], 0 ... 1e9, instead of the fields "class_weights" and "pos_weight"."""
        made = np.ascontiguousarray(real(weights, "weights"), np.float64).reshape(-1)
        with self._guard.lock:
            check(lib.aimc_network_set_loss_weights(self._use, made.size, made.ctypes.data))

    def set_optimizer(self, config: Union[str, Config, None], **fields: FieldValue) -> None:
        """How what is digital is updated. config: "digital_sgd" (default), "adam", "adamw", or a Config of one; fields: replace its
        fields. Its moments begin anew. What lies on tiles follows the algorithm of its layer."""
        self._set(lib.aimc_network_set_optimizer, config, fields)

    def _set(self, function: Callable[..., int], config: Union[str, Config, None], fields: Mapping[str, FieldValue]) -> None:
        made = config.copy() if isinstance(config, Config) else None if config is None else Config(config, ctx=self._ctx)
        if made is not None:
            made.update(fields)
        with self._guard.lock:
            check(function(self._use, made._look if made is not None else None))

    def _samples(self, x: ArrayLike) -> Floats:
        made = taken(x)
        inputs = self.inputs
        shape = inputs[0].shape if len(inputs) == 1 else ()
        n_in = int(np.prod(shape))
        if made.ndim > 2 and made.shape[1:] == shape:
            made = made.reshape(len(made), n_in)
        if made.ndim != 2 or made.shape[1] != n_in:
            raise ShapeError(f"x is {made.shape}; it must be (samples, {', '.join(map(str, shape))})")
        return made

    def _shaped(self, y: Floats, n: int) -> Floats:
        return y.reshape(n, *self.outputs[0].shape)

    def _arrays(self, given: Sequence[ArrayLike], values: Sequence[Value], what: str) -> Tuple[int, List[Floats]]:
        """The number of samples, and arrays [n, ...] that fit the values."""
        arrays = [taken(array) for array in given]
        if len(arrays) != len(values):
            raise ShapeError(f"{len(arrays)} arrays for {len(values)} {what}s")
        n = len(arrays[0]) if arrays and arrays[0].ndim else 0
        for array, value in zip(arrays, values):
            if array.shape not in ((n, *value.shape), (n, int(np.prod(value.shape)))):
                raise ShapeError(f"{what} is {array.shape}; it must be ({n}, {', '.join(map(str, value.shape))})")
        return n, arrays

    @staticmethod
    def _rooms(n: int, values: Sequence[Value]) -> List[Floats]:
        return [np.empty((n, *value.shape), np.float32) for value in values]

    def _all(self, function: Callable[..., int], given: Sequence[ArrayLike], ins: str, outs: str) -> List[Floats]:
        n, xs = self._arrays(given, self._values(ins), ins)
        ys = self._rooms(n, self._values(outs))
        with self._guard.lock:
            check(function(self._use, n, *pointers(xs, ys)))
        return ys

    def run_forward(self, *x: ArrayLike) -> List[Floats]:
        """The forward pass of a mini-batch in training, from arrays x [n, ...] of all inputs; run_backward() and step()
        follow. Gives all outputs."""
        return self._all(lib.aimc_network_run_forward, x, "input", "output")

    def run_backward(self, *dy: ArrayLike, want_dx: bool = False) -> List[Floats]:
        """Gradients of everything trained, from dL/dy of all outputs of the last run_forward(); want_dx gives dL/dx of
        all inputs, which want_input_gradients() asked for before the forward pass."""
        n, dys = self._arrays(dy, self._values("output"), "output")
        dxs = self._rooms(n, self._values("input")) if want_dx else []
        addresses = pointers(dys, dxs)
        with self._guard.lock:
            check(lib.aimc_network_run_backward(self._use, n, addresses[0], addresses[1] if want_dx else None))
        return dxs

    def forward(self, x: ArrayLike) -> Floats:
        """run_forward() of a network with one input and one output: y [n, ...] of x [n, ...]."""
        x = self._samples(x)
        y = np.empty((len(x), self.info.n_out), np.float32)
        with self._guard.lock:
            check(lib.aimc_network_forward(self._use, len(x), address(x), address(y)))
        return self._shaped(y, len(x))

    def backward(self, dy: ArrayLike, want_dx: bool = False) -> Optional[Floats]:
        """run_backward() of a network with one input and one output. dy [n, ...]: gradient of the output. want_dx: return that of
        the input, which want_input_gradients() makes room for."""
        n, (made,) = self._arrays([dy], self.outputs, "dy")
        dx = np.empty((n, *self.inputs[0].shape), np.float32) if want_dx else None
        with self._guard.lock:
            check(lib.aimc_network_backward(self._use, n, address(made), None if dx is None else address(dx)))
        return dx

    def want_input_gradients(self, on: bool = True) -> None:
        """Make room for dL/dx in the following passes (on=False: no longer)."""
        with self._guard.lock:
            check(lib.aimc_network_want_input_gradients(self._use, int(on)))

    def step(self, lr: float) -> None:
        """Update everything trained, from all passes since the last step: their gradients add up. lr: learning rate, >= 0."""
        with self._guard.lock:
            check(lib.aimc_network_step(self._use, lr))

    def zero_grad(self) -> None:
        """Forget the gradients of all passes since the last step."""
        with self._guard.lock:
            check(lib.aimc_network_zero_gradients(self._use))

    def run(self, *x: ArrayLike) -> List[Floats]:
        """All outputs in evaluation, a list of arrays [n, ...], from arrays x [n, ...] of all inputs."""
        return self._all(lib.aimc_network_run, x, "input", "output")

    def _labels(self, labels: ArrayLike, n: int) -> Labels:
        raw = real(labels, "labels")
        if raw.dtype.kind == "f" and raw.size and np.all(raw == np.rint(raw)):
            warnings.warn(f"labels are {raw.dtype}; they are classes, and are taken as whole numbers", AimcWarning,
                          stacklevel=3)
            labels = np.rint(raw).astype(np.int64)
        made = whole(labels, _U32, 0, 2**32 - 1, "labels")
        shape = list(self.outputs[0].shape)
        with self._guard.lock:
            axis = lib.aimc_network_get_class_axis(self._look)
        if not -len(shape) <= axis < len(shape):
            raise ShapeError(f"axis = {axis} of the loss; the output has {len(shape)}")
        del shape[axis]
        if made.shape != (n, *shape):
            raise ShapeError(f"labels is {made.shape}; it must be {(n, *shape)}" +
                             (f": one for every position; classes lie along axis {axis} of the output, samples not counted, "
                              f'set_loss("cross_entropy", axis=...) takes another' if shape else ""))
        return made

    def train_batch(self, x: ArrayLike, labels: ArrayLike, lr: float) -> float:
        """One mini-batch with a loss of labels; returns the mean loss before the step, nats for cross-entropy. x [n, ...] of the
        shape of the input; labels [n], whole numbers from 0; lr: learning rate, >= 0."""
        x = self._samples(x)
        labels = self._labels(labels, len(x))
        loss = ct.c_float()
        with self._guard.lock:
            check(lib.aimc_network_train_batch(self._use, len(x), address(x), address(labels), lr, ct.byref(loss)))
        return loss.value

    def train_targets(self, x: ArrayLike, targets: ArrayLike, lr: float) -> float:
        """One mini-batch by a loss that takes targets ("mse" ...); returns the mean loss before the step. x [n, ...] of the shape
        of the input, targets [n, ...] of that of the output; lr: learning rate, >= 0."""
        x = self._samples(x)
        n, (made,) = self._arrays([targets], self.outputs, "targets")
        if n != len(x):
            raise ShapeError(f"targets are of {n} samples; x is of {len(x)}")
        loss = ct.c_float()
        with self._guard.lock:
            check(lib.aimc_network_train_targets(self._use, len(x), address(x), address(made), lr, ct.byref(loss)))
        return loss.value

    def fit(self, x: ArrayLike, labels: ArrayLike, *, epochs: int = 10, batch: int = 10, lr: float = 0.1,
            lr_decay: float = 1.0, schedule: Union[str, Config, None] = None, test: Optional[Tuple[ArrayLike, ArrayLike]] = None, shuffle: bool = True,
            seed: int = 0, progress: bool = False,
            watch: Optional[Callable[[Epoch], object]] = None) -> List[Epoch]:
        """Train over mini-batches of x [n, ...] and labels [n]; returns a line for each epoch.

        epochs: passes over the samples. batch: samples of a mini-batch. lr: learning rate, multiplied by lr_decay after each epoch,
        or led by a schedule of aimc.rate() ("cosine_rate", or a configuration of one), whose step is a mini-batch, counted from 0 in
        each call. test: (x, labels) for the accuracy after each epoch. shuffle draws a new order of the samples for each epoch, from
        seed and from the samples that the network has seen: training that was saved and goes on draws what it would have drawn;
        False: in the order of x. progress shows a bar where tqdm is there. watch: called with each line, an Epoch."""
        x = self._samples(x)
        labels = self._labels(labels, len(x))
        if epochs < 0 or batch < 1 or not len(x):
            raise InvalidError("fit needs samples, epochs >= 0 and batch >= 1")
        if schedule is not None and lr_decay != 1:
            raise InvalidError("fit takes lr_decay or schedule, not both")
        self._warn_of_large(x)
        history, step = [], 0
        for number in with_bar(range(1, epochs + 1), progress):
            order = self._order(len(x), seed) if shuffle else np.arange(len(x))
            total = 0.0
            for first in range(0, len(x), batch):
                part = order[first:first + batch]
                now = lr if schedule is None else rate(schedule, lr, step)
                total += self.train_batch(x[part], labels[part], now) * len(labels[part])
                step += 1
            history.append(Epoch(number, total / len(x), self.evaluate(*test) if test else float("nan")))
            if watch:
                watch(history[-1])
            lr *= lr_decay
        return history

    def _order(self, n: int, seed: int) -> "NDArray[np.int64]":
        """An order of n samples. RandomState is the generator of numpy whose streams never change."""
        seen = self.info.n_samples
        words = [seed & 0xffffffff, seed >> 32 & 0xffffffff, seen & 0xffffffff, seen >> 32]
        return np.random.RandomState(words).permutation(n)

    def _warn_of_large(self, x: Floats) -> None:
        largest = float(np.abs(x).max(initial=0.0))
        if largest > LARGE_INPUT and self.layers[0].is_analog:
            warnings.warn(f"x goes up to {largest:g}; read-outs and pulses are made for inputs of about -1 ... 1: "
                          f"divide x by {largest:g}", AimcWarning, stacklevel=3)

    def predict(self, x: ArrayLike) -> Floats:
        """Logits [n, n_out] of x [n, ...], through the same analog read-out as in training."""
        x = self._samples(x)
        logits = np.empty((len(x), self.info.n_out), np.float32)
        with self._guard.lock:
            check(lib.aimc_network_predict(self._use, len(x), address(x), address(logits)))
        return self._shaped(logits, len(x))

    @overload
    def evaluate(self, x: ArrayLike, labels: ArrayLike, *, fresh: bool = False, repeat: None = None) -> float: ...

    @overload
    def evaluate(self, x: ArrayLike, labels: ArrayLike, *, fresh: bool = True, repeat: int) -> Accuracy: ...

    def evaluate(self, x: ArrayLike, labels: ArrayLike, *, fresh: bool = False,
                 repeat: Optional[int] = None) -> Union[float, Accuracy]:
        """Fraction of the samples x [n, ...] whose largest logit is their label (labels [n]); leaves no trace in training. The same
        network gives the same number again, of one draw of its read noise; fresh draws anew. With repeat, mean and standard error
        of the mean over that many fresh draws. Programmed devices stay: program() makes another chip."""
        x = self._samples(x)
        labels = self._labels(labels, len(x))
        found, error = ct.c_double(), ct.c_double()
        if fresh or repeat is not None:
            n = 1 if repeat is None else size(repeat, "repeat")
            if n < 1:
                raise InvalidError("evaluate: repeat = 0; 1 or more is needed")
            with self._guard.lock:
                check(lib.aimc_network_evaluate_repeat(self._use, len(x), address(x), address(labels), n,
                                                       ct.byref(found), ct.byref(error)))
            return found.value if repeat is None else Accuracy(found.value, error.value if n > 1 else None)
        with self._guard.lock:
            check(lib.aimc_network_evaluate(self._use, len(x), address(x), address(labels), ct.byref(found)))
        return found.value

    def _input_width(self) -> int:
        return self.info.n_in

    # ---- state ---------------------------------------------------------------------------------

    def _matrix_shape(self, k: int) -> Tuple[int, int]:
        if not 0 <= k < len(self):
            raise IndexError(f"matrix {k} of {len(self)}")
        n_out, n_in = ct.c_size_t(), ct.c_size_t()
        with self._guard.lock:
            check(lib.aimc_network_get_matrix_shape(self._look, k, ct.byref(n_out), ct.byref(n_in)))
        return n_out.value, n_in.value

    def get_weights(self, k: int) -> Tuple[Floats, Floats]:
        """Copies of weights [n_out, n_in] and bias [n_out] of matrix k, as it lies on the tiles."""
        n_out, n_in = self._matrix_shape(k)
        w, b = np.empty((n_out, n_in), np.float32), np.empty(n_out, np.float32)
        with self._guard.lock:
            check(lib.aimc_network_get_weights(self._look, k, address(w), address(b)))
        return w, b

    def set_weights(self, k: int, w: Optional[ArrayLike] = None, b: Optional[ArrayLike] = None) -> None:
        """Write weights w [n_out, n_in] and bias b [n_out] of matrix k; None leaves one as it is."""
        n_out, n_in = self._matrix_shape(k)
        w = None if w is None else shaped(w, (n_out, n_in), "w")
        b = None if b is None else shaped(b, (n_out,), "b")
        with self._guard.lock:
            check(lib.aimc_network_set_weights(self._use, k, None if w is None else address(w),
                                               None if b is None else address(b)))

    @property
    def note(self) -> str:
        """A text of the caller's own, saved and loaded with the network."""
        with self._guard.lock:
            return word(lib.aimc_network_get_note(self._look))

    @note.setter
    def note(self, value: Optional[str]) -> None:
        with self._guard.lock:
            check(lib.aimc_network_set_note(self._use, None if value is None else value.encode()))

    @property
    def counters(self) -> Counters:
        """Sum of the counters of all tiles."""
        return told(Counters, self, lib.aimc_network_get_counters)

    def describe(self) -> str:
        """What the network is, one line per layer."""
        with self._guard.lock:
            return text(lib.aimc_network_describe, self._look)

    def __repr__(self) -> str:
        return self._repr("" if self.closed else ", ".join(self.describe().strip().split("\n")))

    def _repr_html_(self) -> str:
        """A row for each layer, for notebooks."""
        if self.closed:
            return table(repr(self), (), ())
        rows = [(layer.name, layer.op, f"{layer.n_in:,} -> {layer.n_out:,}", f"{layer.n_parameters:,}",
                 f"{layer.n_tiles:,} tiles" if layer.is_analog else "digital" if layer.n_matrices else "", f"{layer.n_macs:,}")
                for layer in self.layers]
        info = self.info
        title = f"network: {info.n_parameters:,} parameters, {info.n_analog:,} of them on {info.n_tiles:,} tiles; {info.n_samples:,} samples trained"
        return table(title, ("layer", "op", "numbers", "parameters", "where", "MACs a sample"), rows)
