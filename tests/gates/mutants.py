#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mutation testing: which small changes of a source does no test notice?

    mutants.py FOLDER FILE TEST... [--most N] [--seed S]      ./dev soak mutate lib/periphery/converter.c t_converter

Each mutant changes one token of FILE in a copy of the tree, which is built without instruction sets, and runs the named test
programs until one fails. Killed by the compiler, by a test, or by a time limit; those that survive are printed, with their
lines: each is a test that is missing, or a change that changes nothing. --most draws so many at random."""
import argparse
import random
import re
import subprocess
import sys
import time

import scratch

# what stands there (as a pattern), what else could
TOKENS = [(r"(?<![<>=!+\-*/&|])<(?![<=])", "<="), (r"<=", "<"), (r"(?<![->=<])>(?![>=])", ">="), (r">=", ">"), (r"==", "!="), (r"!=", "=="),
          (r"&&", "||"), (r"\|\|", "&&"), (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " / "), (r" / ", " * "), (r"\+=", "-="),
          (r"\b0\.5f?\b", "0.25"), (r"(?<![\w.])1(?![\w.])", "2"), (r"(?<![\w.])0(?![\w.])", "1"), (r"\bfminf?\b", "fmax"), (r"\bfmaxf?\b", "fmin"),
          (r"\bvf_min\b", "vf_max"), (r"\bvf_max\b", "vf_min"), (r"\bvf_add\b", "vf_sub"), (r"\bvf_sub\b", "vf_add"), (r"\bvf_mul\b", "vf_add"),
          (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"\bcontinue;", ";"), (r"\bbreak;", ";")]


def code_of(text):
    """The text with comments, strings and lines of the preprocessor blanked, as long as it was."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*', blank, text, flags=re.S | re.M)


def mutants_of(text):
    code = code_of(text)
    for pattern, other in TOKENS:
        for found in re.finditer(pattern, code):
            yield found.start(), found.end(), other


def run(command, seconds):
    """True: it went well. A limit of time that is passed is a failure."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds,
                              check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("file")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    o = parser.parse_args()
    tree = scratch.copy_tree(o.folder)
    build, path = tree / "build", tree / o.file
    scratch.configure(build, "-Dtools=false", "-Dexamples=false")
    targets = [f"tests/{name}" for name in o.tests]
    programs = [["env", f"AIMC_TEST_DATA={tree}/tests/data", str(build / target)] for target in targets]
    make = ["ninja", "-C", str(build), *targets]
    if not run(make, 7200):
        raise SystemExit("mutants: the tree does not build: " + " ".join(make))
    limits = []
    for name, program in zip(o.tests, programs):
        began = time.monotonic()
        if not run(program, 3600):
            raise SystemExit(f"mutants: {name} fails without a change")
        limits.append(10 + 5 * (time.monotonic() - began))
    text = path.read_text(encoding="utf-8")
    mutants = list(mutants_of(text))
    if 0 < o.most < len(mutants):
        mutants = sorted(random.Random(o.seed).sample(mutants, o.most))
    counts = {"compiler": 0, "tests": 0, "nobody": 0}
    lines = text.split("\n")
    try:
        for start, end, other in mutants:
            path.write_text(text[:start] + other + text[end:], encoding="utf-8")
            if not run(make, 1800):
                killer = "compiler"
            else:
                killer = "nobody" if all(run(program, limit) for program, limit in zip(programs, limits)) else "tests"
            counts[killer] += 1
            if killer == "nobody":
                line = text.count("\n", 0, start)
                print(f"{o.file}:{line + 1}: '{text[start:end].strip()}' as '{other.strip()}' survives: {lines[line].strip()}", flush=True)
    finally:
        path.write_text(text, encoding="utf-8")
    alive = counts["tests"] + counts["nobody"]
    print(f"{o.file}: {len(mutants)} mutants, {counts['compiler']} did not compile; {counts['tests']} of the other {alive} killed by "
          f"{' '.join(o.tests)}, {counts['nobody']} survived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
