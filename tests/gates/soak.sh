# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What ./dev soak does: a part of ./dev, which reads this file.

# soak_fuzz [HOURS]: rounds of all targets, at most ten minutes each, of which none begins after that time; what is worth a
# mutation stays in the folder of inputs
soak_fuzz()
{
    local end left failed=0
    end=$(python3 -c "import sys, time; print(int(time.time() + 3600 * float(sys.argv[1])))" "${1:-1}")
    while left=$((end - $(date +%s))); [ "$failed" = 0 ] && [ "$left" -gt 0 ]; do
        fuzz $((left < 600 ? left : 600)) | tee "$build-soak.log" || failed=1
        python3 tests/gates/fuzz_hours.py "$build-soak.log" docs/fuzz-hours.csv "$clang_build/inputs"
    done
    return "$failed"
}

soak_life()
{
    compile
    python3 tests/gates/life.py "$build/tools/aimc" "${1:-1}"
}

soak_valgrind()
{
    local programs=(t_safetensors t_bad_files t_tile t_mixed_precision t_program t_network)
    want valgrind valgrind --version
    configure
    [ $# = 0 ] || programs=("$@")
    ninja -C "$build" "${programs[@]/#/tests/}"
    CK_FORK=no "$meson" test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 50 \
        --wrapper "valgrind -q --error-exitcode=9 --leak-check=no" "${programs[@]}"
}

soak_mutate()
{
    need_for_build
    python3 tests/gates/mutants.py "$build-mutants" "$@"
}
