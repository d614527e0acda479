# SPDX-License-Identifier: MIT
"""Paper 002: AnalogNAS-Bench."""
import numpy as np

import aimc
from claims import BOUNDED, REFUTED, SHOWN, claim, mean, percent, stored
from chips_read import clip_of, hardened_gain, of_chips
from claims_000 import normal_product, relative
from cells import codes, of_code

MONTH = 2592000.0
PERCEPTRON = "stated; MNIST perceptron as a stand-in"


@claim("002-1", "Hardware: 8-bit converters, noise .04, 25 uS", "error of a product .0514", "derived")
def hardware():
    """Ten matrices."""
    found = []
    for seed in range(1, 11):
        tile, x, exact = normal_product(seed, config={"forward": "analognas_io"})
        found.append(relative(tile.forward(x), exact))
    return f"{np.mean(found):.4f} ± {np.std(found, ddof=1) / 10**0.5:.4f} (10 matrices)", SHOWN if abs(np.mean(found) / 0.0514 - 1) < 0.1 else BOUNDED


@claim("002-2", "Drift at 60 s, 1 h, 1 d, 30 d", "error of weights .1358, .1503, .1701, .1954", "derived")
def drift():
    """Five chips, global compensation."""
    found = []
    for chip in range(1, 6):
        tile, x, exact = normal_product(chip, config={"forward": "perfect_io"})
        tile.program({"noise_model": "pcm_like", "compensation.method": "GLOBAL", "seed": chip})
        errors = []
        for t in (60.0, 3600.0, 86400.0, MONTH):
            tile.drift_programmed(t)
            tile.compensate()
            errors.append(relative(tile.forward(x), exact))
        found.append(errors)
    means = np.mean(found, 0)
    return ", ".join(f"{m:.4f} ± {e:.4f}" for m, e in zip(means, np.std(found, 0, ddof=1) / 5**0.5)) + " of products (5 chips)", \
        SHOWN if np.all(np.abs(means / [0.1358, 0.1503, 0.1701, 0.1954] - 1) < 0.05) else BOUNDED


@claim("002-3", "NAS-Bench-201: 15,625 cells of 5 operations", "15,625 = 5^6 distinct codes", "derived")
def space():
    """Every code is a cell and back."""
    cells = [of_code(code) for code in range(5**6)]
    assert [codes(cell) for cell in cells] == list(range(5**6))
    return f"{len(set(cells))} distinct cells, each back to its code (the test python_papers); ./dev study nas trains them", SHOWN if len(set(cells)) == 15625 else REFUTED


@claim("002-4", "Metrics: baseline, noisy, analog, PTQ, QAT", "all five with spread", PERCEPTRON, "chips")
def metrics():
    """A month, compensated."""
    clip = clip_of("GLOBAL", MONTH)
    of = {"digital": of_chips("base", "digital", ""), "PTQ": of_chips("base", "PTQ", "8 bit"), "QAT": of_chips("QAT 127", "QAT", "8 bit"),
          "noisy, 30 d": of_chips("base", "analognas", "GLOBAL", MONTH), f"hardware-aware (clip {clip:g}), 30 d": of_chips(f"hardware-aware, clip {clip:g}", "analognas", "GLOBAL", MONTH)}
    return ", ".join(f"{name} {percent(rows, digits=2)}" for name, rows in of.items()), SHOWN


@claim("002-5", "PTQ and QAT do not tell of analog noise", "noisy far below PTQ = QAT = baseline; hardware-aware training recovers", PERCEPTRON, "chips")
def not_told():
    """A month, without compensation and with."""
    base, ptq = of_chips("base", "digital", ""), of_chips("base", "PTQ", "8 bit")
    lost = {m: mean(base, "accuracy", 100) - mean(of_chips("base", "analognas", m, MONTH), "accuracy", 100) for m in ("NONE", "GLOBAL")}
    quantised = mean(base, "accuracy", 100) - mean(ptq, "accuracy", 100)
    return f"PTQ loses {quantised:.2f} points, the noisy network {lost['NONE']:.2f} after 30 days, {lost['GLOBAL']:.2f} compensated ({len(base)} seeds)", \
        SHOWN if lost["GLOBAL"] > 5 * max(quantised, 0.05) else BOUNDED


def tendency(column, against):
    """Rank correlation of two columns over cells, and an interval by resampling them."""
    rows = stored("nas.csv")
    cells = {}
    for row in rows:
        cells.setdefault(row["code"], []).append((float(row[column]), float(row[against])))
    points = np.array([np.mean(values, 0) for values in cells.values()])
    random = np.random.default_rng(1)

    def places(values):  # equal values share the mean of their places
        _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
        return (np.cumsum(counts) - (counts - 1) / 2)[of]

    def rank(p):
        return float(np.corrcoef(places(p[:, 0]), places(p[:, 1]))[0, 1])
    again = [rank(points[random.integers(0, len(points), len(points))]) for _ in range(500)]
    return rank(points), float(np.nanquantile(again, 0.025)), float(np.nanquantile(again, 0.975)), len(points)


@claim("002-6", "Robust cells are wider, with more skips and 3 x 3; 1 x 1 collapse", "signs of the correlations", "stated; reduced size (docs/nas-study.md)", "nas")
def robust():
    """Drop of accuracy on chips against the shares of a cell."""
    found = {name: tendency("drop", name) for name in ("skips", "conv3", "conv1")}
    n = next(iter(found.values()))[3]
    return f"rank correlation of the loss on chips with " + ", ".join(f"{name} {r:+.2f} ({low:+.2f} to {high:+.2f})" for name, (r, low, high, _) in found.items()) + f"; {n} cells; width not varied", \
        SHOWN if found["skips"][2] < 0 and found["conv1"][1] > 0 else BOUNDED


@claim("002-7", "Skips help under drift", "accuracy falls less with time", "stated; reduced size (docs/nas-study.md)", "nas")
def skips():
    """Fall from a minute to a month against the number of skips."""
    r, low, high, n = tendency("fall", "skips")
    return f"rank correlation of the fall with skips {r:+.2f} ({low:+.2f} to {high:+.2f}), {n} cells", SHOWN if high < 0 else REFUTED if low > 0 else BOUNDED


@claim("002-8", "Hardware-aware training improves robustness", "analog > noisy, clip of 2 sigma", PERCEPTRON, "chips")
def improves():
    """The protocol's clip, and the one chosen by held-out images, each beside a control of as many epochs."""
    texts, verdicts = [], []
    for method in ("NONE", "GLOBAL"):
        for clip in (2.0, clip_of(method, MONTH)):
            base, control, aware = (mean(rows, "accuracy", 100) for rows in hardened_gain(method, MONTH, clip))
            texts.append(f"compensation {method}, clip {clip:g}: base {base:.2f}, control {control:.2f}, hardware-aware {aware:.2f} %")
            verdicts.append(aware > max(base, control))
    return "30 days: " + "; ".join(texts), SHOWN if verdicts[0] and verdicts[2] else BOUNDED if any(verdicts) else REFUTED


@claim("002-9", "Averages of 25 runs", "standard error reported", "stated", "chips")
def averages():
    """In every row."""
    rows = [row for row in stored("chips.csv", protocol="analognas") if row["error"]]
    return f"{rows[0]['chips']} chips in each of {len(rows)} rows, standard errors {min(float(r['error']) for r in rows):.4f} to {max(float(r['error']) for r in rows):.4f}; as many as --chips says", SHOWN


@claim("002-10", "Resolution of converters and range of conductances", "a table", "expected; MNIST perceptron", "chips")
def converters():
    """PCM after a day, compensated."""
    from chips import BITS, RANGES
    return "; ".join(f"{bits} bits: " + ", ".join(f"{g:g} uS {mean(of_chips('base', 'converters', f'{bits} bits {g:g} uS', 86400.0), 'accuracy', 100):.1f}" for g in RANGES) for bits in BITS) + \
        " % (DAC and ADC together); pcm_like scales its spread with g_max, so that the range alone changes nothing", BOUNDED


@claim("002-11", "Another simulator agrees", "means within 3 standard errors", "derived")
def another():
    """Recorded products of the peer, docs/comparison.md; here: the same configuration to the closed form of its noise."""
    found = []
    for seed in range(1, 6):
        tile, x, exact = normal_product(seed, config={"forward": {"kind": "standard_io", "inp_res": -1, "out_res": -1, "noise_management": "NONE", "bound_management": "NONE"}})
        found.append(float(np.std(tile.forward(x) - exact)))
    off = abs(np.mean(found) - 0.04) / (0.04 / (2 * 5 * 256 * 128) ** 0.5)
    return f"read noise {np.mean(found):.5f} against .04 of the peer's settings, {off:.1f} standard errors; 48 recorded means agree, the largest difference 3.3 standard errors (docs/comparison.md)", \
        SHOWN if off < 3 else REFUTED
