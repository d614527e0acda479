# SPDX-License-Identifier: MIT
# ./dev wheel: a wheel of each platform, for every Python there; and whether it runs. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- making -----------------------------------------------------------------------------------------

# The path of a virtual environment in the build folder that has what is named: tools_venv NAME PACKAGE...
tools_venv()
{
    local venv
    venv=$(realpath -m "$build/$1-venv")
    [ -f "$venv/done" ] ||
        { python3 -m venv "$venv" && "$venv/bin/pip" install -q "${@:2}" && touch "$venv/done"; } >&2 || return 1
    echo "$venv"
}

# BLIS and libxsmm of Debian, the archives alone: static_products PREFIX
static_products()
{
    local lib=/usr/lib/x86_64-linux-gnu/blis-serial
    want libblis-serial-dev test -f "$lib/libblis.a"
    want libxsmm-dev test -f /usr/lib/libxsmm.a
    install_missing
    mkdir -p "$1/include" "$1/lib/pkgconfig"
    cp /usr/include/x86_64-linux-gnu/blis-serial/blis.h /usr/include/libxsmm*.h "$1/include"
    cp "$lib/libblis.a" /usr/lib/libxsmm.a "$1/lib"
    sed "s,^prefix=.*,prefix=$1," /usr/lib/pkgconfig/libxsmm.pc >"$1/lib/pkgconfig/libxsmm.pc"
}

# What lies within a wheel by another's name, for its dist-info: licences_into FOLDER [PACKAGE OF DEBIAN...]
licences_into()
{
    local name
    mkdir -p "$1"
    for name in jansson zlib; do
        cp "subprojects/$name/LICENSE" "$1/LICENSE.$name"
    done
    for name in "${@:2}"; do
        cp "/usr/share/doc/$name/copyright" "$1/LICENSE.${name%%-*}"
    done
}

# pack_wheel BUILD PLATFORM [LICENCE...]: what Meson installs of the package, as a wheel in dist; prints its path
pack_wheel()
{
    local stage
    stage=$(realpath -m "$1/stage")
    rm -rf "$stage"
    "$meson" install -C "$1" --no-rebuild --quiet --destdir "$stage" --tags python-runtime >&2 || return 1
    python3 tools/dev/wheel.py . "$(dirname "$(find "$stage" -path '*/aimc/__init__.py')")" "$2" "$build/dist" "${@:3}"
}

# cross_wheel TARGET PLATFORM [MESON OPTION...]: prints the path of the wheel
cross_wheel()
{
    cross_build "$1" -Dtests=false "${@:3}" >&2 && pack_wheel "$build/cross/$1/build" "$2" "$build/cross/$1"/licences/*
}

# make_wheel NAME: prints the path of the wheel
make_wheel()
{
    local prefix licences=$build/cross
    case $1 in
        here)
            compile >&2 && "$meson" configure "$build" -Dpython=true >&2 && "$meson" compile -C "$build" >&2 &&
                pack_wheel "$build" "linux_$(uname -m)"
            ;;
        linux-x86_64)
            prefix=$(cross_place)/zig-x86_64-linux-gnu/prefix
            static_products "$prefix" >&2
            licences_into "$licences/zig-x86_64-linux-gnu/licences" libblis-serial-dev libxsmm-dev
            cross_wheel zig-x86_64-linux-gnu manylinux_2_17_x86_64.manylinux2014_x86_64 -Dblas=enabled -Dxsmm=enabled \
                "-Dc_args=-I$prefix/include" "-Dc_link_args=-s -L$prefix/lib"
            ;;
        linux-aarch64)
            licences_into "$licences/zig-aarch64-linux-gnu/licences"
            cross_wheel zig-aarch64-linux-gnu manylinux_2_17_aarch64.manylinux2014_aarch64
            ;;
        windows)
            licences_into "$licences/x86_64-windows/licences" mingw-w64-x86-64-dev
            cross_wheel x86_64-windows win_amd64
            ;;
        macos)
            licences_into "$licences/zig-aarch64-macos/licences"
            cross_wheel zig-aarch64-macos macosx_11_0_arm64
            ;;
    esac
}

# ---- checking ---------------------------------------------------------------------------------------

# One Python of each version that is here and that the package says it is for.
pythons()
{
    local python
    for python in $(compgen -c | grep -x 'python3\(\.[0-9]*\)\?' | sort -u) "$HOME"/.pyenv/versions/3*/bin/python3 \
        "$HOME"/.local/share/uv/python/*/bin/python3; do
        "$python" -c 'import sys, venv, ensurepip
if sys.version_info >= (3, 8): print(sys.version_info[1], sys.executable)' 2>/dev/null || true
    done | sort -n -u -k 1,1 | cut -d ' ' -f 2
}

# Nothing of what this shell knows helps it: alone COMMAND...
alone()
{
    env -u AIMC_LIBRARY -u PYTHONPATH -u AIMC_DATA -u LD_LIBRARY_PATH "$@"
}

# check_program COMMAND...: it says what it is, and learns
check_program()
{
    alone "$@" --version && alone "$@" train --data digits --epochs 1 --quiet
}

# check_package PYTHON...: the package learns, too
check_package()
{
    alone "$@" -c '
import aimc, aimc.datasets
train, test = aimc.datasets.digits()
network = aimc.Network().add_linear(10, 64, aimc.Config("layer", device="gokmen_vlasov"))
network.fit(*train, epochs=1, lr=0.1)
accuracy = network.evaluate(*test)
print(aimc.__file__, "test accuracy", accuracy)
raise SystemExit(accuracy < 0.5)'
}

# In a clean virtual environment of each Python: check_here WHEEL PYTHON...
check_here()
{
    local python venv wheel began
    wheel=$(realpath "$1")
    venv=$(mktemp -d)
    for python in "${@:2}"; do
        rm -rf "$venv"
        began=$SECONDS
        "$python" -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check "$wheel" || return 1
        (cd "$venv" && check_program bin/aimc && check_package bin/python) || return 1
        echo "wheel: runs with $("$python" --version), $((SECONDS - began)) s from an empty environment to the end"
    done
    rm -rf "$venv"
}

# auditwheel finds nothing of the system beyond what manylinux2014 has: check_manylinux WHEEL
check_manylinux()
{
    local audit report
    audit=$(tools_venv audit auditwheel)
    report=$("$audit/bin/auditwheel" show "$1") || return 1
    echo "$report"
    grep -q "platform tag: \"manylinux_2_17_" <<<"${report//$'\n'/ }"
}

# A Python for ARM and its numpy, of Debian and PyPI, unpacked in a folder: arm_python ROOT
arm_python()
{
    local place=$1.debian packages options
    [ ! -f "$place/done" ] || return 0
    mkdir -p "$place/lists/partial" "$1"
    : >"$place/status"
    echo "deb [arch=arm64] http://deb.debian.org/debian $(. /etc/os-release && echo "$VERSION_CODENAME") main" >"$place/sources.list"
    options=(-q -o "Dir::Etc::sourcelist=$place/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$place/lists"
        -o "Dir::State::status=$place/status" -o APT::Architecture=arm64 -o APT::Architectures::=arm64)
    packages=(python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libffi8 zlib1g libexpat1 libssl3 libgcc-s1 libstdc++6)
    (cd "$place" && apt-get "${options[@]}" update && apt-get "${options[@]}" download "${packages[@]}") || return 1
    find "$place" -name '*.deb' -exec dpkg-deb -x {} "$1" \;
    pip download -q --only-binary=:all: --no-deps --platform manylinux2014_aarch64 --python-version 3.11 -d "$place" numpy &&
        unpack_wheel "$place"/numpy-*.whl "$1/usr/lib/python3/dist-packages" && touch "$place/done"
}

# unpack_wheel WHEEL FOLDER
unpack_wheel()
{
    rm -rf "$2/aimc"
    mkdir -p "$2"
    python3 -m zipfile -e "$1" "$2" && { [ ! -f "$2/aimc/aimc" ] || chmod +x "$2/aimc/aimc"; }
}

check_arm_wheel()
{
    local root qemu
    root=$(cross_place)/arm-python
    want qemu-user-static qemu-aarch64-static --version
    install_missing
    arm_python "$root" && unpack_wheel "$1" "$root/usr/lib/python3/dist-packages" || return 1
    qemu=(qemu-aarch64-static -L "$root")
    check_program "${qemu[@]}" "$root/usr/lib/python3/dist-packages/aimc/aimc" &&
        check_package "${qemu[@]}" "$root/usr/bin/python3.11"
}

# Under Wine, where there is no Python: the command alone, and what the library wants of the system.
check_windows_wheel()
{
    local place=$build/cross/x86_64-windows/unpacked
    want wine wine --version
    install_missing
    unpack_wheel "$1" "$place" && WINEDEBUG=-all check_program wine "$place/aimc/aimc.exe" || return 1
    ! x86_64-w64-mingw32-objdump -p "$place"/aimc/{aimc.exe,libaimc-0.dll} | sed -n 's/.*DLL Name: //p' |
        grep -v -i -x -E 'kernel32\.dll|msvcrt\.dll|shell32\.dll|libaimc-0\.dll'
}

# Never run: no macOS is here. What it says that it needs is read.
check_macos_wheel()
{
    local place=$build/cross/zig-aarch64-macos/unpacked
    unpack_wheel "$1" "$place" && python3 tools/dev/macho.py 11.0 "$place"/aimc/{aimc,libaimc.0.dylib}
}

check_wheel()
{
    local all
    case $1 in
        here) check_here "$2" python3 ;;
        linux-x86_64) mapfile -t all < <(pythons) && check_manylinux "$2" && check_here "$2" "${all[@]}" ;;
        linux-aarch64) check_manylinux "$2" && check_arm_wheel "$2" ;;
        windows) check_windows_wheel "$2" ;;
        macos) check_macos_wheel "$2" ;;
    esac
}

wheels()
{
    local name path failed=() all=(linux-x86_64 linux-aarch64 windows macos)
    [ $# = 0 ] || all=("$@")
    for name in "${all[@]}"; do
        [[ " here linux-x86_64 linux-aarch64 windows macos " = *" $name "* ]] ||
            die "wheel: $name is none of here linux-x86_64 linux-aarch64 windows macos"
    done
    need_for_build
    [ "${all[*]}" = here ] || need_for_zig
    [[ " ${all[*]} " != *" windows "* ]] || need_for_mingw
    for name in "${all[@]}"; do
        if path=$(make_wheel "$name") && check_wheel "$name" "$path"; then
            echo "wheel: $path, $(stat -c %s "$path") bytes: passed"
        else
            failed+=("$name")
        fi
    done
    [ ${#failed[@]} = 0 ] || die "wheel: failed: ${failed[*]}"
    echo "wheel: passed: ${all[*]}"
}
