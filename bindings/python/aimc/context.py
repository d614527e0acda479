# SPDX-License-Identifier: MIT
"""The context: threads, instruction sets, root seed, log."""
import ctypes as ct
from typing import Any, Callable, List, Optional, Sequence, Tuple

from . import _abi
from ._handle import Guard, Handle, create
from ._lib import lib, path, raised_in_callbacks, sized, text, warned_in_callbacks, word

LOG_LEVELS = ("error", "warning", "info")
_CPUS = {"c": _abi.AIMC_CPU_C, "avx2": _abi.AIMC_CPU_AVX2, "avx512": _abi.AIMC_CPU_AVX512,
         "neon": _abi.AIMC_CPU_NEON}
_LOG: Any = {name: kind for name, kind, *_ in _abi.aimc_logger._fields_}["log"]


def _warn(_: Any, level: int, line: bytes) -> None:
    """The log of contexts without one of their own; a Python warning may raise, which C cannot pass on."""
    if level == _abi.AIMC_LOG_WARNING:
        warned_in_callbacks.append(line.decode("utf-8", "replace"))


_WARN = _LOG(_warn)


class Context(Handle):
    """Everything an object needs from its host.

    seed: root of all random streams, 0 ... 2^64 - 1 (default 0, never the clock). threads: 1 or more (default 1); results do
    not depend on it. deterministic: True makes products give the same bits for any split into batches, too, at some cost in
    speed. counted: False leaves the pulses of trains uncounted, to see what counting costs. cpu: allowed instruction sets ("c",
    "avx2", "avx512", "neon"); none: the best but AVX-512. max_file_bytes: the largest file that is read (0: tables of 2^30
    bytes, saved objects of any size). log: called as log(level, text) with level "warning" or "info", from any thread; without
    it warnings are Python's, of the category AimcWarning."""
    __slots__ = ("seed", "_log")
    _destroyer = lib.aimc_context_destroy

    def __init__(self, seed: int = 0, threads: int = 1, *, deterministic: bool = False,
                 counted: bool = True, cpu: Sequence[str] = (), max_file_bytes: int = 0,
                 log: Optional[Callable[[str, str], object]] = None) -> None:
        params = sized(_abi.aimc_context_params)
        if not 0 <= seed < 1 << 64:
            raise ValueError(f"seed is 0 ... 2^64 - 1, not {seed}")
        if not 0 <= threads < 1 << 32:
            raise ValueError(f"threads is 0 or more, not {threads}")
        if not 0 <= max_file_bytes < 1 << 64:
            raise ValueError(f"max_file_bytes is 0 ... 2^64 - 1, not {max_file_bytes}")
        params.seed, params.n_threads, params.max_file_bytes = seed, threads, max_file_bytes
        params.flags = (_abi.AIMC_FLAG_DETERMINISTIC if deterministic else 0) | (0 if counted else _abi.AIMC_FLAG_UNCOUNTED)
        for name in cpu:
            if name not in _CPUS:
                raise ValueError(f"cpu: {name} is none of {', '.join(_CPUS)}")
            params.cpu_mask |= _CPUS[name]
        self.seed = seed
        self._log = self._logger(log) if log is not None else _WARN
        params.logger.log = self._log
        self._own(create(lib.aimc_context_create, ct.byref(params)))
        if log is not None:
            _kept_loggers.append(self._log)  # objects of the context may log after it is gone

    @staticmethod
    def _logger(log: Callable[[str, str], object]) -> Any:
        def receive(_: Any, level: int, line: bytes) -> None:
            try:
                log(LOG_LEVELS[level], line.decode())
            except BaseException as error:  # pylint: disable=broad-except
                raised_in_callbacks.append(error)
        return _LOG(receive)

    @property
    def threads(self) -> int:
        """Number of threads in use, at least 1."""
        with self._guard.lock:
            return int(lib.aimc_context_get_threads(self._look))

    @property
    def cpu(self) -> Tuple[str, ...]:
        """Instruction sets in use."""
        with self._guard.lock:
            mask = lib.aimc_context_get_cpu(self._look)
        return tuple(name for name, bit in _CPUS.items() if mask & bit)

    def describe(self) -> str:
        """One line that says what the context uses."""
        with self._guard.lock:
            return text(lib.aimc_context_describe, self._look)

    def __repr__(self) -> str:
        return self._repr("" if self.closed else self.describe())


_kept_loggers: List[Any] = []
_default: Optional[Context] = None
_default_guard = Guard()  # only its lock is used; a fork gives a new one


def default_context() -> Context:
    """The context of everything that is made without one: one thread, seed 0. Made at the first call."""
    global _default  # pylint: disable=global-statement
    with _default_guard.lock:
        if _default is None or _default.closed:
            _default = Context()
        return _default


def replace_default(ctx: Context) -> None:
    """Make another context that of everything that is made without one from now on."""
    global _default  # pylint: disable=global-statement
    with _default_guard.lock:
        _default = ctx


def version() -> str:
    """Version of the library that was found."""
    return word(lib.aimc_get_version())


def abi_version() -> int:
    """ABI epoch of the library that was found."""
    return int(lib.aimc_get_abi_version())


def status_name(status: int) -> str:
    """Name of a status code."""
    return word(lib.aimc_status_get_text(status))


def library_path() -> str:
    """The file that was loaded, as it was asked for."""
    return path
