#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ferroelectric synapses: five pulse classes, three ways to train, and what it costs (arXiv:2509.18121).

An MLP 784-256-28-10 learns MNIST with plain SGD, with SGD on cells whose reference sits at their symmetry point, and with mixed
precision. The steps, amplitudes and noise of the classes are our invention (presets ferro_*): the paper gives their widths,
form and symmetry point only. The last 5000 training images are held out: thresholds are chosen by the energy until these reach
95 %, and the test images tell what the chosen ones reach. Tables: docs/studies/ferroelectric*.csv; text: docs/hardware-studies.md. Needs MNIST.
"""
import argparse
import math

import numpy as np

import aimc
from common import TABLES, markdown, mnist, numbers, rows_of, spread, write_table

CLASSES = ["20ns", "200ns", "2us", "20us", "200us"]
METHODS = ["sgd", "shifted_sgd", "mixed_precision"]
LAYERS = [784, 256, 28, 10]
WEIGHTS = sum(n_in * n_out for n_in, n_out in zip(LAYERS, LAYERS[1:]))
BATCH, RATE, DECAY, EVERY = 10, 0.1, 0.5, 5000
TARGET = 0.95
SHIFT_PAIRS = 1000
HELD_OUT = 5000
FIELDS = ["pulse", "method", "threshold", "seed", "samples", "accuracy", "best", "last_mean", "last_std", "pulses",
          "most_pulses", "write_j", "batches", "pulses_to_target", "write_j_to_target", "total_j_to_target", "samples_to_target",
          "validation", "validation_j_to_target"]
KEYS = FIELDS[:5]
THRESHOLDS, ALL_CLASSES = [0.1, 0.3, 1, 3, 10, 30, 100], [1, 3, 10, 30]  # of 20 ns, and of all classes
GRID_RATES, GRID_THRESHOLDS = [0.01, 0.03, 0.1, 0.3, 1.0], [1, 10, 100]
OFFSETS = [0.0, 0.02, 0.05, 0.1, 0.2, 0.3]


def layer(job, ctx):
    """Configuration of a layer: the cell and its optimizer."""
    cell = {"kind": f"ferro_{job['pulse']}", "count_pulses": True}
    config = aimc.Config("layer", ctx=ctx)
    if job["method"] == "shifted_sgd":
        config["device"] = {"kind": "reference_cell", "device": cell, "shift_pairs": SHIFT_PAIRS}
    else:
        config["device"] = cell
    if job["method"] == "mixed_precision":
        device = aimc.Device(cell["kind"], ctx=ctx)
        optimizer = aimc.Optimizer.suggest_config(device, "mixed_precision")
        optimizer["granularity"] = job["threshold"] * device.info.granularity
        config["optimizer"] = optimizer
    return config


def network(job, ctx):
    """Digital biases apart, every weight is a cell."""
    net = aimc.Network(ctx=ctx)
    for k, (n_in, n_out) in enumerate(zip(LAYERS, LAYERS[1:])):
        net.add_linear(n_out, n_in, layer(job, ctx))
        if k + 2 < len(LAYERS):
            net.add_activation("tanh")
    return net


def move_references(net, offset):
    """The symmetry points drift after they were found: all references are wrong by offset. Weights stay."""
    for k in range(len(net)):
        weights, bias = net.get_weights(k)
        for tile in net.matrix(k).tiles:
            tile.set_parameter("hidden_weights_1", tile.parameter("hidden_weights_1") + np.float32(offset))
        net.set_weights(k, weights, bias)


def account(net, model):
    """Pulses, write energy and total energy (J) so far."""
    report = model.account(*(net.matrix(k) for k in range(len(net))))
    writes = report.parts["write_up"].energy_j + report.parts["write_down"].energy_j
    return net.counters.pulses_up + net.counters.pulses_down, writes, report.energy_j


def most_pulses(net):
    """Of one device; a cell with a reference counts in its first."""
    tiles = [tile for k in range(len(net)) for tile in net.matrix(k).tiles]
    return int(max(tile.parameter(next(n for n in tile.parameter_names if n.startswith("pulses"))).max() for tile in tiles))


def run(job, data):
    """Train, and look every EVERY samples. data: (x, labels) to train with, held out, to test."""
    (x, labels), held, test = data
    order, ctx = np.random.default_rng(job["seed"]), aimc.Context(seed=job["seed"])
    model = aimc.CostModel(f"ferro_write_{job['pulse']}", ctx=ctx)
    net, best, first, chosen_by = network(job, ctx), 0.0, ("", "", "", ""), ""
    if job.get("offset"):
        move_references(net, job["offset"])
    seen, n = 0, len(x)
    while seen < job["samples"]:
        if seen % n == 0:
            sequence, rate = order.permutation(n), job.get("rate", RATE) * DECAY ** (seen // n)
        for _ in range(EVERY // BATCH):
            chosen = sequence[seen % n:seen % n + BATCH]
            net.train_batch(x[chosen], labels[chosen], rate)
            seen += BATCH
        accuracy, validation = net.evaluate(*test), net.evaluate(*held)
        best = max(best, accuracy)
        pulses, writes, total = account(net, model)
        if accuracy >= TARGET and first[0] == "":
            first = (pulses, f"{writes:.4e}", f"{total:.4e}", seen)
        if validation >= TARGET and chosen_by == "":
            chosen_by = f"{total:.4e}"
    weights = net.get_weights(len(net) - 1)[0]
    return dict(zip(FIELDS[5:], (f"{accuracy:.4f}", f"{best:.4f}", f"{weights.mean():.4f}", f"{weights.std():.4f}", pulses,
                                 most_pulses(net), f"{writes:.4e}", net.info.n_batches) + first + (f"{validation:.4f}", chosen_by)))


def data_of(images):
    """MNIST: to train with, held out, to test."""
    (x, labels), test = mnist()
    held = len(x) - HELD_OUT
    return (x[:images], labels[:images]), (x[held:], labels[held:]), test


# ---- tables -------------------------------------------------------------------------------------

def accuracies(results, samples):
    """Accuracy and where the last layer's weights end up."""
    rows = []
    for pulse in CLASSES:
        row = [pulse]
        for method in METHODS:
            found = results.where(pulse=pulse, method=method, threshold=1.0, samples=samples)
            row += [spread(numbers(found, "accuracy"), 1, 100), spread(numbers(found, "last_mean"), 2)] if found else ["", ""]
        rows.append(row)
    markdown(["pulses", "SGD, %", "mean weight", "shifted SGD, %", "mean weight", "mixed precision, %", "mean weight"], rows)


def to_target(results, samples):
    """Energy until mixed precision reaches the target, and the amplitude at which the shortest pulses stop winning."""
    found = {pulse: results.where(pulse=pulse, method="mixed_precision", threshold=1.0, samples=samples) for pulse in CLASSES}
    reached = {p: [r for r in rows if r["pulses_to_target"]] for p, rows in found.items()}
    if not reached["20ns"]:
        return
    fast = np.mean(numbers(reached["20ns"], "pulses_to_target"))
    rows = []
    for pulse in CLASSES:
        if not reached[pulse]:
            rows.append([pulse, f"0 of {len(found[pulse])}", "", "", "", ""])
            continue
        pulses = np.mean(numbers(reached[pulse], "pulses_to_target"))
        writes = np.mean(numbers(reached[pulse], "write_j_to_target"))
        total = np.mean(numbers(reached[pulse], "total_j_to_target"))
        even = "" if pulse == "20ns" else f"{break_even(writes / fast):.2f} V"
        rows.append([pulse, f"{len(reached[pulse])} of {len(found[pulse])}", f"{pulses / WEIGHTS:.1f}", f"{writes:.2e}",
                     f"{total:.2e}", even])
    markdown(["pulses", f"reach {TARGET:.0%}", "pulses a weight", "write energy, J", "with read and digital, J",
              "20 ns pulses cost as much at"], rows)


def break_even(energy):
    """Amplitude at which a pulse of 20 ns costs this energy."""
    model = aimc.CostModel("ferro_write_20ns")
    low, high = 0.1, 100.0
    while high - low > 1e-6:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if model.pulse(1e-7, middle, 20e-9) < energy else (low, middle)
    return low


def endurance(results, samples):
    """Pulses of the device that got most, and how many such trainings it survives."""
    survives, rows = aimc.Config("ferro_write_20ns")["endurance"], []
    for pulse in CLASSES:
        row = [pulse]
        for method in METHODS:
            found = results.where(pulse=pulse, method=method, threshold=1.0, samples=samples)
            if found:
                most, mean = max(numbers(found, "most_pulses")), np.mean(numbers(found, "pulses")) / WEIGHTS
                row.append(f"{mean:.0f} / {most:.0f}: {survives / most:.0f}")
        rows.append(row)
    markdown(["pulses a device, mean / most: trainings"] + METHODS, rows)


def thresholds(results, samples):
    """What the write granularity of mixed precision trades, for each class: accuracy, pulses, energy until the target."""
    for pulse in CLASSES:
        rows = []
        for threshold in THRESHOLDS:
            found = results.where(pulse=pulse, method="mixed_precision", threshold=float(threshold), samples=samples)
            if not found:
                continue
            pulses, writes = np.mean(numbers(found, "pulses")), np.mean(numbers(found, "write_j"))
            rows.append([f"{threshold:g}", spread(numbers(found, "accuracy"), 1, 100), f"{pulses / WEIGHTS:.2f}", f"{writes:.2e}",
                         f"{WEIGHTS * float(found[0]['batches']) * accumulation():.2e}", joules(found, "write_j_to_target"),
                         joules(found, "total_j_to_target"), joules(found, "validation_j_to_target")])
        print(f"\n{pulse}")
        markdown(["threshold, steps", "accuracy, %", "pulses a weight", "writes, J", "accumulators, J", f"writes until {TARGET:.0%}, J",
                  f"all until {TARGET:.0%}, J", "the same by the held-out images"], rows)


def joules(rows, column):
    """Mean and standard deviation; how many runs got there when not all did."""
    there = [float(row[column]) for row in rows if row[column]]
    text = f"{np.mean(there):.2e} ± {np.std(there, ddof=1):.0e}" if len(there) > 1 else "".join(f"{value:.2e}" for value in there)
    return text if len(there) == len(rows) else f"{text} ({len(there)} of {len(rows)} runs)"


def chosen_threshold(results, pulse, samples):
    """The threshold with the least energy until the held-out images reach the target, in all runs; None where none does."""
    means = {}
    for threshold in THRESHOLDS:
        found = results.where(pulse=pulse, method="mixed_precision", threshold=float(threshold), samples=samples)
        if found and all(row["validation_j_to_target"] for row in found):
            means[threshold] = np.mean(numbers(found, "validation_j_to_target"))
    return min(means, key=means.get) if means else None


def at_chosen_thresholds(results, samples):
    """Each class at the threshold that suits it."""
    rows = []
    for pulse in CLASSES:
        threshold = chosen_threshold(results, pulse, samples)
        if threshold is not None:
            found = results.where(pulse=pulse, method="mixed_precision", threshold=float(threshold), samples=samples)
            rows.append([pulse, f"{threshold:g}", spread(numbers(found, "accuracy"), 1, 100), joules(found, "write_j_to_target"),
                         joules(found, "total_j_to_target"), spread(numbers(found, "samples_to_target"), 0)])
    markdown(["pulses", "threshold, steps", "accuracy in the end, %", f"writes until {TARGET:.0%}, J", f"all until {TARGET:.0%}, J",
              "images until then"], rows)


def sensitivity(args, data):
    """Rate and threshold of mixed precision; references that have drifted. One pass, 20 ns."""
    base = {"pulse": "20ns", "threshold": 1.0, "samples": args.images}
    grid = rows_of(TABLES / "ferroelectric-grid.csv", ["threshold", "rate", "seed", "accuracy"], ["threshold", "rate", "seed"])
    drift = rows_of(TABLES / "ferroelectric-drift.csv", ["offset", "seed", "accuracy"], ["offset", "seed"])
    seeds = range(1, args.seeds + 1)
    if not args.table:
        grid.run([{"threshold": t, "rate": r, "seed": s} for s in seeds for t in GRID_THRESHOLDS for r in GRID_RATES],
                 lambda job: {"accuracy": run({**base, "method": "mixed_precision", **job}, data)["accuracy"]}, args.jobs)
        drift.run([{"offset": o, "seed": s} for s in seeds for o in OFFSETS],
                  lambda job: {"accuracy": run({**base, "method": "shifted_sgd", **job}, data)["accuracy"]}, args.jobs)
    markdown(["threshold, steps"] + [f"rate {r:g}" for r in GRID_RATES],
             [[t] + [cell(grid.where(threshold=t, rate=r)) for r in GRID_RATES] for t in GRID_THRESHOLDS])
    markdown(["references off by"] + OFFSETS, [["shifted SGD, %"] + [cell(drift.where(offset=o)) for o in OFFSETS]])


def cell(rows):
    """Accuracy in percent."""
    return spread(numbers(rows, "accuracy"), 1, 100) if rows else ""


def accumulation():
    """J of one addition to an fp32 accumulator."""
    return aimc.CostModel("ferro_write_20ns").account(accumulations=1.0).parts["accumulator"].unit_j


def accumulators():
    """Weights changed in a batch at which writing costs as much as accumulating; area of either remedy."""
    one, rows = accumulation(), []
    for pulse in CLASSES:
        config = aimc.Config(f"ferro_write_{pulse}")
        volts, width = config["v_set"], config["t_set"]
        energy = aimc.CostModel(f"ferro_write_{pulse}").pulse(1e-7, volts, width)
        rows.append([pulse, f"{energy:.3e}", f"{one:.3e}", f"{one / energy:.3g}"])
    write_table("ferroelectric-accumulator.csv", ["pulse", "pulse_j", "accumulation_j", "pulses_per_weight_and_batch"], rows)
    markdown(["pulses", "J a pulse", "J an accumulation", "break-even: pulses a weight and batch"], rows)
    technology = aimc.Config("ferro_write_20ns")
    square = technology["node_nm"] ** 2 * 1e-6
    cell, memory = technology["cell_f2"] * square, 32 * technology["sram_f2"] * square
    print(f"\nArea a weight at {technology['node_nm']:g} nm, before logic: reference cell {cell:.4f} um^2 ({technology['cell_f2']:g} F^2),"
          f" fp32 accumulator {memory:.3f} um^2 (32 x {technology['sram_f2']:g} F^2): {memory / cell:.0f} times as much.")


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=165000, help="shown in a run; three times through the training set")
    parser.add_argument("--images", type=int, default=55000, help="training images, a multiple of 5000")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument("--table", action="store_true", help="run nothing, print what there is")
    args = parser.parse_args()
    results = rows_of(TABLES / "ferroelectric.csv", FIELDS, KEYS)
    data = None if args.table else data_of(args.images)
    if not args.table:
        wanted = [(p, "mixed_precision", float(t)) for t in ALL_CLASSES for p in CLASSES]
        wanted += [(p, m, 1.0) for m in METHODS if m != "mixed_precision" for p in CLASSES]
        wanted += [("20ns", "mixed_precision", float(t)) for t in THRESHOLDS if t not in ALL_CLASSES]
        jobs = [dict(zip(KEYS, (p, m, t, seed, args.samples))) for seed in range(1, args.seeds + 1) for p, m, t in wanted]
        results.run(jobs, lambda job: run(job, data), args.jobs)
    accuracies(results, args.samples)
    to_target(results, args.samples)
    endurance(results, args.samples)
    thresholds(results, args.samples)
    at_chosen_thresholds(results, args.samples)
    accumulators()
    sensitivity(args, data)


if __name__ == "__main__":
    main()
