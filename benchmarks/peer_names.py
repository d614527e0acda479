#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write what aihwkit calls its configuration classes and their fields as JSON; runs in its virtual environment.

tests/data/aihwkit_names.json is what this printed; peer.py names compares the two.
"""
import dataclasses
import enum
import importlib
import inspect
import json
import pkgutil

import aihwkit

PACKAGES = ("aihwkit.simulator.configs", "aihwkit.simulator.parameters", "aihwkit.simulator.presets", "aihwkit.inference",
            "aihwkit.nn", "aihwkit.optim")


def classes():
    """name -> class of all public classes that the packages define."""
    found = {}
    for package in PACKAGES:
        root = importlib.import_module(package)
        modules = [root] + [importlib.import_module(module.name)
                            for module in pkgutil.walk_packages(root.__path__, package + ".")]
        for module in modules:
            for name, made in vars(module).items():
                if inspect.isclass(made) and made.__module__.startswith(PACKAGES) and not name.startswith("_"):
                    found[made.__name__] = made
    return found


def new_fields(made):
    """Fields of a dataclass that its bases do not have."""
    inherited = {field.name for base in made.__mro__[1:] if dataclasses.is_dataclass(base)
                 for field in dataclasses.fields(base)}
    return [field.name for field in dataclasses.fields(made) if field.name not in inherited]


def arguments(made):
    """Arguments of the constructor."""
    given = inspect.signature(made.__init__).parameters.values()
    return [each.name for each in list(given)[1:] if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


def main():
    names = {"version": aihwkit.__version__, "presets": [], "fields": {}, "enums": {}, "arguments": {}, "modules": []}
    for name, made in sorted(classes().items()):
        if made.__module__.startswith("aihwkit.simulator.presets"):
            names["presets"].append(name)
        elif issubclass(made, enum.Enum):
            names["enums"][name] = list(made.__members__)
        elif dataclasses.is_dataclass(made):
            names["fields"][name] = new_fields(made)
        elif made.__module__.startswith(("aihwkit.nn", "aihwkit.optim")):
            names["modules"].append(name)
        else:
            names["arguments"][name] = arguments(made)
    print(json.dumps(names, indent=1))


if __name__ == "__main__":
    main()
