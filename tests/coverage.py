#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which lines of lib and tools the tests reached, from what gcov counted: by folder, and the least covered files.

    coverage.py BUILD_DIR [--lines FILE]      --lines: the lines of one file that were not reached

A line that is compiled for several instruction sets is reached when one of them is."""
import argparse
import collections
import concurrent.futures
import gzip
import json
import pathlib
import subprocess
import tempfile

WORST = 20


def read_object(notes):
    """(source, line) to count, of the object whose .gcno this is."""
    counts = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["gcov", "--json-format", str(notes)], cwd=folder, check=True, capture_output=True)
        for report in pathlib.Path(folder).glob("*.gcov.json.gz"):
            with gzip.open(report, "rt", encoding="utf-8") as text:
                document = json.load(text)
            for source in document["files"]:
                path = pathlib.Path(document["current_working_directory"], source["file"]).resolve()
                for line in source["lines"]:
                    key = (path, line["line_number"])
                    counts[key] = max(counts.get(key, 0), line["count"])
    return counts


def read_all(build):
    """Path below the root to {line: reached}."""
    root = pathlib.Path(__file__).resolve().parent.parent
    notes = [path.resolve() for path in build.rglob("*.gcno") if path.with_suffix(".gcda").exists()]
    files = collections.defaultdict(dict)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for counts in pool.map(read_object, notes):
            for (path, line), count in counts.items():
                if path.is_relative_to(root) and path.relative_to(root).parts[0] in ("lib", "tools"):
                    lines = files[str(path.relative_to(root))]
                    lines[line] = lines.get(line, False) or count > 0
    return files


def row(name, lines):
    lines = list(lines)
    return f"{name:36} {sum(lines):6} of {len(lines):6} lines  {100 * sum(lines) / len(lines):5.1f} %"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--lines", metavar="FILE")
    args = parser.parse_args()
    files = read_all(args.build)
    if args.lines:
        print("\n".join(str(line) for line, reached in sorted(files[args.lines].items()) if not reached))
        return
    folders = collections.defaultdict(list)
    for name, lines in files.items():
        folders[str(pathlib.Path(name).parent)] += lines.values()
    for name in sorted(folders):
        print(row(name, folders[name]))
    print(row("all", (reached for lines in files.values() for reached in lines.values())))
    print("\nLeast covered:")
    share = sorted(files, key=lambda name: sum(files[name].values()) / len(files[name]))
    print("\n".join(row(name, files[name].values()) for name in share[:WORST]))


main()
