#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aihwkit beside libaimc: the same work in turns, on one thread, in processor time. peer.py PART...

Parts: products updates presets epochs statistics torch (default: all; torch goes through both sides' modules for
PyTorch, with the peer's PyTorch), names (records what the peer calls its classes). The peer gets a virtual environment
of its own, ~/.cache/aimc/aihwkit-1.1.0 (7 GB, as torch brings its CUDA libraries along), or the one of --venv. Where it
cannot be installed, libaimc runs alone and the table says so. Tables are Markdown; docs/comparison.md holds those of
one run, docs/torch.md that of torch.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics as statistics_of
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# The wheel of 1.1.0 needs the binary interface of this torch: 2.13 gives "x_input must be a CPU tensor".
WANTED = ("torch==2.10.0", "aihwkit==1.1.0")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "aimc" / "aihwkit-1.1.0"


# ---- the peer ----------------------------------------------------------------------------------

def works(python):
    return python.exists() and subprocess.run([python, "-c", "import aihwkit.simulator.tiles"],
                                              capture_output=True).returncode == 0


def install(venv):
    """Interpreter of a virtual environment with the peer; None, after saying why, where there cannot be one."""
    python = venv / "bin" / "python"
    if works(python):
        return python
    print(f"peer.py: installing {' and '.join(WANTED)} in {venv}", file=sys.stderr)
    for command in ([sys.executable, "-m", "venv", venv],
                    [python, "-m", "pip", "install", "-q", "--only-binary", ":all:", *WANTED]):
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError as error:
            print(f"peer.py: no aihwkit: {error}", file=sys.stderr)
            return None
        if done.returncode:
            print("peer.py: no aihwkit: " + (done.stderr.strip().split("\n") or [""])[-1], file=sys.stderr)
            return None
    return python if works(python) else None


class Worker:
    """A side in a process of its own."""

    def __init__(self, python, name):
        self.process = subprocess.Popen([python, HERE / "worker.py", name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, what, *arguments):
        self.process.stdin.write(json.dumps({"what": what, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"peer.py: {what}{arguments} failed")
        return json.loads(line)


class Sides:
    """libaimc, and the peer where it is; kind "_torch": through their modules for PyTorch, with the peer's PyTorch."""

    def __init__(self, peer_python, kind=""):
        self.python = peer_python
        self.ours = Worker(peer_python if kind and peer_python else sys.executable, "libaimc" + kind)
        self.peer = Worker(peer_python, "aihwkit" + kind) if peer_python else None

    def ask(self, *task):
        """What the peer and we answer; None for a peer that is not there."""
        return self.peer.ask(*task) if self.peer else None, self.ours.ask(*task)

    def row(self, what, scale, unit, *task):
        """One line of a table of times."""
        self.compare(what, scale, unit, [self.ask(*task)])

    def turns(self, what, scale, unit, *task, rounds=5):
        """The same with medians of rounds in turns, after one that warms both up."""
        self.ask(*task)
        self.compare(what, scale, unit, [self.ask(*task) for _ in range(rounds)])

    @staticmethod
    def compare(what, scale, unit, answers):
        theirs, mine = (statistics_of.median([one["seconds"] * scale for one in side]) if side[0] else None for side in zip(*answers))
        ratio = f"{theirs / mine:.1f}" if theirs else "-"
        print(f"| {what} | {number(theirs)} | {number(mine)} | {unit} | {ratio} |", flush=True)


def number(value):
    return "-" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def table(*columns):
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))


def times(title):
    print(f"\n{title}\n")
    table("what", "aihwkit", "libaimc", "unit", "aihwkit / libaimc")


# ---- parts -------------------------------------------------------------------------------------

def products(sides):
    times("### Products")
    for perfect in (False, True):
        for direction in ("forward", "backward"):
            for n in (128, 256, 512):
                for batch in (1, 64):
                    sides.row(f"{direction}, {'perfect' if perfect else 'default'} read-out, {n} x {n}, batch {batch}",
                              1e6, "us", "product", n, batch, direction, perfect)


NODES = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05]
UPDATES = (("ConstantStepDevice", {}), ("LinearStepDevice", {}), ("SoftBoundsDevice", {}), ("ExpStepDevice", {}),
           ("PowStepDevice", {}), ("PiecewiseStepDevice", {"piecewise_up": NODES, "piecewise_down": NODES[::-1]}),
           ("SoftBoundsReferenceDevice", {"write_noise_std": 1.0}))


def updates(sides):
    times("### Updates by plain SGD, 256 x 256")
    for regime, batch in (("dense", 8), ("typical", 64), ("sparse", 64)):
        for device, fields in UPDATES:
            sides.row(f"{regime}, batch {batch}, {device}{' with write noise' if 'write_noise_std' in fields else ''}",
                      1e9 / (256 * 256 * batch), "ns / weight / sample", "update", device, fields, regime, 256, batch)


def preset_updates(sides):
    times("### Updates by presets, 256 x 256, typical gradients, batch 64")
    for preset in ("ReRamSBPreset", "ReRamESPreset", "TikiTakaReRamSBPreset", "TTv2ReRamSBPreset",
                   "ChoppedTTv2ReRamSBPreset", "AGADReRamSBPreset", "MixedPrecisionReRamSBPreset"):
        sides.row(preset, 1e9 / (256 * 256 * 64), "ns / weight / sample", "preset_update", preset, "typical", 256, 64)


def epochs(sides):
    times("### Epochs: perceptron 784-256-128-10, batch 64, 60,000 pictures (scaled from the number in brackets)")
    for what, config, n in (("floating point", None, 12800), ("constant step, SGD", "constant_step", 12800),
                            ("soft bounds, SGD", "soft_bounds", 12800),
                            ("soft bounds with reference, dw_min 0.05, c-TTv2", "c_ttv2", 6400),
                            ("ChoppedTTv2ReRamSBPreset", "ChoppedTTv2ReRamSBPreset", 640)):
        sides.row(f"{what} ({n})", 60000 / n, "s", "epoch", config, n, 64, 0.05)


def compare(name, theirs, mine):
    """One line of means and spreads; the last column is the largest difference of means in standard errors."""
    for (what, n), each, other in zip(name, theirs or [None] * len(mine), mine):
        z = "-"
        if each:
            z = f"{abs(each[0] - other[0]) / max(((each[1]**2 + other[1]**2) / n)**0.5, 1e-12):.1f}"
        peer = f"{each[0]:.5g} +- {each[1]:.3g}" if each else "-"
        print(f"| {what} | {peer} | {other[0]:.5g} +- {other[1]:.3g} | {z} |", flush=True)


def statistics(sides):
    print("\n### Devices: mean and spread of 16 x 1000 after pulses up from 0, then as many down\n")
    table("what", "aihwkit", "libaimc", "difference of the means, standard errors")
    counts = (10, 100, 1000)
    for device, fields in UPDATES[:3] + (("ReRamSBPresetDevice", {}), ("ReRamESPresetDevice", {}), ("EcRamMOPresetDevice", {})):
        names = [(f"{device}, {count} {way}", 16000) for way in ("up", "down") for count in counts]
        compare(names, *sides.ask("pulses", device, fields, counts))
    print("\n### Programmed conductances in uS: mean and spread of 100,000\n")
    table("what", "aihwkit", "libaimc", "difference of the means, standard errors")
    for model, targets, moments in (("PCMLikeNoiseModel", (5, 20), (60.0, 86400.0)),
                                    ("StateIndependentNoiseModel", (5, 20), (60.0, 86400.0)),
                                    ("ReRamWan2022NoiseModel", (5, 20), (1.0, 86400.0))):
        names = [(f"{model}, {target} uS, {t:g} s", 100000) for target in targets for t in moments]
        compare(names, *sides.ask("conductances", model, targets, moments))


def torch_modules(sides):
    sides = Sides(sides.python, "_torch")
    theirs, mine = sides.ask("about")
    times(f"### Modules of PyTorch, {mine['version'].split(', ')[-1] if theirs else mine['version']}: medians of 5 turns")
    for batch, n in ((1, 200), (10, 60), (64, 10)):
        sides.turns(f"perceptron 784-256-128-10, constant step, batch {batch}", 1e3 / n, "ms / step", "steps", "perceptron", "constant_step", batch, n)
    sides.turns("LeNet-5, constant step, batch 8", 1e3 / 10, "ms / step", "steps", "lenet", "constant_step", 8, 10)
    sides.turns("LeNet-5, constant step, batch 8, an epoch of 60,000 from 400 pictures; ours by aimc.Network", 60000 / 400, "s",
                "epoch_of_lenet", 400)
    for kind in ("aware", "aware_torch"):
        sides.turns(f"ResNet-20, hardware-aware, batch 16, {'through tiles' if kind == 'aware' else 'by operations of PyTorch'}", 1e3, "ms / step",
                    "steps", "resnet20", kind, 16, 1)
    sides.turns("perceptron, ChoppedTTv2ReRamSBPreset, batch 64, an epoch of 60,000 from 256", 60000 / 256, "s", "steps", "perceptron",
                "ChoppedTTv2ReRamSBPreset", 64, 4, rounds=3)
    sides.turns("ResNet-20 programmed, drifted and compensated at 3 times", 1e3, "ms", "life", "resnet20", (60.0, 86400.0, 3e7))
    for name, kind in (("perceptron", 64), ("lenet", 8), ("resnet20", 16)):
        sides.turns(f"for comparison: {name} of PyTorch alone, batch {kind}", 1e3 / 2, "ms / step", "steps", name, "digital", kind, 2)
    print("\n### What AnalogLinear adds to the call of the library, shortest of 2000\n")
    table("n x n, batch", "forward, us", "backward, us", "the calls of the library", "nn.Linear in its place")
    for n, batch in ((16, 1), (256, 1), (256, 64)):
        found = sides.ours.ask("overhead", n, batch)
        added = [number(1e6 * (call - below)) for call, below in zip(found["calls"], found["below"])]
        others = [" and ".join(number(1e6 * t) for t in found[which]) for which in ("below", "digital")]
        print(f"| {n}, {batch} | {' | '.join(added + others)} |", flush=True)


PARTS = {"products": products, "updates": updates, "presets": preset_updates, "epochs": epochs, "statistics": statistics,
         "torch": torch_modules}


# ---- command -----------------------------------------------------------------------------------

def record_names(python):
    if python is None:
        raise SystemExit("peer.py: names needs the peer")
    done = subprocess.run([python, HERE / "peer_names.py"], capture_output=True, text=True, check=True)
    path = HERE.parent / "tests" / "data" / "aihwkit_names.json"
    print("the same as recorded" if path.read_text(encoding="utf-8") == done.stdout else f"changed: {path}")
    path.write_text(done.stdout, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--venv", type=pathlib.Path, default=CACHE, help="virtual environment of the peer")
    parser.add_argument("--alone", action="store_true", help="without the peer")
    given = parser.parse_args()
    unknown = set(given.parts) - {*PARTS, "names"}
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}")
    peer = None if given.alone else install(given.venv)
    if given.parts == ["names"]:
        record_names(peer)
        return
    sides = Sides(peer)
    theirs, mine = sides.ask("about")
    print(f"{datetime.date.today()}, {platform.machine()}, Python {platform.python_version()}; {mine['version']}; "
          f"{theirs['version'] if theirs else 'aihwkit was not run'}")
    for part in given.parts or PARTS:
        PARTS[part](sides)


if __name__ == "__main__":
    main()
