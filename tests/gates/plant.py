#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does each gate find a fault of its kind? Plants them one by one in a copy of the tree, and runs the gate there.

    plant.py FOLDER [GATE...]        ./dev check --plant [GATE...]

A gate that passes with the fault is a failure. Prints the table of docs/testing.md: fault, gate, seconds to find, which is the
time of the gate with what it compiles again. The gate must pass before anything is planted: the first run builds, and takes long."""
import os
import subprocess
import sys
import time

import scratch

# fault, gate (with what of it is enough), file, what stands there, what is planted; the last two may be lists
FAULTS = [
    ("a tensor has another name in files", "files", "lib/tile/array.c",
     ['\n        snprintf(name, sizeof name, "%sweights", prefix);', '\n    snprintf(name, sizeof name, "%sweights", prefix);'],
     ['\n        snprintf(name, sizeof name, "%sweight", prefix);', '\n    snprintf(name, sizeof name, "%sweight", prefix);']),
    ("a file is read before its first bytes are looked at", "files", "lib/io/table.c", "MAX_BYTES, check_kind, &bytes", "MAX_BYTES, NULL, &bytes"),
    ("a model opens files that its note names", "files", "tools/run.c", "run->data != NULL && !data_is_known(run->data)", "run->data == NULL"),
    ("a block is lost where memory runs out", "memory", "lib/io/safetensors_write.c", "    aimci_free(writer->ctx, writer->text);\n",
     "    if (writer->is_writing)\n        aimci_free(writer->ctx, writer->text);\n"),
    ("a file that could not be written stays beside", "crash", "lib/io/file.c", "        (void)unlink(temporary);\n", ""),
    ("a file takes the name before it is written", "crash", "lib/io/file.c",
     ["    aimc_status st = write_and_close(path, fd, write, user);\n", "st == AIMC_OK && rename(temporary, path) != 0"],
     ["    (void)rename(temporary, path);\n    aimc_status st = write_and_close(path, fd, write, user);\n", "fd < 0"]),
    ("a field in the middle of a public struct", "interface", "include/aimc/context.h", "    aimc_logger logger;", "    void *planted;\n    aimc_logger logger;"),
    ("a device takes trains of any length", "work step_mixed_precision", "lib/device/device.c", "SWEEPS = 8, LEAST = 4096", "SWEEPS = 80, LEAST = 40960"),
    ("a comparison is another one on ARM", "arm", "lib/kernels/vec8.h", "AIMCI_INLINE vf vf_set(float x)\n{\n",
     "AIMCI_INLINE vf vf_set(float x)\n{\n#ifdef AIMCI_ISA_IS_NEON\n    x = x == 0.5f ? 0.49999997f : x;\n#endif\n"),
    ("the ends of tensors are not compared with the file's", "fuzz safetensors", "lib/io/safetensors.c",
     ["if (e->end > reader->data_size)", "if (at != reader->data_size)"],
     ["if (e->end > reader->data_size + 64)", "if (at > reader->data_size + 64)"]),
    ("threads write what they share", "threads t_pool", "lib/core/pool.c", "        pool->fn(pool->arg, task);\n",
     "        pool->fn(pool->arg, task);\n        static volatile size_t planted;\n        planted += task;\n"),
    ("one element too many is read", "sanitizers t_safetensors", "lib/io/source.c",
     "            memcpy(to, source->bytes + at, n);", "            memcpy(to, source->bytes + at, n), ((volatile char *)to)[0] = (char)source->bytes[at + n - 1 + (at + n == source->size)];"),
]


def run_gate(tree, gate):
    began = time.monotonic()
    env = {key: value for key, value in os.environ.items() if key != "AIMC_BUILD_DIR"}
    env["AIMC_INSTRUCTION_SETS"] = ""  # plain C, which compiles fast
    result = subprocess.run(["./dev", "gate", *gate.split()], cwd=tree, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    return result.returncode == 0, time.monotonic() - began, result.stdout.decode(errors="replace")


def plant(tree, where, old, new):
    path = tree / where
    before = path.read_bytes()
    for each, other in zip(*(([old], [new]) if isinstance(old, str) else (old, new))):
        scratch.replace(path, each, other)
    return path, before


def main():
    tree, wanted = scratch.copy_tree(sys.argv[1]), sys.argv[2:]
    scratch.configure(tree / "build", "-Dexamples=false")
    known = {gate.split()[0] for _, gate, *_ in FAULTS}
    if set(wanted) - known:
        raise SystemExit(f"plant: gates are {' '.join(sorted(known))}")
    rows, passed, bad = [], set(), False
    for fault, gate, where, old, new in FAULTS:
        if wanted and gate.split()[0] not in wanted:
            continue
        if gate not in passed:
            good, seconds, said = run_gate(tree, gate)
            print(f"plant: {gate}: {'passes' if good else 'FAILS'} without a fault, {seconds:.0f} s", flush=True)
            if not good:
                raise SystemExit(said[-4000:])
            passed.add(gate)
        path, before = plant(tree, where, old, new)
        try:
            found, seconds, said = run_gate(tree, gate)
        finally:
            path.write_bytes(before)
        found = not found
        bad |= not found
        print(f"plant: {gate}: {fault}: {'found' if found else 'NOT FOUND'} after {seconds:.0f} s", flush=True)
        (tree / "planted.log").write_text(said, encoding="utf-8")
        if " error: " in said and "ERROR: " not in said and "clang" not in gate:
            compiler = [line for line in said.splitlines() if " error: " in line]
            print("plant: the compiler said: " + compiler[0])
        rows.append(f"| {fault} | {gate} | {seconds:.0f} |" if found else f"| {fault} | {gate} | **not found** |")
    print("\n| fault | gate | seconds to find it |\n|---|---|---|\n" + "\n".join(rows))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
