#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print the preset documents beside this script, sorted: meson's view of the folder."""
import pathlib

for path in sorted(pathlib.Path(__file__).parent.glob("*.json")):
    print(path)
