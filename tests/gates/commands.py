#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Command lines at random: commands.py AIMC [HOURS] [SEED]      ./dev soak commands

The words are those that --help knows (commands, options, names of devices), numbers of every size, and files of every kind,
good ones and broken ones. Each command must end by itself with exit code 0, 1 or 2 within 60 seconds and a gigabyte (none of
these where AIMC has a sanitizer), say something where it fails, and leave the files it was not told to write."""
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

NUMBERS = ["0", "1", "2", "-1", "3.5", "1e308", "-1e308", "nan", "inf", "1e-300", "9223372036854775808", "4294967296", "", "0x10", "1,2", "1:10:2",
           "10,,20", "1e5", "x" * 3000, "%s%n", "\x1b[31m"]
WORDS = ["digits", "mnist", "cifar10", "none", "ideal", "gokmen_vlasov", "reram_sb", "pcm_like", "ttv2", "c_ttv2", "mixed_precision", "json", "csv", "8", "16,8"]
MEMORY, SECONDS = 1 << 30, 60


def help_of(aimc, *args):
    return subprocess.run([aimc, *args, "--help"], capture_output=True, text=True, check=True).stdout


def vocabulary(aimc):
    """Commands, and the options of each."""
    commands = re.findall(r"^  (\w+) +\w", help_of(aimc).split("Exit codes")[0], re.M)
    return {name: sorted(set(re.findall(r"--[a-z][a-z-]+", help_of(aimc, name)))) for name in commands if name not in ("aimc", "completion", "manual")}


def make_files(aimc, folder):
    model = folder / "model"
    subprocess.run([aimc, "train", "--data", "digits", "--limit", "50", "--layers", "none", "--epochs", "1", "--quiet", "--out", model], check=True,
                   capture_output=True)
    good = model.read_bytes()
    contents = {"cut": good[:len(good) // 2], "table.csv": b"1,2\n3,4\n", "bad.csv": b"a,b\n1,x\n", "n.json": b'{"format": "aimc-network"}', "empty": b"",
                "zeros": bytes(5000)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [model, *(folder / name for name in contents), folder, folder / "nowhere" / "file", "/dev/null"]


def draw(rng, words, files):
    command = rng.choice(sorted(words))
    line = [command]
    for _ in range(rng.randint(0, 7)):
        kind = rng.random()
        if kind < 0.5:
            line.append(rng.choice(words[command] or ["--help"]))
        line.append(str(rng.choice(files if kind < 0.2 or 0.5 < kind < 0.75 else NUMBERS if kind < 0.4 or kind > 0.95 else WORDS)))
    return [word.replace("\0", "") for word in line]


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 26, 1 << 26))


def main():
    aimc = pathlib.Path(sys.argv[1]).resolve()
    deadline = time.monotonic() + 3600 * (float(sys.argv[2]) if len(sys.argv) > 2 else 1)
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    sanitized = b"__asan_" in aimc.read_bytes()
    words, codes = vocabulary(aimc), {0: 0, 1: 0, 2: 0, "time": 0}
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        files = make_files(aimc, folder)
        while time.monotonic() < deadline:
            line = draw(rng, words, files)
            try:
                result = subprocess.run([aimc, *line], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
                                        preexec_fn=None if sanitized else limit)
            except subprocess.TimeoutExpired:
                codes["time"] += 1  # epochs may be many: SECURITY.md
                continue
            if result.returncode not in (0, 1, 2) or (result.returncode and not result.stderr):
                raise SystemExit(f"commands: exit code {result.returncode} of {line}\n{result.stderr[-2000:].decode(errors='replace')}")
            if b"\x1b" in result.stderr:
                raise SystemExit(f"commands: a control character of {line}: {result.stderr[-500:]!r}")
            codes[result.returncode] += 1
    print(f"commands: {sum(codes.values())} command lines: {codes[0]} did it, {codes[1]} could not, {codes[2]} were asked wrongly, "
          f"{codes['time']} were ended after {SECONDS} s")


if __name__ == "__main__":
    main()
