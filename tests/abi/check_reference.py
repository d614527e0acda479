#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the comment of a public function must say: check_reference.py SOURCE_TREE

Every argument but the object itself, what each array holds, the errors of a function that returns a status, threads, the
version it is there since, and determinism where something is drawn, computed from draws, or stored."""
import pathlib
import re
import sys

FUNCTION = re.compile(r"(/\*\*(?:[^*]|\*(?!/))*\*/\s*)?AIMC_API\b([^;(]*?)\b(aimc_\w+)\s*\(([^;]*?)\)\s*;")
PARAM = r"@param(?:\[[\w,]+\])?\s+{}\b[ ]*(.*)"
DRAWS = re.compile(r"^(?!.*_get_).*_(forward|backward|step|train_batch|train_targets|predict|evaluate|evaluate_repeat|run|pulse|write|decay|diffuse|"
                   r"reset|program|drift_programmed|drift_trained|compensate|calibrate|unprogram|modify|store|save|load|open|save_bytes|"
                   r"load_bytes|read|convert|optimize_programming|find_symmetry_point|shift_symmetry_point|create_from_json)$")
NO_DRAWS = {"aimc_config_load", "aimc_table_read", "aimc_noise_table_load"}
ARRAYS = re.compile(r"(const )?(float|double|int32_t|uint32_t|uint64_t|size_t) \*")
SHAPED = re.compile(r"\[|\bone\b|may be NULL|NULL:|\bas (for )?aimc_")


def arguments(text):
    """(type, name) of each argument."""
    for argument in re.sub(r"\s+", " ", text).split(","):
        match = re.match(r"(.*?)(\w+)(\[\w*\])?$", argument.strip())
        if match and argument.strip() != "void":
            yield match.group(1), match.group(2)


def missing(comment, returns, name, args):
    """What the comment of one function does not say."""
    for place, (kind, word) in enumerate(args):
        if place == 0 and re.match(r"(const )?aimc_\w+ \*$", kind):
            continue
        said = re.search(PARAM.format(word), comment)
        if not said:
            yield f"@param {word}"
        elif ARRAYS.match(kind) and not said.group(0).startswith("@param[") and not SHAPED.search(said.group(1)):
            yield f"the shape of {word}, as [n]"
    if "aimc_status" in returns and not re.search(r"@(retval AIMC_ERR|errors)", comment):
        yield "@retval or @errors"
    for word in ("threads", "since"):
        if f"@{word} " not in comment:
            yield f"@{word}"
    if DRAWS.search(name) and name not in NO_DRAWS and "@determinism " not in comment:
        yield "@determinism"


def main(tree):
    """The number of functions, and what is missing, a line each."""
    count, faults = 0, []
    for header in sorted(pathlib.Path(tree, "include/aimc").glob("*.h")):
        text = header.read_text(encoding="utf-8")
        for match in FUNCTION.finditer(text):
            count += 1
            line = text.count("\n", 0, match.start(3)) + 1
            comment, returns, name, args = match.groups(default="")
            faults += [f"{header}:{line}: {name}() lacks {what}" for what in missing(comment, returns, name, list(arguments(args)))]
    print("\n".join(faults) or f"the comments of {count} functions say what they must")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
