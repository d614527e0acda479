# SPDX-License-Identifier: MIT
# The Python package: its wheel, the newest PyTorch beside it, and its tests under AddressSanitizer. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- package of Python ------------------------------------------------------------------------------

# A folder that is this machine to a compiler and to Meson, with the C library and nothing else: bare_machine FOLDER
bare_machine()
{
    mkdir -p "$1/root" "$1/bin" "$1/none"
    dpkg -L libc6 libc6-dev linux-libc-dev | while read -r file; do [ -d "$file" ] || echo "$file"; done |
        tar -chf - -T - 2>/dev/null | tar -xf - -C "$1/root"
    find /usr/bin -maxdepth 1 ! -type d -exec ln -s -t "$1/bin" {} +
    rm -f "$1"/bin/{*cmake*,*pkg*conf*,ccache,*clang*,python*,pip*,meson,ninja}
    printf '#!/bin/sh\nexec /usr/bin/cc --sysroot=%s/root "$@"\n' "$1" >"$1/none/cc"
    chmod +x "$1/none/cc"
    ! echo '#include <zlib.h>' | "$1/none/cc" -E - >/dev/null 2>&1 || die "sdist: failed: the bare machine has zlib"
}

# The source distribution, installed where no jansson, zlib, BLIS, pkg-config or CMake is found; a newcomer's way from source.
sdist()
{
    local tree=$PWD place built TIMEFORMAT='%U %S'
    place=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$place'" EXIT
    rm -f "$build"/dist/aimc-*.tar.gz
    "$(tools_venv build build)/bin/python" -m build -q --sdist -o "$build/dist" . || die "sdist: failed"
    bare_machine "$place"
    python3 -m venv "$place/user"
    { time env "PATH=$place/user/bin:$place/bin" "CC=$place/none/cc" "PKG_CONFIG_LIBDIR=$place/none" CCACHE_DISABLE=1 \
        "$place/user/bin/pip" install -q --no-cache-dir "$build"/dist/aimc-*.tar.gz 2>&3; } 3>&2 2>"$place/times" ||
        die "sdist: failed: it does not install"
    built=$(awk '{ print int($1 + $2) }' "$place/times")
    needs_only_libc "$place"/user/lib/python3*/site-packages/aimc/{libaimc.so.0,aimc} || die "sdist: failed: it found more than the C library"
    cd "$place"
    check_program user/bin/aimc || die "sdist: failed: the command"
    alone AIMC_SOURCE="$tree" user/bin/python "$tree/bindings/python/tests/t_docs.py" Docs.test_python_tutorial Docs.test_readme ||
        die "sdist: failed: the tutorial"
    echo "sdist: $built s of processor time to install, $(nproc) cores"
    [ "$built" -lt 180 ] || die "sdist: failed: more than 180 s"
    echo "sdist: passed"
}

# needs_only_libc FILE...: libc, libm and threads
needs_only_libc()
{
    ! readelf -d "$@" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        grep -v -x -E 'libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-.*|libaimc\.so\.0'
}

# ---- newest PyTorch ---------------------------------------------------------------------------------

torch_tests()
{
    local venv=$build/torch-venv name failed=()
    compile
    [ -d "$venv" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install -q --upgrade torch numpy || die "torch: failed: PyTorch could not be installed"
    "$venv/bin/python" -c 'import torch; print("torch", torch.__version__)'
    for name in t_torch t_torch_examples; do
        AIMC_SOURCE=$PWD AIMC_LIBRARY=$(readlink -f "$build"/lib/libaimc.so.0) PYTHONPATH=$PWD/bindings/python \
            PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "bindings/python/tests/$name.py" || failed+=("$name")
    done
    [ ${#failed[@]} = 0 ] || die "torch: failed: ${failed[*]}"
    echo "torch: passed"
}

# ---- sanitizer --------------------------------------------------------------------------------------

# Fails when a report of the sanitizer is of an error, or of a leak by us or on our behalf; the interpreter, numpy and
# other programs that tests start keep what they like.
read_reports()
{
    python3 - "$1" <<'END'
import pathlib, re, sys

ours = []
for log in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    text = log.read_text(encoding="utf-8", errors="replace")
    if "ERROR: AddressSanitizer" in text:
        ours.append(text)
    ours += [leak for leak in re.split(r"\n\n(?=Direct|Indirect|SUMMARY)", text)
             if "leak of" in leak and re.search("aimc|jansson|xsmm|blis|minpack", leak)]
print("\n\n".join(ours) or "no error and no leak")
sys.exit(bool(ours))
END
}

asan()
{
    need_for_build
    local reports preload failed=0
    # calls instead of inlined checks: the kernels compile in a third of the time
    [ -f "$build-asan/build.ninja" ] || "$meson" setup "$build-asan" -Dtests=true -Db_sanitize=address -Dbuildtype=debug \
        -Doptimization=1 -Dtools=false -Dexamples=false -Dc_args=--param=asan-instrumentation-with-call-threshold=0
    "$meson" compile -C "$build-asan" aimc:shared_library mlp_weights forward_time
    reports=$build-asan/asan-reports
    rm -rf "$reports"
    mkdir "$reports"
    preload=$(cc -print-file-name=libasan.so)
    ASAN_OPTIONS=detect_leaks=1:log_path=$(readlink -f "$reports")/log LSAN_OPTIONS=exitcode=0 \
        "$meson" test -C "$build-asan" --no-rebuild --print-errorlogs --suite python --timeout-multiplier 10 \
        --wrapper "env LD_PRELOAD=$preload PYTHONMALLOC=malloc" "$@" || failed=1
    read_reports "$reports" || failed=1
    return $failed
}
