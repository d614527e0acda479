# SPDX-License-Identifier: MIT
"""The blocks of docs/python.md run; names in docs/from-aihwkit.md exist; docs/cpp.md shows what is compiled."""
import re

from common import SOURCE, aimc, main, unittest


def page(name):
    return (SOURCE / "docs" / name).read_text(encoding="utf-8")


class Docs(unittest.TestCase):
    def test_python_tutorial(self):
        blocks = re.findall(r"```python\n(.*?)```", page("python.md"), re.S)
        self.assertGreaterEqual(len(blocks), 5)
        scope = {}
        for number, block in enumerate(blocks):
            exec(compile(block, f"docs/python.md, block {number}", "exec"), scope)  # pylint: disable=exec-used

    def test_cpp_tutorial(self):
        shown = re.search(r"```cpp\n(.*?)```", page("cpp.md"), re.S).group(1)
        tested = (SOURCE / "bindings/cpp/tutorial.cpp").read_text(encoding="utf-8").split("\n", 1)[1]
        self.assertEqual(shown, tested)

    def test_names_of_ours_exist(self):
        names = [name for row in page("from-aihwkit.md").split("\n") if row.startswith("|")
                 for name in re.findall(r"`([\w:.]+)`", row.split("|")[2])]
        self.assertGreater(len(names), 40)
        for name in names:
            kind, _, field = name.partition(":")
            config = aimc.Config(kind)
            if field:
                config.text(field)


if __name__ == "__main__":
    main()
