#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One wheel for every Python of a platform, of a package that Meson installed: wheel.py ROOT PACKAGE PLATFORM OUT [LICENCE...]

PACKAGE is the installed folder aimc: the modules, the library, the command, the digits. It is used by ctypes, so the tag is
py3-none-PLATFORM (tags of the same platform have a dot between them). Every file has the time of the last commit or of
SOURCE_DATE_EPOCH: the same input is the same wheel. Licences are files NAME of what lies within, by another's name."""
import base64
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import time
import tomllib
import zipfile

FORMAT = "Wheel-Version: 1.0\nGenerator: libaimc\nRoot-Is-Purelib: false\n"


def metadata(root, project, version):
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {version}", f"Summary: {project['description']}",
             f"License: {project['license']['text']}", f"Requires-Python: {project['requires-python']}"]
    lines += [f"Requires-Dist: {need}" for need in project["dependencies"]]
    for extra, needs in project["optional-dependencies"].items():
        lines += [f"Provides-Extra: {extra}"] + [f'Requires-Dist: {need} ; extra == "{extra}"' for need in needs]
    return "\n".join([*lines, "Description-Content-Type: text/markdown", "", (root / "README.md").read_text(encoding="utf-8")])


def contents(root, package, project, version, platform, licences):
    """(name in the wheel, bytes) of every file but the record."""
    info = f"aimc-{version}.dist-info"
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield f"aimc/{path.relative_to(package).as_posix()}", path.read_bytes()
    for path in [root / "COPYING", *licences]:
        yield f"{info}/licenses/{path.name}", path.read_bytes()
    scripts = "".join(f"{name} = {target}\n" for name, target in project["scripts"].items())
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platform.split("."))
    yield f"{info}/entry_points.txt", f"[console_scripts]\n{scripts}".encode()
    yield f"{info}/METADATA", metadata(root, project, version).encode()
    yield f"{info}/WHEEL", (FORMAT + tags).encode()


def modified(root):
    """(year, month, day, hour, minute, second) of every file in the wheel."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        log = subprocess.run(["git", "-C", root, "log", "-1", "--format=%ct"], check=True, capture_output=True, text=True)
        epoch = log.stdout
    return time.gmtime(int(epoch))[:6]


def write(wheel, files, record, when):
    rows = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        def put(name, data):
            entry = zipfile.ZipInfo(name, when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name in ("aimc/aimc", "aimc/aimc.exe") else 0o100644) << 16
            archive.writestr(entry, data)
        for name, data in files:
            put(name, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(data)}\n")
        put(record, ("".join(rows) + f"{record},,\n").encode())


def main(root, package, platform, out, *licences):
    root, package, out = pathlib.Path(root), pathlib.Path(package), pathlib.Path(out)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.search(r"version: '([^']+)'", (root / "meson.build").read_text(encoding="utf-8")).group(1)
    wheel = out / f"aimc-{version}-py3-none-{platform}.whl"
    out.mkdir(parents=True, exist_ok=True)
    files = contents(root, package, project, version, platform, [pathlib.Path(path) for path in licences])
    write(wheel, files, f"aimc-{version}.dist-info/RECORD", modified(root))
    print(wheel)


main(*sys.argv[1:])
