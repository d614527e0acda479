# SPDX-License-Identifier: MIT
"""Rows of the study chips, as claims read them."""
from chips import CLIPS, RATES
from claims import mean, stored


def of_chips(network, protocol, setting, t=0.0, split="test"):
    """Rows of all seeds."""
    return stored("chips.csv", network=network, protocol=protocol, setting=setting, t=t, split=split)


def at_best_rate(network, protocol, setting):
    """Rows of the rate that does best by the held-out images."""
    names = [f"{network}, rate {rate:g}" for rate in RATES]
    return of_chips(max(names, key=lambda name: mean(of_chips(name, protocol, setting, split="validation"), "accuracy")), protocol, setting)


def recovered():
    """Rows by encoding and network, at the spread that each seed chose."""
    of = {"digital": of_chips("base", "digital", "")}
    for encoding in ("single_device", "single_pair"):
        for name, network in (("base", "base"), ("control", "control"), ("spread", f"with noise, {encoding}")):
            of[f"{encoding} {name}"] = of_chips(network, "recover", f"{encoding} chosen")
    return of


def clip_of(method, t):
    """The clipping that does best by the held-out images."""
    return max(CLIPS, key=lambda clip: mean(of_chips(f"hardware-aware, clip {clip:g}", "analognas", method, t, "validation"), "accuracy"))


def hardened_gain(method, t, clip):
    """Rows of the base, of the control, and of hardware-aware training with a clipping."""
    return [of_chips(name, "analognas", method, t) for name in ("base", "control", f"hardware-aware, clip {clip:g}")]
