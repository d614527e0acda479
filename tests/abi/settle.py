#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The binary interface that programs in the field were built with: tests/abi/settled/aimc.

    settle.py SOURCE_ROOT          is all of it still there?
    settle.py SOURCE_ROOT --write  settle the interface as it is now: for a release

Whatever was settled stays: functions, values of enums, and members of structs where they were. Structs may grow at
their end. The test abi_layout asks the compiler the same; old_client.c is compiled with the settled header and runs
with today's library."""
import pathlib
import re
import subprocess
import sys

from check_abi import interface

HEADER = """/* SPDX-License-Identifier: MIT */
/* Made by tests/abi/settle.py; do not edit. The public headers in one, without comments. */
"""


def sections_of(lines):
    """Name of a section -> its lines; functions and other single lines are in ''. Sizes of structs are left out."""
    sections, name = {"": set()}, ""
    for line in lines:
        head = re.fullmatch(r"(struct \w+): \d+ bytes|(enum \w+)", line)
        if head:
            name = head[1] or head[2]
        elif not line.startswith(" "):
            name = ""
        if line and not head:
            sections.setdefault(name, set()).add(line)
    return sections


def missing(settled, now):
    for name, lines in settled.items():
        for line in sorted(lines - now.get(name, set())):
            yield f"{name}: {line.strip()}" if name else line


def flat_header(include):
    """All headers as one, without comments."""
    names = re.findall(r"#include <aimc/(\w+\.h)>", (include / "aimc.h").read_text(encoding="utf-8"))
    done, text = set(), [HEADER]

    def add(name):
        if name in done:
            return
        done.add(name)
        source = (include / name).read_text(encoding="utf-8")
        for needed in re.findall(r"#include <aimc/(\w+\.h)>", source):
            add(needed)
        bare = subprocess.run(["cc", "-fpreprocessed", "-dD", "-E", "-P", "-w", include / name], check=True,
                              capture_output=True, text=True).stdout
        text.append(re.sub(r"#include <aimc/.*>\n", "", bare))

    for name in names:
        add(name)
    return "".join(text)


def main(root, writes):
    include, settled = root / "include/aimc", root / "tests/abi/settled/aimc"
    if writes:
        (settled / "settled.h").write_text(flat_header(include), encoding="utf-8")
        subprocess.run(["clang-format", "-i", settled / "settled.h"], check=True)
    gone = list(missing(sections_of(interface(root, settled)), sections_of(interface(root, include))))
    for line in gone:
        print(f"settled, and gone or changed: {line}")
    print("programs built before still run" if not gone else "Programs that were built before would break.")
    return 1 if gone else 0


sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), "--write" in sys.argv))
