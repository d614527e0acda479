# SPDX-License-Identifier: MIT
"""The command aimc, where a wheel was installed: the program lies in the package, beside its library and the digits."""
import os
import pathlib
import subprocess
import sys


def main() -> int:
    program = pathlib.Path(__file__).parent / ("aimc.exe" if os.name == "nt" else "aimc")
    command = [str(program), *sys.argv[1:]]
    os.environ.setdefault("AIMC_PYTHON", sys.executable)  # draws what --plot x.png asks for
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)  # signals and the exit code are the program's own
