#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The binary interface that programs in the field were built with: tests/abi/settled.

    settle.py SOURCE_ROOT          is all of it still there?
    settle.py SOURCE_ROOT --write  settle the interface as it is now: for a release

libaimc.abi there lists it (as tests/abi/libaimc.abi does), aimc.h declares it: old_client.c is compiled with that header
and runs with today's library. Whatever was settled stays: functions, values of enums, and members of structs where they
were. Structs may grow at their end. abi_layout.c pins every member by the compiler."""
import pathlib
import re
import subprocess
import sys

HEADER = "/* SPDX-License-Identifier: MIT */\n/* Made by tests/abi/settle.py; do not edit. %s */\n"


def read_sections(path):
    """name of a section -> its lines; functions and other single lines are in ''."""
    sections, name = {"": set()}, ""
    for line in path.read_text(encoding="utf-8").splitlines():
        head = re.fullmatch(r"(struct \w+): \d+ bytes|(enum \w+)", line)
        if head:
            name = head[1] or head[2]
            sections[name] = set()
        elif not line.startswith(" "):
            name = ""
            if line and not line.startswith("#"):
                sections[""].add(line)
        else:
            sections[name].add(line)
    return sections


def missing(settled, now):
    for name, lines in settled.items():
        for line in sorted(lines - now.get(name, set())):
            yield f"{name}: {line.strip()}" if name else line


def flat_header(include):
    """All headers as one, without comments."""
    names = re.findall(r"#include <aimc/(\w+\.h)>", (include / "aimc.h").read_text(encoding="utf-8"))
    done, text = set(), [HEADER % "The public headers in one, without comments."]

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


def layout_asserts(sections):
    yield HEADER % "Compiling it is the test."
    yield """#include <stddef.h>

#include <aimc/aimc.h>

#define AT(type, field, offset)                                                                    \\
    _Static_assert(sizeof(void *) != 8 || offsetof(type, field) == (offset), #type "." #field)

"""
    for name, lines in sorted(sections.items()):
        if name.startswith("struct "):
            for line in sorted(lines, key=lambda text: int(text.split()[0])):
                offset, field = re.match(r" +(\d+) (\w+):", line).groups()
                yield f"AT({name[7:]}, {field}, {offset});\n"
    for name, lines in sorted(sections.items()):
        if name.startswith("enum "):
            for key, value in sorted(line.strip().split(" = ") for line in lines):
                yield f"_Static_assert({key} == {value}, \"{key}\");\n"
    yield "\nint main(void)\n{\n    return 0;\n}\n"


def write(root):
    folder = root / "tests/abi/settled"
    folder.mkdir(exist_ok=True)
    text = (root / "tests/abi/libaimc.abi").read_text(encoding="utf-8").split("\n", 2)[2]
    (folder / "libaimc.abi").write_text("# The settled interface: tests/abi/settle.py\n" + text, encoding="utf-8")
    (folder / "aimc.h").write_text(flat_header(root / "include/aimc"), encoding="utf-8")
    asserts = "".join(layout_asserts(read_sections(folder / "libaimc.abi")))
    (root / "tests/abi/abi_layout.c").write_text(asserts, encoding="utf-8")
    subprocess.run(["clang-format", "-i", folder / "aimc.h", root / "tests/abi/abi_layout.c"], check=True)


def main(root, writes):
    if writes:
        write(root)
        return 0
    settled = read_sections(root / "tests/abi/settled/libaimc.abi")
    gone = list(missing(settled, read_sections(root / "tests/abi/libaimc.abi")))
    for line in gone:
        print(f"settled, and gone or changed: {line}")
    print("programs built before still run" if not gone else "Programs that were built before would break.")
    return 1 if gone else 0


sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), "--write" in sys.argv))
