#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Build the test bench with Verilator, run it, and compare its codes with those of C.

    run.py REFERENCE LIBRARY_FOLDER INCLUDE_FOLDER...

Exit code 77 (skipped) without Verilator."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BINDING = HERE.parents[1] / "bindings" / "systemverilog"


def run(*command, cwd):
    result = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def refused(out):
    """Which words the sentence of each refused reading holds; nothing was read, no code was written."""
    words = {"perfect": "no ADC", "ideal": "no ADC", "out_res_0": "no ADC", "out_res_off": "no ADC", "out_bound_0": "no ADC",
             "inp_res_0": "no DAC", "inp_res_off": "no DAC", "bit_wise": "mv_type ONE_PASS"}
    lines = re.findall(r"codeless (\w+) (\d): (-?\d+) read (\d+) kept (\d) (.*)", out)
    found = {(name, way): rest for name, way, *rest in lines}
    good = len(found) == 2 * 9 + 2
    for way, direction, call in (("0", "forward", "aimc_sv_read)"), ("1", "backward", "aimc_sv_read_transposed)")):
        for name, sentence in words.items():
            status, read, kept, told = found[name, way]
            good &= int(status) < 0 and read == "0" and kept == "1" and sentence in told and direction in told
            good &= "no " not in sentence or call in told
        good &= found["with_both", way][:3] == ["0", "1", "0"]
    for name, way, code in (("beyond", "0", "128"), ("below", "1", "-129")):
        status, read, kept, told = found[name, way]
        good &= int(status) < 0 and read == "0" and kept == "1" and f"codes_in[0] is {code}; codes are -127 to 127" in told
    return good


def every_counter(includes):
    """Is each counter of the public struct in the shim's list, and the list as long as the package says?"""
    header = next(text for i in includes for path in [pathlib.Path(i) / "aimc" / "tile.h"] if path.exists()
                  for text in [path.read_text()])
    struct = header.split("typedef struct aimc_counters {")[1].split("} aimc_counters;")[0]
    names = re.findall(r"uint64_t\s+(\w+);", struct)
    listed = re.findall(r"\bc\.(\w+)", (BINDING / "aimc_dpi.c").read_text())
    said = int(re.search(r"\bCounters = (\d+);", (BINDING / "aimc_pkg.sv").read_text()).group(1))
    return len(names) > 20 and sorted(names) == sorted(listed) and said == len(listed)


def main(reference, library, *includes):
    verilator = shutil.which("verilator")
    if verilator is None:
        print("skipped: there is no verilator")
        return 77
    root = run(verilator, "--getenv", "VERILATOR_ROOT", cwd=HERE).strip() or "/usr/share/verilator"
    svdpi = pathlib.Path(root) / "include" / "vltstd"
    reference = pathlib.Path(reference).resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shim = folder / "aimc_dpi.o"
        run(os.environ.get("CC", "cc"), "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-c",
            "-isystem", svdpi, *(f"-I{i}" for i in includes), BINDING / "aimc_dpi.c", "-o", shim, cwd=folder)
        run(verilator, "--binary", "--timing", "-Wno-fatal", "-O3", "--top-module", "testbench", BINDING / "aimc_pkg.sv",
            HERE / "tile_controller.sv", HERE / "testbench.sv", shim, "-LDFLAGS",
            f"-L{library} -laimc -Wl,-rpath,{library}", "-o", "simulation", cwd=folder)
        run(reference, cwd=folder)
        out = run(folder / "obj_dir" / "simulation", cwd=folder)
        print(out)
        mine, theirs = ((folder / f"codes_{who}.txt").read_text().split() for who in ("sv", "c"))
    checks = {
        "40 x 64 codes, bit for bit those of C": len(theirs) == 2560 and mine == theirs,
        "codes vary": len(set(mine)) > 20,
        "restored runs go on identically": "different after restore: 0" in out,
        "counters": "vectors 40 adc 2560" in out,
        "a wrong size is told": "codes_in has 63 elements" in out,
        "a bad state is refused": re.search(r"bad state: -\d", out) is not None,
        "pulses": "pulses: 1 1 1 1" in out,
        "an unknown device is told": "unknown: " in out and "no_such_device" in out,
        # W[i][j] = (3 i + j - 5) / 16, x = (1 2 3) / 4, d = (1 .5 0 -.5)
        "real-valued reads": "reals: -0.343750 -0.062500 0.218750 0.500000" in out,
        "transposed reads": "transposed: -0.500000 -0.437500 -0.375000" in out,
        # sums of |x| cells, x^2 cells, |x| sum |w|, x^2 sum |w| of both reads, in 1 / 65536
        "what reads drive": f"activity: 2 6 {12 << 16} {8 << 16} {39 << 12} {27 << 12}" in out,
        "an array of few counters": "few: 1" in out,
        "every counter of the library": every_counter(includes),
        "a tile from a file": "from file: 4 3 1" in out,
        "programming is counted, conductances drift": re.search(r"programmed: 1 1 drifted to 0\.[3-6]", out) is not None,
        "a file that is not there is told": "no file: " in out and "no_such_file" in out,
        "drift without programming is refused": re.search(r"not programmed: -\d+ .*was not programmed", out) is not None,
        "null is refused": re.search(r"null: -\d+ the tile is null", out) is not None,
        "a small output is refused": re.search(r"small: -\d+ z has 2 elements", out) is not None,
        "no codes without converters": refused(out),
        "ran to its end": "DONE" in out,
    }
    for what, good in checks.items():
        print("ok  " if good else "FAIL", what)
    return 0 if all(checks.values()) else 1


sys.exit(main(*sys.argv[1:]))
