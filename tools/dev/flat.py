#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The library as a few C files and one header, for those who have a compiler and no build system: flat.py FOLDER; flat.py --check: made
in a folder that goes away, and looked through by the compiler.

Each folder of lib becomes one file, the kernels one for each instruction set, and headers stand where they are first included. Names that two
files of a folder give to things of their own (a static function, a table, a macro) get the file's name at their end."""
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LIB, PUBLIC, JANSSON = SOURCE / "lib", SOURCE / "include/aimc", SOURCE / "subprojects/jansson"
NOT_HERE = {"blis.c", "xsmm.c"}  # libraries that a program without a build system does not have
CONFIG = """#define AIMCI_HAVE_BLIS 0
#define AIMCI_HAVE_XSMM 0
#define AIMCI_BLAS_NAME "builtin"
#if defined(__x86_64__) && !defined(AIMC_ONLY_C)
#define AIMCI_HAVE_AVX2 1
#else
#define AIMCI_HAVE_AVX2 0
#endif
#define AIMCI_HAVE_AVX512 0
#if defined(__aarch64__) && !defined(AIMC_ONLY_C)
#define AIMCI_HAVE_NEON 1
#else
#define AIMCI_HAVE_NEON 0
#endif
"""
TOP = """/* SPDX-License-Identifier: MIT */
/* libaimc {version}, {what}. Made by tools/dev/flat.py from the sources of libaimc: do not edit. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifdef __clang__ /* products and sums are rounded one by one: the same bits everywhere */
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wunused-function" /* of headers that a file needs in part */
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
"""
READ_ME = """libaimc {version} as a few C files: simulation of analog in-memory computing.

    cc -O2 -Wno-psabi *.c -lm -lpthread -o smoke && ./smoke

builds the library with a small program, smoke.c, which ends with the word "passed". In your own program leave smoke.c out, include
aimc.h, and compile the other files with yours; "ls aimc_*.c | xargs -n 1 -P 4 cc -O2 -c" compiles them side by side.

Products are those in C (no BLIS, no libxsmm). On x86-64 there are kernels for AVX2 beside those in plain C, on 64-bit ARM for NEON;
which of them run is decided when the program runs. -DAIMC_ONLY_C leaves them out. Results are those of the library that meson builds
with -Dblas=disabled, to the last bit. jansson (COPYING.jansson) is within, under names of its own. It takes gcc or clang, C11 and POSIX
threads. The reference is in the comments of aimc.h.
"""
# plain C kernels are for processors without vectors that are known here: there, they compile in half the time
ISAS = {"c": ("1", "#if !defined(__clang__) && (AIMCI_HAVE_AVX2 || AIMCI_HAVE_NEON)\n#pragma GCC optimize(\"O1\")\n#endif\n", ""), "neon": ("defined(__aarch64__) && !defined(AIMC_ONLY_C)", "", ""), "avx2": (
    "defined(__x86_64__) && !defined(AIMC_ONLY_C)",
    '#ifdef __clang__\n#include <immintrin.h>\n#include <math.h>\n#include <string.h>\n'
    '#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,popcnt"))), apply_to = function)\n'
    '#else\n#pragma GCC target("avx2,bmi,bmi2,popcnt")\n#endif\n',
    "#ifdef __clang__\n#pragma clang attribute pop\n#endif\n")}

TOKEN = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|\d[\w.]*|->|\.\.\.|\s+|.""", re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<(aimc/[^>]+|jansson\.h|jansson_private_config\.h)>)[^\n]*\n', re.M)
LAW = re.compile(r"\baimci_law\b")
WORD = re.compile(r"[A-Za-z_]\w*$")


@functools.cache
def of_law(path):
    """Whether a header makes something else in each file that includes it: it has a law of a device, or goes with one."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
    return bool(LAW.search(text)) or any(of_law(LIB / f[1]) for f in INCLUDE.finditer(text) if f[1] and (LIB / f[1]).is_file())


def macros(text):
    """Those that a file defines, but for those of headers, which it may define for them (lists of kinds.def)."""
    return {m for m in re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", text, re.M) if not m.startswith("AIMCI_") or m.startswith("AIMCI_LAW")}


def own_names(text):
    """Names at file scope that belong to the file alone: static functions and objects, types, enumerators, macros."""
    names = macros(text)
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", "", text, flags=re.M)
    words = [t for t in TOKEN.findall(code) if not t.isspace() and not t.startswith(("/*", "//"))]
    depth, statement = 0, []
    for k, word in enumerate(words):
        if word in "{}" and len(word) == 1:
            if depth == 0 and word == "{":
                names |= declared(statement, words[k:])
            depth += 1 if word == "{" else -1
            if depth == 0 and word == "}" and k + 1 < len(words) and words[k + 1] not in (";", ",") and not WORD.match(words[k + 1]):
                statement = []
            elif depth == 0 and word == "}" and "(" in statement and "=" not in statement:
                statement = []  # the end of a function
        elif depth == 0:
            if word == ";":
                names |= declared(statement, [])
                statement = []
            else:
                statement.append(word)
    return names


def declared(words, body):
    """Names of one statement at file scope; body begins with its brace."""
    names, text = set(), " ".join(words)
    if "enum" in words[:3] and body:
        names |= set(re.findall(r"[{,] ([A-Za-z_]\w*)", " ".join(body[:body.index("}") + 1])))
    if body or words[:1] == ["typedef"]:
        names |= set(re.findall(r"\b(?:struct|union|enum) (\w+)$", text) if body else re.findall(r"^typedef (?:struct|union|enum) (\w+)", text))
    if words[:1] == ["typedef"] and not body:
        names |= set(re.findall(r"\( \* (\w+) \)", text)[:1] or re.findall(r"(\w+)(?: \[.*)?$", text))
    static = re.search(r"\b(?:static|AIMCI_INLINE|AIMCI_OUTLINE)\b(.*)", text)
    if static:
        found = re.search(r"\( \* (\w+)|(\w+) (?:\(|=|\[)|(\w+)$", re.sub(r"__attribute__ \( \( .*? \) \)", "", static[1]))
        names |= set(found.groups()) if found else set()
    return names - {None, "struct", "union", "enum"}


def renamed(text, names, ending):
    """The text with the ending at these names, but for members of structs."""
    out, before, structs, depth = [], "", [], 0
    tokens = TOKEN.findall(text)
    solid = [k for k, t in enumerate(tokens) if not t.isspace() and not t.startswith(("/*", "//"))]
    following = {k: tokens[n] for k, n in zip(solid, solid[1:])}
    recent = []
    for k, token in enumerate(tokens):
        if token.isspace() or token.startswith(("/*", "//")):
            out.append(token)
            continue
        if token == "{":
            depth += 1
            if any(w in ("struct", "union") for w in recent[-2:]):
                structs.append(depth)
        elif token == "}":
            if structs and structs[-1] == depth:
                structs.pop()
            depth -= 1
        member = before in (".", "->") or structs and following.get(k) in (";", "[", ",", ":", ")")
        out.append(token + ending if token in names and not member else token)
        before = token
        recent = (recent + [token])[-2:]
    return "".join(out)


class Unit:
    """One C file of the release: what is included is put in once where the header guards itself, each time where it does not."""

    def __init__(self, parts):
        self.seen, self.parts = set(), parts

    def find(self, name, beside):
        """The file that an include means; None: the system's, or aimc.h."""
        if name.startswith("aimc/"):
            return None
        for folder in (beside, LIB, JANSSON / "src", JANSSON / "config"):
            if (folder / name).is_file():
                return (folder / name).resolve()
        raise SystemExit(f"flat: {name} is included in {beside} and is nowhere")

    def expanded(self, text, beside):
        """The text with headers in place of their includes."""
        def put(found):
            name = found[1] or found[2]
            if name == "aimci_config.h":
                return self.once("config", CONFIG)
            if name.startswith("jansson"):
                return self.header(next(JANSSON.rglob(name)))
            path = self.find(name, beside)
            return "" if path is None else self.header(path)
        return INCLUDE.sub(put, text)

    def once(self, key, text):
        """The text the first time."""
        new = key not in self.seen
        self.seen.add(key)
        return text if new else ""

    def header(self, path):
        """A header, where it is not yet in."""
        text = path.read_text(encoding="utf-8")
        guard = re.search(r"^#ifndef (\w+)\n(?:/\*.*?\*/\n|\s)*#define \1\n", text, re.M | re.S)
        if guard and path in self.seen:
            return ""
        self.seen.add(path)
        return self.expanded(text, path.parent)

    def with_laws(self, text, beside):
        """The text with those headers in it that are of a law."""
        def put(found):
            path = None if found[2] or found[1] == "aimci_config.h" else self.find(found[1], beside)
            if path is None or path.suffix != ".h" or not of_law(path):
                return found[0]
            inside.append(path)
            return self.with_laws(path.read_text(encoding="utf-8"), path.parent) if path not in inside[:-1] else ""
        inside = []
        return INCLUDE.sub(put, text)

    def source(self, path, text, clashes):
        """A C file, its own names told apart, its macros gone at its end."""
        names = own_names(text)
        gone = set(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", text, re.M)) - {"_GNU_SOURCE"}
        ending = "_" + re.sub(r"\W", "_", path.stem)
        text = renamed(text, names & clashes, ending)
        return (f"\n/* ---- {path.relative_to(SOURCE) if path.is_relative_to(SOURCE) else path.name} ---- */\n" + self.expanded(text, path.parent) +
                "".join(f"#undef {m + ending if m in clashes & names else m}\n" for m in sorted(gone)))

    def text(self):
        """All of it."""
        texts = {path: self.with_laws(path.read_text(encoding="utf-8"), path.parent) for path in self.parts}
        count = {}
        for text in texts.values():
            for name in own_names(text):
                count[name] = count.get(name, 0) + 1
        clashes = {name for name, n in count.items() if n > 1}
        return "".join(self.source(path, text, clashes) for path, text in texts.items())


def listed(what):
    """Sources of lib, by sources.py."""
    names = subprocess.run([sys.executable, LIB / "sources.py", what], check=True, capture_output=True, text=True).stdout.split()
    return [LIB / name for name in names if pathlib.Path(name).name not in NOT_HERE]


def public():
    """aimc.h: every public header in its order."""
    done = set()

    def put(name):
        if name in done:
            return ""
        done.add(name)
        text = (PUBLIC / name).read_text(encoding="utf-8")
        return re.sub(r"^#include <aimc/([^>]+)>\n", lambda m: put(m[1]), text, flags=re.M)
    return put("aimc.h")


def check():
    """Whether the files are whole: without a warning of the compiler."""
    with tempfile.TemporaryDirectory() as folder:
        make(pathlib.Path(folder))
        for path in sorted(pathlib.Path(folder).glob("*.c")):
            if subprocess.run([os.environ.get("CC", "cc"), "-fsyntax-only", "-Wall", "-Wextra", "-Wno-psabi", "-Werror", path], check=False).returncode:
                raise SystemExit(f"flat: {path.name} does not compile")


def make(out):
    """All files, in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    version = re.search(r"version: '([^']+)'", (SOURCE / "meson.build").read_text(encoding="utf-8"))[1]

    def write(name, what, text, before="", after=""):
        (out / name).write_text(TOP.format(version=version, what=what) + before + text + after, encoding="utf-8")

    (out / "aimc.h").write_text(public(), encoding="utf-8")
    folders = {}
    for path in listed("plain"):
        inside = path.relative_to(LIB)
        folders.setdefault(inside.parts[0] if len(inside.parts) > 1 else "core", []).append(path)
    for folder, paths in folders.items():
        write(f"aimc_{folder}.c", f"lib/{folder}", Unit(paths).text(), '#include "aimc.h"\n')
    for isa, (condition, before, after) in ISAS.items():
        settings = f"{CONFIG}#define AIMCI_ISA {isa}\n#define AIMCI_ISA_IS_{isa.upper()} 1\n"
        for part, paths in enumerate((listed("kernels")[0::2], listed("kernels")[1::2]), 1):  # two, for two cores
            unit = Unit(paths)
            unit.seen.add("config")
            write(f"aimc_kernels_{isa}_{part}.c", f"kernels for {isa}", unit.text(), f'{settings}#if {condition}\n{before}#include "aimc.h"\n',
                  after + "#endif\ntypedef int aimci_not_empty;\n")
    presets = out / "aimc_presets.c"
    files = subprocess.run([sys.executable, LIB / "presets/list.py"], check=True, capture_output=True, text=True).stdout.split()
    subprocess.run([sys.executable, LIB / "presets/embed.py", presets, *(LIB / "presets" / pathlib.Path(f).name for f in files)], check=True)
    write(presets.name, "presets", Unit([]).expanded(presets.read_text(encoding="utf-8"), LIB), '#include "aimc.h"\n')
    sources = sorted((JANSSON / "src").glob("*.c"))
    write("aimc_jansson.c", "jansson, https://github.com/akheron/jansson", Unit(sources).text(), "#define HAVE_CONFIG_H 1\n")
    (out / "smoke.c").write_text((SOURCE / "tests/consumers/flat_smoke.c").read_text(encoding="utf-8"), encoding="utf-8")
    (out / "README").write_text(READ_ME.format(version=version), encoding="utf-8")
    for name, path in {"COPYING": SOURCE / "COPYING", "COPYING.jansson": JANSSON / "LICENSE"}.items():
        (out / name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("flat: FOLDER or --check is missing; ./dev flat makes the files and tests them")
    check() if sys.argv[1] == "--check" else make(pathlib.Path(sys.argv[1]))
