#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print the library's sources, one a line, as seen from this folder: sources.py plain|kernels|laws

Every C file here and in the folders is one. Those that define tables under AIMCI_K(...) are kernels, which are
compiled once for each instruction set; all others are plain. Laws are the names of the headers of device/laws."""
import pathlib
import sys


def is_kernels(path):
    return "AIMCI_K(" in path.read_text(encoding="utf-8")


here = pathlib.Path(__file__).parent
if sys.argv[1] == "laws":
    for path in sorted(here.glob("device/laws/*.h")):
        print(path.stem)
else:
    for path in sorted(here.rglob("*.c")):
        if is_kernels(path) == (sys.argv[1] == "kernels"):
            print(path.relative_to(here))
