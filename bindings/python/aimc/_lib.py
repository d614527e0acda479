# SPDX-License-Identifier: MIT
"""Find the shared library, refuse a wrong one, and declare its functions."""
import ctypes as ct
import os
import pathlib
import sys
import warnings
from typing import Any, Callable, Dict, List, Tuple, Type, TypeVar

from . import _abi
from ._errors import BY_STATUS, AbiError, Error, WrongTypeError
from ._types import PathLike

# What the library is called where it is installed, by the system; "win32" is of any number of bits.
INSTALLED = {"darwin": "libaimc.{}.dylib", "win32": "libaimc-{}.dll"}
Struct = TypeVar("Struct", bound=ct.Structure)


class AimcWarning(UserWarning):
    """Something works, but probably not as meant; the library says so once for each object."""


# What the library warned of during a call, on any thread; the next check() warns in Python's way.
warned_in_callbacks: List[str] = []

# Exceptions raised in callbacks, which C cannot pass on; the next check() does.
raised_in_callbacks: List[BaseException] = []


def _installed_name(system: str) -> str:
    return INSTALLED.get(system, "libaimc.so.{}").format(_abi.AIMC_ABI_VERSION)


def _is_library(name: str, system: str) -> bool:
    if system == "win32":  # built by Microsoft's tools, it has no "lib"
        return name.endswith(".dll") and name.startswith(("libaimc", "aimc"))
    return name.startswith("libaimc") and (name.endswith(".dylib") if system == "darwin" else ".so" in name)


def _candidates(folder: pathlib.Path = pathlib.Path(__file__).parent, system: str = sys.platform) -> List[str]:
    """Paths in the order in which they are tried: AIMC_LIBRARY alone, or what lies in the package, then the system's."""
    named = os.environ.get("AIMC_LIBRARY")
    if named:
        return [named]
    beside = sorted(path for path in folder.iterdir() if _is_library(path.name, system))
    return [str(path) for path in beside] + [_installed_name(system)]


def _open() -> Tuple[str, Any]:
    failures = []
    for path in _candidates():
        try:
            return path, ct.CDLL(path)
        except OSError as error:
            failures.append(f"{path}: {error}")
    raise ImportError("aimc: no shared library of libaimc was found; set AIMC_LIBRARY to its path, or install "
                      "it. Tried: " + "; ".join(failures))


def _refuse_wrong_abi(library: Any) -> None:
    try:
        library.aimc_get_abi_version.restype = ct.c_uint32
        found = library.aimc_get_abi_version()
        library.aimc_get_version.restype = ct.c_char_p
        version = library.aimc_get_version().decode()
    except AttributeError:
        raise AbiError(f"{path}: not libaimc: it has no aimc_get_abi_version()") from None
    if found != _abi.AIMC_ABI_VERSION:
        raise AbiError(f"{path}: libaimc {version} has ABI {found}; this package needs ABI {_abi.AIMC_ABI_VERSION}")


def _declare(library: Any) -> None:
    for name, (_, result, arguments, called) in _abi.FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise AbiError(f"{path}: libaimc {library.aimc_get_version().decode()} has no {name}(); "
                           "it is older than this package") from None
        function.restype, function.argtypes = result, arguments
        if ct.c_double in arguments:  # whole numbers and text are looked at before
            setattr(library, name, _with_a_sentence(function, name[len("aimc_"):], arguments, called.split()))


_SCALARS: Dict[Any, str] = {ct.c_double: "a number", ct.c_char_p: "text", **{kind: "a whole number" for kind in (
    ct.c_int, ct.c_size_t, ct.c_int32, ct.c_uint32, ct.c_int64, ct.c_uint64)}}


def _with_a_sentence(function: Any, name: str, kinds: List[Any], called: List[str]) -> Callable[..., Any]:
    """The function, which says what is wrong about an argument of a type that C cannot take."""
    def call(*given: Any) -> Any:
        try:
            return function(*given)
        except ct.ArgumentError:
            for kind, argument, value in zip(kinds, called, given):
                try:
                    kind.from_param(value)
                except TypeError:
                    wanted = _SCALARS.get(kind, "an array or object")
                    raise WrongTypeError(f"{name}: {argument} is {value!r}; {wanted} is needed") from None
            raise
    return call


path, lib = _open()
_refuse_wrong_abi(lib)
_declare(lib)


def check(status: int) -> None:
    """Raise what a status means; also what a callback raised on the way, and what the library warned of."""
    if warned_in_callbacks:  # all are taken first: one that raises leaves none to a later call
        for line in [warned_in_callbacks.pop(0) for _ in range(len(warned_in_callbacks))]:
            warnings.warn(line, AimcWarning, stacklevel=3)
    if raised_in_callbacks:
        error = raised_in_callbacks[0]
        raised_in_callbacks.clear()
        raise error
    if status:
        raise BY_STATUS.get(status, Error)(lib.aimc_get_last_error().decode("utf-8", "replace"))


def sized(struct: Type[Struct]) -> Struct:
    """A fresh struct that knows its size."""
    made = struct()
    made.struct_size = ct.sizeof(struct)
    return made


def text(function: Callable[..., int], *arguments: Any) -> str:
    """What a function(..., buf, size) that returns the full length writes."""
    length = function(*arguments, None, 0)
    buffer = ct.create_string_buffer(length + 1)
    function(*arguments, buffer, length + 1)
    return buffer.value.decode()


def word(constant: bytes) -> str:
    """Text that the library keeps."""
    return constant.decode()


def encoded(value: PathLike) -> bytes:
    """Text or a path, for C."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise WrongTypeError(f"text or a path is needed, not {value!r}")
    return os.fsencode(value)
