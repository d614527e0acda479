# SPDX-License-Identifier: MIT
"""Copies the pages of the tree to where Sphinx builds them, and puts links to files of the tree right."""
import os
import pathlib
import re

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
TOP = {"README.md": "readme.md", "CHANGELOG.md": "changelog.md", "SECURITY.md": "security.md", "CONTRIBUTING.md": "contributing.md",
       "bindings/systemverilog/README.md": "systemverilog.md", "examples/systemc/README.md": "systemc.md"}


def example_pages(tree):
    """Examples as pages: path in the tree -> name of the page."""
    found = sorted(tree.glob("examples/[0-9]*.c")) + sorted(tree.glob("examples/torch/[0-9]*.py"))
    return {str(path.relative_to(tree)): "examples/" + path.stem + ".md" for path in found}


def title_of_example(path):
    """The first sentence of its first comment."""
    text = path.read_text(encoding="utf-8")
    comment = re.search(r'"""(.*?)"""' if path.suffix == ".py" else r"/\*\n(.*?)\*/", text, re.S)
    if not comment:
        return "the shortest program that trains a network"
    words = re.sub(r"\s+(\* )?", " ", comment.group(1)).strip(" *")
    return re.split(r"(?<=[.:]) ", words)[0].rstrip(".:")


class Stage:
    """The folder that Sphinx reads."""

    def __init__(self, tree, out):
        self.tree, self.out, self.written = tree, out, set()
        pages = {str(path.relative_to(tree)): str(path.relative_to(tree / "docs"))
                 for path in sorted((tree / "docs").rglob("*.md")) if path.parent.name != "site"}
        self.pages = {**pages, **TOP, **example_pages(tree)}
        self.pages.update({str(path.relative_to(tree)): "reference/c/" + path.stem + ".md"
                           for path in sorted((tree / "include/aimc").glob("*.h"))})
        self.pages["include/aimc"] = "reference/index.md"
        self.pages["docs/models"] = "models.md"
        self.pages["examples"] = "examples/index.md"

    def target(self, page, link):
        """Where a link of a page of the tree goes to on the site; None: to no page."""
        if re.match(r"[a-z]+:|#", link):
            return link
        path, _, anchor = link.partition("#")
        place = os.path.normpath(os.path.join(os.path.dirname(page), path))
        if place not in self.pages:
            if not (self.tree / place).exists():
                raise SystemExit(f"{page}: no such file: {link}")
            return None
        goal = os.path.relpath(self.pages[place], os.path.dirname(self.pages[page]) or ".")
        return goal + ("#" + anchor if anchor else "")

    def links(self, page, text):
        """Text with the links of the site."""
        def put(match):
            mark, words, link = match.groups()
            if mark:
                self.picture(page, link)
                return match.group(0)
            goal = self.target(page, link)
            return f"[{words}]({goal})" if goal else self.download(page, words, link)
        parts = re.split(r"(```.*?```)", text, flags=re.S)
        return "".join(part if part.startswith("```") else LINK.sub(put, part) for part in parts)

    def download(self, page, words, link):
        """A link to a file of the tree that is no page: the reader gets the file. Of a folder the name alone."""
        source = self.tree / os.path.normpath(os.path.join(os.path.dirname(page), link))
        if source.is_dir():
            return words if "`" in words else f"`{words}`"
        goal = self.out / "files" / source.relative_to(self.tree)
        self.write_bytes(goal, source.read_bytes())
        return f"{{download}}`{words.replace('`', '')} </{goal.relative_to(self.out)}>`"

    def picture(self, page, link):
        """Pictures lie beside their page, or are made later by pictures.py."""
        source = self.tree / os.path.normpath(os.path.join(os.path.dirname(page), link))
        goal = self.out / os.path.normpath(os.path.join(os.path.dirname(self.pages[page]), link))
        if source.exists() and not goal.exists():
            self.write_bytes(goal, source.read_bytes())

    def write_bytes(self, path, data):
        self.written.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:  # Sphinx reads again what is newer
            path.write_bytes(data)

    def remove_the_rest(self):
        """Pages of an earlier build that are no longer there."""
        for path in self.out.rglob("*.md"):
            if path not in self.written:
                path.unlink()

    def write(self, name, text):
        """A page of the site."""
        self.write_bytes(self.out / name, text.encode())

    def copy_pages(self):
        """All Markdown of the tree, with links that hold on the site."""
        for page, name in self.pages.items():
            path = self.tree / page
            if path.suffix == ".md" and name != "index.md":
                text = self.links(page, path.read_text(encoding="utf-8")).replace("```math\n", "```{math}\n")
                self.write(name, text + (self.below("models") if name == "models.md" else ""))

    def below(self, folder):
        """The pages of a folder, for the sidebar."""
        names = sorted(name[:-3] for name in self.pages.values() if name.startswith(folder + "/"))
        return "\n```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"

    def copy_front(self, contents):
        """The first page and what the sidebar holds."""
        text = self.links("docs/index.md", (self.tree / "docs/index.md").read_text(encoding="utf-8"))
        self.write("index.md", text + "\n" + contents)

    def copy_examples(self):
        """A page for each example, and one that lists them."""
        rows = []
        for path, name in example_pages(self.tree).items():
            source = self.tree / path
            title = title_of_example(source)
            language = "python" if path.endswith(".py") else "c"
            code = source.read_text(encoding="utf-8").split("\n", 1)[1]
            self.write(name, f"# {source.name}: {title}\n\n`{path}` of the tree.\n\n````{language}\n{code}````\n")
            rows.append((pathlib.Path(name).name, source.name, title))
        table = "\n".join(f"| [{file}]({page}) | {title} |" for page, file, title in rows)
        names = "\n".join(page[:-3] for page, _, _ in rows)
        self.write("examples/index.md", "# Examples\n\nEach is a whole program that is compiled, or run, as a test.\n\n"
                   f"| program | what it shows |\n|---|---|\n{table}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n")
