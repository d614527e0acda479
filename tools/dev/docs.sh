# SPDX-License-Identifier: MIT
# ./dev docs: the pages as one site. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# The site in $build/site/html; ./dev docs pictures: docs/pictures anew.
docs()
{
    want doxygen doxygen --version
    want python3-sphinx /usr/bin/python3 -c 'import sphinx'
    want python3-breathe /usr/bin/python3 -c 'import breathe'
    want python3-myst-parser /usr/bin/python3 -c 'import myst_parser'
    want libjs-katex test -d /usr/share/javascript/katex
    want furo /usr/bin/python3 -c 'import furo'
    want python3-sphinx-copybutton /usr/bin/python3 -c 'import sphinx_copybutton'
    want python3-matplotlib /usr/bin/python3 -c 'import matplotlib'
    want python3-numpy /usr/bin/python3 -c 'import numpy'
    compile
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 docs/site/build.py . "$build" "$@"
}
