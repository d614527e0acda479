#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Low supply voltage with error codes, the share of memories in the energy of a system, and inputs that are zero.

Tables: docs/studies/memory*.csv; text: docs/hardware-studies.md. Needs MNIST. The law of bit errors against voltage is a
placeholder (kind "technology", fields ber_*), not a measured memory.
"""
import argparse

import numpy as np

import aimc
from common import markdown, mnist, write_table
from crossbar import LAYERS, cost_model, layer, loaded, on_tiles, trained

V_NOMINAL = 0.9
VOLTAGES = [0.9, 0.85, 0.8, 0.775, 0.753, 0.725, 0.7, 0.675, 0.65, 0.625, 0.6]
CODES = ["NONE", "PARITY", "SECDED", "TMR"]
RATES = [1e-5, 1e-4, 1e-3, 1e-2]
LOSS = 0.005  # of accuracy that may be lost


# ---- voltage ------------------------------------------------------------------------------------

def stored(weights, test, **fields):
    """Accuracy and report after the weights went through a memory."""
    net = loaded(weights)
    report = net.store(fields)
    return net.evaluate(*test), report


def voltage(weights, test, seeds):
    """Accuracy against the supply, with and without codes, and what the memory then takes."""
    model, rows = aimc.CostModel(), []
    for code in CODES:
        for v in VOLTAGES:
            found = [stored(weights, test, supply_v=v, code=code, seed=seed) for seed in range(1, seeds + 1)]
            rows.append([code, v, f"{model.bit_error_rate(v):.3e}", f"{np.mean([a for a, _ in found]):.4f}",
                         f"{np.std([a for a, _ in found]) if seeds > 1 else np.nan:.4f}",
                         f"{found[0][1].bits_per_bit * (v / V_NOMINAL) ** 2:.4f}"])
    write_table("memory-voltage.csv", ["code", "v", "bit_error_rate", "accuracy", "std", "energy"], rows)
    at = {(r[0], r[1]): r for r in rows}
    markdown(["supply, V", "bit error rate", "energy of a bit"] + CODES,
             [[v, at["NONE", v][2], f"{(v / V_NOMINAL) ** 2:.2f}"] +
              [f"{100 * float(at[c, v][3]):.1f}" + (f" ± {100 * float(at[c, v][4]):.1f}" if seeds > 1 else "") +
                      f" ({at[c, v][5][:4]})" for c in CODES]
              for v in VOLTAGES])
    best = float(at["NONE", V_NOMINAL][3])
    print()
    for code in CODES:
        kept = [r for r in rows if r[0] == code and float(r[3]) >= best - LOSS]
        least = min(kept, key=lambda r: float(r[5]))
        print(f"{code}: down to {least[1]} V within {LOSS:.1%} of accuracy, {1 - float(least[5]):.0%} of the energy at "
              f"{V_NOMINAL} V saved, check bits included")


def codes(weights, test, seeds):
    """Weights that are read wrong, for a rate of bit errors."""
    rows = []
    for rate in RATES:
        for code in CODES:
            found = [stored(weights, test, bit_error_rate=rate, code=code, seed=seed) for seed in range(1, seeds + 1)]
            rows.append([rate, code, f"{np.mean([r.wrong / r.codes for _, r in found]):.3e}",
                         f"{np.mean([a for a, _ in found]):.4f}"])
    write_table("memory-codes.csv", ["bit_error_rate", "code", "wrong_codes", "accuracy"], rows)
    at = {(r[0], r[1]): r for r in rows}
    markdown(["bit error rate"] + [f"{c}: wrong weights (accuracy, %)" for c in CODES],
             [[f"{rate:.0e}"] + [f"{at[rate, c][2]} ({100 * float(at[rate, c][3]):.1f})" for c in CODES] for rate in RATES])


# ---- a system -----------------------------------------------------------------------------------

def system(weights, x):
    """One inference: where its energy goes, and what a main memory adds."""
    model, n = cost_model("rram_32nm", None), len(x)
    net = on_tiles(weights, layer(128, 8, False))
    net.predict(x)
    matrices = [net.matrix(k) for k in range(len(net))]
    n_weights = sum(n_in * n_out for n_in, n_out in zip(LAYERS, LAYERS[1:]))
    transfers = {"crossbars, nothing from DRAM": 0.0, "crossbars, image from DRAM": float(LAYERS[0]),
                 "crossbars, image and layers' values by DRAM": float(LAYERS[0] + 2 * sum(LAYERS[1:-1]) + LAYERS[-1])}
    rows = []
    for name, n_bytes in transfers.items():
        report = model.account(*matrices, dram_bytes=n_bytes * n)
        rows.append(row_of(name, report, n))
    for name, where in (("digital, weights in SRAM", "buffer_bytes"), ("digital, weights from DRAM", "dram_bytes")):
        events = {"macs": float(n_weights), "digital_adds": float(n_weights), where: float(n_weights)}
        rows.append(row_of(name + " (additions only)", model.account(**events), 1))
    write_table("memory-system.csv", ["system", "j_per_inference", "array", "converters", "sram_and_wires", "dram", "rest"], rows)
    markdown(["one inference", "nJ", "arrays", "converters", "SRAM and wires", "DRAM", "rest"],
             [[r[0], f"{float(r[1]) * 1e9:.1f}"] + [f"{float(c):.0%}" for c in r[2:]] for r in rows])


def row_of(name, report, n):
    """Shares of the total."""
    def share(*parts):
        return sum(report.parts[p].energy_j for p in parts) / report.energy_j
    shares = [share("array", "lines"), share("dac", "adc"), share("buffer", "interconnect"), share("dram")]
    return [name, f"{report.energy_j / n:.4e}"] + [f"{s:.4f}" for s in shares] + [f"{1 - sum(shares):.4f}"]


# ---- zeros --------------------------------------------------------------------------------------

def sparsity(weights, x):
    """A 128 x 128 product with more and more inputs at zero."""
    model, rng, rows, n = cost_model("rram_32nm", None), np.random.default_rng(1), [], 256
    for zeros in (0, 0.25, 0.5, 0.75, 0.9, 0.99):
        tile = aimc.Tile(aimc.Device("ideal", ctx=aimc.Context(seed=1)), 128, 128, {"forward": "standard_io"})
        w = np.clip(rng.normal(0, 0.3, (128, 128)), -1, 1).astype(np.float32)
        x_now = (np.abs(rng.normal(0, 0.31, (n, 128))) * (rng.random((n, 128)) >= zeros)).clip(0, 1).astype(np.float32)
        tile.weights = w
        tile.count_activity()
        tile.forward(x_now)
        bill = model.account(tile)  # a vector of zeros is not read at all
        rows.append([zeros] + [f"{v / n:.4e}" for v in (bill.parts["array"].energy_j, bill.parts["adc"].energy_j, bill.energy_j)])
    write_table("memory-sparsity.csv", ["zeros", "array_j", "adc_j", "total_j"], rows)
    markdown(["inputs at zero", "arrays, pJ", "ADCs, pJ", "all, pJ"],
             [[f"{r[0]:.0%}"] + [f"{float(v) * 1e12:.1f}" for v in r[1:]] for r in rows])
    shares = []
    for w, b in weights:
        shares.append(f"{(x == 0).mean():.0%}")
        x = np.maximum(x @ w.T + b, 0)
    print(f"\nInputs at zero in the perceptron, layer by layer: {', '.join(shares)}")


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="memories of every point")
    parser.add_argument("--test-limit", type=int, default=2000, help="test images")
    args = parser.parse_args()
    train, (x, labels) = mnist()
    test = x[:args.test_limit], labels[:args.test_limit]
    weights = trained(train)
    voltage(weights, test, args.seeds)
    codes(weights, test, args.seeds)
    system(weights, test[0])
    sparsity(weights, test[0])


if __name__ == "__main__":
    main()
