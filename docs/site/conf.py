# SPDX-License-Identifier: MIT
"""Sphinx reads this; docs/site/build.py sets the variables of the environment and runs it."""
import importlib.util
import inspect
import os
import re
import sys

sys.path.insert(0, os.environ["AIMC_DOCS_PYTHON"])

project = "libaimc"
author = "the authors of libaimc"
copyright = "the authors of libaimc, MIT licence"  # pylint: disable=redefined-builtin
release = version = os.environ["AIMC_VERSION"]

extensions = ["myst_parser", "breathe", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
if importlib.util.find_spec("sphinx_copybutton"):
    extensions.append("sphinx_copybutton")
    copybutton_prompt_text = r"\$ |>>> "
    copybutton_prompt_is_regexp = True

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "files"]  # files to download
# a link to a heading below the third level, and the copy of a page's title in its own folder
suppress_warnings = ["myst.header", "misc.highlighting_failure"]
highlight_language = "none"

breathe_projects = {"libaimc": os.environ["AIMC_DOCS_XML"]}
breathe_default_project = "libaimc"
breathe_domain_by_extension = {"h": "c"}
breathe_show_include = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_inherit_docstrings = False
autoclass_content = "class"
autodoc_default_options = {"members": True, "show-inheritance": True}

html_theme = "furo" if importlib.util.find_spec("furo") else "alabaster"
html_title = f"libaimc {release}"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True} if html_theme == "furo" else {}
html_static_path = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "static")]
html_css_files = ["site.css"]

# Formulas are set in the reader's browser by KaTeX from the site itself; where Debian's libjs-katex is not there, by MathJax from the web.
KATEX = "/usr/share/javascript/katex"
if os.path.isdir(KATEX):
    html_static_path.append(KATEX)
    html_css_files.append("katex.min.css")
    html_js_files = ["katex.min.js", "contrib/auto-render.js"]
    mathjax_path = "formulas.js"


def indented_block(lines):
    """A block of a docstring: lines "name: meaning" are a list, anything else is shown as it is."""
    entries = []
    for line in lines:
        text = line.strip()
        if re.match(r"\w+(, \w+)*: ", text) and len(line) - len(line.lstrip()) == len(lines[0]) - len(lines[0].lstrip()):
            entries.append(text)
        elif entries:
            entries[-1] += " " + text
        else:
            return ["::", "", *("    " + word for word in lines), ""]
    made = []
    for entry in entries:
        name, _, meaning = entry.partition(": ")
        made.append(f"- ``{name}``: " + re.sub(r"([*|`_])", r"\\\1", meaning))
    return made + [""]


def parts(lines):
    """(is indented, lines) one after the other; blank lines go with what is before them."""
    made = []
    for line in lines:
        indented = line.startswith("    ") if line.strip() or not made else made[-1][0]
        if not made or made[-1][0] != indented:
            made.append((indented, []))
        made[-1][1].append(line)
    return made


def read_docstring(what, thing, lines):
    """Docstrings are plain text; what is indented stands apart, and so do the fields of a record."""
    if what == "class" and issubclass(thing, tuple):
        lines = [line if k == 0 or not line else "    " + line for k, line in enumerate(lines)]
    made = []
    for indented, block in parts(lines):
        if indented and made and made[-1].startswith(".."):  # of a directive
            made += block
        elif indented:
            made += ["", *indented_block([line for line in block if line.strip()])]
        else:
            made += [re.sub(r"(?<!\\)([*|])", r"\\\1", line) for line in block]
    return made


def put_docstring(_app, what, _name, thing, _options, lines):
    lines[:] = read_docstring(what, thing, lines)


def short_types(text):
    """The package's own names of types in place of what they stand for, of which that of numpy fills lines."""
    from aimc import _types, config  # pylint: disable=import-outside-toplevel
    array = _spelled(_types.ArrayLike)
    members = array[len("typing.Union["):-1]  # what FieldValue has of it
    text = text.replace("~", "").replace(array, "ArrayLike").replace(members, "ArrayLike")
    names = {_spelled(config.FieldValue).replace(members, "ArrayLike"): "FieldValue", _spelled(config.ConfigLike): "ConfigLike",
             **{_spelled(getattr(_types, name)): name for name in ("PathLike", "Floats", "Doubles", "Ints")}}
    for long, short in names.items():
        text = text.replace(long, short)
    return re.sub(r"\baimc\._\w+\.", "aimc.", text.replace("typing.", ""))


def _spelled(kind):
    """As Sphinx spells an annotation within a signature."""
    from sphinx.util.inspect import stringify_signature  # pylint: disable=import-outside-toplevel
    made = inspect.Signature([inspect.Parameter("x", inspect.Parameter.POSITIONAL_ONLY, annotation=kind)])
    return stringify_signature(made)[len("(x: "):].rpartition(", /)")[0]


def shorten_signature(_app, _what, _name, _thing, _options, signature, returned):
    return (short_types(signature) if signature else signature), (short_types(returned) if returned else returned)


def skip_member(_app, _what, _name, member, skip, _options):
    """Fields of a record stand in its docstring."""
    return True if type(member).__name__ == "_tuplegetter" else skip


def setup(app):
    app.connect("autodoc-process-docstring", put_docstring)
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("autodoc-skip-member", skip_member)
