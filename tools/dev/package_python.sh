# SPDX-License-Identifier: MIT
# The Python package: its wheel, the newest PyTorch beside it, and its tests under AddressSanitizer. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- package of Python ------------------------------------------------------------------------------

wheel()
{
    need_for_build
    local tree=$PWD place
    place=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$place'" EXIT
    python3 -m venv "$place/builder"
    "$place/builder/bin/pip" install -q build
    "$place/builder/bin/python" -m build -o "$build/dist" . # the wheel is made from the sdist
    python3 -m venv "$place/user"
    "$place/user/bin/pip" install -q "$build"/dist/aimc-*.whl
    cd "$place"
    env -u AIMC_LIBRARY -u PYTHONPATH AIMC_SOURCE="$tree" \
        user/bin/python "$tree/bindings/python/tests/t_docs.py" Docs.test_python_tutorial Docs.test_readme
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
