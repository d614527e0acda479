# SPDX-License-Identifier: MIT
# ./dev check install: what is installed is the same wherever it is built, needs the C library alone where that is asked for,
# and serves programs of others as an archive, and on Windows. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# The tree as it is, without what git ignores: copy_tree FOLDER
copy_tree()
{
    mkdir -p "$1"
    git ls-files -z -c -o --exclude-standard | xargs -0 cp --parents -t "$1" 2>/dev/null || [ -f "$1/meson.build" ]
}

# Everything off that may be off; one instruction set and -O0, since what matters are paths and order: build_bare TREE
build_bare()
{
    (cd "$1" && "$meson" setup build -Doptimization=0 -Dauto_features=disabled -Dinstruction_sets= --wrap-mode=forcefallback &&
        CCACHE_DISABLE=1 ninja -C build) >"$1.log" 2>&1 || { tail -n 20 "$1.log"; return 1; }
}

# The same bytes of two folders, none of which holds the path of its own: check_same TREE TREE
check_same()
{
    local file
    for file in lib/libaimc.so.0.1.0 lib/libaimc.a tools/aimc; do
        cmp "$1/build/$file" "$2/build/$file" || return 1
        ! grep -qaF "$(dirname "$1")" "$1/build/$file" || { echo "$file holds the path of its folder"; return 1; }
    done
    echo "library, archive and command have the same bytes from two folders"
}

# consumer TREE TARGET CMAKE_OPTION...: the program of tests/consumers, linked with TARGET, built in TREE/consumer
consumer()
{
    rm -rf "$1/consumer"
    { cmake -S tests/consumers/cmake -B "$1/consumer" "-DAIMC_TARGET=$2" "${@:3}" && cmake --build "$1/consumer"; } \
        >"$1.log" 2>&1 || { tail -n 20 "$1.log"; return 1; }
}

# Installed as an archive alone, moved, and used by CMake and pkg-config: check_static TREE
check_static()
{
    local moved=$1/moved target
    { "$meson" configure "$1/build" -Ddefault_library=static && ninja -C "$1/build" &&
        "$meson" install -C "$1/build" --quiet --destdir "$1/stage" && mv "$1/stage/usr/local" "$moved"; } >"$1.log" 2>&1 ||
        { tail -n 20 "$1.log"; return 1; }
    [ -z "$(find "$moved" -name '*.so*')" ] || { echo "a shared library, too"; return 1; }
    for target in aimc::aimc aimc::aimc_static; do
        consumer "$1" "$target" "-DCMAKE_PREFIX_PATH=$moved" && "$1/consumer/consumer" || return 1
        needs_only_libc "$1/consumer/consumer" || return 1
    done
    # shellcheck disable=SC2046  # the words of the flags are meant
    cc tests/consumers/consumer.c $(PKG_CONFIG_PATH=$(dirname "$(find "$moved" -name aimc.pc)") \
        pkg-config --cflags --libs --static aimc) -o "$1/by-pkg-config" && "$1/by-pkg-config" || return 1
    "$moved/bin/aimc" train --data digits --limit 50 --layers none --epochs 1 --quiet
}

# The DLL and the archive, used by CMake with mingw-w64 and run under Wine
check_mingw()
{
    local place stage target
    place=$(cross_place)/x86_64-windows
    stage=$place/installed
    need_for_mingw
    cross_build x86_64-windows -Dtests=false || return 1
    rm -rf "$stage"
    "$meson" install -C "$place/build" --no-rebuild --quiet --destdir "$stage" || return 1
    for target in aimc::aimc aimc::aimc_static; do
        consumer "$place" "$target" "-DCMAKE_PREFIX_PATH=$stage" "-DCMAKE_TOOLCHAIN_FILE=$place/toolchain.cmake" || return 1
        WINEDEBUG=-all WINEPATH=$stage/bin wine "$place/consumer/consumer.exe" || return 1
    done
}

check_install()
{
    local place one two
    need_for_build
    want cmake cmake --version
    install_missing
    place=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$place'" EXIT
    one=$place/one two=$place/another/folder
    copy_tree "$one"
    copy_tree "$two"
    build_bare "$one" && build_bare "$two" && check_same "$one" "$two" || die "install: the build is not reproducible"
    needs_only_libc "$one"/build/{lib/libaimc.so.0,tools/aimc} || die "install: with all features off it needs more than libc, libm, threads"
    check_static "$one" || die "install: not as an archive"
    check_mingw || die "install: not by mingw-w64"
}
