# SPDX-License-Identifier: MIT
"""What importers of networks share: nodes under construction, tensors to come, and everything that could not be taken."""
import importlib
import math
import re
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ._errors import Error, UnsupportedError
from ._types import NDArray
from .context import Context
from .network import Network, Value

LONGEST_NAME = 64


class Refused(Exception):
    """Why one node is not taken; the others are still looked at."""


class Missing(Exception):
    """A node reads what an earlier one could not give: that one is named already."""


def package(name: str) -> Any:
    """A package that only this importer needs."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UnsupportedError(f"the Python package {name} is needed to read this, and is not installed "
                               f"(pip install {name})") from None


class Importer:
    """A network that is being made of somebody else's: values by the names that they have there."""

    def __init__(self, source: str, ctx: Optional[Context] = None) -> None:
        self.source = source
        self.net = Network(ctx=ctx)
        self.values: Dict[str, Value] = {}
        self.tensors: Dict[str, NDArray[Any]] = {}
        self.problems: List[str] = []
        self._names: Dict[str, int] = {}

    def name_of(self, name: str) -> str:
        """A name like this that a node may have, and no other has."""
        made = re.sub(r"[\s\"'\\:]", "_", name).strip("/") or "node"
        made = made[-LONGEST_NAME:] if len(made) > LONGEST_NAME else made
        count = self._names.get(made, 0)
        self._names[made] = count + 1
        if not count:
            return made
        suffix = f"_{count}"
        return self.name_of(made[:LONGEST_NAME - len(suffix)] + suffix)

    def add_input(self, key: str, shape: Sequence[int]) -> Value:
        """An input, known to the nodes as key."""
        self.values[key] = self.net.add_input([int(n) for n in shape], self.name_of(key))
        return self.values[key]

    def value(self, key: str) -> Value:
        """What the nodes know as key."""
        if key not in self.values:
            raise Missing(key)
        return self.values[key]

    def add(self, op: str, *inputs: Value, name: str, tensors: Optional[Dict[str, Any]] = None, **fields: Any) -> Value:
        """A node with its tensors."""
        made = self.name_of(name)
        try:
            value = self.net.add(op, *inputs, name=made, **fields)
        except Error as error:
            raise Refused(str(error)) from None
        for tensor, array in (tensors or {}).items():
            self.tensors[f"{made}.{tensor}"] = np.asarray(array, np.float32)
        return value

    def node(self, where: str, make: Callable[[], None]) -> None:
        """Make one node; where says its op and position, should it be refused."""
        try:
            make()
        except Missing:
            pass
        except Refused as reason:
            self.problems.append(f"{where}: {reason}")
        except (KeyError, IndexError, TypeError, ValueError) as error:
            self.problems.append(f"{where}: {type(error).__name__}: {error}")

    def finish(self, outputs: Sequence[str]) -> Network:
        """The network with all its tensors; or one error that names everything that could not be taken."""
        if not self.problems:
            self.problems += [f"output '{key}' is made by no node" for key in outputs if key not in self.values]
        if self.problems:
            lines = "\n  ".join(self.problems)
            raise UnsupportedError(f"{self.source}: {len(self.problems)} of its nodes cannot be taken\n  {lines}")
        for key in outputs:
            self.net.add_output(self.values[key])
        wanted = self.net.tensors
        for name, info in wanted.items():
            array = self.tensors.get(name)
            if array is None or array.shape != tuple(info.shape):
                raise UnsupportedError(f"{self.source}: tensor '{name}' is "
                                       f"{'missing' if array is None else array.shape}; {info.shape} is expected")
        self.net.load_state_dict(self.tensors)
        return self.net


def batch_norm(scale: Any, bias: Any, mean: Any, variance: Any) -> Dict[str, Any]:
    """Tensors of the op batch_norm."""
    return {"weight": scale, "bias": bias, "running_mean": mean, "running_var": variance}


def with_bias(weight: Any, bias: Optional[Any]) -> Dict[str, Any]:
    """Tensors of a linear layer or a convolution."""
    return {"weight": weight} if bias is None else {"weight": weight, "bias": bias}


def pairs_of(before: Sequence[int], after: Sequence[int]) -> List[int]:
    """Padding as ops take it: before and after of each dimension; nothing where there is none."""
    flat = [int(n) for pair in zip(before, after) for n in pair]
    return flat if any(flat) else []


def without_none(fields: Dict[str, Any]) -> Dict[str, Any]:
    """Fields that are to be set: lists that are empty stay as they are by default."""
    return {name: value for name, value in fields.items() if value is not None and value != []}


def keep_samples(size: Any, shape: Sequence[int]) -> None:
    """Flattened to this size there must be as many samples as before: another would make more of one."""
    count = math.prod(shape)
    if size not in (-1, count):
        raise Refused(f"second size {size}: a sample has {count} numbers, which must stay together; write -1 there")


def choose(what: str, value: Any, allowed: Tuple[Any, ...]) -> Any:
    """value, which must be one of these."""
    if value not in allowed:
        raise Refused(f"{what} {value!r} is not taken; {', '.join(map(repr, allowed))} are")
    return value
