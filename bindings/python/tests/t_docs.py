# SPDX-License-Identifier: MIT
"""The blocks of README.md, docs/python.md and docs/networks.md run; docs/from-aihwkit.md has all names of the peer, and ours exist; docs/cpp.md and docs/networks.md show
what is compiled."""
import functools
import json
import re

from common import DATA, SOURCE, aimc, main, unittest


def page(name):
    return (SOURCE / "docs" / name).read_text(encoding="utf-8")


def words(text):
    return set(re.findall(r"\w+", text))


def peer_sections():
    """from-aihwkit.md: class of the peer -> text of the section with its name in the heading."""
    found = {}
    for part in page("from-aihwkit.md").split("\n### ")[1:]:
        heading, _, body = part.split("\n## ")[0].partition("\n")
        found.update({name: body for name in heading.split(", ")})
    return found


def exists(name):
    """Raise unless a name of ours means something: `aimc.Class.member`, `kind` or `kind:field`."""
    if name.startswith("aimc."):
        _, *path = name.split(".")
        if path[0] == "plot":  # matplotlib may be missing
            assert f"\ndef {path[1]}(" in (SOURCE / "bindings/python/aimc/plot.py").read_text(encoding="utf-8")
        else:
            functools.reduce(getattr, path, aimc)
        return
    kind, _, field = name.partition(":")
    config = aimc.Config(kind)
    if field:
        config.text(field)


def same(where, name):
    """Raise unless kind, or kind:nested, has that field; or the field kind:field that choice."""
    kind, _, path = where.partition(":")
    config = aimc.Config(kind)
    if name.isupper() and len(name) > 2:
        config[path] = name
    else:
        config.text(f"{path}.{name}" if path else name)


class Docs(unittest.TestCase):
    def run_blocks(self, name, at_least):
        blocks = re.findall(r"```python\n(.*?)```", page(name), re.S)
        self.assertGreaterEqual(len(blocks), at_least)
        scope = {}
        for number, block in enumerate(blocks):
            exec(compile(block, f"docs/{name}, block {number}", "exec"), scope)  # pylint: disable=exec-used

    def test_readme(self):
        code = re.search(r"```python\n(.*?)```", (SOURCE / "README.md").read_text(encoding="utf-8"), re.S).group(1)
        exec(compile(code, "README.md", "exec"), {})  # pylint: disable=exec-used

    def test_python_tutorial(self):
        self.run_blocks("python.md", 5)

    def test_networks(self):
        self.run_blocks("networks.md", 3)
        shown = re.search(r"```c\n(#include.*?)```", page("networks.md"), re.S).group(1)
        self.assertEqual(shown, (SOURCE / "examples/00_ten_lines.c").read_text(encoding="utf-8").split("\n", 1)[1])

    def test_cpp_tutorial(self):
        shown = re.search(r"```cpp\n(.*?)```", page("cpp.md"), re.S).group(1)
        tested = (SOURCE / "bindings/cpp/tutorial.cpp").read_text(encoding="utf-8").split("\n", 1)[1]
        self.assertEqual(shown, tested)

    def test_names_of_the_peer_are_all_there(self):
        names = json.loads((DATA / "aihwkit_names.json").read_text(encoding="utf-8"))
        sections = peer_sections()
        for group in ("fields", "enums", "arguments"):
            for name, members in names[group].items():
                with self.subTest(name=name):
                    self.assertIn(name, sections)
                    self.assertEqual([member for member in members if member not in words(sections[name])], [])
        self.assertEqual([name for name in names["modules"] if name not in words(page("from-aihwkit.md"))], [])
        for name in names["presets"]:
            self.assertTrue(aimc.find_preset(name).name)

    def test_names_for_those_who_come_from_others(self):
        for peer in ("from-crosssim.md", "from-neurosim.md"):
            rows = [row.split(" | ") for row in page(peer).split("\n") if row.startswith("| ") and row.count(" | ") == 2]
            named = [name for row in rows for name in re.findall(r"`([\w.]+(?::\w+)?)`", row[1])]
            self.assertGreater(len(named), 18)
            more = [name for row in rows for name in re.findall(r"`(\w+:\w+)`", row[2])]
            for name in named + more:
                with self.subTest(peer=peer, name=name):
                    exists(name)

    def test_names_of_ours_exist(self):
        text = page("from-aihwkit.md")
        named = [name for row in text.split("\n") if row.startswith("|") for name in re.findall(r"`([\w:.]+)`", row.split("|")[2])]
        self.assertGreater(len(named), 100)
        for name in named:
            with self.subTest(name=name):
                exists(name)
        kept = 0
        for kinds, fields in re.findall(r"^Same in (.*?): (.*?)\n\n", text, re.M | re.S):
            for kind in re.findall(r"`([\w:.]+)`", kinds):
                for field in fields.replace("\n", " ").split(", "):
                    with self.subTest(kind=kind, field=field):
                        same(kind, field)
                        kept += 1
        self.assertGreater(kept, 400)


if __name__ == "__main__":
    main()
