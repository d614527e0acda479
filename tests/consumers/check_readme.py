#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program in README.md is the one that the tests compile: check_readme.py ROOT"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
shown = re.search(r"```c\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.S).group(1)
tested = (root / "tests/consumers/consumer.c").read_text(encoding="utf-8").split("\n", 1)[1]
if shown != tested:
    sys.exit("README.md and tests/consumers/consumer.c show different programs")
