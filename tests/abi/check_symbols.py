#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports: headers, symbol map and shared library must name the same functions; the archive only ours, and none that
its own file alone needs, which would be static.

check_symbols.py SOURCE_ROOT SHARED_LIBRARY ARCHIVE"""
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
    """(type, name) of each symbol."""
    lines = subprocess.run(["nm", *flags, path], check=True, capture_output=True, text=True).stdout.splitlines()
    return [(words[-2], words[-1].split("@")[0]) for words in map(str.split, lines) if len(words) >= 2]


def needed(archive, tests):
    """Internal names that an object leaves undefined or a test speaks of. A table of kernels is needed in all its
    variants where it is in one."""
    names = {name for kind, name in nm(["-g"], archive) if kind == "U"}
    for path in tests.rglob("*.[ch]"):
        names |= set(re.findall(r"\baimci_\w+", path.read_text()))
    tables = {name.rsplit("_", 1)[0] for name in names if name.startswith("aimci_k_")}
    return names | {f"{table}_{isa}" for table in tables for isa in ("c", "avx2", "avx512", "neon")}


def main(root, shared, archive):
    headers = declared(root / "include/aimc")
    mapped = set(re.findall(r"^\s*(aimc_\w+);", (root / "lib/aimc.map").read_text(), flags=re.M))
    exported = {name for _, name in nm(["-D", "--defined-only"], shared) if not name.startswith("AIMC_")}
    ours = {name for _, name in nm(["-g", "--defined-only"], archive)}
    foreign = {name for name in ours if not re.match(r"aimci?_", name)}
    internal = {name for name in ours if name.startswith("aimci_")}
    lonely = internal - needed(archive, root / "tests")
    problems = [(f"in headers, not in the map: {sorted(headers - mapped)}", headers - mapped),
                (f"in the map, not in headers: {sorted(mapped - headers)}", mapped - headers),
                (f"exported, not declared: {sorted(exported - headers)}", exported - headers),
                (f"declared, not exported: {sorted(headers - exported)}", headers - exported),
                (f"foreign names in the archive: {sorted(foreign)[:10]}", foreign),
                (f"needed in their own file alone, so static: {sorted(lonely)}", lonely)]
    bad = [text for text, names in problems if names]
    print("\n".join(bad) or f"{len(headers)} functions agree, {len(internal)} internal names are needed")
    return 1 if bad else 0


sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
