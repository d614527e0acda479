# SPDX-License-Identifier: MIT
"""One analog tile, and a look inside its products."""
import ctypes as ct
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from . import _abi
from ._abi import ConductanceInfo, InferenceReport, ReadoutInfo
from ._arrays import address, contiguous, real, shaped, size, whole
from ._errors import InvalidError, ShapeError, WrongTypeError
from ._handle import create
from ._lib import check, encoded, lib, sized
from ._linear_map import LinearMap
from ._records import told
from ._types import ArrayLike, Floats, Ints, NDArray, PathLike
from .config import ConfigLike, as_config
from .context import Context
from .device import DeviceLike, as_device

DIRECTIONS = {"forward": _abi.AIMC_FORWARD, "backward": _abi.AIMC_BACKWARD}


class Stages(NamedTuple):
    """What is seen on the way through one product of the tile.
    n_cycles: reads in one product; 1 unless its read-out takes several
    n_passes: how often the product was made (bound management); 0: the input was zero
    alpha: scale of noise management
    reduction: further reduction of bound management
    prepared: what drives the array, after the DAC [inputs]
    current: what the array gives, its own errors included [outputs]
    noisy: what enters the ADC [outputs]
    code: what the ADC puts on its wires [outputs]; None where there is none
    result: the result, all cycles and scales included [outputs]"""
    n_cycles: int
    n_passes: int
    alpha: float
    reduction: float
    prepared: Floats
    current: Floats
    noisy: Floats
    code: Optional[Ints]  # None: there is no ADC
    result: Floats


def _direction(name: str) -> int:
    if name not in DIRECTIONS:
        raise InvalidError(f"direction: {name} is none of {', '.join(DIRECTIONS)}")
    return DIRECTIONS[name]


class Tile(LinearMap):
    """A crossbar of n_out x n_in devices with its read-out in both directions.

    device: a Device, a Config of one, or the name of one. n_out, n_in: rows and columns of W, 1 or more. config: of kind "tile"
    or "layer", a preset's name, or a mapping of fields of "tile", for example {"forward.is_perfect": True}. ctx: the context
    where device is a name; default: default_context(). tile.weights = w writes weights, y = tile @ x or tile.forward(x) reads,
    tile.pulse(counts) sends pulses, Optimizer(tile) trains, tile.program() takes it to inference. InvalidError: an unknown
    name or a size out of range."""
    __slots__ = ()
    _destroyer = lib.aimc_tile_destroy
    _prefix = "aimc_tile_"

    def __init__(self, device: DeviceLike, n_out: int, n_in: int, config: ConfigLike = None, *,
                 ctx: Optional[Context] = None) -> None:
        device = as_device(device, ctx)
        made = as_config(config, "tile", device._ctx)
        n_out, n_in = size(n_out, "n_out"), size(n_in, "n_in")
        with device._guard.lock:
            self._own(create(lib.aimc_tile_create, device._look, n_out, n_in, made._look if made is not None else None))
        self._measure()

    def count_activity(self, on: bool = True) -> None:
        """Count what reads drive from now on (on=False: no longer): what the energy of the array is computed from. Off at first;
        costs a pass over the inputs of each read."""
        with self._guard.lock:
            check(lib.aimc_tile_count_activity(self._use, int(on)))

    def clear_counters(self) -> None:
        """Set all counters to 0; random streams go on."""
        with self._guard.lock:
            lib.aimc_tile_clear_counters(self._use)

    # ---- devices -------------------------------------------------------------------------------

    @property
    def parameter_names(self) -> List[str]:
        """Per-device parameters that can be read, for example "max_bound"."""
        with self._guard.lock:
            return [lib.aimc_tile_get_parameter_name(self._look, i).decode()
                    for i in range(lib.aimc_tile_count_parameters(self._look))]

    def parameter(self, name: str) -> Floats:
        """A copy of a per-device parameter [n_out, n_in]; name: one of parameter_names, else an InvalidError."""
        value = np.empty(self.shape, np.float32)
        with self._guard.lock:
            check(lib.aimc_tile_get_parameter(self._look, encoded(name), address(value), self._n_in))
        return value

    def set_parameter(self, name: str, value: ArrayLike) -> None:
        """Replace a per-device parameter by values of your own; weights are clipped to the bounds after.

        name: one of parameter_names. value [n_out, n_in], finite; bounds stay in order, and steps, rates and counts are not
        negative: else an InvalidError that names device and place, and the tile is unchanged."""
        value = shaped(value, self.shape, name)
        with self._guard.lock:
            check(lib.aimc_tile_set_parameter(self._use, encoded(name), address(value), self._n_in))

    def pulse(self, counts: ArrayLike) -> None:
        """Send counts[i, j] pulses to each device: up where positive, down where negative.

        counts: whole numbers, [n_out, n_in] or what is broadcast to it, at most 1000000 each way. UnsupportedError: the device takes
        no pulses."""
        counts = np.broadcast_to(real(counts, "counts"), self.shape)
        counts = whole(counts, np.dtype(np.int32), -2**31, 2**31 - 1, "counts")
        with self._guard.lock:
            check(lib.aimc_tile_pulse(self._use, address(counts), self._n_in))

    def find_symmetry_point(self, n_pairs: int) -> Floats:
        """Where up and down steps of each device are equal [n_out, n_in], weight units; the tile is as before.

        n_pairs: pairs of an up and a down pulse, 1 ... 1000000; several times the number of states. UnsupportedError: the device
        takes no pulses."""
        value = np.empty(self.shape, np.float32)
        with self._guard.lock:
            check(lib.aimc_tile_find_symmetry_point(self._use, _count(n_pairs, "n_pairs"), address(value), self._n_in))
        return value

    def shift_symmetry_point(self, n_pairs: int) -> None:
        """Zero shifting: put each device's symmetry point into its reference, so that it lies at weight 0.

        n_pairs: as of find_symmetry_point(). UnsupportedError: the device takes no pulses, or has no reference."""
        with self._guard.lock:
            check(lib.aimc_tile_shift_symmetry_point(self._use, _count(n_pairs, "n_pairs")))

    def decay(self, alpha: float = 1.0) -> None:
        """Let weights decay once toward each device's reset bias (parameter "lifetime"). alpha: strength, >= 0; 1 is once."""
        with self._guard.lock:
            check(lib.aimc_tile_decay(self._use, alpha))

    def diffuse(self) -> None:
        """Add one step of diffusion noise (parameter "diffusion") to every weight, clipped to its bounds."""
        with self._guard.lock:
            check(lib.aimc_tile_diffuse(self._use))

    def drift_trained(self, dt: float) -> None:
        """Let weights drift for a while dt since the last call, >= 0, in the unit of drift.t_0. Nothing happens where the device
        has no "drift". Programmed tiles drift by drift_programmed()."""
        with self._guard.lock:
            check(lib.aimc_tile_drift_trained(self._use, dt))

    def reset(self, first_in: int = 0, n: Optional[int] = None, prob: float = 1.0) -> None:
        """Reset devices to their reset bias, with noise reset_std.

        first_in: first input column. n: number of columns, wrapping around (default: all). prob: probability that a device is
        reset, 0 ... 1."""
        n = self._n_in if n is None else n
        with self._guard.lock:
            check(lib.aimc_tile_reset(self._use, _count(first_in, "first_in"), _count(n, "n"), prob))

    def write(self, w: ArrayLike, config: ConfigLike = None) -> InferenceReport:
        """Write weights w [n_out, n_in] in a closed loop of reads and pulses, and report what that took. config: of kind
        "programming", or fields of it: tolerance, max_iterations ... UnsupportedError: the device takes no pulses; StateError:
        the tile is programmed for inference."""
        w = shaped(w, self.shape, "w")
        made = as_config(config, "programming")
        return self._report("write", address(w), self._n_in, made._look if made is not None else None)

    # ---- inside a product ----------------------------------------------------------------------

    def inspect(self, x: ArrayLike, direction: str = "forward", cycle: int = 0) -> Stages:
        """Make one product and keep what is seen on the way; a real read, with its noise and counts.

        x: one vector, [n_in], or [n_out] where direction is "backward". cycle: which read of the array is shown, below
        Stages.n_cycles."""
        way = _direction(direction)
        n_in, n_out = (self._n_in, self._n_out) if way == _abi.AIMC_FORWARD else self.shape
        x = shaped(x, (n_in,), "x")
        arrays: Dict[str, Any] = {
            "prepared": np.empty(n_in, np.float32), "code": np.empty(n_out, np.int32),
            **{name: np.empty(n_out, np.float32) for name in ("current", "noisy", "result")}}
        stages = sized(_abi.aimc_stages)
        stages.cycle = _count(cycle, "cycle")
        for name, array in arrays.items():
            setattr(stages, name, address(array))
        with self._guard.lock:
            check(lib.aimc_tile_inspect(self._use, way, address(x), ct.byref(stages)))
        if not self.readout(direction).has_adc:
            arrays["code"] = None
        return Stages(stages.n_cycles, stages.n_passes, stages.alpha, stages.reduction, **arrays)

    def readout(self, direction: str = "forward") -> ReadoutInfo:
        """Reads in a product of this direction, "forward" or "backward", and whether its converters have codes."""
        way = _direction(direction)
        return told(ReadoutInfo, self, lambda tile, info: lib.aimc_tile_get_readout(tile, way, info))

    def write_spice(self, path: PathLike, z: ArrayLike, direction: str = "forward", config: ConfigLike = None) -> None:
        """Write the crossbar to path as a netlist, for ngspice, LTspice or Spectre.

        z: what drives it, [n_in], or [n_out] where direction is "backward"; 1 is wires.v_read volts. config: of kind "netlist", or
        fields; default: an operating point for ngspice. IoError: it cannot be written; UnsupportedError: a perfect read-out."""
        way = _direction(direction)
        z = shaped(z, (self._n_in if way == _abi.AIMC_FORWARD else self._n_out,), "z")
        made = as_config(config, "netlist")
        with self._guard.lock:
            check(lib.aimc_tile_write_netlist(self._look, way, address(z), made._look if made is not None else None,
                                              encoded(path)))

    def fixed_error_names(self, direction: str = "forward") -> List[str]:
        """Fixed errors of the read-out of a direction ("forward", "backward"): those whose spread is on."""
        way = _direction(direction)
        with self._guard.lock:
            return [lib.aimc_tile_get_fixed_error_name(self._look, way, i).decode()
                    for i in range(lib.aimc_tile_count_fixed_errors(self._look, way))]

    def fixed_error(self, name: str, direction: str = "forward") -> Floats:
        """A copy of a fixed error: [outputs], or [n_out, n_in] of read_polarity. name: one of fixed_error_names(direction), else
        an InvalidError."""
        value = np.empty(self._fixed_shape(name, direction), np.float32)
        with self._guard.lock:
            check(lib.aimc_tile_get_fixed_error(self._look, _direction(direction), encoded(name), address(value), value.size))
        return value

    def set_fixed_error(self, name: str, value: ArrayLike, direction: str = "forward") -> None:
        """Replace a fixed error by measured or chosen values; they are saved with the tile. name: one of
        fixed_error_names(direction). value: of the shape of fixed_error(), finite, and >= 0 but for read_polarity."""
        value = shaped(value, self._fixed_shape(name, direction), name)
        with self._guard.lock:
            check(lib.aimc_tile_set_fixed_error(self._use, _direction(direction), encoded(name), address(value), value.size))

    @property
    def conductance_info(self) -> ConductanceInfo:
        """What devices a programmed tile has."""
        return told(ConductanceInfo, self, lib.aimc_tile_get_conductance_info)

    @property
    def conductances(self) -> Floats:
        """Conductances of a programmed tile without the noise of reads, uS: [devices, n_out, n_in]; a copy. Writing lets
        reads see those, measured ones say. StateError: the tile was not programmed."""
        return self._all_conductances()[0]

    @conductances.setter
    def conductances(self, value: ArrayLike) -> None:
        own, shared = self._all_conductances()
        made = shaped(value, own.shape, "conductances")
        self._set_conductances(np.concatenate([made.reshape(-1), shared]))

    @property
    def shared_conductances(self) -> Floats:
        """Those of devices of inputs that all outputs share [n_in], uS; empty where the encoding has none."""
        return self._all_conductances()[1]

    @shared_conductances.setter
    def shared_conductances(self, value: ArrayLike) -> None:
        own, shared = self._all_conductances()
        self._set_conductances(np.concatenate([own.reshape(-1), shaped(value, shared.shape, "shared_conductances")]))

    def _all_conductances(self) -> Tuple[Floats, Floats]:
        info = self.conductance_info
        g = np.empty(info.n_conductances, np.float32)
        with self._guard.lock:
            check(lib.aimc_tile_get_conductances(self._look, address(g), g.size))
        own = info.n_devices * self._n_out * self._n_in
        return g[:own].reshape(info.n_devices, self._n_out, self._n_in), g[own:]

    def _set_conductances(self, g: Floats) -> None:
        with self._guard.lock:
            check(lib.aimc_tile_set_conductances(self._use, address(g), g.size))

    def output_ranges(self, direction: str = "forward") -> "NDArray[np.float64]":
        """Ranges of the ADCs of a direction ("forward", "backward"), in units of weight times input: one for each conversion of a
        product (bit slices, digits); empty where none has one."""
        way = _direction(direction)
        with self._guard.lock:
            ranges = np.empty(lib.aimc_tile_count_output_ranges(self._look, way))
            if ranges.size:
                check(lib.aimc_tile_get_output_ranges(self._look, way, address(ranges), ranges.size))
        return ranges

    def set_output_ranges(self, ranges: Optional[ArrayLike], direction: str = "forward") -> None:
        """Set the ranges of the ADCs of a direction. ranges: all of them, 1e-30 ... 1e30, as output_ranges() has them; None: as
        configured again. StateError: no ADC has a range."""
        made = None if ranges is None else contiguous(real(ranges, "ranges"), np.dtype(np.float64)).reshape(-1)
        with self._guard.lock:
            check(lib.aimc_tile_set_output_ranges(self._use, _direction(direction), None if made is None else address(made),
                                                  0 if made is None else made.size))

    def output_limits(self, direction: str = "forward") -> "Tuple[NDArray[np.float64], NDArray[np.float64]]":
        """Lower and upper ends of the ranges of the ADCs of a direction ("forward", "backward"), in units of weight times input. ADCs
        of adc.style UNSIGNED have two, the lower ends of others are the upper ones with the other sign."""
        way = _direction(direction)
        with self._guard.lock:
            low, high = np.empty((2, lib.aimc_tile_count_output_ranges(self._look, way)))
            if low.size:
                check(lib.aimc_tile_get_output_limits(self._look, way, address(low), address(high), low.size))
        return low, high

    def set_output_limits(self, low: ArrayLike, high: ArrayLike, direction: str = "forward") -> None:
        """Set both ends of the ranges of the ADCs of a direction ("forward", "backward"). low, high: all of them, as output_limits()
        has them, low < high. StateError: no ADC has a range; InvalidError: two ends of ADCs whose adc.style is not UNSIGNED."""
        ends = [contiguous(real(end, name), np.dtype(np.float64)).reshape(-1) for end, name in ((low, "low"), (high, "high"))]
        if ends[0].size != ends[1].size:
            raise ShapeError(f"low has {ends[0].size} ends and high {ends[1].size}")
        with self._guard.lock:
            check(lib.aimc_tile_set_output_limits(self._use, _direction(direction), address(ends[0]), address(ends[1]), ends[0].size))

    def _fixed_shape(self, name: str, direction: str) -> Tuple[int, ...]:
        if name == "read_polarity":
            return self.shape
        return (self._n_out if _direction(direction) == _abi.AIMC_FORWARD else self._n_in,)


def _count(value: int, what: str) -> int:
    """ctypes would take a negative or large number modulo 2^32."""
    if not isinstance(value, (int, np.integer)):
        raise WrongTypeError(f"{what} is {value!r}; a whole number is needed")
    if not 0 <= value < 1 << 32:
        raise InvalidError(f"{what} is {value}; it must be 0 ... 2^32 - 1")
    return value
