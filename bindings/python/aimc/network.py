# SPDX-License-Identifier: MIT
"""Networks of layers over matrices: build, train, predict, save, load."""
import ctypes as ct
import operator
import warnings
from typing import Callable, Iterable, List, NamedTuple, Optional, Tuple, Union, overload

import numpy as np

from . import _abi
from ._abi import Counters, LayerInfo, NetworkInfo, StorageReport
from ._arrays import address, real, shaped, size, taken, whole
from ._errors import InvalidError, ShapeError
from ._handle import create
from ._lib import AimcWarning, check, lib, text, word
from ._programmed import Programmable
from ._records import record, struct_of, told
from ._types import ArrayLike, Floats, Labels, NDArray
from .config import ConfigLike, as_config
from .context import Context, default_context
from .matrix import Matrix

ACTIVATIONS = {"tanh": _abi.AIMC_TANH, "relu": _abi.AIMC_RELU, "sigmoid": _abi.AIMC_SIGMOID}
_U32 = np.dtype(np.uint32)
LARGE_INPUT = 10.0  # times the range of a DAC that nothing adapts


class Epoch(NamedTuple):
    """One line of what fit() returns; accuracy is NaN without test data."""
    epoch: int
    loss: float
    accuracy: float


class Accuracy(NamedTuple):
    """Mean over repeated passes, and its standard error: None where one pass has none."""
    mean: float
    std_error: Optional[float]


class Network(Programmable):
    """A list of layers, each fed by the one before; the last one's outputs are the logits."""
    __slots__ = ("_ctx",)
    _destroyer = lib.aimc_network_destroy
    _prefix = "aimc_network_"
    _strided = False

    def __init__(self, *, ctx: Optional[Context] = None) -> None:
        self._ctx = ctx or default_context()
        with self._ctx._guard.lock:
            self._own(create(lib.aimc_network_create, self._ctx._use))

    def _settle(self, ctx: Context) -> None:
        self._ctx = ctx

    def _context(self) -> Context:
        return self._ctx

    # ---- layers --------------------------------------------------------------------------------

    def add_linear(self, n_out: int, n_in: int, config: ConfigLike = None) -> "Network":
        """Add y = W x + b. config: of kind "layer", a preset's name or fields of it; None: digital."""
        made = as_config(config, "layer", self._ctx)
        n_out, n_in = size(n_out, "n_out"), size(n_in, "n_in")
        with self._guard.lock:
            check(lib.aimc_network_add_linear(self._use, n_out, n_in, made._look if made is not None else None))
        return self

    def add_activation(self, name: str) -> "Network":
        """Add an element-wise function: "tanh", "relu", "sigmoid"."""
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
        """Number of linear layers."""
        with self._guard.lock:
            return int(lib.aimc_network_count_linear(self._look))

    def matrix(self, k: int) -> Optional[Matrix]:
        """Matrix of linear layer k, owned by the network; None when digital."""
        if not 0 <= k < len(self):
            raise IndexError(f"linear layer {k} of {len(self)}")
        with self._guard.lock:
            found = lib.aimc_network_get_matrix(self._look, k)
            return Matrix._of(found, self) if found else None

    # ---- training ------------------------------------------------------------------------------

    def _samples(self, x: ArrayLike) -> Floats:
        made = taken(x)
        n_in = self.info.n_in
        if made.ndim != 2 or made.shape[1] != n_in:
            raise ShapeError(f"x is {made.shape}; it must be (samples, {n_in})")
        return made

    @staticmethod
    def _labels(labels: ArrayLike, n: int) -> Labels:
        raw = real(labels, "labels")
        if raw.dtype.kind == "f" and raw.size and np.all(raw == np.rint(raw)):
            warnings.warn(f"labels are {raw.dtype}; they are classes, and are taken as whole numbers", AimcWarning,
                          stacklevel=3)
            labels = np.rint(raw).astype(np.int64)
        made = whole(labels, _U32, 0, 2**32 - 1, "labels")
        if made.shape != (n,):
            raise ShapeError(f"labels is {made.shape}; it must be ({n},)")
        return made

    def train_batch(self, x: ArrayLike, labels: ArrayLike, lr: float) -> float:
        """One mini-batch with softmax cross-entropy; returns the mean loss before the step, nats."""
        x = self._samples(x)
        labels = self._labels(labels, len(x))
        loss = ct.c_float()
        with self._guard.lock:
            check(lib.aimc_network_train_batch(self._use, len(x), address(x), address(labels), lr, ct.byref(loss)))
        return loss.value

    def fit(self, x: ArrayLike, labels: ArrayLike, *, epochs: int = 10, batch: int = 10, lr: float = 0.1,
            lr_decay: float = 1.0, test: Optional[Tuple[ArrayLike, ArrayLike]] = None, shuffle: bool = True,
            seed: int = 0, progress: bool = False,
            watch: Optional[Callable[[Epoch], object]] = None) -> List[Epoch]:
        """Train over mini-batches; lr is multiplied by lr_decay after each epoch.

        shuffle draws a new order of the samples for each epoch, from seed and from the samples that the network has
        seen: training that was saved and goes on draws what it would have drawn. False: in the order of x. test is
        (x, labels) for the accuracy after each epoch; progress shows a bar where tqdm is there."""
        x = self._samples(x)
        labels = self._labels(labels, len(x))
        if epochs < 0 or batch < 1 or not len(x):
            raise InvalidError("fit needs samples, epochs >= 0 and batch >= 1")
        self._warn_of_large(x)
        history = []
        for number in _with_bar(range(1, epochs + 1), progress):
            order = self._order(len(x), seed) if shuffle else np.arange(len(x))
            total = 0.0
            for first in range(0, len(x), batch):
                part = order[first:first + batch]
                total += self.train_batch(x[part], labels[part], lr) * len(labels[part])
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
        """Logits [n, n_out], through the same analog read-out as in training."""
        x = self._samples(x)
        logits = np.empty((len(x), self.info.n_out), np.float32)
        with self._guard.lock:
            check(lib.aimc_network_predict(self._use, len(x), address(x), address(logits)))
        return logits

    @overload
    def evaluate(self, x: ArrayLike, labels: ArrayLike, *, fresh: bool = False, repeat: None = None) -> float: ...

    @overload
    def evaluate(self, x: ArrayLike, labels: ArrayLike, *, fresh: bool = True, repeat: int) -> Accuracy: ...

    def evaluate(self, x: ArrayLike, labels: ArrayLike, *, fresh: bool = False,
                 repeat: Optional[int] = None) -> Union[float, Accuracy]:
        """Fraction of samples whose largest logit is their label; leaves no trace in training. The same network
        gives the same number again, of one draw of its read noise; fresh draws anew. With repeat, mean and standard
        error of the mean over that many fresh draws. Programmed devices stay: program() makes another chip."""
        x = self._samples(x)
        labels = self._labels(labels, len(x))
        found, error = ct.c_double(), ct.c_double()
        if fresh or repeat is not None:
            n = 1 if repeat is None else operator.index(repeat)
            if n < 1:
                raise InvalidError(f"evaluate: repeat = {n}; 1 or more is needed")
            with self._guard.lock:
                check(lib.aimc_network_evaluate_repeat(self._use, len(x), address(x), address(labels), n,
                                                       ct.byref(found), ct.byref(error)))
            return found.value if repeat is None else Accuracy(found.value, error.value if n > 1 else None)
        with self._guard.lock:
            check(lib.aimc_network_evaluate(self._use, len(x), address(x), address(labels), ct.byref(found)))
        return found.value

    # ---- on a chip ------------------------------------------------------------------------------

    def _input_width(self) -> int:
        return self.info.n_in

    def convert_to_analog(self, config: ConfigLike) -> None:
        """Put every digital linear layer on tiles with its weights. config: as of linear()."""
        made = as_config(config, "layer", self._ctx)
        with self._guard.lock:
            check(lib.aimc_network_convert_to_analog(self._use, made._look if made is not None else None))

    def calibrate(self, x: ArrayLike, config: ConfigLike = None) -> None:
        """Set the input range of every layer on tiles from data. config: of kind "calibration"."""
        x = self._samples(x)
        made = as_config(config, "calibration", self._ctx)
        with self._guard.lock:
            check(lib.aimc_network_calibrate(self._use, len(x), address(x), made._look if made is not None else None))

    def store(self, config: ConfigLike = None) -> StorageReport:
        """Let the weights of digital layers go through a digital memory. config: of kind "storage"."""
        made = as_config(config, "storage", self._ctx)
        report = struct_of(StorageReport)
        with self._guard.lock:
            check(lib.aimc_network_store(self._use, made._look if made is not None else None, ct.byref(report)))
        return record(StorageReport, report)

    # ---- state ---------------------------------------------------------------------------------

    def _layer_shape(self, k: int) -> Tuple[int, int]:
        linear = [layer for layer in self.layers if layer.op == "linear"]
        if not 0 <= k < len(linear):
            raise IndexError(f"linear layer {k} of {len(linear)}")
        return linear[k].n_out, linear[k].n_in

    def get_weights(self, k: int) -> Tuple[Floats, Floats]:
        """Copies of weights [n_out, n_in] and bias [n_out] of linear layer k."""
        n_out, n_in = self._layer_shape(k)
        w, b = np.empty((n_out, n_in), np.float32), np.empty(n_out, np.float32)
        with self._guard.lock:
            check(lib.aimc_network_get_weights(self._look, k, address(w), address(b)))
        return w, b

    def set_weights(self, k: int, w: Optional[ArrayLike] = None, b: Optional[ArrayLike] = None) -> None:
        """Write weights and bias of linear layer k; None leaves one as it is."""
        n_out, n_in = self._layer_shape(k)
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


def _with_bar(items: Iterable[int], wanted: bool) -> Iterable[int]:
    if wanted:
        try:
            # pylint: disable-next=import-outside-toplevel
            from tqdm import tqdm  # type: ignore[import-untyped,import-not-found,unused-ignore]
            bar: Iterable[int] = tqdm(items, unit="epoch")
            return bar
        except ImportError:
            pass
    return items
