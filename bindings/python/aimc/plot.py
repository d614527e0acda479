# SPDX-License-Identifier: MIT
"""Pictures of devices, tiles and training; needs matplotlib (pip install matplotlib).

Every function draws into axes (ax=, default the current ones) and returns them. As a command,
`python3 -m aimc.plot plot.svg plot.png` draws a plot that `aimc ... --plot plot.svg` wrote as PNG.
"""
from typing import Any, Optional, Sequence, Union

import numpy as np

from ._linear_map import LinearMap
from ._types import ArrayLike, Floats, NDArray
from .config import Config, ConfigLike
from .device import Device, DeviceLike, as_device
from .inference import NoiseModel, Population
from .network import Epoch, Network
from .tile import Tile

try:
    from matplotlib import pyplot  # type: ignore[import-not-found,unused-ignore]
    from matplotlib.axes import Axes  # type: ignore[import-not-found,unused-ignore]
except ImportError as missing:
    raise ImportError("aimc.plot needs matplotlib: pip install matplotlib") from missing


def _axes(ax: Optional[Axes]) -> Any:
    return pyplot.gca() if ax is None else ax


def _label(ax: Axes, x: str, y: str, title: Optional[str] = None) -> Axes:
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if title:
        ax.set_title(title)
    return ax


def pulse_response(device: DeviceLike, n_pulses: int = 500, n_devices: int = 100, ax: Optional[Axes] = None) -> Axes:
    """Weight over pulses up and as many down: mean, middle 90 % of the devices, and one of them. device: a Device, Config or
    name; n_pulses: of each direction; n_devices: of the population; ax: axes."""
    name, device = device, as_device(device)
    tile = Tile(device, 1, n_devices)
    w = [tile.weights[0]]
    for sign in (1, -1):
        for _ in range(n_pulses):
            tile.pulse(sign)
            w.append(tile.weights[0])
    states, ax = np.array(w), _axes(ax)
    x = np.arange(len(states))
    ax.fill_between(x, *np.quantile(states, (0.05, 0.95), axis=1), alpha=0.25, label="90 % of devices")
    ax.plot(x, states[:, 0], color="0.4", lw=0.4, alpha=0.7, label="one of them")
    ax.plot(x, states.mean(1), label="mean")
    ax.axvline(n_pulses, color="0.5", ls=":", lw=1)
    ax.legend()
    return _label(ax, "pulses: up, then down", "weight",
                  f"{name if isinstance(name, str) else device.model}, {n_devices} devices")


def _mean_device(device: Device) -> Device:
    """The same device without spread and noise."""
    config: Config = device.config()
    for field in config.fields():
        if field.type == "number" and (field.name.endswith(("_dtod", "_std")) or field.name == "write_noise_std"):
            config[field.name] = 0
        elif field.type == "list" and field.name.startswith("noise_"):
            config[field.name] = []
    return Device(config, ctx=device._ctx)


def step_over_weight(device: DeviceLike, n_points: int = 41, ax: Optional[Axes] = None) -> Axes:
    """Mean step of an up and of a down pulse over the weight; the symmetry point is where they meet. device: a Device, Config
    or name; n_points: weights between the bounds; ax: axes."""
    device = as_device(device)
    mean, info, ax = _mean_device(device), device.info, _axes(ax)
    w = np.linspace(info.w_min, info.w_max, n_points, dtype=np.float32)[None, :]
    steps = []
    for sign in (1, -1):
        tile = Tile(mean, 1, n_points)
        tile.weights = w
        start = tile.weights
        tile.pulse(sign)
        steps.append(sign * (tile.weights - start)[0])
    inner = slice(1, -1)  # at the bounds a step is cut
    ax.plot(w[0, inner], steps[0][inner], label="up")
    ax.plot(w[0, inner], steps[1][inner], label="down (magnitude)")
    if np.isfinite(info.symmetry_point):
        ax.axvline(info.symmetry_point, color="0.3", ls="--", lw=1, label=f"symmetry point {info.symmetry_point:.3g}")
    ax.set_ylim(0, 1.4 * max(steps[0][inner].max(), steps[1][inner].max()))  # room for the legend
    ax.ticklabel_format(axis="y", scilimits=(-2, 3))
    ax.legend(loc="upper center")
    return _label(ax, "weight", "step of one pulse", device.model)


def weight_histogram(weights: Union[ArrayLike, LinearMap, Network], bins: int = 60, ax: Optional[Axes] = None) -> Axes:
    """Histogram of weights: an array, a tile, a matrix, or each layer of a network. bins: their number; ax: axes."""
    ax = _axes(ax)
    if isinstance(weights, Network):
        for k in range(len(weights)):
            ax.hist(weights.get_weights(k)[0].ravel(), bins, density=True, alpha=0.6, label=f"layer {k}")
        ax.legend()
    else:
        values: Any = getattr(weights, "weights", weights)
        ax.hist(np.ravel(values), bins, density=True)
    return _label(ax, "weight", "density")


def ir_drop(tile: Tile, x: Optional[ArrayLike] = None, ax: Optional[Axes] = None, backward: bool = False) -> Axes:
    """Heat map of what each cell of a tile adds to its output less than it should, in percent of the largest cell's share: the
    error of a product driven by x (default: 1) less that without one input. backward: of the transposed product. ax: axes. Best
    without noise."""
    way = "backward" if backward else "forward"
    w = tile.weights.T if backward else tile.weights
    drive = np.ones(w.shape[1], np.float32) if x is None else np.asarray(x, np.float32)

    def error(inputs: Floats) -> "NDArray[Any]":  # of the currents, before the ADC, for inputs as they are
        seen = tile.inspect(inputs, way)
        return (seen.current - w @ seen.prepared) * seen.alpha * seen.reduction
    full = error(drive)
    lost = np.empty_like(w)
    for j in range(len(drive)):
        without = drive.copy()
        without[j] = 0
        lost[:, j] = full - error(without)
    lost *= 100 / (np.abs(w * drive).max() or 1.0)
    ax = _axes(ax)
    top = np.abs(lost).max()
    image = ax.imshow(lost, cmap="RdBu_r", origin="upper", aspect="auto", vmin=-top, vmax=top)
    ax.figure.colorbar(image, ax=ax, label="% of the largest share")
    return _label(ax, "input", "output", "error of each cell by the wires")


def training(history: Sequence[Epoch], label: Optional[str] = None, ax: Optional[Axes] = None) -> Axes:
    """Loss, and where it was measured the error rate of the test data. history: what Network.fit() returns; label: a name for
    the legend; ax: axes, which several networks may share."""
    ax = _axes(ax)
    epochs = [line.epoch for line in history]
    name = f"{label}: " if label else ""
    loss, = ax.semilogy(epochs, [line.loss for line in history], marker=".", label=f"{name}loss, nats")
    if any(line.accuracy == line.accuracy for line in history):
        ax.semilogy(epochs, [max(1 - line.accuracy, 1e-4) for line in history], marker=".", ls="--",
                    color=loss.get_color(), label=f"{name}test error")
    ax.legend()
    return _label(ax, "epoch", "loss, error")


def programming_scatter(model: NoiseModel, n: int = 2000, seed: int = 0, ax: Optional[Axes] = None) -> Axes:
    """Programmed over target conductance (uS) of n devices of a noise model, targets evenly over its range. seed: of the
    devices; ax: axes."""
    info, ax = model.info, _axes(ax)
    target = np.linspace(info.g_min_us, info.g_max_us, n, dtype=np.float32)
    cells = Population(model, n, seed)
    cells.program(target)
    ax.plot(target, cells.get("programmed"), ".", ms=2, alpha=0.5, label="devices")
    ax.plot(target, target, color="k", lw=1, label="target")
    ax.legend()
    return _label(ax, "target, uS", "programmed, uS", model.kind)


def drift(tile: Tile, times_s: Optional[Sequence[float]] = None, config: ConfigLike = None,
          ax: Optional[Axes] = None) -> Axes:
    """Error of a tile's weights over time after programming, without and with compensation. times_s: seconds (default: 25 s to
    a year); config: of kind "inference", or fields (default: the compensation GLOBAL); ax: axes."""
    ax = _axes(ax)
    times = np.geomspace(25, 3e7, 12) if times_s is None else np.asarray(times_s, float)
    tile.program(config if config is not None else {"compensation.method": "GLOBAL"})
    errors = [(tile.drift_programmed(t).weight_error, tile.compensate().weight_error) for t in times]
    ax.semilogx(times, 100 * np.array(errors), marker=".", label=["as it drifts", "compensated"])
    ax.set_ylim(bottom=0)
    ax.legend()
    return _label(ax, "time since programming, s", "error of the weights, % (rms)")


def accuracy_over_time(network: Network, x: ArrayLike, labels: ArrayLike, times_s: Optional[Sequence[float]] = None,
                       config: ConfigLike = None, ax: Optional[Axes] = None, n_chips: int = 10) -> Axes:
    """Accuracy of a network on tiles over time after programming, without and with compensation: mean and standard deviation
    of n_chips programmings. x, labels: the samples; times_s and config as of drift(); ax: axes. A configuration with a seed gives
    the same chip each time."""
    ax = _axes(ax)
    times = np.geomspace(25, 3e7, 8) if times_s is None else np.asarray(times_s, float)
    found = np.empty((2, n_chips, len(times)))
    for chip in range(n_chips):
        network.program(config if config is not None else {"compensation.method": "GLOBAL"})
        for k, t in enumerate(times):
            network.drift_programmed(t)
            found[0, chip, k] = network.evaluate(x, labels, fresh=True)
            network.compensate()
            found[1, chip, k] = network.evaluate(x, labels, fresh=True)
    for label, values in zip(("as it drifts", "compensated"), 100 * found):
        mean = values.mean(0)
        ax.semilogx(times, mean, marker=".", label=label)
        if n_chips > 1:
            spread = values.std(0, ddof=1)
            ax.fill_between(times, mean - spread, mean + spread, alpha=0.2, lw=0)
    ax.legend()
    return _label(ax, "time since programming, s", "accuracy, %",
                  f"{n_chips} chips: mean and spread" if n_chips > 1 else "one chip")


if __name__ == "__main__":
    import sys

    from ._svg import main
    sys.exit(main())
