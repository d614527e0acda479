# SPDX-License-Identifier: MIT
"""Pages made from the library itself: fields of every kind, presets, headers, the Python package, the command."""
import collections
import importlib.util
import re
import subprocess

import aimc

# page -> title, what it holds, categories of kinds
GROUPS = {
    "devices": ("Device models", "How one cell of a crossbar answers a voltage pulse, and how its weight drifts.", ["device", "drift", "endurance", "read_disturb", "arrhenius"]),
    "algorithms": ("Training algorithms", "How a gradient becomes voltage pulses.", ["optimizer", "update"]),
    "readout": ("Read-out", "What stands between digital vectors and the crossbar, how weights lie on cells, wires, netlists.",
                ["periphery", "cell_mapping", "wires", "netlist"]),
    "converters": ("Converters", "A DAC or an ADC, and its errors.", ["converter", "nonideal_converter"]),
    "layers": ("Layers, tiles, mapping", "A matrix on tiles with its optimizer, a tile, how a matrix is cut and scaled.", ["layer", "tile", "mapping"]),
    "inference": ("Programming and inference", "How trained weights are written, read at a time after, and corrected; digital storage.",
                  ["inference", "programming", "compensation", "faults", "weight_programming", "storage"]),
    "memories": ("Programmed devices", "What devices that hold trained weights do, and how a weight lies on several of them.",
                 ["noise_model", "encoding", "temperature"]),
    "aware": ("Hardware-aware training", "Modified weights, clipping, input ranges, output scales, calibration.",
              ["hwa", "modifier", "input_range", "output_scale", "calibration"]),
    "ops": ("Ops", "Nodes of a network.", ["op"]),
    "training": ("Losses, digital optimizers, schedules", "What training makes small, and how digital weights follow.",
                 ["loss", "digital_optimizer", "schedule"]),
    "energy": ("Technology and chip", "Constants of energy, time and area.", ["technology", "chip", "component"]),
}


def cell(text):
    """Text that may stand in a table of Markdown."""
    return re.sub(r"\s+", " ", str(text)).replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;").replace("$", "\\$")


def number(value):
    return f"{value:g}"


def span(field):
    """Range of a field as text, with its unit."""
    unit = "" if field.unit == "1" else ", in " + field.unit
    if field.type in ("number", "integer", "list"):
        huge = 1e29
        low = None if field.min <= -huge else number(field.min)
        high = None if field.max >= huge else number(field.max)
        ends = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else "any"
        return ends + unit
    if field.type == "flag":
        return "true, false"
    return field.choices.replace("|", ", ")


def default(config, field):
    if field.type == "number":
        return number(config.number(field.name))
    return "" if field.type == "config" else config.text(field.name).strip('"')


def sentence(text):
    return cell(text)[:1].upper() + cell(text)[1:]


def fields_of(kind):
    """The table of fields of one kind."""
    config = aimc.Config(kind.name)
    rows = [f"| `{field.name}` | {cell(default(config, field))} | {cell(span(field))} | {sentence(field.doc)}. *{cell(field.source)}* |"
            for field in config.fields()]
    text = f"## {kind.name}\n\n{sentence(kind.doc)}. *{cell(kind.source)}*\n\n"
    if not rows:
        return text + "It has no fields.\n"
    return text + "| field | default | range | meaning and *source* |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def write_fields(stage):
    """A page for each group, with every field of its kinds."""
    kinds = collections.defaultdict(list)
    for preset in aimc.presets():
        if not preset.is_preset:
            kinds[preset.category].append(preset)
    grouped = {category for _, _, categories in GROUPS.values() for category in categories}
    if grouped != set(kinds):
        raise SystemExit(f"docs/site/reference.py: GROUPS and the library differ: {', '.join(sorted(grouped ^ set(kinds)))}")
    index = ["# Fields of every configuration\n", "A configuration has named fields. In C `aimc_config_set(config, \"forward.out_noise\", 0.02)` sets one, in",
             "Python `config[\"forward.out_noise\"] = 0.02`; nested ones are reached with dots. A field out of its range is refused.\n",
             "| page | kinds |", "|---|---|"]
    for page, (title, meaning, categories) in GROUPS.items():
        members = [kind for category in categories for kind in kinds[category]]
        stage.write(f"reference/fields/{page}.md", f"# {title}\n\n{meaning}\n\n" + "\n".join(map(fields_of, members)))
        index.append(f"| [{title}]({page}.md) | {', '.join('`' + kind.name + '`' for kind in members)} |")
    tree = "\n".join(GROUPS)
    stage.write("reference/fields/index.md", "\n".join(index) + f"\n\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n")


def write_presets(stage):
    """Every preset with its source."""
    text = ["# Presets", "", "A preset is a kind with the values of a publication or of measured devices. Give its name wherever a kind may stand."]
    found = collections.defaultdict(list)
    for preset in aimc.presets():
        if preset.is_preset:
            found[preset.category].append(preset)
    for title, _, categories in GROUPS.values():
        members = [preset for category in categories for preset in found[category]]
        if members:
            text += ["", f"## {title}: {len(members)}", "", "| preset | kind | what it is | *source*, other names |", "|---|---|---|---|"]
            text += [f"| `{preset.name}` | `{preset.kind}` | {sentence(preset.doc)} | *{cell(preset.source)}* {cell(', '.join(preset.aliases))} |"
                     for preset in members]
    stage.write("reference/presets.md", "\n".join(text) + "\n")


def brief(header):
    """First sentence of what a header says of itself."""
    text = re.search(r"@file \S+\n \* (.*?)(?:\n \*\n|\n \*/)", header.read_text(encoding="utf-8"), re.S).group(1)
    return re.sub(r"\s*\n \* ", " ", text)


def write_headers(stage):
    """A page of Breathe for each public header."""
    rows, names = [], []
    for header in sorted((stage.tree / "include/aimc").glob("*.h")):
        if header.stem == "aimc":
            continue
        stage.write(f"reference/c/{header.stem}.md", f"# {header.name}\n\n```{{doxygenfile}} aimc/{header.name}\n```\n")
        rows.append(f"| [{header.name}](c/{header.stem}.md) | {cell(brief(header))} |")
        names.append(f"c/{header.stem}")
    listed = "\n".join(names)
    stage.write("reference/c/aimc.md", "---\norphan: true\n---\n\n# aimc.h\n\nIt includes all the other headers: [the reference](../index.md).\n")
    stage.write("reference/index.md", "# Reference of the C interface\n\n`#include <aimc/aimc.h>` brings all of it.\n\n| header | |\n|---|---|\n"
                + "\n".join(rows) + f"\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n")


def write_python(stage):
    """The Python package, from its docstrings."""
    text = ["# Reference of the Python package", "", "`import aimc`. Every object is closed by `close()`, by `with`, or when nothing refers to it.", "",
            "In signatures, `ArrayLike` is what `numpy.asarray()` takes; `Floats`, `Doubles` and `Ints` are arrays of float32, float64 and int32. `ConfigLike` is a "
            "`Config`, the name of a kind or preset, a mapping of fields, or None; a `FieldValue` is a number, flag, word, list, or nested fields. Failures are "
            "exceptions below [aimc.Error](../python.md#mistakes).", ""]
    skip = {"default_context"}
    for name in aimc.__all__:
        thing = getattr(aimc, name)
        if name in skip:
            continue
        directive = "autoexception" if isinstance(thing, type) and issubclass(thing, BaseException) else \
            "autoclass" if isinstance(thing, type) else "autofunction"
        inherited = ["   :inherited-members:"] if isinstance(thing, type) and hasattr(thing, "closed") else []  # of what holds a handle
        text += ["```{eval-rst}", f".. {directive}:: aimc.{name}", *inherited, "```", ""]
    for module, needs in (("datasets", "numpy"), ("convert", "numpy"), ("sweep", "numpy"), ("plot", "matplotlib"), ("torch", "torch"), ("sklearn", "sklearn")):
        if importlib.util.find_spec(needs):
            text += [f"## aimc.{module}", "", "```{eval-rst}", f".. automodule:: aimc.{module}", "```", ""]
    stage.write("reference/python.md", "\n".join(text))


def shown(command, words):
    return subprocess.run([command, *words], check=True, capture_output=True, text=True).stdout


def write_command(stage, command):
    """What every command says of itself."""
    text = ["# The command", "", "`aimc` does the common jobs without a program. Exit codes: 0 done, 1 it did not work, 2 it was asked wrongly.", ""]
    usage = shown(command, ["--help"])
    for name in re.findall(r"^  ([a-z]+) {2,}\S", usage, re.M):
        text += [f"## aimc {name}", "", "```text", shown(command, [name, "--help"]).rstrip(), "```", ""]
        if name == "device":
            for part in re.findall(r"^  ([a-z]+)\b", shown(command, ["device", "--help"]), re.M):
                words = subprocess.run([command, "device", part, "--help"], capture_output=True, text=True, check=False)
                if words.returncode == 0:
                    text += [f"### aimc device {part}", "", "```text", words.stdout.rstrip(), "```", ""]
    stage.write("reference/command.md", "\n".join(text))
