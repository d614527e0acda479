# SPDX-License-Identifier: MIT
"""Lifetime of the library's objects: closed once, used by one thread at a time, not after fork()."""
import ctypes as ct
import os
import threading
import weakref
from typing import Any, Callable, Dict, NoReturn, Optional, Tuple, TypeVar, Union

from ._errors import StateError
from ._lib import check

_CLOSED = "is closed"
_FORKED = "was made before fork(); make a new one in the child process"
_WATCHED = "is in the middle of a step; a watcher may only look"
_guards: "weakref.WeakSet[Guard]" = weakref.WeakSet()


class Guard:
    """Who may use an object and all that belongs to it: one thread at a time, while nothing refuses."""
    __slots__ = ("lock", "refuse", "watchers", "__weakref__")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.refuse: Optional[str] = None
        self.watchers: Dict[int, Any] = {}  # callbacks that C may still call
        _guards.add(self)


def _after_fork() -> None:
    # Threads of the parent, ours and the library's, are gone; what they held stays as it was.
    for guard in list(_guards):
        guard.lock = threading.RLock()
        guard.refuse = _FORKED


os.register_at_fork(after_in_child=_after_fork)


def _destroy(function: Callable[[Optional[int]], None], address: Optional[int], guard: Guard, is_owner: bool) -> None:
    """Runs once: by close(), by the garbage collector, or at exit."""
    if guard.refuse == _FORKED or not guard.lock.acquire(timeout=5.0):
        return  # better to leak than to pull it from under a thread that hangs in it
    try:
        function(address)
        if is_owner:
            guard.refuse = _CLOSED
    finally:
        guard.lock.release()


Self = TypeVar("Self", bound="Handle")


class Handle:
    """Base of all classes that own, or look into, an object of the library."""
    __slots__ = ("_address", "_guard", "_finalizer", "_keeps", "__weakref__")
    _destroyer: Any = None

    def _own(self, address: Union[ct.c_void_p, int], guard: Optional[Guard] = None) -> None:
        """Take over a new object. With a guard: one that lives on somebody else's."""
        self._address: Optional[int] = address.value if isinstance(address, ct.c_void_p) else address
        self._guard = guard or Guard()
        self._keeps: Any = None
        self._finalizer: Any = weakref.finalize(self, _destroy, type(self)._destroyer, self._address,
                                                self._guard, guard is None)

    def _view(self, address: int, owner: "Handle") -> None:
        """Look at an object that belongs to the owner, and keep that alive."""
        self._address, self._guard, self._keeps, self._finalizer = address, owner._guard, owner, None

    def _complain(self, reason: str) -> NoReturn:
        raise StateError(f"{type(self).__name__}: {reason}")

    @property
    def _look(self) -> int:
        """The address, for calls that change nothing. Hold the lock."""
        refuse = self._guard.refuse
        if self._address is None or refuse is not None and refuse is not _WATCHED:
            self._complain(refuse or _CLOSED)
        return self._address

    @property
    def _use(self) -> int:
        """The address, for calls that change the object. Hold the lock."""
        if self._address is None or self._guard.refuse is not None:
            self._complain(self._guard.refuse or _CLOSED)
        return self._address

    @property
    def closed(self) -> bool:
        """True when the object can no longer be used."""
        return self._address is None or self._guard.refuse not in (None, _WATCHED)

    def close(self) -> None:
        """Give the object back now. Closing twice is fine; what belongs to another only lets go. StateError: within a watcher."""
        if self._guard.refuse == _WATCHED:
            with self._guard.lock:  # another thread's step: wait; our own: refuse
                if self._guard.refuse == _WATCHED:
                    self._complain(_WATCHED)
        if self._finalizer is not None:
            self._finalizer()
        with self._guard.lock:
            self._address = None

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Tuple[Any, ...]:
        raise TypeError(f"{type(self).__name__} cannot be pickled; send what it is made from")

    def _repr(self, text: str) -> str:
        return f"<aimc.{type(self).__name__} {_CLOSED if self.closed else text}>"


class watching:
    """While a watcher runs, only looking is allowed."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def __enter__(self) -> None:
        self._guard.refuse = _WATCHED

    def __exit__(self, *_: object) -> None:
        if self._guard.refuse == _WATCHED:
            self._guard.refuse = None


def create(function: Callable[..., int], *arguments: Any) -> ct.c_void_p:
    """Call a function whose last argument receives the new object."""
    out = ct.c_void_p()
    check(function(*arguments, ct.byref(out)))
    return out
