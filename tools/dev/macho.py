#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What programs and libraries for macOS on ARM need, read from their load commands: macho.py VERSION FILE...

Fails where one needs a newer macOS than VERSION, or a library that neither macOS nor the same folder has. The numbers are
those of Apple's <mach-o/loader.h>."""
import pathlib
import struct
import sys

MAGIC, ARM64 = 0xFEEDFACF, 0x0100000C
LOAD_DYLIB, RPATH, BUILD_VERSION = 0xC, 0x8000001C, 0x32


def load_commands(data):
    """(kind, bytes) of each."""
    magic, cpu, _, _, count, _, _, _ = struct.unpack_from("<8I", data)
    if (magic, cpu) != (MAGIC, ARM64):
        sys.exit(f"macho.py: not a file for macOS on ARM: {magic:#x}, processor {cpu:#x}")
    at = 32
    for _ in range(count):
        kind, size = struct.unpack_from("<2I", data, at)
        yield kind, data[at:at + size]
        at += size


def text(command):
    return command[struct.unpack_from("<I", command, 8)[0]:].split(b"\0")[0].decode()


def check(path, newest):
    oldest = None
    commands = list(load_commands(path.read_bytes()))
    beside = "@loader_path" in [text(command) for kind, command in commands if kind == RPATH]
    for kind, command in commands:
        if kind == BUILD_VERSION:
            number = struct.unpack_from("<I", command, 12)[0]
            oldest = (number >> 16, number >> 8 & 0xFF)
        if kind == LOAD_DYLIB:
            name = text(command)
            print(f"{path.name} needs {name}")
            found = beside and name.startswith("@rpath/") and (path.parent / name[len("@rpath/"):]).exists()
            if not name.startswith("/usr/lib/") and not found:
                sys.exit(f"macho.py: {path.name} does not find {name}")
    print(f"{path.name}: macOS {oldest}")
    if oldest is None or oldest > newest:
        sys.exit(f"macho.py: {path.name} needs macOS {oldest}, not {newest}")


for file in sys.argv[2:]:
    check(pathlib.Path(file), tuple(int(part) for part in sys.argv[1].split(".")))
