#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does what it reads: one task in JSON on each line, one answer in JSON for each. worker.py libaimc|aihwkit

Both sides run this file, each in its own interpreter, on one thread. A task names a method of Side and its
arguments; the method gives a function to be timed, or an answer.
"""
import importlib
import json
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[variable] = "1"

BUDGET_S = 0.25  # for one task, beyond a warm-up and three calls
MIN_SAMPLES = 3


def timed(function):
    """Median processor time of one call, in seconds."""
    function()
    function()
    start = time.process_time()
    function()
    once = time.process_time() - start
    calls = max(1, int(2e-3 / max(once, 1e-9)))  # the clock is good to some microseconds
    samples, spent = [], 0.0
    while len(samples) < MIN_SAMPLES or spent < BUDGET_S:
        start = time.process_time()
        for _ in range(calls):
            function()
        samples.append(time.process_time() - start)
        spent += samples[-1]
    return sorted(samples)[len(samples) // 2] / calls


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a package prints is not an answer
    side = importlib.import_module("of_" + sys.argv[1]).Side()
    for line in sys.stdin:
        task = json.loads(line)
        made = getattr(side, task["what"])(*task["arguments"])
        answer = {"seconds": timed(made)} if callable(made) else made
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
