# SPDX-License-Identifier: MIT
"""A copy of the tree in which faults may be planted; its build folders stay between runs."""
import os
import pathlib
import shutil
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def copy_tree(place):
    """Files of the tree as git knows them; one that did not change keeps its time, so that builds go on where they were."""
    tree = pathlib.Path(place).resolve() / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=SOURCE, check=True, capture_output=True).stdout
    names = {name for name in listed.decode().split("\0") if name and (SOURCE / name).is_file()}
    for name in sorted(names):
        to = tree / name
        if to.is_file() and to.read_bytes() == (SOURCE / name).read_bytes():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / name, to)
    for folder, folders, files in os.walk(tree):
        folders[:] = [each for each in folders if not each.startswith("build")]
        for each in files:
            path = pathlib.Path(folder) / each
            if str(path.relative_to(tree)) not in names:
                path.unlink()
    return tree


def configure(build, *options):
    """A build that compiles fast: plain C, built-in products."""
    if not (build / "build.ninja").is_file():
        subprocess.run(["meson", "setup", build, "-Dtests=true", "-Dblas=disabled", "-Dinstruction_sets=", "-Dbuildtype=debug", "-Doptimization=1", *options],
                       cwd=build.parent, check=True, stdout=subprocess.DEVNULL)


def replace(path, old, new):
    """Once, where it stands once."""
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise SystemExit(f"{path}: {old!r} stands there {text.count(old)} times")
    path.write_text(text.replace(old, new), encoding="utf-8")
