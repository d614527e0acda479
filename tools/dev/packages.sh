# SPDX-License-Identifier: MIT
# What is missing here, installed or named. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- packages ---------------------------------------------------------------------------------------

missing=()

# want PACKAGE PROBE...: note the Debian package unless it is installed or the probe finds the same elsewhere.
want()
{
    dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed' && return
    "${@:2}" >/dev/null 2>&1 || missing+=("$1")
}

have_header()
{
    echo "#include <$1>" | cc -E - >/dev/null 2>&1
}

is_recent_meson()
{
    local version
    version=$("$1" --version 2>/dev/null) || return 1
    [ "$(printf '%s\n' 1.0.1 "$version" | sort -V | head -n 1)" = 1.0.1 ]
}

find_meson()
{
    local candidate
    for candidate in meson /usr/bin/meson; do
        is_recent_meson "$candidate" && echo "$candidate" && return
    done
    return 1
}

install_missing()
{
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null ||
        die "please install what Debian calls: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "no sudo here; as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    echo "dev: installing ${missing[*]}"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${missing[@]}"
    missing=()
}

need_for_build()
{
    want build-essential cc --version
    want pkgconf pkg-config --version
    want meson find_meson
    want ninja-build ninja --version
    want python3 python3 --version
    want libjansson-dev pkg-config --exists 'jansson >= 2.10'
    want zlib1g-dev pkg-config --exists zlib
    want check pkg-config --exists check
    want python3-numpy python3 -c 'import numpy'
    # All of these may be missing: the built-in code does the work of the first two.
    if command -v apt-get >/dev/null; then
        want libblis-serial-dev have_header blis.h
        [ "$(uname -m)" != x86_64 ] || want libxsmm-dev pkg-config --exists libxsmm
        want libsystemc-dev pkg-config --exists systemc # only the test 'systemc' needs it
        want verilator verilator --version # only the test 'dpi' needs it: half a minute
    fi
    install_missing
    meson=$(find_meson) || die "meson >= 1.0.1 is needed"
}

need_for_lint()
{
    need_for_fuzz
    want clang-format clang-format --version
    want clang-tidy clang-tidy --version
    want codespell codespell --version
    install_missing
}

# Not a part of anything else: only the long test and 'aimc train --data fashion-mnist' want it.
data()
{
    want dataset-fashion-mnist test -f "${AIMC_DATA:-/usr/share/datasets}/fashion-mnist/train-images-idx3-ubyte.gz"
    install_missing
}
