# SPDX-License-Identifier: MIT
# ./dev docs: the pages. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- docs -------------------------------------------------------------------------------------------

docs()
{
    want doxygen doxygen --version
    install_missing
    mkdir -p "$build/docs"
    AIMC_VERSION=$(sed -n "s/^ *version: '\([0-9.]*\)',/\1/p" meson.build | head -n 1) \
        AIMC_DOCS_DIR=$build/docs doxygen docs/Doxyfile
    echo "$build/docs/html/index.html"
}
