#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Crossbars with wires by a sparse direct solver (SuperLU of SciPy) beside the library's NODAL wires: one product of a fresh
array, seconds of processor time, in one run. Why the library has no sparse solver: docs/models/cell-mapping.md.

    PYTHONPATH=bindings/python AIMC_LIBRARY=build/lib/libaimc.so.0 /usr/bin/python3 benchmarks/superlu.py
"""
import argparse
import time

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

import aimc


def network(g, wire):
    """Conductance matrix of cells g [row, column] in siemens between lines whose pieces have this resistance: the nodes of the
    rows, driven from their first column, before those of the columns, sensed at their last row."""
    n_rows, n_columns = g.shape
    rows = np.arange(g.size).reshape(g.shape)
    columns = rows + g.size
    pairs = [(rows, columns, g), (rows[:, :-1], rows[:, 1:], 1 / wire), (columns[:-1], columns[1:], 1 / wire)]
    ends = [(rows[:, 0], 1 / wire), (columns[-1], 1 / wire)]
    i, j, values = [], [], []
    for a, b, conductance in pairs:
        a, b, conductance = a.ravel(), b.ravel(), np.broadcast_to(conductance, a.shape).ravel()
        i += [a, b, a, b]
        j += [a, b, b, a]
        values += [conductance, conductance, -conductance, -conductance]
    for a, conductance in ends:
        i, j, values = i + [a], j + [a], values + [np.full(a.shape, conductance)]
    size = 2 * n_rows * n_columns
    return coo_matrix((np.concatenate(values), (np.concatenate(i), np.concatenate(j))), (size, size)).tocsc()


def library(n, wire):
    """Seconds of the first product of an array of cells of up to 25 uS, whose sums are made anew."""
    wires = {"model": "NODAL", "r_in": wire, "r_out": wire, "r_driver": 0, "r_sense": 0}
    tile = aimc.Tile("ideal", n, n, config={f"forward.wires.{name}": value for name, value in wires.items()})
    random = np.random.default_rng(1)
    tile.weights = random.uniform(-1, 1, (n, n)).astype(np.float32)
    x = random.uniform(-1, 1, n).astype(np.float32)
    start = time.process_time()
    tile.forward(x)
    return time.process_time() - start


def main():
    """Both, in one run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256, help="lines of each kind")
    parser.add_argument("--wire", type=float, default=2.5, help="ohm between two cells")
    args = parser.parse_args()
    g = 25e-6 * np.random.default_rng(1).uniform(0.01, 1, (args.size, args.size))
    ours = min(library(args.size, args.wire) for _ in range(5))
    start = time.process_time()
    factors = splu(network(g, args.wire), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    factored = time.process_time()
    factors.solve(np.ones(2 * g.size))
    solved = time.process_time()
    print(f"{args.size} x {args.size}, {args.wire:g} ohm: NODAL, pairs of cells {1e3 * ours:.1f} ms; SuperLU, one crossbar: "
          f"{1e3 * (factored - start):.0f} ms for the factors, {1e3 * (solved - factored):.1f} ms for each vector")


if __name__ == "__main__":
    main()
