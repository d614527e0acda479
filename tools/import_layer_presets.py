#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the training configurations of aihwkit's preset classes as layer presets.

    import_layer_presets.py presets.json

Written into lib/presets: one document for each training configuration, and one for each unit cell that they use.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEVICES = {"ReRamES": "reram_es", "ReRamSB": "reram_sb", "Capacitor": "capacitor", "EcRam": "ecram", "EcRamMO": "ecram_mo",
           "Idealized": "idealized", "GokmenVlasov": "gokmen_vlasov", "PCM": "pcm_cell"}
# name of the compound class: our algorithm, its name in presets, source
ALGORITHMS = {
    "TransferCompound": ("tiki_taka", "tiki_taka", "Gokmen and Haensch, Front. Neurosci. 14:103 (2020)"),
    "ChoppedTransferCompound": ("c_ttv2", "c_ttv2", "Rasch et al., Nat. Commun. 15:7133 (2024)"),
    "DynamicTransferCompound": ("agad", "agad", "Rasch et al., Nat. Commun. 15:7133 (2024)"),
    "MixedPrecisionCompound": ("mixed_precision", "mixed_precision", "Nandakumar et al., Front. Neurosci. 14:406 (2020)"),
}
NAME = re.compile(r"(TikiTaka|TTv2|ChoppedTTv2|AGAD|MixedPrecision)?(" + "|".join(sorted(DEVICES, key=len, reverse=True)) +
                  r")([24])?Preset$")
VECTOR_SOURCE = "Rasch et al., AICAS (2021), arXiv:2104.02184"
PCM_SOURCE = "Nandakumar et al., Front. Neurosci. 14:406 (2020)"
COLLECTED = "; settings as collected in aihwkit 1.1.0"
TRANSFER = ["gamma", "transfer_every", "units_in_mbatch", "transfer_columns", "fast_lr", "scale_fast_lr", "transfer_lr",
            "scale_transfer_lr"]
HOPS = ["n_reads_per_transfer", "random_selection", "with_reset_prob"]
CHOPPED = ["in_chop_prob", "in_chop_random", "out_chop_prob", "buffer_granularity", "auto_granularity", "auto_scale",
           "auto_momentum", "correct_gradient_magnitudes", "step", "momentum", "forget_buffer"]
DYNAMIC = ["tail_weightening", "buffer_cap"]
MIXED = ["transfer_every", "n_rows_per_transfer", "random_row", "granularity", "transfer_lr", "n_x_bins", "n_d_bins",
         "stoc_round_x", "stoc_round_d"]
UPDATE = ["desired_bl", "fixed_bl", "update_management", "update_bl_management", "um_grad_scale"]


def update_of(parameters):
    return {"kind": "update", **{k: parameters[k] for k in UPDATE}}


def optimizer_of(config):
    device = config["device"]
    compound = device["_class"]
    update = update_of(config["update"])
    if compound not in ALGORITHMS:
        return {"kind": "sgd", "update": update}
    kind = ALGORITHMS[compound][0]
    if kind == "mixed_precision":
        return {"kind": kind, **{k: device[k] for k in MIXED}, "update": update}
    names = TRANSFER + (HOPS if kind == "tiki_taka" else CHOPPED + (DYNAMIC if kind == "agad" else ["no_buffer"]))
    return {"kind": kind, **{k: device[k] for k in names if k in device}, "update": update,
            "transfer_forward": {"kind": "preset_io"}, "transfer_update": update_of(device["transfer_update"])}


def device_of(config, name):
    device = config["device"]
    inner = device.get("unit_cell_devices", [device.get("device", device)])[0]
    out = {"kind": name}
    if name == "pcm_cell":
        return out
    if inner.get("subtract_symmetry_point"):
        out["subtract_symmetry_point"] = True
    return out


def document(entry):
    prefix, device_class, count = NAME.match(entry["name"]).groups()
    device = DEVICES[device_class] + (f"_{count}" if count else "")
    algorithm = {None: "", "TikiTaka": "tiki_taka_", "TTv2": "ttv2_", "ChoppedTTv2": "c_ttv2_", "AGAD": "agad_",
                 "MixedPrecision": "mixed_precision_"}[prefix]
    config = entry["parameters"]
    compound = ALGORITHMS.get(config["device"]["_class"])
    # plain SGD on one device shares the device's own name, which is taken
    name = (algorithm or "sgd_") + device.removesuffix("_cell")
    return {
        "name": name,
        "kind": "layer",
        "category": "layer",
        "aliases": [entry["name"]],
        "doc": f"{device} devices trained by {(algorithm or 'sgd_')[:-1]}, noisy read-out",
        "source": (compound[2] if compound else "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)") + COLLECTED,
        "parameters": {"forward": {"kind": "preset_io"}, "backward": {"kind": "preset_io"},
                       "device": device_of(config, device), "optimizer": optimizer_of(config)},
    }


def device_preset(name, kind, aliases, doc, source, parameters):
    return {"name": name, "kind": kind, "category": "device", "aliases": aliases, "doc": doc, "source": source,
            "parameters": parameters}


def unit_cells(entries):
    """The cells behind the 2- and 4-device configurations, the PCM pair, and the peer's classes."""
    for entry in entries:
        match = NAME.match(entry["name"])
        if match and match[3]:
            device, cell = DEVICES[match[2]], entry["parameters"]["device"]
            n = len(cell["unit_cell_devices"])
            assert (cell["_class"], cell["update_policy"], cell["gamma_vec"]) == ("VectorUnitCell", "SingleRandom", [])
            yield device_preset(f"{device}_{n}", "vector_cell", [], f"{n} {device} devices, one at random takes each update",
                                VECTOR_SOURCE + COLLECTED,
                                {"n_devices": n, "device": {"kind": device}, "update_policy": "SINGLE_RANDOM"})
        if entry["name"] == "PCMPresetUnitCell":
            cell = entry["parameters"]
            yield device_preset("pcm_cell", "one_sided_cell", [entry["name"]], "pair of PCM devices, refreshed", PCM_SOURCE + COLLECTED,
                                {"device": {"kind": "pcm"}, "refresh_every": cell["refresh_every"],
                                 "units_in_mbatch": cell["units_in_mbatch"],
                                 "refresh_forward": {"kind": "preset_io"}, "refresh_update": update_of(cell["refresh_update"])})
    for alias, kind in (("VectorUnitCell", "vector_cell"), ("ReferenceUnitCell", "reference_cell"),
                        ("OneSidedUnitCell", "one_sided_cell")):
        yield device_preset("aihwkit_" + kind, kind, [alias], f"{kind} with the defaults of aihwkit's {alias}",
                            "aihwkit 1.1.0, Python defaults of the class (" + VECTOR_SOURCE + ")", {})


def main(path):
    with open(path, encoding="utf-8") as f:
        entries = json.load(f)["presets"]
    written = []
    documents = [document(entry) for entry in entries if NAME.match(entry["name"])]
    for doc in documents + list(unit_cells(entries)):
        written.append(doc["name"])
        with open(ROOT / "lib/presets" / (doc["name"] + ".json"), "w", encoding="utf-8") as f:
            json.dump(doc, f, indent=2)
            f.write("\n")
    print(len(written), "presets:", " ".join(written))


main(sys.argv[1])
