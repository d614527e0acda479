#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The files of 'aimc quickstart' as C: embed.py OUT.h FILE..."""
import json
import pathlib
import sys


def literal(text):
    """Lines as string literals that follow one another."""
    return "\n".join("     " + json.dumps(line + "\n") for line in text.rstrip("\n").split("\n"))


def main(out, paths):
    rows = [f"    {{{json.dumps(path.name)},\n{literal(path.read_text(encoding='utf-8'))}}},\n" for path in map(pathlib.Path, paths)]
    pathlib.Path(out).write_text("/* made by tools/quickstart/embed.py; do not edit */\n"
                                 "static const struct file {\n    const char *name, *text;\n} files[] = {\n" + "".join(rows) + "};\n",
                                 encoding="utf-8")


main(sys.argv[1], sys.argv[2:])
