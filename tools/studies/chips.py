#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One perceptron on chips: the protocol of AnalogNAS-Bench, devices with a spread, converters of few bits and conductances of several ranges, quantised weights.

A perceptron 784-128-10 is trained on MNIST by several seeds, in floating point, and trained on by each way to harden it for as many epochs; a control gets
the same epochs without noise. The last 5000 training images are held out: the clipping and the spread are chosen by them, the test images tell of what was chosen.
Rows: docs/studies/chips.csv; text: docs/inference-studies.md. Needs MNIST.
"""
import argparse

import numpy as np

import aimc
from common import TABLES, markdown, mnist, numbers, rows_of

FIELDS = ["seed", "network", "protocol", "setting", "t", "split", "accuracy", "error", "chips"]
HELD_OUT, EPOCHS, MORE_EPOCHS = 5000, 8, 1
TIMES = [0.0, 60.0, 3600.0, 86400.0, 2592000.0]
CLIPS = [2.0, 2.5, 3.0, 5.0]
SPREADS = [0.07, 0.08, 0.09]
SPREAD_TARGET = 0.05  # what the spread should cost by the held-out images
BITS, RANGES = [4, 5, 6, 8, 10], [5.0, 10.0, 25.0, 50.0]  # of DAC and ADC; g_max, uS
LEVELS = [3, 7]  # of a weight, either sign: 3 and 4 bits
RATES = [0.1, 0.03, 0.01]  # of training on, with few levels and without
PLAIN = {"device": "ideal", "forward": "standard_io", "backward": "perfect_io", "mapping.weight_scaling_omega": 1}
QUIET = {"kind": "analognas", "forward.out_noise": 0, "hwa.clip_type": "NONE", "hwa.modifier.type": "DISCRETIZE", "hwa.modifier.enable_during_test": True}


def layer_of(fields):
    """A configuration of a layer; "kind" names a preset that the other fields change."""
    return aimc.Config(fields.get("kind", "layer"), {name: value for name, value in fields.items() if name != "kind"})


def perceptron(seed):
    """Digital, not trained."""
    net = aimc.Network(ctx=aimc.Context(seed=seed))
    return net.add_linear(128, 784).add_activation("relu").add_linear(10, 128)


def trained(data, seed, base=None, config=None, epochs=MORE_EPOCHS, rate=0.1):
    """A perceptron; from a base, that one trained on at this rate with this configuration of its layers."""
    net = perceptron(seed) if base is None else base.copy()
    if config is not None:
        net.convert_to_analog(layer_of(config))
    lr, decay = (0.2, 0.6) if base is None else (rate, 0.5)
    net.fit(*data["train"], epochs=epochs, batch=10, lr=lr, lr_decay=decay, seed=seed)
    return net


def hardened(clip):
    """Hardware-aware layers of the protocol: noise of 0.06 of the largest weight, weights clipped at so many standard deviations."""
    return {"kind": "analognas", "hwa.clip_sigma": clip}


def spread_aware(spread, pairs):
    """Layers that are trained under the noise that a spread of devices makes of a weight: u = 2 g / D, or (g+ - g-) / D."""
    return {**PLAIN, "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": spread * (2**0.5 if pairs else 2), "hwa.clip_type": "LAYER_GAUSSIAN",
            "hwa.clip_sigma": 2.5, "hwa.remap_type": "LAYERWISE_SYMMETRIC"}


class Bench:
    """Rows of one seed; a network is trained when a row of it is missing."""

    def __init__(self, rows, data, seed, chips):
        self.rows, self.data, self.seed, self.chips, self.made = rows, data, seed, chips, {}

    def network(self, name, config=None, rate=0.1):
        """By name: base, control, or a base that was trained on with a configuration."""
        if name not in self.made:
            base = None if name == "base" else self.network("base")
            self.made[name] = trained(self.data, self.seed, base, config, EPOCHS if base is None else MORE_EPOCHS, rate)
        return self.made[name]

    def row(self, name, protocol, setting, t=0.0, *, config=None, rate=0.1, layer=None, memory=None, splits=("validation", "test")):
        """Mean accuracy over chips, and its standard error; of one reading where nothing is programmed."""
        key = {"seed": self.seed, "network": name, "protocol": protocol, "setting": setting, "t": t}
        if all(self.rows.where(**key, split=split) for split in splits):
            return
        net = self.network(name, config, rate).copy()
        if layer is not None:
            net.convert_to_analog(layer)
            if layer["hwa.input_range.enable"]:
                net.calibrate(self.data["train"][0][:1000], {"method": "MAX"})
        found = {split: [] for split in splits}
        for chip in range(self.chips if memory else 1):
            if memory:
                net.program({**memory, "seed": 1000 * self.seed + chip})
                net.drift_programmed(t)
                if memory.get("compensation.method"):
                    net.compensate()
            for split in splits:
                found[split].append(net.evaluate(*self.data[split], fresh=bool(memory)))
        for split, each in found.items():
            if not self.rows.where(**key, split=split):
                error = f"{np.std(each, ddof=1) / len(each) ** 0.5:.5f}" if len(each) > 1 else ""
                self.rows.add({**key, "split": split, "accuracy": f"{np.mean(each):.5f}", "error": error, "chips": len(each)})


# ---- protocols ----------------------------------------------------------------------------------

def analognas(bench):
    """Baseline, quantised, noisy, hardware-aware with each clipping; drifted; compensated or not."""
    bench.row("base", "digital", "")
    bench.row("control", "digital", "")
    for name in ("base", "control"):
        bench.row(name, "PTQ", "8 bit", layer=layer_of({**QUIET, "hwa.modifier.res": 127}))
    bench.row("QAT 127", "QAT", "8 bit", config={**QUIET, "hwa.modifier.res": 127})
    networks = [("base", None), ("control", None)] + [(f"hardware-aware, clip {clip:g}", hardened(clip)) for clip in CLIPS]
    for name, config in networks:
        for t in TIMES:
            for method in ("NONE", "GLOBAL"):
                memory = {"noise_model": "pcm_like", **({} if method == "NONE" else {"compensation.method": method, "compensation.n_vectors": 256})}
                bench.row(name, "analognas", method, t, config=config, layer=layer_of({"kind": "analognas"}) if config is None else None, memory=memory)


def recover(bench):
    """Devices that miss by a spread: single ones, pairs, trained with that noise, both."""
    encodings = ("single_device", "single_pair")
    for spread in SPREADS:
        for encoding in encodings:
            bench.row("base", "recover", f"{encoding} {spread:g}", layer=layer_of(PLAIN), memory=missing_by(spread, encoding))
    spread = chosen_spread(bench.rows, seed=bench.seed)
    for encoding in encodings:
        bench.row("control", "recover", f"{encoding} chosen", layer=layer_of(PLAIN), memory=missing_by(spread, encoding))
        bench.row(f"with noise, {encoding}", "recover", f"{encoding} chosen", config=spread_aware(spread, encoding == "single_pair"), memory=missing_by(spread, encoding))
        bench.row("base", "recover", f"{encoding} chosen", layer=layer_of(PLAIN), memory=missing_by(spread, encoding))


def missing_by(spread, encoding):
    """Memory whose devices miss by a spread."""
    return {"noise_model": "generic_noise", "noise_model.prog_magnitude": spread, "encoding": encoding}


def converters(bench):
    """Bits of both converters and the range of conductances, PCM after a day, compensated."""
    for bits in BITS:
        for g_max in RANGES:
            step = 1 / (2**bits - 2)
            bench.row("base", "converters", f"{bits} bits {g_max:g} uS", 86400.0, layer=layer_of({"kind": "analognas", "forward.inp_res": step, "forward.out_res": step}),
                      memory={"noise_model": "pcm_like", "noise_model.g_max": g_max, "compensation.method": "GLOBAL", "compensation.n_vectors": 256})


def quantised(bench):
    """Weights of few levels: after training, and trained with them, beside controls; the rate of each to be chosen by held-out images."""
    exact = {"device": "ideal", "forward": "perfect_io", "backward": "perfect_io", "mapping.weight_scaling_omega": 1, "hwa.modifier.type": "DISCRETIZE",
             "hwa.modifier.enable_during_test": True}
    for levels in LEVELS:
        config = {**exact, "hwa.modifier.res": levels}
        bench.row("base", "weights after training", levels, layer=layer_of(config))
        for rate in RATES:
            bench.row(f"control, rate {rate:g}", "weights after training", levels, rate=rate, layer=layer_of(config))
            bench.row(f"levels {levels}, rate {rate:g}", "weights trained", levels, config=config, rate=rate)


def chosen_rate(rows, network, protocol, levels):
    """Of networks that were trained on, the one whose rate does best by the held-out images of all seeds."""
    names = [f"{network}, rate {rate:g}" for rate in RATES]
    return max(names, key=lambda name: np.mean(numbers(rows.where(network=name, protocol=protocol, setting=levels, split="validation"), "accuracy") or [0]))


PROTOCOLS = {protocol.__name__: protocol for protocol in (analognas, recover, quantised, converters)}


# ---- tables -------------------------------------------------------------------------------------

def mean_over_seeds(rows):
    """Mean accuracy in percent and its standard error over seeds."""
    found = 100 * np.array(numbers(rows, "accuracy"))
    if not len(found):
        return "not run"
    return f"{found.mean():.2f} ± {found.std(ddof=1) / len(found) ** 0.5:.2f}" if len(found) > 1 else f"{found[0]:.2f} (one seed)"


def chosen_clip(rows, method="GLOBAL", t=2592000.0):
    """By the held-out images, a month after programming."""
    scores = {clip: np.mean(numbers(rows.where(network=f"hardware-aware, clip {clip:g}", protocol="analognas", setting=method, t=t, split="validation"), "accuracy"))
              for clip in CLIPS}
    return max(scores, key=scores.get)


def chosen_spread(rows, **seed):
    """That costs the unprepared network nearest to five points with single devices, by the held-out images; of one seed, or of all."""
    digital = np.mean(numbers(rows.where(network="base", protocol="digital", split="validation", **seed), "accuracy"))
    cost = {s: digital - np.mean(numbers(rows.where(network="base", protocol="recover", setting=f"single_device {s:g}", split="validation", **seed), "accuracy"))
            for s in SPREADS}
    return min(cost, key=lambda s: abs(cost[s] - SPREAD_TARGET))


def tables(rows):
    """All of the page."""
    clip, spread = chosen_clip(rows), chosen_spread(rows)
    of = {"digital": ("base", "digital", ""), "digital, the same epochs more": ("control", "digital", ""), "quantised after training, 8 bit": ("base", "PTQ", "8 bit"),
          "the same of the control": ("control", "PTQ", "8 bit"), "trained quantised, 8 bit": ("QAT 127", "QAT", "8 bit")}
    markdown(["", "accuracy, %"], [[name, mean_over_seeds(rows.where(network=n, protocol=p, setting=s, split="test"))] for name, (n, p, s) in of.items()])
    for method in ("NONE", "GLOBAL"):
        print(f"\nPCM, compensation {method}; clipping chosen by held-out images: {clip:g}")
        markdown(["accuracy, %, at t ="] + ["0", "60 s", "1 h", "1 d", "30 d"],
                 [[n] + [mean_over_seeds(rows.where(network=n, protocol="analognas", setting=method, t=t, split="test")) for t in TIMES]
                  for n in ["base", "control"] + [f"hardware-aware, clip {c:g}" for c in CLIPS]])
    print(f"\nSpread of devices, chosen for each training by held-out images; of all: {spread:g} of g_max")
    markdown(["", "single device", "pair"],
             [[name] + [mean_over_seeds(rows.where(network=network or f"with noise, {encoding}", protocol="recover", setting=f"{encoding} chosen", split="test"))
                        for encoding in ("single_device", "single_pair")]
              for name, network in (("as trained", "base"), ("control", "control"), ("trained with noise", None))])
    markdown(["PCM after a day, %: bits of both converters"] + [f"{g:g} uS" for g in RANGES],
             [[b] + [mean_over_seeds(rows.where(protocol="converters", setting=f"{b} bits {g:g} uS", split="test")) for g in RANGES] for b in BITS])
    after, within = "weights after training", "weights trained"
    markdown(["levels of a weight", "after training", "of the control", "trained with them"],
             [[2 * n + 1] + [mean_over_seeds(rows.where(network=m, protocol=p, setting=n, split="test"))
                             for m, p in (("base", after), (chosen_rate(rows, "control", after, n), after), (chosen_rate(rows, f"levels {n}", within, n), within))]
              for n in LEVELS])


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="trainings")
    parser.add_argument("--chips", type=int, default=15, help="of every row that programs one")
    parser.add_argument("--test-limit", type=int, default=2000, help="test images, and held-out ones")
    parser.add_argument("--protocols", nargs="*", default=list(PROTOCOLS), choices=list(PROTOCOLS), help="some of them")
    parser.add_argument("--table", action="store_true", help="run nothing, print what there is")
    args = parser.parse_args()
    rows = rows_of(TABLES / "chips.csv", FIELDS, FIELDS[:6])
    if not args.table:
        (x, labels), (test_x, test_labels) = mnist()
        n = len(x) - HELD_OUT
        data = {"train": (x[:n], labels[:n]), "validation": (x[n:][:args.test_limit], labels[n:][:args.test_limit]),
                "test": (test_x[:args.test_limit], test_labels[:args.test_limit])}
        for seed in range(1, args.seeds + 1):
            bench = Bench(rows, data, seed, args.chips)
            for protocol in args.protocols:
                PROTOCOLS[protocol](bench)
    tables(rows)


if __name__ == "__main__":
    main()
