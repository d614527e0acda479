# SPDX-License-Identifier: MIT
"""What networks are made of and give back: values, lines of training."""
import operator
from typing import Iterable, NamedTuple, Optional, Protocol, Tuple


class Graph(Protocol):
    """What a value asks its network for."""

    _address: Optional[int]

    def _shape(self, number: int) -> Tuple[int, ...]: ...


class Epoch(NamedTuple):
    """One line of what fit() returns.
    epoch: its number, from 1
    loss: mean loss of its mini-batches, each before its step; nats for cross-entropy
    accuracy: of the test data, 0 ... 1; NaN without any"""
    epoch: int
    loss: float
    accuracy: float


class Accuracy(NamedTuple):
    """Accuracy over repeated passes.
    mean: mean of the passes, 0 ... 1
    std_error: standard error of that mean; None where one pass has none"""
    mean: float
    std_error: Optional[float]


class Value:
    """What a node makes of a sample, or an input of the network: its shape does not count the samples.

    Methods of a Network make values: add_input(), add() and every op; nobody else gives net and number, the network and
    the place of the value in it."""
    __slots__ = ("_net", "_number")

    def __init__(self, net: "Graph", number: int) -> None:
        self._net, self._number = net, number

    @property
    def shape(self) -> Tuple[int, ...]:
        """Its shape, as PyTorch has it."""
        return self._net._shape(self._number)

    def __getitem__(self, k: int) -> "Value":
        """Further values of the same node: rnn[1] is its state."""
        if k < 0:
            raise IndexError(f"value {k}")
        return Value(self._net, self._number + operator.index(k))

    def __repr__(self) -> str:
        return f"<aimc.Value {' x '.join(map(str, self.shape))}>"


def with_bar(items: Iterable[int], wanted: bool) -> Iterable[int]:
    """The items, with a bar of progress where it is wanted and tqdm is there."""
    if wanted:
        try:
            # pylint: disable-next=import-outside-toplevel
            from tqdm import tqdm  # type: ignore[import-untyped,import-not-found,unused-ignore]
            bar: Iterable[int] = tqdm(items, unit="epoch")
            return bar
        except ImportError:
            pass
    return items
