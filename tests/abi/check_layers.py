#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Floors (design: architecture): an include goes down or stays in its own folder; users see include/ alone.

check_layers.py SOURCE_ROOT"""
import pathlib
import re
import sys

FLOOR = {"core": 0, "presets": 0, "kernels": 1, "blas": 1, "io": 1, "device": 2, "periphery": 2, "tile": 3, "optimizer": 4,
         "inference": 4, "energy": 4, "network": 5}
# The vector type and the choice of instruction set are for whoever writes kernels.
ALLOWED = {("blas", "kernels/vec.h"), ("blas", "kernels/dispatch.h"), ("io", "core")}


def violations(root):
    for path in sorted((root / "lib").rglob("*.[ch]")):
        folder = path.relative_to(root / "lib").parts[0]
        if folder not in FLOOR:
            continue
        for name in re.findall(r'#include "([^"]+)"', path.read_text()):
            target = name.split("/")[0]
            if target == folder or target not in FLOOR or (folder, name) in ALLOWED:
                continue
            if FLOOR[target] >= FLOOR[folder]:
                yield f"{path.relative_to(root)} includes {name}: floor {FLOOR[folder]} to {FLOOR[target]}"
    for folder in ("tools", "examples", "bindings"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            if "tests" in path.parts:  # may compile an example
                continue
            for name in re.findall(r'#include "([^"]+)"', path.read_text()):
                if not (path.parent / name).exists():
                    yield f"{path.relative_to(root)} includes {name}, which is not its own"
    text = "\n".join(p.read_text() for p in (root / "lib").rglob("*.[ch]") if p.parent.name != "blas")
    for name in re.findall(r"#include <(blis|libxsmm|cblas)[^>]*>", text):
        yield f"{name} is included outside lib/blas"


found = list(violations(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "every include goes down")
sys.exit(1 if found else 0)
