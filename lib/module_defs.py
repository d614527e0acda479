#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print what a DLL exports, as a module definition file, from the version script: module_defs.py aimc.map"""
import pathlib
import re
import sys

names = re.findall(r"^\s*(aimc_\w+);", pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), flags=re.M)
print("EXPORTS\n" + "\n".join(f"  {name}" for name in names))
