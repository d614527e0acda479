# SPDX-License-Identifier: MIT
# Tests, benchmarks and studies, and what of the tree they reach. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- test -------------------------------------------------------------------------------------------

# The plain line CI looks for, from meson's log: one per test program. Fails unless all passed.
count_tests()
{
    python3 - "$1" <<'END'
import collections, json, sys

with open(sys.argv[1], encoding="utf-8") as log:
    results = [json.loads(line)["result"] for line in log if line.strip()]
kind = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
count = collections.Counter(kind.get(result, "failed") for result in results)
skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
sys.exit(1 if count["failed"] or not count["passed"] else 0)
END
}

run_tests()
{
    local log=$build/meson-logs/testlog.json
    # Each of these is for a test or two; without it they say that they are skipped.
    if command -v apt-get >/dev/null; then
        want ngspice ngspice --version
        want python3-torch /usr/bin/python3 -c 'import torch'
        want python3-matplotlib /usr/bin/python3 -c 'import matplotlib'
        want python3-nbclient /usr/bin/python3 -c 'import nbclient'
        want python3-onnx /usr/bin/python3 -c 'import onnx'
        want python3-h5py /usr/bin/python3 -c 'import h5py'
        want python3-ipykernel /usr/bin/python3 -c 'import ipykernel'
    fi
    if ! compile; then
        echo "0 passed, 1 failed"
        return 1
    fi
    rm -f "$log"
    "$meson" test -C "$build" --no-rebuild --print-errorlogs "$@" || true
    if [ ! -f "$log" ]; then
        echo "0 passed, 1 failed"
        return 1
    fi
    count_tests "$log"
}

bench()
{
    compile
    if [ "${1:-}" = readout ]; then
        "$build/tests/bench_readout" "${@:2}"
    elif [ -x "$build/tests/bench" ]; then
        "$build/tests/bench" "$@"
    else
        "$meson" test -C "$build" --benchmark --verbose "$@"
    fi
}

# Names of the studies: the scripts that are commands, but for reproduce, which is one of its own.
studies()
{
    grep -l '^def main' tools/studies/*.py | sed 's|.*/||; s|\.py$||; /^reproduce$/d' | paste -sd ' '
}

study()
{
    local name=${1:-}
    [ -n "$name" ] && [[ " $(studies) " == *" $name "* ]] || die "study: give the name of one: $(studies)"
    run_study "$@"
}

# A script of tools/studies on what was just built.
run_study()
{
    local python=numpy_python
    ! grep -q '^ *import torch$' "tools/studies/$1.py" || python=torch_python
    compile
    PYTHONPATH=bindings/python AIMC_LIBRARY=$(readlink -f "$build"/lib/libaimc.so.0) PYTHONDONTWRITEBYTECODE=1 \
        "$python" "tools/studies/$1.py" "${@:2}"
}

# The python3 that has torch: Debian's, where another one comes first in PATH.
torch_python()
{
    local python=python3
    python3 -c 'import torch' 2>/dev/null || python=/usr/bin/python3
    "$python" "$@"
}

# The python3 that has numpy: Debian's, where another one comes first in PATH.
numpy_python()
{
    local python=python3
    python3 -c 'import numpy' 2>/dev/null || python=/usr/bin/python3
    "$python" "$@"
}

# ---- coverage -----------------------------------------------------------------------------------------

coverage()
{
    local coverage_build=$build-coverage
    if [ "${1:-}" = lines ]; then
        python3 tests/coverage.py "$coverage_build" --lines "${2:-}"
        return
    fi
    need_for_build
    [ -f "$coverage_build/build.ninja" ] ||
        "$meson" setup "$coverage_build" -Dtests=true -Dexamples=true -Db_coverage=true -Dbuildtype=debug -Doptimization=1
    "$meson" compile -C "$coverage_build"
    find "$coverage_build" -name '*.gcda' -delete
    "$meson" test -C "$coverage_build" --no-rebuild --timeout-multiplier 5 "$@" || echo "coverage: of a run that failed"
    python3 tests/coverage.py "$coverage_build"
}
