#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stack of linear layers that stays in its file: memory and time. streaming.py [WEIGHTS_IN_MILLIONS [LAYERS]]

    PYTHONPATH=bindings/python AIMC_LIBRARY=build/lib/libaimc.so python3 benchmarks/streaming.py 100 10

Writes the file layer by layer, opens it with Network.open(), and evaluates 64 samples; then loads it whole, in another process.
Memory is the largest resident set of the process; what Python and numpy take before is told beside it."""
import json
import os
import resource
import sys
import tempfile
import time

import aimc
import numpy as np


def peak():
    """Largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def write(path, width, layers):
    """Tensors as the package safetensors writes them, with the document in the metadata of the network."""
    size, header = 4 * width * width, {}
    for k in range(layers):
        header[f"fc{k}.weight"] = {"dtype": "F32", "shape": [width, width], "data_offsets": [k * size, (k + 1) * size]}
    text = json.dumps(header).encode()
    rng = np.random.default_rng(1)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _ in range(layers):
            for _ in range(width):
                file.write((rng.standard_normal(width, np.float32) / np.float32(width) ** 0.5).tobytes())


def document(width, layers):
    """linear, relu, linear ..."""
    nodes, before = [], "x"
    for k in range(layers):
        nodes += [{"name": f"fc{k}", "op": "linear", "inputs": [before], "config": {"out_features": width, "bias": False}},
                  {"name": f"relu{k}", "op": "relu", "inputs": [f"fc{k}"]}]
        before = f"relu{k}"
    return {"format": "aimc-network", "version": 1, "inputs": [{"name": "x", "shape": [width]}], "nodes": nodes, "outputs": [before]}


def evaluate(name, make, width):
    """One line: what it took. In a process of its own, whose memory nobody else used."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    before, start = peak(), time.perf_counter()
    net = make(aimc.Context())
    y = net.predict(np.random.default_rng(2).standard_normal((64, width)).astype(np.float32))
    print(f"{name:8s} {peak():7.0f} MB, {before:5.0f} MB of them before; {time.perf_counter() - start:6.2f} s; sum {y.sum():.6g}",
          flush=True)
    os._exit(0)


def main():
    weights = float(sys.argv[1]) * 1e6 if len(sys.argv) > 1 else 100e6
    layers = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    width = round((weights / layers) ** 0.5)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "stack.safetensors")
        write(path, width, layers)
        print(f"{layers} layers of {width} x {width}: {layers * width * width / 1e6:.1f} M weights, {os.path.getsize(path) / 1e6:.0f} MB")
        text = document(width, layers)

        def whole(ctx):
            net = aimc.Network.from_json(text, ctx=ctx)
            net.load_weights(path)
            return net
        evaluate("opened", lambda ctx: aimc.Network.open(path, text, ctx=ctx), width)
        evaluate("loaded", whole, width)


if __name__ == "__main__":
    main()
