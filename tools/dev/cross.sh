# SPDX-License-Identifier: MIT
# Builds for other systems: Windows by Debian's mingw-w64, tested under Wine; others by zig. Sourced by dev.
# shellcheck shell=bash disable=SC2154

cross_place()
{
    realpath -m "$build/cross"
}

# ---- what is built upon -----------------------------------------------------------------------------

# The unmodified sources of Debian, unpacked in $build/cross/sources: NAME...
fetch_sources()
{
    local place name
    place=$(cross_place)/sources
    mkdir -p "$place/lists/partial"
    for name; do
        [ ! -d "$place/$name" ] || continue
        command -v apt-get >/dev/null || die "please unpack the sources of $name in $place/$name"
        if [ ! -f "$place/sources.list" ]; then
            echo "deb-src http://deb.debian.org/debian $(. /etc/os-release && echo "$VERSION_CODENAME") main" >"$place/sources.list"
            apt-get -q -o "Dir::Etc::sourcelist=$place/sources.list" -o Dir::Etc::sourceparts=- \
                -o "Dir::State::Lists=$place/lists" update
        fi
        (cd "$place" && apt-get -q -o "Dir::Etc::sourcelist=$place/sources.list" -o Dir::Etc::sourceparts=- \
            -o "Dir::State::Lists=$place/lists" source --download-only "$name")
        mkdir "$place/$name"
        tar -xf "$place/${name}"_*.orig.tar.* --strip-components=1 -C "$place/$name"
    done
}

# cmake_library NAME TARGET OPTION...: a static library of the sources, installed in $build/cross/TARGET/prefix, by the
# compiler that tools/cross/TARGET.ini names
cmake_library()
{
    local name=$1 target=$2 top
    top=$(cross_place)
    [ ! -f "$top/$target/$name.done" ] || return 0
    cmake -G Ninja -S "$top/sources/$name" -B "$top/$target/$name" "-DCMAKE_TOOLCHAIN_FILE=$top/$target/toolchain.cmake" \
        "-DCMAKE_INSTALL_PREFIX=$top/$target/prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_POLICY_VERSION_MINIMUM=3.5 "${@:3}" >"$top/$target/$name.log" 2>&1 &&
        ninja -C "$top/$target/$name" install >>"$top/$target/$name.log" 2>&1 ||
        { tail -n 20 "$top/$target/$name.log"; die "$name does not build for $target"; }
    rm -f "$top/$target/prefix/lib/"*.{dll.a,so,so.*,dylib} # the static one is meant
    touch "$top/$target/$name.done"
}

# Scripts that are the compiler and ar of a machine file, and how CMake is told of them.
write_toolchain()
{
    python3 - "$1" "$(cross_place)/$1" <<'END'
import ast, configparser, pathlib, shlex, shutil, sys

target, place = sys.argv[1], pathlib.Path(sys.argv[2])
machine = configparser.ConfigParser()
machine.read(f"tools/cross/{target}.ini")
place.mkdir(parents=True, exist_ok=True)
for tool in ("c", "ar"):
    command = ast.literal_eval(machine["binaries"][tool])
    command = command if isinstance(command, list) else [command]
    command = shlex.join([shutil.which(command[0]), *command[1:]]) # whatever PATH is by then
    script = place / tool
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    script.chmod(0o755)
host = {key: ast.literal_eval(value) for key, value in machine["host_machine"].items()}
system = host["system"].capitalize()
(place / "toolchain.cmake").write_text(f"""set(CMAKE_SYSTEM_NAME {system})
set(CMAKE_SYSTEM_PROCESSOR {host["cpu"]})
set(CMAKE_C_COMPILER {place}/c)
set(CMAKE_AR {place}/ar)
set(CMAKE_RANLIB true)
set(CMAKE_RC_COMPILER true)
set(HAVE_FORK {0 if system == "Windows" else 1})
set(HAVE_WAITPID {0 if system == "Windows" else 1})
""")
(place / "libraries.ini").write_text(f"[properties]\npkg_config_libdir = '{place}/prefix/lib/pkgconfig'\n"
                                     f"[binaries]\nc = '{place}/c'\nar = '{place}/ar'\n")
END
}

# cross_build TARGET OPTION...: everything, in $build/cross/TARGET/build, with jansson and zlib of subprojects/
cross_build()
{
    local target=$1 place=$build/cross/$1 options
    options=(-Dtests=true -Dblas=disabled -Dc_link_args=-s -Dprefix=/ -Dpython=true -Dpython.platlibdir=/ -Dpython.purelibdir=/
        "${@:2}")
    want cmake cmake --version
    need_for_build
    write_toolchain "$target"
    if [[ " $* " != *" -Dtests=false "* ]]; then
        fetch_sources check
        cmake_library check "$target" -DBUILD_TESTING=OFF -DCHECK_ENABLE_TESTS=OFF -DCHECK_ENABLE_SUBUNIT=OFF
    fi
    if [ -f "$place/build/build.ninja" ]; then
        "$meson" configure "$place/build" "${options[@]}" || return 1
    else
        "$meson" setup "$place/build" --wrap-mode=forcefallback --cross-file "tools/cross/$target.ini" \
            --cross-file "$place/libraries.ini" "${options[@]}" || return 1
    fi
    "$meson" compile -C "$place/build"
}

# cross_test TARGET WRAPPER...: the tests, and whether a network that is trained there is that of every machine, which
# tests/data/digits-model.sha256 has for built-in products
cross_test()
{
    local place=$build/cross/$1/build model=$build/cross/$1/digits.safetensors program log bad=0
    program=$place/tools/aimc
    [ -f "$program" ] || program=$program.exe
    log=$place/meson-logs/testlog.json
    rm -f "$log" "$model"
    "$meson" test -C "$place" --no-rebuild --print-errorlogs --timeout-multiplier 4 || true
    WINEPATH=$place/lib "${@:2}" "$program" train --data digits --device gokmen_vlasov --threads 2 \
        --quiet --out "$model" || true
    sha256sum "$model" | grep -q "^$(cat tests/data/digits-model.sha256) " ||
        { echo "the trained model of the digits is another one than elsewhere"; bad=1; }
    [ -f "$log" ] && count_tests "$log" && [ $bad = 0 ]
}

# ---- Windows ----------------------------------------------------------------------------------------

need_for_mingw()
{
    want gcc-mingw-w64-x86-64 x86_64-w64-mingw32-gcc --version
    want wine wine --version
    want wine64 test -d /usr/lib/wine
    install_missing
}

# The last line is "N passed, N failed"; arguments are options of meson, like -Dinstruction_sets=avx2.
windows()
{
    need_for_mingw
    cross_build x86_64-windows "$@" || { echo "0 passed, 1 failed"; return 1; }
    WINEDEBUG=-all cross_test x86_64-windows wine
}

# ---- others -----------------------------------------------------------------------------------------

need_for_zig()
{
    local venv
    venv=$(realpath -m "$build/zig-venv")
    [ -d "$venv" ] || python3 -m venv "$venv"
    "$venv/bin/python3" -c 'import ziglang' 2>/dev/null || "$venv/bin/pip" install -q ziglang==0.13.0
    PATH=$venv/bin:$PATH
    want qemu-user-static qemu-aarch64-static --version
    want libc6-arm64-cross test -f /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1
    want musl test -f /lib/ld-musl-x86_64.so.1
    install_missing
}

# Those that run here are tested: musl as it is, ARM under qemu, Windows under Wine. macOS is compiled and linked. Arguments
# are targets, and options of meson.
zig()
{
    local target argument options=() targets=() failed=()
    for argument; do
        if [[ $argument = -* ]]; then options+=("$argument"); else targets+=("$argument"); fi
    done
    [ ${#targets[@]} -gt 0 ] || targets=(x86_64-linux-musl aarch64-linux-gnu x86_64-windows-gnu aarch64-macos)
    need_for_zig
    for target in "${targets[@]}"; do
        case $target in
            *-macos) cross_build "zig-$target" -Dtests=false "${options[@]}" && echo "zig: $target: built, not run" ;;
            *) cross_build "zig-$target" "${options[@]}" && zig_test "$target" ;;
        esac || failed+=("$target")
    done
    [ ${#failed[@]} = 0 ] || die "zig: failed: ${failed[*]}"
    echo "zig: passed: ${targets[*]}"
}

zig_test()
{
    case $1 in
        aarch64-linux-*) cross_test "zig-$1" qemu-aarch64-static -L /usr/aarch64-linux-gnu ;;
        *-windows-*) need_for_mingw && WINEDEBUG=-all cross_test "zig-$1" wine ;;
        *) cross_test "zig-$1" ;;
    esac
}
