#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the site: build.py TREE BUILD. The library and the command of BUILD make the generated pages and pictures.
build.py TREE BUILD pictures writes docs/pictures anew."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TREE, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
LIBRARY = next(path for path in sorted((BUILD / "lib").glob("libaimc.*")) if re.search(r"\.(so|dylib)$", path.name))
os.environ["AIMC_LIBRARY"] = str(LIBRARY.resolve())
sys.path[:0] = [str(TREE / "bindings/python"), str(TREE / "docs/site")]

import pictures  # noqa: E402  pylint: disable=wrong-import-position
import reference  # noqa: E402  pylint: disable=wrong-import-position
from follow import Reader  # noqa: E402  pylint: disable=wrong-import-position
from stage import Stage  # noqa: E402  pylint: disable=wrong-import-position


def doxygen(out, version):
    """XML of the headers; whatever is not documented is an error."""
    env = {**os.environ, "AIMC_VERSION": version, "AIMC_DOCS_DIR": str(out)}
    subprocess.run(["doxygen", "docs/Doxyfile"], cwd=TREE, env=env, check=True)
    # "typedef struct x { ... } x;" is a struct and a type of one name, which Sphinx takes for a mistake
    twin = re.compile(r'<memberdef kind="typedef"(?:(?!</memberdef>).)*?<definition>typedef (?:struct|enum) (\w+)\s+\1</definition>.*?</memberdef>', re.S)
    for path in (out / "xml").glob("*_8h.xml"):
        text = path.read_text(encoding="utf-8")
        defined = set(re.findall(r"<inner(?:class)[^>]*>(\w+)<|<memberdef kind=\"enum\"[^>]*>\s*<type></type>\s*<name>(\w+)<", text))
        names = {name for pair in defined for name in pair if name}
        path.write_text(twin.sub(lambda match: "" if match.group(1) in names else match.group(0), text), encoding="utf-8")


def tutorials(stage):
    """Pictures that the readers of the tutorials make, by what they type."""
    for page in sorted((TREE / "docs/tutorials").glob("*.md")):
        if not Reader.pictures(page.read_text(encoding="utf-8")):
            continue
        with tempfile.TemporaryDirectory() as folder:
            faults = Reader(BUILD, folder).follow(page)
            if faults:
                raise SystemExit(f"{page}:\n" + "\n".join(faults))
            for name in Reader.pictures(page.read_text(encoding="utf-8")):
                stage.write_bytes(stage.out / "tutorials" / name, pathlib.Path(folder, name).read_bytes())


def check_pictures():
    """Those of the tree are those that are drawn here."""
    kept = {path.stem for path in (TREE / "docs/pictures").glob("*.svg")}
    if kept != set(pictures.PICTURES):
        raise SystemExit(f"docs/pictures: {', '.join(sorted(kept ^ set(pictures.PICTURES)))}: not both drawn and kept; ./dev docs pictures writes them")


def main():
    if sys.argv[3:] == ["pictures"]:
        pictures.draw(TREE / "docs/pictures")
        return
    check_pictures()
    version = re.search(r"version: '([\d.]+)'", (TREE / "meson.build").read_text(encoding="utf-8")).group(1)
    site = BUILD / "site"
    site.mkdir(parents=True, exist_ok=True)
    doxygen(site / "doxygen", version)
    stage = Stage(TREE, site / "source")
    pictures.draw(stage.out / "pictures")
    tutorials(stage)
    stage.copy_pages()
    stage.copy_examples()
    reference.write_fields(stage)
    reference.write_presets(stage)
    reference.write_headers(stage)
    reference.write_python(stage)
    reference.write_command(stage, BUILD / "tools" / "aimc")
    stage.copy_front((TREE / "docs/site/contents.md").read_text(encoding="utf-8"))
    stage.remove_the_rest()
    env = {**os.environ, "AIMC_VERSION": version, "AIMC_DOCS_XML": str(site / "doxygen" / "xml"), "AIMC_DOCS_PYTHON": str(TREE / "bindings/python"),
           "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-a", "-j", "auto", "-c", TREE / "docs/site", "-d", site / "doctrees",
                    stage.out, site / "html"], env=env, check=True)
    print(site / "html" / "index.html")


if __name__ == "__main__":
    main()
