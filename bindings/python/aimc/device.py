# SPDX-License-Identifier: MIT
"""Device models: of the library, fitted to data, or written in Python."""
import ctypes as ct
import itertools
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from . import _abi
from ._abi import DeviceInfo
from ._arrays import address, taken
from ._errors import InvalidError, ShapeError
from ._html import number, table
from ._handle import Handle, create
from ._lib import check, encoded, lib, raised_in_callbacks, sized, word
from ._records import told
from ._types import ArrayLike, Floats, Ints
from .config import Config, FieldValue, create_named
from .context import Context, default_context


class FitResult(NamedTuple):
    """What fit_device() found.
    model: kind of the device
    parameters: value and 95 % interval (low, high) of each fitted field, by its name
    w_start: state before the first pulse, fitted too, weight units
    residual: root mean square of the data minus what was foretold from those before, weight units
    aic: Akaike's criterion; lower is better
    n_points: states that were given"""
    model: str
    parameters: Dict[str, Tuple[float, float, float]]
    w_start: float
    residual: float
    aic: float
    n_points: int


class Device(Handle):
    """An immutable device model, shared by tiles.

    name: a model ("soft_bounds"), a preset ("reram_sb"), an alias, a .json file of one, or a Config. overrides, fields: replace
    fields of it: Device("reram_sb", dw_min=0.001), or {"drift.nu": 0.1} for nested ones. ctx: default default_context()."""
    __slots__ = ("_ctx",)
    _destroyer = lib.aimc_device_unref

    def __init__(self, name: Union[str, Config], overrides: Optional[Mapping[str, Any]] = None, *,
                 ctx: Optional[Context] = None, **fields: FieldValue) -> None:
        ctx = ctx or default_context()
        self._own(create_named(lib.aimc_device_create, name, {**(overrides or {}), **fields}, ctx))
        self._ctx = ctx

    @classmethod
    def from_functions(cls, name: str, pulse: Callable[["Cells"], object], *, granularity: float,
                       w_min: float = -1.0, w_max: float = 1.0, parameters: Sequence[str] = (),
                       populate: Optional[Callable[["Cells"], object]] = None,
                       ctx: Optional[Context] = None) -> "Device":
        """A device whose laws are Python functions; they change the arrays of Cells in place.

        name: what messages and Device.model call it. pulse gives one pulse to every cell whose direction is not 0, by changing
        cells.w; populate draws bounds and parameters of fresh cells. granularity: size of one pulse, from which their number is
        computed, weight units, > 0. w_min (<= 0), w_max (>= 0): mean bounds. parameters: names of further numbers of each cell.
        ctx: default default_context(). All randomness must come from cells.normals and cells.uniforms. Slow, and called from
        several threads where the context has them."""
        ctx = ctx or default_context()
        if len(parameters) > _abi.AIMC_USER_PARAMETERS:
            raise InvalidError(f"a user device has at most {_abi.AIMC_USER_PARAMETERS} parameters, not {len(parameters)}")
        user = _abi.aimc_user_device(struct_size=ct.sizeof(_abi.aimc_user_device), n_parameters=len(parameters),
                                     name=encoded(name), granularity=granularity, w_min=w_min, w_max=w_max)
        for i, parameter in enumerate(parameters):
            user.parameter_names[i] = encoded(parameter)
        functions = [_LAW(_law(pulse, "pulse"))] + ([_LAW(_law(populate, "populate"))] if populate else [])
        user.pulse = functions[0]
        if populate:
            user.populate = functions[1]
        user.user = next(_numbers)
        user.release = _release
        _laws[user.user] = functions
        out = ct.c_void_p()
        try:
            with ctx._guard.lock:
                check(lib.aimc_device_create_user(ctx._use, ct.byref(user), ct.byref(out)))
        except Exception:
            lib.aimc_device_unref(out)  # made, when it was a law that raised: it was tried once
            _forget(user.user)
            raise
        made = cls.__new__(cls)
        made._own(out)
        made._ctx = ctx
        return made

    @property
    def model(self) -> str:
        """Its model, for example "soft_bounds"."""
        with self._guard.lock:
            return word(lib.aimc_device_get_model(self._look))

    @property
    def info(self) -> DeviceInfo:
        """Figures of the mean device."""
        return told(DeviceInfo, self, lib.aimc_device_get_info)

    def config(self) -> Config:
        """A copy of its parameters."""
        with self._guard.lock:
            return Config._take(create(lib.aimc_device_get_config, self._look))

    def __reduce__(self) -> Tuple[Any, ...]:
        return Device, (self.config(),)

    def share(self) -> "Device":
        """A second handle of the same device, to be closed on its own."""
        made = Device.__new__(Device)
        with self._guard.lock:
            made._own(lib.aimc_device_ref(self._look))
        made._ctx = self._ctx
        return made

    def __repr__(self) -> str:
        if self.closed:
            return self._repr("")
        info = self.info
        return self._repr(self.model + (", ideal" if info.is_ideal else
                                        f", {info.num_states:.6g} states, w {info.w_min:g} ... {info.w_max:g}"))

    def _repr_html_(self) -> str:
        """Figures of the mean device, for notebooks."""
        if self.closed:
            return table(repr(self), (), ())
        info = self.info
        rows = [("granularity", info.granularity, "weight units a pulse"), ("states", info.num_states, "range over granularity"),
                ("step up, down at 0", info.step_up_at_0, number(info.step_down_at_0)), ("symmetry point", info.symmetry_point, "weight units"),
                ("bounds", info.w_min, number(info.w_max))]
        return table(f"device: {self.model}", (), [] if info.is_ideal else [(name, number(value), more) for name, value, more in rows])


DeviceLike = Union[Device, Config, str]


def as_device(like: DeviceLike, ctx: Optional[Context] = None) -> Device:
    """A device from what is convenient."""
    return like if isinstance(like, Device) else Device(like, ctx=ctx)


def fit_device(sweeps: ArrayLike, model: Optional[str] = None, *,
               ctx: Optional[Context] = None) -> Tuple[Config, FitResult]:
    """Fit the mean device of a model to measured sweeps: (its configuration, what was found).

    sweeps: [2 n] or [n_sweeps, 2 n], n >= 10; states after each of n pulses up and then n down, weight units, a range around
    0. model: a kind of device; None: the simplest that foretells about as well as the best. ctx: default default_context().
    InvalidError: an unknown model, too few points. Readings in other units, many devices, spreads and noise: Measurement."""
    w = np.atleast_2d(taken(sweeps))
    if w.ndim != 2 or w.shape[1] % 2:
        raise ShapeError(f"sweeps is {w.shape}; it must be (n_sweeps, 2 n_pulses)")
    ctx = ctx or default_context()
    out, found = ct.c_void_p(), sized(_abi.aimc_fit_result)
    with ctx._guard.lock:
        check(lib.aimc_device_fit(ctx._use, encoded(model) if model else None, w.shape[0], w.shape[1] // 2, address(w),
                                  w.shape[1], ct.byref(out), ct.byref(found)))
    fitted = {found.name[i].decode(): (found.value[i], found.low[i], found.high[i]) for i in range(found.n_parameters)}
    return Config._take(out), FitResult(found.model.decode(), fitted, found.w_start, found.residual, found.aic,
                                        found.n_points)


# ---- functions of the caller -------------------------------------------------------------------

class Cells:
    """Some cells side by side, as the laws of a user device see them; valid during the call only.

    w and direction are there for pulse alone: populate sees None.
    """

    n: int
    w: Floats
    w_max: Floats
    w_min: Floats
    parameters: List[Floats]
    direction: Ints
    normals: List[Floats]
    uniforms: List[Floats]

    def __init__(self, cells: _abi.aimc_user_cells) -> None:
        self.n = n = cells.n
        self.w = _floats(cells.w, n)
        self.w_max, self.w_min = _floats(cells.w_max, n), _floats(cells.w_min, n)
        self.parameters = [_floats(cells.parameters[i], n) for i in range(cells.n_parameters)]
        self.direction = _view(cells.direction, n, ct.c_int32)
        self.normals = [_floats(pointer, n) for pointer in cells.normals if pointer]
        self.uniforms = [_floats(pointer, n) for pointer in cells.uniforms if pointer]


def _view(pointer: Any, n: int, kind: Any) -> Any:
    return np.ctypeslib.as_array(ct.cast(pointer, ct.POINTER(kind)), (n,)) if pointer else None


def _floats(pointer: Any, n: int) -> Any:
    return _view(pointer, n, ct.c_float)


_FIELDS: Dict[str, Any] = {name: kind for name, kind, *_ in _abi.aimc_user_device._fields_}
_LAW = _FIELDS["pulse"]
_numbers = itertools.count(1)
_laws: Dict[int, Any] = {}  # what C may still call, until it releases the device


def _law(function: Callable[[Cells], object], what: str) -> Callable[[Any, Any], None]:
    if not callable(function):
        raise InvalidError(f"{what} is not a function")

    def call(_: Any, cells: Any) -> None:
        try:
            function(Cells(cells.contents))
        except BaseException as error:  # pylint: disable=broad-except
            raised_in_callbacks.append(error)
    return call


def _forget(number: int) -> None:
    _laws.pop(number, None)


_release = _FIELDS["release"](_forget)
