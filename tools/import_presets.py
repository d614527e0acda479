#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the device presets from a dump of aihwkit's preset and device classes.

    import_presets.py presets.json defaults.json

presets.json holds the field values of each preset, defaults.json those of each class. Written into this source tree:
lib/presets/NAME.json with the fields that differ from our defaults, and tests/data/preset_fields.csv with all fields,
which a test compares with what the library makes of each name.
"""
import csv
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLASS_SOURCE = "aihwkit 1.1.0, Python defaults of the class (Rasch et al., AICAS (2021), arXiv:2104.02184)"
COLLECTED = "; figures as collected in aihwkit 1.1.0"

GONG_2018 = "Gong et al., Nat. Commun. 9:2102 (2018)"
GONG_2022 = "Gong, Rasch et al., IEDM (2022), doi:10.1109/IEDM45625.2022.10019569"
GOKMEN = "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)"
RASCH = "Rasch, Gokmen and Haensch, IEEE Des. Test 37 (2020), arXiv:1906.02698"

# class: (name, one line, source)
PRESETS = {
    "ReRamESPresetDevice": ("reram_es", "HfO2 ReRAM, exponential steps fitted to a measured sweep", GONG_2018),
    "ReRamSBPresetDevice": ("reram_sb", "HfO2 ReRAM, soft bounds fitted to a measured sweep", GONG_2018),
    "CapacitorPresetDevice": ("capacitor", "capacitor cell in 14 nm, nearly linear, leaks", "Li et al., VLSI Technology (2018)"),
    "EcRamPresetDevice": ("ecram", "Li-based electrochemical RAM, asymmetric slopes", "Tang et al., IEDM (2018)"),
    "EcRamMOPresetDevice": ("ecram_mo", "metal-oxide electrochemical RAM, many states", "Kim et al., IEDM (2019)"),
    "IdealizedPresetDevice": ("idealized", "constant steps, 10000 states, no asymmetry", GOKMEN + "; " + RASCH),
    "GokmenVlasovPresetDevice": ("gokmen_vlasov", "the specification of a resistive processing unit", GOKMEN),
    "PCMPresetDevice": ("pcm", "phase-change memory, one of a pair: only up pulses are meant", "Nandakumar et al., Front. Neurosci. 14:406 (2020)"),
    "ReRamArrayOMPresetDevice": ("reram_array_om", "optimised-material ReRAM array in 14 nm, symmetry point subtracted", GONG_2022),
    "ReRamArrayHfO2PresetDevice": ("reram_array_hfo2", "baseline HfO2 ReRAM array in 14 nm, symmetry point subtracted", GONG_2022),
}

# classes that are offered under their own name; FloatingPointDevice is ideal, too
CLASSES = ["FloatingPointDevice", "IdealDevice", "ConstantStepDevice", "LinearStepDevice", "SoftBoundsDevice",
           "SoftBoundsPmaxDevice", "SoftBoundsReferenceDevice", "ExpStepDevice", "PowStepDevice",
           "PowStepReferenceDevice", "PiecewiseStepDevice"]

# not fields of a device here: seeds belong to tiles, counting is always on, drift is inert in every preset
SKIPPED = {"_class", "construction_seed", "count_pulses", "drift"}

# where a class means something else than our kind of the same name
EXTRA = {"SoftBoundsPmaxDevice": {"aihwkit_mapping": True}}


def snake(class_name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name.removesuffix("Device")).lower()


def kind_of(class_name):
    return "ideal" if class_name in ("FloatingPointDevice", "IdealDevice") else snake(class_name)


def fields_of(parameters):
    drift = parameters.get("drift", {"nu": 0})
    assert drift["nu"] == 0, "a preset that drifts needs the drift fields"
    return {k: v for k, v in parameters.items() if k not in SKIPPED and v is not None}


def text_of(value):
    if isinstance(value, list):
        return "[" + ", ".join(text_of(v) for v in value) + "]"
    return repr(float(value))


def documents(presets, defaults):
    classes = {c["name"]: fields_of(c["parameters"]) for c in defaults["classes"] if "parameters" in c}
    for preset in presets["presets"]:
        if preset["name"] in PRESETS:
            name, doc, source = PRESETS[preset["name"]]
            base = preset["bases"][0]
            fields = fields_of(preset["parameters"])
            ours = {k: v for k, v in fields.items() if v != classes[base][k]}
            yield fields, {"name": name, "kind": kind_of(base), "category": "device", "aliases": [preset["name"]],
                           "doc": doc, "source": source + COLLECTED, "parameters": ours}
    for name in CLASSES:
        extra = EXTRA.get(name, {})
        yield {**classes[name], **extra}, {
            "name": "aihwkit_" + snake(name), "kind": kind_of(name), "category": "device", "aliases": [name],
            "doc": f"{kind_of(name)} with the defaults of aihwkit's {name}", "source": CLASS_SOURCE, "parameters": extra}


def main(presets_path, defaults_path):
    presets = json.loads(pathlib.Path(presets_path).read_text(encoding="utf-8"))
    defaults = json.loads(pathlib.Path(defaults_path).read_text(encoding="utf-8"))
    rows = []
    for fields, document in documents(presets, defaults):
        text = json.dumps({**document, "parameters": dict(sorted(document["parameters"].items()))}, indent=2)
        (ROOT / "lib/presets" / (document["name"] + ".json")).write_text(text + "\n", encoding="utf-8")
        rows += [(document["aliases"][0], field, text_of(value)) for field, value in sorted(fields.items())]
    with open(ROOT / "tests/data/preset_fields.csv", "w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(("alias", "field", "value"))
        writer.writerows(sorted(rows))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
