#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One word for one idea: words that docs/glossary.md has retired do not come back into code, headers, bindings or pages.

check_words.py SOURCE_ROOT"""
import pathlib
import re
import sys

# What went: what to say instead. Words of everyday English are only looked for where they cannot mean anything else.
RETIRED = {
    r"births?|born": "device-to-device sampling, sample",
    r"upkeep": "relaxation",
    r"aimci_\w*settle\w*": "commit (weights), apply (pulses)",  # circuits do settle
    r"clouds?": "moments",
    r"sublines?": "compacted line",
    r"errands?": "visitor",
    r"(?<!font-)famil(y|ies)": "kind",
    r"unit columns?|UNIT_COLUMN": "reference column",
    r"(devices|cells) that bend|bends": "nonlinear I-V",
    r"read_parts?|read_groups?": "read cycle, accumulation group",
    r"aimci_drive\w*|AIMC_DRIVE\w*|count_drive": "input activity",
    r"aimc_grid\w*|aimci_cut\w*": "matrix, partition",
    r"skipped with a word": "skipped, and says why",
    r"what is the same bits": "which results are the same to the bit",
}
PATTERN = re.compile("|".join(rf"(?P<w{i}>(?<![A-Za-z])(?:{word})(?![A-Za-z]))" for i, word in enumerate(RETIRED)))
PLACES = ("lib/**/*.[ch]", "include/aimc/*.h", "tools/*.[ch]", "bindings/**/*.py", "bindings/**/*.hpp", "docs/**/*.md",
          "README.md", "CONTRIBUTING.md", "examples/**/*.c")
# Where the old words are explained, or are those of other people's software.
EXEMPT = {"docs/glossary.md", "docs/migration.md", "docs/from-aihwkit.md", "docs/from-crosssim.md"}


def findings(root):
    for place in PLACES:
        for path in sorted(root.glob(place)):
            name = path.relative_to(root).as_posix()
            if name in EXEMPT:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                for match in PATTERN.finditer(line):
                    better = list(RETIRED.values())[int(match.lastgroup[1:])]
                    yield f"{name}:{number}: '{match[0]}': say {better}"


found = list(findings(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "no retired word")
sys.exit(1 if found else 0)
