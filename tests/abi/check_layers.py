#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Floors (docs/architecture.md): includes and symbols go down or stay in their own folder; users see include/ alone.

An include can hide a climb: a header declares what a higher floor defines. So nm looks at every object, too: what a
folder's objects leave undefined must be defined in the same folder or on a lower floor.

check_layers.py SOURCE_ROOT BUILD_ROOT"""
import collections
import pathlib
import re
import subprocess
import sys

FLOOR = {"presets": -1, "core": 0, "kernels": 1, "blas": 1, "io": 1, "device": 2, "periphery": 2, "tile": 3, "optimizer": 4,
         "inference": 4, "energy": 4, "analog": 5, "network": 6}
# The vector type and the choice of instruction set are for whoever writes kernels.
ALLOWED_INCLUDES = {("blas", "kernels/vec.h"), ("blas", "kernels/dispatch.h")}
# What operating systems do each in their own way: the command is built with these two files, too.
SHARED_WITH_USERS = {"core/os.h"}
MADE = {"quickstart_files.h"}  # in the build folder
# The list of all kinds is made above all floors and read by the lowest.
COMPOSITION_ROOT = "kinds"


def is_down(folder, target):
    return target == folder or FLOOR[target] < FLOOR[folder]


def includes(root):
    for path in sorted((root / "lib").rglob("*.[ch]")):
        folder = path.relative_to(root / "lib").parts[0]
        if folder not in FLOOR:
            continue
        for name in re.findall(r'#include "([^"]+)"', path.read_text()):
            target = name.split("/")[0]
            if target in FLOOR and not is_down(folder, target) and (folder, name) not in ALLOWED_INCLUDES:
                yield f"{path.relative_to(root)} includes {name}: floor {FLOOR[folder]} to {FLOOR[target]}"


def users(root):
    for folder in ("tools", "examples", "bindings"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            if "tests" in path.parts:  # may compile an example
                continue
            for name in re.findall(r'#include "([^"]+)"', path.read_text()):
                if not (path.parent / name).exists() and name not in SHARED_WITH_USERS | MADE:
                    yield f"{path.relative_to(root)} includes {name}, which is not its own"


def products(root):
    text = "\n".join(p.read_text() for p in (root / "lib").rglob("*.[ch]") if p.parent.name != "blas")
    for name in re.findall(r"#include <(blis|libxsmm|cblas)[^>]*>", text):
        yield f"{name} is included outside lib/blas"


def folder_of(path):
    """Meson names the object of lib/tile/array.c tile_array.c.o."""
    folders = [f for f in FLOOR if path.name.startswith(f + "_") or f"_{f}_data.c" in path.name]
    if not folders and path.name != COMPOSITION_ROOT + ".c.o":
        sys.exit(f"{path.name} is in no folder that has a floor")
    return folders[0] if folders else COMPOSITION_ROOT


def symbols(build):
    defined, undefined = collections.defaultdict(set), collections.defaultdict(set)
    objects = [p for p in (build / "lib").rglob("*.c.o")]
    if not objects:
        yield f"no object files in {build}/lib"
        return
    for path in objects:
        folder = folder_of(path)
        for line in subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines():
            kind, name = line.split()[-2:]
            if name.startswith("aimc"):
                (undefined if kind == "U" else defined if kind.isupper() else collections.defaultdict(set))[name].add(
                    (folder, path.name))
    for name, places in sorted(undefined.items()):
        homes = {folder for folder, _ in defined.get(name, ())}
        for folder, where in sorted(places):
            if COMPOSITION_ROOT not in homes | {folder} and not any(is_down(folder, home) for home in homes):
                yield f"{where} needs {name}, which is defined in {', '.join(sorted(homes)) or 'no object'}"


source, build = map(pathlib.Path, sys.argv[1:])
found = [*includes(source), *users(source), *products(source), *symbols(build)]
print("\n".join(found) or "every include and every symbol goes down")
sys.exit(1 if found else 0)
