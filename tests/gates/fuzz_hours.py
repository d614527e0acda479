#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds what ./dev fuzz said to a table: fuzz_hours.py LOG TABLE.csv INPUTS

    date,commit,target,hours,executions,inputs kept"""
import datetime
import os
import pathlib
import re
import subprocess
import sys

HEAD = "date,commit,target,hours,executions,inputs_kept\n"


def main():
    log, table, kept_in = map(pathlib.Path, sys.argv[1:4])
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip() or "none"
    rows = []
    for target, seconds, executions in re.findall(r"^fuzz: (\w+), (\d+) s, (\d+) executions", log.read_text(encoding="utf-8"), re.M):
        inputs = kept_in / target
        kept = len(os.listdir(inputs)) if inputs.is_dir() else 0
        rows.append(f"{datetime.date.today()},{commit},{target},{int(seconds) / 3600:.4f},{executions},{kept}\n")
    with table.open("a", encoding="utf-8") as file:
        if file.tell() == 0:
            file.write(HEAD)
        file.writelines(rows)
    whole = [line.split(",") for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    print(f"fuzz: {sum(float(row[3]) for row in whole):.2f} hours and {sum(int(row[4]) for row in whole)} executions so far")


if __name__ == "__main__":
    main()
