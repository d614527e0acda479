#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write aimc/_abi.py, the ctypes view of the public headers, and the records that the package returns.

    abi_from_headers.py [--check] INCLUDE_DIR OUTPUT
    abi_from_headers.py --layout INCLUDE_DIR      a C program that proves sizes and offsets
    abi_from_headers.py --grown INCLUDE_DIR       the same, for headers whose structs may be longer

The headers are plain: opaque structs, structs, enums, callbacks, functions. Anything else stops the parser.
"""
import argparse
import pathlib
import re
import sys
import textwrap

SCALARS = {"void": "None", "char": "ct.c_char", "int": "ct.c_int", "size_t": "ct.c_size_t",
           "int32_t": "ct.c_int32", "uint32_t": "ct.c_uint32", "int64_t": "ct.c_int64",
           "uint64_t": "ct.c_uint64", "float": "ct.c_float", "double": "ct.c_double"}
DEFINED = {"__GNUC__"}  # what #if sees; __cplusplus is not there

# structs that Python sees as named tuples, and their names there
RECORDS = {"aimc_device_info": "DeviceInfo", "aimc_counters": "Counters", "aimc_optimizer_stats": "OptimizerStats",
           "aimc_optimizer_step_info": "StepInfo", "aimc_noise_model_info": "NoiseModelInfo",
           "aimc_inference_report": "InferenceReport", "aimc_storage_report": "StorageReport",
           "aimc_network_info": "NetworkInfo", "aimc_tensor_info": "TensorInfo", "aimc_layer_info": "LayerInfo", "aimc_converter_cost": "ConverterCost",
           "aimc_cost_item": "CostItem", "aimc_cost_report": "CostReport", "aimc_cost_baseline": "Baseline",
           "aimc_cost_supply": "Supply", "aimc_cost_component": "CostComponent", "aimc_cost_range": "CostRange",
           "aimc_cost_sensitivity": "CostSensitivity", "aimc_cost_schedule": "CostSchedule", "aimc_evidence": "Evidence",
           "aimc_readout_info": "ReadoutInfo", "aimc_conductance_info": "ConductanceInfo",
           "aimc_extrapolation": "Extrapolation"}
HIDDEN = ("struct_size", "reserved")  # what a record leaves out


class HeaderError(Exception):
    """A construct the parser does not know."""


# ---- text to declarations ----------------------------------------------------------------------

def preprocess(text):
    """The text without comments and directives, as a C compiler would take it; and its constants."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S).replace("\\\n", " ")
    kept, constants, active = [], {}, [True]
    for line in text.split("\n"):
        directive = re.match(r"\s*#\s*(\w+)\s*(.*)", line)
        if not directive:
            kept.append(line if all(active) else "")
            continue
        word, rest = directive.groups()
        if word in ("if", "ifdef", "ifndef"):
            known = bool(set(re.findall(r"\w+", rest)) & DEFINED)
            active.append(not known if word == "ifndef" else known)
        elif word == "else":
            active[-1] = not active[-1]
        elif word == "endif":
            active.pop()
        elif word == "define" and all(active):
            value = re.fullmatch(r"(AIMC_\w+)\s+(-?\d+)u?", rest.strip())
            if value:
                constants[value[1]] = int(value[2])
    return "\n".join(kept), constants


def comments(text):
    """The first sentence said of each struct, and what is said of its fields: {struct: (doc, {field: doc})}."""
    found = {}
    for doc, name, body in re.findall(r"/\*\*((?:(?!\*/).)*)\*/\s*typedef struct (\w+) \{(.*?)\n\} \2;", text, re.S):
        fields = re.findall(r"(\w+)(?:\[\w+\])?;\s*/\*\*<(.*?)\*/", body, re.S)
        found[name] = plain(doc).split(". ")[0].rstrip(".") + ".", {field: plain(said) for field, said in fields}
    return found


def plain(comment):
    """One line without what is for Doxygen."""
    comment = re.sub(r"\n\s*\*?", " ", comment)
    return " ".join(re.sub(r"@since \S+|#(?=AIMC_)|; (constant|static)\s*$", "", comment).split())


class Headers:
    """Everything the public headers declare, in their order."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.constants, self.enums, self.opaque = {}, {}, []
        self.structs, self.callbacks, self.functions, self.origin = {}, {}, {}, {}
        self.comments, self.aliases = {}, {}
        umbrella = (self.folder / "aimc.h").read_text(encoding="utf-8")
        for name in re.findall(r"#include <aimc/(\w+\.h)>", umbrella):
            self._read(name)

    def _read(self, name):
        text = (self.folder / name).read_text(encoding="utf-8")
        self.comments.update(comments(text))
        text, constants = preprocess(text)
        self.constants.update(constants)
        text = re.sub(r"\bAIMC_(BEGIN|END)_DECLS\b", " ", text)
        for declaration in statements(text):
            self._declare(" ".join(declaration.split()), name)

    def _declare(self, text, header):
        for pattern, act in ((r"typedef struct (\w+) \1", self._opaque),
                             (r"typedef enum (\w+) \{(.*)\} \1", self._enum),
                             (r"typedef struct (\w+) \{(.*)\} \1", self._struct),
                             (r"typedef (.+?)\(\*(\w+)\)\((.*)\)", self._callback),
                             (r"typedef (\w+) (aimc_\w+)", self._alias),
                             (r"AIMC_API (.+?)(\w+)\((.*)\)", self._function)):
            match = re.fullmatch(pattern, text)
            if match:
                self.origin[act(*match.groups())] = header
                return
        raise HeaderError(f"{header}: cannot read: {text[:100]}")

    def _alias(self, kind, name):
        self.aliases[name] = self._type(kind)
        return name

    def _opaque(self, name):
        self.opaque.append(name)
        return name

    def _enum(self, name, body):
        values = {}
        for item in filter(None, (part.strip() for part in body.split(","))):
            key, value = (part.strip() for part in item.split("="))
            shift = re.fullmatch(r"1u? << (\d+)", value)
            values[key] = 1 << int(shift[1]) if shift else int(value)
        self.enums[name] = values
        return name

    def _struct(self, name, body):
        self.structs[name] = [self._field(part) for part in map(str.strip, body.split(";")) if part]
        return name

    def _callback(self, result, name, arguments):
        self.callbacks[name] = self._function_type(result, arguments)
        return name

    def _function(self, result, name, arguments):
        self.functions[name] = (self._type(result), self._arguments(arguments), self._names(arguments))
        return name

    # ---- types: C to ctypes --------------------------------------------------------------------

    def _field(self, text):
        callback = re.fullmatch(r"(.+?)\(\*(\w+)\)\((.*)\)", text)
        if callback:
            return callback[2], self._function_type(callback[1], callback[3])
        kind, name, size = re.fullmatch(r"(.+?)(\w+)(?:\[(\w+)\])?", text).groups()
        kind = self._type(kind)
        return name, f"{kind} * {self.constants.get(size, size)}" if size else kind

    def _function_type(self, result, arguments):
        return f"ct.CFUNCTYPE({', '.join([self._type(result)] + self._arguments(arguments))})"

    def _arguments(self, text):
        if text.strip() == "void":
            return []
        nested = re.sub(r"\w[\w ]*\(\*(\w+)\)\([^()]*\)", r"void *\1", text)  # a function as an argument
        return [self._type(re.fullmatch(r"(.*?)\w+", part.strip())[1]) for part in nested.split(",")]

    @staticmethod
    def _names(text):
        """What the arguments are called."""
        nested = re.sub(r"\w[\w ]*\(\*(\w+)\)\([^()]*\)", r"void *\1", text)
        return "" if text.strip() == "void" else " ".join(re.search(r"(\w+)$", part.strip())[1] for part in nested.split(","))

    def _type(self, text):
        """Addresses of arrays are plain addresses; of structs typed; constant text is bytes."""
        words = re.findall(r"\w+|\*", text.replace("const", " "))
        base, stars = words[0], words.count("*")
        if stars == 0:
            if base in SCALARS:
                return SCALARS[base]
            if base in self.aliases:
                return self.aliases[base]
            if base in self.enums:
                return "ct.c_int"
            if base in self.structs or base in self.callbacks:
                return base
            raise HeaderError(f"unknown type: {text}")
        if base == "char" and stars == 1 and "const" in text:
            return "ct.c_char_p"
        if base in self.structs and stars == 1:
            return f"ct.POINTER({base})"
        return "ct.c_void_p"


def statements(text):
    """Split at the semicolons outside braces."""
    depth, start = 0, 0
    for i, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if char == ";" and depth == 0:
            yield text[start:i]
            start = i + 1
    if text[start:].strip():
        raise HeaderError(f"no semicolon after: {text[start:].strip()[:100]}")


# ---- declarations to Python and C --------------------------------------------------------------

def layouts_source(headers):
    """The beginning of aimc/_abi.py: constants, enums, callbacks and structs in ctypes."""
    out = ["# SPDX-License-Identifier: MIT",
           '"""Made from include/aimc by abi_from_headers.py; do not edit."""',
           "import ctypes as ct", "from typing import Any, Dict, NamedTuple, Tuple", ""]
    out += [f"{name} = {value}" for name, value in headers.constants.items()]
    for name, values in headers.enums.items():
        out += ["", f"# {name}"] + [f"{key} = {value}" for key, value in values.items()]
    for name in headers.origin:
        if name in headers.callbacks:
            out += ["", f"{name} = {headers.callbacks[name]}"]
        elif name in headers.structs:
            out += ["", "", f"class {name}(ct.Structure):", f'    """{headers.origin[name]}"""', "    _fields_ = ["]
            out += [f'        ("{field}", {kind}),' for field, kind in headers.structs[name]]
            out += ["    ]", ""]
    return out


def layouts(headers):
    """Those declarations by name, among them the structs."""
    scope = {}
    exec(compile("\n".join(layouts_source(headers)), "_abi.py", "exec"), scope)  # pylint: disable=exec-used
    return scope


def python_source(headers):
    """The text of aimc/_abi.py."""
    out = layouts_source(headers) + record_source(headers)
    out += ["", "# name: (header, result, types of arguments, their names)", "FUNCTIONS: Dict[str, Any] = {"]
    for name, (result, arguments, names) in headers.functions.items():
        out += [f'    "{name}": ("{headers.origin[name]}", {result},', f"        [{', '.join(arguments)}],", f'        "{names}"),']
    return "\n".join(out + ["}", ""])


def record_source(headers):
    """Named tuples with the fields of the structs that the package returns, and which struct each is of."""
    out = []
    for struct in (name for name in headers.structs if name in RECORDS):
        doc, said = headers.comments[struct]
        fields = [(name, plain_type(kind)) for name, kind in headers.structs[struct] if name not in HIDDEN]
        out += ["", "", f"class {RECORDS[struct]}(NamedTuple):"] + wrapped(f'"""{doc}', 4) + [""]
        for name, kind in fields:
            out += wrapped(f"{name}: " + ("by name" if kind.startswith("Dict") else said[name]), 8)
        out.append('    """')
        hides = "  # type: ignore[assignment]"  # a field with the name of a method of tuple
        out += [f"    {name}: {kind}{hides if hasattr(tuple, name) else ''}" for name, kind in fields]
    return out + ["", "", "RECORDS: Dict[Any, Any] = {"] + [f"    {RECORDS[name]}: {name}," for name in RECORDS] + ["}"]


def wrapped(text, indent):
    """Lines of a docstring; all but the first are indented as asked."""
    return textwrap.wrap(text, 100, initial_indent=" " * 4, subsequent_indent=" " * indent)


def plain_type(kind):
    """What Python has for a field: an array of structs is a dict by their names."""
    array = re.fullmatch(r"(\w+|ct\.\w+) \* \w+", kind)
    if array and array[1] == "ct.c_char":
        return "str"
    if array and array[1] == "ct.c_uint64":
        return "Tuple[int, ...]"
    if array:
        return f"Dict[str, {RECORDS[array[1]]}]"
    if kind == "ct.c_char_p":
        return "str"
    if re.fullmatch(r"ct\.c_u?int\d*", kind):
        return "int"
    if kind in ("ct.c_float", "ct.c_double"):
        return "float"
    raise HeaderError(f"a record has no field of type {kind}")


def layout_source(headers, grows):
    """A C program that compiles only when the compiler has every struct and enum as ctypes has these headers'; grows: its
    structs may be longer."""
    size = ">=" if grows else "=="
    scope = layouts(headers)
    out = ["#include <aimc/aimc.h>"]
    for name, fields in headers.structs.items():
        struct = scope[name]
        out.append(f'_Static_assert(sizeof({name}) {size} {scope["ct"].sizeof(struct)}, "{name}");')
        for field, _ in fields:
            place = getattr(struct, field)
            out.append(f'_Static_assert(offsetof({name}, {field}) == {place.offset}, "{name}.{field}");')
            out.append(f'_Static_assert(sizeof((({name} *)0)->{field}) == {place.size}, "{name}.{field}");')
    for values in headers.enums.values():
        out += [f'_Static_assert({key} == {value}, "{key}");' for key, value in values.items()]
    return "\n".join(out + ["int main(void) { return 0; }", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare OUTPUT with the headers")
    parser.add_argument("--layout", action="store_true", help="print the C program")
    parser.add_argument("--grown", action="store_true", help="print the C program for headers that came later")
    parser.add_argument("include", type=pathlib.Path, help="folder of the public headers: include/aimc")
    parser.add_argument("output", type=pathlib.Path, nargs="?", help="aimc/_abi.py")
    args = parser.parse_args()
    headers = Headers(args.include)
    if args.layout or args.grown:
        print(layout_source(headers, args.grown))
        return 0
    text = python_source(headers)
    if not args.check:
        args.output.write_text(text, encoding="utf-8")
    elif args.output.read_text(encoding="utf-8") != text:
        print(f"{args.output} is not what the headers say; make it again: "
              f"{sys.argv[0]} {args.include} {args.output}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
