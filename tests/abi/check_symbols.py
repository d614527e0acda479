#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports: headers, symbol map and shared library must name the same functions; the archive only ours.

check_symbols.py INCLUDE_DIR MAP SHARED_LIBRARY ARCHIVE"""
import pathlib
import re
import subprocess
import sys


def declared(include):
    names = set()
    for header in include.glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        names |= set(re.findall(r"AIMC_API[^;{]*?\b(aimc_[a-z0-9_]+)\s*\(", text))
    return names


def nm(flags, path):
    lines = subprocess.run(["nm", *flags, path], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if len(line.split()) == 3}


def main(include, map_file, shared, archive):
    headers = declared(pathlib.Path(include))
    mapped = set(re.findall(r"^\s*(aimc_\w+);", pathlib.Path(map_file).read_text(), flags=re.M))
    exported = {n for n in nm(["-D", "--defined-only"], shared) if not n.startswith("AIMC_")}
    foreign = {n for n in nm(["-g", "--defined-only"], archive) if not re.match(r"aimci?_", n)}
    problems = [(f"in headers, not in the map: {sorted(headers - mapped)}", headers - mapped),
                (f"in the map, not in headers: {sorted(mapped - headers)}", mapped - headers),
                (f"exported, not declared: {sorted(exported - headers)}", exported - headers),
                (f"declared, not exported: {sorted(headers - exported)}", headers - exported),
                (f"foreign names in the archive: {sorted(foreign)[:10]}", foreign)]
    bad = [text for text, names in problems if names]
    print("\n".join(bad) or f"{len(headers)} functions agree")
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))
