# SPDX-License-Identifier: MIT
"""Paper 003: a survey of accelerators."""
import math

import numpy as np

import aimc
from claims import BOUNDED, REFUTED, SHOWN, claim, stored
from claims_000 import digits, normal_product, relative, thermal_noise
from memory import LOSS, V_NOMINAL

PLACEHOLDER = "derived; law of bit errors a placeholder"


@claim("003-1", "Low voltage saves over 30 % without loss of accuracy", "30 % at .837 of the supply, 2.4e-5 errors a bit", PLACEHOLDER, "memory")
def low_voltage():
    """Of the rows without a code."""
    rows = stored("memory-voltage.csv", code="NONE")
    best = float(next(r for r in rows if float(r["v"]) == V_NOMINAL)["accuracy"])
    at = next(r for r in rows if float(r["energy"]) <= 0.7003)
    lost = 100 * (best - float(at["accuracy"]))
    return f"{1 - float(at['energy']):.0%} at {at['v']} V, {float(at['bit_error_rate']):.1e} errors a bit, {lost:.2f} points lost", SHOWN if lost < 100 * LOSS else REFUTED


@claim("003-2", "Flipped bits hurt, codes mitigate", "SECDED leaves 7e-5 at 1e-3, TMR 3e-6; knee 1e-4 to 1e-3", PLACEHOLDER, "memory")
def codes():
    """Wrong 8-bit weights at 1e-3; no timing faults."""
    rows = {r["code"]: r for r in stored("memory-codes.csv", bit_error_rate=0.001)}
    wrong = {code: float(row["wrong_codes"]) for code, row in rows.items()}
    knee = [r for r in stored("memory-codes.csv", code="NONE")]
    return "wrong weights at 1e-3: " + ", ".join(f"{code} {w:.1e}" for code, w in wrong.items()) + "; accuracy without a code: " + \
        ", ".join(f"{float(r['bit_error_rate']):.0e} {100 * float(r['accuracy']):.1f} %" for r in knee) + "; timing faults: not modelled", \
        SHOWN if wrong["TMR"] < wrong["SECDED"] < wrong["NONE"] else REFUTED


@claim("003-3", "Codes take back part of the gain", "12.5 % of storage, three times with copies", PLACEHOLDER, "memory")
def net_saving():
    """Least energy within half a point."""
    rows, found = stored("memory-voltage.csv"), {}
    best = float(next(r for r in rows if r["code"] == "NONE" and float(r["v"]) == V_NOMINAL)["accuracy"])
    for code in ("NONE", "PARITY", "SECDED", "TMR"):
        found[code] = 1 - min(float(r["energy"]) for r in rows if r["code"] == code and float(r["accuracy"]) >= best - LOSS)
    return ", ".join(f"{code} {saved:.0%} saved" for code, saved in found.items()), SHOWN if found["SECDED"] < found["NONE"] and found["TMR"] < 0 else REFUTED


@claim("003-4", "A classifier inside an SRAM, below a microsecond", "< 1 us; 85 to 90 % on small digits", "stated (time), expected (accuracy)")
def in_sram():
    """128 rows of binary weights a column; columns are weak classifiers of a class against the rest, boosted; their sums are read by comparators of 1 bit."""
    (x, labels), (test_x, test_labels) = digits()
    random = np.random.default_rng(1)
    lift = random.normal(0, 1, (64, 128)).astype(np.float32)  # 64 pixels to 128 rows by fixed signs
    rows_of = lambda images: np.sign((images - 0.3) @ lift).astype(np.float32)  # noqa: E731  word lines: up or down
    train_rows, test_rows, columns = rows_of(x), rows_of(test_x), 64
    tile = aimc.Tile(aimc.Device("ideal", ctx=aimc.Context(seed=1)), 10 * columns, 128,
                     {"forward": {"kind": "perfect_io", "is_perfect": False, "inp_res": -1, "out_res": -1, "out_noise": 2.0, "out_bound": 0, "inp_bound": 1,
                                  "noise_management": "NONE", "bound_management": "NONE"}})
    weights, alphas = np.zeros((10 * columns, 128), np.float32), np.zeros(10 * columns)
    for c in range(10):
        y = np.where(labels == c, 1.0, -1.0)
        d = np.where(y > 0, 0.5 / (y > 0).sum(), 0.5 / (y < 0).sum())
        for k in range(columns):
            w = np.sign((d * y) @ train_rows)
            h = np.sign(train_rows @ w)
            wrong = float(np.clip(d[h != y].sum() / d.sum(), 1e-3, 0.499))
            alphas[c * columns + k], weights[c * columns + k] = 0.5 * math.log((1 - wrong) / wrong), w
            d = d * np.exp(-alphas[c * columns + k] * y * h)
            d /= d.sum()
    tile.weights = weights
    votes = np.sign(tile.forward(test_rows)) * alphas
    scores = votes.reshape(len(test_x), 10, columns).sum(2)
    right = float((scores.argmax(1) == test_labels).mean())
    model = aimc.CostModel("jia_65nm")
    report = model.account(layers=[{"n_out": 10 * columns, "n_in": 128, "n_steps": 1, "n_cells": 1, "adc_bits": 1}])
    return f"{100 * right:.1f} % of the digits of the tree (one training; read noise of 2 cells): {10 * columns} columns of 128 binary cells read at once, " \
           f"{1e9 * report.time_s:.0f} ns and {1e12 * report.energy_j:.0f} pJ at the prices of jia_65nm", SHOWN if report.time_s < 1e-6 and right >= 0.85 else BOUNDED


@claim("003-5", "Limits: retention, variability, heat", "monotone", "expected; thermal part in closed form")
def limits():
    """Drift and spread by the library; heat as output noise of 4kTG df."""
    drift, spread, heat = [], [], []
    for t in (60.0, 86400.0, 3.15e7):
        tile, x, exact = normal_product(config={"forward": "perfect_io"})
        tile.program({"noise_model": "pcm_like", "seed": 1})
        tile.drift_programmed(t)
        drift.append(relative(tile.forward(x), exact))
    for magnitude in (0.01, 0.02, 0.04):
        tile, x, exact = normal_product(config={"forward": "perfect_io"})
        tile.program({"noise_model": "generic_noise", "noise_model.prog_magnitude": magnitude, "seed": 1})
        spread.append(relative(tile.forward(x), exact))
    for kelvin in (250, 300, 400):
        tile, x, exact = normal_product(config={"forward.out_noise": thermal_noise(kelvin, 5e-6), "forward.inp_res": -1, "forward.out_res": -1, "forward.out_bound": 0})
        heat.append(relative(tile.forward(x), exact))
    monotone = all(list(values) == sorted(values) for values in (drift, spread, heat))
    return f"errors of a product: {', '.join(f'{e:.3f}' for e in drift)} a minute, a day, a year after programming; {', '.join(f'{e:.3f}' for e in spread)} at spreads .01, .02, .04; " \
           f"{', '.join(f'{e:.4f}' for e in heat)} at 250, 300, 400 K (5 uS, 100 ns)", SHOWN if monotone else REFUTED


@claim("003-6", "Zeros save energy", "array in proportion to inputs; ADC unchanged", "derived, assumed constants", "memory")
def zeros():
    """A 128 x 128 product."""
    rows = {float(r["zeros"]): r for r in stored("memory-sparsity.csv")}
    none, most = rows[0.0], rows[0.99]
    return f"arrays {1e12 * float(none['array_j']):.1f} to {1e12 * float(most['array_j']):.1f} pJ at 99 % zeros, ADCs {1e12 * float(none['adc_j']):.1f} to {1e12 * float(most['adc_j']):.1f} pJ", \
        SHOWN if float(most["array_j"]) < 0.05 * float(none["array_j"]) else REFUTED


@claim("003-7", "Tensor-train layers", "parameters, products, error against rank", "derived")
def tensor_train():
    """A 256 x 256 matrix as two cores on small tiles: W[ij, kl] = sum_r A[i, k, r] B[r, j, l], by a truncated singular value decomposition."""
    random, found = np.random.default_rng(1), []
    cores = [random.normal(0, 1, (16, 16, 24)), random.normal(0, 1, (24, 16, 16))]
    smooth = np.einsum("ikr,rjl,r->ijkl", *cores, 0.7 ** np.arange(24)).reshape(256, 256)  # with ranks that matter less and less
    x = random.uniform(-1, 1, (64, 256)).astype(np.float32)
    exact = x @ smooth.T
    u, s, vt = np.linalg.svd(smooth.reshape(16, 16, 16, 16).transpose(0, 2, 1, 3).reshape(256, 256))
    for rank in (2, 4, 8, 16):
        a, b = u[:, :rank] * s[:rank], vt[:rank]
        first = tile_of(b.reshape(rank, 16, 16).transpose(0, 1, 2).reshape(rank * 16, 16))  # (r, j) from l
        second = tile_of(a.reshape(16, 16, rank).transpose(0, 2, 1).reshape(16, rank * 16))  # i from (r, k)
        y1 = first.forward(x.reshape(64 * 16, 16)).reshape(64, 16, rank, 16)  # [n, k, r, j]
        y2 = second.forward(y1.transpose(0, 3, 2, 1).reshape(64 * 16, rank * 16)).reshape(64, 16, 16)  # [n, j, i]
        ours = y2.transpose(0, 2, 1).reshape(64, 256)
        cut = float(np.sqrt((s[rank:] ** 2).sum() / (s**2).sum()))
        found.append((rank, 2 * 256 * rank / 65536, 32, relative(ours, exact), cut))
    return "; ".join(f"rank {r}: {p:.1%} of the parameters, {n} products, error {e:.3f} ({c:.3f} by the cut alone)" for r, p, n, e, c in found), \
        SHOWN if all(abs(e - c) < 0.1 for *_, e, c in found) else REFUTED


def tile_of(w):
    """A tile with exact read-out."""
    tile = aimc.Tile(aimc.Device("ideal", ctx=aimc.Context(seed=1)), *w.shape, {"forward": "perfect_io"})
    tile.weights = np.ascontiguousarray(w, np.float32)
    return tile


@claim("003-8", "Graph networks: half of the energy", "report; 50 % is not claimed", "derived, assumed constants")
def graph():
    """A graph convolution of Cora's size (2708 nodes, 5429 edges, 1433 features, hidden 16, 7 classes): aggregation digital, combination on tiles."""
    model, nodes, edges = aimc.CostModel("rram_32nm", g_off=0, g_unit=5e-6), 2708, 2 * 5429 + 2708
    dense, sparse, digital = 0.0, 0.0, 0.0
    for n_in, n_out in ((1433, 16), (16, 7)):
        for row in range(0, n_in, 128):
            dense += model.account(layers=[{"n_out": n_out, "n_in": min(128, n_in - row), "vectors": nodes, "n_cells": 2}]).energy_j
        sparse += model.account(digital_adds=float(edges * n_out), buffer_bytes=float(edges * n_out)).energy_j
        digital += nodes * n_in * n_out * aimc.baselines()[2].j_per_mac
    saved = 1 - (dense + sparse) / (digital + sparse)
    return f"combination {1e6 * dense:.2f} uJ on tiles, {1e6 * digital:.2f} uJ at .7 pJ/MAC; aggregation {1e6 * sparse:.2f} uJ either way: {saved:.0%} saved", BOUNDED


@claim("003-9", "Energy is that of the system", "share of memories, with and without DRAM", "derived, assumed constants", "memory")
def system():
    """One inference of a perceptron."""
    rows = {r["system"]: r for r in stored("memory-system.csv")}
    texts = [f"{name}: {1e9 * float(r['j_per_inference']):.0f} nJ, SRAM and wires {float(r['sram_and_wires']):.0%}, DRAM {float(r['dram']):.0%}" for name, r in rows.items() if name.startswith("crossbars")]
    return "; ".join(texts), SHOWN


@claim("003-10", "Search of network and hardware together", "Pareto front", "expected; small perceptrons, assumed constants")
def search():
    """Width x ADC bits x size of the array, all 36: accuracy of the digits, energy of an inference."""
    (x, labels), test = digits()
    points = []
    for width in (8, 16, 32, 64):
        net = aimc.Network(ctx=aimc.Context(seed=1)).add_linear(width, 64).add_activation("relu").add_linear(10, width)
        net.fit(x, labels, epochs=12, batch=10, lr=0.1)
        for bits in (4, 6, 8):
            for side in (32, 64, 128):
                chip = net.copy()
                chip.convert_to_analog({**{"device": "ideal", "forward": "standard_io", "mapping.weight_scaling_omega": 1}, "forward.out_res": 1 / (2**bits - 2),
                                        "mapping.max_input_size": side, "mapping.max_output_size": side})
                tiles = [tile for k in range(len(chip)) if chip.matrix(k) is not None for tile in chip.matrix(k).tiles]
                for tile in tiles:
                    tile.count_activity()
                right = float((chip.predict(test[0]).argmax(1) == test[1]).mean())
                report = aimc.CostModel("rram_32nm", adc_bits=bits, g_off=0, g_unit=5e-6).account(*tiles)
                points.append((report.energy_j / len(test[0]), right, f"{width} hidden, {bits} bits, {side} x {side}"))
    front, best = [], -1.0
    for energy, right, name in sorted(points):
        if right > best:
            best, _ = right, front.append((energy, right, name))
    return f"{len(points)} designs (one training each), front: " + "; ".join(f"{name}: {100 * a:.1f} % at {1e12 * e:.0f} pJ" for e, a, name in front), SHOWN if len(front) > 2 else BOUNDED


@claim("003-11", "Distributed training waits for its links", "share of time against replicas", "derived: alpha + beta n, constants assumed")
def links():
    """Replicas of a perceptron 784-256-128-10 on tiles, gradients exchanged by a ring; alpha 5 us, 10 GB/s (assumed); a step as the library's account prices it."""
    weights, batch = 784 * 256 + 256 * 128 + 128 * 10, 64
    model = aimc.CostModel("rram_32nm")
    step = 3 * sum(model.account(layers=[{"n_out": n_out, "n_in": n_in, "vectors": batch, "n_cells": 2}]).time_s for n_in, n_out in ((784, 256), (256, 128), (128, 10)))
    shares = {}
    for replicas in (2, 4, 8, 16, 64):
        exchange = 2 * (replicas - 1) * (5e-6 + 4 * weights / replicas / 10e9)
        shares[replicas] = exchange / (exchange + step / replicas)
    return f"step of {1e6 * step:.0f} us on one chip; links take " + ", ".join(f"{share:.0%} with {n}" for n, share in shares.items()), \
        SHOWN if list(shares.values()) == sorted(shares.values()) else REFUTED


@claim("003-12", "Spikes: orders of magnitude", "joules against the count of spikes", "derived, assumed constants; rate coding")
def spikes():
    """Inputs as n pulses of 1 bit at the rate of their value, summed: error and energy of a product against n."""
    random, found = np.random.default_rng(1), []
    model = aimc.CostModel("rram_32nm", dac_bits=1, g_off=0, g_unit=5e-6)
    tile, x, _ = normal_product(config={"forward": "perfect_io"})
    x = np.abs(x[:32])
    exact = x @ tile.weights.T
    tile.count_activity()
    for n in (1, 4, 16, 64, 256):
        tile.clear_counters()
        y = sum(tile.forward((random.random(x.shape) < x).astype(np.float32)) for _ in range(n)) / n
        report = model.account(tile)
        found.append((n, n * float(x.mean()), relative(y, exact), 1e12 * report.parts["array"].energy_j / len(x), 1e12 * report.energy_j / len(x)))
    falls = found[0][2] / found[2][2]
    plain, again, truth = normal_product()
    plain.count_activity()
    error, joules = relative(plain.forward(again), truth), aimc.CostModel("rram_32nm", g_off=0, g_unit=5e-6).account(plain).energy_j / len(again)
    return "; ".join(f"{n} steps, {s:.1f} spikes an input: error {e:.3f}, arrays {a:.1f} pJ, all {t:.0f} pJ" for n, s, e, a, t in found) + \
        f": energy in proportion to spikes, error to their root; one product of 8 bits: error {error:.3f}, {1e12 * joules:.0f} pJ, so that spikes of a rate save nothing here", \
        REFUTED if falls > 3.5 and found[-1][4] > 1e12 * joules else BOUNDED


@claim("003-13", "Carbon", "J x PUE x intensity", "derived")
def carbon():
    """Of one product of 128 x 128."""
    tile, x, _ = normal_product()
    tile.forward(x)
    model = aimc.CostModel("rram_32nm")
    report, pue, intensity = model.account(tile), aimc.Config("rram_32nm")["pue"], aimc.Config("rram_32nm")["carbon_kg_per_kwh"]
    wanted = report.energy_j * pue / 3.6e6 * intensity
    return f"{report.energy_j:.3e} J: {report.co2_kg:.3e} kg (pue {pue:g}, {intensity:g} kg/kWh), {wanted:.3e} by hand", SHOWN if abs(report.co2_kg / wanted - 1) < 1e-9 else REFUTED


@claim("003-14", "Reports by component", "total = sum of parts", "derived")
def components():
    """Of one product."""
    tile, x, _ = normal_product()
    tile.forward(x)
    model = aimc.CostModel("isaac_32nm")
    report, parts = model.account(tile), model.components(tile)
    off = abs(sum(part.energy_j for part in parts) / report.energy_j - 1)
    return f"{len(parts)} components, whose sum is off by {off:.0e}", SHOWN if off < 1e-9 else REFUTED
