# SPDX-License-Identifier: MIT
"""Pictures of devices, tiles and training; needs matplotlib (pip install "aimc[plot]").

Every function draws into axes (ax=, default the current ones) and returns them.
"""
from typing import Any, Optional, Sequence

import numpy as np

from .config import Config
from .device import Device, DeviceLike, as_device
from .inference import DeviceCells, NoiseModel
from .network import Epoch, Network
from .tile import Tile

try:
    from matplotlib import pyplot
except ImportError as missing:
    raise ImportError('aimc.plot needs matplotlib: pip install "aimc[plot]"') from missing


def _axes(ax: Any) -> Any:
    return pyplot.gca() if ax is None else ax


def _label(ax: Any, x: str, y: str, title: Optional[str] = None) -> Any:
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if title:
        ax.set_title(title)
    return ax


def pulse_response(device: DeviceLike, n_pulses: int = 500, n_devices: int = 100, ax: Any = None) -> Any:
    """Weight over n pulses up and as many down: mean, middle 90 % of the devices, and five of them."""
    device = as_device(device)
    tile = Tile(device, 1, n_devices)
    w = [tile.weights[0]]
    for sign in (1, -1):
        for _ in range(n_pulses):
            tile.pulse(sign)
            w.append(tile.weights[0])
    states, ax = np.array(w), _axes(ax)
    x = np.arange(len(states))
    ax.fill_between(x, *np.quantile(states, (0.05, 0.95), axis=1), alpha=0.25, label="90 % of devices")
    ax.plot(x, states[:, :5], color="0.6", lw=0.6)
    ax.plot(x, states.mean(1), label="mean")
    ax.axvline(n_pulses, color="0.5", ls=":", lw=1)
    ax.legend()
    return _label(ax, "pulses: up, then down", "weight", f"{device.model}, {n_devices} devices")


def _mean_device(device: Device) -> Device:
    """The same device without spread and noise."""
    config: Config = device.config()
    for field in config.fields():
        if field.type == "number" and (field.name.endswith(("_dtod", "_std")) or field.name == "write_noise_std"):
            config[field.name] = 0
    return Device(config, ctx=device._ctx)


def step_over_weight(device: DeviceLike, n_points: int = 41, ax: Any = None) -> Any:
    """Mean step of an up and of a down pulse over the weight; the symmetry point is where they meet."""
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
    ax.legend()
    return _label(ax, "weight", "step of one pulse", device.model)


def weight_histogram(weights: Any, bins: int = 60, ax: Any = None) -> Any:
    """Histogram of an array of weights, of a tile, of a grid, or of each layer of a network."""
    ax = _axes(ax)
    if isinstance(weights, Network):
        for k in range(len(weights)):
            ax.hist(weights.get_weights(k)[0].ravel(), bins, density=True, alpha=0.6, label=f"layer {k}")
        ax.legend()
    else:
        ax.hist(np.ravel(getattr(weights, "weights", weights)), bins, density=True)
    return _label(ax, "weight", "density")


def ir_drop(tile: Tile, x: Any = None, ax: Any = None, backward: bool = False) -> Any:
    """Heat map of what each cell adds to its output less than it should, in percent of the largest cell's
    share: one product for each input alone, driven by x (default: 1), against the ideal one."""
    n_out, n_in = tile.shape
    if backward:
        n_out, n_in = n_in, n_out
    drive = np.ones(n_in, np.float32) if x is None else np.asarray(x, np.float32)
    way = "backward" if backward else "forward"
    full = tile.inspect(drive, way)
    lost = np.empty((n_in, n_out))
    w = tile.weights.T if backward else tile.weights
    for j in range(n_in):  # the share of input j in the presence of the others
        without = full.prepared.copy() * full.alpha
        without[j] = 0
        lost[j] = full.current - tile.inspect(without, way).current - w[:, j] * full.prepared[j]
    ax = _axes(ax)
    scale = np.abs(w * full.prepared).max() or 1.0
    image = ax.imshow(100 * lost.T / scale, cmap="RdBu_r", origin="upper", aspect="auto")
    image.set_clim(*(np.array([-1, 1]) * np.abs(100 * lost / scale).max()))
    ax.figure.colorbar(image, ax=ax, label="% of the largest share")
    return _label(ax, "input", "output", "error of each cell by the wires")


def training(history: Sequence[Epoch], label: Optional[str] = None, ax: Any = None) -> Any:
    """Loss, and where it was measured the error rate of the test data, of Network.fit()."""
    ax = _axes(ax)
    epochs = [line.epoch for line in history]
    name = f"{label}: " if label else ""
    ax.semilogy(epochs, [line.loss for line in history], marker=".", label=f"{name}loss, nats")
    if any(line.accuracy == line.accuracy for line in history):
        ax.semilogy(epochs, [max(1 - line.accuracy, 1e-4) for line in history], marker=".", ls="--",
                    label=f"{name}test error")
    ax.legend()
    return _label(ax, "epoch", "loss, error")


def programming_scatter(model: NoiseModel, n: int = 2000, seed: int = 0, ax: Any = None) -> Any:
    """Programmed over target conductance of n devices, targets evenly over the range of the model."""
    info, ax = model.info, _axes(ax)
    target = np.linspace(info.g_min_us, info.g_max_us, n, dtype=np.float32)
    cells = DeviceCells(model, n, seed)
    cells.program(target)
    ax.plot(target, cells.get("programmed"), ".", ms=2, alpha=0.5, label="devices")
    ax.plot(target, target, color="k", lw=1, label="target")
    ax.legend()
    return _label(ax, "target, uS", "programmed, uS", model.kind)


def drift(tile: Tile, times_s: Optional[Sequence[float]] = None, config: Any = None, ax: Any = None) -> Any:
    """Error of a tile's weights over time after programming, without and with compensation."""
    ax = _axes(ax)
    times = np.geomspace(25, 3e7, 12) if times_s is None else np.asarray(times_s, float)
    tile.program(config if config is not None else {"compensation.method": "GLOBAL"})
    errors = [(tile.drift_to(t).weight_error, tile.compensate().weight_error) for t in times]
    ax.loglog(times, errors, marker=".", label=["as it drifts", "compensated"])
    ax.legend()
    return _label(ax, "time since programming, s", "relative error of the weights")


def accuracy_over_time(network: Network, x: Any, labels: Any, times_s: Optional[Sequence[float]] = None,
                       config: Any = None, ax: Any = None) -> Any:
    """Accuracy of a network on tiles over time after programming, without and with compensation."""
    ax = _axes(ax)
    times = np.geomspace(25, 3e7, 8) if times_s is None else np.asarray(times_s, float)
    network.program(config if config is not None else {"compensation.method": "GLOBAL"})
    found = []
    for t in times:
        network.drift_to(t)
        drifted = network.accuracy(x, labels)
        network.compensate()
        found.append((drifted, network.accuracy(x, labels)))
    ax.semilogx(times, found, marker=".", label=["as it drifts", "compensated"])
    ax.legend()
    return _label(ax, "time since programming, s", "accuracy")
