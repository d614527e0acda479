#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A crossbar against a GPU and a microcontroller: energy per MAC, time of a small product, size of the array and bits of the ADC.

Counts are those of real products on tiles, with the conductances and inputs that were there; prices are technologies
(presets rram_32nm and isaac_32nm). Tables: docs/studies/crossbar*.csv; text: docs/hardware-studies.md. Needs MNIST.
"""
import argparse
import math

import numpy as np

import aimc
from common import markdown, mnist, write_table

SIZES, BITS = [32, 64, 128, 256, 512, 1024], [4, 5, 6, 7, 8, 9, 10]
LAYERS = [784, 256, 128, 10]
G_MAX, WIRE_OHM = 5e-6, 0.35
V100_LAUNCH_S = 5e-6  # assumed: a few microseconds for the smallest kernel
V100_MACS_PER_S = 62.5e12  # fp16 peak, 125 TFLOPS
PARTS = ["array", "lines", "dac", "adc", "digital", "buffer", "interconnect", "leakage"]


def layer(size, bits, wires):
    """Layer on arrays of size x size; the ADC has 2^bits - 1 levels around 0."""
    drop = {"ir_drop": 1, "wire_resistance_per_cell": WIRE_OHM, "g_max": G_MAX} if wires else {}
    return {"device": {"kind": "ideal"},
            "mapping": {"max_input_size": size, "max_output_size": size, "weight_scaling_omega": 1},
            "forward": {"kind": "standard_io", "out_res": 1 / (2**bits - 2), **drop}}


def cost_model(technology, ctx, **fields):
    """Prices; a cell of weight 1 conducts g_max, the other one of its pair nothing."""
    return aimc.CostModel(technology, ctx=ctx, g_off=0, g_unit=G_MAX, **fields)


# ---- one array ----------------------------------------------------------------------------------

READ_OUT = {"rram_32nm": {"kind": "standard_io"}, "isaac_32nm": {"kind": "standard_io", "mv_type": "BIT_WISE"}}


def one_array(technology, seed=1):
    """128 x 128 with normal weights and inputs of mean size 1/4; converters of one bit read bit by bit."""
    rng, ctx = np.random.default_rng(seed), aimc.Context(seed=seed)
    tile = aimc.Tile(aimc.Device("ideal", ctx=ctx), 128, 128, {"forward": READ_OUT[technology]})
    w = np.clip(rng.normal(0, 0.3, (128, 128)), -1, 1).astype(np.float32)
    x = np.clip(rng.normal(0, 0.31, (256, 128)), -1, 1).astype(np.float32)
    tile.weights = w
    tile.count_activity()
    tile.forward(x)
    return cost_model(technology, ctx).account(tile), len(x)


def single_product():
    """Parts, machines, time."""
    machines, rows, parts = aimc.energy.baselines(), [], []
    for technology in READ_OUT:
        report, n = one_array(technology)
        per_mac, seconds = report.j_per_mac, report.time_s / n
        parts.append([technology, f"{per_mac * 1e15:.1f}"] +
                     [f"{report.parts[p].energy_j / report.energy_j:.1%}" for p in PARTS])
        rows += [[technology, m.name, f"{m.j_per_mac:.3g}", f"{per_mac:.4g}", f"{1 - per_mac / m.j_per_mac:.4f}",
                  f"{m.j_per_mac / per_mac:.1f}", f"{0.15 * m.j_per_mac / per_mac:.2f}", int(m.assumed)] for m in machines]
        rate = 128 * 128 / seconds
        print(f"{technology}: {seconds * 1e9:.0f} ns a product, {rate / 1e12:.3f} TMAC/s; one small kernel of a GPU takes "
              f"{V100_LAUNCH_S * 1e6:g} us (assumed): {V100_LAUNCH_S / seconds:.0f} times as long. Twenty times the V100's peak "
              f"rate needs {math.ceil(20 * V100_MACS_PER_S / rate)} such arrays at work all the time.")
    fields = ["technology", "machine", "machine_j_per_mac", "j_per_mac", "saving", "ratio", "overhead_at_85_percent", "assumed"]
    write_table("crossbar.csv", fields, rows)
    markdown(["", "fJ/MAC"] + PARTS, parts)
    markdown(["technology", "machine", "pJ/MAC", "saving", "times less", "overhead that leaves 85 %"],
             [[r[0], r[1] + (" (assumed)" if r[7] else ""), f"{float(r[2]) * 1e12:g}", f"{float(r[4]):.1%}", r[5], r[6]]
              for r in rows])


# ---- arrays and converters ----------------------------------------------------------------------

def trained(train, seed=1):
    """Weights and biases of a perceptron trained in floating point."""
    net = network(aimc.Context(seed=seed), None)
    net.fit(*train, epochs=3, batch=10, lr=0.1, lr_decay=0.5)
    return [net.get_weights(k) for k in range(len(net))]


def network(ctx, config, layers=None):
    """Perceptron; digital without a configuration."""
    layers = layers or LAYERS
    net = aimc.Network(ctx=ctx)
    for k, (n_in, n_out) in enumerate(zip(layers, layers[1:])):
        net.add_linear(n_out, n_in, config)
        if k + 2 < len(layers):
            net.add_activation("relu")
    return net


def loaded(weights, config=None, layers=None):
    """The perceptron with given weights; digital without a configuration."""
    net = network(aimc.Context(seed=1), config, layers)
    for k, (w, b) in enumerate(weights):
        net.set_weights(k, w, b)
    return net


def on_tiles(weights, config, layers=None):
    """The perceptron on tiles that count what reads drive."""
    net = loaded(weights, config, layers)
    for k in range(len(net)):
        for tile in net.matrix(k).tiles:
            tile.count_activity()
    return net


def infer(weights, config, test, layers=None, **technology):
    """Accuracy, the account, inferences, weights in use, arrays."""
    net = on_tiles(weights, config, layers)
    accuracy = float((net.predict(test[0]).argmax(1) == test[1]).mean())  # accuracy() would count nothing
    matrices = [net.matrix(k) for k in range(len(net))]
    report = cost_model("rram_32nm", None, **technology).account(*matrices)
    used = sum(g.shape[0] * g.shape[1] for g in matrices)
    return accuracy, report, len(test[0]), used, sum(len(g) for g in matrices)


def sweep(test, weights):
    """Array size and ADC bits against accuracy and energy."""
    rows, v100 = [], aimc.energy.baselines()[0].j_per_mac
    for wires in (False, True):
        for size in SIZES:
            for bits in BITS:
                accuracy, report, n, used, tiles = infer(weights, layer(size, bits, wires), test, adc_bits=bits)
                rows.append([size, bits, int(wires), f"{accuracy:.4f}", f"{report.energy_j / n:.4e}", f"{report.j_per_mac:.4e}",
                             f"{report.time_s / n:.3e}", f"{v100 / report.j_per_mac:.1f}", f"{used / (tiles * size * size):.3f}",
                             f"{report.parts['adc'].energy_j / report.energy_j:.3f}"])
    fields = ["size", "adc_bits", "wires", "accuracy", "j_per_inference", "j_per_mac", "s_per_inference", "v100_ratio",
              "utilisation", "adc_share"]
    write_table("crossbar-sweep.csv", fields, rows)
    for wires in ("with ideal wires", f"with wires of {WIRE_OHM} ohm a cell at {G_MAX * 1e6:g} uS"):
        chosen = [r for r in rows if r[2] == (0 if "ideal" in wires else 1)]
        print(f"\nAccuracy, %, {wires}")
        markdown(["array"] + [f"{b} bits" for b in BITS],
                 [[s] + [f"{100 * float(r[3]):.1f}" for r in chosen if r[0] == s] for s in SIZES])
    print("\nEnergy, fJ/MAC (times less than a V100 at its fp16 peak)")
    markdown(["array"] + [f"{b} bits" for b in BITS] + ["cells in use"],
             [[s] + [f"{float(r[5]) * 1e15:.0f} ({r[7]})" for r in rows if r[0] == s and r[2] == 0] +
              [f"{float(next(r[8] for r in rows if r[0] == s)):.0%}"] for s in SIZES])


# ---- small layers at the edge -------------------------------------------------------------------

def edge(test, weights):
    """Small networks fill arrays badly: each layer on its own."""
    rows, machine = [], aimc.energy.baselines()[-1]
    x, labels = test
    for (w, b), n_in, n_out in zip(weights, LAYERS, LAYERS[1:]):
        _, report, n, used, tiles = infer([(w, b)], layer(128, 8, False), (x, labels), [n_in, n_out])
        x = np.maximum(x @ w.T + b, 0)
        rows.append([f"{n_in} x {n_out}", tiles, f"{used / (tiles * 128 * 128):.3f}", f"{report.j_per_mac:.4e}",
                     f"{report.time_s / n:.3e}", f"{machine.j_per_mac / report.j_per_mac:.0f}"])
    write_table("crossbar-edge.csv", ["layer", "arrays", "utilisation", "j_per_mac", "s", "mcu_ratio"], rows)
    markdown(["layer", "arrays of 128 x 128", "cells in use", "pJ/MAC", "us", f"times less than a microcontroller "
              f"({machine.j_per_mac * 1e12:g} pJ/MAC, assumed)"],
             [[r[0], r[1], f"{float(r[2]):.0%}", f"{float(r[3]) * 1e12:.3f}", f"{float(r[4]) * 1e6:.2f}", r[5]] for r in rows])


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test-limit", type=int, default=2000, help="test images per point of the sweep")
    args = parser.parse_args()
    single_product()
    train, (x, labels) = mnist()
    weights, test = trained(train), (x[:args.test_limit], labels[:args.test_limit])
    print(f"\nDigital accuracy: {loaded(weights).evaluate(*test):.4f}")
    sweep(test, weights)
    edge(test, weights)


if __name__ == "__main__":
    main()
