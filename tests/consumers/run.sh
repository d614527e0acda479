#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs of someone else get libaimc in each way the README names: pkg-config, CMake, a Meson subproject. And the
# command runs where it was installed.
#
#     tests/consumers/run.sh pkg-config|cmake|subproject|command BUILD_DIR CC MESON
#
# Exit code 77 where a tool is missing: the test counts as skipped.
set -euo pipefail
way=$1 build=$2 cc=$3 meson=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

skip()
{
    echo "skipped: $*"
    exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Fill $stage with an installed copy, as a package would be made, and move it; $prefix and $libdir lie in it.
install_copy()
{
    local pc
    stage=$work/moved
    $meson install -C "$build" --no-rebuild --quiet --destdir "$work/stage"
    mv "$work/stage" "$stage"
    pc=$(find "$stage" -name aimc.pc)
    libdir=$(dirname "$(dirname "$pc")")
    export PKG_CONFIG_PATH=$libdir/pkgconfig # which says all paths from where it lies
    export LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    prefix=$(realpath "$(pkg-config --variable=prefix aimc)")
}

# Two numbers near -0.150 -0.250: a single read is off by less than 0.4, more than six sigma.
check_output()
{
    local output
    output=$("$@")
    echo "$output"
    awk '{ exit !(NF == 2 && ($1 + 0.15) ^ 2 < 0.16 && ($2 + 0.25) ^ 2 < 0.16) }' <<<"$output"
}

by_pkg_config()
{
    command -v pkg-config >/dev/null || skip "pkg-config is missing"
    install_copy
    cp "$here/consumer.c" "$work/mine.c" # outside the tree: nothing of it can be found by chance
    cd "$work"
    # shellcheck disable=SC2046  # the words of the flags are meant
    $cc mine.c $(pkg-config --cflags --libs aimc) -o mine
    check_output ./mine
    [ "$(pkg-config --modversion aimc)" = "$(sed -n "s/^ *version: '\([0-9.]*\)',/\1/p" "$root/meson.build" | head -n 1)" ]
}

by_cmake()
{
    command -v cmake >/dev/null && cmake --version >/dev/null || skip "CMake is missing"
    install_copy
    local target
    for target in aimc::aimc aimc::aimc_static; do
        CC=$cc cmake -S "$here/cmake" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" -DAIMC_TARGET=$target >"$work/log" ||
            { cat "$work/log"; return 1; }
        cmake --build "$work/build" >"$work/log" || { cat "$work/log"; return 1; }
        check_output "$work/build/consumer"
    done
}

by_subproject()
{
    mkdir -p "$work/mine/subprojects/libaimc"
    cp "$here/subproject/meson.build" "$here/consumer.c" "$work/mine"
    cp -r "$root"/{meson.build,meson_options.txt,include,lib} "$work/mine/subprojects/libaimc"
    mkdir -p "$work/mine/subprojects/libaimc/tests"
    cp -r "$root/tests/abi" "$work/mine/subprojects/libaimc/tests" # holds the probe of the linker
    # PKG_CONFIG_LIBDIR would hide zlib and jansson, so a copy on the system is ruled out this way
    CC=$cc $meson setup "$work/build" "$work/mine" --force-fallback-for=aimc -Dbuildtype=debug \
        >"$work/log" || { cat "$work/log"; return 1; }
    $meson compile -C "$work/build" >"$work/log" || { tail -n 40 "$work/log"; return 1; }
    check_output "$work/build/consumer"
}

# The command as it was installed: it finds its library and its data from where it lies, wherever the prefix has been
# moved to, and holds no path of this machine.
by_command()
{
    install_copy
    unset LD_LIBRARY_PATH AIMC_DATA
    [ -x "$prefix/bin/aimc" ] || skip "built without the command"
    mv "$prefix" "$work/moved here"
    cd "$work/moved here"
    ./bin/aimc --version
    ./bin/aimc train --data digits --limit 50 --layers none --epochs 1 --quiet
    for file in bin/aimc "$(find . -name 'libaimc.so.*.*.*')"; do
        for path in "$root" "$(readlink -f "$build")" shared/data; do
            ! grep -aF "$path" "$file" || { echo "$file holds $path"; return 1; }
        done
    done
}

case $way in
    pkg-config) by_pkg_config ;;
    cmake) by_cmake ;;
    subproject) by_subproject ;;
    command) by_command ;;
    *) echo "run.sh: unknown way '$way'" >&2; exit 2 ;;
esac
