#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The binary interface, as the headers declare it, against the one that was accepted: tests/abi/libaimc.abi.

    check_abi.py [--accept] SOURCE_ROOT

Signatures without names of arguments, values of enums and constants, and size and offset of every member of the
public structs on 64-bit hosts. That the library exports what the headers declare is the test symbols, and that a
compiler lays structs out like this the test python_abi."""
import ctypes
import difflib
import pathlib
import re
import sys

HEADER = """# The binary interface of libaimc on 64-bit hosts. './dev abi' writes it anew, which accepts a change:
# added is fine; removed or changed breaks programs that were built before, and needs a new abi_epoch.
"""


def read_headers(root, include):
    sys.path.insert(0, str(root / "bindings/python"))
    sys.dont_write_bytecode = True
    import abi_from_headers  # pylint: disable=import-outside-toplevel,import-error

    class InC(abi_from_headers.Headers):
        """The same declarations with their types in C instead of ctypes."""

        def _type(self, text):
            return re.sub(r"\s*\*", " *", " ".join(text.split())).replace("* *", "**").strip()

        def _function_type(self, result, arguments):
            return f"{self._type(result)} ({', '.join(self._arguments(arguments))})"

        def _field(self, text):
            callback = re.fullmatch(r"(.+?)\(\*(\w+)\)\((.*)\)", text)
            if callback:
                return callback[2], self._function_type(callback[1], callback[3])
            kind, name, size = re.fullmatch(r"(.+?)(\w+)((?:\[\w+\])?)", text).groups()
            return name, self._type(kind) + size

        def _arguments(self, text):
            parts = re.split(r",(?![^()]*\))", text)  # not at the commas of a function that is an argument
            return [] if text.strip() == "void" else [self._argument(part.strip()) for part in parts]

        def _argument(self, text):
            return self._field(text)[1] if "(" in text else self._type(re.fullmatch(r"(.*?)\w+", text)[1])

    return InC(include), abi_from_headers.layouts(abi_from_headers.Headers(include))


def describe(headers, layout):
    for name, value in headers.constants.items():
        if "VERSION" not in name:
            yield f"{name} = {value}"
    for name, values in headers.enums.items():
        yield from ["", f"enum {name}"] + [f"    {key} = {value}" for key, value in values.items()]
    for name, fields in headers.structs.items():
        yield from ["", f"struct {name}: {ctypes.sizeof(layout[name])} bytes"]
        yield from (f"    {getattr(layout[name], field).offset:4} {field}: {kind}" for field, kind in fields)
    yield ""
    yield from (f"opaque {name}" for name in sorted(headers.opaque) if name not in headers.structs)
    yield ""
    yield from (f"callback {name}: {kind}" for name, kind in sorted(headers.callbacks.items()))
    yield ""
    for name, (result, arguments, _) in sorted(headers.functions.items()):
        yield f"{result} {name}({', '.join(arguments) or 'void'})".replace("* aimc", "*aimc")


def interface(root, include):
    """The lines of the interface that the headers in a folder declare."""
    return list(describe(*read_headers(root, include)))


def main(root, accept):
    baseline = root / "tests/abi/libaimc.abi"
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        print("the accepted interface is of 64-bit hosts")
        return 77
    now = HEADER + "\n".join(interface(root, root / "include/aimc")) + "\n"
    before = baseline.read_text(encoding="utf-8") if baseline.exists() else ""
    changes = list(difflib.unified_diff(before.splitlines(), now.splitlines(), "accepted", "headers", "", "", 2, ""))
    print("\n".join(changes) or "the interface is the accepted one")
    if accept:
        baseline.write_text(now, encoding="utf-8")
    elif changes:
        print("\nIf that is meant: ./dev abi, and commit tests/abi/libaimc.abi with the change.")
    return 1 if changes and not accept else 0


if __name__ == "__main__":
    arguments = [arg for arg in sys.argv[1:] if arg != "--accept"]
    sys.exit(main(pathlib.Path(arguments[0]).resolve(), "--accept" in sys.argv))
