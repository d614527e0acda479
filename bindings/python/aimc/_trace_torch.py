# SPDX-License-Identifier: MIT
"""Graphs of modules of PyTorch, by torch.fx."""
import dis
import operator
import sys
from typing import Any

from ._errors import UnsupportedError
from ._importer import package

# Augmented assignments, which torch.fx would trace as if they made a new value.
AUGMENTED = ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul", "iand", "ior", "ixor")


def _tracer() -> Any:
    """A tracer that sees h += x as what it is, unpacks tuples also in Python 3.11, and traces torch.zeros()."""
    # pylint: disable=too-few-public-methods,missing-class-docstring,missing-function-docstring
    fx, torch = package("torch.fx"), package("torch")

    class Proxy(fx.Proxy):  # type: ignore[misc,name-defined,unused-ignore]
        def __iter__(self) -> Any:
            frame: Any = sys._getframe(1)  # pylint: disable=protected-access
            for each in dis.get_instructions(frame.f_code):
                if each.offset == frame.f_lasti and each.opname == "UNPACK_SEQUENCE":
                    return (self[k] for k in range(each.argval))
            return self.tracer.iter(self)

    def augmented(function: Any) -> Any:
        return lambda self, other: self.tracer.create_proxy("call_function", function, (self, other), {})
    for name in AUGMENTED:
        setattr(Proxy, f"__{name}__", augmented(getattr(operator, name)))

    class Tracer(fx.Tracer):  # type: ignore[misc,name-defined,unused-ignore]
        def proxy(self, node: Any) -> Any:
            return Proxy(node, self)

    made = Tracer()
    if hasattr(made, "_autowrap_search"):
        made._autowrap_search.append(torch)  # pylint: disable=protected-access
        made._autowrap_function_ids.add(id(torch.zeros))  # pylint: disable=protected-access
    return made


def traced(module: Any) -> Any:
    """The graph of a module."""
    tracer = _tracer()
    try:
        return tracer.trace(module)
    except Exception as error:  # what a module does with values that are not there yet
        raise UnsupportedError(f"{type(module).__name__}: torch.fx cannot trace it: {error}") from error
